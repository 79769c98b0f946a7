"""Rows counted under weights are rows written out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.evaluation.ranked import Ranking

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=25
)


@given(ROWS, st.integers(1, 30))
def test_weight_of_a_row_is_how_often_it_stands_there(
    rows: list[tuple[int, int, int]], k: int
) -> None:
    grades, scores, weights = np.array([*rows, (1, 5, 1), (0, 5, 1)], np.float64).T
    counted = Ranking.of(grades, scores).weighted(weights)
    often = weights.astype(np.int64)
    written = Ranking.of(np.repeat(grades, often), np.repeat(scores, often))
    repeated = written.weighted(np.ones(often.sum()))
    assert counted.rows.tolist() == repeated.rows.tolist()
    assert counted.illicit.tolist() == repeated.illicit.tolist()
    assert counted.roc_auc() == repeated.roc_auc()
    assert counted.ndcg_at_k(k) == repeated.ndcg_at_k(k)


def test_share_of_the_rows_is_rounded_up_and_at_least_one() -> None:
    ranked = Ranking.of(np.ones(100), np.arange(100.0)).weighted(np.ones(100))
    places = [ranked.place_of_share(share) for share in (0.07, 0.071, 0.001, 1.0)]
    assert places == [7, 8, 1, 100]
