"""Both ways to explain agree, and the slow one takes over, audibly, where the compiler is absent."""

import lightgbm
import numpy as np
import polars as pl
import pytest
from loguru import logger

from aml_miner.models import RiskModel, contributions, leaf_search, row_by_row, tree_shap
from aml_miner.models.contributions import BoosterExplainer, TableExplainer, make_explainer
from aml_miner.models.encoding import Matrix, encode


@pytest.fixture
def matrix(scorer: RiskModel, toy_features: pl.DataFrame) -> Matrix:
    return encode(toy_features, scorer.feature_names, scorer.metadata.code_tables)


def test_both_ways_agree(scorer: RiskModel, matrix: Matrix) -> None:
    tables, booster = TableExplainer(scorer.text), BoosterExplainer(scorer.text)
    by_tables, by_booster = tables.explain(matrix), booster.explain(matrix)
    assert np.abs(by_tables.values - by_booster.values).max() <= 1e-12
    assert abs(by_tables.base_value - by_booster.base_value) <= 1e-12
    assert by_tables.raw_scores.tobytes() == by_booster.raw_scores.tobytes()
    assert tables.raw_scores(matrix).tobytes() == booster.raw_scores(matrix).tobytes()


def test_both_ways_explain_no_rows(scorer: RiskModel, matrix: Matrix) -> None:
    for explainer in (TableExplainer(scorer.text), BoosterExplainer(scorer.text)):
        found = explainer.explain(matrix[:0])
        assert found.values.shape == (0, 4)
        assert found.raw_scores.shape == explainer.raw_scores(matrix[:0]).shape == (0,)


def test_without_the_compiler_lightgbm_explains_and_the_log_says_so(
    scorer: RiskModel, matrix: Matrix, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert make_explainer(scorer.text).method == "tables"
    monkeypatch.setattr(contributions, "find_spec", lambda _: None)
    said: list[str] = []
    sink = logger.add(said.append, format="{message}")
    logger.enable("aml_miner")
    try:
        explainer = make_explainer(scorer.text)
    finally:
        logger.disable("aml_miner")
        logger.remove(sink)
    assert explainer.method == "lightgbm"
    assert said == ["Numba is not installed: LightGBM explains instead, about 100 times slower\n"]
    assert (
        explainer.explain(matrix).base_value
        == BoosterExplainer(scorer.text).explain(matrix).base_value
    )


def test_a_warm_explainer_has_made_what_it_needs(
    scorer: RiskModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = np.zeros((20, len(scorer.feature_names)), np.float32)
    expected = TableExplainer(scorer.text).explain(rows)
    warm, for_batches = TableExplainer(scorer.text), TableExplainer(scorer.text)
    booster = BoosterExplainer(scorer.text)
    warm.warm()
    for_batches.warm(single_rows=False)
    booster.warm()

    def make_again(*_: object) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr(tree_shap, "build_forest", make_again)
    monkeypatch.setattr(leaf_search, "lay_out_bits", make_again)
    monkeypatch.setattr(row_by_row, "lay_out_for_single_rows", make_again)
    for explainer, count in ((warm, 20), (warm, 1), (for_batches, 20)):
        found = explainer.explain(rows[:count])
        assert found.values.tobytes() == expected.values[:count].tobytes()
    assert (warm.raw_scores(rows) == expected.raw_scores).all()
    with pytest.raises(AssertionError, match="made again"):
        for_batches.explain(rows[:1])
    assert isinstance(vars(booster)["booster"], lightgbm.Booster)
