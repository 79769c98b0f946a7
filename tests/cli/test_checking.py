"""``check`` reads every table of a batch, also those that ``score`` leaves unread."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from aml_miner.batch.reading import read_batch
from aml_miner.cli.checking import _remarks
from tests.cli.running import Run


@pytest.fixture
def without_meta(world: Path, tmp_path: Path) -> Callable[[str, pl.DataFrame], Path]:
    """Make a copy of the batch with one table replaced, for which no META.json vouches."""

    def replace_table(name: str, table: pl.DataFrame) -> Path:
        folder = tmp_path / "batch"
        shutil.copytree(world / "batch", folder)
        (folder / "META.json").unlink()
        table.write_parquet(folder / f"{name}.parquet")
        return folder

    return replace_table


def test_a_sound_batch_is_counted_table_by_table(world: Path, run: Run) -> None:
    ran = run("check", world / "batch")
    batch = read_batch(world / "batch")
    assert batch.money_flows is not None
    assert ran.code == 0
    assert "every table keeps the contract" in ran.out
    assert f"{batch.money_flows.height:,}" in ran.out


def test_negative_money_flow_is_refused_by_check_and_unread_by_score(
    world: Path, run: Run, tmp_path: Path, without_meta: Callable[[str, pl.DataFrame], Path]
) -> None:
    flows = pl.read_parquet(world / "batch" / "money_flows.parquet")
    first = pl.int_range(pl.len()) == 0
    worse = flows.with_columns(
        amount_usd_sum=pl.when(first).then(-1).otherwise(pl.col("amount_usd_sum").cast(pl.Float64))
    )
    folder = without_meta("money_flows", worse)
    checked = run("check", folder, "--allow-unverified")
    assert checked.code == 3
    assert "money_flows" in checked.err
    assert "'amount_usd_sum'" in checked.err
    models = ("--models", world / "models", "--allow-unverified")
    assert run("score", folder, "--out", tmp_path / "r", *models).code == 0


def test_json_holds_the_report(world: Path, run: Run) -> None:
    ran = run("check", world / "batch", "--json")
    told = json.loads(ran.out)
    report = read_batch(world / "batch").report
    assert told["rows"] == dict(report.rows)
    assert told["duplicate_alert_ids"] == report.duplicate_alert_ids


def test_what_is_lacking_or_odd_is_said(
    world: Path, run: Run, without_meta: Callable[[str, pl.DataFrame], Path]
) -> None:
    alerts = pl.read_parquet(world / "batch" / "alerts.parquet")
    odd = pl.concat([alerts, alerts.head(2).with_columns(severity=pl.lit("awful"))])
    folder = without_meta("alerts", odd.drop("pattern_type").with_columns(mood=pl.lit(1)))
    told = run("check", folder, "--allow-unverified").out
    assert "alerts that repeat an alert_id: 2" in told
    assert "alerts with an unknown severity: 2" in told
    assert "alerts: absent, so unknown: pattern_type" in told
    assert "alerts: not of the contract, so ignored: mood" in told
    assert "META.json does not vouch for all files" in told


def test_listed_files_that_are_gone_are_named(world: Path) -> None:
    report = replace(read_batch(world / "batch").report, missing_files=("extra.parquet",))
    assert "listed in META.json and not there: extra.parquet" in _remarks(report)
