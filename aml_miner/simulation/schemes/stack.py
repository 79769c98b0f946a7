"""Stack: one bipartite layer upon another."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aml_miner.simulation.schemes.sketch import (
    INNOCENT,
    LAUNDERING,
    Counts,
    Draft,
    Sketch,
    Terms,
    draw_count,
)
from aml_miner.simulation.schemes.typology import NOW_AND_THEN, Typology


@dataclass(frozen=True, slots=True)
class Stack:
    """Layers of accounts; each pays one to three of the layer below when it has been paid."""

    layers: Counts
    width: Counts
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw a stack; money moves down it, and what is kept stays on its way."""
        draft, terms = Draft(rng, self.terms), self.terms
        depth = draw_count(rng, self.layers, largest)
        widths = [draw_count(rng, self.width, max(largest // depth, 2)) for _ in range(depth)]
        layers = [draft.seats(f"layer_{number + 1}", width) for number, width in enumerate(widths)]
        held = terms.alike(rng, 2.0 * terms.typical_cents(rng), widths[0]).astype(np.float64)
        due = terms.rests(rng, widths[0])
        for account, cents, hour in zip(layers[0], held, due, strict=True):
            draft.fund(int(account), int(cents), float(hour))
        for upper, lower in pairwise(layers):
            held, due = self._pass_down(draft, rng, (upper, lower), held, due)
        for account, cents, hour in zip(layers[-1], held, due, strict=True):
            if cents >= 1:
                draft.cash_out(int(account), int(cents), float(hour))
        return draft.finish()

    def _pass_down(
        self,
        draft: Draft,
        rng: Generator,
        layers: tuple[NDArray[np.int64], NDArray[np.int64]],
        held: NDArray[np.float64],
        due: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        upper, lower = layers
        got, latest = np.zeros(lower.size), np.zeros(lower.size)
        for place, account in enumerate(upper):
            own = np.arange(place, lower.size, upper.size)  # nobody below is left out
            more = rng.integers(0, lower.size, int(rng.integers(own.size == 0, 3)))
            targets = np.union1d(own, more)
            parts = rng.dirichlet(np.full(targets.size, 8.0))
            cents = np.maximum(self.terms.passed_on(rng, max(int(held[place]), 1)) * parts, 1)
            hours = due[place] + self.terms.rests(rng, targets.size)
            draft.pay(account, lower[targets], cents, hours)
            np.add.at(got, targets, cents.astype(np.int64))
            np.maximum.at(latest, targets, hours)
        return got, latest + 0.01


STACK = Typology(
    kind="stack",
    laundering=Stack((3, 5), (2, 9), LAUNDERING),
    # growers, wholesalers, shops: goods go up and money goes down
    lookalike="supply_chain",
    innocent=Stack((3, 4), (2, 8), INNOCENT),
    done_again=NOW_AND_THEN,
)
