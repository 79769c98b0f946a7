"""A calibration never turns two scores around, and is the same bits wherever it is worked out."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from aml_miner.models.calibration import Calibration

RAW = st.lists(st.floats(-50, 50, allow_subnormal=False), min_size=1, max_size=8, unique=True).map(
    sorted
)
SHARES = st.lists(
    st.floats(1e-9, 1 - 1e-9, allow_subnormal=False), min_size=8, max_size=8, unique=True
).map(sorted)


def knots(raw: list[float], share: list[float]) -> Calibration:
    return Calibration(method="isotonic", raw=tuple(raw), share=tuple(share), rows=10, positives=3)


@given(RAW, SHARES, st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_higher_raw_score_never_has_the_lower_share(
    raw: list[float], share: list[float], asked: list[float]
) -> None:
    calibration = knots(raw, share[: len(raw)])
    beside = [value + step for value in raw for step in (-1e-12, 0.0, 1e-12)]
    shares = [calibration.share_of(value) for value in sorted(asked + beside)]
    assert all(low <= high for low, high in pairwise(shares))
    assert all(0.0 < value <= 1.0 for value in shares)


@given(RAW, SHARES)
def test_knots_are_met_but_for_rounding(raw: list[float], share: list[float]) -> None:
    calibration = knots(raw, share[: len(raw)])
    found = [calibration.share_of(value) for value in raw]
    assert found == pytest.approx(share[: len(raw)], abs=1e-15)


def test_shares_are_these_bits() -> None:
    """Worked out with exact fractions: no exp, no power, nothing a processor may round its own way."""
    calibration = knots([-2.0, 0.0, 3.0], [0.125, 0.25, 0.75])
    values = {-4.0: 0.125 / 3.0, -1.0: 0.1875, 1.5: 0.5, 3.0: 0.75, 7.0: 0.95}
    assert {raw: calibration.share_of(raw) for raw in values} == values


@given(RAW, SHARES)
def test_knots_survive_json(raw: list[float], share: list[float]) -> None:
    calibration = knots(raw, share[: len(raw)])
    assert Calibration.model_validate_json(calibration.model_dump_json()) == calibration


@pytest.mark.parametrize(
    ("raw", "share", "message"),
    [
        ([0.0, 1.0], [0.5], "must have a share per raw score; found 1 of 2"),
        ([0.0, 0.0], [0.4, 0.5], "'raw' must rise from knot to knot"),
        ([0.0, 1.0], [0.5, 0.4], "'share' must rise from knot to knot"),
        ([0.0, 1.0], [0.0, 0.4], "'share' must lie between 0 and 1"),
        ([0.0, 1.0], [0.5, 1.0], "'share' must lie between 0 and 1"),
        ([0.0, float("nan")], [0.5, 0.6], "finite number"),
        ([], [], "at least 1 item"),
    ],
)
def test_knots_that_could_turn_scores_around_are_refused(
    raw: list[float], share: list[float], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        knots(raw, share)
