"""Every walk-through of docs/customisation.md works as it stands."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from aml_miner.config.model_config import load_model_config
from aml_miner.evaluation.evaluation import evaluate
from aml_miner.evaluation.intervals import Interval
from aml_miner.evaluation.judged import Judged
from aml_miner.evaluation.measures import LOWER_IS_BETTER, RANKING_METRICS
from aml_miner.simulation import SimulationConfig, simulate_economy, write_economy
from aml_miner.training import assessment
from aml_miner.training.assessment import assess
from aml_miner.training.rows import LabelledRows
from tests.cli.pages import blocks_of, lay_out_demo, read_page, run_commands
from tests.cli.running import Run
from tests.monitoring.graphs import Line
from tests.monitoring.typologies.found import findings

PAGE = read_page("customisation.md")


@pytest.fixture(scope="module")
def made(world: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the page's code leaves, one block after the other, beside a folder as the demo leaves it."""
    root = tmp_path_factory.mktemp("fork")
    lay_out_demo(root, world, "past")
    names: dict[str, Any] = {"__name__": "customisation"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        for block in blocks_of(PAGE, "python"):
            exec(compile(block, "customisation.md", "exec", dont_inherit=True), names)  # noqa: S102
    return names


def test_every_block_runs(made: dict[str, Any]) -> None:
    assert PAGE.count("\n## ") == 1 + len(blocks_of(PAGE, "python")) == 6
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
    make, block, _ = blocks_of(PAGE, "sh")
    assert make == "make demo\n"
    page, check, tests, *commands = block.splitlines()
    assert page == ".venv/bin/python scripts/write_features_page.py"
    assert (check, tests.split()[-1]) == ("make check", "tests/features")
    assert run_commands(run, "\n".join(commands), after="") == 4
    assert (tmp_path / "my-models" / "golden.json").is_file()


def test_model_of_the_page_reads_the_graph_alone(made: dict[str, Any]) -> None:
    assert "alert_confidence_score" not in made["again"].feature_names
    assert made["again"].version == made["model"].version


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
