"""What training says of itself, in lines and as JSON."""

import polars as pl

from aml_miner.evaluation.intervals import Interval
from aml_miner.training.report import (
    Assessment,
    TrainingReport,
    TruthCounts,
    Undefined,
    count_truth,
    report_lines,
)
from aml_miner.training.truth import check_truth

NO_TRUTH = TruthCounts("alert", 0, 0, 0, {})


def assessment(**more: object) -> Assessment:
    auc = Interval(value=0.75, low=0.5, high=0.875, level=0.95, resamples=10, undefined=0)
    found = {
        "rows": 9,
        "positives": 4,
        "unlabelled": 2,
        "groups": 6,
        "largest_group": 3,
        "folds": 5,
        "split": "grouped",
        "tested_rows": 8,
        "straddling": 1,
        "metrics": {"auc": auc, "ndcg_at_10": Undefined("needs more")},
        "baselines": {"volume": {"auc": auc, "ndcg_at_10": auc}},
        "notes": ("mind this",),
    }
    return Assessment(**{**found, **more})  # type: ignore[arg-type]


def test_report_is_told_in_lines() -> None:
    report = TrainingReport(1, NO_TRUTH, {"alert_scorer": assessment()})
    assert list(report_lines(report)) == [
        "ground_truth, per alert: 0 illicit, 0 licit, 0 unknown",
        "alert_scorer: 9 rows, 4 illicit, 2 unknown; 6 groups, the largest of 3; 8 tested in 5 folds (grouped)",
        "                      auc                   ndcg_at_10",
        "  model               0.750 (0.500–0.875)   undefined",
        "  volume              0.750 (0.500–0.875)   0.750 (0.500–0.875)",
        "  undefined: ndcg_at_10: needs more",
        "  mind this",
    ]


def test_reason_why_metrics_are_undefined_is_told_once() -> None:
    one_class, none = Undefined("needs both"), Undefined("needs rows")
    metrics = {"auc": one_class, "brier": none, "ndcg_at_10": one_class}
    told = assessment(metrics=metrics, baselines={"volume": metrics}, notes=())
    lines = list(report_lines(TrainingReport(1, NO_TRUTH, {"alert_scorer": told})))
    assert lines[-2:] == [
        "  undefined: auc, ndcg_at_10: needs both",
        "  undefined: brier: needs rows",
    ]


TAKEN_FOR_ILLICIT = (
    "ground_truth: has neither 'is_illicit' nor 'role', so all {} listed address(es) are taken for illicit; "
    "add 'is_illicit' if some are not."
)


def test_addresses_are_counted_by_what_truth_says_of_them() -> None:
    rows = [("a", "mule"), ("a", "wizard"), ("b", "noise"), ("c", "rug_victim"), ("d", "wizard")]
    truth = check_truth(pl.DataFrame(rows, schema=["address", "role"], orient="row"))
    counts = count_truth(truth)
    assert (counts.per, counts.illicit, counts.licit, counts.unknown) == ("address", 1, 1, 2)
    assert counts.unrecognised_roles == {"wizard": 2}
    assert list(report_lines(TrainingReport(1, counts, {}))) == [
        "ground_truth, per address: 1 illicit, 1 licit, 2 unknown",
        f"  {truth.remark()}",
    ]


def test_truth_without_strange_roles_needs_no_note() -> None:
    truth = check_truth(pl.DataFrame({"address": ["a"], "is_illicit": [True]}))
    assert count_truth(truth).notes == ()


def test_addresses_taken_for_illicit_because_nothing_is_said_of_them_are_counted() -> None:
    counts = count_truth(check_truth(pl.DataFrame({"address": ["a", "b"]})))
    assert (counts.illicit, counts.notes) == (2, (TAKEN_FOR_ILLICIT.format(2),))
    assert list(report_lines(TrainingReport(1, counts, {})))[1] == f"  {counts.notes[0]}"


def test_addresses_listed_as_both_are_counted_and_named() -> None:
    rows = [("b", True), ("b", False), ("a", True), ("a", False), ("c", True), ("c", None)]
    truth = check_truth(pl.DataFrame(rows, schema=["address", "is_illicit"], orient="row"))
    assert count_truth(truth).notes == (
        "ground_truth: 2 address(es) are listed as illicit and as licit too, first 'a'; they count as illicit.",
    )


def test_report_is_json() -> None:
    counts = TruthCounts("address", 1, 2, 3, {"wizard": 2}, ("two wizards",))
    document = TrainingReport(7, counts, {"alert_scorer": assessment()}).to_dict()
    assert document["seed"] == 7
    assert document["truth"] == {
        "per": "address",
        "illicit": 1,
        "licit": 2,
        "unknown": 3,
        "unrecognised_roles": {"wizard": 2},
        "notes": ["two wizards"],
    }
    models = document["models"]
    assert isinstance(models, dict)
    assert list(models) == ["alert_scorer"]
