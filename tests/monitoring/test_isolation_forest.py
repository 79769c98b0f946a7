import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from aml_miner.monitoring import isolation_forest
from aml_miner.monitoring.isolation_forest import isolation_scores, usual_cuts


def drawn(rows: int, columns: int) -> NDArray[np.float64]:
    """Numbers as anomaly scores see them: a column that is constant, and one of few different values."""
    random = np.random.Generator(np.random.PCG64(rows + columns))
    matrix = np.log1p(random.exponential(size=(rows, columns)))
    matrix[:, 1:2] = 0.5
    matrix[:, 2:3] = np.round(matrix[:, 2:3])
    return matrix


@pytest.mark.parametrize("columns", [1, 2, 8, 33])
@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (1, "no cut is needed"),
        (2, "one cut is"),
        (7, "every row is in every tree"),
        (256, "the most rows of which every one is"),
        (258, "nearly all are drawn"),
        (2_000, "some are drawn, by a permutation"),
        (25_601, "few are drawn, one by one"),
    ],
)
def test_scores_are_those_of_scikit_learn_to_the_bit(rows: int, columns: int, why: str) -> None:
    matrix = drawn(rows, columns)
    oracle = IsolationForest(
        n_estimators=40, max_samples=min(256, rows), random_state=42, n_jobs=1
    ).fit(matrix)
    scores = isolation_scores(matrix, trees=40, sample=256, seed=42)
    assert np.array_equal(scores, -oracle.score_samples(matrix)), why


def test_rows_that_are_alike_in_every_column_are_never_parted() -> None:
    scores = isolation_scores(np.ones((300, 3)), trees=10, sample=256, seed=1)
    assert np.array_equal(scores, np.full(300, 0.5))  # the leaf of all takes what is usual


def test_what_is_compiled_is_what_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = {"trees": 3, "sample": 16, "seed": 5}
    compiled = isolation_scores(drawn(40, 4), **draw)
    for name in ("_add_up_cuts", "_grow", "_choose", "_range", "_cut", "_part", "_drawn"):
        monkeypatch.setattr(isolation_forest, name, getattr(isolation_forest, name).py_func)
    assert np.array_equal(isolation_scores(drawn(40, 4), **draw), compiled)


def test_numbers_are_drawn_as_marsaglia_does() -> None:
    """His example begins with 2463534242; of each number the upper bit is left out."""
    state = np.array([2463534242])
    assert isolation_forest._drawn(state) == 723471715
    assert isolation_forest._drawn(state) == 2497366906 - 2**31


def test_a_score_depends_on_the_seed() -> None:
    first, again, other = (
        isolation_scores(drawn(50, 3), trees=10, sample=16, seed=seed) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_usual_cuts_are_those_of_the_paper() -> None:
    """c(3) = 2·(ln 2 + γ) − 4/3."""
    expected = [0, 0, 1, 2 * (0.6931471805599453 + 0.5772156649015329) - 4 / 3]
    assert usual_cuts(np.arange(4)).tolist() == pytest.approx(expected)
