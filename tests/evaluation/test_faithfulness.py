"""What removing reasons does, by hand for one split, and where it must hold exactly."""

import lightgbm
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aml_miner.evaluation.faithfulness import Removal, measure_removals
from aml_miner.models import AlertScorerModel, ModelMetadata
from aml_miner.models.metadata import digest_names
from tests.models.forests import draw_model

SEEDS = st.integers(0, 2**32 - 1)


def model_of(text: str, names: tuple[str, ...]) -> AlertScorerModel:
    metadata = ModelMetadata(
        kind="alert_scorer",
        feature_names=names,
        feature_names_sha256=digest_names(names),
        code_tables={},
        parameters={},
        data_digest="",
        rows=40,
        positives=10,
        library_versions={},
        model_sha256="",
    )
    return AlertScorerModel.from_text(text, metadata)


@pytest.fixture(scope="module")
def split() -> AlertScorerModel:
    """One split: 30 rows of value 0 have the raw score −2, 10 of value 1 have +2; missing is taken for 0."""
    values = np.repeat([[0.0, 5.0], [1.0, 5.0]], [30, 10], axis=0)
    parameters = {
        "objective": "binary", "num_leaves": 2, "min_data_in_leaf": 1, "learning_rate": 1.0,
        "boost_from_average": False, "min_sum_hessian_in_leaf": 0.0, "verbose": -1, "num_threads": 1,
        "feature_pre_filter": False, "min_data_in_bin": 1,
    }  # fmt: skip
    data = lightgbm.Dataset(values, values[:, 0], feature_name=["a", "b"], params=parameters)
    return model_of(lightgbm.train(parameters, data, 1).model_to_string(), ("a", "b"))


def removal(found: list[Removal], chosen: str, put: str, count: int) -> Removal:
    (one,) = (r for r in found if (r.chosen, r.put, r.count) == (chosen, put, count))
    return one


def test_one_split_by_hand(split: AlertScorerModel) -> None:
    # contributions of "a": +3, −1 and −1, as the base value is −1; the third row does not know it
    features = pl.DataFrame({"a": [1.0, 0.0, None], "b": [5.0, 5.0, 5.0]})
    found = measure_removals(split, features, 1, counts=(1, 2))
    reasons = removal(found, "reasons", "missing", 1)
    # +2 falls to −2 as said; −2 stays; and "b", the only known one of the third row, moves nothing
    assert (reasons.rows, reasons.as_said_ratio, reasons.against_ratio) == (3, 1 / 3, 0.0)
    assert (reasons.mean_move, reasons.mean_said) == pytest.approx((4 / 3, 4 / 3), abs=1e-12)
    both = removal(found, "reasons", "missing", 2)
    assert (both.rows, both.as_said_ratio) == (2, 0.5)
    assert (both.mean_move, both.mean_said) == pytest.approx((2.0, 2.0), abs=1e-12)
    drawn = removal(found, "random", "missing", 2)
    assert (drawn.rows, drawn.as_said_ratio) == (2, 0.5)
    assert drawn.mean_move == pytest.approx(2.0, abs=1e-12)


def test_value_of_another_row_is_one_the_others_have(split: AlertScorerModel) -> None:
    alike = pl.DataFrame({"a": [1.0] * 4, "b": [5.0] * 4})
    found = measure_removals(split, alike, 1, counts=(1,))
    other = removal(found, "reasons", "another row", 1)
    assert (other.as_said_ratio, other.against_ratio, other.mean_move) == (0.0, 0.0, 0.0)
    assert removal(found, "reasons", "missing", 1).as_said_ratio == 1.0


@given(seed=SEEDS)
@settings(max_examples=40)
def test_of_one_split_the_reason_never_moves_the_score_against_what_was_said(seed: int) -> None:
    random = np.random.Generator(np.random.PCG64(seed))
    model = model_of(
        draw_model(random, trees=1, most_leaves=2, numbers=3, categories=0), ("f0", "f1", "f2")
    )
    values = random.choice([-2.0, -1.0, 0.0, 0.1, 1.0, 2.0], (12, 3))
    features = pl.DataFrame(values, schema=["f0", "f1", "f2"])
    for one in measure_removals(model, features, seed, counts=(1, 3)):
        if one.put == "missing":
            assert one.against_ratio == 0.0
            assert one.mean_move >= 0.0


@given(seed=SEEDS)
@settings(max_examples=20)
def test_without_any_feature_every_row_has_the_raw_score_of_one_that_knows_nothing(
    seed: int,
) -> None:
    random = np.random.Generator(np.random.PCG64(seed))
    names = ("f0", "f1", "f2")
    model = model_of(draw_model(random, trees=4, most_leaves=9, numbers=3, categories=0), names)
    features = pl.DataFrame(random.choice([-2.0, 0.05, 0.5, 3.0], (9, 3)), schema=list(names))
    nothing = pl.DataFrame(
        {name: [None] for name in names}, schema=dict.fromkeys(names, pl.Float64)
    )
    found = model.contributions(features)
    said = found.values.sum(axis=1)
    move = (found.raw_scores - model.raw_scores(nothing)[0]) * np.sign(said)
    for chosen in ("reasons", "random"):
        one = removal(measure_removals(model, features, 1, counts=(3,)), chosen, "missing", 3)
        assert one.mean_move == pytest.approx(move.mean(), abs=1e-12)
        assert one.mean_said == pytest.approx(np.abs(said).mean(), abs=1e-12)


def test_same_seed_gives_the_same_figures_and_no_rows_give_none(split: AlertScorerModel) -> None:
    features = pl.DataFrame({"a": [1.0, 0.0, 0.5], "b": [5.0, 4.0, 3.0]})
    assert measure_removals(split, features, 7) == measure_removals(split, features, 7)
    for one in measure_removals(split, features.clear(), 7):
        assert (one.rows, one.mean_move, one.mean_said) == (0, 0.0, 0.0)
    assert removal(measure_removals(split, features, 7), "reasons", "missing", 5).rows == 0
