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


def test_folder_that_is_not_there_is_named_with_how_to_make_one(tmp_path: Path) -> None:
    folder = tmp_path / "trained_models"
    with pytest.raises(ModelNotLoadedError) as raised:
        load_models(folder)
    assert str(raised.value) == (
        f"{folder}: expected a folder of models, but there is no such folder; make one with "
        f"'aml-miner train BATCH --truth FILE --out {folder}', or name one with --models or MODELS_DIR."
    )


def test_folder_without_models_is_named_with_what_it_lacks(models: Models, tmp_path: Path) -> None:
    save_models(models, tmp_path / "models")
    (tmp_path / "models" / "alert_ranker").rename(tmp_path / "elsewhere")
    with pytest.raises(ModelNotLoadedError, match=r"models: .* but has no alert_ranker/; make one"):
        load_models(tmp_path / "models")
