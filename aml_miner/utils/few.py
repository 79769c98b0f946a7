"""How many rows are few: so many are taken one by one, in Python.

A call of Polars takes tens of microseconds, and a plan of it most of a millisecond, however few rows there are. Where
that decides how long one alert takes, there is a second way for a few rows, and its tests run both ways.
"""

FEW = 8
"""Up to here rows one by one are faster; measured."""


def is_few(rows: int, times: int = 1) -> bool:
    """Say whether so many rows are taken one by one; ``times`` as many where one by one costs so much less."""
    return rows <= FEW * times
