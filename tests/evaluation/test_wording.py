"""A metric is said in the same words wherever it stands."""

import pytest

from aml_miner.evaluation.bench import Measured, Undefined
from aml_miner.evaluation.intervals import Interval
from aml_miner.evaluation.wording import write_measured


def interval(value: float, low: float, high: float) -> Interval:
    return Interval(value, low, high, level=0.95, resamples=10, undefined=0)


@pytest.mark.parametrize(
    ("measured", "decimals", "expected"),
    [
        (interval(0.75, 0.5, 0.875), 3, "0.750 (0.500–0.875)"),
        (interval(0.02, -0.1, 0.3), 2, "0.02 (-0.10–0.30)"),
        (interval(1234.4, 0.6, 20_000.0), 0, "1,234 (1–20,000)"),
        (Undefined("needs rows"), 3, "undefined"),
        (None, 3, ""),  # not asked of this scoring
    ],
)
def test_measured_is_a_value_and_its_interval(
    measured: Measured | None, decimals: int, expected: str
) -> None:
    assert write_measured(measured, decimals) == expected


def test_what_stands_for_no_value_is_chosen_by_who_writes() -> None:
    assert write_measured(Undefined("needs rows"), undefined="–") == "–"
