"""Numbers of a model text: only what LightGBM prints, and every digit of it."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.errors import ModelRejectedError
from aml_miner.models.model_lines import NAME, THRESHOLD, Lines, read_lines


def lines(value: str) -> Lines:
    return Lines("tree 3", {"field": value})


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_keep_every_bit(number: float) -> None:
    text = f"{number:.17g}"
    assert lines(text).reals("field", 1).tobytes() == np.float64(number).tobytes()


@pytest.mark.parametrize(
    "token",
    ["nan", "-inf", "+1", "1_0", "0x1p3", "1.", ".5", "1e5", "1E+05", "", "1e+999", "1" * 18, "٣"],
)
def test_a_number_lightgbm_would_not_print_is_refused(token: str) -> None:
    with pytest.raises(ModelRejectedError, match="'field' must hold only finite numbers; found"):
        lines(f"1 {token}").reals("field", 2)


def test_only_a_threshold_may_be_infinite() -> None:
    assert lines("1 inf").reals("field", 2, THRESHOLD).tolist() == [1.0, np.inf]
    with pytest.raises(ModelRejectedError, match="hold only numbers or 'inf'; found '1e\\+999'"):
        lines("1 1e+999").reals("field", 2, THRESHOLD)


@pytest.mark.parametrize("token", ["1.0", "01", "+1", "1_0", "a", "", "12345678901"])
def test_a_whole_number_lightgbm_would_not_print_is_refused(token: str) -> None:
    with pytest.raises(ModelRejectedError, match="'field' must hold only whole numbers; found"):
        lines(f"{token} 1").wholes("field", 2, 0, 9)


def test_whole_numbers_keep_their_range() -> None:
    assert lines("-2 0 3").wholes("field", 3, -2, 3).tolist() == [-2, 0, 3]
    with pytest.raises(
        ModelRejectedError, match="tree 3: 'field' must lie between -1 and 3; found -2"
    ):
        lines("-2 0 3").wholes("field", 3, -1, 3)


def test_arrays_cannot_be_written_to() -> None:
    for array in (lines("1").wholes("field", 1, 0, 1), lines("1").reals("field", 1)):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_a_wrong_number_of_values_is_refused_with_both_numbers() -> None:
    with pytest.raises(ModelRejectedError, match="tree 3: 'field' must have 2 values; found 3"):
        lines("1 2 3").reals("field", 2)


def test_an_empty_value_holds_no_values() -> None:
    assert lines("").reals("field", 0).size == 0
    assert lines("").tokens("field", None, NAME) == []


def test_missing_and_unknown_lines_are_refused_by_name() -> None:
    with pytest.raises(ModelRejectedError, match="'other' must be there; found 'no such line'"):
        lines("1").check_names(frozenset({"field", "other"}))
    with pytest.raises(ModelRejectedError, match="tree 3: 'field' must not be there; found '1'"):
        lines("1").check_names(frozenset())
    lines("1").check_names(frozenset(), optional=frozenset({"field"}))


def test_a_line_is_split_at_its_first_equals_sign() -> None:
    assert read_lines("header", ["a=b=c", "d="]).values == {"a": "b=c", "d": ""}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("average_output", "'average_output' must be a line name=value; found 'average_output'"),
        ("", "'' must be a line name=value; found ''"),
        ("a=2", "'a' must be there once; found 'a second line'"),
    ],
)
def test_a_line_that_is_no_new_name_is_refused(line: str, message: str) -> None:
    with pytest.raises(ModelRejectedError, match=re.escape(f"model text, header: {message}")):
        read_lines("header", ["a=1", line])
