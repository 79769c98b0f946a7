import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.batch.schemas import FEATURES
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import anomaly, build_address_features
from aml_miner.monitoring.address_features.parameters import AddressFeatureParameters
from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.transfers import make_transfers
from aml_miner.simulation import SimulationConfig, simulate_economy

type MakeActivity = Callable[[Sequence[tuple[str, ...]]], Activity]

PARAMETERS = load_profile().address_features
SCORES = [
    "behavioral_anomaly_score",
    "graph_anomaly_score",
    "neighborhood_anomaly_score",
    "global_anomaly_score",
]


def with_anomaly(**changes: float) -> AddressFeatureParameters:
    chosen = PARAMETERS.anomaly.model_copy(update=changes)
    return PARAMETERS.model_copy(update={"anomaly": chosen})


@pytest.fixture(scope="module")
def economy() -> pl.DataFrame:
    return simulate_economy(SimulationConfig(accounts=300, days=7)).transfers


@pytest.fixture(scope="module")
def features(economy: pl.DataFrame) -> pl.DataFrame:
    return build_address_features(Activity.of(make_transfers(economy)))


# Scores of an isolation forest


def test_two_addresses_are_as_unlike_as_each_other(activity_of: MakeActivity) -> None:
    """Each is alone after one cut, which is what a search among two takes on average: 2^(−1/1)."""
    pair = build_address_features(activity_of([("a", "b", "5", "5", "1 00:00")]))
    for name in SCORES:
        assert pair[name].to_list() == [0.5, 0.5]


@pytest.mark.parametrize("name", SCORES)
def test_scores_lie_between_0_and_1_with_most_addresses_below_a_half(
    features: pl.DataFrame, name: str
) -> None:
    assert features[name].is_between(0, 1).all()
    assert features[name].quantile(0.5) < 0.5
    assert features[name].max() > 0.5


def test_the_address_unlike_all_others_has_the_highest_score(activity_of: MakeActivity) -> None:
    """Forty pairs that pay once each, and "z" that pays each of twenty others ten times at night."""
    alike = [(f"a{i:02}", f"b{i:02}", "150", "150", f"{1 + i % 5} 12:00") for i in range(40)]
    odd = [
        ("z", f"y{i % 20:02}", "9000", "9000", f"{1 + i % 5} 03:{i % 60:02}") for i in range(200)
    ]
    found = build_address_features(activity_of(alike + odd))
    for name in SCORES:
        assert found.sort(name)["address"][-1] == "z"


def test_a_score_depends_on_the_seed_and_on_the_number_of_trees_alone(
    economy: pl.DataFrame, features: pl.DataFrame
) -> None:
    activity = Activity.of(make_transfers(economy))
    again = build_address_features(activity, PARAMETERS)
    other_seed = build_address_features(activity, with_anomaly(seed=43))
    fewer_trees = build_address_features(activity, with_anomaly(trees=50))
    for name in SCORES:
        assert again[name].to_list() == features[name].to_list()
        assert other_seed[name].to_list() != features[name].to_list()
        assert fewer_trees[name].to_list() != features[name].to_list()


def test_a_change_of_unit_changes_no_score() -> None:
    """What is compared is each value over the mean of all; powers of two keep every bit."""
    table = pl.DataFrame({"total_in_usd": [1.0, 3.0, 10.0, 500.0, 20.0]})
    one = anomaly._isolation_score(table, ("total_in_usd",), PARAMETERS.anomaly)
    other = anomaly._isolation_score(table * 1024, ("total_in_usd",), PARAMETERS.anomaly)
    assert one.tolist() == other.tolist()


def test_scores_are_made_of_columns_of_the_contract() -> None:
    named = {*anomaly._BEHAVIOUR, *anomaly._GRAPH, *anomaly._NEIGHBOURHOOD}
    assert named <= set(FEATURES.schema)


PROGRAM = """
import hashlib, sys
import polars as pl
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import build_address_features
from aml_miner.monitoring.transfers import make_transfers
features = build_address_features(Activity.of(make_transfers(pl.read_parquet(sys.argv[1]))))
scores = features.select(sys.argv[2:]).to_numpy()
print(hashlib.sha256(scores.tobytes()).hexdigest())
"""


@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_fresh_process_with_any_number_of_threads_gives_the_same_bits(
    economy: pl.DataFrame, features: pl.DataFrame, tmp_path: Path, threads: str
) -> None:
    shuffled = economy.sample(fraction=1, shuffle=True, seed=int(threads))
    shuffled.write_parquet(tmp_path / "transfers.parquet")
    limits = dict.fromkeys(["OMP_NUM_THREADS", "POLARS_MAX_THREADS", "NUMBA_NUM_THREADS"], threads)
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "transfers.parquet"), *SCORES],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | limits,
    )
    expected = hashlib.sha256(features.select(SCORES).to_numpy().tobytes()).hexdigest()
    assert found.stdout.strip() == expected


# Outliers among an address's own transfers


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([5], 0),
        ([5, 500], 0),  # quartiles 128.75 and 376.25: far apart themselves
        ([1, 1, 1, 100], 0),  # quartiles 1 and 25.75, fence at 100
        ([1, 1, 1, 101], 0),  # 26 and 101
        ([1, 1, 1, 1, 100], 1),  # quartiles alike
        ([10, 20, 30, 40, 50], 0),
        ([10, 20, 30, 40, 100], 0),  # quartiles 20 and 40, fence at 100
        ([10, 20, 30, 40, 101], 1),
        ([100, 110, 120, 130, 70], 0),  # quartiles 100 and 120, fence at 40
        ([100, 110, 120, 130, 39], 1),
        ([1, 1000, 1000, 1000, 1000, 1000, 5000], 2),
    ],
)
def test_outlier_transactions(activity_of: MakeActivity, amounts: list[int], expected: int) -> None:
    rows = [("a", "b", "1", str(usd), f"1 00:{i:02}") for i, usd in enumerate(amounts)]
    found = build_address_features(activity_of(rows))
    assert found["outlier_transactions"].to_list() == [expected] * 2


def test_where_an_outlier_begins_is_a_network_s_choice(activity_of: MakeActivity) -> None:
    rows = [("a", "b", "1", str(usd), f"1 00:{i}") for i, usd in enumerate([10, 20, 30, 40, 100])]
    nearer = build_address_features(activity_of(rows), with_anomaly(fence=2))
    assert nearer["outlier_transactions"].to_list() == [1, 1]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30), st.integers(0, 30))
def test_outliers_are_counted_address_by_address(values: list[float], cut: int) -> None:
    """As NumPy's quantiles have it, wherever the border between two addresses lies."""
    cut = min(cut, len(values))
    borders = np.unique([0, cut, len(values)])
    found = anomaly._count_outliers.py_func(np.array(values), borders, 3.0)
    for start, end, count in zip(borders[:-1], borders[1:], found, strict=True):
        own = np.array(values[start:end])
        lower, upper = np.quantile(own, [0.25, 0.75])
        margin = 1e-9 * max(own.max(), 1)
        reach = 3 * (upper - lower)
        surely = (own < lower - reach - margin) | (own > upper + reach + margin)
        perhaps = (own < lower - reach + margin) | (own > upper + reach - margin)
        assert surely.sum() <= count <= perhaps.sum()


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30), st.sampled_from([0.25, 0.5, 0.75]))
def test_a_quantile_is_interpolated_as_numpy_does(values: list[float], share: float) -> None:
    ascending = np.sort(values)
    found = anomaly._quantile.py_func(ascending, share)
    assert found == pytest.approx(np.quantile(ascending, share), rel=1e-12, abs=1e-9)


# Signs


def test_suspicious_pattern_score(week_features: pl.DataFrame) -> None:
    """Worked out by hand: four signs each, over ten transfers.

    "a": structuring 1 (three of four small, raised), burst (2 / (4/24) − 1) / 23, passed on 200 of 1400, all round.
    """
    signs = [
        (1 + 11 / 23 + 200 / 1400 + 1) / 4 * 0.4,
        (1 + 15 / 23 + 200 / 400 + 1) / 4 * 0.3,
        (1 / 2 + 1 + 0 / 1000 + 1 / 2) / 4 * 0.2,
        (1 + 1 + 0 + 0) / 4 * 0.1,
    ]
    assert week_features["suspicious_pattern_score"].to_list() == pytest.approx(signs, rel=1e-12)


def test_ten_transfers_show_a_sign_in_full(activity_of: MakeActivity) -> None:
    rows = [("a", "b", "100", "100", f"1 00:{i:02}") for i in range(11)]
    for count in (10, 11):
        found = build_address_features(activity_of(rows[:count]))
        assert found["suspicious_pattern_score"].to_list() == [0.75, 0.75]  # nothing is passed on


@pytest.mark.parametrize("seed", range(3))
def test_another_name_moves_a_row_and_changes_no_bit_of_any_score(
    features: pl.DataFrame, seed: int
) -> None:
    renamed = np.random.Generator(np.random.PCG64(seed)).permutation(features.height)
    for names in (anomaly._BEHAVIOUR, anomaly._NEIGHBOURHOOD):
        scores = anomaly._isolation_score(features, names, PARAMETERS.anomaly)
        moved = anomaly._isolation_score(features[renamed], names, PARAMETERS.anomaly)
        assert moved.tobytes() == scores[renamed].tobytes()
