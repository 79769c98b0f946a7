"""Request bodies, made from the schemas of the tables so that the two cannot disagree."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, create_model

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.schemas import ALERTS, CLUSTERS, FEATURES, MONEY_FLOWS, Column, Table

_FINITE = Annotated[float, Field(allow_inf_nan=False)]
_PYTHON_TYPES: dict[type[pl.DataType], Any] = {
    pl.String: str,
    pl.UInt8: int,
    pl.UInt16: int,
    pl.UInt32: int,
    pl.UInt64: int,
    pl.Float32: _FINITE,
    pl.Float64: _FINITE,
    pl.Decimal: Annotated[Decimal, Field(allow_inf_nan=False, decimal_places=18, max_digits=38)],
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
    """Turn rows into columns; a value too large for its column stays wide, for the check to name it."""
    columns = []
    for column in table.columns:
        values = [getattr(row, column.name.lstrip("_")) for row in rows]
        dtype = pl.Int128() if column.dtype.is_integer() else column.dtype
        columns.append(pl.Series(column.name, values, dtype=dtype))
    return pl.DataFrame(columns)
