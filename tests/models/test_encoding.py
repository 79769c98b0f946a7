"""Columns are chosen by name, and what is unknown stays unknown."""

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from aml_miner.errors import PredictionError
from aml_miner.models.encoding import count_unknown, encode, fit_code_tables

pytestmark = pytest.mark.usefixtures("each_way")


NAN = float("nan")
TABLES = {"typology": ("cycle", "fan_in")}


def test_code_tables_are_the_sorted_values_of_text_columns() -> None:
    features = pl.DataFrame(
        {"typology": ["fan_in", None, "cycle", "fan_in"], "degree": [1, 2, 3, 4]}
    )
    assert fit_code_tables(features) == TABLES


def test_code_table_of_a_column_without_values_is_empty() -> None:
    features = pl.DataFrame({"typology": [None, None]}, schema={"typology": pl.String})
    tables = fit_code_tables(features)
    assert tables == {"typology": ()}
    assert encode(features, ["typology"], tables).tolist() == [[0.0], [0.0]]


@pytest.mark.parametrize(
    ("value", "code"),
    [("cycle", 1.0), ("fan_in", 2.0), ("peel_chain", 0.0), (None, 0.0)],
)
def test_category_is_its_place_and_0_when_unknown(value: str | None, code: float) -> None:
    features = pl.DataFrame({"typology": [value]}, schema={"typology": pl.String})
    assert encode(features, ["typology"], TABLES).tolist() == [[code]]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2.5, 2.5),
        (None, NAN),
        (NAN, NAN),
        (float("inf"), NAN),
        (-float("inf"), NAN),
        (1e39, NAN),  # finite in 64 bits, not in 32
    ],
)
def test_number_is_never_infinite(value: float | None, expected: float) -> None:
    features = pl.DataFrame({"amount": [value]}, schema={"amount": pl.Float64})
    np.testing.assert_array_equal(encode(features, ["amount"], {}), [[expected]])


def test_matrix_follows_the_names_and_is_contiguous() -> None:
    features = pl.DataFrame({"b": [1.0, 2.0], "ignored": ["x", "y"], "a": [True, None]})
    matrix = encode(features, ["a", "b"], {})
    np.testing.assert_array_equal(matrix, [[1.0, 1.0], [NAN, 2.0]])
    assert matrix.dtype == np.float32
    assert matrix.flags.c_contiguous


def test_no_rows_are_a_matrix_of_no_rows() -> None:
    features = pl.DataFrame(schema={"amount": pl.Float64, "typology": pl.String})
    assert encode(features, ["typology", "amount"], TABLES).shape == (0, 2)


def test_missing_column_is_named() -> None:
    with pytest.raises(PredictionError, match=r"needs 3 columns; 2 of them are missing, first 'a'"):
        encode(pl.DataFrame({"b": [1.0]}), ["a", "b", "c"], {})


def test_category_given_as_number_is_refused() -> None:
    message = "'typology' is a category of this model and must hold text; found Int64"
    with pytest.raises(PredictionError, match=message):
        encode(pl.DataFrame({"typology": [1]}), ["typology"], TABLES)


def test_number_given_as_text_is_refused() -> None:
    with pytest.raises(PredictionError, match="'amount' is a number of this model; found String"):
        encode(pl.DataFrame({"amount": ["1"]}), ["amount"], {})


def test_unknown_values_are_counted_and_nulls_are_not() -> None:
    features = pl.DataFrame({"typology": ["cycle", "peel_chain", None, "PING_PONG"]})
    assert count_unknown(features, TABLES) == {"typology": 2}


def test_a_few_rows_are_encoded_as_among_many() -> None:
    """Whatever the types of the columns, row by row and column by column give the same numbers."""
    few = pl.DataFrame(
        {
            "severity": ["low", None, "severe"],
            "usd": [1e39, None, 0.1],
            "count": [1, 2**53 + 1, None],
            "is_new": [True, None, False],
        }
    )
    tables = {"severity": ("high", "low")}
    for kept in (few, few.select("usd", "severity")):
        names = sorted(kept.columns)
        many = pl.concat([kept] * 20)
        assert_array_equal(encode(kept, names, tables), encode(many, names, tables)[:3])


def test_a_few_rows_of_the_wrong_type_are_refused_as_many_are() -> None:
    features = pl.DataFrame({"severity": [1.0], "usd": ["1"]})
    with pytest.raises(PredictionError, match="'severity' is a category"):
        encode(features, ["severity"], {"severity": ("low",)})
    with pytest.raises(PredictionError, match="'usd' is a number"):
        encode(features, ["usd"], {})


@pytest.mark.parametrize("known", [(), ("cycle",), ("burst", "cycle", "peel_chain")])
@pytest.mark.parametrize("values", [["cycle", None, "new"], [None, None, None]])
def test_many_categories_get_the_codes_of_a_few(
    known: tuple[str, ...], values: list[str | None]
) -> None:
    series = pl.Series("pattern_type", values, None if any(values) else pl.Null)
    few = encode(series.to_frame(), ["pattern_type"], {"pattern_type": known})
    many = encode(pl.concat([series] * 1_000).to_frame(), ["pattern_type"], {"pattern_type": known})
    assert many.tolist() == few.tolist() * 1_000
