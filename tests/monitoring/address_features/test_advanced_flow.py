from collections.abc import Callable, Sequence
from math import log2, sqrt

import polars as pl
import pytest

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import build_address_features

type MakeActivity = Callable[[Sequence[tuple[str, ...]]], Activity]


def burstiness(spread: float, mean: float) -> float:
    return (spread - mean) / (spread + mean)


A_RECIPROCITY = -3 / 13 * log2(3 / 13) - 10 / 13 * log2(10 / 13)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("flow_reciprocity_entropy", [A_RECIPROCITY, 0, 0, 0]),
        # early and late: "a" with b and c, of these b in both; "b" with a; "c" with a, then d
        ("counterparty_stability", [1 / 2, 1, 0, 0]),
        # hours between transfers: a 12, 120 and 25, b 12 and 120, c only one gap
        (
            "flow_burstiness",
            [burstiness(sqrt(10_429 / 3), 157 / 3), burstiness(108 / sqrt(2), 66), 0, 0],
        ),
        ("transaction_regularity", [1 - 1.5 / log2(24), 1 - (log2(3) - 2 / 3) / log2(24), 1, 1]),
        # edges: a 200, 400 and 1000, b 200 and 400, c 0 and 1000, d one
        ("amount_predictability", [1 - sqrt(104) / 16, 2 / 3, 0, 0]),
    ],
)
def test_advanced_flow(week_features: pl.DataFrame, column: str, expected: list[float]) -> None:
    assert week_features[column].to_list() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("b", 1), ("c", 2)], 0),
        ([("b", 1), ("b", 2)], 1),
        ([("b", 1), ("b", 1)], 0),  # all of one moment
        ([("b", 1), ("c", 1), ("b", 3), ("d", 3)], 1 / 3),
        ([("b", 1), ("b", 2), ("c", 3)], 0),  # the middle itself is early
        ([("b", 1), ("b", 3), ("c", 4)], 1 / 2),
    ],
)
def test_counterparty_stability(
    activity_of: MakeActivity, rows: list[tuple[str, int]], expected: float
) -> None:
    table = [("a", other, "1", "1", f"1 0{hour}:00") for other, hour in rows]
    a = build_address_features(activity_of(table)).row(0, named=True)
    assert a["counterparty_stability"] == pytest.approx(expected)


def test_a_counterparty_is_kept_whichever_way_the_money_goes(activity_of: MakeActivity) -> None:
    rows = [("a", "b", "1", "1", "1 00:00"), ("b", "a", "1", "1", "2 00:00")]
    features = build_address_features(activity_of(rows))
    assert features["counterparty_stability"].to_list() == [1, 1]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (["1 00:00", "1 01:00", "1 02:00"], 0.0),  # like clockwork: below 0, cut
        (["1 00:00", "1 00:00", "1 00:00"], 0.0),  # all at once: no time between
        (["1 00:00", "1 00:00", "1 01:00"], burstiness(1 / sqrt(2), 0.5)),
    ],
)
def test_flow_burstiness(activity_of: MakeActivity, times: list[str], expected: float) -> None:
    features = build_address_features(activity_of([("a", "b", "1", "1", when) for when in times]))
    assert features["flow_burstiness"].to_list() == pytest.approx([expected] * 2)


def test_edges_of_dust_are_spread_against_a_dollar(activity_of: MakeActivity) -> None:
    """Edges of 0.2 and 0.6: σ is 0.2, and the mean of 0.4 counts as 1."""
    rows = [("a", "b", "1", "0.2", "1 00:00"), ("a", "c", "1", "0.6", "1 00:01")]
    a = build_address_features(activity_of(rows)).row(0, named=True)
    assert a["amount_predictability"] == pytest.approx(0.8)
