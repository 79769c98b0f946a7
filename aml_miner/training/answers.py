"""Features that hold the answer: a label that came in by another door."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from aml_miner.errors import TrainingRefusedError
from aml_miner.evaluation.metrics import roc_auc
from aml_miner.training.rows import LabelledRows

_SUSPECT_AUC: Final = 0.999
"""Our choice: on the torus sample the strongest honest feature says .88 alone, and one that knew the answer .999."""


def refuse_answers(kind: str, rows: LabelledRows, left_out: tuple[str, ...] = ()) -> None:
    """Refuse a feature that is the label under another name: one value where illicit, one where licit.

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
        With its name.
    """
    for column in rows.features.drop(left_out, strict=False):
        if rows.has_both_classes and _is_label(column, rows.keys["label"]):
            raise TrainingRefusedError(
                f"{kind}: the feature '{column.name}' equals the label in all {len(rows)} rows, so it is the answer "
                f"and not a reason. Leave it out (drop_features), or correct the batch it comes from."
            )


def suspects(rows: LabelledRows) -> Iterator[str]:
    """Name the numbers that tell illicit from licit nearly alone, where there are at least 20 known values of each."""
    labels = rows.labels
    for column in rows.features:
        if column.dtype == pl.String:
            continue
        known = column.is_not_null().to_numpy()
        illicit = int(labels[known].sum())
        if min(illicit, int(known.sum()) - illicit) < 20:
            continue
        auc = roc_auc(labels[known], column.drop_nulls().to_numpy())
        if max(auc, 1.0 - auc) >= _SUSPECT_AUC:
            yield f"{column.name} tells illicit from licit alone (AUC {auc:.3f}): does it know the answer?"


def _is_label(column: pl.Series, labels: pl.Series) -> bool:
    values = column.rank("dense").fill_null(0).to_numpy()  # unknown is a value here
    first, last = int(np.min(values)), int(np.max(values))
    if first == last or not np.isin(values, (first, last)).all():
        return False
    high, illicit = values == last, labels.to_numpy()
    return bool(np.array_equal(high, illicit) or np.array_equal(high, ~illicit))
