"""What must hold for every model: scores and reasons follow from a row alone, to the bit."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.digests import digest_table
from aml_miner.models import Models, RiskModel, load_models
from aml_miner.scoring.leading import TOP_FEATURES
from aml_miner.scoring.scoring import narrator_of

KINDS = ("alert_scorer", "alert_ranker", "cluster_scorer")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=KINDS)
def model(request: pytest.FixtureRequest, models: Models) -> RiskModel:
    found: RiskModel = getattr(models, request.param)
    return found


def outcome(model: RiskModel, batch: Batch, *, threads: int = 1) -> pl.DataFrame:
    """Return identifier, score and reasons of each row of the table the model is for."""
    return outcome_of(model, batch, model.prepare_features(batch), threads=threads)


def outcome_of(
    model: RiskModel, batch: Batch, features: pl.DataFrame, *, threads: int = 1
) -> pl.DataFrame:
    found = model.contributions(features, threads=threads)
    return (
        rows(model, batch)
        .select(pl.col("^(alert|cluster)_id$"))
        .with_columns(
            pl.Series("score", model.predict(features, threads=threads)),
            narrator_of(model).explain(features, found),
        )
    )


def rows(model: RiskModel, batch: Batch) -> pl.DataFrame:
    return batch.clusters if model.kind == "cluster_scorer" else batch.alerts


def with_rows(model: RiskModel, batch: Batch, part: pl.DataFrame) -> Batch:
    if model.kind == "cluster_scorer":
        return replace(batch, clusters=part)
    return replace(batch, alerts=part)


def assert_same(found: pl.DataFrame, expected: pl.DataFrame) -> None:
    assert_frame_equal(found, expected, check_exact=True)


def test_the_model_tells_rows_apart(model: RiskModel, odd_batch: Batch) -> None:
    found = outcome(model, odd_batch)
    assert found["score"].n_unique() > 5  # else the laws below would hold for a constant


def test_row_order_does_not_matter(model: RiskModel, odd_batch: Batch) -> None:
    expected = outcome(model, odd_batch)
    order = np.random.Generator(np.random.PCG64(1)).permutation(expected.height)
    shuffled = replace(
        with_rows(model, odd_batch, rows(model, odd_batch)[order]),
        features=odd_batch.features.reverse(),
    )
    assert_same(outcome(model, shuffled), expected[order])


def test_table_column_order_does_not_matter(
    model: RiskModel, odd_batch: Batch, odd_tables: dict[str, pl.DataFrame]
) -> None:
    turned = {name: table.select(sorted(table.columns)) for name, table in odd_tables.items()}
    assert_same(outcome(model, make_batch(turned, odd_batch.meta)), outcome(model, odd_batch))


def test_feature_column_order_does_not_matter(model: RiskModel, odd_batch: Batch) -> None:
    features = model.prepare_features(odd_batch)
    turned = features.select(sorted(features.columns, reverse=True))
    assert_same(outcome_of(model, odd_batch, turned), outcome_of(model, odd_batch, features))


@pytest.mark.parametrize("size", [1, 7, 64])
def test_split_of_the_rows_does_not_matter(model: RiskModel, odd_batch: Batch, size: int) -> None:
    table = rows(model, odd_batch)
    parts = [
        outcome(model, with_rows(model, odd_batch, table[start : start + size]))
        for start in range(0, table.height, size)
    ]
    assert_same(pl.concat(parts), outcome(model, odd_batch))


def test_split_in_sevenths_does_not_matter(model: RiskModel, odd_batch: Batch) -> None:
    table = rows(model, odd_batch)
    parts = [
        outcome(model, with_rows(model, odd_batch, table.gather_every(7, offset)))
        for offset in range(7)
    ]
    expected = outcome(model, odd_batch)
    sevenths = [expected.gather_every(7, offset) for offset in range(7)]
    assert_same(pl.concat(parts), pl.concat(sevenths))


def test_threads_do_not_matter(model: RiskModel, odd_batch: Batch) -> None:
    assert_same(outcome(model, odd_batch, threads=2), outcome(model, odd_batch, threads=1))


def test_saved_and_loaded_model_is_the_same(
    model: RiskModel, odd_batch: Batch, models_folder: Path
) -> None:
    loaded: RiskModel = getattr(load_models(models_folder), model.kind)
    assert loaded.version == model.version
    assert_same(outcome(loaded, odd_batch), outcome(model, odd_batch))


def test_fresh_process_is_the_same(
    model: RiskModel, odd_batch: Batch, models_folder: Path, batch_folder: Path
) -> None:
    script = (
        "import sys; from pathlib import Path; import runpy\n"
        "from aml_miner.batch.digests import digest_table\n"
        "from aml_miner.batch.reading import read_batch\n"
        "from aml_miner.models import load_models\n"
        "laws = runpy.run_path(sys.argv[1])\n"
        "model = getattr(load_models(Path(sys.argv[2])), sys.argv[3])\n"
        "print(digest_table(laws['outcome'](model, read_batch(Path(sys.argv[4])))))\n"
    )
    arguments = [__file__, str(models_folder), model.kind, str(batch_folder)]
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "12345"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == digest_table(outcome(model, odd_batch))


def test_contributions_and_base_value_add_up_to_the_raw_score(
    model: RiskModel, odd_batch: Batch
) -> None:
    features = model.prepare_features(odd_batch)
    raw = model.raw_scores(features)
    found = model.contributions(features)
    assert np.abs(found.base_value + found.values.sum(axis=1) - raw).max() <= 1e-9
    for text, score in zip(outcome(model, odd_batch)["explain_json"], raw, strict=True):
        told = json.loads(text)
        listed = sum(feature["contribution"] for feature in told["top_features"])
        assert abs(told["base_value"] + listed + told["other"] - score) <= 1e-9


def test_reasons_are_five_ordered_by_size_then_name(model: RiskModel, odd_batch: Batch) -> None:
    for text in outcome(model, odd_batch)["explain_json"]:
        top = json.loads(text)["top_features"]
        assert len(top) == TOP_FEATURES
        order = [(-abs(feature["contribution"]), feature["name"]) for feature in top]
        assert order == sorted(order)


def test_reasons_name_the_largest_contributions(model: RiskModel, odd_batch: Batch) -> None:
    features = model.prepare_features(odd_batch)
    sizes = np.abs(np.round(model.contributions(features).values, 9))
    for row, text in enumerate(outcome(model, odd_batch)["explain_json"]):
        by_size = sorted(zip(-sizes[row], model.feature_names, strict=True))
        named = [feature["name"] for feature in json.loads(text)["top_features"]]
        assert named == [name for _, name in by_size[:TOP_FEATURES]]


def test_scores_lie_between_0_and_1_and_follow_the_raw_scores(
    model: RiskModel, odd_batch: Batch
) -> None:
    features = model.prepare_features(odd_batch)
    scores, raw = model.predict(features), model.raw_scores(features)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert (np.diff(scores[np.argsort(raw)]) >= 0).all()
