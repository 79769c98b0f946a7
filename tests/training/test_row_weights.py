"""Rows of one owner weigh less each, and a class as much as before."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.config.model_config import ModelConfig
from aml_miner.training.boosting import grow_trees, loss_by_rounds
from aml_miner.training.row_weights import balanced_weights
from aml_miner.training.rows import LabelledRows

type MakeRows = Callable[..., LabelledRows]

SCHEMES = ["a", "a", "a", "a", "b", "c", "d", "d"]
ILLICIT = [True] * 5 + [False] * 3


def weighing(rows: LabelledRows, weights: list[float]) -> LabelledRows:
    return LabelledRows(rows.features, rows.keys.with_columns(weight=pl.Series(weights)))


@pytest.mark.parametrize(
    ("balance", "expected"),
    [
        (0.0, [1.0] * 8),
        # 4^-1/2 = .5 four times and 1 are 3, brought back to 5; 1 and twice 2^-1/2 are 2.414, brought back to 3
        (0.5, [0.8333, 0.8333, 0.8333, 0.8333, 1.6667, 1.2426, 0.8787, 0.8787]),
        (1.0, [0.625, 0.625, 0.625, 0.625, 2.5, 1.5, 0.75, 0.75]),
    ],
)
def test_rows_of_an_owner_share_weight(
    make_rows: MakeRows, balance: float, expected: list[float]
) -> None:
    rows = make_rows(ILLICIT, SCHEMES)
    assert balanced_weights(rows, balance) == pytest.approx(expected, abs=1e-4)


def test_owner_in_another_batch_or_of_another_class_shares_nothing(make_rows: MakeRows) -> None:
    rows = make_rows([True, True, False], ["a", "a", "a"], batches=["x", "y", "x"])
    assert balanced_weights(rows, 1.0).tolist() == [1.0, 1.0, 1.0]


def test_clusters_share_weight_only_where_all_owners_are_the_same(make_rows: MakeRows) -> None:
    rows = make_rows([True] * 3)
    owners = pl.Series([["a", "b"], ["a", "b"], ["a"]])
    rows = LabelledRows(rows.features, rows.keys.with_columns(owners=owners))
    assert balanced_weights(rows, 1.0).tolist() == [0.75, 0.75, 1.5]


def test_label_of_half_a_weight_keeps_half_of_its_share(make_rows: MakeRows) -> None:
    rows = weighing(make_rows([True] * 3, ["a", "a", "b"]), [0.5, 1.0, 1.0])
    assert balanced_weights(rows, 1.0) == pytest.approx([0.25 / 0.7, 0.5 / 0.7, 1 / 0.7])


def test_class_without_weight_stays_without(make_rows: MakeRows) -> None:
    rows = weighing(make_rows([True, True, False], ["a", "a", "b"]), [0.0, 0.0, 1.0])
    assert balanced_weights(rows, 1.0).tolist() == [0.0, 0.0, 1.0]


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from("abcd")), min_size=1),
    st.floats(min_value=0.0, max_value=1.0),
)
def test_each_class_keeps_its_whole_weight(
    make_rows: MakeRows, drawn: list[tuple[bool, str]], balance: float
) -> None:
    rows = make_rows([label for label, _ in drawn], [owner for _, owner in drawn])
    weights = balanced_weights(rows, balance)
    assert weights.min() > 0.0
    for of_class in (rows.labels, ~rows.labels):
        assert weights[of_class].sum() == pytest.approx(of_class.sum())


def test_trees_learn_from_the_shared_weights_and_say_so(
    make_rows: MakeRows, quick_config: ModelConfig
) -> None:
    labels = [n % 4 == 0 for n in range(200)]
    rows = make_rows(labels, ["large" if n < 100 else f"own-{n}" for n in range(200)])
    shared = quick_config.scorer.model_copy(update={"owner_balance": 1.0})
    trained = grow_trees("alert_scorer", rows, shared, 7)
    by_hand = weighing(rows.sorted(), balanced_weights(rows.sorted(), 1.0).tolist())
    assert trained.metadata.parameters["owner_balance"] == 1.0
    assert _trees(trained.text) == _trees(
        grow_trees("alert_scorer", by_hand, quick_config.scorer, 7).text
    )
    assert _trees(trained.text) != _trees(
        grow_trees("alert_scorer", rows, quick_config.scorer, 7).text
    )


def test_what_early_stopping_looks_at_weighs_as_its_labels_do(
    make_rows: MakeRows, quick_config: ModelConfig
) -> None:
    labels = [n % 4 == 0 for n in range(120)]
    learned = make_rows(labels, signal=0.5)  # an owner each: nothing is shared among these
    checked = make_rows(labels, ["large" if n < 60 else f"own-{n}" for n in range(120)], signal=0.1)
    shared = quick_config.scorer.model_copy(update={"owner_balance": 1.0})
    losses = [
        loss_by_rounds("alert_scorer", learned, checked, parameters, 7)
        for parameters in (quick_config.scorer, shared)
    ]
    assert np.array_equal(*losses)


def _trees(text: str) -> str:
    return text.partition("parameters:")[0]
