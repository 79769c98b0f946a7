"""A search that is stopped goes on as if it had not been, and is never worse than where it began."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from numpy.typing import NDArray

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.config.model_config import ModelConfig, SearchRange, load_model_config
from aml_miner.errors import ConfigurationError, TrainingRefusedError
from aml_miner.models.metadata import Kind
from aml_miner.training import tuning
from aml_miner.training.assessment import Judge
from aml_miner.training.folds import Fold
from aml_miner.training.rows import LabelledRows
from aml_miner.training.truth import Truth, check_truth
from aml_miner.training.tuning import (
    Search,
    Tuned,
    changed_config,
    tune_models,
    tuned_lines,
    tuned_yaml,
)

type MakeBatch = Callable[..., Batch]


@pytest.fixture(scope="module")
def config(quick_config: ModelConfig) -> ModelConfig:
    """Three trials over two parameters, one whole and one not."""
    space = {
        "num_leaves": SearchRange(low=2, high=40, log=True),
        "learning_rate": SearchRange(low=0.01, high=0.5, log=False),
    }
    few = quick_config.tuning.model_copy(update={"trials": 3, "startup_trials": 1, "space": space})
    folds = quick_config.evaluation.model_copy(update={"cv_folds": 2})
    no_stop = {
        name: getattr(quick_config, name).model_copy(update={"early_stopping_rounds": 0})
        for name in ("scorer", "ranker", "cluster")
    }
    return quick_config.model_copy(update={"tuning": few, "evaluation": folds, **no_stop})


@pytest.fixture(scope="module")
def tuned(
    config: ModelConfig,
    make_world: MakeBatch,
    truth: Truth,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[dict[Kind, Tuned], Path]:
    storage = tmp_path_factory.mktemp("tuning") / "trials"
    return tune_models([make_world()], truth, Search(config, 7, storage)), storage


def test_every_model_is_tuned_from_where_it_stands(
    tuned: tuple[dict[Kind, Tuned], Path], config: ModelConfig
) -> None:
    found, _ = tuned
    assert list(found) == ["alert_scorer", "alert_ranker", "cluster_scorer"]
    for one in found.values():
        assert len(one.trials) == 4
        assert one.trials[0].values["learning_rate"] == config.scorer.learning_rate
        assert one.best.score == max(trial.score for trial in one.trials)
        for trial in one.trials[1:]:
            assert 2 <= trial.values["num_leaves"] <= 40
            assert isinstance(trial.values["num_leaves"], int)


def test_search_that_was_stopped_goes_on_to_the_same_bytes(
    tuned: tuple[dict[Kind, Tuned], Path],
    config: ModelConfig,
    make_world: MakeBatch,
    truth: Truth,
    tmp_path: Path,
) -> None:
    found, storage = tuned
    kinds: tuple[Kind, ...] = ("alert_scorer",)
    begun: list[tuple[Kind, int]] = []

    class StoppedError(Exception):
        pass

    def stop(kind: Kind, number: int, best: float | None) -> None:
        begun.append((kind, number))
        assert (best is None) == (number == 0)
        if number == 2:
            raise StoppedError

    again = tmp_path / "trials"
    search = Search(config, 7, again, kinds, stop)
    with pytest.raises(StoppedError):
        tune_models([make_world()], truth, search)
    for storage_of in (
        Search(config, 7, again, kinds),
        Search(config, 7, tmp_path / "whole", kinds),
    ):
        assert (
            tune_models([make_world()], truth, storage_of)["alert_scorer"] == found["alert_scorer"]
        )
    assert again.read_bytes() == (tmp_path / "whole").read_bytes()
    assert begun == [("alert_scorer", 0), ("alert_scorer", 1), ("alert_scorer", 2)]
    lines = storage.read_bytes().splitlines()
    assert again.read_bytes().splitlines()[1:] == lines[1:5]


def test_configuration_that_tuning_began_with_is_written_too(
    tuned: tuple[dict[Kind, Tuned], Path], tmp_path: Path
) -> None:
    found, _ = tuned
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "scorer: {num_leaves: 9, drop_features: [burst], averaged_with: [{extra_trees: true}],"
        " monotone: {velocity: 1}}\n"
        "calibration: {method: none}\nlabels: {weigh_by_confidence: false}\n"
    )
    config = load_model_config(mine)
    best = {kind: one.changes for kind, one in found.items()}
    for tried in (found, {kind: Tuned(one.trials, one.trials[0]) for kind, one in found.items()}):
        path = tmp_path / "tuned.yaml"
        path.write_text(tuned_yaml(config, tried))
        assert load_model_config(path) == changed_config(config, best if tried is found else {})


@pytest.mark.parametrize("alike", [True, False])
def test_trials_weigh_labels_as_training_does(
    config: ModelConfig,
    make_world: MakeBatch,
    truth: Truth,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    alike: bool,
) -> None:
    random = np.random.Generator(np.random.PCG64(3))
    sure = pl.Series("confidence", random.choice([0.2, 0.9], truth.rows.height))
    unsure = replace(truth, rows=truth.rows.with_columns(sure))
    few = config.tuning.model_copy(update={"trials": 1})
    labels = config.labels.model_copy(update={"weigh_by_confidence": not alike})
    asked = config.model_copy(update={"tuning": few, "labels": labels})
    weights: set[float] = set()
    out_of_fold = tuning.out_of_fold

    def looked_at(judge: Judge, rows: LabelledRows, folds: list[Fold]) -> NDArray[np.float64]:
        weights.update(rows.weights.tolist())
        return out_of_fold(judge, rows, folds)

    monkeypatch.setattr(tuning, "out_of_fold", looked_at)
    tune_models([make_world()], unsure, Search(asked, 7, tmp_path / "t", ("cluster_scorer",)))
    assert (weights == {1.0}) is alike


def test_trials_of_another_history_are_refused(
    config: ModelConfig, make_world: MakeBatch, truth: Truth, tmp_path: Path
) -> None:
    """In the end the labels are the same; on the day of an origin they were not."""
    few = config.tuning.model_copy(update={"trials": 1})
    asked = config.model_copy(update={"tuning": few})
    search = Search(asked, 7, tmp_path / "t", ("cluster_scorer",))
    tune_models([make_world()], truth, search)
    later = pl.lit(date(2026, 1, 1)).alias("confirmation_date")
    dated = replace(truth, rows=truth.rows.with_columns(later))
    with pytest.raises(ConfigurationError, match="other"):
        tune_models([make_world()], dated, search)


def test_what_averaged_models_have_of_their_own_is_left_as_it_is(
    config: ModelConfig, make_world: MakeBatch, truth: Truth, tmp_path: Path
) -> None:
    def averaged(*own: str) -> ModelConfig:
        member = {name: getattr(config.cluster, name) for name in own}
        cluster = config.cluster.model_copy(update={"averaged_with": (member,)})
        return config.model_copy(update={"cluster": cluster})

    search = Search(averaged("learning_rate"), 7, tmp_path / "t", ("cluster_scorer",))
    found = tune_models([make_world()], truth, search)["cluster_scorer"]
    assert all(list(trial.values) == ["num_leaves"] for trial in found.trials)
    nothing = Search(
        averaged("learning_rate", "num_leaves"), 7, tmp_path / "u", ("cluster_scorer",)
    )
    message = "cluster_scorer: nothing to tune: averaged_with names every parameter"
    with pytest.raises(ConfigurationError, match=message):
        tune_models([make_world()], truth, nothing)


def test_feature_that_is_the_answer_is_refused(
    config: ModelConfig, make_world: MakeBatch, truth: Truth, tmp_path: Path
) -> None:
    batch = make_world()
    illicit = pl.col("address").is_in(truth.rows["address"].implode())
    told = batch.features.with_columns(total_in_usd=illicit.cast(pl.Float64))
    answer = make_batch({"alerts": batch.alerts, "features": told, "clusters": batch.clusters})
    search = Search(config, 7, tmp_path / "t", ("alert_scorer",))
    with pytest.raises(TrainingRefusedError, match="'total_in_usd'"):
        tune_models([answer], truth, search)


def test_configuration_names_only_what_changed(
    tuned: tuple[dict[Kind, Tuned], Path], tmp_path: Path
) -> None:
    found, _ = tuned
    path = tmp_path / "tuned.yaml"
    usual = load_model_config()
    path.write_text(tuned_yaml(usual, found))
    read = load_model_config(path)
    changes = {kind: one.changes for kind, one in found.items()}
    assert read == changed_config(usual, changes)
    assert changes["alert_scorer"]
    unchanged = Tuned(found["alert_scorer"].trials, found["alert_scorer"].trials[0])
    assert yaml.safe_load(tuned_yaml(usual, {"alert_scorer": unchanged})) == {}
    assert any("as it was" in line for line in tuned_lines(found))


def test_start_outside_the_space_teaches_nothing_and_stays_the_one_to_beat(
    config: ModelConfig, make_world: MakeBatch, truth: Truth, tmp_path: Path
) -> None:
    narrow = {"learning_rate": SearchRange(low=1e-6, high=2e-6, log=False)}
    tuning = config.tuning.model_copy(update={"space": narrow, "trials": 1})
    search = Search(
        config.model_copy(update={"tuning": tuning}), 7, tmp_path / "t", ("cluster_scorer",)
    )
    found = tune_models([make_world()], truth, search)["cluster_scorer"]
    assert found.trials[0].values == {"learning_rate": config.cluster.learning_rate}
    assert found.trials[1].values["learning_rate"] <= 2e-6


def test_nothing_to_judge_by_is_refused(
    config: ModelConfig, make_world: MakeBatch, tmp_path: Path
) -> None:
    addresses = [f"address-{n:03d}" for n in range(0, 120, 4)]
    scheme = check_truth(pl.DataFrame({"address": addresses, "pattern_instance_id": "one"}))
    search = Search(config, 7, tmp_path / "t", ("cluster_scorer",))
    with pytest.raises(TrainingRefusedError, match="cluster_scorer: there is no fold to judge"):
        tune_models([make_world()], scheme, search)


def test_changes_of_one_model_leave_the_others(config: ModelConfig) -> None:
    changed = changed_config(config, {"alert_ranker": {"num_leaves": 5}})
    assert changed.ranker.num_leaves == 5
    assert changed.scorer == config.scorer
