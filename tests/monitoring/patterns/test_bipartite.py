from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.monitoring.patterns.bipartite import (
    detect_bipartite,
    pare,
    search_neighbours,
)
from aml_miner.monitoring.patterns.columns import Columns, incoming
from aml_miner.monitoring.profile import MonitoringProfile, load_profile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import names_of

DRAWN: list[Line] = [
    (source, target, 120.0 + hour, float(hour))
    for hour, (source, target) in enumerate(product("cab", "zxy"))
]


def changed(place: int, **change: float | str) -> list[Line]:
    """The drawing with one transfer changed."""
    line = dict(zip(("source", "target", "usd", "hour"), DRAWN[place], strict=True)) | change
    return [*DRAWN[:place], tuple(line.values()), *DRAWN[place + 1 :]]  # type: ignore[list-item]


def test_sources_and_targets_are_found_as_they_first_appear(profile: MonitoringProfile) -> None:
    activity = activity_of(*DRAWN, ("a", "shop", 20, 1), ("firm", "x", 2000, 2), ("d", "x", 120, 3))
    (block,) = detect_bipartite(activity, profile.bipartite).patterns
    assert names_of(block, activity) == ["c", "a", "b", "z", "x", "y"]
    assert block.roles == (*["source"] * 3, *["target"] * 3)
    assert len(block.transfers) == 9
    assert block.facts["pairs"] == 9


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (DRAWN[1:], "one pair has no transfer"),
        (changed(0, target="w"), "one source pays somebody else"),
        (changed(0, source="d"), "somebody else pays one target"),
        (changed(0, hour=90), "one payment is days after the others"),
        (changed(0, source="z", target="c"), "one target pays a source instead"),
        ([(a, b, usd / 2, hour) for a, b, usd, hour in DRAWN], "the volume is below the least"),
    ],
)
def test_none_when_one_transfer_or_time_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert detect_bipartite(activity_of(*lines), profile.bipartite).patterns == [], why


def test_payments_of_nothing_are_no_block_even_where_any_volume_will_do(
    profile: MonitoringProfile,
) -> None:
    nothing = [(a, b, 0.0, hour) for a, b, _, hour in DRAWN]
    any_volume = profile.bipartite.model_copy(update={"min_volume": 0.0})
    assert detect_bipartite(activity_of(*nothing), any_volume).patterns == []


def test_who_pays_and_is_paid_is_no_target(profile: MonitoringProfile) -> None:
    circle: list[Line] = [
        (a, b, 200, float(i)) for i, (a, b) in enumerate(product("abcdef", "abcdef")) if a != b
    ]
    assert detect_bipartite(activity_of(*circle), profile.bipartite).patterns == []


def test_a_block_with_few_holes_is_still_one(profile: MonitoringProfile) -> None:
    holed: list[Line] = [
        (f"s{s}", f"t{t}", 100, float(s)) for s, t in product(range(5), range(5)) if s != t
    ]
    (block,) = detect_bipartite(activity_of(*holed), profile.bipartite).patterns
    assert block.facts["density"] == 20 / 25


def test_risk_counts_pairs_shares_and_density(profile: MonitoringProfile) -> None:
    even = [(a, b, 200.0, hour) for a, b, _, hour in DRAWN]
    activity = activity_of(*even, ("a", "shop", 1800, 500))
    (block,) = detect_bipartite(activity, profile.bipartite).patterns
    assert block.risk == pytest.approx(0.3 * 9 / 25 + 0.4 * (0.5 + 1) / 2 + 0.3)


def test_shops_of_a_town_and_employers_are_left_out_and_counted(
    profile: MonitoringProfile,
) -> None:
    town: list[Line] = [
        (f"c{i}", shop, 30, i / 1000) for i, shop in product(range(2000), ("baker", "bar", "bank"))
    ]
    wages: list[Line] = [
        (firm, f"c{i}", 300, i / 1000) for i, firm in product(range(2000), ("f", "g", "h"))
    ]
    found = detect_bipartite(activity_of(*town, *wages, *DRAWN), profile.bipartite)
    assert found.cut_off == 6
    assert len(found.patterns) == 1


def test_two_who_pay_one_target_without_end_are_compared_within_the_bound(
    profile: MonitoringProfile,
) -> None:
    stream: list[Line] = [("ab"[i % 2], "t", 9, i / 1000) for i in range(5000)]
    found = detect_bipartite(activity_of(*stream), profile.bipartite)
    assert found.patterns == []
    assert found.cut_off == 1


PARAMETERS = load_profile().bipartite.model_copy(update={"min_sources": 2, "min_targets": 2})
PAIR = st.tuples(st.integers(0, 7), st.integers(10, 17))


def test_paring_leaves_the_dense_block_and_drops_what_hangs_on_it() -> None:
    block = set(product(range(4), range(10, 14)))
    loose = {(4, 10), (5, 11), (0, 14), (6, 15)}
    assert pare(block | loose, PARAMETERS) == block
    assert pare(loose, PARAMETERS) == set()
    assert pare([], PARAMETERS) == set()


@given(st.sets(PAIR, max_size=50))
def test_what_paring_leaves_is_dense_whatever_the_order_of_pairs(
    pairs: set[tuple[int, int]],
) -> None:
    left = pare(sorted(pairs), PARAMETERS)
    assert left <= pairs
    assert pare(sorted(pairs, reverse=True), PARAMETERS) == left
    if left:
        sources, targets = ({pair[end] for pair in left} for end in (0, 1))
        assert len(left) >= PARAMETERS.min_density * len(sources) * len(targets)
        assert left == {(s, t) for s, t in pairs if s in sources and t in targets}
        assert all(sum(s == one for s, _ in left) >= 2 for one in sources)
        assert all(sum(t == one for _, t in left) >= 2 for one in targets)


def test_the_compiled_search_equals_the_one_in_python() -> None:
    activity = activity_of(*DRAWN, ("c", "z", 5, 1), ("q", "z", 5, 2), ("a", "z", 9, 200))
    hub = np.zeros((2, activity.count), bool)
    hub[0, activity.addresses.index_of("q")] = True
    hub[1, activity.addresses.index_of("y")] = True
    for bounds in ((1, 99), (64, 99), (64, 2)):
        arguments = Columns.of(activity), incoming(activity), hub, 259_200_000.0, *bounds
        compiled, plain = search_neighbours(*arguments), search_neighbours.py_func(*arguments)
        assert [part.tolist() for part in compiled] == [part.tolist() for part in plain]


def test_pairs_of_payments_at_one_target_are_bounded_and_the_target_is_counted(
    profile: MonitoringProfile,
) -> None:
    busy: list[Line] = [(f"s{i % 8}", "t", 10, i / 100) for i in range(400)]
    activity = activity_of(*busy)
    nobody = np.zeros((2, activity.count), bool)
    earlier, later, cut_off = search_neighbours(
        Columns.of(activity), incoming(activity), nobody, 259_200_000.0, 64, 1000
    )
    assert len(earlier) == len(later) < 1000 + 64
    assert activity.addresses.filter(cut_off).to_list() == ["t"]
    few = profile.bipartite.model_copy(update={"max_pairs": 2})
    assert detect_bipartite(activity_of(*DRAWN), few).cut_off == 3
    assert detect_bipartite(activity_of(*DRAWN), profile.bipartite).cut_off == 0
