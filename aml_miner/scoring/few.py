"""The texts of ``explanations``, for a handful of rows: one by one, which for one alert takes a tenth of the time.

To the letter the same: what is written for many rows by columns is put together here by Python, from the same pieces.
"""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from aml_miner.models.contributions import Contributions
from aml_miner.scoring.leading import Leading, Places, Reals
from aml_miner.scoring.wording import Wording

if TYPE_CHECKING:
    from aml_miner.scoring.explanations import Narrator


def explain_few(
    narrator: "Narrator", features: pl.DataFrame, leading: Leading, found: Contributions
) -> list[str]:
    """Return one explanation per row, as ``Narrator.explain``."""
    wording, families, of_address = narrator.wording, narrator.families, narrator.of_address
    other, sums = _written(leading.other), _written(leading.families)
    base = round(found.base_value, 9)
    texts = []
    for row in range(features.height):
        has_address = not of_address or any(features[name][row] is not None for name in of_address)
        top = _told(wording, features, row, leading.top, leading.top_values, has_address)
        against = _told(
            wording, features, row, leading.against, leading.against_values, has_address
        )
        added = sums[row * len(families) : (row + 1) * len(families)]
        by_family = ",".join(f'"{name}":{text}' for name, text in zip(families, added, strict=True))
        texts.append(
            f'{{"base_value":{base},"top_features":[{top}],"other":{other[row]},"against":[{against}],'
            f'"families":{{{by_family}}}}}'
        )
    return texts


def _written(numbers: Reals) -> list[str]:
    return pl.Series(np.ravel(numbers)).cast(pl.String).to_list()


def _told(  # noqa: PLR0917 - a row of two arrays, and what it is told with
    wording: Wording,
    features: pl.DataFrame,
    row: int,
    columns: Places,
    values: Reals,
    has_address: bool,  # noqa: FBT001
) -> str:
    moved = _written(values[row])
    slots = zip(columns[row].tolist(), (values[row] < 0.0).tolist(), moved, strict=True)
    return ",".join(
        wording.tell_one(features, row, column, text, lowers=lowers, has_address=has_address)
        for column, lowers, text in slots
        if column >= 0
    )
