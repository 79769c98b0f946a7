"""Statistics of values that belong to owners, for all owners at once.

Values lie flat in one array, sorted by owner; within an owner their order is the caller's and fixed.
Every sum runs over that order on one thread, so a result never depends on threads or on the order of input rows.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aml_miner.utils.elementary import log2

type Floats = NDArray[np.float64]
type Integers = NDArray[np.int64]


def read_only[Number: np.generic](values: NDArray[Number]) -> NDArray[Number]:
    """View numbers so that nobody can write into them.

    Compiled code is loaded once for arrays that can be written into and once for those that cannot, as Polars' are;
    where both would come to one function, one kind saves a load.
    """
    view = values.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True)
class Groups:
    """Which owner each of a flat array's values belongs to.

    Attributes
    ----------
    owner
        Owner of each value, shape (values,), ascending.
    owners
        How many owners there are; some may own nothing.
    """

    owner: Integers
    owners: int

    @classmethod
    def of(cls, owner: Integers, owners: int) -> tuple[Self, Integers]:
        """Group unsorted owners; also return the stable order that sorts the values."""
        order = np.argsort(owner, kind="stable")
        return cls(owner[order], owners), order

    @cached_property
    def count(self) -> Integers:
        """Number of values per owner."""
        return np.bincount(self.owner, minlength=self.owners)

    @cached_property
    def start(self) -> Integers:
        """Index of each owner's first value, and one past the last value at the end."""
        return np.concatenate([[0], np.cumsum(self.count)])

    @cached_property
    def _occupied(self) -> Integers:
        return np.flatnonzero(self.count)

    def sum(self, values: Floats) -> Floats:
        """Sum per owner; 0 for an owner of nothing."""
        return np.bincount(self.owner, values, self.owners)

    def mean(self, values: Floats) -> Floats:
        """Mean per owner; 0 for an owner of nothing."""
        return divide(self.sum(values), self.count)

    def largest(self, values: Floats) -> Floats:
        """Maximum per owner; 0 for an owner of nothing."""
        result = np.zeros(self.owners)
        if len(values):
            result[self._occupied] = np.maximum.reduceat(values, self.start[self._occupied])
        return result

    def variance(self, values: Floats, *, sample: bool = False) -> Floats:
        """Mean square deviation from the owner's mean; of a ``sample``, over n − 1 instead of n.

        0 for an owner of fewer values than it takes.
        """
        deviation = values - self.mean(values)[self.owner]
        return divide(self.sum(deviation * deviation), self.count - int(sample))

    def standardized_moment(self, values: Floats, power: int) -> Floats:
        """Mean of (v − mean) to a whole power / σ to that power; 0 where all values are alike.

        Powers are taken by multiplication: their last bits may not depend on the machine.
        """
        deviation = values - self.mean(values)[self.owner]
        spread = np.sqrt(self.variance(values))
        raised, scale = np.ones(len(values)), np.ones(self.owners)
        for _ in range(power):
            raised, scale = raised * deviation, scale * spread
        alike = self.largest(values) == -self.largest(-values)  # σ may be the rounding of the mean
        return np.where(alike, 0.0, divide(self.mean(raised), scale))

    def sorted(self, values: Floats) -> Floats:
        """Values in ascending order within each owner."""
        ascending: Floats = values[np.lexsort((values, self.owner))]
        return ascending

    def even_split(self, values: Floats) -> Floats:
        """1 − Gini coefficient of each owner's values: 1 when all are alike; 0 for fewer than two values.

        With the values ascending, v_1 … v_n and their total T: 1 − 2·Σ i·v_i / (n·T) + (n + 1) / n.
        """
        ascending = self.sorted(values)
        place = np.arange(len(values)) - self.start[self.owner] + 1
        n, total = self.count, self.sum(ascending)
        weighted = self.sum(place * ascending)
        score = 1 - divide(2 * weighted, n * total) + divide(n + 1, n)
        return np.where((n > 1) & (total > 0), score, 0.0)

    def entropy(self, values: Floats) -> Floats:
        """Shannon entropy in bits of each owner's values as shares of their total; 0 where the total is 0."""
        share = divide(values, self.sum(values)[self.owner])
        positive = np.where(share > 0, share, 1.0)
        return self.sum(-positive * log2(positive))


def expand(start: Integers, rows: Integers) -> tuple[Integers, Integers]:
    """Put runs of a flat array one after the other.

    Parameters
    ----------
    start
        Where each run begins in the flat array, and one past the last run's end.
    rows
        Which runs are wanted, in any order.

    Returns
    -------
    tuple
        Place in `rows` that each value comes from, and its index in the flat array.

    Examples
    --------
    >>> place, index = expand(np.array([0, 2, 2, 5]), np.array([2, 0]))
    >>> place.tolist(), index.tolist()
    ([0, 0, 0, 1, 1], [2, 3, 4, 0, 1])
    """
    lengths = start[rows + 1] - start[rows]
    place = np.repeat(np.arange(len(rows)), lengths)
    within = np.arange(len(place)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return place, start[rows][place] + within


def divide(numerator: NDArray[np.generic], denominator: NDArray[np.generic]) -> Floats:
    """Divide elementwise; 0 where the denominator is 0, as the published address features have it."""
    zero = np.zeros(np.broadcast_shapes(numerator.shape, denominator.shape))
    quotient: Floats = np.divide(numerator, denominator, out=zero, where=denominator != 0)
    return quotient


def binary_entropy(share: Floats) -> Floats:
    """Entropy in bits of a two-way split, 0 at a share of 0 or 1."""
    inside = (share > 0) & (share < 1)
    p = np.where(inside, share, 0.5)
    return np.where(inside, -(p * log2(p) + (1 - p) * log2(1 - p)), 0.0)


def row_entropy(counts: Floats) -> Floats:
    """Entropy in bits of each row of counts, shape (rows, parts)."""
    owner, part = np.nonzero(counts)
    return Groups(owner, len(counts)).entropy(counts[owner, part])
