from decimal import Decimal

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.batch.schemas import MONEY
from aml_miner.monitoring.graph.limbs import amounts_of, limbs_of

UNITS = st.integers(0, 2 * 10**37 - 1)
"""Amounts as whole numbers of their last place."""


def money(*amounts: str) -> pl.Series:
    return pl.Series([Decimal(amount) for amount in amounts], dtype=MONEY)


def test_limbs_are_the_digits_to_the_base_of_4294967296_lowest_first() -> None:
    amounts = money("0", "0.000000000000000001", "0.000000004294967296")
    assert limbs_of(amounts).tolist() == [[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0]]


def test_a_part_of_a_column_is_read_from_its_own_place() -> None:
    amounts = money("1", "2", "3")
    assert amounts_of(limbs_of(amounts[1:])).to_list() == [Decimal(2), Decimal(3)]
    chunks = pl.concat([amounts, amounts], rechunk=False)
    assert amounts_of(limbs_of(chunks)).to_list() == [Decimal(n) for n in (1, 2, 3, 1, 2, 3)]


def test_a_carry_is_passed_on_through_all_limbs() -> None:
    nearly = limbs_of(money("0.000000004294967295"))
    one = limbs_of(money("0.000000000000000001"))
    assert amounts_of(nearly + one).to_list() == [Decimal("0.000000004294967296")]
    assert amounts_of(np.array([[2**62, 0, 0, 0]])).to_list() == [Decimal(2**62).scaleb(-18)]


@given(st.lists(UNITS, min_size=1, max_size=4))
def test_a_sum_of_limbs_is_the_exact_sum(units: list[int]) -> None:
    amounts = pl.Series([Decimal(f"{unit}E-18") for unit in units], dtype=MONEY)
    (total,) = amounts_of(limbs_of(amounts).sum(axis=0, keepdims=True))
    assert total == Decimal(f"{sum(units)}E-18")
