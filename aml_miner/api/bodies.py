"""The published form of request bodies, made from the schemas of the tables so that the two cannot disagree."""

import sys
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Annotated, Any

import polars as pl
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    JsonValue,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic_core import from_json

from aml_miner.api.complaints import complaint
from aml_miner.api.quick_bodies import read_quickly, read_strictly
from aml_miner.batch.checking import CheckedTable
from aml_miner.batch.schemas import (
    ALERTS,
    CLUSTERS,
    FEATURES,
    MONEY,
    MONEY_FLOWS,
    Column,
    Table,
)
from aml_miner.errors import InvalidBatchError

_PLACES = Decimal(1).scaleb(-MONEY.scale)
_EXACT = Context(prec=MONEY.precision, rounding=ROUND_HALF_EVEN)

type Tables = Mapping[str, pl.DataFrame | CheckedTable]
"""Tables by name: those a batch must have, and money flows where there are any; checked where that is done already."""


def _amount(value: Decimal) -> Decimal:
    """Round an amount to its places as the tables' own conversion does; a number arrives as its shortest decimal."""
    try:
        return value.quantize(_PLACES, context=_EXACT)
    except InvalidOperation as error:
        most = MONEY.precision - MONEY.scale
        raise ValueError(f"an amount has at most {most} digits before the point") from error


def _written(value: object) -> object:
    """Write a number as Python and Polars do: of two decimals equally short and near, Pydantic takes the upper."""
    return str(value) if isinstance(value, float) else value


def _whole(bits: int) -> object:
    return Annotated[int, Field(ge=0, lt=2**bits)]


_FINITE = Annotated[float, Field(allow_inf_nan=False)]
_PYTHON_TYPES: dict[type[pl.DataType], Any] = {
    pl.String: str,
    pl.UInt8: _whole(8),
    pl.UInt16: _whole(16),
    pl.UInt32: _whole(32),
    pl.UInt64: _whole(64),
    pl.Float32: _FINITE,
    pl.Float64: _FINITE,
    pl.Decimal: Annotated[
        Decimal, Field(allow_inf_nan=False), BeforeValidator(_written), AfterValidator(_amount)
    ],
    pl.Date: date,
    pl.Boolean: bool,
}


def _rows_of(kind: Any) -> Any:  # noqa: ANN401 - a type made at run time
    """Return the type of a list that is refused for its first wrong element: a body can hold millions of them."""
    return Annotated[list[kind], FailFast()]


def _python_type(dtype: pl.DataType) -> Any:  # noqa: ANN401 - a type made at run time
    if isinstance(dtype, pl.List):
        return _rows_of(_python_type(dtype.inner))  # type: ignore[arg-type]
    return _PYTHON_TYPES[type(dtype)]


def _field(column: Column) -> Any:  # noqa: ANN401 - a type made at run time
    kind = _python_type(column.dtype)
    alias = Field(alias=column.name, json_schema_extra=_said(column))
    if column.required:
        return Annotated[kind, alias], ...
    return Annotated[kind | None, alias], None


def _said(column: Column) -> dict[str, JsonValue]:
    """Say what the table asks of a column's values; the table checks it, in its own words."""
    said: dict[str, JsonValue] = {"minimum": column.minimum, "maximum": column.maximum}
    if column.content == "filled":
        said["minLength"] = 1
    if column.length is not None:
        said["description"] = f"{column.length} values, or none"
    return {name: value for name, value in said.items() if value is not None}


def _row_model(name: str, table: Table, words: str) -> type[BaseModel]:
    fields = {column.name.lstrip("_"): _field(column) for column in table.columns}
    config = ConfigDict(extra="ignore", frozen=True)
    return create_model(name, __config__=config, __doc__=words, **fields)


AlertData = _row_model("AlertData", ALERTS, "An alert.")
FeatureData = _row_model("FeatureData", FEATURES, "What is known of an address.")
ClusterData = _row_model("ClusterData", CLUSTERS, "A cluster of alerts.")
MoneyFlowData = _row_model("MoneyFlowData", MONEY_FLOWS, "What one address sent another.")


class BatchReference(BaseModel):
    """A batch the server holds, named instead of sent.

    ``alert_ids`` (``cluster_ids`` on the route of clusters) choose some of its rows, in the order they are to be
    answered; all are scored when it is not given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    network: str
    processing_date: date
    window_days: int | None = Field(default=None, ge=1, lt=2**16)
    alert_ids: Annotated[list[str], FailFast()] | None = None
    cluster_ids: Annotated[list[str], FailFast()] | None = None


class BatchData(BaseModel):
    """The tables to score, each a list of rows; or a reference to a batch the server holds."""

    alerts: _rows_of(AlertData) = []  # type: ignore[valid-type]
    features: _rows_of(FeatureData) = []  # type: ignore[valid-type]
    clusters: _rows_of(ClusterData) = []  # type: ignore[valid-type]
    money_flows: _rows_of(MoneyFlowData) | None = None  # type: ignore[valid-type]
    reference: BatchReference | None = None

    @model_validator(mode="after")
    def _either(self) -> "BatchData":
        if self.reference and (self.alerts or self.features or self.clusters or self.money_flows):
            raise ValueError("a body holds tables or a reference, not both")
        return self

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the rows as tables."""
        found = {
            "alerts": _frame(self.alerts, ALERTS),
            "features": _frame(self.features, FEATURES),
            "clusters": _frame(self.clusters, CLUSTERS),
        }
        if self.money_flows is not None:
            found["money_flows"] = _frame(self.money_flows, MONEY_FLOWS)
        return found


def read_json(body: bytes | bytearray, strict_above: int = sys.maxsize) -> Tables | BatchReference:
    """Return what a JSON body holds.

    Parameters
    ----------
    strict_above
        A larger body is read as the tables' types are written, without conversions such as of a number in a text: to
        look for what else it may mean takes sixteen times its bytes of memory.

    Raises
    ------
    InvalidBatchError
        If it is no JSON, or breaks the published form; the message names table, row and field.
    """
    if len(body) > strict_above:
        return read_strictly(body)
    found: Tables | None = read_quickly(body)
    if found is None:
        try:
            read = BatchData.model_validate_json(body)
        except ValidationError as error:
            raise InvalidBatchError(complaint(error.errors(include_url=False), body)) from error
        if read.reference:
            return read.reference
        found = read.tables()
    if MONEY_FLOWS.name not in found and not any(_height(table) for table in found.values()):
        _check_names(body)
    return found


def _height(table: pl.DataFrame | CheckedTable) -> int:
    return (table.rows if isinstance(table, CheckedTable) else table).height


def _check_names(body: bytes | bytearray) -> None:
    """Check that a body without rows does not name other tables: a misspelt one would get an empty answer."""
    names = from_json(body).keys()  # the reader that took the body: another takes less
    if names and not names & BatchData.model_fields.keys():
        first = sorted(names)[0]
        expected = ", ".join(BatchData.model_fields)
        raise InvalidBatchError(
            f"body: expected tables of the names {expected}; found {first!r:.60}."
        )


def _frame(rows: list[Any], table: Table) -> pl.DataFrame:
    names = {column.name: column.name.lstrip("_") for column in table.columns}
    values = {name: [getattr(row, field) for row in rows] for name, field in names.items()}
    return pl.DataFrame(values, schema=table.schema)
