"""Who lies within one, two and three hops of every address along the edges, and what volume passed through them.

Searched exactly from every address for which that takes few enough edges. Around hubs it takes too many: there

* the sketches tell a total, off by several per cent;
* it is corrected by the largest neighbourhood known exactly that lies inside the one sought, mostly that of a hub: by
  what the sketches are off there. As both share most addresses, little error is left;
* the addresses of the largest volume, which decide most sums, are left out of the sketches: a mark each tells exactly
  who reaches them.
"""

from dataclasses import dataclass, replace

import numba
import numpy as np
import polars as pl

from aml_miner.batch.schemas import MONEY
from aml_miner.monitoring.graph.approximation import Approximation, compared_with_exact
from aml_miner.monitoring.graph.hashing import drawn_order
from aml_miner.monitoring.graph.hops import HOPS, search_hops
from aml_miner.monitoring.graph.limbs import amounts_of, limbs_of
from aml_miner.monitoring.graph.parameters import GraphParameters
from aml_miner.monitoring.graph.rows import Rows
from aml_miner.monitoring.graph.sketches import sketched_totals
from aml_miner.monitoring.groups import Floats, Integers, divide

_MARKED = 62
"""Addresses with a mark: as many as a positive number has bits."""

_CENTS = pl.Decimal(38, 2)

_NOTHING = 1e-9
"""Share of a volume below which what is left after subtracting the marked addresses is rounding."""


@dataclass(frozen=True)
class Reach:
    """What lies within 1, 2 and 3 hops of every address, itself left out.

    Attributes
    ----------
    counts
        Number of addresses, shape (addresses, 3).
    volumes
        For each number of hops the total volume of those addresses in USD; estimates in whole cents.
    """

    counts: Integers
    volumes: tuple[pl.Series, ...]
    approximations: tuple[Approximation, ...] = ()


@dataclass(frozen=True)
class Estimates:
    """Estimates for every address, itself left out, each of shape (addresses, 3)."""

    counts: Floats
    volumes: Floats


def reach(out: Rows, volume: pl.Series, parameters: GraphParameters) -> Reach:
    """Search around every address, and estimate where the search takes too long."""
    every = np.arange(out.addresses)
    found, solved = _searched(out, volume, every, parameters.steps_per_address(out.addresses))
    if solved.min() == HOPS:
        return found
    estimates = _estimated(out, volume, found, solved, parameters)
    completed = _completed(found, solved, estimates, volume)
    measured: list[Approximation] = []
    for hop in range(1, HOPS):
        estimated = np.flatnonzero(solved <= hop)
        chosen = drawn_order(estimated, out.addresses, parameters.seed)[: parameters.hop_checks]
        exact, _ = _searched(out, volume, chosen, HOPS * len(out.other))
        measured += _compared(completed, exact, chosen, hop, len(estimated))
    return replace(completed, approximations=tuple(measured))


def _searched(
    out: Rows, volume: pl.Series, addresses: Integers, most_steps: int
) -> tuple[Reach, Integers]:
    sizes, sums, solved = search_hops(out.start, out.other, limbs_of(volume), addresses, most_steps)
    return Reach(sizes, tuple(amounts_of(sums[:, hop]) for hop in range(HOPS))), solved


def _estimated(
    out: Rows, volume: pl.Series, found: Reach, solved: Integers, parameters: GraphParameters
) -> Estimates:
    usd = volume.cast(pl.Float64).to_numpy()
    size, seed = parameters.sketch_size, parameters.seed
    marked = np.lexsort((np.arange(len(usd)), -usd))[:_MARKED]
    heavy = _marked_volume(out, marked, usd[marked])
    volumes = [each.cast(pl.Float64).to_numpy() for each in found.volumes]
    known: Floats = np.column_stack(volumes) + usd[:, None]
    light = np.where(known - heavy > _NOTHING * known, known - heavy, 0.0)
    light_usd = usd.copy()
    light_usd[marked] = 0.0
    counted = sketched_totals(out, np.ones(len(usd)), size, seed)
    added_up = sketched_totals(out, light_usd, size, seed)
    return Estimates(
        counts=_corrected(out, counted, found.counts.astype(np.float64) + 1, solved) - 1,
        volumes=_corrected(out, added_up, light, solved) + heavy - usd[:, None],
    )


def _marked_volume(out: Rows, marked: Integers, usd: Floats) -> Floats:
    """Add up the volume of the marked addresses within 1, 2 and 3 hops of each, itself included."""
    marks = np.zeros(out.addresses, np.int64)
    marks[marked] = 1 << np.arange(len(marked))
    sums = np.zeros((out.addresses, HOPS))
    for hop in range(HOPS):
        marks = spread_marks(out.start, out.other, marks)
        for bit, amount in enumerate(usd):
            sums[:, hop] += (marks >> bit & 1) * amount
    return sums


def _corrected(out: Rows, totals: Floats, known: Floats, solved: Integers) -> Floats:
    """Multiply sketched totals by known / sketched of the largest known neighbourhood inside each."""
    size, ratio = np.zeros(out.addresses), np.ones(out.addresses)
    corrected = totals.copy()
    for hop in range(HOPS):
        size, ratio = spread_largest(out.start, out.other, size, ratio)
        exact = (solved > hop) & (known[:, hop] > 0)
        size = np.where(exact, known[:, hop], size)
        ratio = np.where(exact, divide(known[:, hop], totals[:, hop]), ratio)
        corrected[:, hop] *= ratio
    return corrected


def _completed(found: Reach, solved: Integers, estimates: Estimates, volume: pl.Series) -> Reach:
    """Fill in estimates, none below what lies within fewer hops or above what all others have."""
    counts, volumes = found.counts.copy(), list(found.volumes)
    others = volume.sum() - volume
    for hop in range(1, HOPS):
        missing = solved <= hop
        count = np.rint(estimates.counts[:, hop]).astype(np.int64)
        count = np.clip(count, counts[:, hop - 1], len(counts) - 1)
        counts[:, hop] = np.where(missing, count, counts[:, hop])
        cents = pl.Series(estimates.volumes[:, hop]).cast(_CENTS).cast(MONEY)
        least, most = volumes[hop - 1], others
        inside = pl.select(pl.max_horizontal(least, pl.min_horizontal(cents, most))).to_series()
        volumes[hop] = inside.zip_with(pl.Series(missing), volumes[hop])
    return Reach(counts, tuple(volumes))


def _compared(
    completed: Reach, exact: Reach, chosen: Integers, hop: int, estimated: int
) -> list[Approximation]:
    """Compare the values of some addresses with what a search to the end finds."""
    if not estimated:
        return []
    name = f"khop{hop + 1}"
    counts = (completed.counts[chosen, hop], exact.counts[:, hop])
    volumes = (completed.volumes[hop].gather(chosen), exact.volumes[hop])
    return [
        compared_with_exact(
            f"{name}_count", estimated, *(each.astype(np.float64) for each in counts)
        ),
        compared_with_exact(
            f"{name}_volume_usd", estimated, *(each.cast(pl.Float64).to_numpy() for each in volumes)
        ),
    ]


@numba.njit(cache=True)
def spread_marks(start: Integers, other: Integers, marks: Integers) -> Integers:
    """Join the marks of every address with those of its neighbours."""
    joined = marks.copy()
    for address in range(len(start) - 1):
        for edge in range(start[address], start[address + 1]):
            joined[address] |= marks[other[edge]]
    return joined


@numba.njit(cache=True)
def spread_largest(
    start: Integers, other: Integers, size: Floats, ratio: Floats
) -> tuple[Floats, Floats]:
    """Take over size and ratio of the largest among an address and its neighbours; of equal ones, of the first."""
    largest, taken = size.copy(), ratio.copy()
    for address in range(len(start) - 1):
        for edge in range(start[address], start[address + 1]):
            neighbour = other[edge]
            if size[neighbour] > largest[address]:
                largest[address] = size[neighbour]
                taken[address] = ratio[neighbour]
    return largest, taken
