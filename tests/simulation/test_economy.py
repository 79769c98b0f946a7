import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import aml_miner.simulation
from aml_miner.batch.digests import digest_folder
from aml_miner.batch.schemas import ADDRESS_LABELS, GROUND_TRUTH_BY_ADDRESS, TRANSFERS
from aml_miner.errors import OutputError
from aml_miner.simulation import Economy, SimulationConfig, economy, life, simulate_economy
from aml_miner.simulation import write_economy as write
from aml_miner.simulation.life import LIFE
from aml_miner.simulation.population import World

FILES = ["address_labels.parquet", "ground_truth.parquet", "transfers.parquet"]
SMALL = SimulationConfig(accounts=300, days=10, base_rate=0.1)


def test_the_public_names() -> None:
    assert aml_miner.simulation.__all__ == [
        "Economy",
        "SimulationConfig",
        "load_simulation_config",
        "simulate_economy",
        "write_economy",
    ]


def test_one_config_makes_one_economy(config: SimulationConfig, economy: Economy) -> None:
    again = simulate_economy(config)
    assert_frame_equal(again.transfers, economy.transfers, check_exact=True)
    assert_frame_equal(again.labels, economy.labels, check_exact=True)
    assert_frame_equal(again.ground_truth, economy.ground_truth, check_exact=True)


def test_another_process_with_another_hash_seed_writes_the_same(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from aml_miner.simulation import *\n"
        "config = SimulationConfig(accounts=300, days=10, base_rate=0.1)\n"
        "write_economy(simulate_economy(config), Path(sys.argv[1]))"
    )
    write(simulate_economy(SMALL), tmp_path / "here")
    subprocess.run(
        [sys.executable, "-c", program, tmp_path / "there"],
        env={"PYTHONHASHSEED": "7", "POLARS_MAX_THREADS": "1"},
        check=True,
    )
    assert digest_folder(tmp_path / "here") == digest_folder(tmp_path / "there")


def test_another_seed_makes_another_economy(config: SimulationConfig, economy: Economy) -> None:
    other = simulate_economy(config.model_copy(update={"seed": 43}))
    assert not other.transfers.equals(economy.transfers)
    assert not other.labels.equals(economy.labels)
    assert not other.ground_truth.equals(economy.ground_truth)


def test_the_tables_keep_the_contract(economy: Economy) -> None:
    assert economy.transfers.schema == TRANSFERS.schema
    assert economy.labels.schema == ADDRESS_LABELS.schema
    assert economy.ground_truth.schema == GROUND_TRUTH_BY_ADDRESS.schema
    for table in (economy.transfers, economy.labels):
        assert sum(table.null_count().row(0)) == 0


def test_rows_are_sorted_and_keys_unique(economy: Economy) -> None:
    transfers = economy.transfers
    assert_frame_equal(transfers, transfers.sort("block_timestamp", "tx_id"))
    assert transfers["tx_id"].n_unique() == transfers.height
    truth = economy.ground_truth
    assert truth.select("address", "pattern_instance_id").n_unique() == truth.height


def test_every_transfer_is_positive_and_within_the_days(economy: Economy) -> None:
    transfers = economy.transfers
    for name in ("amount", "amount_usd", "fee"):
        assert (transfers[name] > 0).all()
    assert (transfers["from_address"] != transfers["to_address"]).all()
    day = pl.from_epoch("block_timestamp", time_unit="ms").dt.date()
    first, last = transfers.select(first=day.min(), last=day.max()).row(0)
    assert str(first) == "2025-01-01"
    assert str(last) == "2025-03-01"  # the 60th day


def test_several_assets_are_paid_in_and_one_is_a_dollar(economy: Economy) -> None:
    counts = economy.transfers["asset_symbol"].value_counts()
    assert set(counts["asset_symbol"]) == {"USDX", "TAUR", "WETR"}
    dollars = economy.transfers.filter(pl.col("asset_symbol") == "USDX")
    assert (dollars["amount"] == dollars["amount_usd"]).all()


def test_nearly_every_account_has_a_transfer(economy: Economy, config: SimulationConfig) -> None:
    seen = pl.concat([economy.transfers["from_address"], economy.transfers["to_address"]])
    assert 0.85 < seen.n_unique() / config.accounts < 1


def test_the_hours_follow_daily_life(economy: Economy) -> None:
    hours = economy.transfers.select(
        pl.from_epoch("block_timestamp", time_unit="ms").dt.hour()
    ).to_series()
    assert (
        0.05 < np.mean(hours.to_numpy() < 6) < 0.2
    )  # a quarter of the day, and bots know no night


def test_amounts_and_degrees_have_heavy_tails(economy: Economy) -> None:
    usd = economy.transfers["amount_usd"].cast(pl.Float64)
    assert float(usd.quantile(0.999) or 0) > 300 * float(usd.median() or 0)  # type: ignore[arg-type]
    degree = economy.transfers.group_by("to_address").agg(pl.col("from_address").n_unique())
    degrees = degree["from_address"].sort(descending=True)
    assert degrees[0] > 100 * float(degrees.median() or 0)  # type: ignore[arg-type]


def test_the_economy_grows_with_the_households_that_open_accounts() -> None:
    """Of four economies together: one alone has from 1.07 to 1.21 times as many transfers later on."""
    assert _later_by_earlier(growth=0.0) == pytest.approx(1.0, abs=0.05)
    assert _later_by_earlier(growth=0.35) > 1.08


def _later_by_earlier(growth: float) -> float:
    weeks = np.zeros(8)
    for seed in range(1, 5):
        config = SimulationConfig(accounts=2_000, days=56, base_rate=0.02, seed=seed, growth=growth)
        ms = simulate_economy(config).transfers["block_timestamp"].to_numpy()
        weeks += np.bincount((ms - ms.min()) // (7 * 86_400_000), minlength=8)
    return float(weeks[5:8].sum() / weeks[1:4].sum())


def test_planted_accounts_have_transfers_and_no_label_of_a_service(economy: Economy) -> None:
    guilty = economy.ground_truth.filter("is_illicit")["address"]
    seen = set(economy.transfers["from_address"]) | set(economy.transfers["to_address"])
    assert set(guilty) <= seen
    public = economy.labels.filter(pl.col("address_type") != "scam")["address"]
    assert set(guilty).isdisjoint(public)


def test_half_of_the_guilty_also_live_an_ordinary_life(economy: Economy, world: World) -> None:
    people = set(economy.addresses.gather(world.population.people))
    guilty = economy.ground_truth.filter("is_illicit")["address"]
    assert 0.4 < np.mean([address in people for address in guilty]) < 0.75
    bought = economy.transfers.filter(pl.Series(economy.ledger.planted < 0))
    lively = set(bought["from_address"]) & people & set(guilty)
    assert len(lively) > 0.8 * len(people & set(guilty))


def test_the_ledger_says_which_transfers_a_scheme_made(economy: Economy) -> None:
    planted = economy.ledger.planted
    assert 0.005 < np.mean(planted >= 0) < 0.1
    ends = economy.transfers.filter(pl.Series(planted == 0))
    instance = economy.ground_truth.filter(pl.col("pattern_instance_id").str.ends_with("-00000"))
    members = set(instance["address"])
    assert all(
        one in members or other in members
        for one, other in ends.select("from_address", "to_address").rows()
    )


def test_a_new_part_of_life_changes_none_of_the_others(
    config: SimulationConfig, economy: Economy, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = {name: pay for name, pay in LIFE.items() if name != "rents"}
    monkeypatch.setattr(life, "LIFE", without)
    fewer = simulate_economy(config)
    content = [name for name in TRANSFERS.schema if name != "tx_id"]
    assert 0 < fewer.transfers.height < economy.transfers.height
    assert fewer.transfers.join(economy.transfers, on=content, how="anti").is_empty()
    assert_frame_equal(fewer.ground_truth, economy.ground_truth)


def test_an_economy_is_written_as_three_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(economy, "_ROWS_PER_PIECE", 100)  # in many pieces
    small = simulate_economy(SMALL)
    folder = tmp_path / "new" / "economy"
    write(small, folder)
    assert sorted(path.name for path in folder.iterdir()) == FILES
    for name, table in zip(FILES, (small.labels, small.ground_truth, small.transfers), strict=True):
        assert_frame_equal(pl.read_parquet(folder / name), table)


def test_writing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "other", "other"):  # the last over what is there
        write(simulate_economy(SMALL), tmp_path / folder)
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    with pytest.raises(OutputError, match=r"file: cannot be written: .*; see to it, or name"):
        write(simulate_economy(SMALL), in_the_way)


def test_an_economy_without_a_transfer_is_written_all_the_same(tmp_path: Path) -> None:
    small = simulate_economy(SMALL)
    empty = replace(
        small,
        ledger=type(small.ledger)(
            **{name: getattr(small.ledger, name)[:0] for name in small.ledger.__slots__}
        ),
    )
    write(empty, tmp_path / "e")
    assert pl.read_parquet(tmp_path / "e" / "transfers.parquet").schema == TRANSFERS.schema


def test_stages_are_told_in_order() -> None:
    told: list[str] = []
    simulate_economy(SMALL, told.append)
    assert told == ["moving in", "living", "arranging", "settling", "finding out"]
