from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from polars.testing import assert_frame_equal

import aml_miner.simulation
from aml_miner.batch.schemas import ADDRESS_LABELS, GROUND_TRUTH_BY_ADDRESS, TRANSFERS
from aml_miner.errors import OutputError
from aml_miner.simulation import Economy, SimulationConfig, simulate_economy, write_economy
from aml_miner.simulation.ordinary import ORDINARY

FILES = ["address_labels.parquet", "ground_truth.parquet", "transfers.parquet"]


def test_the_public_names() -> None:
    assert aml_miner.simulation.__all__ == [
        "Economy",
        "SimulationConfig",
        "simulate_economy",
        "write_economy",
    ]


def test_one_config_makes_one_economy(config: SimulationConfig, economy: Economy) -> None:
    again = simulate_economy(config)
    assert_frame_equal(again.transfers, economy.transfers, check_exact=True)
    assert_frame_equal(again.labels, economy.labels, check_exact=True)
    assert_frame_equal(again.ground_truth, economy.ground_truth, check_exact=True)


def test_another_seed_makes_another_economy(config: SimulationConfig, economy: Economy) -> None:
    other = simulate_economy(replace(config, seed=43))
    assert not other.transfers.equals(economy.transfers)
    assert not other.labels.equals(economy.labels)
    assert not other.ground_truth.equals(economy.ground_truth)


def test_the_tables_keep_the_contract(economy: Economy) -> None:
    assert economy.transfers.schema == TRANSFERS.schema
    assert economy.labels.schema == ADDRESS_LABELS.schema
    truth = dict(GROUND_TRUTH_BY_ADDRESS.schema)
    for name in ("is_illicit", "confirmed_illicit", "confirmation_date", "confidence"):
        del truth[name]
    assert economy.ground_truth.schema == truth
    for table in (economy.transfers, economy.labels, economy.ground_truth):
        assert sum(table.null_count().row(0)) == 0


def test_rows_are_sorted_and_keys_unique(economy: Economy) -> None:
    transfers = economy.transfers
    assert_frame_equal(transfers, transfers.sort("block_timestamp", "tx_id"))
    assert transfers["tx_id"].n_unique() == transfers.height
    for table in (economy.labels, economy.ground_truth):
        assert table["address"].is_sorted()
        assert table["address"].n_unique() == table.height


def test_every_transfer_is_positive_and_within_the_days(economy: Economy) -> None:
    transfers = economy.transfers
    assert (transfers["amount"] > 0).all()
    assert (transfers["fee"] > 0).all()
    assert (transfers["amount"] == transfers["amount_usd"]).all()
    assert (transfers["from_address"] != transfers["to_address"]).all()
    day = pl.from_epoch("block_timestamp", time_unit="ms").dt.date()
    first, last = transfers.select(first=day.min(), last=day.max()).row(0)
    assert str(first) == "2025-01-01"
    assert str(last) == "2025-03-01"  # the 60th day


def test_amounts_are_whole_cents(economy: Economy) -> None:
    for name in ("amount", "fee"):
        assert (economy.transfers[name] % pl.Series([0.01]).cast(pl.Decimal(38, 18)) == 0).all()


def test_the_hours_follow_daily_life(economy: Economy) -> None:
    hours = economy.transfers.select(
        pl.from_epoch("block_timestamp", time_unit="ms").dt.hour()
    ).to_series()
    assert np.mean(hours.to_numpy() < 6) < 0.15


def test_planted_accounts_have_transfers_and_no_public_label(economy: Economy) -> None:
    truth = set(economy.ground_truth["address"])
    seen = set(economy.transfers["from_address"]) | set(economy.transfers["to_address"])
    assert truth <= seen
    assert truth.isdisjoint(economy.labels["address"])


def test_planted_accounts_also_live_an_ordinary_life(
    config: SimulationConfig, economy: Economy
) -> None:
    honest = simulate_economy(replace(config, illicit_share=0, lookalike_share=0))
    assert set(economy.ground_truth["address"]) <= set(honest.transfers["from_address"])


def test_schemes_are_rare(economy: Economy) -> None:
    assert 0.05 <= economy.ground_truth.height / 2_000 <= 0.075


def test_a_new_generator_changes_none_of_the_others(
    config: SimulationConfig, economy: Economy, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = {name: pay for name, pay in ORDINARY.items() if name != "rents"}
    monkeypatch.setattr("aml_miner.simulation.ordinary.ORDINARY", without)
    fewer = simulate_economy(config)
    content = [name for name in TRANSFERS.schema if name != "tx_id"]
    assert 0 < fewer.transfers.height < economy.transfers.height
    assert fewer.transfers.join(economy.transfers, on=content, how="anti").is_empty()
    assert_frame_equal(fewer.ground_truth, economy.ground_truth)


def rank_auc(values: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Chance that a positive has the larger value, ties counting half (Mann and Whitney 1947)."""
    _, position, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[position]
    n = positive.sum()
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * (positive.size - n)))


def test_rank_auc_by_hand() -> None:
    positive = np.array([False, True, False, True])
    assert rank_auc(np.array([1.0, 2.0, 3.0, 4.0]), positive) == 0.75  # 3 of 4 pairs
    assert rank_auc(np.array([5.0, 5.0, 5.0, 5.0]), positive) == 0.5


@pytest.fixture(scope="module")
def by_address(economy: Economy) -> pl.DataFrame:
    amount = pl.col("amount").cast(pl.Float64)
    sides = [
        economy.transfers.select(pl.col(side).alias("address"), "amount", "fee", "block_timestamp")
        for side in ("from_address", "to_address")
    ]
    return (
        pl.concat(sides)
        .group_by("address", maintain_order=True)
        .agg(
            mean_fee=pl.col("fee").cast(pl.Float64).mean(),
            mean_cents=((amount * 100).round() % 100).mean(),
            mean_hour=pl.from_epoch("block_timestamp", time_unit="ms").dt.hour().mean(),
            first_seen=pl.col("block_timestamp").min(),
            transfer_count=pl.len(),
            address_text=pl.col("address").first().str.slice(2, 12).str.to_integer(base=16),
        )
        .with_columns(illicit=pl.col("address").is_in(economy.ground_truth["address"].implode()))
    )


@pytest.mark.parametrize(
    "shortcut",
    ["mean_fee", "mean_cents", "mean_hour", "first_seen", "transfer_count", "address_text"],
)
def test_no_column_gives_the_schemes_away(by_address: pl.DataFrame, shortcut: str) -> None:
    auc = rank_auc(
        by_address[shortcut].cast(pl.Float64).to_numpy(), by_address["illicit"].to_numpy()
    )
    assert 0.30 < auc < 0.70


def test_an_economy_is_written_as_three_tables(tmp_path: Path) -> None:
    economy = simulate_economy(SimulationConfig(accounts=200, days=7))
    folder = tmp_path / "new" / "economy"
    write_economy(economy, folder)
    assert sorted(path.name for path in folder.iterdir()) == FILES
    for name, table in zip(
        FILES, (economy.labels, economy.ground_truth, economy.transfers), strict=True
    ):
        assert_frame_equal(pl.read_parquet(folder / name), table)


def test_writing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    config = SimulationConfig(accounts=200, days=7)
    for folder in ("one", "other", "other"):  # the last over what is there
        write_economy(simulate_economy(config), tmp_path / folder)
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    economy = simulate_economy(SimulationConfig(accounts=200, days=7))
    with pytest.raises(
        OutputError, match=r"^economy: cannot be written to '.*file': .*Choose a folder"
    ):
        write_economy(economy, in_the_way)
