"""Every walk-through of docs/customisation.md works as it stands."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from starlette.testclient import TestClient

from aml_miner.api.app import create_app
from aml_miner.config.model_config import load_model_config
from aml_miner.config.settings import Settings
from aml_miner.errors import ModelRejectedError
from aml_miner.evaluation.evaluation import evaluate
from aml_miner.evaluation.intervals import Interval
from aml_miner.evaluation.judged import Judged
from aml_miner.evaluation.measures import LOWER_IS_BETTER, RANKING_METRICS
from aml_miner.models import AlertScorerModel, ModelMetadata, load_models
from aml_miner.models.artifact import OBJECTIVES
from aml_miner.scoring import score_alerts
from aml_miner.scoring.golden import check_golden, golden_batch, golden_rows
from aml_miner.simulation import SimulationConfig, simulate_economy, write_economy
from aml_miner.training import assessment
from aml_miner.training.assessment import assess
from aml_miner.training.rows import LabelledRows
from tests.api.asking import wait_until_ready
from tests.cli.pages import blocks_of, lay_out_demo, read_page, run_commands
from tests.cli.running import Run
from tests.monitoring.graphs import Line
from tests.monitoring.typologies.found import findings

PAGE = read_page("customisation.md")
QUICK = """
ranker: {n_estimators: 5, scorer_trees: 5}
cluster: {n_estimators: 5}
evaluation: {cv_folds: 2, bootstrap_resamples: 10}
"""
"""What a test of the alert scorer need not wait for."""


@pytest.fixture(scope="module")
def made(world: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the page's code leaves, one block after the other, beside a folder as the demo leaves it."""
    root = tmp_path_factory.mktemp("fork")
    (lay_out_demo(root, world, "past") / "models").symlink_to(world / "models")
    names: dict[str, Any] = {"__name__": "customisation"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        names["root"] = root
        for block in blocks_of(PAGE, "python"):
            exec(compile(block, "customisation.md", "exec", dont_inherit=True), names)  # noqa: S102
    return names


def test_every_block_runs(made: dict[str, Any]) -> None:
    sections = PAGE.split("\n## ")[2:]
    assert len(sections) == 5
    assert all(blocks_of(section, "python") for section in sections)
    assert {"feature", "FrozenAccounts", "detect_round_sums", "model", "found"} <= made.keys()


def test_commands_from_a_clone_to_a_server_run(
    world: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = lay_out_demo(tmp_path, world, "past")
    transfers, today = out / "transfers" / "today", out / "batches" / "today"
    economy = SimulationConfig(accounts=1_000, days=60, base_rate=0.06, seed=7)
    write_economy(simulate_economy(economy), transfers)  # judged on another than was learned from
    run("monitor", transfers, "--out", today, "--network", "simulated")
    run("score", today, "--models", world / "models", "--out", out / "results")
    monkeypatch.chdir(tmp_path)
    make, block, *_ = blocks_of(PAGE, "sh")
    assert make == "make demo\n"
    page, check, tests, *commands = block.splitlines()
    assert page == ".venv/bin/python scripts/write_features_page.py"
    assert (check, tests.split()[-1]) == ("make check", "tests/features")
    assert run_commands(run, "\n".join(commands), after="") == 4
    assert (tmp_path / "my-models" / "golden.json").is_file()


def test_configuration_of_the_page_is_what_train_grows_by(
    world: Path, run: Run, tmp_path: Path
) -> None:
    mine, models = tmp_path / "mine.yaml", tmp_path / "models"
    (configuration,) = blocks_of(PAGE, "yaml")
    mine.write_text(configuration + QUICK)
    truth = world / "transfers" / "ground_truth.parquet"
    ran = run("train", world / "batch", "--truth", truth, "--config", mine, "--out", models)
    assert ran.code == 0
    metadata = load_models(models).alert_scorer.metadata
    four = ("clustering_coefficient", "degree_in", "degree_out", "kcore")
    assert tuple(sorted(metadata.feature_names)) == four
    assert metadata.parameters["extra_trees"] is True


def test_model_of_the_page_reads_the_graph_alone(made: dict[str, Any]) -> None:
    assert "alert_confidence_score" not in made["again"].feature_names
    assert made["again"].version == made["model"].version


def test_model_of_the_page_stands_in_the_alert_scorers_place(made: dict[str, Any]) -> None:
    folder = made["root"] / "graph-models"
    models = load_models(folder)
    assert models.alert_scorer.version == made["model"].version
    assert check_golden(models, folder)


def test_fit_of_the_page_is_what_train_score_and_serve_go_by(
    world: Path,
    made: dict[str, Any],
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("fit_alert_scorer", "train_alert_scorer"):
        monkeypatch.setattr(f"aml_miner.training.train_models.{name}", made[name])
    quick, folder, results = (tmp_path / name for name in ("quick.yaml", "models", "results"))
    quick.write_text("scorer: {n_estimators: 20}" + QUICK)
    truth = world / "transfers" / "ground_truth.parquet"
    ran = run("train", world / "batch", "--truth", truth, "--config", quick, "--out", folder)
    assert ran.code == 0
    assert run("score", world / "batch", "--models", folder, "--out", results).code == 0
    models, batch = load_models(folder), made["batch"]
    assert models.alert_scorer.metadata.parameters["objective"] == "loss of misses"
    assert models.alert_scorer.metadata.calibration is not None
    expected = score_alerts(batch, models.alert_scorer)["score"].sort()
    assert pl.read_parquet(results / "alert_scores.parquet")["score"].sort().equals(expected)
    with TestClient(create_app(Settings(models_dir=folder, api_workers=1))) as client:
        wait_until_ready(client)
        served = [row["score"] for row in client.post("/score/alerts", json=golden_rows()).json()]
    assert served == score_alerts(golden_batch(), models.alert_scorer)["score"].to_list()


class Wider(ModelMetadata):
    """What metadata is with one more name in ``Kind``."""

    kind: Literal["graph_scorer"]  # type: ignore[assignment]


def test_kind_of_ones_own_is_trained_saved_loaded_asked_and_explained(
    made: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("models.artifact", "training.boosting"):
        monkeypatch.setattr(f"aml_miner.{module}.ModelMetadata", Wider)
    monkeypatch.setitem(OBJECTIVES, "graph_scorer", "binary")  # type: ignore[misc]
    own = type("OwnModel", (made["GraphScorerModel"],), {"kind": "graph_scorer", "__slots__": ()})
    few = made["config"].scorer.model_copy(update={"n_estimators": 5})
    minimum = made["config"].minimum_alerts
    model = made["train_model"](own, made["graph"], few, 42, minimum=minimum)
    model.save(tmp_path / "own")
    again = own.load(tmp_path / "own")
    features = again.prepare_features(made["batch"])
    assert again.predict(features).tobytes() == model.predict(features).tobytes()
    added = again.contributions(features)
    total = added.values.sum(axis=1) + added.base_value
    np.testing.assert_allclose(total, again.raw_scores(features), rtol=0, atol=1e-12)
    with pytest.raises(ModelRejectedError, match="expected a model of kind 'alert_scorer'"):
        AlertScorerModel.load(tmp_path / "own")


@pytest.fixture
def added_metric(made: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> str:
    """The page's metric where the page puts it."""
    name = "licit_in_first_half"
    monkeypatch.setitem(RANKING_METRICS, name, made[name])  # type: ignore[arg-type]
    monkeypatch.setattr(assessment, "METRICS", {**assessment.METRICS, **RANKING_METRICS})
    monkeypatch.setattr(assessment, "LOWER_IS_BETTER", LOWER_IS_BETTER | {name})
    return name


def test_lower_is_better_metric_of_the_page_is_judged_so_by_train(
    made: dict[str, Any], added_metric: str
) -> None:
    def best(train: LabelledRows, test: LabelledRows) -> NDArray[np.float64]:
        del train
        return test.labels.astype(np.float64)

    def worst(train: LabelledRows, test: LabelledRows) -> NDArray[np.float64]:
        return -best(train, test)

    few = load_model_config().evaluation.model_copy(update={"bootstrap_resamples": 50})
    notes = {
        judge: assess({"alert_scorer": judge}, made["rows"], few, 1)["alert_scorer"].notes
        for judge in (best, worst)
    }
    told = {judge: [n for n in said if n.startswith("worse")] for judge, said in notes.items()}
    assert told[best] == []
    (beside,) = (note for note in told[worst] if note.startswith("worse than volume in "))
    assert added_metric in beside


def test_lower_is_better_metric_of_the_page_is_measured_by_evaluate(
    made: dict[str, Any], added_metric: str
) -> None:
    rows: LabelledRows = made["rows"]
    right = rows.labels.astype(np.float64)
    judged = Judged(
        "alerts",
        rows.keys.select("id", "address", "label", "grade"),
        {},
        {"right": right, "wrong": -right},
        frozenset(),
    )
    few = load_model_config().evaluation.model_copy(update={"bootstrap_resamples": 50})
    difference = evaluate(judged, few, 1).whole.differences["wrong"][added_metric]
    assert isinstance(difference, Interval)
    assert difference.high < 0.0


@pytest.mark.parametrize(
    ("amounts", "found"), [([300.0] * 5, [0, 1]), ([301.0] * 5, []), ([300.0] * 2, [])]
)
def test_rule_of_the_page_finds_round_sums(
    made: dict[str, Any], amounts: list[float], found: list[int]
) -> None:
    lines: list[Line] = [("p", "q", usd, float(hour)) for hour, usd in enumerate(amounts)]
    parameters = made["RoundSumsParameters"](min_ratio=0.8, min_transfers=4)
    rule = made["detect_round_sums"]
    assert [f.address for f in findings(lambda a, f: rule(a, f, parameters), *lines)] == found
