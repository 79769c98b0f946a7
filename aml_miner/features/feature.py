"""What a model feature is: a name, an expression, a unit, and the words that say its value to an analyst."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl

from aml_miner.batch.schemas import SEVERITIES
from aml_miner.features.numbers import show_number, show_numbers

DAYS_PER_MS: Final = 1 / 86_400_000
"""Times are multiplied by it, never divided by its inverse: Polars divides one row by a constant, and multiplies
several by its reciprocal, so that an alert scored alone would differ in its last bit."""

type Unit = Literal["usd", "count", "ratio", "days", "hours", "score", "flag", "category"]


@dataclass(
    frozen=True, slots=True, eq=False
)  # an expression equals nothing, so a feature is only itself
class Feature:
    """One column of the feature matrix.

    Attributes
    ----------
    name
        Name of the column; models know it by this name.
    expression
        A row-wise Polars expression: ``+ - * /``, comparisons, the smaller or larger of two, ``when``. Numbers and
        flags (0 or 1) of the tables arrive as Float64. A division by zero may stay: the builder makes it null.
        No ``log`` and no power, whose last bit may depend on the processor; no statistic over rows, which would make
        an alert's score depend on the alerts sent with it.
    unit
        What the value counts. ``ratio`` is a plain quotient (0–1 where it is a share), ``score`` has no unit,
        ``flag`` is 0 or 1, ``category`` is text.
    reason
        A fragment of a sentence about the alert or its address, for ``str.format`` with ``value``: the number, the
        text of a category, and for a flag nothing or ``"not "``.
    absent
        What is said where the value is not known; when empty, that the feature "is not known". The address has a row
        then: of one without, nothing is known, and that is said instead.
    one
        What is said of a number shown as 1, where ``reason`` would speak of "1 transfers"; when empty, ``reason``.
    levels
        The words for 0, 1, 2 and so on, where the value is a level and no quantity.
    scale
        What the value is multiplied by before it is shown: a million, where it is told in millionths.
    """

    name: str
    expression: pl.Expr
    unit: Unit
    reason: str
    absent: str = ""
    one: str = ""
    levels: tuple[str, ...] = ()
    scale: float = 1.0

    @property
    def words(self) -> str:
        """The name as words."""
        return self.name.replace("_", " ")

    @property
    def unknown(self) -> str:
        """What is said where the value is not known."""
        return self.absent or f"{self.words} is not known"

    @property
    def columns(self) -> tuple[str, ...]:
        """The table columns the expression reads, sorted."""
        return tuple(sorted(set(self.expression.meta.root_names())))

    @property
    def dtype(self) -> pl.DataType:
        """The type of its column in a table of features."""
        return pl.String() if self.unit == "category" else pl.Float64()

    @property
    def sentence(self) -> tuple[str, str, str]:
        """The reason in three parts: what stands before the value, how the value is formatted, and what follows."""
        before, _, rest = self.reason.partition("{value")
        places, _, after = rest.partition("}")
        return before, places.removeprefix(":"), after

    def show(self, values: pl.Series) -> pl.Series:
        """Write values of this feature, none of them null, as they stand in its sentence.

        Examples
        --------
        >>> hub = Feature("is_hub", pl.col("is_hub"), "flag", "is {value}a hub")
        >>> hub.show(pl.Series([0.0, 1.0])).to_list()
        ['not ', '']
        """
        if self.unit == "category":
            return values
        if self.unit == "flag":
            said = ("not ", "")
            return pl.Series([said[value != 0.0] for value in values.to_list()], dtype=pl.String)
        if self.levels:
            return pl.Series(self.levels)[values.to_numpy().astype(np.uint32)]
        return show_numbers(values.to_numpy() * self.scale, self.sentence[1])

    def show_one(self, value: float) -> str:
        """Write one number of this feature as `show` does."""
        if self.unit == "flag":
            return ("not ", "")[value != 0.0]
        if self.levels:
            return self.levels[int(value)]
        return show_number(value * self.scale, self.sentence[1])

    def describe(self, value: float | str | None) -> str:
        """Say a value of this feature in words.

        Examples
        --------
        >>> Feature("is_hub", pl.col("is_hub"), "flag", "is {value}a hub").describe(0.0)
        'is not a hub'
        >>> Feature(
        ...     "degree_out", pl.col("degree_out"), "count", "has {value:,.0f} recipients"
        ... ).describe(None)
        'degree out is not known'

        A number that is not 0 is never shown as 0:

        >>> Feature("share", pl.col("share"), "ratio", "has {value:.0%} of it").describe(0.003)
        'has 0.3% of it'

        and one of a thing is said in the singular, where there are words for it:

        >>> Feature(
        ...     "days",
        ...     pl.col("days"),
        ...     "days",
        ...     "was active on {value:,.0f} days",
        ...     one="was active on a single day",
        ... ).describe(1.0)
        'was active on a single day'
        """
        if value is None:
            return self.unknown
        before, _, after = self.sentence
        shown = value if isinstance(value, str) else self.show_one(value)
        return self.one if self.one and shown == "1" else f"{before}{shown}{after}"


def smaller_of(first: pl.Expr, second: pl.Expr) -> pl.Expr:
    """Return the smaller of two columns; null where either is null, unlike ``pl.min_horizontal``."""
    return pl.when(first.is_not_null() & second.is_not_null()).then(
        pl.min_horizontal(first, second)
    )


def larger_of(first: pl.Expr, second: pl.Expr) -> pl.Expr:
    """Return the larger of two columns; null where either is null, unlike ``pl.max_horizontal``."""
    return pl.when(first.is_not_null() & second.is_not_null()).then(
        pl.max_horizontal(first, second)
    )


def severity_level(column: str) -> pl.Expr:
    """Return a severity as a level from 0 (low) to 3 (critical); a severity of another name is null."""
    level = pl.lit(None, pl.Float64)
    for place, name in enumerate(SEVERITIES):
        level = pl.when(pl.col(column) == name).then(pl.lit(float(place))).otherwise(level)
    return level


def known_text(column: str) -> pl.Expr:
    """Return a text; null where it is empty, which is how the tables write that there is none."""
    return pl.when(pl.col(column) != "").then(pl.col(column))
