"""What docs/simulation.md says to type works as it stands, and it leaves out nothing there is."""

import re
import runpy
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from aml_miner.simulation import SimulationConfig, config, planting, simulate_economy
from aml_miner.simulation.schemes import TYPOLOGIES
from tests.cli.pages import blocks_of, read_page, run_commands
from tests.cli.running import Run

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = read_page("simulation.md")
SCRIPT = REPOSITORY / "scripts" / "draw_simulation_plots.py"


def test_every_command_of_the_page_runs(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = blocks_of(PAGE, "sh")
    assert run_commands(run, block, after="") > 0
    assert (tmp_path / "economy-batch" / "alerts.parquet").is_file()


def test_the_kind_of_the_page_is_planted(monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = blocks_of(PAGE, "python")
    written: dict[str, Any] = {"__name__": "simulation_page"}
    monkeypatch.setitem(sys.modules, "simulation_page", ModuleType("simulation_page"))
    exec(compile(code, "simulation.md", "exec"), written)  # noqa: S102
    more = {**TYPOLOGIES, "round_trip": written["ROUND_TRIP"]}
    for module in (planting, config):
        monkeypatch.setattr(module, "TYPOLOGIES", more)
    knobs = SimulationConfig(
        accounts=400, days=20, base_rate=0.05, typologies=dict.fromkeys(TYPOLOGIES, 0.0)
    )
    truth = simulate_economy(knobs).ground_truth.filter("is_illicit")
    assert set(truth["role"]) == {"round_trip_owner", "round_trip_straw_man"}


@pytest.mark.parametrize("kind", TYPOLOGIES)
def test_every_kind_of_laundering_is_in_the_table(kind: str) -> None:
    assert f"| `{kind}` |" in PAGE


@pytest.mark.parametrize("knob", SimulationConfig.model_fields)
def test_every_knob_or_its_option_is_explained(knob: str) -> None:
    option = knob.replace("_", "-")
    assert re.search(rf"^\| (`--{option} |.*`{knob}`)", PAGE, re.MULTILINE)


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (REPOSITORY / "docs" / target).exists(), target


def test_the_quantiles_are_those_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--check"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert ended.value.code == 0
