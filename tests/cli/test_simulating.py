"""``aml-miner simulate`` writes what the library makes, whole or not at all."""

import json
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from aml_miner.simulation import load_simulation_config, simulate_economy, sizing
from tests.cli.running import Run

SMALL = ("--accounts", 300, "--days", 10, "--base-rate", 0.1)


def test_simulate_writes_what_the_library_makes(run: Run, tmp_path: Path) -> None:
    ran = run("simulate", "--out", tmp_path / "e", *SMALL, "--seed", 5)
    assert ran.code == 0
    config = load_simulation_config(accounts=300, days=10, base_rate=0.1, seed=5)
    economy = simulate_economy(config)
    for name, table in (
        ("transfers", economy.transfers),
        ("address_labels", economy.labels),
        ("ground_truth", economy.ground_truth),
    ):
        assert_frame_equal(pl.read_parquet(tmp_path / "e" / f"{name}.parquet"), table)
    assert f"transfers{economy.transfers.height:>31,}" in ran.out
    labels = tmp_path / "e" / "address_labels.parquet"
    told = f"aml-miner monitor {tmp_path / 'e'} --labels {labels} --network simulated --out BATCH"
    assert told in ran.out


def test_the_seed_is_the_settings_own_when_not_given(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANDOM_SEED", "5")
    for name, seed in (("default", ()), ("five", ("--seed", 5)), ("six", ("--seed", 6))):
        run("simulate", "--out", tmp_path / name, *SMALL, *seed)
    default, five, six = (
        (tmp_path / name / "transfers.parquet").read_bytes() for name in ("default", "five", "six")
    )
    assert default == five != six


@pytest.mark.parametrize(
    ("knobs", "option", "seed"),
    [
        ("growth: 0.2", (), 5),
        ("seed: 9", (), 9),
        ("seed: 9", ("--seed", 6), 6),
    ],
)
def test_the_seed_of_a_file_goes_before_the_settings_and_the_option_before_both(
    knobs: str,
    option: tuple[object, ...],
    seed: int,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RANDOM_SEED", "5")
    file = tmp_path / "own.yaml"
    file.write_text(knobs)
    ran = run("simulate", "--out", tmp_path / "e", *SMALL, "--config", file, *option, "--json")
    assert json.loads(ran.out)["seed"] == seed


def test_a_file_of_knobs_is_read_and_named_knobs_go_before_it(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("accounts: 300\ndays: 20\nseed: 9\nnetwork: toytown\nbase_rate: 0.1\n")
    ran = run("simulate", "--out", tmp_path / "e", "--config", file, "--days", 10, "--json")
    report = json.loads(ran.out)
    assert (report["accounts"], report["days"], report["seed"]) == (300, 10, 9)
    labels = pl.read_parquet(tmp_path / "e" / "address_labels.parquet")
    assert set(labels["network"]) == {"toytown"}


def test_json_counts_what_is_in_the_files(run: Run, tmp_path: Path) -> None:
    ran = run("simulate", "--out", tmp_path / "e", *SMALL, "--json")
    report = json.loads(ran.out)
    truth = pl.read_parquet(tmp_path / "e" / "ground_truth.parquet")
    assert report["illicit_addresses"] == truth.filter("is_illicit")["address"].n_unique()
    assert report["schemes"] == len({*truth["pattern_instance_id"]} - {""})
    assert report["transfers"] == pl.read_parquet(tmp_path / "e" / "transfers.parquet").height


def test_alerts_choose_the_number_of_accounts(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizing, "count_alerts", lambda config: config.accounts // 10)
    ran = run("simulate", "--out", tmp_path / "e", "--alerts", 40, "--days", 7, "--json")
    assert json.loads(ran.out)["accounts"] == 400


def test_accounts_and_alerts_exclude_each_other(run: Run, tmp_path: Path) -> None:
    ran = run("simulate", "--out", tmp_path / "e", "--alerts", 40, "--accounts", 300)
    assert ran.code == 2
    assert "--accounts and --alerts exclude each other" in ran.err


def test_an_impossible_knob_writes_nothing(run: Run, tmp_path: Path) -> None:
    ran = run("simulate", "--out", tmp_path / "e", "--accounts", 3)
    assert ran.code == 7
    assert "economy: 'accounts': Input should be greater than or equal to 200" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    ran = run("simulate", "--out", tmp_path, *SMALL)
    assert ran.code == 6
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


def test_an_economy_is_replaced_by_another(run: Run, tmp_path: Path) -> None:
    for seed in (1, 2):
        assert run("simulate", "--out", tmp_path / "e", *SMALL, "--seed", seed).code == 0
    run("simulate", "--out", tmp_path / "fresh", *SMALL, "--seed", 2)
    again, fresh = (tmp_path / name / "transfers.parquet" for name in ("e", "fresh"))
    assert again.read_bytes() == fresh.read_bytes()


@pytest.mark.parametrize("text", ["", "\n  \n", "# accounts: 900\n\n   # days: 12\n"])
def test_an_empty_file_of_knobs_changes_nothing(text: str, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(text)
    assert run("simulate", "--out", tmp_path / "e", "--config", file, *SMALL, "--seed", 5).code == 0
    assert run("simulate", "--out", tmp_path / "bare", *SMALL, "--seed", 5).code == 0
    given, bare = (tmp_path / name / "transfers.parquet" for name in ("e", "bare"))
    assert given.read_bytes() == bare.read_bytes()


def test_a_missing_file_of_knobs_is_told(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    ran = run("simulate", "--out", tmp_path / "e", "--config", file)
    assert (ran.code, ran.err) == (7, f"error: {file}: there is no such file; check the path.\n")
