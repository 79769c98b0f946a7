"""The words of a model's features, as pieces of JSON to be joined for many rows at a time."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

from aml_miner.features.feature import Feature

_WORDS: Final = ("flag", "category")
"""Units whose values are shown as words."""
_DIRECTIONS: Final = ("raises", "lowers")
_NO_ADDRESS: Final = "there are no features for this address"
ONE: Final = "1"
"""A number shown so is told in words of its own, where there are some."""

type Ranges = Mapping[str, tuple[float, float]]
"""Per feature the range most ordinary rows lie in, in its own unit."""


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """Features to be put into words, one after the other.

    Attributes
    ----------
    rows, columns
        Row of the table, and column of the model.
    contributions
        What each adds, rounded.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int32]
    contributions: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """How each feature of a model is told.

    Attributes
    ----------
    features
        The declarations, in the model's order.
    kinds, kind
        The ways values are shown, each by one feature that is shown so; and per column the place of its own.
    heads
        Per column: what stands before the value.
    has_one
        Per column: whether there are words of its own for a value shown as 1.
    middles
        Per column, direction and whether it is told in those words: what stands between contribution and shown value.
    tails
        Per column, and whether it is told in those words: what stands behind the shown value, or those words.
    unknown
        Per column, direction, and whether the address has a row at all: what stands behind the contribution of a value
        that is not known.
    """

    features: tuple[Feature, ...]
    kinds: tuple[Feature, ...]
    kind: NDArray[np.int64]
    heads: pl.Series
    has_one: pl.Series
    middles: pl.Series
    tails: pl.Series
    unknown: pl.Series

    @classmethod
    def of(cls, features: Sequence[Feature], usual: Ranges, of_address: Container[str]) -> Self:
        """Prepare the words of a model's features.

        Parameters
        ----------
        features
            The declarations, in the model's order.
        usual
            The usual range, of the features that have one.
        of_address
            The names of those that say something of the address, and are not known where it is not.
        """
        ways = [_way(feature) for feature in features]
        first = {way: ways.index(way) for way in ways}
        middles = [
            f',"direction":"{direction}","reason":"{escaped(words)}'
            for feature in features
            for direction in _DIRECTIONS
            for words in (feature.sentence[0], "")
        ]
        unknown = [
            f',"direction":"{direction}","reason":"{escaped(words)}"}}'
            for feature in features
            for direction in _DIRECTIONS
            for words in _unknown(feature, of_address)
        ]
        return cls(
            features=tuple(features),
            kinds=tuple(features[place] for place in first.values()),
            kind=np.array([list(first).index(way) for way in ways], np.int64),
            heads=pl.Series([f'{{"name":"{feature.name}","value":' for feature in features]),
            has_one=pl.Series([bool(feature.one) for feature in features]),
            middles=pl.Series(middles),
            tails=pl.Series([tail for feature in features for tail in _tails(feature, usual)]),
            unknown=pl.Series(unknown),
        )

    def tell(
        self, table: pl.DataFrame, listed: Listed, has_address: NDArray[np.bool_]
    ) -> pl.Series:
        """Write one JSON object per listed feature.

        Parameters
        ----------
        table
            The features of the rows; null is unknown.
        listed
            What to tell.
        has_address
            Per row of the table: whether anything is known of its address.
        """
        kinds = self.kind[listed.columns]
        numbers = self._numbers(table)[listed.rows, listed.columns]
        parts: list[tuple[NDArray[np.int64], pl.Series, pl.Series]] = []
        for place, feature in enumerate(self.kinds):
            if feature.unit == "category":
                parts += self._categories(table, listed, np.flatnonzero(kinds == place))
                continue
            at = np.flatnonzero((kinds == place) & ~np.isnan(numbers))
            if len(at):
                values = pl.Series(numbers[at])
                parts.append((at, values.cast(pl.String), feature.show(values)))
        return self._joined(listed, *_in_order(parts, len(kinds)), has_address)

    def _numbers(self, table: pl.DataFrame) -> NDArray[np.float64]:
        """Return the numbers of the features, null and categories NaN; shape (rows, features)."""
        columns = np.full((len(self.features), table.height), np.nan)
        for place, feature in enumerate(self.features):
            if feature.unit != "category":
                columns[place] = table[feature.name].cast(pl.Float64).to_numpy()
        return columns.T

    def _categories(
        self, table: pl.DataFrame, listed: Listed, at: NDArray[np.int64]
    ) -> list[tuple[NDArray[np.int64], pl.Series, pl.Series]]:
        """Return, per category column, where it is told, and its values as JSON and within a JSON text."""
        parts = []
        for column in np.unique(listed.columns[at]).tolist():
            own = at[listed.columns[at] == column]
            values = table[self.features[column].name].gather(listed.rows[own])
            known = values.is_not_null().to_numpy()
            within = {text: escaped(text) for text in values.unique().drop_nulls()}
            texts = values.drop_nulls().replace_strict(within, return_dtype=pl.String)
            parts.append((own[known], '"' + texts + '"', texts))
        return parts

    def _joined(
        self, listed: Listed, value: pl.Series, shown: pl.Series, has_address: NDArray[np.bool_]
    ) -> pl.Series:
        direction = (listed.contributions < 0.0).astype(np.uint32)
        columns = listed.columns.astype(np.uint32)
        which = columns * 2 + direction
        absent = which * 2 + (~has_address[listed.rows]).astype(np.uint32)
        is_one = (self.has_one.gather(columns) & (shown == ONE)).fill_null(value=False)
        one = is_one.cast(pl.UInt32).to_numpy()
        known = pl.concat_str(
            self.middles.gather(which * 2 + one),
            pl.when(is_one).then(pl.lit("")).otherwise(shown),
            self.tails.gather(columns * 2 + one),
        )
        said = pl.when(shown.is_null()).then(self.unknown.gather(absent)).otherwise(known)
        joined = pl.concat_str(
            self.heads.gather(columns),
            value.fill_null("null"),
            pl.lit(',"contribution":'),
            pl.Series(listed.contributions).cast(pl.String),
            said,
        )
        return pl.select(joined.alias("told")).to_series()


def _in_order(
    parts: Sequence[tuple[NDArray[np.int64], pl.Series, pl.Series]], count: int
) -> tuple[pl.Series, pl.Series]:
    """Return values and shown values in the order of their places; null where there is none."""
    empty = pl.Series([None], dtype=pl.String)
    source = np.zeros(count, np.uint32)  # the first entry, which is null
    source[np.concatenate([np.zeros(0, np.int64), *(at for at, _, _ in parts)])] = np.arange(
        1, 1 + sum(len(at) for at, _, _ in parts), dtype=np.uint32
    )
    values = pl.concat([empty, *(each for _, each, _ in parts)])
    shown = pl.concat([empty, *(each for _, _, each in parts)])
    return values.gather(source), shown.gather(source)


def escaped(text: str) -> str:
    """Return a text as it stands between the quotes of JSON."""
    return orjson.dumps(text).decode()[1:-1]


def _way(feature: Feature) -> tuple[str, str, float, tuple[str, ...]]:
    """Return what decides how a feature's values are shown."""
    word = feature.unit if feature.unit in _WORDS else ""
    return word, feature.sentence[1], feature.scale, feature.levels


def _unknown(feature: Feature, of_address: Container[str]) -> tuple[str, str]:
    """Return what is said of an absent value: where the address has a row, and where it has none."""
    if feature.name not in of_address:
        return feature.unknown, feature.unknown
    return feature.unknown, f"{feature.words} is not known: {_NO_ADDRESS}"


def _tails(feature: Feature, usual: Ranges) -> tuple[str, str]:
    """Return what stands behind a shown value, and what is told in place of a value shown as 1."""
    words = ""
    if feature.name in usual and feature.unit not in _WORDS:
        words = f"usually {usual_words(feature, usual[feature.name])}"
    return _ended(feature.sentence[2], words), _ended(feature.one, words)


def _ended(sentence: str, usual: str) -> str:
    """End a sentence with the usual range in brackets, those it ends in already where there are some.

    Examples
    --------
    >>> _ended(" recipients", "usually 1 to 12"), _ended(" (1 = all)", "usually 0 to 1")
    (' recipients (usually 1 to 12)"}', ' (1 = all; usually 0 to 1)"}')
    """
    if usual:
        opened = f"{sentence[:-1]}; " if sentence.endswith(")") else f"{sentence} ("
        sentence = f"{opened}{usual})"
    return escaped(sentence) + '"}'


def usual_words(feature: Feature, usual: tuple[float, float]) -> str:
    """Say a usual range with the places of the feature's own sentence.

    Examples
    --------
    >>> sent = Feature("degree_out", pl.col("degree_out"), "count", "sent to {value:,.0f} others")
    >>> usual_words(sent, (1.0, 12.0)), usual_words(sent, (1.0, 1.2))
    ('1 to 12', '1')
    """
    low, high = feature.show(pl.Series(usual)).to_list()
    return low if low == high else f"{low} to {high}"
