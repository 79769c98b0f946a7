import runpy
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from aml_miner.batch.checking import check_table
from aml_miner.batch.schemas import FEATURES
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import (
    DERIVED_FAMILIES,
    FAMILIES,
    build_address_features,
    build_columns,
)
from aml_miner.monitoring.address_features.values import Column, DerivedColumn
from aml_miner.monitoring.transfers import make_transfers
from aml_miner.simulation import SimulationConfig, simulate_economy

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "write_address_features_page.py"))

ALL_FAMILIES = [*FAMILIES.items(), *DERIVED_FAMILIES.items()]
COLUMNS = [column for _, columns in ALL_FAMILIES for column in columns]


def name_of(column: Column | DerivedColumn) -> str:
    return column.__name__


@pytest.fixture(scope="module")
def economy() -> pl.DataFrame:
    return simulate_economy(SimulationConfig(accounts=200, days=7)).transfers


def test_one_row_per_address_sorted(week_features: pl.DataFrame) -> None:
    assert week_features["address"].to_list() == ["a", "b", "c", "d"]


def test_every_row_carries_its_window(week_features: pl.DataFrame) -> None:
    window = week_features.select("window_days", "processing_date").unique()
    assert window.rows() == [(8, date(2024, 1, 8))]


def test_columns_and_types_are_those_of_the_contract(week_features: pl.DataFrame) -> None:
    built = {name_of(column) for column in COLUMNS} | {"address", "window_days", "processing_date"}
    expected = {name: dtype for name, dtype in FEATURES.schema.items() if name in built}
    assert dict(week_features.schema) == expected
    assert list(week_features.schema) == list(expected)
    assert len(expected) == len(COLUMNS) + 3


def test_a_family_holds_the_columns_of_its_group() -> None:
    group = {column.name: column.group for column in FEATURES.columns}
    for family, columns in ALL_FAMILIES:
        assert {group[name_of(column)] for column in columns} == {family}


def test_the_result_is_a_table_of_the_contract(economy: pl.DataFrame) -> None:
    features = build_address_features(Activity.of(make_transfers(economy)))
    checked = check_table(features, FEATURES)
    assert checked.ignored_columns == ()
    assert_frame_equal(checked.rows.select(features.columns), features)


def test_no_number_is_absent_or_infinite(economy: pl.DataFrame) -> None:
    features = build_address_features(Activity.of(make_transfers(economy)))
    absent = [name for name in features.columns if features[name].null_count()]
    assert set(absent) <= {
        "dominant_asset_in",
        "dominant_asset_out",
        "is_new_address",  # nothing is known of the time before
        "is_dormant_reactivated",
    }
    assert all(
        features[name].is_finite().all()
        for name in features.columns
        if features[name].dtype.is_float()
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_does_not_matter(economy: pl.DataFrame, seed: int) -> None:
    sorted_rows = build_address_features(Activity.of(make_transfers(economy)))
    shuffled = economy.sample(fraction=1, shuffle=True, seed=seed)
    assert_frame_equal(
        build_address_features(Activity.of(make_transfers(shuffled))), sorted_rows, check_exact=True
    )


@settings(max_examples=30)  # a forest is planted four times in each
@given(order=st.permutations(range(5)))
def test_no_order_of_five_rows_matters(
    order: list[int],
    week_rows: list[tuple[str, ...]],
    week_features: pl.DataFrame,
    transfers_table: Callable[[Sequence[tuple[str, ...]]], pl.DataFrame],
) -> None:
    table = transfers_table(week_rows)[order]
    features = build_address_features(Activity.of(make_transfers(table)))
    assert_frame_equal(features, week_features, check_exact=True)


@pytest.mark.parametrize("column", COLUMNS, ids=name_of)
def test_a_docstring_says_formula_unit_and_source(column: Column | DerivedColumn) -> None:
    first, parts = SCRIPT["described"](column)
    assert first.endswith(".")
    assert {"Formula", "Unit", "Source"} <= set(parts)
    assert all(parts.values())


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "address_features.md").read_text(encoding="utf-8")
    assert page == SCRIPT["page"](), "run scripts/write_address_features_page.py"


def test_the_columns_made_of_transfers_alone_are_the_same_by_themselves(
    week: Activity, week_features: pl.DataFrame
) -> None:
    columns = build_columns(week)
    assert len(columns.columns) == 3 + sum(len(columns) for columns in FAMILIES.values())
    assert_frame_equal(columns, week_features.select(columns.columns), check_exact=True)


def test_columns_made_of_transfers_alone_load_neither_scikit_learn_nor_what_takes_long() -> None:
    code = """
import sys
from decimal import Decimal
import polars as pl
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import build_columns
from aml_miner.monitoring.transfers import make_transfers
row = {"block_timestamp": 1_704_067_200_000, "amount": Decimal(3), "amount_usd": Decimal(6)}
rows = [{"tx_id": "1", "from_address": "a", "to_address": "b", **row}]
assert build_columns(Activity.of(make_transfers(pl.DataFrame(rows)))).height == 2
print([name for name in ("sklearn", "scipy.stats", "pandas", "pyarrow.compute") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
