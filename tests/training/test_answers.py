"""A feature that is the label is refused with its name; one that nearly is, is pointed at."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from aml_miner.config.model_config import Minimum, ModelConfig
from aml_miner.errors import TrainingRefusedError
from aml_miner.training.answers import refuse_answers, suspects
from aml_miner.training.rows import LabelledRows
from aml_miner.training.train_alert_scorer import train_alert_scorer

LABEL = pl.col("label")


@pytest.mark.parametrize(
    "answer",
    [
        LABEL.cast(pl.Float64),
        (~LABEL).cast(pl.Float64) * 7.5 - 2.0,
        pl.when(LABEL).then(1.0),  # unknown where licit
        pl.when(LABEL).then(pl.lit("scam")).otherwise(pl.lit("shop")),
        pl.when(LABEL).then(pl.lit("scam")),
    ],
)
def test_feature_equal_to_the_label_is_refused_with_its_name(
    rows: LabelledRows, quick_config: ModelConfig, minimum: Minimum, answer: pl.Expr
) -> None:
    answers = rows.keys.select(risk_label=answer).to_series()
    leaking = LabelledRows(rows.features.with_columns(answers), rows.keys)
    message = "alert_scorer: the feature 'risk_label' equals the label in all 200 rows"
    with pytest.raises(TrainingRefusedError, match=message):
        train_alert_scorer(leaking, quick_config.scorer, 7, minimum=minimum)
    without = quick_config.scorer.model_copy(update={"drop_features": ("risk_label",)})
    model = train_alert_scorer(leaking, without, 7, minimum=minimum)
    assert "risk_label" not in model.feature_names


def test_honest_features_pass(rows: LabelledRows, make_rows: Callable[..., LabelledRows]) -> None:
    one_wrong = rows.keys["label"].to_numpy().copy()
    one_wrong[0] = not one_wrong[0]
    features = rows.features.with_columns(flag=one_wrong.astype(np.float64), constant=pl.lit(1.0))
    refuse_answers("alert_scorer", LabelledRows(features, rows.keys))
    refuse_answers("alert_scorer", make_rows([True] * 3))  # of one class: said elsewhere
    assert list(suspects(rows)) == []


def test_number_that_knows_nearly_all_is_pointed_at(rows: LabelledRows) -> None:
    telling = rows.keys["label"].cast(pl.Float64) + pl.Series(np.linspace(0.0, 0.9, len(rows)))
    features = rows.features.with_columns(known=-telling)
    assert list(suspects(LabelledRows(features, rows.keys))) == [
        "known tells illicit from licit alone (AUC 0.000): does it know the answer?"
    ]
