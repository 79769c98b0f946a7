"""Knots are fitted to what turned out, and rise."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression

from aml_miner.config.model_config import CalibrationParameters
from aml_miner.evaluation.metrics import expected_calibration_error, roc_auc
from aml_miner.models.calibration import Calibration
from aml_miner.training.calibration import fit_calibration, fit_sigmoid, isotonic_knots

ISOTONIC = CalibrationParameters(method="isotonic", isotonic_minimum_rows=100)
PLATT = CalibrationParameters(method="platt", isotonic_minimum_rows=100)


def overconfident(rows: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Raw scores three times too far from 0, with a base rate of a fifth."""
    random = np.random.Generator(np.random.PCG64(seed))
    odds = random.normal(-1.7, 1.2, rows)
    return 3.0 * odds, random.random(rows) < 1.0 / (1.0 + np.exp(-odds))


def shares(calibration: Calibration | None, raw: NDArray[np.float64]) -> NDArray[np.float64]:
    assert calibration is not None
    return np.array([calibration.share_of(value) for value in raw.tolist()])


@pytest.mark.parametrize("parameters", [ISOTONIC, PLATT], ids=["isotonic", "platt"])
def test_shares_of_unseen_rows_are_kept_better_than_promised_before(
    parameters: CalibrationParameters,
) -> None:
    calibration = fit_calibration(*overconfident(4_000, 1), parameters)
    raw, labels = overconfident(4_000, 2)
    kept = shares(calibration, raw)
    assert expected_calibration_error(labels, 1 / (1 + np.exp(-raw))) > 0.06
    assert expected_calibration_error(labels, kept) < 0.025
    assert roc_auc(labels, kept) == pytest.approx(roc_auc(labels, raw), abs=1e-3)


def test_pooling_is_isotonic_regression_where_nothing_is_added() -> None:
    """The row that is added to each block is the only difference, and vanishes in large blocks."""
    raw, labels = overconfident(20_000, 3)
    knots, found = isotonic_knots(raw, labels)
    oracle = IsotonicRegression().fit(raw, labels)
    inner = slice(5, -5)
    assert found[inner] == pytest.approx(oracle.predict(knots[inner]), abs=0.05)
    assert np.all(np.diff(found) > 0)
    assert np.all(np.diff(knots) > 0)


def test_order_of_rows_does_not_show() -> None:
    raw, labels = overconfident(500, 4)
    raw = np.round(raw)  # with ties
    turned = np.random.Generator(np.random.PCG64(5)).permutation(500)
    for parameters in (ISOTONIC, PLATT):
        assert fit_calibration(raw, labels, parameters) == fit_calibration(
            raw[turned], labels[turned], parameters
        )


def test_sigmoid_is_where_the_likelihood_is_greatest() -> None:
    raw, labels = overconfident(800, 6)
    bad = labels.sum()
    target = np.where(labels, (bad + 1) / (bad + 2), 1 / (800 - bad + 2))

    def loss(point: NDArray[np.float64]) -> float:
        odds = point[0] * raw + point[1]
        return float(np.sum(np.logaddexp(0, odds) - target * odds))

    best = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9})
    assert fit_sigmoid(raw, labels) == pytest.approx(tuple(best.x), abs=1e-5)


@pytest.mark.parametrize("offset", [0.0, 1e4, -1e9])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_sigmoid_follows_scores_that_are_moved_and_stretched(offset: float, scale: float) -> None:
    raw, labels = overconfident(800, 6)
    slope, start = fit_sigmoid(raw, labels)
    moved, at = fit_sigmoid(scale * raw + offset * scale, labels)
    assert moved * scale == pytest.approx(slope, rel=1e-4)
    assert at + slope * offset == pytest.approx(start, abs=1e-4 * max(1.0, abs(offset)))


def test_a_single_raw_score_is_as_sure_as_the_mean_target() -> None:
    slope, offset = fit_sigmoid(np.full(10, 0.7), np.arange(10) < 3)
    assert 1.0 / (1.0 + np.exp(-(0.7 * slope + offset))) == pytest.approx(0.3178, abs=1e-4)


def test_scores_that_rank_backwards_are_not_turned_around() -> None:
    raw, labels = overconfident(800, 7)
    assert fit_sigmoid(-raw, labels)[0] == 0.0


@pytest.mark.parametrize(
    ("rows", "parameters", "method"),
    [(99, ISOTONIC, "platt"), (100, ISOTONIC, "isotonic"), (200, PLATT, "platt")],
)
def test_few_rows_get_the_curve_with_two_parameters(
    rows: int, parameters: CalibrationParameters, method: str
) -> None:
    calibration = fit_calibration(*overconfident(rows, 8), parameters)
    assert calibration is not None
    assert (calibration.method, calibration.rows) == (method, rows)


def test_nothing_to_fit_is_no_calibration() -> None:
    raw, labels = overconfident(50, 9)
    none = CalibrationParameters(method="none", isotonic_minimum_rows=100)
    assert fit_calibration(raw, labels, none) is None
    assert fit_calibration(raw, np.zeros(50, np.bool_), PLATT) is None
    assert fit_calibration(np.zeros(50), labels, PLATT) is None


@pytest.mark.parametrize("parameters", [ISOTONIC, PLATT], ids=["isotonic", "platt"])
def test_scores_without_skill_promise_little_more_than_the_base_rate(
    parameters: CalibrationParameters,
) -> None:
    """One share for all, as nearly as keeping the order allows: never a run towards 1."""
    raw, labels = overconfident(1_000, 10)
    kept = shares(fit_calibration(-raw, labels, parameters), -raw)
    assert np.abs(kept - labels.mean()).max() < 0.05
    assert np.all(np.diff(kept[np.argsort(-raw, kind="stable")]) >= 0)
