"""What a model must beat: sorting by one column, and a straight line through all of them."""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.models.encoding import CodeTables, encode, fit_code_tables
from aml_miner.training.folds import split_every_row
from aml_miner.training.rows import LabelledRows

_FOLDS: Final = 5
_FOLD_SEED: Final = 0
"""Folds of a baseline that learns from what it stands beside: our choice, and the same for every bootstrap."""


UNKNOWN_SEVERITY: Final = -1.0
"""Below every severity there is: an alert of unknown severity is opened last."""


def severities(rows: LabelledRows) -> NDArray[np.float64] | None:
    """Return how severe each row is said to be, higher where more; None where no feature holds it."""
    for name in ("severity_level", "cluster_severity_level"):
        if name in rows.features.columns:
            level = rows.features[name].cast(pl.Float64)
            return level.fill_null(UNKNOWN_SEVERITY).to_numpy()
    return None


def logistic_regression_scores(train: LabelledRows, test: LabelledRows) -> NDArray[np.float64]:
    """Return the scores that a logistic regression fitted to ``train`` gives to ``test``.

    Unknown numbers become the median and every number is standardised, by what ``train`` holds; a category becomes one
    column per value in ``train``. Penalty as scikit-learn sets it (L2, C = 1).
    """
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    code_tables = fit_code_tables(train.features)
    known, asked = _columns(train.features, code_tables), _columns(test.features, code_tables)
    centre = _medians(known)
    known, asked = (np.where(np.isnan(m), centre, m) for m in (known, asked))
    mean, spread = known.mean(axis=0), known.std(axis=0)
    spread[spread == 0.0] = 1.0
    model = LogisticRegression(max_iter=10_000)
    with threadpool_limits(limits=1):  # sums of another number of threads round otherwise
        model.fit((known - mean) / spread, train.labels)
        scores: NDArray[np.float64] = model.predict_proba((asked - mean) / spread)[:, 1]
    return scores


def logistic_regression_out_of_fold(rows: LabelledRows) -> NDArray[np.float64] | None:
    """Return what logistic regressions say of rows that no one of their address or pattern was learned from.

    What a straight line through the labels at hand is worth: more than one that learned elsewhere, most often. A row
    that touches all folds, or whose rest is of one class, gets the share of the illicit rows.

    Returns
    -------
    NDArray or None
        One score per row, in [0, 1]; None where nothing can be learned of any row.
    """
    if not rows.has_both_classes:
        return None
    scores = np.full(len(rows), rows.positives / len(rows))
    learned_any = False
    for fold in split_every_row(rows, _FOLDS, _FOLD_SEED):
        learned = rows.take(fold.train)
        if learned.has_both_classes:
            scores[fold.test] = logistic_regression_scores(learned, rows.take(fold.test))
            learned_any = True
    return scores if learned_any else None


def _columns(features: pl.DataFrame, code_tables: CodeTables) -> NDArray[np.float64]:
    """Return numbers as they are and categories one-hot; a value not in the table has no column."""
    names = features.columns
    matrix = encode(features, names, code_tables).astype(np.float64)
    columns = []
    for place, name in enumerate(names):
        column = matrix[:, place]
        values = len(code_tables[name]) if name in code_tables else None
        columns.extend([column] if values is None else [column == 1 + v for v in range(values)])
    return np.column_stack(columns).astype(np.float64)


def _medians(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median of the known values of each column; 0 where none is known."""
    empty = np.isnan(matrix).all(axis=0)
    medians = np.zeros(matrix.shape[1])
    medians[~empty] = np.nanmedian(matrix[:, ~empty], axis=0)
    return medians
