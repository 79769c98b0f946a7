"""Knots that turn raw scores into shares, fitted to rows the model had not learned from."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aml_miner.config.model_config import CalibrationParameters
from aml_miner.models.calibration import Calibration
from aml_miner.utils.elementary import exp, log1p

_PLATT_KNOTS: Final = 65
"""Our choice: between them a straight line is within .0005 of a sigmoid of slope 1 over ±8."""

_NEWTON_STEPS: Final = 100
_RIDGE: Final = 1e-12
"""Added to the diagonal of the second derivatives, as Lin, Lin and Weng do."""

_END: Final = 0.05

type _Reals = NDArray[np.float64]


def fit_calibration(
    raw: _Reals, labels: NDArray[np.bool_], parameters: CalibrationParameters
) -> Calibration | None:
    """Fit knots to raw scores and what turned out.

    Parameters
    ----------
    raw, labels
        Out-of-fold raw scores, and whether their rows are illicit.
    parameters
        The method, and how many rows isotonic regression needs; fewer get Platt's.

    Returns
    -------
    Calibration or None
        None when the method is none, or there is one class or one raw score only.
    """
    illicit = int(labels.sum())
    if parameters.method == "none" or illicit in {0, len(labels)} or raw.min() == raw.max():
        return None
    few = len(labels) < parameters.isotonic_minimum_rows
    if parameters.method == "isotonic" and not few:
        knots, shares = isotonic_knots(raw, labels)
        return _calibration("isotonic", knots, shares, labels)
    slope, offset = fit_sigmoid(raw, labels)
    if slope == 0.0:  # no skill, or backwards: one share for all, as nearly as order allows
        share = np.array([illicit / len(labels)])
        knots, shares = _with_ends(np.array([raw.mean()]), share, raw)
        return _calibration("platt", knots, shares, labels)
    places = np.linspace(raw.min(), raw.max(), _PLATT_KNOTS)
    shares = np.array([1.0 / (1.0 + math.exp(-(slope * x + offset))) for x in places.tolist()])
    return _calibration("platt", places, shares, labels)


def _calibration(
    method: str, knots: _Reals, shares: _Reals, labels: NDArray[np.bool_]
) -> Calibration:
    rising = np.concatenate([[True], (np.diff(knots) > 0) & (np.diff(shares) > 0)])
    return Calibration(
        method="isotonic" if method == "isotonic" else "platt",
        raw=tuple(knots[rising].tolist()),
        share=tuple(shares[rising].tolist()),
        rows=len(labels),
        positives=int(labels.sum()),
    )


def isotonic_knots(raw: _Reals, labels: NDArray[np.bool_]) -> tuple[_Reals, _Reals]:
    """Return one knot per block of pooled rows: the mean raw score, and the share of illicit rows.

    Neighbouring rows are pooled until the shares rise. So that no share is 0 or 1, a block counts one row more, of the
    base rate; blocks whose shares no longer rise are pooled again.

    Source: Ayer, Brunk, Ewing, Reid and Silverman, "An empirical distribution function for sampling with incomplete
    information", Annals of Mathematical Statistics 26 (1955), the pool-adjacent-violators algorithm; Zadrozny and
    Elkan, "Transforming classifier scores into accurate multiclass probability estimates", KDD 2002; a knot per block
    as in Jiang et al., "Smooth isotonic regression", AMIA Summits 2011. The added row is our choice.

    Examples
    --------
    The two in the middle are in the wrong order and are pooled.

    >>> raw, labels = np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, True, False, True])
    >>> knots, shares = isotonic_knots(raw, labels)
    >>> knots.tolist(), shares.round(4).tolist()
    ([1.0, 2.5, 4.0], [0.2375, 0.5, 0.7625])
    """
    order = np.lexsort((labels, raw))
    values, start = np.unique(raw[order], return_index=True)
    rows = np.diff(np.append(start, len(raw))).astype(np.float64)
    illicit = np.add.reduceat(labels[order].astype(np.float64), start)
    rows, illicit, total = _pool(rows, illicit, rows * values)
    base = labels.sum() / len(labels)
    more, found, total = _pool(rows + 1.0, illicit + base, total * (rows + 1.0) / rows)
    return _with_ends(total / more, found / more, raw)


def _with_ends(knots: _Reals, shares: _Reals, raw: _Reals) -> tuple[_Reals, _Reals]:
    """Add the lowest and the highest raw score, a twentieth nearer to 0 and 1 than the blocks they are in.

    Beyond the last knot shares run off towards 0 and 1, which is for scores nobody has seen, not for half a block.
    """
    low, high = shares[0] * (1.0 - _END), 1.0 - (1.0 - shares[-1]) * (1.0 - _END)
    inside = (knots > raw.min()) & (knots < raw.max())
    ends = (np.array([raw.min()]), np.array([raw.max()]))
    return (
        np.concatenate([ends[0], knots[inside], ends[1]]),
        np.concatenate([[low], shares[inside], [high]]),
    )


def _pool(rows: _Reals, illicit: _Reals, total: _Reals) -> tuple[_Reals, _Reals, _Reals]:
    """Pool neighbours until illicit / rows rises strictly."""
    blocks: list[tuple[float, float, float]] = []
    for block in zip(rows.tolist(), illicit.tolist(), total.tolist(), strict=True):
        count, bad, raw = block
        while blocks and blocks[-1][1] * count >= bad * blocks[-1][0]:
            before = blocks.pop()
            count, bad, raw = count + before[0], bad + before[1], raw + before[2]
        blocks.append((count, bad, raw))
    columns = np.array(blocks, np.float64).T
    return columns[0], columns[1], columns[2]


def fit_sigmoid(raw: _Reals, labels: NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope (0 or more) and offset of the sigmoid that fits best.

    Maximum likelihood by Newton's method towards the targets (illicit + 1) / (illicit + 2) and 1 / (licit + 2).

    Source: Platt, "Probabilistic outputs for support vector machines", Advances in Large Margin Classifiers (1999),
    with the halved steps of Lin, Lin and Weng, "A note on Platt's probabilistic outputs", Machine Learning 68 (2007).
    """
    order = np.lexsort((labels, raw))
    # Far from 0 a slope would be lost in the rounding of an offset.
    centre = math.fsum(raw.tolist()) / len(raw)
    x, illicit = raw[order] - centre, labels[order]
    bad = float(illicit.sum())
    target = np.where(illicit, (bad + 1.0) / (bad + 2.0), 1.0 / (len(x) - bad + 2.0))
    point = np.array([0.0, math.log((bad + 1.0) / (len(x) - bad + 1.0))])
    for _ in range(_NEWTON_STEPS):
        better = _newton_step(x, target, point)
        if better is None:
            break
        point = better
    slope = max(float(point[0]), 0.0)
    return slope, float(point[1]) - slope * centre


def _newton_step(x: _Reals, target: _Reals, point: _Reals) -> _Reals | None:
    """Return a better slope and offset, None where halving the step ten times finds none."""
    share = 1.0 / (1.0 + exp(-np.clip(point[0] * x + point[1], -700.0, 700.0)))
    spread = share * (1.0 - share)
    off = share - target
    of_slope, of_offset = np.sum(off * x), np.sum(off)
    slope, both, offset = np.sum(spread * x * x), np.sum(spread * x), np.sum(spread)
    slope, offset = slope + _RIDGE, offset + _RIDGE
    # By hand: a library for linear algebra rounds as the processor it was tuned for.
    determinant = slope * offset - both * both
    if determinant <= 0.0:
        return None
    step = np.array([offset * of_slope - both * of_offset, slope * of_offset - both * of_slope])
    step /= determinant
    loss = _sigmoid_loss(x, target, point)
    for halving in range(10):
        new: _Reals = point - step / 2.0**halving
        if _sigmoid_loss(x, target, new) < loss:
            return new
    return None


def _sigmoid_loss(x: _Reals, target: _Reals, point: _Reals) -> float:
    odds = point[0] * x + point[1]
    log_of_one_and_odds = np.maximum(odds, 0.0) + log1p(exp(-np.abs(odds)))
    return float(np.sum(log_of_one_and_odds - target * odds))
