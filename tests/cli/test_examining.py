"""The doctor as a command: a line per check, an exit code, and JSON."""

import json
import shutil
from pathlib import Path

import pytest

from aml_miner.cli.examining import UNFIT
from aml_miner.models.metadata import digest_names
from tests.cli.running import Run


def test_trained_models_pass(world: Path, run: Run) -> None:
    ran = run(
        "doctor", "--models", world / "models", "--batch", world / "batch", "--draws", 2, "--quick"
    )
    lines = ran.out.splitlines()
    assert ran.code == 0
    assert lines[-1] == f"{len(lines) - 1} checks: {len(lines) - 5} pass, 4 skipped."
    assert {line[:8].strip() for line in lines[:-1]} == {"pass", "skipped"}


def test_a_reordered_column_is_told_and_exits_with_13(
    world: Path, run: Run, tmp_path: Path
) -> None:
    models = Path(shutil.copytree(world / "models", tmp_path / "m"))
    path = models / "alert_scorer" / "metadata.json"
    metadata = json.loads(path.read_text())
    names = [metadata["feature_names"][place] for place in (1, 0)] + metadata["feature_names"][2:]
    path.write_text(
        json.dumps(metadata | {"feature_names": names, "feature_names_sha256": digest_names(names)})
    )
    ran = run("doctor", "--models", models, "--quick", "--json")
    told = json.loads(ran.out)
    failed = [check for check in told["checks"] if check["status"] == "fail"]
    assert (ran.code, told["passed"]) == (UNFIT, False)
    assert [check["name"] for check in failed] == ["alert_scorer is whole"]
    assert f"must name feature 0 '{names[1]}' as model.txt; found {names[0]}" in failed[0]["found"]


def test_what_to_do_stands_below_a_failure(world: Path, run: Run, tmp_path: Path) -> None:
    models = Path(shutil.copytree(world / "models", tmp_path / "m"))
    path = models / "cluster_scorer" / "metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text())))
    ran = run("doctor", "--models", models, "--batch", world / "batch", "--quick")
    lines = ran.out.splitlines()
    (place,) = [n for n, line in enumerate(lines) if line.startswith("fail")]
    assert ran.code == UNFIT
    assert "cluster_scorer saves as it is" in lines[place]
    assert lines[place + 1].startswith("        → save the model by this program")
    assert lines[-1].endswith("4 skipped, 1 fail.")


@pytest.mark.parametrize("option", [("--draws", -1), ("--seed", "x")])
def test_wrong_arguments_are_refused(world: Path, run: Run, option: tuple[object, ...]) -> None:
    assert run("doctor", "--models", world / "models", *option).code == 2
