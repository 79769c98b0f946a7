from collections.abc import Callable

import lightgbm
import numpy as np
import polars as pl
import pytest

from aml_miner.config.model_config import ModelConfig
from aml_miner.evaluation.metrics import roc_auc
from aml_miner.training.rows import LabelledRows
from aml_miner.training.train_alert_ranker import fit_alert_ranker
from aml_miner.training.train_alert_scorer import fit_alert_scorer

type MakeRows = Callable[..., LabelledRows]


@pytest.mark.parametrize(("most", "lengths"), [(100, [80, 40]), (50, [40, 40, 40])])
def test_lightgbm_compares_alerts_of_one_batch_alone(
    make_rows: MakeRows,
    quick_config: ModelConfig,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    lengths: list[int],
) -> None:
    """The ids of two batches alternate, so rows in their own order would mix them in every query."""
    batches = ["small" if n % 3 == 0 else "large" for n in range(120)]
    rows = make_rows([n % 4 == 0 for n in range(120)], batches=batches)
    of_batch = (rows.keys["batch"] == "small").cast(pl.Float64)
    marked = LabelledRows(rows.features.with_columns(of_batch=of_batch), rows.keys)
    queries: list[set[float]] = []

    def train(settings: object, handed: lightgbm.Dataset, **others: object) -> lightgbm.Booster:
        if handed.group is None:  # the trees it begins with, which compare nothing
            return really_train(settings, handed, **others)
        ends = np.cumsum(handed.group)
        assert np.diff(ends, prepend=0).tolist() == lengths
        markers = handed.data[:, handed.feature_name.index("of_batch")]
        queries.extend(set(part.tolist()) for part in np.split(markers, ends[:-1]))
        return really_train(settings, handed, **others)

    really_train = lightgbm.train
    monkeypatch.setattr(lightgbm, "train", train)
    parameters = quick_config.ranker.model_copy(update={"max_query_rows": most})
    fit_alert_ranker(marked, parameters, 7)
    assert queries == [{0.0}] * (len(lengths) - 1) + [{1.0}]


def test_ranker_begins_with_the_trees_of_a_scorer(
    rows: LabelledRows, quick_config: ModelConfig
) -> None:
    begun = quick_config.ranker.model_copy(update={"scorer_trees": 4, "n_estimators": 3})
    ranker = fit_alert_ranker(rows, begun, 7)
    alike = quick_config.scorer.model_copy(update={"n_estimators": 4, "reg_alpha": 0.0})
    scorer = fit_alert_scorer(rows, alike, 7)
    first, learned = ranker.text.trees[:4], scorer.text.trees
    assert len(ranker.text.trees) == 7
    for ours, theirs in zip(first, learned, strict=True):
        assert ours.split_feature.tolist() == theirs.split_feature.tolist()
        assert ours.leaf_value.tolist() == theirs.leaf_value.tolist()
    assert ranker.metadata.parameters["scorer_trees"] == 4
    assert ranker.metadata.parameters["objective"] == "lambdarank"


def test_ranker_can_learn_the_order_alone(rows: LabelledRows, quick_config: ModelConfig) -> None:
    alone = quick_config.ranker.model_copy(update={"scorer_trees": 0, "n_estimators": 3})
    model = fit_alert_ranker(rows, alone, 7)
    assert len(model.text.trees) == 3
    assert "scorer_trees" not in model.metadata.parameters


def test_order_below_the_top_is_learned_too(make_rows: MakeRows, quick_config: ModelConfig) -> None:
    """One large batch: with a query of all its rows most pairs were never looked at."""
    learned, asked = (make_rows([n % 5 == 0 for n in range(n)], signal=1.5) for n in (1500, 900))
    ranker = fit_alert_ranker(learned, quick_config.ranker, 7).raw_scores(asked.features)
    scorer = fit_alert_scorer(learned, quick_config.scorer, 7).raw_scores(asked.features)
    assert roc_auc(asked.labels, ranker) > roc_auc(asked.labels, scorer) - 0.01
