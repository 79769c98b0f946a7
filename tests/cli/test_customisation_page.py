"""Every walk-through of docs/customisation.md works as it stands."""

from pathlib import Path
from typing import Any

import pytest

from aml_miner.simulation import SimulationConfig, simulate_economy, write_economy
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
