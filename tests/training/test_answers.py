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


NOISE = pl.int_range(pl.len()) % 11 / 12
"""Less than the step between the classes: 0 to 10 twelfths, the same in both."""


@pytest.mark.parametrize(
    ("answer", "where"),
    [
        (LABEL.cast(pl.Float64) * 3.0 - 8.0 + NOISE, "in all 200 rows"),  # blurred
        (-(LABEL.cast(pl.Float64) + NOISE), "in all 200 rows"),  # and turned around
        ((LABEL.cast(pl.Float64) + NOISE).exp(), "in all 200 rows"),  # bent
        (
            pl.when(LABEL).then(NOISE),
            "in all 200 rows",
        ),  # known of the illicit alone, such as a date
        (pl.when(~LABEL).then(NOISE), "in all 200 rows"),
        # known of few licit rows, and lower there; known of few illicit ones, and higher
        (pl.when(LABEL | (NOISE > 0.9)).then(LABEL + NOISE), "in all 200 rows"),
        (pl.when(~LABEL | (NOISE > 0.9)).then(LABEL - NOISE), "in all 200 rows"),
        (
            pl.when(NOISE > 0.2).then(LABEL.cast(pl.Float64)),
            "in all 144 rows where it is known",
        ),
        (pl.when(NOISE > 0.2).then(LABEL - NOISE), "in all 144 rows where it is known"),
        (pl.when(LABEL).then(0.5 + NOISE / 99).otherwise(pl.int_range(pl.len()) % 2), "in all 200"),
        (pl.when(LABEL).then(pl.lit("scam")).otherwise(pl.format("{}", NOISE > 0.5)), "in all 200"),
    ],
)
def test_feature_that_determines_the_label_is_refused_with_its_name(
    rows: LabelledRows, answer: pl.Expr, where: str
) -> None:
    features = rows.features.with_columns(rows.keys.select(told=answer).to_series())
    message = f"scorer: the feature 'told' determines the label {where}"
    with pytest.raises(TrainingRefusedError, match=message):
        refuse_answers("scorer", LabelledRows(features, rows.keys))
    refuse_answers("scorer", LabelledRows(features, rows.keys), ("told",))


def test_every_answer_is_named(rows: LabelledRows) -> None:
    told = rows.keys.select(verdict=LABEL, closed=(-LABEL.cast(pl.Float64)) - NOISE)
    features = rows.features.with_columns(told.get_columns())
    message = (
        "scorer: the feature 'verdict' equals the label in all 200 rows; "
        "the feature 'closed' determines the label in all 200 rows, "
        "so it is the answer and not a reason. "
        r"Leave out what is named \(drop_features\)"
    )
    with pytest.raises(TrainingRefusedError, match=message):
        refuse_answers("scorer", LabelledRows(features, rows.keys))


def test_honest_features_pass(rows: LabelledRows, make_rows: Callable[..., LabelledRows]) -> None:
    one_wrong, some_wrong = rows.labels.copy(), rows.labels.copy()
    one_wrong[0] = not one_wrong[0]
    some_wrong[::20] = False
    features = rows.features.with_columns(
        flag=one_wrong.astype(np.float64),
        nearly=some_wrong + np.linspace(0.0, 0.9, len(rows)),
        constant=pl.lit(1.0),
        unknown=pl.lit(None, pl.Float64),
        name=rows.keys["id"],  # every row is a category of one class, and no reason
        place=np.arange(len(rows)),  # so is every fourth row the illicit one by the order of ids
    )
    refuse_answers("alert_scorer", LabelledRows(features, rows.keys))
    refuse_answers("alert_scorer", make_rows([True] * 3))  # of one class: said elsewhere
    assert list(suspects(rows)) == []


@pytest.mark.parametrize("rarer", [19, 20])
def test_few_rows_that_are_parted_by_chance_pass(
    make_rows: Callable[..., LabelledRows], rarer: int
) -> None:
    rows = make_rows([n < rarer for n in range(80)])
    parted = rows.features.with_columns(largest=np.arange(80.0))
    if rarer < 20:
        refuse_answers("cluster_scorer", LabelledRows(parted, rows.keys))
        return
    with pytest.raises(TrainingRefusedError, match="'largest' determines the label in all 80 rows"):
        refuse_answers("cluster_scorer", LabelledRows(parted, rows.keys))


def test_number_that_knows_nearly_all_is_pointed_at(rows: LabelledRows) -> None:
    telling = rows.keys["label"].cast(pl.Float64) + pl.Series(np.linspace(0.0, 0.9, len(rows)))
    features = rows.features.with_columns(known=-telling)
    assert list(suspects(LabelledRows(features, rows.keys))) == [
        "known tells illicit from licit alone (AUC 0.000): does it know the answer?"
    ]
