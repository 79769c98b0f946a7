from itertools import pairwise, permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.monitoring.patterns.cycle_search import (
    BandGraph,
    SearchLimits,
    Ways,
    search_cycles,
    walk_cycles,
)

LIMITS = SearchLimits(
    max_length=8, alike_ratio=1.15, max_steps=10_000, all_steps=10**6, max_cycles=100
)

type Bands = list[tuple[int, int, float, list[int]]]
"""Sender, recipient, mean amount and times of each band."""

TRIANGLE: Bands = [(0, 1, 100, [0]), (1, 2, 99, [1]), (2, 0, 98, [2])]


def graph_of(bands: Bands) -> BandGraph:
    ordered = sorted(bands)
    addresses = max((max(band[:2]) for band in bands), default=-1) + 1
    outgoing = np.bincount([band[0] for band in ordered], minlength=addresses)
    return BandGraph(
        np.concatenate([[0], np.cumsum(outgoing)]).astype(np.int64),
        np.array([band[1] for band in ordered], np.int64),
        np.array([band[2] for band in ordered], np.float64),
        np.concatenate([[0], np.cumsum([len(band[3]) for band in ordered])]).astype(np.int64),
        np.array([moment for band in ordered for moment in band[3]], np.int64),
    )


def cycles_of(graph: BandGraph, ways: Ways) -> list[list[int]]:
    """The recipients of each cycle in the order of its payments."""
    return [
        graph.target[ways.band[start:end]].tolist() for start, end in pairwise(ways.start.tolist())
    ]


def everybody_pays_everybody(addresses: int) -> BandGraph:
    return graph_of([(i, j, 100.0, [i, 9 - i, 20]) for i, j in permutations(range(addresses), 2)])


def test_a_cycle_is_found_from_its_lowest_address_with_its_ratio() -> None:
    graph = graph_of(TRIANGLE)
    ways = search_cycles(graph, LIMITS)
    assert cycles_of(graph, ways) == [[1, 2, 0]]
    assert ways.ratio.tolist() == [100 / 98]
    assert ways.cut_off == 0


@pytest.mark.parametrize(
    ("times", "found"),
    [
        ([[0], [1], [2]], True),
        ([[2], [0], [1]], True),  # round from the second address on
        ([[0], [2], [1]], False),
        ([[0], [1], [1]], False),
        ([[0, 3], [2], [1, 4]], True),
    ],
)
def test_a_cycle_is_found_only_where_money_can_go_round(
    times: list[list[int]], *, found: bool
) -> None:
    bands = [(*band[:3], moments) for band, moments in zip(TRIANGLE, times, strict=True)]
    assert len(search_cycles(graph_of(bands), LIMITS).ratio) == found


def test_the_most_alike_cycles_of_an_address_are_kept_and_the_rest_is_counted() -> None:
    bands = [*TRIANGLE, (2, 0, 100.0, [3]), (2, 0, 90.0, [3])]
    ways = search_cycles(graph_of(bands), LIMITS._replace(max_cycles=2))
    assert ways.ratio.tolist() == [100 / 99, 100 / 98]
    assert ways.cut_off == 1
    assert search_cycles(graph_of(bands), LIMITS._replace(max_cycles=3)).cut_off == 0


def test_steps_of_one_address_and_of_all_are_bounded_and_counted() -> None:
    graph = everybody_pays_everybody(10)
    every = search_cycles(graph, LIMITS._replace(max_steps=10**6, all_steps=10**8))
    for limits in (LIMITS._replace(max_steps=500), LIMITS._replace(all_steps=5000)):
        ways = search_cycles(graph, limits)
        assert ways.cut_off > 0
        assert len(ways.ratio) < len(every.ratio)
    assert search_cycles(graph, LIMITS._replace(all_steps=0)).cut_off == 10


def test_an_address_has_its_reserve_however_many_steps_those_before_it_took() -> None:
    crowd: Bands = [(i, j, 100.0, [0]) for i, j in permutations(range(8), 2)]
    later: Bands = [(i + 8, j + 8, usd, times) for i, j, usd, times in TRIANGLE]
    # a triangle takes 3 steps and 9 more to check that money can go round
    few = LIMITS._replace(all_steps=2 * 11 * 12)
    graph = graph_of([*crowd, *later])
    assert cycles_of(graph, search_cycles(graph, few)) == [[9, 10, 8]]


BANDS = st.dictionaries(
    st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(lambda pair: pair[0] != pair[1]),
    st.tuples(
        st.sampled_from([100.0, 110.0, 120.0]),
        st.lists(st.integers(0, 6), min_size=1, max_size=3).map(sorted),
    ),
)


@given(BANDS)
def test_cycles_are_what_their_definition_says(
    pairs: dict[tuple[int, int], tuple[float, list[int]]],
) -> None:
    graph = graph_of([(*pair, *band) for pair, band in pairs.items()])
    expected = set()
    for length in (3, 4, 5):
        for way in permutations(range(5), length):
            hops = [pairs.get(pair) for pair in pairwise((*way, way[0]))]
            if way[0] != min(way) or None in hops:
                continue
            amounts, times = zip(*hops, strict=True)
            rounds = (
                each
                for first in range(length)
                for each in product(*times[first:], *times[:first])
                if all(one < other for one, other in pairwise(each))
            )
            if max(amounts) <= 1.15 * min(amounts) and any(rounds):
                expected.add((*way[1:], way[0]))
    ways = search_cycles(graph, LIMITS)
    assert {tuple(cycle) for cycle in cycles_of(graph, ways)} == expected
    assert len(ways.ratio) == len(expected)


def test_the_compiled_search_equals_the_one_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = everybody_pays_everybody(5)
    limits = LIMITS._replace(max_cycles=4, all_steps=3000)
    compiled = search_cycles(graph, limits)
    monkeypatch.setattr(
        "aml_miner.monitoring.patterns.cycle_search.walk_cycles", walk_cycles.py_func
    )
    plain = search_cycles(graph, limits)
    assert [np.asarray(part).tolist() for part in compiled] == [
        np.asarray(part).tolist() for part in plain
    ]
