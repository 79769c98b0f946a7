"""What is known of an alert or a cluster, by tables worked out by hand."""

from typing import Any

import polars as pl
import pytest

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.training.labels import label_alerts, label_clusters
from aml_miner.training.truth import check_truth


def alert_truth(*rows: tuple[str, bool, float | None]) -> Any:  # noqa: ANN401 - a Truth
    frame = pl.DataFrame(
        rows,
        schema={"alert_id": pl.String, "confirmed_illicit": pl.Boolean, "confidence": pl.Float32},
        orient="row",
    )
    return check_truth(frame.with_columns(processing_date=pl.lit("2025-11-20")))


@pytest.mark.parametrize(
    ("illicit", "confidence", "grade"),
    [
        (False, 1.0, 0),
        (True, None, 3),
        (True, 0.9, 3),  # 0.9 in 32 bits is less than in 64
        (True, 0.89, 2),
        (True, 0.6, 2),
        (True, 0.59, 1),
    ],
)
def test_grade_follows_the_confidence(
    batch: Batch,
    illicit: bool,  # noqa: FBT001
    confidence: float | None,
    grade: int,
) -> None:
    labels = label_alerts(batch.alerts, alert_truth(("alert-1", illicit, confidence)))
    assert labels.row(0)[:3] == (illicit, grade, None)


def test_alert_that_is_not_listed_is_unknown(batch: Batch) -> None:
    labels = label_alerts(batch.alerts, alert_truth(("alert-1", True, None)))
    assert labels.rows()[1:] == [(None,) * 4] * 5


def test_both_rows_of_a_repeated_alert_id_are_labelled(batch: Batch) -> None:
    labels = label_alerts(batch.alerts, alert_truth(("alert-2", True, None)))
    assert labels["label"].to_list() == [None, True, True, None, None, None]


def test_truth_of_another_day_says_nothing(batch: Batch) -> None:
    truth = alert_truth(("alert-1", True, None))
    other = check_truth(truth.rows.with_columns(processing_date=pl.lit("2025-11-21")))
    assert label_alerts(batch.alerts, other)["label"].null_count() == 6


def test_address_that_is_not_listed_is_licit(batch: Batch) -> None:
    truth = check_truth(
        pl.DataFrame({"address": ["splitter", "courier"], "pattern_instance_id": ["i1", None]})
    )
    assert label_alerts(batch.alerts, truth).select("label", "grade", "instance").rows() == [
        (True, 3, "i1"),
        (False, 0, None),
        (False, 0, None),
        (True, 3, None),
        (False, 0, None),
        (False, 0, None),
    ]


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ([True], True),
        ([False], False),
        ([None], None),  # listed, but nobody knows
        ([False, True], True),  # illicit once is illicit
        ([False, None], False),  # licit once, and nothing against it
        ([True, None], True),
    ],
)
def test_several_rows_of_one_address(
    batch: Batch,
    said: list[bool | None],
    label: bool | None,  # noqa: FBT001
) -> None:
    truth = check_truth(
        pl.DataFrame({"address": "splitter", "is_illicit": pl.Series(said, dtype=pl.Boolean)})
    )
    first = label_alerts(batch.alerts, truth).row(0)
    assert first[:2] == (label, {True: 3, False: 0, None: None}[label])


@pytest.mark.parametrize(
    ("roles", "label"),
    [
        (["mule"], True),
        (["legitimate_exchange"], False),
        (["rug_victim"], None),
        (["never_heard_of"], None),
        (["rug_victim", "benign_counterparty"], False),
        (["benign_counterparty", "mule"], True),
    ],
)
def test_roles_of_one_address_without_a_column_that_says_guilt(
    batch: Batch,
    roles: list[str],
    label: bool | None,  # noqa: FBT001
) -> None:
    truth = check_truth(pl.DataFrame({"address": "splitter", "role": roles}))
    labels = label_alerts(batch.alerts, truth)["label"].to_list()
    assert labels == [label, False, False, False, False, False]  # the others are not listed


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([None, True, True, False, None, None], [True, True, None]),  # the second: 2 of 3
        ([None, True, False, False, None, None], [True, False, None]),  # 1 of 2, and 1 of 3
        ([None, None, None, True, None, None], [None, True, None]),  # unlabelled alerts do not vote
        ([True, False, False, False, True, True], [False, False, None]),
    ],
)
def test_cluster_is_illicit_when_half_of_its_labelled_alerts_are(
    batch: Batch, labels: list[bool | None], expected: list[bool | None]
) -> None:
    frame = pl.DataFrame(
        {"label": labels, "confidence": None}, schema={"label": pl.Boolean, "confidence": float}
    )
    assert label_clusters(batch, frame)["label"].to_list() == expected


def test_labels_keep_the_order_of_the_batch(tables: dict[str, pl.DataFrame]) -> None:
    turned = make_batch({name: table.reverse() for name, table in tables.items()})
    labels = label_alerts(turned.alerts, alert_truth(("alert-1", True, None)))
    assert labels["label"].to_list() == [None] * 5 + [True]
    assert label_clusters(turned, labels)["label"].to_list() == [None, None, None]


def test_batch_without_alerts_has_no_labels(tables: dict[str, pl.DataFrame]) -> None:
    batch = make_batch({name: table.clear() for name, table in tables.items()})
    for truth in (alert_truth(), check_truth(pl.DataFrame({"address": ["a"]}))):
        labels = label_alerts(batch.alerts, truth)
        assert labels.shape == (0, 4)
        assert label_clusters(batch, labels).shape == (0, 2)
