"""A straight line through all features, fitted to the training rows alone."""

from collections.abc import Callable

import numpy as np
import polars as pl

from aml_miner.evaluation.metrics import roc_auc
from aml_miner.training.baselines import logistic_regression_scores
from aml_miner.training.rows import LabelledRows

type MakeRows = Callable[..., LabelledRows]


def test_logistic_regression_finds_a_straight_line(rows: LabelledRows) -> None:
    train, test = rows.take(np.arange(0, 200, 2)), rows.take(np.arange(1, 200, 2))
    # every fourth row is illicit, so the odd ones are all licit: judge on all
    scores = logistic_regression_scores(train, rows)
    assert roc_auc(rows.labels, scores) > 0.8
    assert np.array_equal(scores[1::2], logistic_regression_scores(train, test))


def test_column_without_a_value_and_unknown_category_are_scored(make_rows: MakeRows) -> None:
    rows = make_rows([n % 2 == 0 for n in range(40)])
    blank = rows.features.with_columns(burst=pl.lit(None, pl.Float64))
    unseen = blank.with_columns(typology=pl.lit("peel_chain"))
    scores = logistic_regression_scores(
        LabelledRows(blank, rows.keys), LabelledRows(unseen, rows.keys)
    )
    assert np.isfinite(scores).all()
