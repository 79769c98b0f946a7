"""What must hold for every model: scores and reasons follow from a row alone, to the bit."""

import json

import numpy as np
import polars as pl
import pytest

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.models import Models, RiskModel
from aml_miner.scoring.leading import TOP_FEATURES
from aml_miner.validator.laws import LAWS, Law
from aml_miner.validator.outcome import joined, outcome_of, told_difference
from aml_miner.validator.sample import rows_of, with_rows

KINDS = ("alert_scorer", "alert_ranker", "cluster_scorer")


@pytest.fixture(params=KINDS)
def model(request: pytest.FixtureRequest, models: Models) -> RiskModel:
    found: RiskModel = getattr(models, request.param)
    return found


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_every_law_of_the_doctor_holds(model: RiskModel, odd_batch: Batch, law: Law) -> None:
    assert law.breach(model, odd_batch) is None


def test_the_model_tells_rows_apart(model: RiskModel, odd_batch: Batch) -> None:
    found = outcome_of(model, odd_batch).scores
    assert found["score"].n_unique() > 5  # else the laws would hold for a constant


def test_order_of_columns_that_come_in_does_not_matter(
    model: RiskModel, odd_batch: Batch, odd_tables: dict[str, pl.DataFrame]
) -> None:
    turned = {name: table.select(sorted(table.columns)) for name, table in odd_tables.items()}
    found = outcome_of(model, make_batch(turned, odd_batch.meta))
    assert told_difference(outcome_of(model, odd_batch), found) is None


@pytest.mark.parametrize("size", [7, 64])
def test_split_in_runs_of_rows_does_not_matter(
    model: RiskModel, odd_batch: Batch, size: int
) -> None:
    table = rows_of(model, odd_batch)
    parts = [
        outcome_of(model, with_rows(model, odd_batch, table[start : start + size]))
        for start in range(0, table.height, size)
    ]
    assert told_difference(outcome_of(model, odd_batch), joined(parts)) is None


def test_reasons_and_the_rest_add_up_to_the_raw_score(model: RiskModel, odd_batch: Batch) -> None:
    features = model.prepare_features(odd_batch)
    raw = model.raw_scores(features)
    for text, score in zip(outcome_of(model, odd_batch).scores["explain_json"], raw, strict=True):
        told = json.loads(text)
        listed = sum(feature["contribution"] for feature in told["top_features"])
        assert abs(told["base_value"] + listed + told["other"] - score) <= 1e-9


def test_reasons_are_five_ordered_by_size_then_name(model: RiskModel, odd_batch: Batch) -> None:
    for text in outcome_of(model, odd_batch).scores["explain_json"]:
        top = json.loads(text)["top_features"]
        assert len(top) == TOP_FEATURES
        order = [(-abs(feature["contribution"]), feature["name"]) for feature in top]
        assert order == sorted(order)


def test_reasons_name_the_largest_contributions(model: RiskModel, odd_batch: Batch) -> None:
    features = model.prepare_features(odd_batch)
    sizes = np.abs(np.round(model.contributions(features).values, 9))
    for row, text in enumerate(outcome_of(model, odd_batch).scores["explain_json"]):
        by_size = sorted(zip(-sizes[row], model.feature_names, strict=True))
        named = [feature["name"] for feature in json.loads(text)["top_features"]]
        assert named == [name for _, name in by_size[:TOP_FEATURES]]
