"""Laws of every model: a row's score depends on the row, and on nothing else."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.batch.batch import Batch
from aml_miner.errors import ConfigurationError, ModelRejectedError, PredictionError
from aml_miner.features.builder import build_all_features, build_cluster_features
from aml_miner.models import AlertRankerModel, AlertScorerModel, ClusterScorerModel
from aml_miner.models.artifact import OBJECTIVES
from aml_miner.models.metadata import Kind, digest_names
from aml_miner.models.risk_model import RiskModel, logistic
from tests.models.conftest import MODELS, Build


def bits(model: RiskModel, features: pl.DataFrame, threads: int = 1) -> tuple[bytes, bytes]:
    """Scores and contributions as bytes: equal means equal to the last bit."""
    found = model.contributions(features, threads=threads)
    return model.predict(features, threads=threads).tobytes(), found.values.tobytes()


def test_laws_are_asked_of_every_kind() -> None:
    kinds = set(get_args(Kind.__value__))
    assert {model.kind for model in MODELS} == kinds == OBJECTIVES.keys()


def test_scores_lie_between_0_and_1_and_differ(
    model: RiskModel, toy_features: pl.DataFrame
) -> None:
    scores = model.predict(toy_features)
    assert scores.dtype == np.float64
    assert 0.0 <= scores.min() < scores.max() <= 1.0


def test_column_order_does_not_matter(model: RiskModel, toy_features: pl.DataFrame) -> None:
    turned = toy_features.select(reversed(toy_features.columns)).with_columns(extra=pl.lit("x"))
    assert bits(model, turned) == bits(model, toy_features)


def test_row_order_does_not_matter(model: RiskModel, toy_features: pl.DataFrame) -> None:
    order = np.random.Generator(np.random.PCG64(3)).permutation(toy_features.height)
    shuffled = toy_features[order]
    assert model.predict(shuffled).tobytes() == model.predict(toy_features)[order].tobytes()
    values = model.contributions(toy_features).values[order]
    assert model.contributions(shuffled).values.tobytes() == values.tobytes()


@pytest.mark.parametrize("size", [1, 7, 100])
def test_split_of_the_rows_does_not_matter(
    model: RiskModel, toy_features: pl.DataFrame, size: int
) -> None:
    parts = [bits(model, part) for part in toy_features.iter_slices(size)]
    scores, values = (b"".join(column) for column in zip(*parts, strict=True))
    assert (scores, values) == bits(model, toy_features)


def test_number_of_threads_does_not_matter(model: RiskModel, toy_features: pl.DataFrame) -> None:
    assert bits(model, toy_features, threads=2) == bits(model, toy_features)


def test_saved_and_loaded_model_is_the_same(
    model: RiskModel, toy_features: pl.DataFrame, tmp_path: Path
) -> None:
    model.save(tmp_path / "model")
    loaded = type(model).load(tmp_path / "model")
    assert bits(loaded, toy_features) == bits(model, toy_features)
    assert loaded.version == model.version
    assert loaded.feature_names == model.feature_names
    assert loaded.metadata == model.metadata


def test_contributions_add_up_to_the_raw_score(
    model: RiskModel, toy_features: pl.DataFrame
) -> None:
    found = model.contributions(toy_features)
    assert found.values.shape == (toy_features.height, len(model.feature_names))
    total = found.values.sum(axis=1) + found.base_value
    np.testing.assert_allclose(total, model.raw_scores(toy_features), rtol=0, atol=1e-12)


def test_no_rows_have_no_scores_and_the_same_base_value(
    model: RiskModel, toy_features: pl.DataFrame
) -> None:
    empty = toy_features.clear()
    assert model.predict(empty).shape == (0,)
    found = model.contributions(empty)
    assert found.values.shape == (0, 4)
    assert found.base_value == model.contributions(toy_features).base_value


def test_unknown_category_scores_as_null_and_is_counted(
    model: RiskModel, toy_features: pl.DataFrame
) -> None:
    unknown = toy_features.with_columns(typology=pl.lit("peel_chain"))
    null = toy_features.with_columns(typology=pl.lit(None, pl.String))
    assert bits(model, unknown) == bits(model, null)
    assert model.count_unknown(unknown) == {"typology": toy_features.height}
    assert model.count_unknown(null) == {"typology": 0}


def test_missing_feature_is_named(model: RiskModel, toy_features: pl.DataFrame) -> None:
    with pytest.raises(PredictionError, match="1 of them are missing, first 'burst'"):
        model.predict(toy_features.drop("burst"))


def test_threads_below_one_are_refused(scorer: RiskModel, toy_features: pl.DataFrame) -> None:
    with pytest.raises(ConfigurationError, match="threads must be at least 1; found 0"):
        scorer.predict(toy_features, threads=0)


def test_version_is_the_start_of_the_hash_of_the_text(model: RiskModel) -> None:
    assert model.version == model.metadata.model_sha256[:12]
    assert len(model.version) == 12


def test_objective_follows_the_kind(model: RiskModel) -> None:
    assert model.objective == model.text.objective == OBJECTIVES[model.kind]


@pytest.mark.parametrize(
    ("model", "build"),
    [
        (AlertScorerModel, build_all_features),
        (AlertRankerModel, build_all_features),
        (ClusterScorerModel, build_cluster_features),
    ],
)
def test_features_are_those_of_the_builder(
    model: type[RiskModel],
    build: Callable[[Batch], pl.DataFrame],
    build_model: Build,
    batch: Batch,
) -> None:
    assert build_model(model).prepare_features(batch).equals(build(batch))


def test_from_text_refuses_metadata_of_other_features(scorer: RiskModel) -> None:
    names = ("a", "b", "c", "d")
    changes = {"feature_names": names, "feature_names_sha256": digest_names(names)}
    metadata = scorer.metadata.model_copy(update=changes)
    with pytest.raises(ModelRejectedError, match="must name feature 0 'amount_usd'"):
        AlertScorerModel.from_text(f"{scorer.text.text}\nfeature_importances:\n", metadata)


def test_scorer_scores_are_the_logistic_curve_of_the_raw_score(
    scorer: RiskModel, toy_features: pl.DataFrame
) -> None:
    raw = scorer.raw_scores(toy_features).tolist()
    assert scorer.predict(toy_features).tolist() == [1 / (1 + math.exp(-x)) for x in raw]


@pytest.mark.parametrize(
    ("raw", "score"), [(0.0, 0.5), (1.0, 0.75), (-1.0, 0.25), (3.0, 0.875), (-1e300, 0.0)]
)
def test_ranker_score_of_raw_score(model: RiskModel, raw: float, score: float) -> None:
    if isinstance(model, AlertRankerModel):
        assert model.score_of(raw) == score


@given(st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=9))
def test_score_never_falls_when_the_raw_score_rises(model: RiskModel, raw: list[float]) -> None:
    scores = [model.score_of(value) for value in sorted(raw)]
    assert scores == sorted(scores)
    assert all(0.0 <= score <= 1.0 for score in scores)


def test_logistic_does_not_overflow() -> None:
    assert logistic(-1e308) < 1e-300
    assert logistic(1e308) == 1.0
