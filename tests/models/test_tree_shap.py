"""Contributions by tables are Shapley values, LightGBM's values, and the same bits whatever stands around a row."""

import subprocess
import sys

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aml_miner.models import (
    integrals,
    leaf_search,
    row_by_row,
    split_rows,
    tree_rows,
    tree_shap,
    tree_tables,
)
from aml_miner.models.leaf_cuts import MOST_BITS
from aml_miner.models.leaf_search import lay_out_bits
from aml_miner.models.model_text import ModelText, parse_model_text
from aml_miner.models.row_by_row import lay_out_for_single_rows
from aml_miner.models.splits import lay_out_splits
from aml_miner.models.tree_shap import (
    Forest,
    build_forest,
    explain_one_by_one,
    explain_rows,
    sum_leaves,
)
from tests.models.forests import draw, goes_left, shapley_values

SEEDS = st.integers(0, 2**32 - 1)


def forest_of(text: ModelText, most_table_bytes: int = 10**8) -> Forest:
    return build_forest(text.trees, len(text.feature_names), most_table_bytes=most_table_bytes)


@given(seed=SEEDS)
@settings(deadline=None, max_examples=40)
def test_contributions_are_shapley_values_by_definition(seed: int) -> None:
    text, rows = draw(seed, rows=2)
    totals = explain_rows(forest_of(text), rows)
    expected = np.array([shapley_values(text.trees, row) for row in rows])
    assert np.abs(totals[:-1].T - expected).max() <= 1e-12


@pytest.mark.parametrize("most_table_bytes", [0, 10**8])
def test_leaves_of_many_features_have_shapley_values_by_definition(most_table_bytes: int) -> None:
    text, rows = draw(25, trees=1, leaves=40, numbers=12, categories=0, rows=1)
    forest = forest_of(text, most_table_bytes)
    groups = forest.groups
    assert np.diff(groups.first_slot).max() == 11
    deep = (groups.cells > 0) & (np.diff(groups.first_bit) > MOST_BITS)
    assert deep.any() == bool(most_table_bytes)
    expected = np.array([shapley_values(text.trees, row) for row in rows])
    assert np.abs(explain_rows(forest, rows)[:-1].T - expected).max() <= 1e-12


@given(seed=SEEDS, numbers=st.integers(1, 16), most_table_bytes=st.sampled_from([0, 5_000, 10**8]))
@settings(deadline=None, max_examples=60)
def test_contributions_are_lightgbms_and_raw_scores_have_its_bits(
    seed: int, numbers: int, most_table_bytes: int
) -> None:
    text, rows = draw(seed, trees=6, numbers=numbers)
    booster = lightgbm.Booster(model_str=text.text)
    expected = np.asarray(booster.predict(rows, pred_contrib=True, num_threads=1))
    forest = forest_of(text, most_table_bytes)
    totals = explain_rows(forest, rows)
    assert np.abs(totals[:-1].T - expected[:, :-1]).max() <= 1e-12
    assert abs(forest.base_value - expected[0, -1]) <= 1e-12
    raw = np.asarray(booster.predict(rows, raw_score=True, num_threads=1))
    assert totals[-1].tobytes() == raw.tobytes()
    assert sum_leaves(forest.splits, lay_out_bits(text.trees), rows).tobytes() == raw.tobytes()


@given(seed=SEEDS)
@settings(deadline=None, max_examples=40)
def test_base_value_and_contributions_add_up_to_the_raw_score(seed: int) -> None:
    text, rows = draw(seed)
    forest = forest_of(text)
    totals = explain_rows(forest, rows)
    assert np.abs(forest.base_value + totals[:-1].sum(axis=0) - totals[-1]).max() <= 1e-12


@pytest.mark.parametrize("most_table_bytes", [0, 10**8])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_row_has_the_same_bits_alone_and_among_others(
    most_table_bytes: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, rows = draw(7, trees=8, numbers=14, rows=61)
    forest = forest_of(text, most_table_bytes)
    together = explain_rows(forest, rows)
    alone = np.hstack([explain_rows(forest, row[None]) for row in rows])
    assert alone.tobytes() == together.tobytes()
    monkeypatch.setattr(tree_shap, "BLOCK_ROWS", 9)
    order = np.random.Generator(np.random.PCG64(1)).permutation(len(rows))
    shuffled = explain_rows(forest, np.ascontiguousarray(rows[order]), threads)
    assert shuffled.tobytes() == np.ascontiguousarray(together[:, order]).tobytes()
    raw = sum_leaves(
        forest.splits, lay_out_bits(text.trees), np.ascontiguousarray(rows[order]), threads
    )
    assert raw.tobytes() == together[-1, order].tobytes()


def test_another_process_finds_the_same_bits() -> None:
    script = (
        "from tests.models.test_tree_shap import digest; import sys; sys.stdout.write(digest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == digest()


def digest() -> str:
    text, rows = draw(11, trees=5, numbers=12)
    return explain_rows(forest_of(text, 20_000), rows).tobytes().hex()


def test_no_rows_have_no_contributions() -> None:
    text, rows = draw(3)
    assert explain_rows(forest_of(text), rows[:0]).shape == (7, 0)
    assert sum_leaves(lay_out_splits(text.trees), lay_out_bits(text.trees), rows[:0]).shape == (0,)


def test_tables_stay_within_their_bound_and_tell_fewer_conditions_apart() -> None:
    text, _ = draw(5, trees=20, numbers=16, leaves=40)
    free, bound = forest_of(text), forest_of(text, 100_000)
    assert bound.tables.nbytes <= 100_000 < free.tables.nbytes
    assert forest_of(text, 0).tables.nbytes <= 8 * 20  # leaves without conditions keep their cell
    assert (bound.groups.cells == 0).sum() > (free.groups.cells == 0).sum()


def test_one_stump_by_hand() -> None:
    # 30 of 40 training rows go left to 1, 10 right to 5: base 2, so a row on the right gains 3, on the left loses 1
    text = (
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=0\n"
        "objective=binary sigmoid:1\nfeature_names=amount\nfeature_infos=[0:9]\ntree_sizes={size}\n\n{tree}"
        "end of trees\n\nfeature_importances:\n"
    )
    tree = (
        "Tree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nsplit_gain=1\nthreshold=0.5\ndecision_type=8\n"
        "left_child=-1\nright_child=-2\nleaf_value=1 5\nleaf_weight=30 10\nleaf_count=30 10\ninternal_value=2\n"
        "internal_weight=40\ninternal_count=40\nis_linear=0\nshrinkage=1\n\n\n"
    )
    forest = forest_of(parse_model_text(text.format(size=len(tree), tree=tree)))
    totals = explain_rows(forest, np.array([[0.5], [0.6], [np.nan]], np.float32))
    assert forest.base_value == 2.0
    assert totals.tolist() == [[-1.0, 3.0, 3.0], [1.0, 5.0, 5.0]]


@pytest.mark.parametrize("most_table_bytes", [0, 10**8])
def test_compiled_code_does_what_it_reads(
    most_table_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, rows = draw(13, trees=4, numbers=12, leaves=12, rows=3)
    expected = explain_rows(forest_of(text, most_table_bytes), rows)
    for module in (
        *(integrals, leaf_search, row_by_row, split_rows),
        *(tree_rows, tree_tables, tree_shap),
    ):
        for name, function in vars(module).copy().items():
            if hasattr(function, "py_func"):
                monkeypatch.setattr(module, name, function.py_func)
    monkeypatch.setattr(row_by_row, "prefetch", lambda array, place: array[place])
    forest = forest_of(text, most_table_bytes)
    totals = explain_rows(forest, rows)
    assert totals.tobytes() == expected.tobytes()
    single = explain_one_by_one(forest, lay_out_for_single_rows(forest), rows)
    assert single.tobytes() == expected.tobytes()
    assert (
        sum_leaves(forest.splits, lay_out_bits(text.trees), rows).tobytes() == totals[-1].tobytes()
    )


def test_rows_go_where_the_documentation_says() -> None:
    text, rows = draw(17, trees=12, rows=200)
    splits = lay_out_splits(text.trees)
    for place, tree in enumerate(text.trees):
        first = int(splits.first_split[place])
        for split in range(tree.num_leaves - 1):
            for row in rows:
                value = row[tree.split_feature[split]]
                near_zero = np.float32(0.0) if abs(value) <= np.float32(1e-35) else value
                found = split_rows.goes_left.py_func(splits, first + split, near_zero)
                assert found == goes_left(tree, split, value)
