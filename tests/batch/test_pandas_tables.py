from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from aml_miner.batch.pandas_tables import from_pandas
from aml_miner.batch.schemas import ALERTS
from aml_miner.errors import InvalidBatchError

DAY, NOON = date(2025, 8, 2), datetime(2025, 8, 2, 12)  # noqa: DTZ001 - pandas' are naive


def table_of(values: list[object], name: str = "volume_usd") -> pd.DataFrame:
    """Alerts z, y, x … with a column of Python values."""
    ids = [chr(ord("z") - place) for place in range(len(values))]
    return pd.DataFrame({"alert_id": ids, name: pd.Series(values, dtype=object)})


def refusal(table: pd.DataFrame) -> str:
    with pytest.raises(InvalidBatchError) as caught:
        from_pandas(table, ALERTS)
    return str(caught.value)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.5, None, float("nan"), pd.NA, pd.NaT, 2], [1.5, None, None, None, None, 2.0]),
        ([Decimal("0.1"), Decimal(5), Decimal("NaN")], [Decimal("0.1"), Decimal(5), None]),
        ([True, np.True_, None], [True, True, None]),
        (["a", np.str_("b"), float("nan")], ["a", "b", None]),
        ([[1], (2, 3), np.array([4])], [[1], [2, 3], [4]]),
        ([DAY, None, pd.NaT], [DAY, None, None]),
        ([pd.Timestamp(NOON), NOON], [NOON, NOON]),
        ([None, None], [None, None]),
        ([], []),
    ],
)
def test_python_values_of_one_kind_are_kept(values: list[object], expected: list[object]) -> None:
    found = from_pandas(table_of(values), ALERTS)
    assert found["volume_usd"].to_list() == expected


def test_index_is_no_column_and_a_name_may_be_a_number() -> None:
    table = pd.DataFrame({7: [1, 2]}, index=["x", "y"])
    assert from_pandas(table, ALERTS).to_dict(as_series=False) == {"7": [1, 2]}
    assert from_pandas(pd.DataFrame(), ALERTS).shape == (0, 0)


def test_column_that_occurs_twice_is_named() -> None:
    twice = pd.DataFrame([["a", 1, 2]], columns=["alert_id", "row", "row"])
    assert refusal(twice) == ("alerts: column 'row' occurs twice; drop or rename one of the two.")


@pytest.mark.parametrize(
    ("values", "usual", "shown"),
    [
        (["1", 1, "2", 2, "3"], "text", "'2 (int)'"),
        ([0.5, "high", 0.25, "low", 1], "numbers", "'low (str)'"),
        ([True, 1, False, 0, True], "true or false", "'0 (int)'"),
        ([DAY, NOON, DAY, NOON, DAY], "dates", "'2025-08-02 12:00:00 (datetime)'"),
        (["a", b"a", "b", b"b", None], "text", "\"b'b' (bytes)\""),
        (["a", float("inf"), "b", 1.5, "c"], "text", "'1.5 (float)'"),
        ([["a"], {"a": 1}, ["b"], {}, []], "lists", "'{} (dict)'"),
        ([Decimal(1), 0.5, Decimal(2), 1.5, None], "Decimal", "'1.5 (float)'"),
    ],
)
def test_odd_value_among_others_is_named_by_the_key_of_its_row(
    values: list[object], usual: str, shown: str
) -> None:
    assert refusal(table_of(values)) == (  # the odd rows are y and w
        f"alerts: 'volume_usd' must be {usual} like most of its values; 2 of 5 rows are not, "
        f"first alert_id 'w' (row 3): {shown}."
    )


def test_odd_value_in_the_key_itself_is_named() -> None:
    assert refusal(pd.DataFrame({"alert_id": ["a", 1]})) == (
        "alerts: 'alert_id' must be text like most of its values; 1 of 2 rows are not, "
        "first alert_id '1 (int)' (row 1): '1 (int)'."
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (10**30, f"'{10**30} (int)'"),
        (Decimal("Infinity"), "'Infinity (Decimal)'"),
        (1 + 2j, "'(1+2j) (complex)'"),
    ],
)
def test_value_that_no_table_can_hold_is_named(value: object, shown: str) -> None:
    assert refusal(table_of([value] * 3)) == (
        "alerts: 'volume_usd' must be decimal amounts of at most 20 digits before the point; "
        f"3 of 3 rows are not, first alert_id 'x' (row 2): {shown}."
    )


def test_broken_text_in_a_column_beyond_the_contract_is_named() -> None:
    assert refusal(table_of(["a", "\ud800"], "note")) == (
        "alerts: 'note' must be values that a table can hold; 1 of 2 rows are not, "
        r"first alert_id 'y' (row 1): '\\ud800 (str)'."
    )


@pytest.mark.parametrize("kind", [set, frozenset])
def test_set_has_no_order_and_is_no_list(kind: type) -> None:
    message = refusal(table_of([["a"], kind(["b"]), None], "risk_indicators"))
    assert message.startswith(
        "alerts: 'risk_indicators' must be lists (a set has no order); 1 of 3 rows are not, "
        "first alert_id 'y' (row 1): "
    )


def test_values_that_do_not_fit_together_are_named_by_their_column() -> None:
    message = refusal(table_of([["a"], [1]]))
    assert message.startswith("alerts: the values of column 'volume_usd' do not fit in one column:")
    assert message.endswith("; give them one type.")
