"""Which features lead an explanation, what the others come to, and what each family adds."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aml_miner.models.contributions import Contributions
from aml_miner.utils.compiled import compiled

TOP_FEATURES: Final = 5
"""How many features an explanation lists; what was asked for."""
AGAINST_FEATURES: Final = 2
"""How many of the features that lower the score most are listed besides; our choice."""

_STEPS: Final = 1e9  # nine decimals
_NONE: Final = -1

type Places = NDArray[np.int32]
type Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Leading:
    """What an explanation says of each row, in numbers rounded to nine decimals.

    Attributes
    ----------
    top, top_values
        Shape (rows, at most 5 or as many as were asked for): columns and contributions, largest first, ties by name.
    against, against_values
        Shape (rows, at most 2): columns and contributions of those that lower the score most; column −1 is none.
    families
        Shape (rows, families): sum of the contributions of each family.
    other
        Shape (rows,): with the base value and the top contributions it makes the raw score.
    """

    top: Places
    top_values: Reals
    against: Places
    against_values: Reals
    families: Reals
    other: Reals


def find_leading(
    found: Contributions,
    names: tuple[str, ...],
    family: tuple[int, ...],
    families: int,
    *,
    most: int = TOP_FEATURES,
) -> Leading:
    """Find the leading features of every row.

    Contributions are rounded before they are compared, so that a last bit cannot reorder them.

    Parameters
    ----------
    found
        Contributions; column j belongs to ``names[j]``.
    names, family
        Name and family of each column.
    families
        Number of families.
    most
        How many features lead.
    """
    rows = len(found.values)
    by_name, family_of = _orders(names, family)
    top = np.full((rows, min(most, len(names))), _NONE, np.int32)
    against = np.full((rows, min(AGAINST_FEATURES, len(names))), _NONE, np.int32)
    top_values, against_values = np.zeros(top.shape), np.zeros(against.shape)
    sums, other = np.zeros((rows, families)), np.zeros(rows)
    columns = np.ascontiguousarray(found.values.T)
    lead(columns, by_name, top, top_values)
    argue(columns, by_name, against, against_values)
    rest = found.base_value - round(found.base_value, 9)
    add_up(columns, by_name, family_of, rest, top_values, sums, other)
    return Leading(top, top_values, against, against_values, sums, other)


@lru_cache(maxsize=16)  # for one alert these take as long as finding what leads
def _orders(names: tuple[str, ...], family: tuple[int, ...]) -> tuple[Places, Places]:
    """Return the columns in the order of their names, and the family of each."""
    by_name = np.array(sorted(range(len(names)), key=names.__getitem__), np.int32)
    return by_name, np.array(family, np.int32)


@compiled
def rounded(value: float) -> float:
    """Round half to even at the ninth decimal; −0 becomes 0."""
    return np.rint(value * _STEPS) / _STEPS + 0.0  # type: ignore[no-any-return]


@compiled
def lead(columns: Reals, by_name: Places, top: Places, values: Reals) -> None:
    """Keep the largest contributions of either sign; of equal ones the first by name."""
    most = top.shape[1]
    for row in range(columns.shape[1]):
        for column in by_name:
            value = rounded(columns[column, row])
            slot = most
            while slot > 0 and (
                top[row, slot - 1] == _NONE or abs(value) > abs(values[row, slot - 1])
            ):
                slot -= 1
            if slot < most:
                insert(top[row], values[row], slot, column, value)


@compiled
def argue(columns: Reals, by_name: Places, against: Places, values: Reals) -> None:
    """Keep the contributions that lower the score most; of equal ones the first by name."""
    most = against.shape[1]
    for row in range(columns.shape[1]):
        for column in by_name:
            value = rounded(columns[column, row])
            slot = most
            while slot > 0 and value < values[row, slot - 1]:
                slot -= 1
            if slot < most:
                insert(against[row], values[row], slot, column, value)


@compiled
def insert(places: Places, values: Reals, slot: int, place: int, value: float) -> None:
    """Put one entry into its slot, and move those behind it back; the last falls out."""
    for behind in range(values.size - 1, slot, -1):
        places[behind], values[behind] = places[behind - 1], values[behind - 1]
    places[slot], values[slot] = place, value


@compiled
def add_up(  # noqa: PLR0917 - a compiled kernel takes arrays
    columns: Reals,
    by_name: Places,
    family: Places,
    rest: float,
    top_values: Reals,
    families: Reals,
    other: Reals,
) -> None:
    """Sum each family, and all that is not listed with what rounding took: column by column, in one fixed order."""
    for row in range(columns.shape[1]):
        total = rest
        for column in by_name:
            total += columns[column, row]
            families[row, family[column]] += columns[column, row]
        for slot in range(top_values.shape[1]):
            total -= top_values[row, slot]
        other[row] = rounded(total)
        for each in range(families.shape[1]):
            families[row, each] = rounded(families[row, each])
