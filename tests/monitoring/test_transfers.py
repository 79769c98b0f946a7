from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from aml_miner.batch.checking import check_table
from aml_miner.batch.schemas import FEATURES, TRANSFERS
from aml_miner.errors import ConfigurationError, InvalidBatchError
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import build_address_features
from aml_miner.monitoring.monitoring import monitor_transfers
from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.transfers import (
    MS_PER_DAY,
    cut_window,
    make_ledger,
    make_transfers,
    read_transfers_file,
)
from tests.monitoring.graphs import START, draw

START_MS = int(START.timestamp() * 1000)


def timed(*times: int) -> pl.DataFrame:
    """Transfers at given times, in whatever unit."""
    rows = draw(*[("a", "b", 1, hour) for hour in range(len(times))])
    return rows.with_columns(block_timestamp=pl.Series(times, dtype=pl.UInt64))


# Rows


def test_rows_are_sorted_by_time_whatever_their_order() -> None:
    rows = draw(("a", "b", 1, 2), ("b", "c", 2, 1), ("c", "a", 3, 3))
    shuffled = make_transfers(rows.reverse())
    assert shuffled.rows["amount"].cast(pl.Float64).to_list() == [2.0, 1.0, 3.0]
    assert shuffled.rows.equals(make_transfers(rows).rows)


@given(order=st.permutations(range(6)))
def test_no_order_of_rows_matters(order: list[int]) -> None:
    rows = draw(
        ("a", "b", 1, 5),
        ("b", "c", 2, 5),
        ("c", "a", 3, 0),
        ("c", "c", 9, 1),
        ("a", "c", 4, 90),
        ("a", "c", 4, 70),
    )
    expected = cut_window(make_ledger(rows), date(2025, 3, 6), 2)
    found = cut_window(make_ledger(rows[order]), date(2025, 3, 6), 2)
    assert found.rows.equals(expected.rows)
    assert found.last_before is not None
    assert expected.last_before is not None
    assert found.last_before.equals(expected.last_before)


def test_the_same_row_twice_is_kept_once_and_counted() -> None:
    rows = draw(("a", "b", 1, 0), ("b", "c", 2, 1))
    transfers = make_transfers(pl.concat([rows, rows.head(1)]))
    assert (transfers.rows.height, transfers.duplicates) == (2, 1)


def test_what_is_left_out_is_counted_in_its_own_window() -> None:
    rows = draw(("a", "b", 1, 0), ("c", "c", 2, 1), ("b", "a", 3, 30), ("a", "c", 4, 31))
    ledger = make_ledger(pl.concat([rows, rows.head(3), rows.head(1)]))
    first, second, both = (
        cut_window(ledger, day, days)
        for day, days in ((date(2025, 3, 3), 1), (date(2025, 3, 4), 1), (date(2025, 3, 4), 2))
    )
    assert [(each.duplicates, each.self_transfers) for each in (first, second, both)] == [
        (3, 1),
        (1, 0),
        (4, 1),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_a_repeated_key_is_named_with_its_row_in_the_table_as_it_came(seed: int) -> None:
    rows = draw(*[("a", "b", i, i) for i in range(1, 200)])
    rows = pl.concat([rows, rows[[50, 120]].with_columns(amount=pl.lit(9.5)), rows.head(9)])
    rows = rows.sample(fraction=1, shuffle=True, seed=seed)
    place = rows["tx_id"].to_list().index("t120")
    said = rf"4 of 210 rows are not, first tx_id 't120', .* \(row {place}\)"
    with pytest.raises(InvalidBatchError, match=said):
        make_ledger(rows)


def test_one_key_with_different_contents_is_an_error() -> None:
    rows = draw(("a", "b", 1, 0), ("b", "c", 2, 1)).with_columns(tx_id=pl.lit("same"))
    with pytest.raises(
        InvalidBatchError, match="must be unique among rows that differ; 2 of 2 rows are not"
    ):
        make_transfers(rows)


def test_self_transfers_are_left_out_and_counted() -> None:
    transfers = make_transfers(draw(("a", "a", 1, 0), ("a", "b", 2, 1)))
    assert (transfers.rows.height, transfers.self_transfers) == (1, 1)


def test_only_self_transfers_is_an_error() -> None:
    with pytest.raises(InvalidBatchError, match="no transfer between two different addresses"):
        make_transfers(draw(("a", "a", 1, 0)))


def test_a_table_without_rows_is_an_error() -> None:
    with pytest.raises(InvalidBatchError, match="no transfer between two different addresses"):
        make_transfers(TRANSFERS.empty())


def test_a_zero_amount_is_an_event() -> None:
    assert make_transfers(draw(("a", "b", 0, 0))).rows.height == 1


def test_a_negative_amount_is_an_error() -> None:
    with pytest.raises(InvalidBatchError, match="'amount' must be 0 or more; 1 of 2"):
        make_transfers(draw(("a", "b", -1, 0), ("a", "b", 1, 1)))


@pytest.mark.parametrize("column", ["from_address", "to_address"])
def test_an_empty_address_is_an_error(column: str) -> None:
    rows = draw(("a", "b", 1, 0), ("c", "d", 1, 1)).with_columns(
        pl.when(pl.col("tx_id") == "t1").then(pl.lit("")).otherwise(column).alias(column)
    )
    with pytest.raises(
        InvalidBatchError,
        match=f"'{column}' must be filled; 1 of 2 rows are not, first tx_id 't1'",
    ):
        make_transfers(rows)


# Times


@pytest.mark.parametrize(
    ("found", "unit", "remedy"),
    [
        (START_MS // 1000, "seconds", "multiply them by 1000"),
        (START_MS * 1000, "microseconds", "divide them by 1000"),
        (START_MS * 1_000_000, "nanoseconds", "divide them by 1000000"),
    ],
)
def test_times_in_another_unit_are_an_error_that_says_what_to_do(
    found: int, unit: str, remedy: str
) -> None:
    with pytest.raises(
        InvalidBatchError,
        match=f"1 of 2 rows look like {unit}, first tx_id 't1': {found}; {remedy}",
    ):
        make_transfers(timed(START_MS, found))


@pytest.mark.parametrize(
    "found", [0, 99_999_999_999, 4_102_444_800_000, 7 * 10**12, 2**63, 2**64 - 1]
)
def test_a_time_no_transfer_can_have_is_an_error(found: int) -> None:
    with pytest.raises(
        InvalidBatchError,
        match=f"between 1973-03-03 and 2099-12-31.*1 of 2 rows do not, first tx_id 't1': {found}; mend",
    ):
        make_transfers(timed(START_MS, found))


@pytest.mark.parametrize("moment", [100_000_000_000, 4_102_444_799_999])
def test_the_first_and_the_last_possible_time_are_taken(moment: int) -> None:
    assert make_transfers(timed(moment)).window_days == 1


def test_the_widest_span_of_times_is_a_window_the_contract_can_hold() -> None:
    transfers = make_transfers(timed(100_000_000_000, 4_102_444_799_999))
    assert transfers.window_days == 46_325  # below 65 535


# Amounts


@pytest.mark.parametrize("column", ["amount", "amount_usd"])
@pytest.mark.parametrize("largest", ["1" + "0" * 19, "9" * 20])
def test_amounts_that_add_up_to_too_much_are_an_error(column: str, largest: str) -> None:
    rows = draw(("a", "b", 1, 0), ("b", "c", 1, 1)).with_columns(
        pl.Series(column, ["1", largest]).cast(pl.Decimal(38, 18))
    )
    with pytest.raises(
        InvalidBatchError,
        match=f"the '{column}' of all 2 rows add up to 20 digits or more, the largest at tx_id 't1': {largest}",
    ):
        make_transfers(rows)


def test_many_amounts_that_overflow_a_decimal_together_are_an_error() -> None:
    rows = draw(*[("a", "b", 1, hour) for hour in range(20)])
    with pytest.raises(InvalidBatchError, match="all 20 rows add up to 20 digits or more"):
        make_transfers(rows.with_columns(amount_usd=pl.lit("9" * 19)))


def test_the_most_money_there_can_be_is_summed_exactly() -> None:
    """Of one digit fewer than too much, three times the total still fits."""
    most = "9" * 19 + "." + "9" * 18
    rows = draw(("a", "b", 1, 0)).with_columns(amount=pl.lit(most), amount_usd=pl.lit(most))
    found = monitor_transfers(make_transfers(rows), load_profile(), network="drawn")
    assert found.tables["features"]["total_volume_usd"].to_list() == [Decimal(most)] * 2
    assert found.tables["features"]["dominant_flow_direction"].to_list() == ["outgoing", "incoming"]


# Odd names and counts


@pytest.mark.parametrize("symbol", [None, ""])
def test_an_asset_without_a_symbol_is_an_asset_of_its_own(symbol: str | None) -> None:
    rows = draw(("a", "b", 5, 0), ("a", "b", 2, 1)).with_columns(
        asset_symbol=pl.Series([symbol, "USDX"])
    )
    a, b = build_address_features(Activity.of(make_transfers(rows))).to_dicts()
    assert (a["unique_assets_out"], a["dominant_asset_out"]) == (2, "")
    assert (b["unique_assets_in"], b["dominant_asset_in"], b["dominant_asset_out"]) == (2, "", None)


def test_an_address_of_ten_thousand_characters_is_an_address() -> None:
    long = "0x" + "é" * 9_998
    lines = [(long, "b", 100, 0), ("b", "c", 99, 1), ("c", long, 98, 2)]
    found = monitor_transfers(make_transfers(draw(*lines)), load_profile(), network="drawn")
    assert found.tables["features"]["address"].to_list() == [long, "b", "c"]
    cycle = found.tables["alerts"].filter(pl.col("typology_type") == "CYCLE_DETECTION")
    assert sorted(cycle["address"]) == [long, "b", "c"]
    assert found.batch().report.alerts_on_unknown_addresses == 0


def test_case_tells_addresses_apart() -> None:
    rows = make_transfers(draw(("0xAb", "0xab", 1, 0))).rows
    assert rows.select("from_address", "to_address").row(0) == ("0xAb", "0xab")


def test_more_transfers_in_an_hour_than_16_bits_hold_are_given_as_the_most_they_hold() -> None:
    many = 65_537
    rows = pl.DataFrame(
        {
            "tx_id": np.arange(many).astype(str),
            "block_timestamp": np.full(many, START_MS),
            "from_address": "a",
            "to_address": "b",
            "amount": 1,
            "amount_usd": 1,
        }
    )
    features = build_address_features(Activity.of(make_transfers(rows)))
    checked = check_table(features, FEATURES).rows
    assert checked["hourly_activity"].to_list() == [[65_535, *[0] * 23]] * 2
    assert checked["daily_activity"].to_list() == [[65_535, *[0] * 6]] * 2
    assert checked["tx_total_count"].to_list() == [many] * 2


# Windows


@pytest.mark.parametrize(
    ("processing_date", "window_days", "kept", "outside", "window"),
    [
        (None, None, 3, 0, 11),  # from the first transfer's day to the last one's
        (None, 3, 1, 2, 3),  # back from the last transfer's day
        (date(2025, 3, 4), 2, 2, 1, 2),
        (date(2025, 3, 4), None, 2, 1, 2),  # a later transfer is not seen
        (date(2025, 3, 20), 30, 3, 0, 30),
        (date(2025, 3, 20), 65_535, 3, 0, 65_535),  # longer than there have been days since 1970
    ],
)
def test_window(
    processing_date: date | None, window_days: int | None, kept: int, outside: int, window: int
) -> None:
    rows = draw(("a", "b", 1, 0), ("b", "c", 2, 47), ("c", "a", 3, 240))
    transfers = make_transfers(rows, processing_date, window_days)
    assert transfers.rows.height == kept
    assert transfers.outside_window == outside
    assert transfers.window_days == window


def test_a_day_begins_at_midnight_and_ends_before_the_next() -> None:
    ms = (-1, 0, MS_PER_DAY - 1, MS_PER_DAY)
    rows = timed(*(START_MS + moment for moment in ms))
    assert make_transfers(rows, START.date(), 1).rows["tx_id"].to_list() == ["t1", "t2"]


@pytest.mark.parametrize("window_days", [None, 2])
def test_an_empty_window_is_an_error(window_days: int | None) -> None:
    with pytest.raises(
        InvalidBatchError,
        match=r"none of the 1 lie between .* and 2025-01-01; they go from 2025-03-03 to 2025-03-03",
    ):
        make_transfers(draw(("a", "b", 1, 0)), date(2025, 1, 1), window_days)


@pytest.mark.parametrize("window_days", [-1, 0, 65_536])
def test_an_impossible_length_of_a_window_is_an_error(window_days: int) -> None:
    with pytest.raises(ConfigurationError, match=f"1 to 65535 days; found {window_days}"):
        make_transfers(draw(("a", "b", 1, 0)), None, window_days)


@pytest.mark.parametrize("day", [date.min, date(1973, 3, 2), date(2100, 1, 1), date.max])
def test_an_impossible_date_is_an_error(day: date) -> None:
    with pytest.raises(ConfigurationError, match=f"between 1973-03-03 and 2099-12-31; found {day}"):
        make_transfers(draw(("a", "b", 1, 0)), day)


# The time before a window


def test_a_window_knows_when_its_addresses_were_last_active_before_it() -> None:
    rows = draw(
        ("a", "b", 1, 0),
        ("a", "c", 1, 5),
        ("x", "y", 1, 6),  # of no address of the window
        ("c", "c", 1, 7),  # a self-transfer is none
        ("a", "b", 1, 24),
        ("c", "d", 1, 30),
        ("b", "d", 1, 50),  # after the window
    )
    known = make_transfers(rows, date(2025, 3, 4), 1).last_before
    assert known is not None
    hour = 3_600_000
    assert known.rows() == [("a", START_MS + 5 * hour), ("b", START_MS), ("c", START_MS + 5 * hour)]


def test_nothing_is_known_before_a_window_that_the_transfers_begin_in() -> None:
    rows = draw(("a", "b", 1, 0), ("a", "b", 1, 24))
    assert make_transfers(rows, None, 2).last_before is None
    assert make_transfers(rows, None, 1).last_before is not None


def test_a_window_cut_from_a_ledger_is_the_one_made_from_a_file_cut_by_hand(
    transfers_table: Callable[[Sequence[tuple[str, ...]]], pl.DataFrame],
) -> None:
    rows = transfers_table([("a", "b", "1", "1", f"{day} 12:00") for day in range(1, 11)])
    cut_by_hand = rows.head(8)
    found = make_transfers(rows, date(2024, 1, 8), 3)
    expected = make_transfers(cut_by_hand, None, 3)
    assert_frame_equal(found.rows, expected.rows)
    assert found.last_before is not None
    assert expected.last_before is not None
    assert_frame_equal(found.last_before, expected.last_before)


def test_a_folder_stands_for_the_transfers_file_in_it(tmp_path: Path) -> None:
    rows = draw(("a", "b", 1, 0))
    rows.write_parquet(tmp_path / "transfers.parquet")
    assert read_transfers_file(tmp_path).equals(rows)
    assert read_transfers_file(tmp_path / "transfers.parquet").equals(rows)
