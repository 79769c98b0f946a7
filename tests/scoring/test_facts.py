"""What the log says of a run: each thing once, in counts and names of columns, never an address."""

from collections.abc import Iterator
from dataclasses import replace

import polars as pl
import pytest
from loguru import logger

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.models import Models
from aml_miner.scoring import score_batch
from aml_miner.scoring.facts import Facts, log_facts


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Every line the package logs during a test, with its level."""
    heard: list[str] = []
    sink = logger.add(lambda line: heard.append(line.strip()), format="{level} {message}")
    logger.enable("aml_miner")
    yield heard
    logger.disable("aml_miner")
    logger.remove(sink)


@pytest.fixture
def facts(odd_batch: Batch, models: Models) -> Facts:
    quiet = score_batch(odd_batch, models).facts
    return replace(
        quiet,
        absent_columns={"alerts": ("_version",), "features": ("pagerank", "kcore", "_version")},
        ignored_columns={"alerts": (), "clusters": ("mood",)},
        unknown_categories={"alert_scorer": {"typology_type": 2, "pattern_type": 0}},
        alerts_on_unknown_addresses=3,
        duplicate_alert_ids=1,
        unknown_severities={"alerts": 4, "clusters": 0},
        missing_files=("money_flows.parquet",),
        unverified=True,
    )


def test_log_names_absent_and_ignored_columns_and_counts_the_rest(
    facts: Facts, lines: list[str]
) -> None:
    log_facts(facts)
    assert lines == [
        "INFO features: 2 column(s) absent, so unknown: pagerank, kcore",
        "INFO clusters: 1 column(s) not of the contract, so ignored: mood",
        "WARNING alert_scorer: rows with a typology_type that training never saw: 2",
        "WARNING alerts on addresses without a row in features: 3",
        "WARNING alerts that repeat an alert_id: 1",
        "WARNING alerts: rows with an unknown severity: 4",
        "WARNING META.json lists files that are not there: money_flows.parquet",
        "WARNING META.json does not vouch for all files of this batch",
    ]


def test_log_has_nothing_to_say_of_a_whole_batch(facts: Facts, lines: list[str]) -> None:
    log_facts(
        replace(
            facts,
            absent_columns={},
            ignored_columns={},
            unknown_categories={},
            alerts_on_unknown_addresses=0,
            duplicate_alert_ids=0,
            unknown_severities={"alerts": 0, "clusters": 0},
            missing_files=(),
            unverified=False,
        )
    )
    assert lines == []


def test_scoring_a_batch_logs_its_facts_once_and_no_address(
    odd_tables: dict[str, pl.DataFrame], models: Models, lines: list[str]
) -> None:
    batch = make_batch(odd_tables)
    results = score_batch(batch, models)
    absent = [line for line in lines if "features: " in line and "absent" in line]
    assert len(absent) == 1
    assert all(
        name in absent[0] for name in results.facts.absent_columns["features"] if name[0] != "_"
    )
    assert not any("address-" in line or "alert-0" in line for line in lines)


def test_models_that_learned_from_the_same_rows_are_named_together(
    facts: Facts, lines: list[str]
) -> None:
    unknown = {
        "alert_scorer": {"kind": 2, "type": 0},
        "alert_ranker": {"kind": 2, "type": 0},
        "other": {"kind": 1},
    }
    log_facts(replace(facts, unknown_categories=unknown))
    assert [line for line in lines if "never saw" in line] == [
        "WARNING alert_scorer, alert_ranker: rows with a kind that training never saw: 2",
        "WARNING other: rows with a kind that training never saw: 1",
    ]
