import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.patterns.columns import Columns, incoming, outgoing
from aml_miner.monitoring.patterns.spans import Ledger, count, empty_spans, slide
from aml_miner.monitoring.patterns.turnovers import (
    Side,
    TurnoverLimits,
    TurnoverParameters,
    find_turnovers,
    search_moments,
)
from aml_miner.monitoring.transfers import MS_PER_HOUR
from tests.monitoring.graphs import Line, activity_of

PARAMETERS = TurnoverParameters(
    holding_hours=(6, 12),
    min_sources=2,
    min_targets=2,
    min_volume=100,
    max_kept_share=0.3,
    max_added_share=0.1,
    min_forward_share=0.8,
    min_part=0.1,
)
DRAWN: list[Line] = [
    ("a", "h", 100, 0),
    ("b", "h", 110, 1),
    ("h", "x", 90, 2),
    ("h", "y", 95, 3),
]


def turnovers_of(*lines: Line, **change: object) -> list[tuple[str, list[float], list[float]]]:
    """Each turnover: its address, what it received and what it sent."""
    activity = activity_of(*lines)
    return [
        (
            activity.addresses[turnover.address],
            activity.amount_usd[turnover.received].tolist(),
            activity.amount_usd[turnover.sent].tolist(),
        )
        for turnover in find_turnovers(activity, PARAMETERS.model_copy(update=change).limits())
    ]


def test_what_came_before_a_moment_and_went_after_it_is_a_turnover() -> None:
    assert turnovers_of(*DRAWN) == [("h", [100, 110], [90, 95])]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (DRAWN[1:], "one sender"),
        (DRAWN[:-1], "one recipient"),
        ([*DRAWN[1:], ("b", "h", 100, 0)], "one sender twice"),
        ([*DRAWN[:3], ("h", "y", 50, 3)], "too little is sent"),
        ([*DRAWN[:3], ("h", "y", 150, 3)], "too much is sent"),
        ([*DRAWN[:3], ("h", "y", 95, 13.1)], "it is sent too late"),
        ([*DRAWN[:3], ("h", "y", 95, 1)], "it is sent at the moment the last money comes"),
        ([*DRAWN, ("c", "h", 100, 4)], "more comes in afterwards"),
        ([*DRAWN, ("h", "z", 100, 0.5)], "more went out before"),
        ([(a, b, usd / 3, hour) for a, b, usd, hour in DRAWN], "too little money"),
        ([(a, b, 0, hour) for a, b, _, hour in DRAWN], "no money"),
    ],
)
def test_no_turnover_when_a_side_or_a_time_is_changed(lines: list[Line], why: str) -> None:
    assert turnovers_of(*lines) == [], why


def test_transfers_of_no_amount_make_no_turnover_even_where_any_volume_will_do() -> None:
    nothing = [(a, b, 0.0, hour) for a, b, _, hour in DRAWN]
    assert turnovers_of(*nothing, min_volume=0.0) == []


def test_trifles_are_left_out_and_do_not_make_a_side_wide() -> None:
    trifle: Line = ("c", "h", 9, 0.5)
    assert turnovers_of(*DRAWN, trifle) == [("h", [100, 110], [90, 95])]
    assert turnovers_of(*DRAWN[1:], trifle) == []
    assert turnovers_of(*DRAWN[:2], ("h", "x", 190, 2), ("h", "y", 9, 3)) == []


def test_money_of_one_moment_belongs_together() -> None:
    together = [(a, b, usd, 1.0 if b == "h" else hour) for a, b, usd, hour in DRAWN]
    assert turnovers_of(*together) == [("h", [100, 110], [90, 95])]


def test_of_two_turnovers_the_larger_is_taken_and_of_equal_ones_the_earlier() -> None:
    larger: list[Line] = [(a, b, usd * 2, hour + 50) for a, b, usd, hour in DRAWN]
    assert turnovers_of(*DRAWN, *larger) == [("h", [200, 220], [180, 190])]
    equal: list[Line] = [(f"{a}_", f"{b}_", usd, hour + 50) for a, b, usd, hour in DRAWN]
    equal = [(a.replace("h_", "h"), b.replace("h_", "h"), *rest) for a, b, *rest in equal]
    activity = activity_of(*DRAWN, *equal)
    (turnover,) = find_turnovers(activity, PARAMETERS.limits())
    assert turnover.received.tolist() == [0, 1]


def test_a_wider_turnover_goes_before_a_larger_one() -> None:
    wider: list[Line] = [(s, "h", 50, 50 + i) for i, s in enumerate("abc")]
    wider += [("h", t, 50, 53 + i) for i, t in enumerate("xyz")]
    assert turnovers_of(*DRAWN, *wider) == [("h", [50, 50, 50], [50, 50, 50])]


def test_a_short_holding_time_sees_past_ordinary_life_and_a_long_one_sees_the_whole() -> None:
    salary: Line = ("firm", "h", 3000, -8)
    lines = [(a, b, usd, hour + 8) for a, b, usd, hour in [*DRAWN, salary]]
    assert turnovers_of(*lines, holding_hours=(12,)) == []
    assert turnovers_of(*lines) == [("h", [100, 110], [90, 95])]
    slow: list[Line] = [(a, b, usd, hour * 4) for a, b, usd, hour in DRAWN]
    assert turnovers_of(*slow, holding_hours=(6,)) == []
    assert turnovers_of(*slow) == [("h", [100, 110], [90, 95])]


def test_a_huge_transfer_beside_small_ones_is_no_failure() -> None:
    huge: list[Line] = [("w", "h", 1e12, 0.25), ("h", "v", 1e12, 0.5)]
    later: list[Line] = [(a, b, usd, hour + 30) for a, b, usd, hour in DRAWN]
    assert turnovers_of(*huge, *later) == [("h", [100, 110], [90, 95])]


LINE = st.tuples(
    st.sampled_from("abcdh"),
    st.sampled_from("abcdh"),
    st.integers(1, 9).map(lambda n: 16.0 * n),
    st.integers(0, 30).map(float),
).filter(lambda line: line[0] != line[1])


def widths_by_definition(activity: Activity, address: int, hours: float) -> dict[int, float]:
    """Width of the turnover at each moment, straight from the words of the docstring."""
    columns, span = Columns.of(activity), hours * MS_PER_HOUR
    came = np.flatnonzero(columns.target == address)
    went = np.flatnonzero(columns.source == address)
    widths = {}
    for now in columns.timestamp[came]:
        since, until = columns.timestamp[came] - now, columns.timestamp[went] - now
        received, after = came[(-span < since) & (since <= 0)], came[(since > 0) & (since <= span)]
        before, sent = went[(-span < until) & (until <= 0)], went[(until > 0) & (until <= span)]
        usd = [float(columns.amount[part].sum()) for part in (received, sent, after, before)]
        sides = columns.source[received], columns.target[sent]
        if min(len(np.unique(side)) for side in sides) < 2 or usd[0] < 100:
            continue
        if not 0.7 * usd[0] <= usd[1] <= 1.1 * usd[0] or usd[0] + usd[1] < 0.8 * sum(usd):
            continue
        parts = (
            np.bincount(side, columns.amount[part])
            for side, part in zip(sides, (received, sent), strict=True)
        )
        widths[int(now)] = min(float(part.sum() ** 2 / (part**2).sum()) for part in parts)
    return widths


@given(st.lists(LINE, min_size=4, max_size=40))
def test_the_moment_found_is_the_widest_by_definition(lines: list[Line]) -> None:
    activity = activity_of(*lines)
    columns = Columns.of(activity)
    limits = both_wide(12)
    by_address = incoming(activity)
    ledgers = (
        Ledger.of(columns, by_address, columns.source),
        Ledger.of(columns, outgoing(activity), columns.target),
    )
    everybody = np.ones(activity.count, bool)
    moments, widths = search_moments(*ledgers, everybody, empty_spans(activity.count), limits)
    for address in range(activity.count):
        expected = widths_by_definition(activity, address, 12)
        if not expected:
            assert moments[address] == -1
            continue
        assert widths[address] == pytest.approx(max(expected.values()))
        moment = int(columns.timestamp[by_address.transfer[moments[address]]])
        assert expected[moment] == pytest.approx(max(expected.values()))


def both_wide(hours: float) -> TurnoverLimits:
    """The limits of the definition above."""
    side = Side(hours * MS_PER_HOUR, 2, math.inf, is_wide=True)
    return TurnoverLimits(side, side, 100.0, 0.7, 1.1, 0.8, 0.1)


def test_the_compiled_search_equals_the_one_in_python() -> None:
    larger = [(a, b, usd * 2, hour + 7) for a, b, usd, hour in DRAWN]
    smaller = [(a, b, usd * 0.9, hour + 60) for a, b, usd, hour in DRAWN]
    activity = activity_of(
        *DRAWN, ("a", "h", 5, 1), *larger, *smaller, ("h", "a", 1, 0), ("x", "y", 1, 9)
    )
    columns = Columns.of(activity)
    ledgers = (
        Ledger.of(columns, incoming(activity), columns.source),
        Ledger.of(columns, outgoing(activity), columns.target),
    )
    everybody = np.ones(activity.count, bool)
    limits = both_wide(6)
    compiled = search_moments(*ledgers, everybody, empty_spans(activity.count), limits)
    spans = empty_spans(activity.count)
    plain = search_moments.py_func(*ledgers, everybody, spans, limits)
    assert [part.tolist() for part in compiled] == [part.tolist() for part in plain]
    for span in spans:
        assert not span.times.any()
        assert not span.usd.any()
        assert span.parties[0] == span.totals.sum() == 0


def test_a_span_counts_what_is_in_it_and_forgets_what_leaves() -> None:
    span = empty_spans(3).sent
    ledger = Ledger(
        np.array([0, 4]),
        np.array([0, 1, 0, 2]),
        np.array([10, 20, 30, 40]),
        np.array([1.0, 2.0, 4.0, 8.0]),
    )
    seen = []
    for since, until in ((0, 30), (10, 30), (10, 90), (30, 90), (90, 90)):
        slide.py_func(span, ledger, 4, float(since), float(until))
        seen.append((span.parties[0], *span.totals.tolist()))
    assert seen == [(2, 7, 25 + 4), (2, 6, 16 + 4), (3, 14, 84), (1, 8, 64), (0, 0, 0)]
    count.py_func(span, 1, 3.0, 1)
    count.py_func(span, 1, 4.0, 1)
    assert (span.parties[0], *span.totals.tolist()) == (1, 7, 49)
    count.py_func(span, 1, 3.0, -1)
    assert (span.parties[0], *span.totals.tolist()) == (1, 4, 16)
    count.py_func(span, 1, 4.0, -1)
    assert (span.parties[0], *span.totals.tolist()) == (0, 0, 0)
