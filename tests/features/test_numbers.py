"""Numbers are written alike alone and among many, and rounded as they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.features import numbers
from aml_miner.features.numbers import show_numbers

PLACES = [",.0f", ",.1f", ",.2f", ".0f", ".2f", ".0%", ".1%", ".2e", ".3g"]


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        (1234567.5, ",.0f", "1,234,568"),
        (1234566.5, ",.0f", "1,234,566"),  # half to even
        (-1234.56, ",.1f", "-1,234.6"),
        (999.96, ",.1f", "1,000.0"),
        (0.125, ".2f", "0.12"),
        (12.0, ".0%", "1200%"),
        (1e20, ",.0f", "100,000,000,000,000,000,000"),  # beyond the whole numbers of a float
        (0.0, ".2f", "0.00"),
        (0.004, ".2f", "0.004"),  # one digit rather than 0.00
        (123456.0, ".3g", "1.23e+05"),
    ],
)
def test_show(value: float, places: str, shown: str) -> None:
    assert show_numbers(np.array([value]), places).to_list() == [shown]
    many = show_numbers(np.full(numbers._FEW + 1, value), places)
    assert many.to_list() == [shown] * (numbers._FEW + 1)


@given(
    values=st.lists(st.floats(-1e18, 1e18), min_size=1, max_size=5),
    places=st.sampled_from(PLACES),
)
def test_few_numbers_are_written_as_many_are(values: list[float], places: str) -> None:
    few = show_numbers(np.array(values), places).to_list()
    many = show_numbers(np.array(values * 40), places).to_list()
    assert many == few * 40


@given(value=st.floats(1.0, 1e12), places=st.sampled_from([",.1f", ".2f", ".1%"]))
def test_what_is_shown_is_within_half_a_last_place(value: float, places: str) -> None:
    shown = show_numbers(np.array([value]), places).item().replace(",", "")
    read = float(shown.rstrip("%")) / (100.0 if "%" in shown else 1.0)
    last = {",.1f": 0.1, ".2f": 0.01, ".1%": 0.001}[places]
    assert abs(read - value) <= last / 2 * (1 + 1e-9) + value * 1e-15
