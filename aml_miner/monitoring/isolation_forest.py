"""An isolation forest: how few cuts drawn by lot set a row of numbers apart from the others.

Liu, Ting and Zhou, Isolation Forest (2008). Seeds are used and numbers drawn as scikit-learn does, so that the scores
are its own to the bit and tests compare them. It is not called, because its import takes longer than all of monitoring
does on some thousands of transfers, and because scores would change with its version. Its trees also end where
targets drawn by lot happen to agree, once in some thousand forests; those here do not.
"""

import math
from functools import lru_cache

import numba
import numpy as np
from numpy.typing import NDArray

from aml_miner.monitoring.groups import Floats, Integers
from aml_miner.utils.elementary import log, power

type _Singles = NDArray[np.float32]

_MOST = 2**31 - 1
_32_BITS = 2**32 - 1
_ALIKE = np.float32(1e-7)
"""A column whose values are no further apart is not cut."""


def isolation_scores(matrix: Floats, *, trees: int, sample: int, seed: int) -> Floats:
    """Return how easily each row is set apart from the others: about 0.5 like most, near 1 like no other.

    The score is 2^(−E(h) / c(n)): E(h) the mean number of cuts over the trees, each grown from `sample` rows drawn
    without repetition, and c(n) what `usual_cuts` gives for their number.

    Parameters
    ----------
    matrix
        Shape (rows, columns), without NaN; compared in single precision.

    Examples
    --------
    >>> matrix = np.array([[0.0], [0.1], [0.2], [9.0]])
    >>> isolation_scores(matrix, trees=100, sample=256, seed=42).argmax()
    np.int64(3)
    """
    size = min(sample, len(matrix))
    usual = usual_cuts(np.arange(size + 1))
    members, states = _draw(len(matrix), size, trees, seed)
    deepest = math.ceil(math.log2(max(size, 2)))
    singles = np.ascontiguousarray(matrix, np.float32)
    cuts = _add_up_cuts(singles, members, states.copy(), usual, deepest)
    total = trees * usual[size]
    mean = cuts / total if total else np.ones(len(cuts))
    scores: Floats = power(2.0, -mean)
    return scores


def usual_cuts(rows: Integers) -> Floats:
    """Return how many cuts it takes on average to set one of so many rows apart: c(n) of the paper."""
    many = rows[rows > 2].astype(np.float64)
    usual = np.zeros(len(rows))
    usual[rows == 2] = 1.0
    usual[rows > 2] = 2.0 * (log(many - 1.0) + np.euler_gamma) - 2.0 * (many - 1.0) / many
    return usual


@lru_cache(maxsize=1)  # several forests of one table draw the same
def _draw(rows: int, size: int, trees: int, seed: int) -> tuple[Integers, Integers]:
    """Draw the rows each tree is grown from, ascending, and the state its own numbers are drawn with, never 0."""
    generator = np.random.RandomState(
        seed
    )  # of all generators the one whose numbers never change (NEP 19)
    members, states = np.empty((trees, size), np.int64), np.empty(trees, np.int64)
    for tree, own in enumerate(generator.randint(_MOST, size=trees)):
        generator.seed(own)
        members[tree] = np.sort(_sample(generator, rows, size))
        generator.seed(own)
        generator.seed(generator.randint(_MOST))
        states[tree] = generator.randint(0, _MOST)
    return members, np.maximum(states, 1)


def _sample(generator: np.random.RandomState, rows: int, size: int) -> Integers:
    """Draw so many different rows, in one of three ways by the share that is drawn."""
    if 0.01 < size / rows < 0.99:
        return np.asarray(generator.permutation(rows)[:size], np.int64)
    if size / rows < 0.2:
        few: set[int] = set()
        while len(few) < size:
            few.add(int(generator.randint(rows)))
        return np.fromiter(few, np.int64, size)
    most = np.arange(size)
    for row in range(size, rows):
        place = generator.randint(0, row + 1)
        if place < size:
            most[place] = row
    return most


@numba.njit(cache=True)
def _add_up_cuts(
    matrix: _Singles, members: Integers, states: Integers, usual: Floats, deepest: int
) -> Floats:
    """Add up, over trees in their order, the cuts that lead to each row and those it would take from there."""
    cuts = np.zeros(len(matrix))
    for tree in range(len(members)):
        column, threshold, right, length = _grow(
            matrix, members[tree].copy(), states[tree : tree + 1], usual, deepest
        )
        for row in range(len(matrix)):
            node = 0
            while column[node] >= 0:
                below = matrix[row, column[node]] <= threshold[node]
                node = node + 1 if below else right[node]
            cuts[row] += length[node]
    return cuts


@numba.njit(cache=True)
def _grow(
    matrix: _Singles, member: Integers, state: Integers, usual: Floats, deepest: int
) -> tuple[Integers, Floats, Integers, Floats]:
    """Grow a tree: of each node the column it is cut at, −1 for a leaf, the threshold, the right child, the length.

    The left child follows its node. `member` is put in the order of the leaves.
    """
    nodes = 2 * len(member)
    column, right = np.full(nodes, -1, np.int64), np.zeros(nodes, np.int64)
    threshold, length = np.zeros(nodes), np.zeros(nodes)
    columns = np.zeros((2, matrix.shape[1]), np.int64)
    columns[0] = np.arange(matrix.shape[1])
    low = high = 0.0
    open_nodes = [(0, len(member), 0, 0, -1)]
    node = 0
    while open_nodes:
        start, end, depth, known, parent = open_nodes.pop()
        if parent >= 0:
            right[parent] = node
        own = member[start:end]
        if depth < deepest and len(own) > 1:
            column[node], low, high, known = _choose(matrix, own, columns, known, state)
        if column[node] >= 0:
            threshold[node] = _cut(low, high, state)
            middle = start + _part(matrix[:, column[node]], own, threshold[node])
            open_nodes.append((middle, end, depth + 1, known, node))
            open_nodes.append((start, middle, depth + 1, known, -1))
        length[node] = depth + 1 + usual[end - start] - 1.0  # in scikit-learn's order, for its bits
        node += 1
    return column, threshold, right, length


@numba.njit(cache=True)
def _choose(
    matrix: _Singles, member: Integers, columns: Integers, known: int, state: Integers
) -> tuple[int, float, float, int]:
    """Draw columns until one is not constant; return it, its range, and how many are known to be constant.

    The first row of `columns` holds them all, those `known` to be constant in front, as they are in the second.
    """
    order, constant = columns
    column, low, high = -1, 0.0, 0.0
    drawn, found, last = 0, 0, len(order)
    while column < 0 and last > known + found:
        place = drawn + _drawn(state) % (last - found - drawn)
        if place < known:
            order[drawn], order[place] = order[place], order[drawn]
            drawn += 1
            continue
        place += found
        least, most = _range(matrix[:, order[place]], member)
        if most <= least + _ALIKE:
            order[place], order[known + found] = order[known + found], order[place]
            found += 1
        else:
            column, low, high = order[place], float(least), float(most)
            order[place], order[last - 1] = order[last - 1], order[place]
    order[:known] = constant[:known]
    constant[known : known + found] = order[known : known + found]
    return column, low, high, known + found


@numba.njit(cache=True)
def _range(values: _Singles, member: Integers) -> tuple[np.float32, np.float32]:
    least = most = values[member[0]]
    for row in member[1:]:
        least, most = min(least, values[row]), max(most, values[row])
    return least, most


@numba.njit(cache=True)
def _cut(low: float, high: float, state: Integers) -> float:
    """Draw a threshold from the lowest to below the highest."""
    threshold = (high - low) * _drawn(state) / _MOST + low
    return low if threshold == high else threshold


@numba.njit(cache=True)
def _part(values: _Singles, member: Integers, threshold: float) -> int:
    """Put those up to a threshold first; return how many they are."""
    first, last = 0, len(member)
    while first < last:
        if values[member[first]] <= threshold:
            first += 1
        else:
            last -= 1
            member[first], member[last] = member[last], member[first]
    return last


@numba.njit(cache=True)
def _drawn(state: Integers) -> int:
    """Draw a number below 2^31 (Marsaglia, Xorshift RNGs, 2003, 32 bits)."""
    bits = state[0]
    bits ^= (bits << 13) & _32_BITS
    bits ^= bits >> 17
    bits ^= (bits << 5) & _32_BITS
    state[0] = bits
    return int(bits & _MOST)
