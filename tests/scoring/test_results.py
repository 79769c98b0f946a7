"""Result folders: whole, the same bytes for the same inputs, and the facts beside them."""

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from aml_miner.batch.batch import Batch
from aml_miner.errors import OutputError
from aml_miner.models import Models
from aml_miner.scoring.results import METADATA_FILE, write_results
from aml_miner.scoring.scoring import score_batch

TABLES = ("address_risk", "alert_rankings", "alert_scores", "cluster_scores")


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}


def test_folder_holds_four_tables_and_the_facts(
    odd_batch: Batch, models: Models, tmp_path: Path
) -> None:
    results = score_batch(odd_batch, models)
    write_results(results, tmp_path / "out")
    names = sorted(p.name for p in (tmp_path / "out").iterdir() if p.name[0] != ".")
    assert names == sorted([*(f"{name}.parquet" for name in TABLES), METADATA_FILE])
    for name in TABLES:
        read = pl.read_parquet(tmp_path / "out" / f"{name}.parquet")
        assert_frame_equal(read, results.tables[name], check_exact=True)


def test_equal_inputs_give_equal_bytes_in_any_order_and_on_any_threads(
    odd_batch: Batch, models: Models, tmp_path: Path
) -> None:
    order = odd_batch.alerts.height - 1
    shuffled = replace(
        odd_batch,
        alerts=pl.concat([odd_batch.alerts[order:], odd_batch.alerts[:order]], rechunk=False),
        clusters=odd_batch.clusters.reverse(),
    )
    write_results(score_batch(odd_batch, models), tmp_path / "a")
    write_results(score_batch(shuffled, models, threads=2), tmp_path / "b")
    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b")


def test_rerun_replaces_the_folder_with_the_same_bytes(
    odd_batch: Batch, models: Models, tmp_path: Path
) -> None:
    results = score_batch(odd_batch, models)
    write_results(results, tmp_path / "out")
    before = _bytes(tmp_path / "out")
    write_results(results, tmp_path / "out")
    assert _bytes(tmp_path / "out") == before


def test_processing_metadata_says_what_happened(
    odd_batch: Batch, models: Models, tmp_path: Path
) -> None:
    write_results(score_batch(odd_batch, models), tmp_path / "out")
    document = json.loads((tmp_path / "out" / METADATA_FILE).read_bytes())
    assert document["status"] == "complete"
    assert document["input_counts"]["alerts"] == document["output_counts"]["alert_scores"] == 140
    assert document["latencies_ms"]["total"] >= 0
    assert document["model_versions"]["alert_scorer"] == models.alert_scorer.version
    assert document["duplicate_alert_ids"] == 1
    assert "pagerank" in document["absent_columns"]["features"]
    assert document["unknown_categories"]["cluster_scorer"] == {"cluster_type": 0}


def test_folder_of_another_program_is_not_replaced(
    odd_batch: Batch, models: Models, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="exists and was not written by this program"):
        write_results(score_batch(odd_batch, models), tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
