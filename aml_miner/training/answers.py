"""Features that hold the answer: a label that came in by another door."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.errors import TrainingRefusedError
from aml_miner.evaluation.metrics import roc_auc
from aml_miner.training.rows import LabelledRows

_SUSPECT_AUC: Final = 0.999
"""Our choice: on the torus sample the strongest honest feature says .88 alone, and one that knew the answer .999."""

_ENOUGH: Final = 20
"""Rows of each class, for each piece a column cuts them into, from which on a perfect cut is no chance.

Our choice: a column that knows nothing parts 20 of 40 rows from the others at one place once in 7 · 10¹⁰, but 5 of 20
once in 7,752, and there are a hundred columns.
"""


def refuse_answers(kind: str, rows: LabelledRows, left_out: tuple[str, ...] = ()) -> None:
    """Refuse features that determine the label alone, whether or not they look like it.

    A column of two values, of which unknown may be one, that are one where illicit and one where licit is refused
    whatever the number of rows. With 20 rows or more of a class for each piece it is cut into, so is a column that
    cuts the rows into pieces of one class each, all rows or those whose value is known: by one threshold, as the label
    does when it is rescaled, turned around, bent or blurred; by several, as bands do; or by category.

    Parameters
    ----------
    kind
        What is trained, for the message.
    rows
        What is learned from.
    left_out
        Features that are not learned from anyway.

    Raises
    ------
    TrainingRefusedError
        With the name of each.
    """
    if not rows.has_both_classes:
        return
    found = {
        column.name: how
        for column in rows.features.drop(left_out, strict=False)
        if (how := _how_it_answers(column, rows.labels))
    }
    if found:
        named = "; ".join(f"the feature '{name}' {how}" for name, how in found.items())
        raise TrainingRefusedError(
            f"{kind}: {named}, so it is the answer and not a reason. "
            "Leave out what is named (drop_features), or correct the batch it comes from."
        )


def suspects(rows: LabelledRows) -> Iterator[str]:
    """Name the numbers that tell illicit from licit nearly alone, where there are at least 20 known values of each."""
    labels = rows.labels
    for column in rows.features:
        if column.dtype == pl.String:
            continue
        known = column.is_not_null().to_numpy()
        illicit = int(labels[known].sum())
        if min(illicit, int(known.sum()) - illicit) < _ENOUGH:
            continue
        auc = roc_auc(labels[known], column.drop_nulls().to_numpy())
        if max(auc, 1.0 - auc) >= _SUSPECT_AUC:
            yield f"{column.name} tells illicit from licit alone (AUC {auc:.3f}): does it know the answer?"


def _how_it_answers(column: pl.Series, labels: NDArray[np.bool_]) -> str:
    """Say how a column determines the label; nothing where it does not."""
    values = column.rank("dense").fill_null(0).to_numpy().astype(np.int64)  # unknown is a value
    if _is_label(values, labels):
        return f"equals the label in all {len(labels)} rows"
    known = values > 0
    unknown_last = np.where(known, values, values.max() + 1)
    in_order = column.dtype != pl.String
    if any(_cuts(some, labels, in_order=in_order) for some in (values, unknown_last)):
        return f"determines the label in all {len(labels)} rows"
    if _cuts(values[known], labels[known], in_order=in_order):
        return f"determines the label in all {int(known.sum())} rows where it is known"
    return ""


def _is_label(values: NDArray[np.int64], labels: NDArray[np.bool_]) -> bool:
    """Whether there are two values, one where illicit and one where licit."""
    first, last = values.min(), values.max()
    if first == last or not np.isin(values, (first, last)).all():
        return False
    high = values == last
    return bool(np.array_equal(high, labels) or np.array_equal(high, ~labels))


def _cuts(values: NDArray[np.int64], labels: NDArray[np.bool_], *, in_order: bool) -> bool:
    """Whether values, numbered from 0, cut rows into pieces of one class, few for the rows there are of it.

    A piece is a value, or, of values in order, neighbours of one class.
    """
    rows = np.bincount(values)
    illicit = np.bincount(values, labels)
    if ((illicit > 0) & (illicit < rows)).any():
        return False
    classes = (illicit > 0)[rows > 0]
    if in_order:
        classes = classes[np.flatnonzero(np.diff(classes, prepend=~classes[:1]))]
    return all(
        0 < _ENOUGH * int((classes == one).sum()) <= int((labels == one).sum())
        for one in (False, True)
    )
