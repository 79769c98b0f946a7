from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from aml_miner.batch.money_flows import check_money_flows
from aml_miner.batch.schemas import MONEY_FLOWS
from aml_miner.errors import InvalidBatchError

DAY_MS = 86_400_000

TRANSACTIONS = pl.DataFrame(
    {
        "source_address": ["b", "a", "a", "a"],
        "dest_address": ["a", "b", "b", "b"],
        "amount_usd": ["7", "0.1", "0.2", "0.7"],
        "timestamp": [5, DAY_MS, 1, 2],
        "asset": ["TOR", "TOR", None, "BTC"],
    }
)


def test_transactions_are_summed_into_directed_pairs() -> None:
    pairs = check_money_flows(TRANSACTIONS).rows
    assert pairs.schema == pl.Schema(MONEY_FLOWS.schema)
    assert pairs.select(pl.exclude(pairs.columns[11:])).rows(named=True)[0] == {
        "from_address": "a",
        "to_address": "b",
        "tx_count": 3,
        "amount_sum": None,  # in the assets' own units: not known
        "amount_usd_sum": Decimal(1),
        "first_seen_timestamp": 1,
        "last_seen_timestamp": DAY_MS,
        "active_days": 2,
        "avg_tx_size_usd": Decimal("0.333333333333333333"),
        "unique_assets": 2,
        "dominant_asset": None,
    }
    assert pairs["amount_usd_sum"].to_list() == [Decimal(1), Decimal(7)]


def test_order_of_transactions_does_not_matter() -> None:
    assert check_money_flows(TRANSACTIONS.reverse()).rows.equals(
        check_money_flows(TRANSACTIONS).rows
    )


def test_no_transactions_are_no_pairs() -> None:
    assert check_money_flows(TRANSACTIONS.clear()).rows.equals(MONEY_FLOWS.empty())


def test_time_of_a_transaction_may_be_a_datetime() -> None:
    when = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    pairs = check_money_flows(TRANSACTIONS.with_columns(timestamp=pl.lit(when))).rows
    assert pairs["first_seen_timestamp"].to_list() == [1000, 1000]


def test_pairs_are_taken_as_they_are_in_their_order() -> None:
    pairs = pl.DataFrame(
        {
            "from_address": ["b", "a"],
            "to_address": ["a", "b"],
            "tx_count": [1, 3],
            "amount_usd_sum": [7.0, 1.1],
            "hourly_pattern": ["[]", str([0] * 24)],
        }
    )
    checked = check_money_flows(pairs)
    assert checked.rows["amount_usd_sum"].to_list() == [Decimal(7), Decimal("1.1")]
    assert checked.rows["hourly_pattern"].to_list() == [None, [0] * 24]
    assert "weekly_pattern" in checked.absent_columns


@pytest.mark.parametrize("as_table", [pl.DataFrame.to_arrow, pl.DataFrame.to_pandas])
def test_shape_is_told_by_the_columns_in_every_library(as_table: object) -> None:
    assert callable(as_table)
    assert check_money_flows(as_table(TRANSACTIONS)).rows.height == 2


def test_fault_is_named_in_the_shape_the_columns_point_to() -> None:
    with pytest.raises(InvalidBatchError, match=r"money_flows: required column.* 'timestamp'"):
        check_money_flows(TRANSACTIONS.drop("timestamp"))
    with pytest.raises(InvalidBatchError, match="'from_address', 'to_address', 'tx_count'"):
        check_money_flows(pl.DataFrame({"amount_usd_sum": [1]}))
    with pytest.raises(
        InvalidBatchError, match="expected a Polars, Arrow or pandas table, found list"
    ):
        check_money_flows([])  # type: ignore[arg-type]


def test_sum_that_does_not_fit_is_an_error_and_not_a_wrong_number() -> None:
    large = TRANSACTIONS.with_columns(amount_usd=pl.lit("9" * 20))
    with pytest.raises(InvalidBatchError, match=r"must add up to less than 1e\+20; found 4e\+20"):
        check_money_flows(large)
