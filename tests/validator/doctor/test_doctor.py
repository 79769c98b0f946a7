"""The doctor finds what is wrong with a model that was made wrong, and says so in the right place."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from aml_miner.batch.batch import Batch
from aml_miner.features import builder
from aml_miner.models import Models, RiskModel, save_models
from aml_miner.scoring.golden import golden_documents
from aml_miner.validator.doctor import doctor
from aml_miner.validator.doctor.doctor import QUICK_ROWS, ROWS, Patient, examine, examined_batch
from aml_miner.validator.doctor.examination import Examination
from aml_miner.validator.draws import Drawn, make_draw
from aml_miner.validator.laws import LAWS, Law
from tests.validator.conftest import TrainWith

NO_ITERATIONS = [law for law in LAWS if law.breach.__name__ != "iterations"]
"""They take seconds, and are asked in tests/scoring/test_laws.py."""


def failures(patient: Patient) -> list[Examination]:
    return [each for each in examine(patient, NO_ITERATIONS) if each.status == "fail"]


def test_sound_models_pass_every_check(small_folder: Path, odd_batch: Batch) -> None:
    found = list(examine(Patient(small_folder, odd_batch, draws=3), NO_ITERATIONS))
    assert {each.status for each in found} <= {"pass", "warn", "skipped"}
    assert len({(each.section, each.name) for each in found}) == len(found)
    draws = next(each for each in found if each.name == "random draws")
    assert draws.found.startswith("3 of 3 draws gave the digest ")
    memory = next(each for each in found if (each.section, each.name) == ("container", "memory"))
    assert "MB at most, with 210 alerts and clusters" in memory.found


def test_a_model_trained_with_a_request_relative_feature_fails(
    train_with: TrainWith, small: Models, odd_batch: Batch, tmp_path: Path
) -> None:
    scorer = train_with(pl.col("alert_confidence_score").rank() / pl.len())
    models = replace(small, alert_scorer=scorer)
    save_models(models, tmp_path / "m", golden_documents(models))
    failed = failures(Patient(tmp_path / "m", odd_batch, quick=True))
    assert [each.name for each in failed] == ["each row alone", "a batch in parts"]
    alone = failed[0]
    assert alone.found.startswith("alert_scorer: 139 of 140 scores or reasons differ; first row ")
    assert "feature 'looks_around' is 1.0 (0x1.0000000000000p+0), expected 0." in alone.found
    assert alone.remedy.startswith("a feature looks at the other rows of a request")


def test_a_feature_that_cannot_be_built_fails_wherever_it_is_needed(
    train_with: TrainWith, small: Models, odd_batch: Batch, tmp_path: Path
) -> None:
    models = replace(small, alert_scorer=train_with(pl.col("alert_confidence_score") / 2))
    save_models(models, tmp_path / "m", golden_documents(models))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builder, "ALERT_LEVEL_FEATURES", builder.ALERT_LEVEL_FEATURES[:-1])
        failed = failures(Patient(tmp_path / "m", odd_batch, draws=1))
    assert {each.section for each in failed} == {"golden batch", "laws", "explaining"}
    assert all("first 'looks_around'" in each.found for each in failed)


def test_without_models_the_rest_is_skipped_with_its_reason(tmp_path: Path) -> None:
    found = list(examine(Patient(tmp_path / "none")))
    assert [each.name for each in found if each.status == "fail"] == [
        "alert_scorer is whole",
        "alert_ranker is whole",
        "cluster_scorer is whole",
    ]
    skipped = [each for each in found if each.status == "skipped"]
    assert len(skipped) == len(LAWS) + 5
    assert all(each.found for each in skipped)


def test_quick_starts_no_process_and_measures_nothing(small_folder: Path, odd_batch: Batch) -> None:
    found = list(examine(Patient(small_folder, odd_batch, quick=True), NO_ITERATIONS))
    assert {each.name for each in found if each.status == "skipped"} == {
        "libraries",  # these models do not say what trained them
        "a fresh process",
        "random draws",
        "memory",
        "speed",
    }


def test_a_law_of_ones_own_is_asked(small_folder: Path, odd_batch: Batch) -> None:
    law = Law("no score at all", lambda model, _batch: f"{model.version} scores", "score nothing")
    found = list(examine(Patient(small_folder, odd_batch, draws=0), [law]))
    (own,) = [each for each in found if each.name == law.name]
    assert (own.status, own.remedy, own.found.count(" scores")) == ("fail", "score nothing", 3)


def test_memory_is_not_told_when_no_draw_was_in_a_fresh_process(
    small_folder: Path, odd_batch: Batch
) -> None:
    seed = next(seed for seed in range(99) if not make_draw(0, seed).fresh)
    found = list(examine(Patient(small_folder, odd_batch, draws=1, seed=seed), []))
    memory = next(each for each in found if (each.section, each.name) == ("container", "memory"))
    assert (memory.status, memory.found) == ("skipped", "no draw was in a fresh process")


def draws_of(patient: Patient, monkeypatch: pytest.MonkeyPatch, odd_ones: set[int]) -> Examination:
    """Examine with draws whose digests are another for some of them."""
    other = {make_draw(number, patient.seed).seed for number in odd_ones}
    monkeypatch.setattr(doctor, "digest_plain", lambda _m, _b: "plain")
    monkeypatch.setattr(
        doctor, "draw_here", lambda _m, _b, draw: "other" if draw.seed in other else "plain"
    )
    monkeypatch.setattr(
        doctor, "draw_afresh", lambda _f, draw: Drawn(doctor.draw_here((), None, draw), 1.0)
    )
    (found,) = [each for each in examine(patient, []) if each.name == "random draws"]
    return found


def test_draws_that_differ_are_told_with_the_one_that_does(
    small_folder: Path, odd_batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = draws_of(Patient(small_folder, odd_batch, draws=4), monkeypatch, {2})
    assert found.status == "fail"
    assert found.found.startswith("3 of 4 draws gave the digest plain of the batch as it lies")
    assert f"2 digests in all, another one first with {make_draw(2, 42)}" in found.found


def test_one_draw_alone_can_fail(
    small_folder: Path, odd_batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = draws_of(Patient(small_folder, odd_batch, draws=1), monkeypatch, {0})
    assert (found.status, found.found[:9]) == ("fail", "0 of 1 dr")


def test_a_law_that_raises_fails_by_its_name_and_the_rest_is_examined(
    small_folder: Path, odd_batch: Batch
) -> None:
    def stumble(_model: RiskModel, batch: Batch) -> str | None:
        return str(batch.alerts["no_such_column"])

    laws = [Law("mine", stumble, "mend it"), Law("next", lambda _m, _b: None, "")]
    found = list(examine(Patient(small_folder, odd_batch, draws=0), laws))
    mine, following = (each for each in found if each.name in {"mine", "next"})
    assert (mine.status, mine.remedy, following.status) == ("fail", "mend it", "pass")
    assert mine.found.startswith("alert_scorer: the law 'mine' raised ColumnNotFoundError: ")


@pytest.mark.parametrize(
    ("emptied", "unasked", "told"),
    [
        ("clusters", ["cluster_scorer"], "2 models, 140 alerts"),
        ("alerts", ["alert_scorer", "alert_ranker"], "1 model, 70 clusters"),
    ],
)
def test_models_without_a_row_in_the_batch_are_not_said_to_keep_a_law(
    small_folder: Path, odd_batch: Batch, emptied: str, unasked: list[str], told: str
) -> None:
    batch = replace(odd_batch, **{emptied: getattr(odd_batch, emptied).clear()})
    found = list(examine(Patient(small_folder, batch, draws=1), LAWS[:1]))
    assert [each.name for each in found if each.name.startswith("rows for")] == [
        f"rows for the {kind}" for kind in unasked
    ]
    (law,) = [each for each in found if each.name == LAWS[0].name]
    assert (law.status, law.found) == ("pass", told)
    assert not [each for each in found if each.name in {f"{kind} speed" for kind in unasked}]


def test_a_batch_without_rows_fails_as_nothing_is_examined(
    small_folder: Path, odd_batch: Batch
) -> None:
    batch = replace(odd_batch, alerts=odd_batch.alerts.clear(), clusters=odd_batch.clusters.clear())
    found = list(examine(Patient(small_folder, batch, draws=2)))
    asked = [each for each in found if each.section == "laws" or each.name in {"memory", "speed"}]
    rowless = [each for each in asked if each.name.startswith("rows for")]
    assert [each.status for each in rowless] == ["fail"] * 3
    assert {each.status for each in asked if each not in rowless} == {"skipped"}
    assert len(asked) == 3 + len(LAWS) + 3


@pytest.mark.parametrize(("quick", "rows"), [(False, ROWS), (True, QUICK_ROWS)])
def test_the_golden_batch_is_repeated_under_ids_of_its_own(
    tmp_path: Path,
    quick: bool,  # noqa: FBT001
    rows: int,
) -> None:
    batch = examined_batch(Patient(tmp_path, quick=quick))
    assert (batch.alerts.height, batch.clusters.height) == (rows, rows)
    assert batch.clusters["cluster_id"].n_unique() == rows
    assert batch.alerts["alert_id"].n_unique() == rows - rows // 9  # two of nine share one


def test_of_a_large_batch_a_part_is_drawn_by_the_seed(tmp_path: Path, odd_batch: Batch) -> None:
    ids = [pl.format("{}-{}", "alert_id", pl.lit(number)) for number in range(3)]
    many = pl.concat([odd_batch.alerts.with_columns(alert_id=each) for each in ids])
    batch = replace(odd_batch, alerts=many)
    parts = [examined_batch(Patient(tmp_path, batch, seed=s, quick=True)) for s in (1, 1, 2)]
    assert abs(parts[0].alerts.height - QUICK_ROWS) <= 3  # ids are drawn, and some stand twice
    assert parts[0].alerts.equals(parts[1].alerts)
    assert not parts[0].alerts.equals(parts[2].alerts)
