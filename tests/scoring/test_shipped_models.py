"""The models that come with the package are those that were released, and score."""

import hashlib
from pathlib import Path

import pytest

from aml_miner.batch.batch import Batch
from aml_miner.config.settings import SHIPPED_MODELS, load_settings
from aml_miner.models import Models, load_models
from aml_miner.scoring import score_batch
from aml_miner.scoring.golden import check_golden
from aml_miner.validator.case import released_versions

ROOT = Path(__file__).resolve().parents[2]
SUMS = ROOT / "trained_models.sha256"


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder of models, by its path."""
    return {
        f"trained_models/{path.relative_to(folder)}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def shipped() -> Models:
    return load_models(SHIPPED_MODELS)


def test_every_file_is_the_one_recorded() -> None:
    recorded = dict(reversed(line.split("  ")) for line in SUMS.read_text().splitlines())
    assert hashes(ROOT / "trained_models") == recorded


def test_package_holds_the_folder_at_the_root() -> None:
    assert hashes(SHIPPED_MODELS) == hashes(ROOT / "trained_models")


def test_no_file_is_larger_than_an_offline_container_takes() -> None:
    assert all(path.stat().st_size <= 10_000_000 for path in SHIPPED_MODELS.rglob("*"))


def test_alert_scorer_is_a_released_one(shipped: Models) -> None:
    assert shipped.alert_scorer.version in released_versions()


def test_golden_batch_is_scored_to_the_bit(shipped: Models) -> None:
    assert check_golden(shipped, SHIPPED_MODELS)


def test_any_batch_is_scored(shipped: Models, batch: Batch) -> None:
    results = score_batch(batch, shipped)
    assert results.alert_scores["score"].is_between(0.0, 1.0).all()
    assert results.alert_scores["model_version"].unique().to_list() == [
        shipped.alert_scorer.version
    ]
    assert results.alert_rankings["rank"].sort().to_list() == [*range(1, batch.alerts.height + 1)]
    assert results.cluster_scores.height == batch.clusters.height


def test_what_was_measured_is_kept_with_each_model(shipped: Models) -> None:
    for model in (shipped.alert_scorer, shipped.alert_ranker, shipped.cluster_scorer):
        assert {"auc", "average_precision", "ndcg_at_10"} <= set(model.metadata.metrics["metrics"])


def test_they_are_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MODELS_DIR", raising=False)
    assert load_settings().models_dir == SHIPPED_MODELS
