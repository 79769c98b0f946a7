"""``aml-miner explain`` says what the library says, and an impossible wish says what to do."""

import json
from pathlib import Path

import polars as pl
import pytest

from aml_miner.scoring.explained import find_explained
from aml_miner.scoring.waterfall_svg import waterfall_svg
from tests.cli.running import Run


@pytest.fixture
def results(world: Path, run: Run, tmp_path: Path) -> Path:
    out = tmp_path / "results"
    assert run("score", world / "batch", "--models", world / "models", "--out", out).code == 0
    return out


@pytest.fixture
def alert_id(results: Path) -> str:
    return str(pl.read_parquet(results / "alert_scores.parquet").sort("score")["alert_id"][-1])


def test_waterfall_tells_every_reason_with_its_sign(results: Path, alert_id: str, run: Run) -> None:
    ran = run("explain", alert_id, results)
    assert ran.code == 0
    (found,) = find_explained(results, alert_id)
    told = " ".join(ran.out.split())
    assert told.startswith(f"Alert {alert_id} on {found.address} score {found.score:.3f}, rank ")
    for reason in found.explanation.reasons:
        assert f"{reason.contribution:+.3f}".replace("-", "−") in told
        assert reason.reason[:30] in told
    assert "raw score; the score is" in told
    assert "█" in ran.out
    assert "By family: alert " in told


def test_json_and_picture_are_what_the_library_makes(
    results: Path, alert_id: str, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "why.svg"
    ran = run("explain", alert_id, results, "--json", "--svg", path)
    found = find_explained(results, alert_id)
    assert json.loads(ran.out) == {"found": [one.to_dict() for one in found], "svg": str(path)}
    assert path.read_text(encoding="utf-8") == waterfall_svg(found)


def test_batch_and_models_tell_more(
    world: Path, results: Path, alert_id: str, run: Run, tmp_path: Path
) -> None:
    ran = run(
        "explain", alert_id, results, "--batch", world / "batch", "--models", world / "models",
        "--features", 12, "--json",
    )  # fmt: skip
    (told,) = json.loads(ran.out)["found"]
    row = pl.read_parquet(world / "batch" / "alerts.parquet").filter(pl.col("alert_id") == alert_id)
    assert told["facts"]["description"] == row["description"].item()
    assert len(told["explanation"]["top_features"]) == 12
    shown = run(
        "explain", alert_id, results, "--batch", world / "batch", "--svg", tmp_path / "w.svg"
    )
    assert row["description"].item()[:40] in shown.out
    assert shown.out.endswith(f"The picture is {tmp_path / 'w.svg'}.\n")


def test_cluster_is_explained_too(results: Path, run: Run) -> None:
    clusters = pl.read_parquet(results / "cluster_scores.parquet").sort("score")
    ran = run("explain", clusters["cluster_id"][0], results)
    assert ran.code == 0
    assert ran.out.startswith(f"Cluster {clusters['cluster_id'][0]}\nscore ")


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (["--models", "m"], 7, "--models needs --batch"),
        (["--batch", "b", "--features", "9"], 7, "--features needs --models"),
        (["--batch", "nowhere"], 3, "there is no such folder"),
        (["--svg", "nowhere/why.svg"], 6, "cannot be written"),
    ],
)
def test_impossible_wish_says_what_to_do(
    results: Path, alert_id: str, run: Run, more: list[str], code: int, message: str
) -> None:
    ran = run("explain", alert_id, results, *more)
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err


def test_unknown_id_has_an_exit_code_of_its_own(results: Path, run: Run) -> None:
    ran = run("explain", "alert-999", results, "--json")
    assert ran.code == 11
    assert json.loads(ran.out)["error"] == "UnknownAlertError"


def test_folder_without_results_says_how_to_make_some(tmp_path: Path, run: Run) -> None:
    ran = run("explain", "alert-1", tmp_path)
    assert ran.code == 3
    assert "aml-miner score BATCH --out" in ran.err


def test_what_argues_against_is_told_in_three_ways(capsys: pytest.CaptureFixture[str]) -> None:
    from dataclasses import replace

    from aml_miner.cli.explaining import print_explained
    from tests.scoring.test_waterfall import ALERT, EXPLANATION

    for against, words in (
        (EXPLANATION.against, "besides:\n  −0.250 is in a group"),
        (EXPLANATION.against[:1], "stands among the reasons above"),
        ((), "Nothing argues against"),
    ):
        print_explained(replace(ALERT, explanation=replace(EXPLANATION, against=against)))
        out = capsys.readouterr().out
        assert words in out
        assert "░" in out
