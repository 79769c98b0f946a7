"""The result tables: columns, order, ranks, and the facts of a run."""

from dataclasses import replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.schemas import ALERTS, CLUSTERS, FEATURES
from aml_miner.models import Models
from aml_miner.scoring.scoring import (
    rank_alerts,
    score_addresses,
    score_alerts,
    score_batch,
    score_clusters,
)

pytestmark = pytest.mark.usefixtures("each_way")


KEYS = {"processing_date": pl.Date, "window_days": pl.UInt16, "network": pl.String}


def test_alert_scores_have_the_contract_columns_in_the_order_of_the_batch(
    odd_batch: Batch, models: Models
) -> None:
    scores = score_alerts(odd_batch, models.alert_scorer)
    assert dict(scores.schema) == KEYS | {
        "alert_id": pl.String,
        "address": pl.String,
        "score": pl.Float64,
        "model_version": pl.String,
        "explain_json": pl.String,
    }
    assert scores["alert_id"].to_list() == odd_batch.alerts["alert_id"].to_list()
    assert scores["network"].unique().to_list() == ["torus"]
    assert scores["model_version"].unique().to_list() == [models.alert_scorer.version]


def test_cluster_scores_have_the_contract_columns_in_the_order_of_the_batch(
    odd_batch: Batch, models: Models
) -> None:
    scores = score_clusters(odd_batch, models.cluster_scorer)
    assert dict(scores.schema) == KEYS | {
        "cluster_id": pl.String,
        "score": pl.Float64,
        "model_version": pl.String,
        "explain_json": pl.String,
    }
    assert scores["cluster_id"].to_list() == odd_batch.clusters["cluster_id"].to_list()


def test_rankings_have_the_contract_columns_and_each_rank_once(
    odd_batch: Batch, models: Models
) -> None:
    ranking = rank_alerts(odd_batch, models.alert_ranker)
    assert dict(ranking.schema) == KEYS | {
        "alert_id": pl.String,
        "rank": pl.UInt32,
        "score": pl.Float64,
        "model_version": pl.String,
    }
    assert ranking["alert_id"].to_list() == odd_batch.alerts["alert_id"].to_list()
    assert sorted(ranking["rank"]) == list(range(1, ranking.height + 1))


def test_rank_falls_with_the_score(odd_batch: Batch, models: Models) -> None:
    ranking = rank_alerts(odd_batch, models.alert_ranker)
    assert ranking.sort("rank")["score"].is_sorted(descending=True)


def test_rank_of_equal_scores_goes_by_alert_id_then_address(
    odd_batch: Batch, models: Models
) -> None:
    names = {"alert_id": ["b", "a", "a"], "address": ["address-97", "address-99", "address-98"]}
    tied = pl.concat([odd_batch.alerts[:1]] * 3).with_columns(
        pl.Series(name, values) for name, values in names.items()
    )  # three alike alerts on unknown addresses
    ranking = rank_alerts(replace(odd_batch, alerts=tied), models.alert_ranker)
    assert ranking["score"].n_unique() == 1
    assert ranking["rank"].to_list() == [3, 2, 1]


def test_batch_without_a_name_of_its_network_has_null(
    odd_tables: dict[str, pl.DataFrame], models: Models
) -> None:
    scores = score_alerts(make_batch(odd_tables), models.alert_scorer)
    assert scores["network"].null_count() == scores.height


def test_address_risk_is_the_highest_alert_score_of_the_address() -> None:
    scores = pl.DataFrame({
        "address": ["b", "a", "b"],
        "score": [0.25, 0.5, 0.75],
        "model_version": ["v"] * 3,
    })  # fmt: skip
    expected = pl.DataFrame({
        "address": ["a", "b"],
        "risk_score": [0.5, 0.75],
        "model_version": ["v"] * 2,
    })  # fmt: skip
    assert_frame_equal(score_addresses(scores), expected)


def test_batch_is_scored_as_its_parts_are(odd_batch: Batch, models: Models) -> None:
    results = score_batch(odd_batch, models)
    parts = {
        "alert_scores": score_alerts(odd_batch, models.alert_scorer).sort("alert_id", "score"),
        "alert_rankings": rank_alerts(odd_batch, models.alert_ranker).sort("alert_id", "rank"),
        "cluster_scores": score_clusters(odd_batch, models.cluster_scorer).sort("cluster_id"),
    }
    for name, expected in parts.items():
        columns = [c for c in expected.columns if c != "address"]
        found = results.tables[name].select(columns).sort(*columns)
        assert_frame_equal(found, expected.select(columns).sort(*columns))
        assert results.tables[name].select(expected.columns[3]).to_series().is_sorted()


def test_shuffled_batch_gives_equal_results(odd_batch: Batch, models: Models) -> None:
    shuffled = replace(
        odd_batch,
        alerts=odd_batch.alerts.reverse(),
        features=odd_batch.features.reverse(),
        clusters=odd_batch.clusters.reverse(),
    )
    found, expected = score_batch(shuffled, models, threads=2), score_batch(odd_batch, models)
    for name, table in expected.tables.items():
        assert_frame_equal(found.tables[name], table, check_exact=True)


def test_facts_say_what_was_missing_and_unknown(
    odd_tables: dict[str, pl.DataFrame], models: Models
) -> None:
    renamed = pl.when(pl.col("typology_type") == "PING_PONG").then(pl.lit("NEW_TYPOLOGY"))
    tables = odd_tables | {
        "alerts": odd_tables["alerts"].with_columns(
            renamed.otherwise("typology_type").alias("typology_type"), extra=pl.lit(1)
        )
    }
    facts = score_batch(make_batch(tables), models).facts
    unseen = odd_tables["alerts"].filter(pl.col("typology_type") == "PING_PONG").height
    assert facts.unknown_categories == {
        "alert_scorer": {"typology_type": unseen, "pattern_type": 0},
        "alert_ranker": {"typology_type": unseen, "pattern_type": 0},
        "cluster_scorer": {"cluster_type": 0},
    }
    assert "pagerank" in facts.absent_columns["features"]
    assert facts.ignored_columns["alerts"] == ("extra",)
    assert facts.duplicate_alert_ids == 1
    assert facts.alerts_on_unknown_addresses > 0
    assert facts.input_counts == {"alerts": 140, "features": 60, "clusters": 70}
    assert facts.output_counts["alert_scores"] == 140
    assert set(facts.model_versions) == {"alert_scorer", "alert_ranker", "cluster_scorer"}


def test_latencies_are_milliseconds_by_the_given_clock(odd_batch: Batch, models: Models) -> None:
    seconds = iter(range(100))
    facts = score_batch(odd_batch, models, clock=lambda: float(next(seconds))).facts
    steps = ("features", "alert_scores", "alert_rankings", "cluster_scores", "tables")
    assert facts.latencies_ms == dict.fromkeys(steps, 1000.0) | {"total": 5000.0}


@pytest.mark.parametrize("alerts", [0, 1])
def test_batch_of_none_and_of_one_alert_works(
    odd_tables: dict[str, pl.DataFrame], models: Models, alerts: int
) -> None:
    tables = {t.name: t.empty() for t in (ALERTS, FEATURES, CLUSTERS)}
    results = score_batch(make_batch(tables | {"alerts": odd_tables["alerts"][:alerts]}), models)
    heights = {name: table.height for name, table in results.tables.items()}
    assert heights == {
        "alert_scores": alerts,
        "alert_rankings": alerts,
        "cluster_scores": 0,
        "address_risk": alerts,
    }
    assert results.alert_scores["score"].is_between(0, 1).all()


def test_rank_of_alerts_alike_in_score_id_and_address_follows_from_their_other_columns(
    odd_batch: Batch, models: Models
) -> None:
    tied = pl.concat([odd_batch.alerts[:1]] * 3).with_columns(
        pl.Series("description", ["c", "a", "b"])  # which no feature reads
    )
    ranking = rank_alerts(replace(odd_batch, alerts=tied), models.alert_ranker)
    assert ranking["score"].n_unique() == 1
    assert ranking["rank"].to_list() == [3, 1, 2]


def test_rows_of_scores_and_rankings_are_the_same_alerts(odd_batch: Batch, models: Models) -> None:
    results = score_batch(odd_batch, models)
    rows = results.alert_rows
    assert sorted(rows) == list(range(odd_batch.alerts.height))
    assert_frame_equal(results.alert_scores, score_alerts(odd_batch, models.alert_scorer)[rows])
    assert_frame_equal(results.alert_rankings, rank_alerts(odd_batch, models.alert_ranker)[rows])
    assert results.alert_scores["alert_id"].is_sorted()
