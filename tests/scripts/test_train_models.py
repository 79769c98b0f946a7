"""The pretrained models are made by one command: twice the same bytes, by the parameters the shipped ones have."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from aml_miner.config.settings import SHIPPED_MODELS

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("alert_scorer", "alert_ranker", "cluster_scorer")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The models of one small economy, made by two processes that hash otherwise."""
    folders = []
    for seed in ("1", "2"):
        out = tmp_path_factory.mktemp("made") / "trained_models"
        size = ("--worlds", "1", "--accounts", "1500", "--jobs", "1")
        subprocess.run(
            [sys.executable, ROOT / "scripts" / "train_models.py", "--out", out, *size],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        folders.append(out)
    return folders


def test_models_are_made_twice_to_the_same_bytes(made: list[Path]) -> None:
    sums = [out.with_suffix(".sha256").read_text("ascii") for out in made]
    assert sums[0] == sums[1]
    listed = re.findall(r"^[0-9a-f]{64}  trained_models/(\S+)$", sums[0], re.MULTILINE)
    assert {f"{kind}/{file}" for kind in KINDS for file in ("model.txt", "metadata.json")} < set(
        listed
    )


def test_shipped_models_have_the_parameters_they_would_be_made_with(made: list[Path]) -> None:
    """How many trees are grown depends on the rows; nothing else does."""
    for kind in KINDS:
        found, expected = (_parameters(folder, kind) for folder in (SHIPPED_MODELS, made[0]))
        assert found == expected
    provenance = {_metadata(folder, KINDS[0])["provenance"] for folder in (SHIPPED_MODELS, made[0])}
    assert len(provenance) == 1


def _metadata(folder: Path, kind: str) -> dict[str, object]:
    return json.loads((folder / kind / "metadata.json").read_text("utf-8"))


def _parameters(folder: Path, kind: str) -> str:
    text = json.dumps(_metadata(folder, kind)["parameters"])
    return re.sub(r'(\\?"n_estimators\\?": )[0-9]+', r"\1some", text)
