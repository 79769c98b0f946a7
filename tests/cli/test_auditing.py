"""Results that are what scoring gives pass the audit, and one changed bit is found and told in full."""

import json
import math
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import polars as pl
import pytest

from aml_miner.batch.batch import Batch
from aml_miner.batch.reading import read_batch
from aml_miner.cli.packaging import UNSOUND
from aml_miner.errors import InvalidBatchError
from aml_miner.models import Models, load_models
from aml_miner.scoring import Results, score_batch, write_results
from aml_miner.scoring.golden import golden_batch
from aml_miner.validator.audit import StoredScores, audit_results, read_stored
from aml_miner.validator.audited import Audit
from tests.cli.running import Run

type Change = Callable[[pl.DataFrame], pl.DataFrame]


@pytest.fixture(scope="module")
def models(world: Path) -> Models:
    return load_models(world / "models")


@pytest.fixture(scope="module")
def batch() -> Batch:
    """Nine alerts, two of one id, one of an unknown address; and three clusters."""
    return golden_batch()


@pytest.fixture(scope="module")
def scored(batch: Batch, models: Models) -> Results:
    return score_batch(batch, models)


@pytest.fixture(scope="module")
def stored(scored: Results) -> StoredScores:
    return StoredScores(scored.alert_scores, scored.cluster_scores, scored.alert_rankings)


def audited(
    stored: StoredScores, batch: Batch, models: Models, share: float = 1.0, seed: int = 1
) -> Audit:
    return audit_results(stored, batch, models, share=share, seed=seed)


def with_value(column: str, row: int, value: object) -> Change:
    def change(table: pl.DataFrame) -> pl.DataFrame:
        values = table[column].to_list()
        values[row] = value(values[row]) if callable(value) else value
        return table.with_columns(pl.Series(column, values, table[column].dtype))

    return change


def next_bit(score: float) -> float:
    return math.nextafter(score, 2.0)


def test_results_as_scored_pass(stored: StoredScores, batch: Batch, models: Models) -> None:
    audit = audited(stored, batch, models)
    assert audit.passed
    assert audit.first is None
    assert [(t.table, t.ids, t.drawn, t.rows) for t in audit.tables] == [
        ("alert_scores", 8, 8, 9),  # two alerts share an id, and are drawn together
        ("cluster_scores", 3, 3, 3),
        ("alert_rankings", 8, 8, 9),
    ]


def test_no_order_of_rows_decides(stored: StoredScores, batch: Batch, models: Models) -> None:
    assert stored.alert_rankings is not None
    ranks = stored.alert_rankings.reverse()
    turned = StoredScores(stored.alert_scores.reverse(), stored.cluster_scores, ranks)
    other = replace(batch, alerts=batch.alerts.reverse(), features=batch.features.reverse())
    assert audited(turned, other, models, share=0.4) == audited(stored, batch, models, share=0.4)


@pytest.mark.parametrize("table", ["alert_scores", "cluster_scores"])
def test_a_score_changed_in_its_last_bit_is_told_in_full(
    stored: StoredScores, batch: Batch, models: Models, table: str
) -> None:
    own: pl.DataFrame = getattr(stored, table)
    changed = replace(stored, **{table: with_value("score", 2, next_bit)(own)})
    audit = audited(changed, batch, models)
    first = audit.first
    assert first is not None
    key = table.removesuffix("_scores") + "_id"
    expected = own["score"][2]
    assert (first.table, first.id, first.how) == (table, own[key][2], "alone")
    assert (first.difference.column, first.difference.found) == ("score", expected)
    assert first.difference.expected == next_bit(expected)
    assert first.difference.found_hex == expected.hex()
    found = next(t for t in audit.tables if t.table == table)
    assert (found.differ_alone, found.differ_together, found.holds) == (1, 1, False)


def test_the_features_told_are_those_of_the_row(
    stored: StoredScores, batch: Batch, models: Models
) -> None:
    changed = replace(stored, alert_scores=with_value("score", 3, next_bit)(stored.alert_scores))
    first = audited(changed, batch, models).first
    assert first is not None
    alert = batch.alerts.filter(pl.col("alert_id") == first.id)
    assert first.features["alert_volume_usd"] == float(alert["volume_usd"].item())
    assert tuple(first.features) == models.alert_scorer.feature_names


@pytest.mark.parametrize("share", [1 / 8, 1.0])
def test_two_ranks_that_were_exchanged_are_told_whatever_is_drawn(
    stored: StoredScores, batch: Batch, models: Models, share: float
) -> None:
    own = stored.alert_rankings
    assert own is not None
    ranks = own["rank"].to_list()
    turned = with_value("rank", 3, ranks[6])(with_value("rank", 6, ranks[3])(own))
    audit = audited(replace(stored, alert_rankings=turned), batch, models, share)
    found = audit.tables[-1]
    assert (found.table, found.differ_together, audit.passed) == ("alert_rankings", 2, False)
    assert audit.first is not None
    assert (audit.first.id, audit.first.difference.column) == (own["alert_id"][3], "rank")
    assert audit.first.difference.expected == str(ranks[6])
    alert = batch.alerts.filter(pl.col("alert_id") == audit.first.id)
    assert audit.first.features["alert_volume_usd"] == float(alert["volume_usd"].item())


def test_a_rankers_score_changed_in_its_last_bit_is_told(
    stored: StoredScores, batch: Batch, models: Models
) -> None:
    assert stored.alert_rankings is not None
    turned = with_value("score", 8, next_bit)(stored.alert_rankings)
    first = audited(replace(stored, alert_rankings=turned), batch, models, 1 / 8).first
    assert first is not None
    assert (first.table, first.difference.column) == ("alert_rankings", "score")


def test_an_alert_without_a_rank_is_told(
    stored: StoredScores, batch: Batch, models: Models
) -> None:
    assert stored.alert_rankings is not None
    fewer = replace(stored, alert_rankings=stored.alert_rankings[:-1])
    audit = audited(fewer, batch, models)
    assert audit.tables[-1].missing == (stored.alert_rankings["alert_id"][-1],)
    assert not audit.passed


def test_a_changed_reason_is_told(stored: StoredScores, batch: Batch, models: Models) -> None:
    turned = with_value("explain_json", 4, lambda text: text.replace("raises", "lowers", 1))
    first = audited(replace(stored, alert_scores=turned(stored.alert_scores)), batch, models).first
    assert first is not None
    assert first.difference.column == "explain_json"
    assert '"lowers"' in str(first.difference.expected)


def test_another_model_is_told_by_its_version_first(
    stored: StoredScores, batch: Batch, models: Models
) -> None:
    own = models.alert_scorer
    metadata = own.metadata.model_copy(update={"model_sha256": "f" * 64})
    other = replace(models, alert_scorer=type(own)(metadata, own.text, own.explainer))
    audit = audited(stored, batch, other)
    assert audit.first is not None
    assert audit.first.difference.column == "model_version"
    assert (audit.first.difference.expected, audit.first.difference.found) == (
        own.version,
        "f" * 12,
    )
    assert audit.tables[0].differ_alone == 9


def test_missing_and_foreign_rows_are_told(
    stored: StoredScores, batch: Batch, models: Models
) -> None:
    rows = stored.alert_scores
    foreign = with_value("alert_id", 8, "alert-of-nobody")(rows)
    found = audited(replace(stored, alert_scores=foreign), batch, models).tables[0]
    assert (found.missing, found.extra) == ((rows["alert_id"][8],), ("alert-of-nobody",))
    assert (found.differ_alone, found.holds) == (0, False)


def test_one_of_two_alerts_of_an_id_that_is_missing_is_told(
    stored: StoredScores, batch: Batch, models: Models
) -> None:
    rows = stored.alert_scores
    fewer = pl.concat([rows[:1], rows[2:]])  # the first two are of one id
    assert rows["alert_id"][0] == rows["alert_id"][1]
    found = audited(replace(stored, alert_scores=fewer), batch, models).tables[0]
    assert found.missing == (rows["alert_id"][0],)


def test_what_is_not_drawn_is_not_looked_at(
    stored: StoredScores, batch: Batch, models: Models
) -> None:
    changed = with_value("score", 5, next_bit)(stored.alert_scores)
    outcomes = {
        audited(replace(stored, alert_scores=changed), batch, models, 1 / 8, seed).passed
        for seed in range(20)
    }
    assert outcomes == {True, False}


def test_the_clock_is_no_part_of_what_is_found(
    stored: StoredScores, batch: Batch, models: Models
) -> None:
    def slow() -> float:
        return float(next(ticks)) ** 2

    ticks = count()
    slowly = audit_results(stored, batch, models, share=1.0, seed=1, clock=slow)
    assert slowly == audited(stored, batch, models)
    assert slowly.tables[0].milliseconds["p99"] == (17**2 - 16**2) * 1000.0  # the ninth alert


def test_an_empty_batch_passes(stored: StoredScores, batch: Batch, models: Models) -> None:
    nothing = StoredScores(stored.alert_scores.clear(), None)
    audit = audited(nothing, replace(batch, alerts=batch.alerts.clear()), models)
    assert (audit.passed, audit.tables[0].milliseconds) == (True, {})


@pytest.fixture(scope="module")
def results(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit") / "results"
    scored = score_batch(read_batch(world / "batch"), load_models(world / "models"))
    write_results(scored, folder)
    return folder


def rewrite(folder: Path, name: str, change: Change) -> None:
    path = folder / f"{name}.parquet"
    change(pl.read_parquet(path)).write_parquet(path)


def test_the_command_passes_sound_results_and_times_them(
    world: Path, results: Path, run: Run
) -> None:
    ran = run("audit", results, "--batch", world / "batch", "--models", world / "models")
    assert ran.code == 0
    assert ran.out.count("every bit is the same") == 3
    alerts = pl.read_parquet(world / "batch" / "alerts.parquet").height
    assert f"alert_rankings: all {alerts} rows of the batch ranked again together" in ran.out
    assert len(re.findall(r"a row alone: p50 [\d.]+ ms, p99 [\d.]+ ms", ran.out)) == 2


@pytest.mark.parametrize("name", ["cluster_scores", "alert_rankings"])
def test_a_results_folder_without_a_table_fails_by_its_name(
    world: Path, results: Path, run: Run, tmp_path: Path, name: str
) -> None:
    folder = Path(shutil.copytree(results, tmp_path / "r"))
    (folder / f"{name}.parquet").unlink()
    given = ("audit", folder, "--batch", world / "batch", "--models", world / "models")
    ran = run(*given)
    assert ran.code == UNSOUND
    assert f"{name}: not there\n  FAILS: a results folder holds this table" in ran.out
    told = json.loads(run(*given, "--json").out)
    assert (told["passed"], told["absent_tables"]) == (False, [name])


def test_of_scores_alone_no_other_table_is_asked(results: Path) -> None:
    stored = read_stored(results / "alert_scores.parquet")
    assert (stored.cluster_scores, stored.alert_rankings, stored.absent) == (None, None, ())


def test_the_command_tells_the_first_difference_and_exits_with_9(
    world: Path, results: Path, run: Run, tmp_path: Path
) -> None:
    scores = pl.read_parquet(results / "alert_scores.parquet")
    with_value("score", 0, next_bit)(scores).write_parquet(tmp_path / "alert_scores.parquet")
    given = ("--batch", world / "batch", "--models", world / "models", "--share", 1, "--seed", 3)
    ran = run("audit", tmp_path / "alert_scores.parquet", *given)
    expected = scores["score"][0]
    assert ran.code == UNSOUND
    assert "FAILS: 1 scored alone differ from what is stored" in ran.out
    assert (
        f"First difference: alert_scores, '{scores['alert_id'][0]}', score, scored alone" in ran.out
    )
    for value in (next_bit(expected), expected):
        assert f"{value}\n" in ran.out
        assert f"{value.hex()}\n" in ran.out
    assert "what to do: score the batch again" in ran.out
    assert re.search(r"\n    alert_volume_usd +[\d.]+\n", ran.out)
    told = json.loads(run("audit", tmp_path / "alert_scores.parquet", *given, "--json").out)
    assert (told["passed"], told["tables"][0]["first"]["stored_hex"]) == (
        False,
        next_bit(expected).hex(),
    )


def test_reasons_that_part_are_told_with_the_place(
    world: Path, results: Path, run: Run, tmp_path: Path
) -> None:
    scores = pl.read_parquet(results / "alert_scores.parquet")
    turned = with_value("explain_json", 0, lambda text: "[" + text[1:])(scores)
    turned.write_parquet(tmp_path / "scores.parquet")
    given = ("--batch", world / "batch", "--models", world / "models", "--share", 1)
    ran = run("audit", tmp_path / "scores.parquet", *given)
    assert (ran.code, "they part at character 1\n" in ran.out) == (UNSOUND, True)


def test_missing_rows_are_told_by_their_first_id(
    world: Path, results: Path, run: Run, tmp_path: Path
) -> None:
    scores = pl.read_parquet(results / "alert_scores.parquet")
    scores[1:].write_parquet(tmp_path / "scores.parquet")
    given = ("--batch", world / "batch", "--models", world / "models", "--share", 1)
    ran = run("audit", tmp_path / "scores.parquet", *given)
    assert ran.code == UNSOUND
    assert f"FAILS: 1 not stored, first '{scores['alert_id'][0]}'" in ran.out


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda rows: rows.drop("score"), "required column"),
        (lambda rows: rows.with_columns(explain_json=1), "'explain_json' must hold text"),
    ],
)
def test_clusters_that_are_no_scores_are_refused(
    results: Path, tmp_path: Path, change: Change, told: str
) -> None:
    for name in ("alert_scores", "cluster_scores"):
        table = pl.read_parquet(results / f"{name}.parquet")
        (change(table) if name == "cluster_scores" else table).write_parquet(
            tmp_path / f"{name}.parquet"
        )
    with pytest.raises(InvalidBatchError, match=told):
        read_stored(tmp_path)
