from collections.abc import Callable, Sequence

import polars as pl
import pytest

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import build_address_features

type MakeActivity = Callable[[Sequence[tuple[str, ...]]], Activity]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("amount_variance", [2_450_000 / 3, 10_000, 1_950**2 / 2, 0]),
        ("volume_std", [(2_450_000 / 3) ** 0.5, 100, 1_950 / 2**0.5, 0]),
        ("volume_cv", [(2_450_000 / 3) ** 0.5 / 650, 0.5, 1_950 / 2**0.5 / 1_025, 0]),
        # a's edges are 200, 400 and 1000; the others have too few
        ("amount_skewness", [(560 / 27) / (104 / 9) ** 1.5, 0, 0, 0]),
        ("amount_kurtosis", [0, 0, 0, 0]),
        ("flow_concentration", [2 / 3, 5 / 6, 1 / 2, 0]),
        # by the hour, a moved 100, 500 and 2000, b 100 and 500, the others all in one
        ("volume_concentration_score", [20 / 39, 2 / 3, 0, 0]),
    ],
)
def test_distribution(week_features: pl.DataFrame, column: str, expected: list[float]) -> None:
    assert week_features[column].to_list() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("received", "skewness", "kurtosis"),
    [
        (["1", "1", "1", "5"], 6 / 3**1.5, 21 / 9 - 3),  # deviations -1, -1, -1, 3
        (["1", "1", "4"], 2 / 2**1.5, 0.0),  # deviations -1, -1, 2: too few for a kurtosis
        (["1", "4"], 0.0, 0.0),
        (["0.1", "0.1", "0.1", "0.1"], 0.0, 0.0),  # all alike
    ],
)
def test_skewness_takes_three_edges_and_kurtosis_four(
    activity_of: MakeActivity, received: list[str], skewness: float, kurtosis: float
) -> None:
    rows = [(f"sender-{i}", "a", "1", usd, f"1 00:0{i}") for i, usd in enumerate(received)]
    a = build_address_features(activity_of(rows)).row(0, named=True)
    assert (a["amount_skewness"], a["amount_kurtosis"]) == pytest.approx((skewness, kurtosis))


def test_the_mean_of_dust_counts_as_1_in_the_coefficient_of_variation(
    activity_of: MakeActivity,
) -> None:
    rows = [("a", "b", "0.1", "0.1", "1 00:00"), ("a", "b", "0.3", "0.3", "1 00:01")]
    a = build_address_features(activity_of(rows)).row(0, named=True)
    assert a["volume_cv"] == pytest.approx(0.02**0.5)
