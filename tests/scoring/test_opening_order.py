"""The alerts to open first: every row with its own rank, score, typology and reasons."""

import json
from dataclasses import replace

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from aml_miner.batch.batch import Batch
from aml_miner.models import Models
from aml_miner.scoring import first_alerts, rank_alerts, score_alerts, score_batch


def with_repeated_ids(batch: Batch, rows: int = 12) -> Batch:
    """Return a batch of `rows` unlike alerts that share three ids and one address."""
    alerts = batch.alerts[:rows].with_columns(
        alert_id=pl.format("alert-{}", pl.int_range(rows) % 3),
        address=pl.lit("address-07"),
        description=pl.format("row {}", pl.int_range(rows)),
    )
    return replace(batch, alerts=alerts)


def in_the_order_of_the_batch(batch: Batch, models: Models) -> pl.DataFrame:
    """Return what each row of the batch has by itself, from the functions that keep the batch's order."""
    scores = score_alerts(batch, models.alert_scorer)
    return pl.DataFrame(
        [
            rank_alerts(batch, models.alert_ranker)["rank"],
            scores["score"],
            batch.alerts["typology_type"],
            batch.alerts["alert_id"],
            batch.alerts["address"],
            batch.alerts["description"],
            scores["explain_json"],
        ]
    )


def test_each_alert_of_a_repeated_id_shows_its_own_typology_score_and_reasons(
    odd_batch: Batch, models: Models
) -> None:
    batch = with_repeated_ids(odd_batch)
    found = first_alerts(score_batch(batch, models), batch, most=12)
    expected = in_the_order_of_the_batch(batch, models).sort("rank")
    assert expected["explain_json"].n_unique() > 6  # else showing another row's would go unseen
    assert_frame_equal(found.drop("reasons"), expected.drop("explain_json"))
    for reasons, text in zip(found["reasons"].to_list(), expected["explain_json"], strict=True):
        features = json.loads(text)["top_features"][:3]
        assert [reason[2:] for reason in reasons] == [feature["reason"] for feature in features]


def test_sign_of_a_reason_is_that_of_its_contribution(odd_batch: Batch, models: Models) -> None:
    found = first_alerts(score_batch(odd_batch, models), odd_batch)
    explained = in_the_order_of_the_batch(odd_batch, models).sort("rank")["explain_json"]
    signs = {reason[0] for reasons in found["reasons"].to_list() for reason in reasons}
    assert signs == {"+", "−"}
    for reasons, text in zip(found["reasons"].to_list(), explained, strict=False):
        raised = [f["contribution"] >= 0 for f in json.loads(text)["top_features"][:3]]
        assert [reason[0] == "+" for reason in reasons] == raised


@given(order=st.permutations(range(12)))
@settings(max_examples=20)
def test_order_of_the_rows_does_not_matter(
    odd_batch: Batch, models: Models, order: list[int]
) -> None:
    batch = with_repeated_ids(odd_batch)
    shuffled = replace(batch, alerts=batch.alerts[order])
    results, expected = score_batch(shuffled, models), score_batch(batch, models)
    for name, table in expected.tables.items():
        assert_frame_equal(results.tables[name], table)
    assert_frame_equal(first_alerts(results, shuffled), first_alerts(expected, batch))


def test_only_as_many_are_returned_as_were_asked_for(odd_batch: Batch, models: Models) -> None:
    results = score_batch(odd_batch, models)
    assert first_alerts(results, odd_batch)["rank"].to_list() == list(range(1, 11))
    assert first_alerts(results, odd_batch, most=3)["rank"].to_list() == [1, 2, 3]
    assert first_alerts(results, odd_batch, most=500).height == odd_batch.alerts.height


def test_batch_without_alerts_has_none_to_open(odd_batch: Batch, models: Models) -> None:
    empty = replace(odd_batch, alerts=odd_batch.alerts.clear())
    found = first_alerts(score_batch(empty, models), empty)
    assert found.is_empty()
    assert found.columns == [
        "rank",
        "score",
        "typology_type",
        "alert_id",
        "address",
        "description",
        "reasons",
    ]
