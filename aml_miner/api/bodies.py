"""Request bodies, made from the schemas of the tables so that the two cannot disagree."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Annotated, Any

import polars as pl
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.schemas import ALERTS, CLUSTERS, FEATURES, MONEY, MONEY_FLOWS, Column, Table

_PLACES = Decimal(1).scaleb(-MONEY.scale)
_EXACT = Context(prec=MONEY.precision, rounding=ROUND_HALF_EVEN)


def _amount(value: Decimal) -> Decimal:
    """Round an amount to its places as the tables' own conversion does; a number arrives as its shortest decimal."""
    try:
        return value.quantize(_PLACES, context=_EXACT)
    except InvalidOperation as error:
        most = MONEY.precision - MONEY.scale
        raise ValueError(f"an amount has at most {most} digits before the point") from error


def _text(value: str) -> str:
    if not value.isascii() and value != value.encode(errors="replace").decode():
        raise ValueError("text is of Unicode characters, without half of a surrogate pair")
    return value


def _whole(bits: int) -> object:
    return Annotated[int, Field(ge=0, lt=2**bits)]


_FINITE = Annotated[float, Field(allow_inf_nan=False)]
_PYTHON_TYPES: dict[type[pl.DataType], Any] = {
    pl.String: Annotated[str, AfterValidator(_text)],
    pl.UInt8: _whole(8),
    pl.UInt16: _whole(16),
    pl.UInt32: _whole(32),
    pl.UInt64: _whole(64),
    pl.Float32: _FINITE,
    pl.Float64: _FINITE,
    pl.Decimal: Annotated[Decimal, Field(allow_inf_nan=False), AfterValidator(_amount)],
    pl.Date: date,
    pl.Boolean: bool,
}


def _python_type(dtype: pl.DataType) -> Any:  # noqa: ANN401 - a type made at run time
    if isinstance(dtype, pl.List):
        return list[_python_type(dtype.inner)]  # type: ignore[arg-type, misc]
    return _PYTHON_TYPES[type(dtype)]


def _field(column: Column) -> Any:  # noqa: ANN401 - a type made at run time
    kind = _python_type(column.dtype)
    alias = Field(alias=column.name)
    if column.required:
        return Annotated[kind, alias], ...
    return Annotated[kind | None, alias], None


def _row_model(name: str, table: Table) -> type[BaseModel]:
    fields = {column.name.lstrip("_"): _field(column) for column in table.columns}
    return create_model(name, __config__=ConfigDict(extra="ignore", frozen=True), **fields)


AlertData = _row_model("AlertData", ALERTS)
FeatureData = _row_model("FeatureData", FEATURES)
ClusterData = _row_model("ClusterData", CLUSTERS)
MoneyFlowData = _row_model("MoneyFlowData", MONEY_FLOWS)


class BatchData(BaseModel):
    """The tables to score, each a list of rows."""

    alerts: list[AlertData] = []  # type: ignore[valid-type]
    features: list[FeatureData] = []  # type: ignore[valid-type]
    clusters: list[ClusterData] = []  # type: ignore[valid-type]
    money_flows: list[MoneyFlowData] | None = None  # type: ignore[valid-type]

    def batch(self) -> Batch:
        """Return the rows as a checked batch.

        Raises
        ------
        InvalidBatchError
            If a value is out of its range or an address has two rows.
        """
        tables = {
            "alerts": _frame(self.alerts, ALERTS),
            "features": _frame(self.features, FEATURES),
            "clusters": _frame(self.clusters, CLUSTERS),
        }
        if self.money_flows is not None:
            tables["money_flows"] = _frame(self.money_flows, MONEY_FLOWS)
        return make_batch(tables)


def _frame(rows: list[Any], table: Table) -> pl.DataFrame:
    names = {column.name: column.name.lstrip("_") for column in table.columns}
    values = {name: [getattr(row, field) for row in rows] for name, field in names.items()}
    return pl.DataFrame(values, schema=table.schema)
