"""Three models are kept together, all of them or none."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aml_miner.errors import ModelNotLoadedError
from aml_miner.models import (
    AlertRankerModel,
    AlertScorerModel,
    ClusterScorerModel,
    Models,
    load_models,
    save_models,
)
from aml_miner.models.risk_model import RiskModel


@pytest.fixture
def models(build_model: Callable[[type[RiskModel]], RiskModel]) -> Models:
    kinds = (AlertScorerModel, AlertRankerModel, ClusterScorerModel)
    return Models(*(build_model(kind) for kind in kinds))  # type: ignore[arg-type]


def test_saved_models_are_loaded_again(models: Models, tmp_path: Path) -> None:
    save_models(models, tmp_path / "models")
    loaded = load_models(tmp_path / "models")
    assert loaded.alert_scorer.metadata == models.alert_scorer.metadata
    assert loaded.alert_ranker.metadata == models.alert_ranker.metadata
    assert loaded.cluster_scorer.metadata == models.cluster_scorer.metadata


def test_folder_has_one_folder_of_two_files_per_model(models: Models, tmp_path: Path) -> None:
    save_models(models, tmp_path / "models")
    files = sorted(p.relative_to(tmp_path / "models") for p in tmp_path.rglob("*.*") if p.is_file())
    assert [path.as_posix() for path in files if path.name[0] != "."] == [
        "alert_ranker/metadata.json", "alert_ranker/model.txt",
        "alert_scorer/metadata.json", "alert_scorer/model.txt",
        "cluster_scorer/metadata.json", "cluster_scorer/model.txt",
    ]  # fmt: skip


def test_missing_model_is_named(models: Models, tmp_path: Path) -> None:
    save_models(models, tmp_path / "models")
    (tmp_path / "models" / "alert_ranker" / "metadata.json").unlink()
    with pytest.raises(
        ModelNotLoadedError, match=r"alert_ranker/metadata\.json: there is no model"
    ):
        load_models(tmp_path / "models")
