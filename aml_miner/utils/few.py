"""How many rows are few: so many are taken one by one, in Python.

A call of Polars takes tens of microseconds, and a plan of it most of a millisecond, however few rows there are. Where
that decides how long one alert takes, there is a second way for a few rows, and its tests run both ways.
"""

from functools import lru_cache

FEW = 8
"""Up to here rows one by one are faster; measured."""


def is_few(rows: int, times: int = 1) -> bool:
    """Say whether so many rows are taken one by one; ``times`` as many where one by one costs so much less."""
    return rows <= FEW * times


@lru_cache(maxsize=64)
def places_of(names: tuple[str, ...], columns: tuple[str, ...]) -> tuple[int, ...]:
    """Return where names are among the columns: to pick from whole rows takes less time than to read some columns.

    Raises
    ------
    KeyError
        If one of them is not.
    """
    places = {column: place for place, column in enumerate(columns)}
    return tuple(places[name] for name in names)


def picked[T](row: tuple[T, ...], places: tuple[int, ...]) -> tuple[T, ...]:
    """Return the values at the places of a row."""
    return tuple([row[place] for place in places])
