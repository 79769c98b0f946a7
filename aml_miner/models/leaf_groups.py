"""Which leaves of a forest share a table of contributions; ``tree_shap`` says what the tables are for.

Flat arrays, made once when a model is loaded, in the form compiled code can be given.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aml_miner.models.leaf_cuts import (
    MOST_DEEP_BITS,
    Branches,
    Way,
    branches_of,
    fits_table,
    group_roots,
    leaves_below,
)
from aml_miner.models.splits import Indices, Reals, Splits
from aml_miner.models.tree import Tree


class Groups(NamedTuple):
    """The groups of leaves that share a table, tree after tree, and what a row must meet to reach each leaf.

    Attributes
    ----------
    first_group
        Per tree.
    first_bit, first_feature, first_member, first_cell, cells, shared
        Per group; the number of cells of its table is 0 where its leaves are integrated row by row. Then ``shared`` of
        its features, the first ones, are asked above all its leaves alone: their slots are the first ones of each leaf.
    first_condition
        Per bit: it is set where a row meets all its conditions.
    way
        Per condition: twice the number of a split, counted within its tree, and one more where the row must go left.
    feature
        Per feature of a group: the model's feature.
    value, first_slot
        Per member, a leaf: what it adds to the raw score. A slot is one feature on its way from the root.
    ratio, place, first_answer
        Per slot: share of the training rows that take the leaf's side at all splits on the feature; its place among
        the group's features.
    bit, answer
        Per answer of a slot: a row meets the leaf's conditions on the feature when each of these bits is its answer.
    """

    first_group: Indices
    first_bit: Indices
    first_feature: Indices
    first_member: Indices
    first_cell: NDArray[np.int64]
    cells: NDArray[np.int64]
    shared: Indices
    first_condition: Indices
    way: NDArray[np.uint32]
    feature: Indices
    value: Reals
    first_slot: Indices
    ratio: Reals
    place: Indices
    first_answer: Indices
    bit: Indices
    answer: NDArray[np.uint8]


class Sizes(NamedTuple):
    """The most there is of a thing anywhere in a forest: the working space compiled code needs.

    Attributes
    ----------
    splits, groups
        Of a tree.
    features
        Of a group.
    slots
        Of a group whose leaves are integrated.
    asked, patterns
        Of a table: features that one of its leaves asks, and patterns of its bits.
    """

    splits: int
    groups: int
    features: int
    slots: int
    asked: int
    patterns: int


class Sums(NamedTuple):
    """What is read from the tables, ordered by what it is added to.

    Attributes
    ----------
    first_sum
        Per tree.
    feature, first_term
        Per sum: the model's feature, or their number for the raw score.
    group, first_cell
        Per term: a group, counted within its tree, and where its cells for the sum's feature begin, one per pattern.
    """

    first_sum: Indices
    feature: Indices
    first_term: Indices
    group: Indices
    first_cell: NDArray[np.uint64]


def group_leaves(trees: Sequence[Tree], most_bits: int = MOST_DEEP_BITS) -> Groups:
    """Cut each tree into subtrees that share a table or, where leaves are too deep for one, an integral.

    Of all ways to cut a tree the one that is reckoned to cost the least additions and multiplications a row.
    """
    found = _Found()
    for tree in trees:
        branches, values = branches_of(tree), tree.leaf_value.tolist()
        for node, way in group_roots(branches, most_bits):
            _Group(branches, node, way, most_bits).add_to(found, values)
        found.close("first_group", "first_bit")
    cells = found.array("cells", np.int64)
    return Groups(
        first_group=found.firsts("first_group"),
        first_bit=found.firsts("first_bit"),
        first_feature=found.firsts("first_feature"),
        first_member=found.firsts("first_member"),
        first_cell=np.cumsum(cells) - cells,
        cells=cells,
        shared=found.array("shared", np.int32),
        first_condition=found.firsts("first_condition"),
        way=found.array("way", np.uint32),
        feature=found.array("feature", np.int32),
        value=found.array("value", np.float64),
        first_slot=found.firsts("first_slot"),
        ratio=found.array("ratio", np.float64),
        place=found.array("place", np.int32),
        first_answer=found.firsts("first_answer"),
        bit=found.array("bit", np.int32),
        answer=found.array("answer", np.uint8),
    )


def measure(groups: Groups, splits: Splits) -> Sizes:
    """Find the most there is of each thing in a forest."""
    has_table, per_leaf = groups.cells > 0, np.diff(groups.first_slot)
    of_table = np.repeat(has_table, np.diff(groups.first_member))
    slots = np.diff(groups.first_slot[groups.first_member])
    bits = np.diff(groups.first_bit)[has_table]
    return Sizes(
        splits=_most(np.diff(splits.first_split)),
        groups=_most(np.diff(groups.first_group)),
        features=_most(np.diff(groups.first_feature)),
        slots=_most(slots[~has_table]),
        asked=_most(per_leaf[of_table]),
        patterns=1 << _most(bits),
    )


def _most(counts: Indices) -> int:
    return int(counts.max(initial=0))


def order_sums(groups: Groups, features: int) -> Sums:
    """Order the cells of the tables by what they are added to; the raw score is feature number ``features``.

    The cells of a group come feature by feature in its own order, the raw score last, one per pattern of its bits.
    """
    found = _Found()
    for first, end in zip(groups.first_group, groups.first_group[1:], strict=False):
        terms: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for group in np.flatnonzero(groups.cells[first:end]).tolist():
            at = int(first) + group
            patterns = 1 << int(groups.first_bit[at + 1] - groups.first_bit[at])
            own = groups.feature[groups.first_feature[at] : groups.first_feature[at + 1]]
            for place, feature in enumerate([*own.tolist(), features]):
                terms[feature].append((group, int(groups.first_cell[at]) + place * patterns))
        for feature, places in terms.items():
            found["feature"].append(feature)
            found["group"].extend(group for group, _ in places)
            found["first_cell"].extend(cell for _, cell in places)
            found.close("first_term", "group")
        found.close("first_sum", "feature")
    return Sums(
        first_sum=found.firsts("first_sum"),
        feature=found.array("feature", np.int32),
        first_term=found.firsts("first_term"),
        group=found.array("group", np.int32),
        first_cell=found.array("first_cell", np.uint64),
    )


class _Found(defaultdict[str, list[float]]):
    """The arrays of a layout by name, while they grow."""

    def __init__(self) -> None:
        super().__init__(list)

    def close(self, first: str, name: str) -> None:
        """End a thing of the level above: what is added to ``name`` from here on belongs to the next one."""
        self[first].append(len(self[name]))

    def array[T: np.generic](self, name: str, dtype: type[T]) -> NDArray[T]:
        return np.array(self[name], dtype)

    def firsts(self, name: str) -> Indices:
        return np.array([0, *self[name]], np.int32)


class _Group:
    """One group while it is added: each feature on the way to its root has a bit, and so has each split below it."""

    def __init__(self, branches: Branches, root: int, way: Way, most_bits: int) -> None:
        self.way, self.leaves = way, list(leaves_below(branches, root))
        lower = dict.fromkeys(step.feature for _, below in self.leaves for step in below)
        above = dict.fromkeys(step.feature for step in way)
        first = sorted(above, key=lower.__contains__)  # those asked above alone come first
        self.shared = len(above.keys() - lower.keys())
        self.bit_of_feature = {feature: bit for bit, feature in enumerate(first)}
        features = dict.fromkeys((*first, *lower))
        self.place_of_feature = {feature: place for place, feature in enumerate(features)}
        splits = dict.fromkeys(step.split for _, below in self.leaves for step in below)
        self.bit_of_split = {split: bit for bit, split in enumerate(splits, len(first))}
        asked = min(len({step.feature for step in (*way, *below)}) for _, below in self.leaves)
        self.has_table = fits_table(len(first) + len(splits), asked, most_bits)

    def add_to(self, found: _Found, values: Sequence[float]) -> None:
        for feature in self.bit_of_feature:
            steps = [step for step in self.way if step.feature == feature]
            found["way"].extend(2 * step.split + step.side for step in steps)
            found.close("first_condition", "way")
        for split in self.bit_of_split:
            found["way"].append(2 * split + 1)
            found.close("first_condition", "way")
        for leaf, below in self.leaves:
            self._add_slots(found, below)
            found["value"].append(values[leaf])
            found.close("first_slot", "ratio")
        bits = len(self.bit_of_feature) + len(self.bit_of_split)
        found["feature"].extend(self.place_of_feature)
        found["cells"].append((len(self.place_of_feature) + 1) << bits if self.has_table else 0)
        found["shared"].append(self.shared)
        found.close("first_bit", "first_condition")
        found.close("first_feature", "feature")
        found.close("first_member", "value")

    def _add_slots(self, found: _Found, below: Way) -> None:
        bits, wanted = found["bit"], found["answer"]
        ratios: dict[int, float] = {}
        answers: dict[int, list[tuple[int, int]]] = {}
        for step in (*self.way, *below):
            ratios[step.feature] = ratios.get(step.feature, 1.0) * step.ratio
        for step in below:
            answers.setdefault(step.feature, []).append((self.bit_of_split[step.split], step.side))
        for feature in sorted(ratios, key=self.place_of_feature.__getitem__):
            if feature in self.bit_of_feature:
                bits.append(self.bit_of_feature[feature])
                wanted.append(1)
            for bit, answer in answers.get(feature, ()):
                bits.append(bit)
                wanted.append(answer)
            found["ratio"].append(ratios[feature])
            found["place"].append(self.place_of_feature[feature])
            found["first_answer"].append(len(bits))
