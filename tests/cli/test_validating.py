"""``validate`` and ``ensemble`` by agreement with the library."""

import json
import re
import sys
from pathlib import Path

import polars as pl
import pytest

from aml_miner.batch.reading import read_batch
from aml_miner.cli.printing import print_json
from aml_miner.cli.validating import REJECTED
from aml_miner.training.truth import read_truth
from aml_miner.validator.case import Evidence, make_case
from aml_miner.validator.ensemble import combine
from aml_miner.validator.judging import judge
from aml_miner.validator.profile import load_profile, profile_names
from aml_miner.validator.submission import read_submission
from tests.cli.running import Run
from tests.cli.test_printing import Terminal
from tests.cli.test_start_up import MODELS, SERVER, loaded_by

RISK, TIERS = profile_names()


@pytest.fixture(scope="module")
def results(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the world's batch, written by the library."""
    from aml_miner.models import load_models
    from aml_miner.scoring import score_batch, write_results

    folder = tmp_path_factory.mktemp("results") / "r"
    write_results(score_batch(read_batch(world / "batch"), load_models(world / "models")), folder)
    return folder


def test_json_is_the_librarys_report(
    world: Path, results: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    truth, others = world / "transfers" / "ground_truth.parquet", results / "alert_scores.parquet"
    ran = run(
        "validate", results, "--batch", world / "batch", "--profile", TIERS, "--truth", truth,
        "--traps", truth, "--others", others, "--baseline", others, "--json",
    )  # fmt: skip
    batch = read_batch(world / "batch")
    verdicts = read_truth(truth).verdicts()
    handed_in = read_submission(others)
    evidence = Evidence(
        labels=batch.address_labels,
        outcomes=verdicts,
        traps=verdicts,
        others=[handed_in],
        baseline=handed_in,
    )
    report = judge(make_case(read_submission(results), batch, evidence), load_profile(TIERS))
    print_json(report.to_dict())
    assert (ran.code, json.loads(ran.out)) == (0, json.loads(capsys.readouterr().out))


def test_table_shows_every_check_the_rewards_and_what_to_do(
    world: Path, results: Path, run: Run
) -> None:
    labels = world / "transfers" / "address_labels.parquet"
    truth = world / "transfers" / "ground_truth.parquet"
    ran = run(
        "validate", results, "--batch", world / "batch", "--profile", RISK, "--labels", labels,
        "--truth", truth, "--features-later", world / "batch" / "features.parquet",
    )  # fmt: skip
    assert ran.code == 3  # its own day is no later one
    assert "found later dates of that window: none" in ran.err
    ran = run("validate", results, "--batch", world / "batch", "--profile", RISK, "--truth", truth)
    assert ran.code == 0
    assert "Status: accepted. Reward today: 0.100." in ran.out
    assert "Taken for granted, as it is not in results: provenance." in ran.out
    assert "Not looked at under these rules: outcomes." in ran.out
    for check in load_profile(RISK).checks:
        assert check.title in ran.out
    for day in ("T+0 (today)", "T+29", "T+30"):
        assert day in ran.out
    assert "→ --features-later BATCH judges by the addresses 30 days later" in ran.out
    assert "warning: the published 3B stops on a wrong column name" in ran.out


def test_requirements_that_are_not_paid_are_shown(world: Path, results: Path, run: Run) -> None:
    ran = run("validate", results, "--batch", world / "batch", "--profile", TIERS)
    assert "asked, not paid" in ran.out
    assert "baseline agreement" in ran.out


def test_today_is_the_day_asked_for(world: Path, results: Path, run: Run) -> None:
    date = str(read_batch(world / "batch").meta.processing_date)
    asked = ("validate", results, "--batch", world / "batch", "--profile", RISK)
    assert json.loads(run(*asked, "--on", date, "--json").out)["today"] == 0
    assert json.loads(run(*asked, "--on", "2026-01-30", "--json").out)["today"] > 300
    ran = run(*asked, "--on", "2024-01-01")
    assert ran.code == 7
    assert f"--on 2024-01-01 is before the batch's processing date {date}" in ran.err


def test_the_url_handed_in_settles_the_provenance(world: Path, results: Path, run: Run) -> None:
    asked = ("validate", results, "--batch", world / "batch", "--profile", RISK, "--json")
    assert json.loads(run(*asked).out)["assumptions"] == ["provenance"]
    url = ("--model-github-url", "https://example.org/miner")
    assert json.loads(run(*asked, *url).out)["assumptions"] == []
    assert "Taken for granted" not in run(*asked[:-1], *url).out


def test_previous_results_of_the_same_day_are_refused(world: Path, results: Path, run: Run) -> None:
    asked = ("validate", results, "--batch", world / "batch", "--profile", RISK)
    ran = run(*asked, "--previous", results)
    assert ran.code == 3
    assert "previous results must be of a date before" in ran.err


def test_a_rejected_submission_leaves_with_a_code_of_its_own(
    world: Path, results: Path, run: Run, tmp_path: Path
) -> None:
    rows = pl.read_parquet(results / "alert_scores.parquet")
    rows[1:].write_parquet(tmp_path / "short.parquet")
    ran = run("validate", tmp_path / "short.parquet", "--batch", world / "batch", "--profile", RISK)
    assert ran.code == REJECTED == 8
    assert "Status: rejected. Reward today: 0.000." in ran.out
    assert "failed" in ran.out
    asked = ("validate", tmp_path / "short.parquet", "--batch", world / "batch", "--profile", RISK)
    told = run(*asked, "--json")
    assert (told.code, json.loads(told.out)["status"]) == (8, "rejected")


def test_roles_nobody_knows_are_told(world: Path, results: Path, run: Run, tmp_path: Path) -> None:
    odd = pl.DataFrame({"address": ["x"], "role": ["wizard"]})
    odd.write_parquet(tmp_path / "truth.parquet")
    asked = ("validate", results, "--batch", world / "batch", "--profile", TIERS)
    ran = run(*asked, "--truth", tmp_path / "truth.parquet", "--json")
    assert json.loads(ran.out)["status"] == "accepted"
    assert "'wizard' 1" in ran.err


def test_an_unknown_profile_is_refused(world: Path, results: Path, run: Run) -> None:
    ran = run("validate", results, "--batch", world / "batch", "--profile", "latest")
    assert ran.code == 7
    assert f"there are {RISK}, {TIERS}" in ran.err


def test_text_of_others_is_no_order_to_the_terminal(
    world: Path, results: Path, run: Run, tmp_path: Path
) -> None:
    rows = pl.read_parquet(results / "alert_scores.parquet")
    odd = rows.vstack(rows[:1].with_columns(alert_id=pl.lit("\x1b[2J[bold]x")))
    odd.write_parquet(tmp_path / "odd.parquet")
    ran = run("validate", tmp_path / "odd.parquet", "--batch", world / "batch", "--profile", RISK)
    assert "?[2J[bold]x" in ran.out


def test_table_is_as_wide_as_the_terminal(
    world: Path, results: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "90")
    run("validate", results, "--batch", world / "batch", "--profile", RISK)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    table = [line for line in plain.splitlines() if "│" in line]
    assert len(table) > 20
    assert max(map(len, table)) <= 90


def test_validate_loads_neither_models_nor_server(world: Path, results: Path) -> None:
    loaded = loaded_by("validate", results, "--batch", world / "batch", "--profile", RISK)
    assert loaded & (MODELS | SERVER) == set()


def test_ensemble_writes_what_the_library_computes(results: Path, run: Run, tmp_path: Path) -> None:
    asked = ("ensemble", results, results, "--performance", 0.8, "--performance", 0.4)
    ran = run(*asked, "--profile", RISK, "--out", tmp_path / "e")
    assert ran.code == 0
    assert f"of 2 submissions are in {tmp_path / 'e'}." in ran.out
    expected = combine([read_submission(results)] * 2, [0.8, 0.4], load_profile(RISK).ensemble)
    assert pl.read_parquet(tmp_path / "e" / "ensemble.parquet").equals(expected)
    told = json.loads(run(*asked, "--profile", RISK, "--out", tmp_path / "e", "--json").out)
    assert (told["alerts"], told["submissions"]) == (expected.height, 2)


def test_ensemble_needs_a_performance_of_each(results: Path, run: Run, tmp_path: Path) -> None:
    asked = ("ensemble", results, results, "--performance", 0.8)
    ran = run(*asked, "--profile", RISK, "--out", tmp_path / "e")
    assert ran.code == 7
    assert not (tmp_path / "e").exists()
