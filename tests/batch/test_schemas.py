import polars as pl
import pytest

from aml_miner.batch import schemas
from aml_miner.batch.schemas import FEATURES, MONEY, Table

TABLES = [table for table in vars(schemas).values() if isinstance(table, Table)]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.key)
def test_every_column_is_named_once(table: Table) -> None:
    assert len(table.schema) == len(table.columns)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.key)
def test_key_consists_of_columns(table: Table) -> None:
    assert set(table.key) <= table.schema.keys()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.key)
def test_required_column_has_no_default(table: Table) -> None:
    assert [c.name for c in table.columns if c.required and c.default is not None] == []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.key)
def test_empty_table_has_every_column(table: Table) -> None:
    assert table.empty().schema == pl.Schema(table.schema)


def test_amounts_of_an_address_are_exact() -> None:
    in_usd = [c for c in FEATURES.columns if c.name.endswith("_usd")]
    assert len(in_usd) == 14
    assert {c.dtype for c in in_usd} == {MONEY}


def test_only_the_key_of_features_is_required() -> None:
    required = {c.name for c in FEATURES.columns if c.required}
    assert required == set(FEATURES.key)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.key)
def test_only_what_is_kept_of_a_flow_may_be_negative(table: Table) -> None:
    unbounded = {c.name for c in table.columns if c.dtype == MONEY and c.minimum is None}
    assert unbounded == ({"net_flow_usd"} & table.schema.keys())


def test_identifiers_are_filled() -> None:
    names = {"alert_id", "cluster_id", "address"}
    filled = {table.name for table in TABLES for c in table.columns if c.name in names}
    assert filled == {"alerts", "features", "clusters", "address_labels", "ground_truth"}
    required = [
        c for t in TABLES for c in t.columns if c.name in names | {"from_address", "to_address"}
    ]
    assert {c.content for c in required} == {"filled"}


def test_file_is_named_after_the_table() -> None:
    assert FEATURES.file_name == "features.parquet"
