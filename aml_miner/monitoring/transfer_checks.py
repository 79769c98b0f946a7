"""What a table of transfers must hold beyond its schema: times in milliseconds, and sums that fit."""

from datetime import date

import polars as pl

from aml_miner.batch.schemas import TRANSFERS
from aml_miner.errors import InvalidBatchError

FIRST_DAY, LAST_DAY = date(1973, 3, 3), date(2099, 12, 31)
"""Days a transfer can lie on. Between them a time in another unit cannot be taken for one in milliseconds: today in
seconds would be in 1970, in microseconds tens of thousands of years ahead."""

_EARLIEST_MS, _LATEST_MS = 100_000_000_000, 4_102_444_799_999
"""A time within the first day, and the last moment of the last."""

_OTHER_UNITS = (
    ("seconds", 0.001, "multiply them by 1000"),
    ("microseconds", 1_000, "divide them by 1000"),
    ("nanoseconds", 1_000_000, "divide them by 1000000"),
)
"""Names of other units, how many make a millisecond, and what to do."""

_TOO_MUCH = 10**19
"""The least number of 20 digits. Below it, what is computed of a total, up to three times as much, fits a decimal; so
does every grouped sum, which would wrap in silence."""


def check_times(rows: pl.DataFrame) -> None:
    """Check that times are in milliseconds and between 1973 and 2099.

    Raises
    ------
    InvalidBatchError
        Naming how many are not, the first of them, and what to do.
    """
    time = pl.col("block_timestamp")
    for unit, per_ms, remedy in _OTHER_UNITS:
        between = time.is_between(int(_EARLIEST_MS * per_ms), int(_LATEST_MS * per_ms))
        mistaken = rows.filter(between)
        if mistaken.height:
            message = (
                f"transfers: 'block_timestamp' must be in milliseconds since 1970; {mistaken.height} of {rows.height} "
                f"rows look like {unit}, {_first_of(mistaken)}; {remedy}."
            )
            raise InvalidBatchError(message)
    outside = rows.filter(~time.is_between(_EARLIEST_MS, _LATEST_MS))
    if outside.height:
        message = (
            f"transfers: 'block_timestamp' must lie between {FIRST_DAY} and {LAST_DAY}, in milliseconds since 1970; "
            f"{outside.height} of {rows.height} rows do not, {_first_of(outside)}; "
            "mend them or leave them out."
        )
        raise InvalidBatchError(message)


def check_totals(rows: pl.DataFrame) -> None:
    """Check that the total of the amounts leaves room to compute with it.

    Raises
    ------
    InvalidBatchError
        Naming the column, the largest amount, and what to do.
    """
    for name in ("amount", "amount_usd"):
        try:
            fits = rows[name].sum() < _TOO_MUCH
        except pl.exceptions.ComputeError:  # more than even a decimal holds
            fits = False
        if not fits:
            order = [name, *TRANSFERS.key]
            largest = rows.sort(order, descending=[True, False, False, False]).row(0, named=True)
            message = (
                f"transfers: the '{name}' of all {rows.height} rows add up to 20 digits or more, the largest at tx_id "
                f"'{largest['tx_id']}': {largest[name]}; give amounts in whole coins, or leave such rows out."
            )
            raise InvalidBatchError(message)


def _first_of(rows: pl.DataFrame) -> str:
    first = rows.sort(TRANSFERS.key).row(0, named=True)
    return f"first tx_id '{first['tx_id']}': {first['block_timestamp']}"
