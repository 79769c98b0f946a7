"""The texts of ``explanations``, for a handful of rows: one by one, which for one alert takes a tenth of the time.

To the letter the same: what is written for many rows by columns is put together here by Python, from the same pieces.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import batched
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from aml_miner.features.feature import Feature
from aml_miner.models.contributions import Contributions
from aml_miner.scoring.leading import Leading
from aml_miner.scoring.wording import ONE, Wording, escaped
from aml_miner.utils.few import picked, places_of

if TYPE_CHECKING:
    from aml_miner.scoring.explanations import Narrator

type _Value = float | str | None


@dataclass(frozen=True, slots=True)
class _Listed:
    """One feature that is told of a row: its column, its value, and both numbers written out."""

    column: int
    value: _Value
    written: str | None
    contribution: str
    lowers: bool


def explain_few(
    narrator: "Narrator", features: pl.DataFrame, leading: Leading, found: Contributions
) -> list[str]:
    """Return one explanation per row, as ``Narrator.explain``."""
    words, most = _words_of(narrator.wording), leading.top.shape[1]
    base = f'{{"base_value":{round(found.base_value, 9)},"top_features":['
    places = places_of(narrator.names, tuple(features.columns))
    rows = [picked(row, places) for row in features.rows()]
    rest = _written(np.column_stack([leading.other, leading.families]).ravel().tolist())
    added = batched(rest, 1 + len(narrator.families), strict=True)
    texts = []
    for row, listed, (other, *sums) in zip(rows, _listed(rows, leading), added, strict=True):
        has_address = narrator.knows_address(row)
        told = [words.tell(each, has_address=has_address) for each in listed]
        by_family = ",".join(
            f'"{name}":{text}' for name, text in zip(narrator.families, sums, strict=True)
        )
        texts.append(
            f'{base}{_joined(told[:most])}],"other":{other},"against":[{_joined(told[most:])}],'
            f'"families":{{{by_family}}}}}'
        )
    return texts


def _listed(rows: Sequence[tuple[_Value, ...]], leading: Leading) -> Iterable[tuple[_Listed, ...]]:
    """Return what is told of each row, a slot of column −1 where there is nothing."""
    columns = np.hstack([leading.top, leading.against])
    moved = np.hstack([leading.top_values, leading.against_values])
    places = columns.ravel().tolist()
    values = [
        _value(rows[slot // columns.shape[1]][column]) if column >= 0 else None
        for slot, column in enumerate(places)
    ]
    numbers = [None if isinstance(value, str) else value for value in values]
    slots = zip(
        places,
        values,
        _written(numbers),
        _written(moved.ravel().tolist()),
        (moved < 0.0).ravel().tolist(),
        strict=True,
    )
    return batched((_Listed(*slot) for slot in slots), columns.shape[1], strict=True)


def _value(value: _Value) -> _Value:
    """Return a number as a float; NaN is not known, as where many are told."""
    if value is None or isinstance(value, str):
        return value
    number = float(value)
    return None if math.isnan(number) else number


def _joined(told: Sequence[str | None]) -> str:
    return ",".join(text for text in told if text is not None)


def _written(numbers: Sequence[float | None]) -> list[str]:
    """Write numbers as Polars does, which for many rows writes them all."""
    return pl.Series(numbers, dtype=pl.Float64).cast(pl.String).to_list()


@dataclass(frozen=True, slots=True)
class _Words:
    """The pieces of ``Wording`` as lists, of which one entry is read in a fortieth of the time."""

    features: tuple[Feature, ...]
    heads: list[str]
    middles: list[str]
    tails: list[str]
    unknown: list[str]

    def tell(self, listed: _Listed, *, has_address: bool) -> str | None:
        """Write one JSON object, the same text as ``Wording.tell``; None for nothing."""
        column = listed.column
        if column < 0:
            return None
        which = column * 2 + listed.lowers
        head, moved = self.heads[column], f',"contribution":{listed.contribution}'
        if listed.value is None:
            return f"{head}null{moved}{self.unknown[which * 2 + (not has_address)]}"
        if isinstance(listed.value, str):
            shown = escaped(listed.value)
            value: str | None = f'"{shown}"'
        else:
            value, shown = listed.written, self.features[column].show_one(listed.value)
        one = bool(self.features[column].one) and shown == ONE
        middle, tail = self.middles[which * 2 + one], self.tails[column * 2 + one]
        return f"{head}{value}{moved}{middle}{'' if one else shown}{tail}"


@lru_cache(maxsize=16)
def _words_of(wording: Wording) -> _Words:
    pieces = (wording.heads, wording.middles, wording.tails, wording.unknown)
    return _Words(wording.features, *(piece.to_list() for piece in pieces))
