"""Tables hold what was measured, cell by cell, and nothing where there is nothing to show."""

from dataclasses import replace

import pytest

from aml_miner.evaluation.bench import Metrics, Undefined
from aml_miner.evaluation.budget import Line
from aml_miner.evaluation.evaluation import Bin, Evaluation, Part
from aml_miner.evaluation.intervals import Interval
from aml_miner.evaluation.tables import build_tables, write_counts


def interval(value: float, low: float, high: float) -> Interval:
    return Interval(value, low, high, level=0.95, resamples=10, undefined=0)


HALF, NONE = interval(0.5, 0.25, 0.75), Undefined("needs illicit and licit rows")
WORSE, BETTER = interval(0.2, 0.1, 0.3), interval(-0.2, -0.3, -0.1)
UNSURE = interval(0.1, -0.1, 0.3)
LINE = Line(
    rule="a miss costs 20 openings",
    threshold=0.25,
    opened=1000,
    saved=3000,
    saved_share=0.75,
    found=9,
    missed=2,
    recall=HALF,
    precision=NONE,
    below=interval(1234.0, 0.6, 2000.4),
    cost=1040.0,
)


def part(segment: str, value: str, differences: dict[str, Metrics]) -> Part:
    metrics: Metrics = {"average_precision": HALF, "roc_auc": NONE}
    scorings = ("model", *differences)
    return Part(segment, value, 1200, 4, dict.fromkeys(scorings, metrics), differences)


WHOLE = Part(
    "",
    "",
    4000,
    40,
    {"model": {"roc_auc": HALF, "brier_score": HALF}, "by_volume": {"roc_auc": HALF}},
    {"by_volume": {"roc_auc": WORSE}},
)
EVALUATION = Evaluation("alerts", "model", 4100, 4000, 40, 30, WHOLE)


def only(**found: object) -> list[tuple[str, ...]]:
    """Return the rows of the second table of an evaluation in which this was found too."""
    _, table = build_tables(replace(EVALUATION, **found))  # type: ignore[arg-type]
    assert all(len(row) == len(table.columns) for row in table.rows)
    return [tuple(row) for row in table.rows]


def test_counts_are_a_sentence_and_have_no_rate_without_labels() -> None:
    expected = "4,100 alerts, 4,000 labelled on 30 addresses, 40 illicit (1.0%)."
    assert write_counts(EVALUATION) == expected
    none = Evaluation("clusters", "model", 3, 0, 0, 0, WHOLE)
    assert write_counts(none) == "3 clusters, 0 labelled on 0 addresses, 0 illicit."


def test_metrics_stand_beside_each_other_and_what_differs_is_marked() -> None:
    (table,) = build_tables(EVALUATION)
    assert table.columns == ("metric", "model", "by volume")
    assert table.rows == [
        ("roc auc", "0.500 (0.250–0.750)", "0.500 (0.250–0.750)*"),
        ("brier score", "0.500 (0.250–0.750)", ""),  # a volume promises no share
    ]


def test_segment_says_what_beats_the_model_there_by_more_than_chance() -> None:
    differences: dict[str, Metrics] = {
        "by_volume": {"average_precision": BETTER},
        "severity": {"average_precision": UNSURE},
        "previous_model": {"average_precision": BETTER},
        "confidence": {"average_precision": NONE},
    }
    parts = (part("first_seen", "fan_in", differences), part("network", "x", {}))
    assert only(parts=parts) == [
        ("first seen", "fan_in", "1,200", "4", "0.500 (0.250–0.750)", "–", "by volume, previous model"),
        ("network", "x", "1,200", "4", "0.500 (0.250–0.750)", "–", ""),
    ]  # fmt: skip


def test_reliability_leaves_out_bins_without_rows() -> None:
    bins = (Bin(0.0, 0.1, 1500, 0.04, 0.0123), Bin(0.1, 0.2, 0, None, None))
    assert only(reliability=bins) == [("0.0–0.1", "1,500", "0.040", "0.012")]


def test_budget_has_the_cost_of_the_rule_that_asks_for_it() -> None:
    nothing = replace(LINE, rule="open at most 1", threshold=None, cost=None, below=NONE)
    shared = ("1,000", "3,000 (75.0%)", "0.500 (0.250–0.750)", "–")
    assert only(lines=(LINE, nothing)) == [
        (LINE.rule, "0.250000", *shared, "1,040", "2 known, 1,234 (1–2,000) estimated"),
        ("open at most 1", "–", *shared, "", "2 known, – estimated"),
    ]


@pytest.mark.parametrize("empty", [(), (Bin(0.0, 0.1, 0, None, None),)])
def test_what_has_no_rows_is_no_table(empty: tuple[Bin, ...]) -> None:
    assert len(list(build_tables(replace(EVALUATION, reliability=empty)))) == 1
