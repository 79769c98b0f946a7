"""Many batches give what each gives alone, are resumed where they stopped, and do not stop at one that is broken."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import orjson
import polars as pl
import pytest

from aml_miner.batch.digests import digest_folder
from aml_miner.batch.meta import META_FILE, Meta
from aml_miner.batch.reading import read_batch
from aml_miner.batch.writing import write_batch
from aml_miner.errors import InvalidBatchError
from aml_miner.models import AlertScorerModel, Models, load_models, save_models
from aml_miner.scoring import score_batch, write_results
from aml_miner.scoring.days import ScoredDay, plan_days, score_days
from tests.scoring.odd import DAY

TAIL = "\nfeature_importances:\n"
"""What the file of a model has behind its trees."""


@pytest.fixture
def root(odd_tables: dict[str, pl.DataFrame], tmp_path: Path) -> Path:
    """Three days of one network."""
    for offset in range(3):
        day = DAY + timedelta(days=offset)
        tables = {
            name: table.with_columns(processing_date=pl.lit(day)).head(40 + offset)
            for name, table in odd_tables.items()
        }
        meta = Meta(network="torus", processing_date=day, window_days=30)
        write_batch(tables, meta, tmp_path / "batches" / "torus" / str(day) / "30")
    return tmp_path / "batches"


def statuses(scored: list[ScoredDay]) -> list[str]:
    return [each.status for each in scored]


@pytest.mark.parametrize("workers", [1, 2])
def test_results_are_those_of_each_batch_alone(
    root: Path, models_folder: Path, tmp_path: Path, workers: int
) -> None:
    days = plan_days(root, models_folder, tmp_path / "results")
    told: list[ScoredDay] = []
    scored = score_days(days, workers, told.append)
    assert statuses(scored) == ["scored"] * 3
    assert sorted(told, key=lambda each: each.day.batch) == scored
    assert [each.alerts for each in scored] == [40, 41, 42]
    models = load_models(models_folder)
    for day in days:
        alone = tmp_path / "alone" / day.batch.parent.name
        write_results(score_batch(read_batch(day.batch), models), alone)
        assert digest_folder(day.out) == digest_folder(alone)
    assert days[0].out == tmp_path / "results" / "torus" / str(DAY) / "30"


def test_what_is_there_is_kept_until_its_batch_or_models_change(
    root: Path, models_folder: Path, tmp_path: Path
) -> None:
    days = plan_days(root, models_folder, tmp_path / "results")
    score_days(days[:1], 1, lambda _: None)  # stopped after one
    assert statuses(score_days(days, 1, lambda _: None)) == ["kept", "scored", "scored"]
    meta = days[1].batch / META_FILE
    document = orjson.loads(meta.read_bytes())
    meta.write_bytes(orjson.dumps(document | {"generated_at": "2025-11-30T00:00:00Z"}))
    assert statuses(score_days(days, 1, lambda _: None)) == ["kept", "scored", "kept"]


def test_models_trained_anew_in_the_same_place_score_anew(
    root: Path, models: Models, models_folder: Path, tmp_path: Path
) -> None:
    place = tmp_path / "models"
    save_models(load_models(models_folder), place)
    days = plan_days(root, place, tmp_path / "results")[:1]
    score_days(days, 1, lambda _: None)
    scorer = models.alert_scorer
    metadata = scorer.metadata.model_copy(
        update={"usual_ranges": {"alert_confidence_score": (0.1, 0.9)}}
    )
    anew = replace(
        models, alert_scorer=AlertScorerModel.from_text(scorer.text.text + TAIL, metadata)
    )
    save_models(anew, place)
    assert statuses(score_days(days, 1, lambda _: None)) == ["scored"]
    told = pl.read_parquet(days[0].out / "alert_scores.parquet")["explain_json"]
    assert told.str.contains("usually 0.10 to 0.90").any()


def test_a_batch_nobody_vouches_for_is_always_scored_again(
    root: Path, models_folder: Path, tmp_path: Path
) -> None:
    days = plan_days(root, models_folder, tmp_path / "results", allow_unverified=True)[:1]
    (days[0].batch / META_FILE).unlink()
    assert statuses(score_days(days, 1, lambda _: None)) == ["scored"]
    assert statuses(score_days(days, 1, lambda _: None)) == ["scored"]


def test_a_broken_day_is_told_and_the_others_are_scored(
    root: Path, models_folder: Path, tmp_path: Path
) -> None:
    days = plan_days(root, models_folder, tmp_path / "results")
    with (days[1].batch / "alerts.parquet").open("ab") as file:
        file.write(b"x")
    scored = score_days(days, 1, lambda _: None)
    assert statuses(scored) == ["scored", "failed", "scored"]
    assert "alerts.parquet" in scored[1].error
    assert not days[1].out.exists()


def test_dates_choose_days(root: Path, models_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "results"
    chosen = plan_days(root, models_folder, out, since=DAY + timedelta(days=1))
    assert [day.batch.parent.name for day in chosen] == ["2025-11-21", "2025-11-22"]
    assert len(plan_days(root, models_folder, out, until=DAY)) == 1
    with pytest.raises(InvalidBatchError, match="no batch from 2026-01-01 to the last"):
        plan_days(root, models_folder, out, since=date(2026, 1, 1))


def test_what_results_are_made_of_is_written_beside_them(
    root: Path, models_folder: Path, tmp_path: Path
) -> None:
    days = plan_days(root, models_folder, tmp_path / "results")
    score_days(days, 1, lambda _: None)
    made_of = {
        json.loads((day.out / "processing_metadata.json").read_bytes())["made_of"] for day in days
    }
    assert len(made_of) == 3
    assert all(len(each) == 64 for each in made_of)
