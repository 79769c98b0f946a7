"""``aml-miner evaluate`` says what the library says."""

import re
from dataclasses import replace
from pathlib import Path

import orjson
import polars as pl
import pytest

from aml_miner.cli.evaluating import print_evaluation
from aml_miner.config.model_config import load_model_config
from aml_miner.evaluation.budget import Budget
from aml_miner.evaluation.evaluation import evaluate
from aml_miner.evaluation.results import read_results
from aml_miner.evaluation.tables import build_tables
from aml_miner.training.judging import Beside, judge_alerts
from aml_miner.training.truth import read_truth
from tests.cli.running import Run
from tests.evaluation.test_evaluation import judged as labelled_alerts

FEW = load_model_config().evaluation.model_copy(update={"bootstrap_resamples": 5})


@pytest.fixture
def results(world: Path, run: Run, tmp_path: Path) -> Path:
    out = tmp_path / "results"
    assert run("score", world / "batch", "--models", world / "models", "--out", out).code == 0
    return out


@pytest.fixture
def few_resamples(tmp_path: Path) -> Path:
    path = tmp_path / "few.yaml"
    path.write_text("evaluation:\n  bootstrap_resamples: 20\n")
    return path


def test_json_is_what_the_library_returns(
    results: Path, world: Path, few_resamples: Path, run: Run
) -> None:
    truth = world / "transfers" / "ground_truth.parquet"
    ran = run(
        "evaluate", results, "--truth", truth, "--config", few_resamples, "--seed", 7,
        "--capacity", 20, "--json",
    )  # fmt: skip
    assert ran.code == 0
    judged = judge_alerts(read_results(results), read_truth(truth), Beside())
    parameters = load_model_config(few_resamples).evaluation
    expected = evaluate(judged, parameters, 7, Budget(capacity=20)).to_dict()
    assert orjson.loads(ran.out) == {"alerts": orjson.loads(orjson.dumps(expected))}


def test_report_for_people_names_every_scoring_segment_and_line(
    results: Path, world: Path, few_resamples: Path, run: Run
) -> None:
    ran = run(
        "evaluate", results, "--truth", world / "transfers" / "ground_truth.parquet",
        "--batch", world / "batch", "--previous", results, "--learned", world / "batch",
        "--config", few_resamples, "--recall-floor", 0.9, "--miss-cost", 20,
    )  # fmt: skip
    assert ran.code == 0
    for words in (
        "alert ranker", "severity", "alert confidence", "volume", "logistic", "previous model",
        "ndcg at 500", "calibration error", "STRUCTURING", "find at least 0.9",
        "a miss costs 20 openings", "Reliability", "same_entity", "learned from",
    ):  # fmt: skip
        assert words in ran.out


def test_page_shows_what_the_models_go_by(
    results: Path, world: Path, few_resamples: Path, run: Run, tmp_path: Path
) -> None:
    truth = world / "transfers" / "ground_truth.parquet"
    given = ("evaluate", results, "--truth", truth, "--config", few_resamples)
    pages = {}
    for name, more in {"bare": (), "whole": ("--models", world / "models")}.items():
        page = tmp_path / f"{name}.html"
        assert run(*given, "--batch", world / "batch", *more, "--report", page).code == 0
        pages[name] = page.read_text()
    assert "What the model goes by" not in pages["bare"]
    for words in ("mean absolute contribution", "reasons by", "STRUCTURING", "same_entity"):
        assert words in pages["whole"].casefold() or words in pages["whole"]
    assert pages["whole"].count("What the model goes by (SHAP)") == 2
    assert not re.search(r"https?:|<script|<link|<img|src=|@import|url\(", pages["whole"])


def test_pictures_are_of_the_models_that_made_the_results(
    results: Path, world: Path, run: Run, tmp_path: Path
) -> None:
    truth = world / "transfers" / "ground_truth.parquet"
    given = ("evaluate", results, "--truth", truth, "--models", world / "models")
    ran = run(*given)
    assert (ran.code, "name --report and --batch too" in ran.err) == (7, True)
    scores = pl.read_parquet(results / "alert_scores.parquet")
    other = tmp_path / "other.parquet"
    scores.with_columns(model_version=pl.lit("0123456789ab")).write_parquet(other)
    page = tmp_path / "page.html"
    ran = run("evaluate", other, *given[2:], "--batch", world / "batch", "--report", page)
    assert ran.code == 7
    assert "the results were made by 0123456789ab; name the models that made them." in ran.err
    assert not page.exists()


def test_impossible_budget_is_a_wrong_setting(results: Path, world: Path, run: Run) -> None:
    truth = world / "transfers" / "ground_truth.parquet"
    ran = run("evaluate", results, "--truth", truth, "--capacity", 0)
    assert (ran.code, ran.err) == (7, "error: capacity must be at least 1; found 0.\n")


def test_evaluation_without_labels_prints_dashes(capsys: pytest.CaptureFixture[str]) -> None:
    from tests.evaluation.test_budget import judged

    print_evaluation(evaluate(judged([None] * 3, [0.9, 0.8, 0.1]), FEW, 1, Budget(capacity=1)))
    out = capsys.readouterr().out
    assert out.startswith("3 alerts, 0 labelled on 0 addresses, 0 illicit.\n")
    assert "–" in out


def test_terminal_prints_every_cell_of_every_table(capsys: pytest.CaptureFixture[str]) -> None:
    evaluation = evaluate(labelled_alerts(), FEW, 1, Budget(5, 0.9, 20.0))
    print_evaluation(evaluation)
    lines = capsys.readouterr().out.splitlines()
    printed = [[cell.strip() for cell in line[1:-1].split("│")] for line in lines if line[0] == "│"]
    heads = [[cell.strip() for cell in line[1:-1].split("┃")] for line in lines if line[0] == "┃"]
    tables = list(build_tables(evaluation))
    assert len(tables) == 4
    assert heads == [list(table.columns) for table in tables]
    assert printed == [list(row) for table in tables for row in table.rows]


def test_name_from_a_file_is_no_markup_and_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    one = labelled_alerts()
    names = {"typology": one.segments["typology"].fill_null("[red]x[/red]\x1b[2J")}
    print_evaluation(evaluate(replace(one, segments=names), FEW, 1))
    out = capsys.readouterr().out
    assert "[red]x[/red]?[2J" in out
    assert "\x1b" not in out


def test_a_truth_by_which_no_alert_is_illicit_is_told(
    results: Path, few_resamples: Path, tmp_path: Path, run: Run
) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_text(f"address,is_illicit\n{_first_address(results)},false\n")
    ran = run("evaluate", results, "--truth", truth, "--config", few_resamples)
    assert ran.code == 0
    assert f"alerts is illicit by {truth}: is it the truth of these results?" in ran.err


def test_a_truth_of_other_addresses_is_refused_as_train_refuses_it(
    results: Path, tmp_path: Path, run: Run
) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_text("address,is_illicit\n0xnobody,true\n")
    ran = run("evaluate", results, "--truth", truth)
    assert (ran.code, ran.out) == (5, "")
    assert "none of its 1 addresses has an alert in these batches, first '0xnobody'" in ran.err


def test_a_truth_that_is_a_bare_list_is_told(
    results: Path, few_resamples: Path, tmp_path: Path, run: Run
) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_text(f"address\n{_first_address(results)}\n0xsomebody\n")
    ran = run("evaluate", results, "--truth", truth, "--config", few_resamples)
    assert ran.code == 0
    assert "neither 'is_illicit' nor 'role', so all 2 listed address(es) are taken" in ran.err


def _first_address(results: Path) -> str:
    return str(pl.read_parquet(results / "alert_scores.parquet")["address"].sort()[0])
