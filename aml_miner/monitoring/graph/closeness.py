"""Closeness: how short the ways are on which money reaches an address, and from how many."""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from aml_miner.monitoring.graph.approximation import Approximation, compared_with_exact
from aml_miner.monitoring.graph.hashing import drawn_order
from aml_miner.monitoring.graph.parameters import GraphParameters
from aml_miner.monitoring.graph.path_sample import PathSample
from aml_miner.monitoring.graph.rows import Rows
from aml_miner.monitoring.graph.shortest_paths import Scratch, clear, new_scratch, search
from aml_miner.monitoring.groups import Floats, Integers, divide

_ENOUGH_PIVOTS = 8
"""Pivots that must have reached both hub and address for a regression; a line needs 2, its slope some more."""


@dataclass(frozen=True)
class Closeness:
    """Closeness of every address.

    Attributes
    ----------
    approximation
        None where every value is exact.
    """

    values: Floats
    approximation: Approximation | None


def closeness(sample: PathSample, into: Rows, parameters: GraphParameters) -> Closeness:
    """Compute closeness from the shortest paths to each address; exactly where every sender was searched from.

    Else an address that no hub reaches is searched backwards from, which is exact where few enough edges lead to it;
    the rest is estimated.
    """
    if sample.is_exact:
        return Closeness(_closeness(sample.seen.sum(axis=0), sample.far.sum(axis=0)), None)
    through_hub = np.isfinite(sample.from_hub) & (sample.seen[1] >= _ENOUGH_PIVOTS)
    values = np.where(through_hub, _through_hub(sample), _plain(sample))
    apart = np.flatnonzero(~through_hub)
    exact, complete = _searched(into, apart, parameters.steps_per_address(into.addresses))
    values[apart[complete]] = exact[complete]
    estimated = np.ones(len(values), bool)
    estimated[apart[complete]] = False
    return Closeness(values, _measured(values, np.flatnonzero(estimated), into, parameters))


def _closeness(reaching: Floats, total: Floats) -> Floats:
    """Return n / Σ distance · n / (addresses − 1) for the n addresses that reach each (Wasserman and Faust)."""
    return divide(reaching, total) * reaching / max(len(total) - 1, 1)


def _plain(sample: PathSample) -> Floats:
    """Multiply both sums over the pivots by senders / pivots.

    After Eppstein and Wang, "Fast approximation of centrality", 2004.
    """
    scale = sample.senders / len(sample.pivots)
    return _closeness(sample.seen.sum(axis=0) * scale, sample.far.sum(axis=0) * scale)


def _through_hub(sample: PathSample) -> Floats:
    """Estimate closeness of addresses that the hub reaches.

    All that reach the hub reach them too, so they need no estimate of how many do. Their distances d are estimated by
    regression on their distances h to the hub, which are known for all: mean d + β·(mean h − mean h of the pivots)
    with β the slope of d over h among the pivots. Distances in USD vary over many orders of magnitude, and most of
    that variation is the way to the hub, so this is far closer than the plain mean.
    The few that do not reach the hub are estimated plainly.
    """
    known = np.isfinite(sample.to_hub)
    to_hub = np.where(known, sample.to_hub, 0.0)
    reaching = known.sum() - known
    mean_to_hub = divide(to_hub.sum() - to_hub, reaching)
    total = reaching * _regressed(sample, mean_to_hub)
    others, missed = _outside(sample)
    return _closeness(reaching + others, total + missed)


def _regressed(sample: PathSample, mean_to_hub: Floats) -> Floats:
    """Return the mean distance to each address of those that reach the hub."""
    pivot_to_hub = np.where(np.isfinite(sample.to_hub), sample.to_hub, 0.0)
    own = np.zeros(len(pivot_to_hub))
    own[sample.pivots] = pivot_to_hub[sample.pivots]  # an address is no pivot of its own
    seen, far = sample.seen[1], sample.far[1]
    mean_far = divide(far, seen)
    mean_pivot = divide(own.sum() - own, seen)
    square = divide((own * own).sum() - own * own, seen) - mean_pivot * mean_pivot
    together = divide(sample.along, seen) - mean_far * mean_pivot
    slope = np.clip(divide(together, np.maximum(square, 0.0)), 0.0, 1.0)
    regressed = mean_far + slope * (mean_to_hub - mean_pivot)
    return np.where(regressed > 0, regressed, mean_far)


def _outside(sample: PathSample) -> tuple[Floats, Floats]:
    """Estimate how many senders reach each address but not the hub, and the sum of their distances."""
    outside = ~np.isfinite(sample.to_hub)
    senders = (outside & (sample.graph.count > 0)).sum()
    scale = senders / max(outside[sample.pivots].sum(), 1)
    return sample.seen[0] * scale, sample.far[0] * scale


def _searched(into: Rows, addresses: Integers, most_steps: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the closeness of some addresses, and which of them are exact."""
    scratch = new_scratch(into.addresses, len(into.other))
    reaching, total, complete = search_each(
        into.start, into.other, into.weight, addresses, most_steps, scratch
    )
    return divide(reaching, total) * reaching / max(into.addresses - 1, 1), complete


def _measured(
    values: Floats, estimated: Integers, into: Rows, parameters: GraphParameters
) -> Approximation:
    chosen = drawn_order(estimated, into.addresses, parameters.seed)[: parameters.path_checks]
    exact, _ = _searched(into, chosen, len(into.other))
    return compared_with_exact("closeness", len(estimated), values[chosen], exact)


@numba.njit(cache=True)
def search_each(  # noqa: PLR0917 - a compiled kernel takes arrays
    start: Integers,
    other: Integers,
    length: Floats,
    addresses: Integers,
    most_steps: int,
    scratch: Scratch,
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Search from each address; return how many others it reached, their distances' sum, and if that is all."""
    reached = np.zeros(len(addresses))
    total = np.zeros(len(addresses))
    complete = np.zeros(len(addresses), np.bool_)
    for i in range(len(addresses)):
        settled, touches, _, complete[i] = search(
            start, other, length, addresses[i], most_steps, scratch
        )
        reached[i] = settled - 1
        for k in range(settled):
            total[i] += scratch.distance[scratch.order[k]]
        clear(scratch, touches)
    return reached, total, complete
