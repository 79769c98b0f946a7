from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.monitoring.patterns.columns import Columns
from aml_miner.monitoring.patterns.layering_path import LAYERING_PATH
from aml_miner.monitoring.patterns.passages import PassageParameters, find_passages
from aml_miner.monitoring.patterns.paths import (
    PathLimits,
    find_paths,
    merge_repeated,
    pair_up,
    path_addresses,
    path_roles,
    walk_paths,
)
from aml_miner.monitoring.patterns.pattern import Pattern
from tests.monitoring.graphs import Line, activity_of

PASSAGE = PassageParameters(
    holding_hours=24, max_kept_share=0.3, max_added_share=0.05, max_onward=64, max_fitting=12
)
LIMITS = PathLimits(min_hops=3, min_volume=300, max_variation=0.5)


def paths_of(*lines: Line, limits: PathLimits = LIMITS) -> list[str]:
    activity = activity_of(*lines)
    passages = find_passages(activity, PASSAGE)
    pairs = passages.received, passages.sent
    columns = Columns.of(activity)
    return [
        "".join(activity.addresses[a] for a in path_addresses(columns, hops))
        for hops in find_paths(columns, pairs, activity.count, limits)
    ]


def along(path: str, amount: float = 100.0, start: float = 0.0) -> list[Line]:
    """The same amount passed from letter to letter, an hour at each."""
    return [(a, b, amount, start + i) for i, (a, b) in enumerate(pairwise(path))]


@pytest.mark.parametrize(
    ("lines", "expected", "why"),
    [
        (along("abcd"), ["abcd"], "three hops"),
        (along("abc"), [], "two hops are too few"),
        (along("abcdefg"), ["abcdefg"], "as long as it goes, and no part of it"),
        (along("abcd") + along("abcd", 500, 0.5), ["abcd", "abcd"], "two sums, each its own way"),
        (along("abcd", 50), [], "too little money"),
        (along("abcda"), ["abcd"], "it ends before it comes back"),
        (along("abcad"), ["bcad"], "too short before it came back: begun a hop later"),
        (along("abcdbefg"), ["abcd", "dbefg"], "cut where it comes back, both parts long enough"),
        (along("abcab"), [], "round and round, never three hops on"),
    ],
)
def test_paths_are_simple_and_as_long_as_can_be(
    lines: list[Line], expected: list[str], why: str
) -> None:
    assert sorted(paths_of(*lines)) == expected, why


def test_a_path_is_cut_before_its_amounts_vary_too_much() -> None:
    shrinking: list[Line] = [
        (a, b, 10_000 * 0.75**i, i) for i, (a, b) in enumerate(pairwise("abcdefghijk"))
    ]
    found = paths_of(*shrinking)
    assert found == ["abcdefg", "ghijk"]  # 48 % after six hops, 55 % after seven
    assert paths_of(*shrinking, limits=LIMITS._replace(max_variation=np.inf)) == ["abcdefghijk"]


def test_a_path_too_small_to_keep_is_begun_again_at_its_last_hop() -> None:
    lines = along("abcdbefg", 100)
    assert paths_of(*lines, limits=LIMITS._replace(min_volume=400)) == ["cdbefg"]


def test_each_transfer_is_in_one_pair_at_most_on_either_side() -> None:
    received, sent = np.array([0, 0, 1, 2]), np.array([2, 3, 2, 4])
    following, followed = pair_up(received, sent, 5)
    assert following.tolist() == [2, -1, 4, -1, -1]
    assert followed.tolist() == [-1, -1, 0, -1, 2]


def test_roles_along_a_path() -> None:
    assert path_roles("hand", 4) == ("source", "hand", "hand", "destination")


LINE = st.tuples(
    st.sampled_from("abcdef"),
    st.sampled_from("abcdef"),
    st.integers(80, 120).map(float),
    st.integers(0, 30).map(float),
)


@given(st.lists(LINE.filter(lambda line: line[0] != line[1]), min_size=1, max_size=30))
def test_paths_share_no_transfer_repeat_no_address_and_run_forward(lines: list[Line]) -> None:
    activity = activity_of(*lines)
    columns, passages = Columns.of(activity), find_passages(activity, PASSAGE)
    pairs = passages.received, passages.sent
    found = find_paths(columns, pairs, activity.count, LIMITS)
    used = np.concatenate([np.zeros(0, np.int64), *found])
    assert len(np.unique(used)) == len(used)
    for hops in found:
        addresses = path_addresses(columns, hops)
        assert len(set(addresses)) == len(addresses) == len(hops) + 1
        assert np.array_equal(columns.source[hops[1:]], columns.target[hops[:-1]])
        assert np.all(np.diff(columns.timestamp[hops]) > 0)
        assert columns.amount[hops].sum() >= LIMITS.min_volume


def pattern(path: tuple[int, ...], transfers: list[int], risk: float = 0.5) -> Pattern:
    return Pattern(
        kind=LAYERING_PATH,
        addresses=path,
        roles=path_roles("intermediary", len(path)),
        transfers=np.array(transfers),
        risk=risk,
        detection_method="drawn",
        facts={"hops": len(path) - 1},
    )


def test_repeated_and_contained_paths_become_one_pattern_with_all_transfers() -> None:
    whole = pattern((1, 2, 3, 4, 5), [0, 1, 2, 3])
    merged = merge_repeated(
        [
            pattern((2, 3, 4, 5), [10, 11, 12], risk=0.9),
            whole,
            pattern((1, 2, 3, 4, 5), [4, 5, 6, 7], risk=0.7),
            pattern((1, 2, 4, 5), [20, 21, 22]),
            pattern((5, 4, 3, 2), [30, 31, 32]),
        ]
    )
    assert [(p.addresses, p.transfers.tolist(), p.risk) for p in merged] == [
        ((1, 2, 3, 4, 5), [0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12], 0.7),
        ((1, 2, 4, 5), [20, 21, 22], 0.5),
        ((5, 4, 3, 2), [30, 31, 32], 0.5),
    ]
    assert [p.facts["passages"] for p in merged] == [3, 1, 1]


class Counted(int):
    """An address that counts how often it is compared with another."""

    comparisons = 0
    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        Counted.comparisons += 1
        return int.__eq__(self, other)  # type: ignore[arg-type]


def test_thousands_of_paths_through_one_pair_are_not_compared_with_each_other() -> None:
    first, second = Counted(0), Counted(1)
    forks = [
        pattern((first, second, Counted(2 + i), Counted(10_000 + i)), [3 * i, 3 * i + 1, 3 * i + 2])
        for i in range(1000)
    ]
    Counted.comparisons = 0
    assert len(merge_repeated(forks)) == 1000
    assert Counted.comparisons < 20 * len(forks)


@given(st.lists(st.permutations(range(5)).map(tuple), min_size=1, max_size=12), st.data())
def test_a_path_is_merged_into_the_first_that_holds_it(
    paths: list[tuple[int, ...]], data: st.DataObject
) -> None:
    cut = [path[: data.draw(st.integers(3, 5))] for path in paths]
    merged = merge_repeated([pattern(path, [i]) for i, path in enumerate(cut)])
    texts = [bytes(path) for path in cut]
    wholes = {text for text in texts if not any(text in other != text for other in texts)}
    assert {bytes(each.addresses) for each in merged} == wholes
    assert sorted(int(t) for each in merged for t in each.transfers) == list(range(len(cut)))


@pytest.mark.parametrize("path", ["abcdbefg", "abcad", "abc", "abcd", "abcdefg"])
def test_the_compiled_walk_equals_the_one_in_python(path: str) -> None:
    activity = activity_of(
        *along(path), *along("wxyz", 30), *along("hijk", 900, 50), ("d", "v", 90, 3)
    )
    passages = find_passages(activity, PASSAGE)
    arguments = passages.received, passages.sent, len(activity.source)
    links = pair_up.py_func(*arguments)
    assert [part.tolist() for part in pair_up(*arguments)] == [part.tolist() for part in links]
    for limits in (LIMITS, LIMITS._replace(max_variation=1e-9, min_hops=2)):
        walk = Columns.of(activity), *links, activity.count, limits
        assert [part.tolist() for part in walk_paths(*walk)] == [
            part.tolist() for part in walk_paths.py_func(*walk)
        ]
