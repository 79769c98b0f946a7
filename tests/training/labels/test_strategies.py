"""What each strategy takes for illicit, licit and unknown, and that nobody learns from the future."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import ClassVar

import polars as pl
import pytest

from aml_miner.batch.batch import Batch
from aml_miner.config.model_config import ModelConfig
from aml_miner.errors import ConfigurationError, InvalidBatchError
from aml_miner.training.labels import (
    STRATEGIES,
    LabelStrategy,
    address_facts,
    label_alerts,
    read_labels,
)
from aml_miner.training.train_models import train_models
from aml_miner.training.truth import Truth

DAY, LATER = date(2025, 11, 20), date(2025, 12, 1)
CREATED_MS = 1_763_553_600_000  # 2025-11-19T12:00Z


def labels_of(batch: Batch, name: str, table: pl.DataFrame) -> list[bool | None]:
    """Return the labels of alert-1 (splitter), alert-2 twice (collector), 3 (courier), 4 (dormant), 5 (stranger)."""
    return label_alerts(batch.alerts, STRATEGIES[name].truth(table))["label"].to_list()


def test_alert_truth(batch: Batch) -> None:
    table = pl.DataFrame(
        {
            "alert_id": ["alert-1", "alert-2"],
            "processing_date": DAY,
            "confirmed_illicit": [True, False],
        }
    )
    assert labels_of(batch, "alert-truth", table) == [True, False, False, None, None, None]


def test_address_truth(batch: Batch) -> None:
    table = pl.DataFrame({"address": ["splitter", "courier"], "is_illicit": [True, None]})
    assert labels_of(batch, "address-truth", table) == [True, False, False, None, False, False]


def test_address_confirmations_know_what_was_found_out_alone(batch: Batch) -> None:
    """The collector is illicit and nobody has noticed; the courier was cleared; stranger is a wrong suspicion."""
    table = pl.DataFrame(
        {
            "address": ["splitter", "collector", "courier", "stranger"],
            "is_illicit": [True, True, False, False],
            "confirmed_illicit": [True, None, False, True],
            "confidence": [0.7, None, 0.9, 0.6],
        }
    )
    found = label_alerts(batch.alerts, STRATEGIES["address-confirmations"].truth(table))
    assert found["label"].to_list() == [True, False, False, False, False, True]
    assert found["grade"].to_list() == [2, 0, 0, 0, 0, 2]
    assert found["confidence"].cast(pl.Float64).round(2).to_list() == [
        0.7,
        None,
        None,
        0.9,
        None,
        0.6,
    ]


def test_address_labels_count_by_level_of_risk(batch: Batch) -> None:
    table = pl.DataFrame(
        {
            "address": ["splitter", "collector", "courier", "courier", "dormant"],
            "risk_level": ["Critical", "low", "medium", "high", "odd"],
            "confidence_score": [0.9, 0.5, 0.8, 0.4, 1.0],
            "created_timestamp": [CREATED_MS, None, None, None, None],
        }
    )
    truth = STRATEGIES["address-labels"].truth(table)
    found = label_alerts(batch.alerts, truth)
    assert found["label"].to_list() == [True, False, False, True, None, None]
    assert found["confidence"].cast(pl.Float64).round(1).to_list() == [
        0.9,
        0.5,
        0.5,
        0.4,
        None,
        None,
    ]
    assert truth.changes_after(date(2025, 11, 18))
    assert not truth.changes_after(date(2025, 11, 19))


def test_latest_disposition_counts(batch: Batch) -> None:
    table = pl.DataFrame(
        {
            "alert_id": ["alert-1", "alert-1", "alert-2", "alert-3", "alert-3"],
            "processing_date": DAY,
            "disposition": ["false positive", "SAR filed", "No-Action", "confirmed", "reopened"],
            "decided_on": [DAY, LATER, DAY, DAY, LATER],
        }
    )
    assert labels_of(batch, "dispositions", table) == [True, False, False, None, None, None]
    truth = STRATEGIES["dispositions"].truth(table)
    assert truth.changes_after(DAY)
    assert not truth.changes_after(LATER)
    earlier = label_alerts(batch.alerts, truth.as_of(DAY))["label"].to_list()
    assert earlier == [False, False, False, True, None, None]


def test_disposition_nobody_knows_is_refused_with_its_count() -> None:
    table = pl.DataFrame(
        {"alert_id": ["a", "b"], "processing_date": DAY, "disposition": ["odd", "cleared"]}
    )
    with pytest.raises(InvalidBatchError, match="1 of 2 rows say what is not known here: 'odd' 1"):
        STRATEGIES["dispositions"].truth(table)


NOON_OF_LATER_MS = CREATED_MS + 12 * 86_400_000
PLANTED = {  # a fact of the day, and one found out later that says otherwise of the same address or of another alert
    "alert-truth": {
        "alert_id": ["alert-1", "alert-2"],
        "processing_date": [DAY, DAY],
        "confirmed_illicit": [True, True],
        "confirmation_date": [DAY, LATER],
    },
    "address-truth": {
        "address": ["splitter", "splitter", "collector"],
        "is_illicit": [False, True, True],
        "confirmation_date": [DAY, LATER, LATER],
    },
    "address-confirmations": {
        "address": ["splitter", "splitter", "collector"],
        "confirmed_illicit": [False, True, True],
        "confirmation_date": [DAY, LATER, LATER],
    },
    "address-labels": {
        "address": ["splitter", "splitter", "collector"],
        "risk_level": ["low", "critical", "high"],
        "created_timestamp": [CREATED_MS, NOON_OF_LATER_MS, NOON_OF_LATER_MS],
    },
    "dispositions": {
        "alert_id": ["alert-1", "alert-1", "alert-2"],
        "processing_date": [DAY, DAY, DAY],
        "disposition": ["cleared", "confirmed", "confirmed"],
        "decided_on": [DAY, LATER, LATER],
    },
}


@pytest.mark.parametrize("name", STRATEGIES)
def test_no_strategy_knows_what_is_found_out_later(batch: Batch, name: str) -> None:
    planted = pl.DataFrame(PLANTED[name])
    of_the_day = planted.head(1)
    past, both = (STRATEGIES[name].truth(table) for table in (of_the_day, planted))
    expected = label_alerts(batch.alerts, past)
    assert label_alerts(batch.alerts, both.as_of(DAY)).equals(expected)
    assert not label_alerts(batch.alerts, both)["label"].equals(expected["label"])


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_says_what_it_takes_for_what(name: str) -> None:
    strategy = STRATEGIES[name]
    assert strategy.name == name
    assert all([strategy.positive, strategy.negative, strategy.unknown, strategy.known])
    with pytest.raises(InvalidBatchError):
        strategy.truth(pl.DataFrame({"odd": [1]}))


@pytest.mark.parametrize(
    ("rows", "on_the_day", "later"),
    [
        ([(True, LATER)], (False, None), (True, 1.0)),  # thought licit while nobody had listed it
        ([(True, None)], (True, 1.0), (True, 1.0)),
        ([(False, DAY), (True, LATER)], (False, 1.0), (True, 1.0)),
        ([(True, DAY, 0.5), (True, LATER, 0.9)], (True, 0.5), (True, 0.9)),
        ([(True, LATER), (None, None)], (None, None), (True, 1.0)),  # listed without a verdict
        ([(True, DAY), (False, LATER)], (True, 1.0), (True, 1.0)),  # illicit once is illicit
    ],
)
def test_history_of_an_address(
    batch: Batch,
    rows: list[tuple[bool | None, date | None, float | None]],
    on_the_day: tuple[bool | None, float | None],
    later: tuple[bool | None, float | None],
) -> None:
    names = ("is_illicit", "confirmation_date", "confidence")
    listed = [dict(zip(names, row, strict=False)) for row in rows]
    schema = dict(zip(names, (pl.Boolean, pl.Date, pl.Float64), strict=True))
    table = pl.DataFrame(listed, schema=schema).with_columns(address=pl.lit("splitter"))
    truth = address_facts(table, unlisted="licit")
    for known, expected in ((truth.as_of(DAY), on_the_day), (truth, later)):
        found = label_alerts(batch.alerts, known).row(0, named=True)
        assert (found["label"], found["confidence"]) == pytest.approx(expected)


class WatchList(LabelStrategy):
    name: ClassVar[str] = "watch-list"
    positive: ClassVar[str] = "alerts on addresses of the list"
    negative: ClassVar[str] = "all other alerts"
    unknown: ClassVar[str] = "nothing"
    known: ClassVar[str] = "from the day of listing on"

    def truth(self, table: pl.DataFrame) -> Truth:
        facts = table.select("address", is_illicit=True, confirmation_date="listed_on")
        return address_facts(facts, unlisted="licit")


def test_strategy_of_a_users_own_is_one_entry(
    batch: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(STRATEGIES, "watch-list", WatchList())
    path = tmp_path / "list.csv"
    path.write_text("address,listed_on\nsplitter,2025-11-20\ncourier,2025-12-01\n")
    truth = read_labels(path, "watch-list")
    expected = [True, False, False, True, False, False]
    assert label_alerts(batch.alerts, truth)["label"].to_list() == expected
    expected = [True, False, False, False, False, False]
    assert label_alerts(batch.alerts, truth.as_of(DAY))["label"].to_list() == expected


def test_strategy_nobody_wrote_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"one of alert-truth, .*; found 'odd'"):
        read_labels(tmp_path / "truth.parquet", "odd")


def test_csv_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    with pytest.raises(InvalidBatchError, match="there is no such file"):
        read_labels(path)
    path.write_text("")
    with pytest.raises(InvalidBatchError, match="not a readable CSV file"):
        read_labels(path)


@pytest.mark.parametrize("label", [True, False])
def test_planted_future_fact_changes_nothing(
    make_world: Callable[..., Batch],
    truth: Truth,
    quick_config: ModelConfig,
    label: bool,  # noqa: FBT001
) -> None:
    """Every address turns out otherwise after the training date: the models do not move by a bit."""
    batch = make_world()
    addresses = batch.alerts.select("address").unique().sort("address")
    planted = addresses.with_columns(is_illicit=pl.lit(label), confirmation_date=pl.lit(LATER))
    later = replace(truth, rows=pl.concat([truth.rows, planted], how="diagonal"))
    trained = [
        train_models([batch], known, quick_config, 42, as_of=DAY) for known in (truth, later)
    ]
    metadata = [
        [
            m.metadata
            for m in (t.models.alert_scorer, t.models.alert_ranker, t.models.cluster_scorer)
        ]
        for t in trained
    ]
    assert metadata[0] == metadata[1]
    assert trained[0].report == trained[1].report
    if label:  # and the fact is one that would have mattered
        seen = label_alerts(batch.alerts, later)["label"]
        assert not seen.equals(label_alerts(batch.alerts, truth)["label"])
