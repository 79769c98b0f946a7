"""Sums of money per owner, exact, whichever way they are made."""

from decimal import Decimal, localcontext

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.batch.schemas import MONEY
from aml_miner.monitoring.sums import exact_sums

AMOUNTS = st.decimals(0, Decimal("1e9"), places=18) | st.decimals(0, Decimal("1e18"), places=0)


def rows_of(pairs: list[tuple[int, Decimal]]) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema={"owner": pl.Int64, "usd": MONEY}, orient="row")


@given(pairs=st.lists(st.tuples(st.integers(0, 4), AMOUNTS), max_size=20))
def test_sums_are_exact(pairs: list[tuple[int, Decimal]]) -> None:
    pairs.sort()
    with localcontext(prec=60):
        expected = [
            sum((usd for owner, usd in pairs if owner == each), Decimal(0)) for each in range(6)
        ]
    sums = exact_sums(rows_of(pairs), "usd", 6)
    assert sums.dtype == MONEY
    assert sums.to_list() == expected


@pytest.mark.parametrize("largest", ["12345678901234567890", "45678901234567890123.5"])
def test_a_running_total_may_pass_what_a_decimal_holds(largest: str) -> None:
    """Each owner's sum has 38 digits or fewer, all of them together more."""
    usd = Decimal(largest)
    pairs = [(owner, usd) for owner in range(20)]
    assert exact_sums(rows_of(pairs), "usd", 20).to_list() == [usd] * 20
