"""A straight line through all features, fitted to the training rows alone."""

from collections.abc import Callable

import numpy as np
import polars as pl

from aml_miner.evaluation.metrics import roc_auc
from aml_miner.training.baselines import (
    logistic_regression_out_of_fold,
    logistic_regression_scores,
)
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


def test_line_through_the_labels_at_hand_knows_none_it_speaks_of(make_rows: MakeRows) -> None:
    """Labels that nothing tells are not told, though two alerts on each address have one label."""
    random = np.random.Generator(np.random.PCG64(4))
    owners = [f"owner-{n % 300}" for n in range(600)]
    illicit = random.permutation([n % 3 == 0 for n in range(300)])
    noise = make_rows([*illicit, *illicit], owners, signal=0.0)
    own = random.normal(
        size=(300, 60)
    )  # addresses are known by what they are, alike in both alerts
    shown = pl.DataFrame(np.concatenate([own, own]), schema=[f"x{n}" for n in range(60)])
    rows = LabelledRows(shown, noise.keys)
    told = logistic_regression_out_of_fold(rows)
    assert told is not None
    assert abs(roc_auc(rows.labels, told) - 0.5) < 0.08
    assert roc_auc(rows.labels, logistic_regression_scores(rows, rows)) > 0.7
    learnable = logistic_regression_out_of_fold(make_rows([n % 3 == 0 for n in range(300)]))
    assert learnable is not None
    assert roc_auc(np.array([n % 3 == 0 for n in range(300)]), learnable) > 0.8


def test_line_needs_two_groups_and_two_classes(make_rows: MakeRows) -> None:
    assert logistic_regression_out_of_fold(make_rows([True] * 9)) is None
    one_owner = make_rows([n % 2 == 0 for n in range(9)], ["owner"] * 9)
    assert logistic_regression_out_of_fold(one_owner) is None
    alone = make_rows([True, *[False] * 8])  # where it is tested, nothing illicit is learned
    told = logistic_regression_out_of_fold(alone)
    assert told is not None
    assert told[0] == 1 / 9
