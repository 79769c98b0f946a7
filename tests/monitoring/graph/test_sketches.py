import numpy as np
import pytest

from aml_miner.monitoring.graph.hashing import hashes
from aml_miner.monitoring.graph.sketches import (
    add_values,
    fill_registers,
    sketched_totals,
    spread_registers,
)
from tests.monitoring.graph.drawings import rows_of

FAN = rows_of({(0, other): 1.0 for other in range(1, 3_000)} | {(3_000, 0): 1.0})
"""0 pays 2 999 others, and 3 000 pays 0."""


@pytest.mark.parametrize(("size", "tolerance"), [(64, 0.13), (256, 0.065), (1024, 0.0325)])
def test_the_error_is_that_of_the_number_of_registers(size: int, tolerance: float) -> None:
    """Over many seeds the standard deviation is 1.04 / √size, and the mean right."""
    estimates = [sketched_totals(FAN, np.ones(3_001), size, seed)[0, 0] for seed in range(60)]
    errors = np.array(estimates) / 3_000 - 1
    assert np.std(errors) == pytest.approx(tolerance, rel=0.35)
    assert abs(errors.mean()) < 4 * tolerance / np.sqrt(60)


def test_small_sets_are_estimated_as_well_as_large_ones() -> None:
    pair = rows_of({(0, 1): 1.0})
    estimates = [sketched_totals(pair, np.ones(2), 256, seed)[0, 0] for seed in range(60)]
    assert np.mean(estimates) == pytest.approx(2, rel=0.04)


@pytest.mark.parametrize("scale", [1e-15, 1.0, 1e15])
def test_weights_are_added_up_whatever_their_scale(scale: float) -> None:
    """A tenth of the addresses have nearly all of the weight."""
    weight = np.where(np.arange(3_001) % 10 == 0, 1000.0, 1.0) * scale
    estimates = [sketched_totals(FAN, weight, 256, seed)[0, 0] for seed in range(30)]
    assert np.mean(estimates) == pytest.approx(weight[:3_000].sum(), rel=0.05)


def test_each_round_reaches_one_hop_further() -> None:
    totals = sketched_totals(FAN, np.ones(3_001), 256, 0)
    assert totals[3_000, 0] == pytest.approx(2, rel=0.3)  # itself and 0
    assert totals[3_000, 1] == pytest.approx(3_001, rel=0.3)
    assert totals[3_000, 2] == totals[3_000, 1]
    assert totals[1].tolist() == pytest.approx([1, 1, 1], rel=0.3)


def test_addresses_without_weight_weigh_nothing() -> None:
    assert sketched_totals(FAN, np.zeros(3_001), 64, 0).max() < 1e-30


def test_the_kernels_in_python_give_the_same() -> None:
    keys, salt = hashes(0, 6), hashes(1, 8)
    weight = np.array([0.0, 1e-18, 1.0, 1e20, 5.0, 0.5])
    registers = fill_registers(keys, salt, weight)
    with np.errstate(over="ignore"):  # hashes wrap round
        python = fill_registers.py_func(keys, salt, weight)
    np.testing.assert_array_equal(registers, python)
    assert registers[0].tolist() == [0] * 8
    assert 0 < registers[1].max() < registers[3].min()
    rows = rows_of({(0, 1): 1.0, (2, 3): 1.0, (2, 5): 1.0})
    joined = spread_registers(rows.start, rows.other, registers)
    assert joined[2].tolist() == registers[[2, 3, 5]].max(axis=0).tolist()
    np.testing.assert_array_equal(
        joined, spread_registers.py_func(rows.start, rows.other, registers)
    )
    one, other = np.zeros(6), np.zeros(6)
    add_values(joined, np.arange(256.0), one)
    add_values.py_func(joined, np.arange(256.0), other)
    assert one.tolist() == other.tolist() == joined.sum(axis=1).tolist()
