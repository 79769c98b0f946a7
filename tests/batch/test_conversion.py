from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.batch.conversion import UnsuitableTypeError, convert_column, from_arrow
from aml_miner.batch.schemas import MONEY, Column

NAN, INFINITY = float("nan"), float("inf")


def converted(values: pl.Series, dtype: pl.DataType, name: str = "a") -> list[object]:
    result = convert_column(values, Column(name, dtype))
    assert result.dtype == dtype
    return result.to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1", "0.1"),
        (" 7 ", "7"),
        ("1e-7", "0.0000001"),
        ("1.5E3", "1500"),
        ("-0.000000000000000001", "-0.000000000000000001"),
        ("0.0000000000000000005", "0"),  # half to even
        ("0.0000000000000000015", "0.000000000000000002"),
        ("0.00000000000000000050000000000000000000000001", "0.000000000000000001"),  # above half
        ("99999999999999999999", "99999999999999999999"),
        ("100000000000000000000", None),  # 21 digits
        ("1234567890123456789012345", None),
        ("", None),
        ("ten", None),
        ("NaN", None),
    ],
)
def test_text_becomes_an_exact_amount(text: str, expected: str | None) -> None:
    exact = None if expected is None else Decimal(expected)
    assert converted(pl.Series([text]), MONEY) == [exact]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (2.5e-18, "0.000000000000000002"),  # half to even
        (3.5e-18, "0.000000000000000004"),
        (123456789.12345679, "123456789.12345679"),
        (1e20, None),
    ],
)
def test_float_becomes_the_amount_it_is_written_as(number: float, expected: str | None) -> None:
    exact = None if expected is None else Decimal(expected)
    assert converted(pl.Series([number]), MONEY) == [exact]


def test_narrow_float_becomes_the_amount_it_is_written_as() -> None:
    assert converted(pl.Series([0.1], dtype=pl.Float32), MONEY) == [Decimal("0.1")]


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=18))
def test_every_amount_of_18_places_survives_as_text(amount: Decimal) -> None:
    assert converted(pl.Series([f"{amount:f}"]), MONEY) == [amount]


@given(st.floats(min_value=-1e15, max_value=1e15).filter(lambda x: x == 0 or abs(x) > 1e-2))
def test_every_float_becomes_its_shortest_text(number: float) -> None:
    assert converted(pl.Series([number]), MONEY) == [Decimal(repr(number))]


@pytest.mark.parametrize(
    ("amount", "precision", "scale", "expected"),
    [
        ("1.0000000000000000005", 38, 30, "1"),  # half to even
        ("1.0000000000000000015", 38, 30, "1.000000000000000002"),
        ("1.00000000000000000050001", 38, 30, "1.000000000000000001"),
        ("0.25", 10, 2, "0.25"),
        ("99999999999999999999.5", 38, 2, "99999999999999999999.5"),
        ("100000000000000000000.5", 38, 2, None),
    ],
)
def test_decimal_of_another_scale_is_rounded_half_to_even(
    amount: str, precision: int, scale: int, expected: str | None
) -> None:
    exact = None if expected is None else Decimal(expected)
    values = pl.Series([Decimal(amount)], dtype=pl.Decimal(precision, scale))
    assert converted(values, MONEY) == [exact]


def test_whole_number_is_an_amount() -> None:
    assert converted(pl.Series([2**64 - 1], dtype=pl.UInt64), MONEY) == [Decimal(2**64 - 1)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pl.Series([0, 255, 256, -1, None]), [0, 255, None, None, None]),
        (pl.Series([3.0, 3.5, None]), [3, None, None]),
    ],
)
def test_number_that_is_not_whole_or_does_not_fit_becomes_null(
    values: pl.Series, expected: list[int | None]
) -> None:
    assert converted(values, pl.UInt8()) == expected


def test_float_too_large_to_be_exact_is_not_a_whole_number() -> None:
    assert converted(pl.Series([2.0**53, 2.0**54]), pl.UInt64()) == [2**53, None]


@pytest.mark.parametrize("name", ["first_activity_timestamp", "timestamp"])
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_datetime_becomes_a_timestamp_in_milliseconds(name: str, unit: str) -> None:
    moment = datetime(2025, 11, 19, 12, tzinfo=UTC)
    values = pl.Series([moment, None], dtype=pl.Datetime(unit, "UTC"))  # type: ignore[arg-type]
    assert converted(values, pl.UInt64(), name) == [1_763_553_600_000, None]


def test_date_becomes_the_timestamp_of_its_midnight() -> None:
    """Arrow writes a date64, and what reads it says it is a date or a time, each as it likes."""
    values = pl.Series([date(2025, 11, 19), None])
    assert converted(values, pl.UInt64(), "timestamp") == [1_763_510_400_000, None]


def test_number_too_large_for_32_bits_becomes_null_and_not_infinite() -> None:
    assert converted(pl.Series([0.5, 1e300, -1e300, None]), pl.Float32()) == [0.5, None, None, None]


def test_integer_and_decimal_are_numbers() -> None:
    assert converted(pl.Series([1, None]), pl.Float64()) == [1.0, None]
    assert converted(pl.Series([Decimal("0.5")]), pl.Float64()) == [0.5]


def test_text_and_midnight_become_dates() -> None:
    day = date(2025, 11, 20)
    assert converted(pl.Series(["2025-11-20", "20.11.2025", None]), pl.Date()) == [day, None, None]
    times = pl.Series([datetime(2025, 11, 20), datetime(2025, 11, 20, 1), None])  # noqa: DTZ001 - pandas' are naive
    assert converted(times, pl.Date()) == [day, None, None]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Singapore", "Europe/Berlin", "America/New_York"])
def test_midnight_of_a_time_zone_is_the_day_it_is_there(zone: str) -> None:
    times = pl.Series([datetime(2025, 8, 2), datetime(2025, 8, 2, 1), None])  # noqa: DTZ001 - the zone comes next
    assert converted(times.dt.replace_time_zone(zone), pl.Date()) == [date(2025, 8, 2), None, None]


@pytest.mark.parametrize("dtype", [pl.Int64, pl.UInt8, pl.Float64])
def test_zero_and_one_become_false_and_true(dtype: type[pl.DataType]) -> None:
    values = pl.Series([0, 1, 2, None], dtype=dtype)
    assert converted(values, pl.Boolean()) == [False, True, None, None]


@pytest.mark.parametrize("dtype", [pl.Categorical(), pl.Enum(["x", "y"])])
def test_category_becomes_text(dtype: pl.DataType) -> None:
    assert converted(pl.Series(["x", None], dtype=dtype), pl.String()) == ["x", None]


@pytest.mark.parametrize("dtype", [pl.String(), pl.UInt8(), MONEY, pl.List(pl.UInt16()), pl.Date()])
def test_column_of_nothing_but_nulls_fits_every_type(dtype: pl.DataType) -> None:
    assert converted(pl.Series([None, None]), dtype) == [None, None]
    assert converted(pl.Series([None, None], dtype=pl.String), dtype) == [None, None]
    assert converted(pl.Series([], dtype=pl.Binary), dtype) == []


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([[1, 2], [], None], dtype=pl.List(pl.UInt16)),
        pl.Series([[1, 2], [], None], dtype=pl.List(pl.Int64)),
        pl.Series([[1.0, 2.0], [], None]),
        pl.Series(["[1, 2]", "[]", None]),
        pl.Series(["[1.0, 2]", " [ ] ", None]),
    ],
)
def test_list_of_counts_comes_in_many_shapes(values: pl.Series) -> None:
    assert converted(values, pl.List(pl.UInt16())) == [[1, 2], [], None]


def test_array_becomes_a_list() -> None:
    values = pl.Series([[1, 2], None], dtype=pl.Array(pl.Int64, 2))
    assert converted(values, pl.List(pl.UInt16())) == [[1, 2], None]


def test_column_of_empty_lists_is_a_column_of_lists() -> None:
    assert converted(pl.Series([[], None], dtype=pl.List(pl.Null)), pl.List(pl.String())) == [
        [],
        None,
    ]


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([[1, -2]]),
        pl.Series([[1, 65536]]),
        pl.Series([[1, None]]),
        pl.Series([[1.0, 2.5]]),
        pl.Series([[1.0, NAN]]),
        pl.Series([[1.0, INFINITY]]),
        pl.Series(["[1, -2]"]),
        pl.Series(["[1, 2.5]"]),
        pl.Series(["[1, null]"]),
        pl.Series(['[1, "2"]']),
        pl.Series(["[1, true]"]),
        pl.Series(["[[1]]"]),
        pl.Series(["[1"]),
        pl.Series(["1"]),
        pl.Series(["{}"]),
        pl.Series(["null"]),
        pl.Series([""]),
    ],
)
def test_list_that_is_not_all_counts_becomes_null(values: pl.Series) -> None:
    beside = pl.Series([values[0], None], dtype=values.dtype)
    assert converted(beside, pl.List(pl.UInt16())) == [None, None]


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([["a", "é"], []]),
        pl.Series([["a", "é"], []], dtype=pl.List(pl.Categorical)),
        pl.Series(['["a", "\\u00e9"]', "[]"]),
    ],
)
def test_list_of_texts_comes_in_many_shapes(values: pl.Series) -> None:
    assert converted(values, pl.List(pl.String())) == [["a", "é"], []]


@pytest.mark.parametrize("text", ["['a']", "[1]", '"a"', '["a", null]', "a", ""])
def test_text_that_is_no_json_array_of_texts_becomes_null(text: str) -> None:
    assert converted(pl.Series([text]), pl.List(pl.String())) == [None]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (pl.Series([1]), pl.String()),
        (pl.Series([b"x"]), pl.String()),
        (pl.Series(["1"]), pl.UInt8()),
        (pl.Series([True]), pl.UInt8()),
        (pl.Series([datetime(2025, 1, 1, tzinfo=UTC)]), pl.UInt64()),  # not a timestamp by its name
        (pl.Series(["1"]), pl.Float32()),
        (pl.Series([True]), MONEY),
        (pl.Series([20251120]), pl.Date()),
        (pl.Series(["true"]), pl.Boolean()),
        (pl.Series([1]), pl.List(pl.String())),
        (pl.Series([[1]]), pl.List(pl.String())),
        (pl.Series([["1"]]), pl.List(pl.UInt16())),
    ],
)
def test_type_that_cannot_stand_for_another_is_refused(
    values: pl.Series, dtype: pl.DataType
) -> None:
    with pytest.raises(UnsuitableTypeError):
        convert_column(values, Column("a", dtype))


def test_chunks_of_one_arrow_column_do_not_cut_another() -> None:
    """An array with a null in it, and beside it a column whose second chunk begins at that null."""
    pairs = pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int16(), 2))
    names = pa.chunked_array([["a"], ["b", "c"]])
    frame = from_arrow(pa.table({"pair": pairs, "name": names}))
    assert frame.to_dict(as_series=False) == {
        "pair": [[1, 2], None, [3, 4]],
        "name": ["a", "b", "c"],
    }


def test_arrow_table_without_columns_or_rows_is_legal() -> None:
    assert from_arrow(pa.table({})).shape == (0, 0)
    empty = from_arrow(pa.table({"a": pa.array([], pa.int16())}))
    assert empty.schema == pl.Schema({"a": pl.Int16()})


def test_arrow_text_that_is_not_utf_8_never_reaches_polars() -> None:
    broken = pa.Array.from_buffers(pa.string(), 2, pa.array([b"ab", b"\xff\xfe"]).buffers())
    with pytest.raises(pa.ArrowInvalid, match="Invalid UTF8 sequence at string index 1"):
        from_arrow(pa.table({"a": broken}))
