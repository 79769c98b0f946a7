"""JSON bodies by the quick way: parsed and checked at once into typed rows, and those taken apart into columns.

The types of the rows carry the bounds of the schemas, so that the parser holds every value against them. Where anything
is odd, the answer is None and `bodies` decides, slowly and with a message; what is taken here is taken there too, with
equal values. Of a body of 1 000 alerts with 112 columns each it takes an eighth of the time.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final, NamedTuple

import msgspec
import orjson
import polars as pl
import pyarrow as pa

from aml_miner.batch.checking import CheckedTable, check_unique
from aml_miner.batch.schemas import ALERTS, CLUSTERS, FEATURES, MONEY, MONEY_FLOWS, Column, Table
from aml_miner.errors import InvalidBatchError
from aml_miner.utils.few import is_few

_LONGEST_AMOUNT: Final = 38
"""Characters of an amount that Polars is given: of longer ones it does not see every digit."""

_MOST: Final[dict[type[pl.DataType], int]] = {
    pl.UInt8: 2**8 - 1,
    pl.UInt16: 2**16 - 1,
    pl.UInt32: 2**32 - 1,
}
"""The largest number of a type; Polars refuses what is too large for 64 bits."""

_TYPES: Final[dict[type[pl.DataType], Any]] = {
    pl.String: str,
    pl.UInt8: int,
    pl.UInt16: int,
    pl.UInt32: int,
    pl.UInt64: int,
    pl.Float32: float,
    pl.Float64: float,
    pl.Decimal: str | int | float,
    pl.Date: date,
    pl.Boolean: bool,
}
_EASE: Final = 6
"""So many times more rows than elsewhere are made into a table faster one by one; measured."""

_ODD: Final = (
    InvalidBatchError,
    msgspec.MsgspecError,
    pl.exceptions.PolarsError,
    pa.ArrowException,
    UnicodeError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)


def _type_of(column: Column) -> Any:  # noqa: ANN401 - a type made at run time
    if isinstance(column.dtype, pl.List):
        inner = Column(column.name, column.dtype.inner)  # type: ignore[arg-type]
        return list[_type_of(inner)]  # type: ignore[misc]
    kind = _TYPES[type(column.dtype)]
    bounds = _bounds(column)
    return Annotated[kind, msgspec.Meta(**bounds)] if bounds else kind


def _bounds(column: Column) -> dict[str, Any]:
    """Return the bounds of a column; without the slack for rounding, of which the slow way decides."""
    if column.content == "filled":
        return {"min_length": 1}
    least, most = column.minimum, column.maximum
    if isinstance(column.dtype, pl.Decimal):  # `_amount` looks at these
        return {}
    if column.dtype.is_unsigned_integer():
        least, most = max(0, int(least or 0)), most or _MOST.get(type(column.dtype))
    bounds = {"ge": least, "le": most}
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _row_type(table: Table) -> type[msgspec.Struct]:
    required = [(c.name, _type_of(c)) for c in table.columns if c.required]
    others = [(c.name, _type_of(c) | None, None) for c in table.columns if not c.required]
    return msgspec.defstruct(table.name, [*required, *others], gc=False)


_TABLES: Final = {str(table.name): table for table in (ALERTS, FEATURES, CLUSTERS, MONEY_FLOWS)}
_ROWS: Final = {name: _row_type(table) for name, table in _TABLES.items()}


def _body_type() -> type[msgspec.Struct]:
    """Return the type of a whole body: lists of rows, and whatever stands as a reference."""
    tables: list[tuple[str, Any, Any]] = [(name, list[rows], []) for name, rows in _ROWS.items()]  # type: ignore[valid-type]
    name, rows, _ = tables.pop()
    reference = ("reference", msgspec.Raw | msgspec.UnsetType, msgspec.UNSET)
    return msgspec.defstruct("_Body", [*tables, (name, rows | None, None), reference], gc=False)


_EMPTY: Final = {name: table.empty() for name, table in _TABLES.items()}


class _Means(NamedTuple):
    """What a value of a column may mean or need, beyond what the parser looks at."""

    name: str
    default: str | int | None
    is_money: bool
    may_be_below_zero: bool
    is_json: bool
    length: int | None


def _means(table: Table) -> tuple[_Means, ...]:
    """Return the columns whose values are looked at once more."""
    every = (
        _Means(
            c.name,
            c.default,
            c.dtype == MONEY,
            c.minimum is None,
            c.content == "json",
            c.length,
        )
        for c in table.columns
    )
    return tuple(
        each
        for each in every
        if each.default is not None or each.is_money or each.is_json or each.length
    )


_MEANS: Final = {name: _means(table) for name, table in _TABLES.items()}
_MONEY: Final = {
    name: [place for place, column in enumerate(table.columns) if column.dtype == MONEY]
    for name, table in _TABLES.items()
}
"""Places of the amounts."""
_WRITTEN: Final = {
    name: {c.name: pl.String() if c.dtype == MONEY else c.dtype for c in table.columns}
    for name, table in _TABLES.items()
}
"""The types of a table before its amounts are read."""

_DECODER: Final = msgspec.json.Decoder(_body_type())


def read_quickly(body: bytes | bytearray) -> dict[str, CheckedTable] | None:
    """Return a body's tables, checked, or None when the slow way must decide."""
    try:
        return _read(body)
    except _ODD:
        return None


def read_strictly(body: bytes | bytearray) -> dict[str, CheckedTable]:
    """Return the tables of a body that is too large for the slow way, which holds every value of it at once.

    Raises
    ------
    InvalidBatchError
        If anything is odd; the message names the place.
    """
    try:
        found = _read(body)
    except InvalidBatchError:
        raise
    except _ODD as error:
        what, _, place = str(error).partition(" - at `$.")
        raise InvalidBatchError(
            f"{place.rstrip('`') or 'body'}: {what}; a body of this size is read as it is."
        ) from error
    if found is None:
        message = "reference: a body of this size may not hold one; name fewer rows at a time."
        raise InvalidBatchError(message)
    if not any(table.rows.height for table in found.values()):
        raise InvalidBatchError(f"body: has no row of {', '.join(_TABLES)} in {len(body)} bytes.")
    return found


def _read(body: bytes | bytearray) -> dict[str, CheckedTable] | None:
    """Return a body's tables, checked; None where a batch is referred to."""
    read: Any = _DECODER.decode(body)
    if read.reference is not msgspec.UNSET:
        return None
    rows = {name: getattr(read, name) for name in _TABLES}
    return {n: _checked(_TABLES[n], found) for n, found in rows.items() if found is not None}


def _checked(table: Table, rows: list[msgspec.Struct]) -> CheckedTable:
    if not rows:
        return CheckedTable(_EMPTY[table.name].clone(), absent_columns=(), ignored_columns=())
    frame, absent = (_few if is_few(len(rows), _EASE) else _many)(table, rows)
    if table.unique:
        check_unique(frame, table)
    return CheckedTable(frame, absent, ignored_columns=())


def _few(table: Table, rows: list[msgspec.Struct]) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Make a table of a few rows, row by row, and name the columns that nothing is said of."""
    dicts = [msgspec.structs.asdict(row) for row in rows]
    first = dicts[0]
    absent = tuple(n for n in table.schema if first[n] is None and _is_absent(n, dicts))
    for meant in _MEANS[table.name]:
        for row in dicts:
            row[meant.name] = _meant(row[meant.name], meant)
    written = pl.from_dicts(dicts, schema=_WRITTEN[table.name])
    amounts = [(place, written.to_series(place).cast(MONEY)) for place in _MONEY[table.name]]
    for place, series in amounts:  # by place: a plan, or names looked up anew, cost more than rows
        written.replace_column(place, series)
    return written, absent


def _is_absent(name: str, rows: list[dict[str, Any]]) -> bool:
    return all(row[name] is None for row in rows)


def _many(table: Table, rows: list[msgspec.Struct]) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Make a table column by column, and name those that nothing is said of."""
    names = _ROWS[str(table.name)].__struct_fields__
    values = dict(zip(names, zip(*map(msgspec.structs.astuple, rows), strict=True), strict=True))
    absent = tuple(n for n in table.schema if all(value is None for value in values[n]))
    for meant in _MEANS[table.name]:
        values[meant.name] = tuple(_meant(value, meant) for value in values[meant.name])
    columns = [_series(c.name, values[c.name], c.dtype) for c in table.columns]
    return pl.DataFrame(columns), absent


def _meant(value: Any, meant: _Means) -> Any:  # noqa: ANN401 - of any column
    """Return a value as its column holds it, an amount as its text."""
    if value is None:
        value = meant.default
    if value is None:
        return None
    if meant.is_money:
        return _amount(value, meant)
    if meant.is_json:
        orjson.loads(value)
    if meant.length is not None and len(value) != meant.length:
        if value:
            raise ValueError(meant.name)
        return None  # a list of a fixed length that is empty is not known
    return value


def _amount(value: str | float, meant: _Means) -> str:
    """Return an amount's text; a number by its shortest."""
    text = value if isinstance(value, str) else str(value)
    if len(text) > _LONGEST_AMOUNT or (text.startswith("-") and not meant.may_be_below_zero):
        raise ValueError(meant.name)
    return text


def _series(name: str, values: Sequence[Any], dtype: pl.DataType) -> pl.Series:
    if dtype == MONEY:
        return pl.Series(name, values, dtype=pl.String).cast(MONEY)
    if isinstance(dtype, pl.List):  # PyArrow makes lists in a thirtieth of the time Polars takes
        inner = pa.string() if dtype.inner == pl.String else pa.uint16()
        return pl.Series(name, pa.array(values, pa.list_(inner)), dtype=dtype)
    return pl.Series(name, values, dtype=dtype)
