"""An alert is found in results, whatever part of its id is given, and its explanation reads back as it was written."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import orjson
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from aml_miner.batch.batch import Batch
from aml_miner.errors import InvalidBatchError, ModelRejectedError, UnknownAlertError
from aml_miner.models import Models
from aml_miner.scoring import Results, write_results
from aml_miner.scoring.closer_look import look_closer
from aml_miner.scoring.explained import Explanation, find_explained


@pytest.fixture(scope="module")
def folder(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("explained") / "results"
    write_results(results, path)
    return path


def test_alert_is_told_as_the_results_have_it(folder: Path, results: Results) -> None:
    (found,) = find_explained(folder, "alert-010")
    at = results.alert_scores["alert_id"].to_list().index("alert-010")
    row, ranked = (
        results.alert_scores.row(at, named=True),
        results.alert_rankings.row(at, named=True),
    )
    assert (found.subject, found.address, found.score) == ("alert", row["address"], row["score"])
    assert (found.rank, found.rows) == (ranked["rank"], 140)
    assert (found.network, found.window_days) == ("torus", 30)
    assert found.to_dict()["explanation"] == orjson.loads(row["explain_json"])


def test_cluster_is_told_too_and_has_no_rank(folder: Path) -> None:
    (found,) = find_explained(folder, "cluster-07")
    assert (found.subject, found.address, found.rank, found.rows) == ("cluster", None, None, 70)


def test_every_alert_of_a_repeated_id_is_told(folder: Path, results: Results) -> None:
    found = find_explained(folder, "alert-004")
    twice = results.alert_scores.filter(pl.col("alert_id") == "alert-004")
    assert [one.text for one in found] == twice["explain_json"].to_list()
    assert len(found) == 2


def test_of_several_results_each_is_told_newest_first(tmp_path: Path, results: Results) -> None:
    for day in (date(2025, 1, 2), date(2025, 1, 3)):
        tables = {
            name: table.with_columns(processing_date=pl.lit(day)) if "window_days" in table.columns else table
            for name, table in results.tables.items()
        }  # fmt: skip
        write_results(replace(results, **tables), tmp_path / str(day))
    assert [one.processing_date.day for one in find_explained(tmp_path, "alert-010")] == [3, 2]


def test_beginning_of_an_id_is_enough_where_it_is_the_only_one(
    tmp_path: Path, folder: Path, results: Results
) -> None:
    with pytest.raises(UnknownAlertError, match="10 ids begin so, first 'alert-130', 'alert-131'"):
        find_explained(folder, "alert-13")
    few = replace(results, cluster_scores=results.cluster_scores[3:4])
    write_results(few, tmp_path / "few")
    (found,) = find_explained(tmp_path / "few", "clu")
    assert found.identifier == "cluster-03"


@pytest.mark.parametrize("wanted", ["", "alert-999", "*"])
def test_unknown_id_says_what_there_is(folder: Path, wanted: str) -> None:
    message = (
        f"no alert or cluster has the id '{wanted.replace('*', '[*]')}'; there are 140 alerts and 70 clusters, "
        "first 'alert-000', 'alert-001', 'alert-002'; give one of the ids in these results[.]"
    )
    with pytest.raises(UnknownAlertError, match=message):
        find_explained(folder, wanted)


def test_folder_without_results_says_how_to_make_some(tmp_path: Path) -> None:
    with pytest.raises(InvalidBatchError, match=r"found none that can be read\. Make one with"):
        find_explained(tmp_path, "alert-010")


def test_explanation_of_an_earlier_version_is_named(tmp_path: Path, results: Results) -> None:
    old = results.alert_scores.with_columns(explain_json=pl.lit('{"base_value":1.0}'))
    write_results(replace(results, alert_scores=old), tmp_path / "old")
    with pytest.raises(InvalidBatchError, match="explain_json of alert 'alert-010' is not an expl"):
        find_explained(tmp_path / "old", "alert-010")


def test_parts_add_up_to_the_raw_score(results: Results, models: Models, odd_batch: Batch) -> None:
    explained = [Explanation.of_json(text) for text in results.alert_scores["explain_json"]]
    features = models.alert_scorer.prepare_features(odd_batch)
    raw = models.alert_scorer.raw_scores(features)[results.alert_rows.to_numpy()]
    for one, expected in zip(explained, raw.tolist(), strict=True):
        assert one.raw_score == pytest.approx(expected, abs=1e-9)
        assert sum(one.families.values()) + one.base_value == pytest.approx(expected, abs=1e-8)


def test_batch_adds_its_own_words_of_each_row(folder: Path, odd_batch: Batch) -> None:
    alerts = odd_batch.alerts.with_columns(description=pl.format("row {}", pl.int_range(pl.len())))
    batch = replace(odd_batch, alerts=alerts)
    found = look_closer([*find_explained(folder, "alert-004")], batch)
    assert sorted(str(one.facts["description"]) for one in found) == ["row 4", "row 5"]
    by_row = {one.facts["description"]: one for one in found}
    for place in (4, 5):
        told = by_row[f"row {place}"].facts
        assert told["severity"] == alerts["severity"][place]
        assert told["volume_usd"] == str(alerts["volume_usd"][place])
        assert told["alert_confidence_score"] == alerts["alert_confidence_score"][place]


def test_batch_adds_its_words_of_a_cluster(folder: Path, odd_batch: Batch) -> None:
    (found,) = look_closer(find_explained(folder, "cluster-07"), odd_batch)
    assert found.facts["cluster_type"] == odd_batch.clusters["cluster_type"][7]


def test_models_list_more_features_of_the_same_score(
    folder: Path, odd_batch: Batch, models: Models
) -> None:
    for identifier in ("alert-010", "cluster-07"):
        (five,) = find_explained(folder, identifier)
        (more,) = look_closer([five], odd_batch, models, most=9)
        assert more.explanation.reasons[:5] == five.explanation.reasons
        assert len(more.explanation.reasons) == 9
        assert more.explanation.raw_score == pytest.approx(five.explanation.raw_score, abs=1e-8)
        assert more.explanation.families == five.explanation.families


def test_batch_that_was_not_scored_is_refused(folder: Path, odd_batch: Batch) -> None:
    found = find_explained(folder, "alert-010")
    changed = odd_batch.features.with_columns(pl.col(pl.Float64) + 1.0, pl.col(pl.Int64) + 1)
    other = replace(
        odd_batch, features=changed, alerts=odd_batch.alerts.with_columns(severity=pl.lit("odd"))
    )
    assert not other.features.equals(odd_batch.features)
    with pytest.raises(InvalidBatchError, match="found 1 of that id, none with them"):
        look_closer(found, other)
    without = replace(odd_batch, alerts=odd_batch.alerts.clear())
    with pytest.raises(InvalidBatchError, match="found 0 of that id"):
        look_closer(found, without)


def test_other_models_are_refused(folder: Path, odd_batch: Batch, models: Models) -> None:
    (found,) = find_explained(folder, "alert-010")
    of_another = replace(found, model_version="0123456789ab")
    with pytest.raises(ModelRejectedError, match="was scored by version 0123456789ab; found"):
        look_closer([of_another], odd_batch, models)


def test_looking_closer_changes_no_batch(folder: Path, odd_batch: Batch) -> None:
    before = odd_batch.alerts.clone()
    look_closer(find_explained(folder, "alert-010"), odd_batch)
    assert_frame_equal(odd_batch.alerts, before)
