"""What a command does not need it does not wait for: imports take seconds where scikit-learn and pandas are there."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import json, sys
from aml_miner.cli import main
try:
    main()
except SystemExit as left:
    code = left.code
print(json.dumps({"code": code, "loaded": sorted(sys.modules)}), file=sys.stderr)
"""
MODELS = {"lightgbm", "sklearn", "pandas"}
SERVER = {"fastapi", "starlette", "uvicorn"}
TABLES = {"polars", "pyarrow", "numpy", "numba"}


def loaded_by(*arguments: object) -> set[str]:
    """Return what a command that succeeds has imported, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stderr.splitlines()[-1])
    assert (told["code"] or 0) == 0
    return set(told["loaded"])


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["score", "--help"]])
def test_help_and_version_load_neither_models_nor_server_nor_tables(arguments: list[str]) -> None:
    assert loaded_by(*arguments) & (MODELS | SERVER | TABLES) == set()


def test_digest_loads_neither_models_nor_server(world: Path) -> None:
    assert loaded_by("digest", world / "batch") & (MODELS | SERVER | {"numba"}) == set()


def test_monitor_loads_neither_models_nor_server(world: Path, tmp_path: Path) -> None:
    loaded = loaded_by("monitor", world / "transfers", "--out", tmp_path / "b")
    assert loaded & (MODELS | SERVER) == set()


def test_monitoring_itself_loads_neither_models_nor_server() -> None:
    program = "import json, sys, aml_miner.monitoring.monitoring; print(json.dumps([*sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert set(json.loads(done.stdout)) & (MODELS | SERVER) == set()


def test_score_loads_neither_lightgbm_nor_server(world: Path, tmp_path: Path) -> None:
    models = ("--models", world / "models")
    loaded = loaded_by("score", world / "batch", *models, "--out", tmp_path / "r")
    assert "numba" in loaded
    assert loaded & ({"lightgbm", "pandas", "sklearn"} | SERVER) == set()
