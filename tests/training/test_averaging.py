"""The mean of several models is a model like any other: read, audited, scored and explained as one."""

import json
import re
from pathlib import Path

import lightgbm
import numpy as np
import pytest

from aml_miner.config.model_config import Minimum, ModelConfig, load_model_config
from aml_miner.errors import TrainingRefusedError
from aml_miner.models import AlertScorerModel
from aml_miner.models.encoding import encode
from aml_miner.models.metadata import Kind
from aml_miner.models.model_text import parse_model_text
from aml_miner.training.averaging import average_texts
from aml_miner.training.boosting import Trained, grow_trees, member_seed
from aml_miner.training.fitting import fit_trees
from aml_miner.training.rows import LabelledRows
from aml_miner.training.train_alert_scorer import train_alert_scorer

DRAWN = {"extra_trees": True, "num_leaves": 7, "n_estimators": 4, "owner_balance": 0.5}
PARAMETERS = {"alert_scorer": "scorer", "alert_ranker": "ranker"}


def grow(
    rows: LabelledRows, config: ModelConfig, kind: Kind, seed: int = 7, **changes: object
) -> Trained:
    parameters = getattr(config, PARAMETERS[kind])
    return grow_trees(kind, rows, parameters.model_copy(update=changes), seed)


def raw_scores(trained: Trained, rows: LabelledRows) -> np.ndarray:
    table = encode(rows.features, rows.features.columns, trained.metadata.code_tables)
    return np.asarray(lightgbm.Booster(model_str=trained.text).predict(table, raw_score=True))


@pytest.mark.parametrize("kind", ["alert_scorer", "alert_ranker"])
def test_raw_scores_are_the_mean_of_the_members(
    rows: LabelledRows, quick_config: ModelConfig, kind: Kind
) -> None:
    other = {"num_leaves": 5, "reg_lambda": 2.0}
    members = (
        grow(rows, quick_config, kind, seed, **changes)
        for seed, changes in enumerate(({}, DRAWN, other), start=7)
    )
    mean = sum(raw_scores(member, rows) for member in members) / 3
    together = grow(rows, quick_config, kind, averaged_with=(DRAWN, other))
    assert raw_scores(together, rows) == pytest.approx(mean, rel=1e-12, abs=1e-15)
    assert np.ptp(mean) > 0.1


def test_two_halves_of_a_model_are_the_model_to_the_bit(
    rows: LabelledRows, quick_config: ModelConfig
) -> None:
    alone = grow(rows, quick_config, "alert_scorer")
    twice = parse_model_text(average_texts([alone.text, alone.text])).trees
    trees = parse_model_text(alone.text).trees
    assert len(twice) == 2 * len(trees)
    for whole, half in zip((*trees, *trees), twice, strict=True):
        assert (half.leaf_value == whole.leaf_value / 2).all()
        assert (half.threshold == whole.threshold).all()
        assert (half.leaf_count == whole.leaf_count).all()


def test_explanations_add_up_to_the_mean(rows: LabelledRows, quick_config: ModelConfig) -> None:
    together = grow(rows, quick_config, "alert_scorer", averaged_with=(DRAWN,))
    model = AlertScorerModel.from_text(together.text, together.metadata)
    explained = model.contributions(rows.features)
    total = explained.values.sum(axis=1) + explained.base_value
    assert total == pytest.approx(raw_scores(together, rows), abs=1e-9)


def test_members_are_said_with_what_differs(rows: LabelledRows, quick_config: ModelConfig) -> None:
    said = grow(rows, quick_config, "alert_scorer", averaged_with=(DRAWN,)).metadata.parameters
    assert said["averaged_with"] == (
        '[{"extra_trees": true, "n_estimators": 4, "num_leaves": 7, "owner_balance": 0.5, "seed": 8}]'
    )
    assert said["num_leaves"] == 31
    assert "averaged_with" not in grow(rows, quick_config, "alert_scorer").metadata.parameters


def test_trees_are_numbered_through_and_their_sizes_are_right(
    rows: LabelledRows, quick_config: ModelConfig
) -> None:
    text = grow(rows, quick_config, "alert_scorer", averaged_with=(DRAWN,)).text
    places = [text.index(f"Tree={number}\n") for number in range(14)]
    assert "Tree=14" not in text
    sizes = next(line for line in text.split("\n") if line.startswith("tree_sizes=")).split("=")[1]
    assert np.diff(places).tolist() == [int(size) for size in sizes.split()][:-1]


def test_a_member_that_splits_nothing_counts_in_the_mean(
    rows: LabelledRows, quick_config: ModelConfig
) -> None:
    constant = {"min_child_samples": 150}
    alone = grow(rows, quick_config, "alert_scorer")
    together = grow(rows, quick_config, "alert_scorer", averaged_with=(constant,))
    other = raw_scores(grow(rows, quick_config, "alert_scorer", 8, **constant), rows)
    assert np.ptp(other) == 0.0
    assert raw_scores(together, rows) == pytest.approx((raw_scores(alone, rows) + other) / 2)
    assert len(parse_model_text(together.text).trees) == 11


def test_an_average_that_splits_nothing_is_refused(
    rows: LabelledRows, quick_config: ModelConfig, minimum: Minimum
) -> None:
    parameters = quick_config.scorer.model_copy(
        update={"min_child_samples": 150, "averaged_with": ({"num_leaves": 7},)}
    )
    with pytest.raises(TrainingRefusedError, match="no feature tells the 200 labelled rows apart"):
        train_alert_scorer(rows, parameters, 7, minimum=minimum)


def test_each_member_stops_early_by_itself(rows: LabelledRows, quick_config: ModelConfig) -> None:
    stopping = quick_config.scorer.model_copy(
        update={
            "early_stopping_rounds": 5,
            "n_estimators": 60,
            "learning_rate": 0.5,
            "averaged_with": ({"learning_rate": 0.05}, {"early_stopping_rounds": 0}),
        }
    )
    said = fit_trees("alert_scorer", rows, stopping, 7).metadata.parameters
    slow, whole = json.loads(str(said["averaged_with"]))
    counts = [int(said["n_estimators"] or 0), slow.get("n_estimators"), whole["n_estimators"]]
    assert counts[0] < 60
    assert counts[1] != counts[0]
    assert counts[2] > counts[0]


def test_the_seed_after_the_highest_is_the_first() -> None:
    assert [member_seed(2**31 - 1, place) for place in range(3)] == [2**31 - 1, 0, 1]


def test_an_own_average_of_the_scorer_leaves_the_ranker_alone(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("scorer: {averaged_with: [{extra_trees: true}]}\n", encoding="utf-8")
    config = load_model_config(mine)
    assert [member.extra_trees for member in config.scorer.members] == [False, True]
    assert config.ranker.members == (config.ranker,)


def test_ranges_seen_in_a_sample_of_the_rows_may_differ(
    rows: LabelledRows, quick_config: ModelConfig
) -> None:
    """Of more than 200,000 rows LightGBM looks at some, drawn by the seed."""
    trained = grow(rows, quick_config, "alert_scorer")
    sampled = re.sub(r"feature_infos=\[[^:]+:", "feature_infos=[-9:", trained.text)
    assert sampled != trained.text
    mean = average_texts([trained.text, sampled])
    table = encode(rows.features, rows.features.columns, trained.metadata.code_tables)
    scores = lightgbm.Booster(model_str=mean).predict(table, raw_score=True)
    assert scores == pytest.approx(raw_scores(trained, rows))


def test_models_of_other_features_or_objectives_have_no_mean(
    rows: LabelledRows, quick_config: ModelConfig
) -> None:
    scorer, ranker = (grow(rows, quick_config, k).text for k in ("alert_scorer", "alert_ranker"))
    fewer = grow(rows.only(("velocity", "burst")), quick_config, "alert_scorer").text
    for other in (ranker, fewer):
        with pytest.raises(ValueError, match="same objective, features and constraints"):
            average_texts([scorer, other])


def test_trees_that_are_written_otherwise_are_not_lost(
    rows: LabelledRows, quick_config: ModelConfig
) -> None:
    text = grow(rows, quick_config, "alert_scorer").text
    trees = text.count("\nTree=")
    odd = text.replace("\n\n\nTree=", "\n\nTree=", 1)
    with pytest.raises(
        ValueError, match=f"a text of {trees} trees has {trees - 1} that can be read"
    ):
        average_texts([text, odd])
