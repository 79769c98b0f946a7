"""What JSON holds becomes what the tables hold, by the tables' own rule."""

import json
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from aml_miner.api.bodies import BatchData, Tables, read_json
from aml_miner.api.quick_bodies import read_quickly
from aml_miner.batch.batch import make_batch
from aml_miner.batch.schemas import ALERTS, CLUSTERS, FEATURES, Column
from aml_miner.errors import InvalidBatchError

pytestmark = pytest.mark.usefixtures("each_way")


ALERT = {
    "window_days": 30,
    "processing_date": "2025-11-20",
    "alert_id": "alert-1",
    "address": "address-1",
    "typology_type": "STRUCTURING",
    "alert_confidence_score": 0.75,
    "description": "",
    "evidence_json": "{}",
    "risk_indicators": ["burst"],
}

ADDRESS = {"address": "address-1", "window_days": 30, "processing_date": "2025-11-20"}


def alert_of(**change: object) -> dict[str, Any]:
    """Return the one alert of a body as the batch holds it, read in the quick way and in the slow one alike."""
    body = json.dumps({"alerts": [ALERT | change]}).encode()
    slow = BatchData.model_validate_json(body).tables()
    quick = read_quickly(body)
    if quick is not None:
        assert_same_batch(quick, slow)
    (row,) = make_batch(slow).alerts.to_dicts()
    return row


def assert_same_batch(quick: Tables, slow: Tables) -> None:
    """Check that what the quick way checked is what the door makes of the slow way's tables."""
    assert quick.keys() == slow.keys()
    some, others = make_batch(quick), make_batch(slow)
    assert some.report == others.report
    for name in ("alerts", "features", "clusters"):
        assert_frame_equal(getattr(some, name), getattr(others, name), check_exact=True)
    assert (some.money_flows is None) == (others.money_flows is None)
    if some.money_flows is not None and others.money_flows is not None:
        assert_frame_equal(some.money_flows, others.money_flows, check_exact=True)


def test_required_fields_alone_make_an_alert_and_the_rest_defaults() -> None:
    row = alert_of()
    assert row["alert_id"] == "alert-1"
    assert row["severity"] == "medium"
    assert row["volume_usd"] == 0


@pytest.mark.parametrize(
    ("sent", "held"),
    [
        ("12500.5", "12500.5"),
        (12500.5, "12500.5"),
        (0.1, "0.1"),  # not its binary neighbour
        (12, "12"),
        ("0.1234567890123456785", "0.123456789012345678"),  # half to even at the 18th place
        ("0.1234567890123456775", "0.123456789012345678"),
        (1e-30, "0"),
        ("1e-1000000000", "0"),
        ("99999999999999999999.999999999999999999", "99999999999999999999.999999999999999999"),
    ],
)
def test_an_amount_is_a_decimal_of_18_places_from_text_or_number(sent: object, held: str) -> None:
    assert alert_of(volume_usd=sent)["volume_usd"] == Decimal(held)


@given(amount=st.floats(min_value=0, max_value=1e18))
@example(amount=70368744177664.62)  # .625 in binary: .62 and .63 are equally short and near
def test_a_number_in_json_is_the_amount_the_same_number_in_a_table_is(amount: float) -> None:
    table = pl.DataFrame([ALERT | {"volume_usd": amount}]).with_columns(
        pl.col("processing_date").str.to_date()
    )
    tables = {"alerts": table, "features": FEATURES.empty(), "clusters": CLUSTERS.empty()}
    assert alert_of(volume_usd=amount)["volume_usd"] == make_batch(tables).alerts["volume_usd"][0]


def test_every_column_of_the_contract_may_be_sent() -> None:
    assert set(alert_of()) == set(ALERTS.schema)
    assert alert_of(_version=7)["_version"] == 7


def test_text_outside_ascii_is_kept() -> None:
    assert alert_of(address="Straße 🦊")["address"] == "Straße 🦊"


TEXTS = st.text(st.characters(codec="utf-8"), max_size=5)
AMOUNTS = st.one_of(
    st.decimals("-99999999999999999999", "99999999999999999999", places=18).map(str),
    st.floats(-1e19, 1e19, allow_nan=False),
    st.integers(-(10**19), 10**19),
    st.from_regex(r"\A[+-]?[0-9]{0,25}\.?[0-9]{0,25}(e[+-]?[0-9]{1,2})?\Z"),
)


@st.composite
def rows_of_features(draw: st.DrawFn) -> dict[str, object]:
    """An address with some of its columns, of values that are mostly right."""
    columns: dict[str, st.SearchStrategy[object]] = {
        "total_in_usd": AMOUNTS,
        "degree_in": st.integers(-1, 2**32),
        "peak_hour": st.integers(0, 256),
        "first_activity_timestamp": st.integers(0, 2**64),
        "pagerank": st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 2**70),
        "dominant_asset_in": TEXTS,
        "is_whale": st.booleans() | st.integers(0, 1),
        "hourly_activity": st.lists(st.integers(0, 2**16), max_size=3),
        "processing_date": st.dates().map(str) | TEXTS,
    }
    row: dict[str, object] = {
        "address": draw(TEXTS),
        "window_days": 30,
        "processing_date": "2025-11-20",
    }
    return row | {name: draw(st.none() | s) for name, s in columns.items() if draw(st.booleans())}


@given(rows=st.lists(rows_of_features(), max_size=3))
def test_what_the_quick_way_takes_the_slow_one_takes_with_the_same_values(
    rows: list[dict[str, object]],
) -> None:
    body = json.dumps({"features": rows}).encode()
    quick = read_quickly(body)
    if quick is not None:
        assert_same_batch(quick, BatchData.model_validate_json(body).tables())


def test_the_quick_way_leaves_whatever_the_door_would_refuse() -> None:
    """Every column of the contract at its bounds and one step beyond, and what only its content is wrong with."""
    for table, row in (("alerts", ALERT), ("features", ADDRESS)):
        for column in {"alerts": ALERTS, "features": FEATURES}[table].columns:
            for value in beyond(column):
                body = json.dumps({table: [row | {column.name: value}]}).encode()
                with pytest.raises(InvalidBatchError):
                    make_batch(BatchData.model_validate_json(body).tables())
                assert read_quickly(body) is None, (column.name, value)
            for value in bounds(column):
                body = json.dumps({table: [row | {column.name: value}]}).encode()
                quick = read_quickly(body)
                assert quick is not None, (column.name, value)
                assert_same_batch(quick, BatchData.model_validate_json(body).tables())


def beyond(column: Column) -> list[object]:
    """Return values just out of a column's bounds."""
    if column.content in {"filled", "json"}:
        return [""]
    if column.length is not None:
        return [[1] * (column.length + 1), [1] * (column.length - 1)]
    step = 0.01 if column.dtype.is_decimal() or column.dtype.is_float() else 1
    below = (
        [] if column.minimum is None or not column.minimum - step >= 0 else [column.minimum - step]
    )
    below += [-step] if column.minimum == 0 and not column.dtype.is_integer() else []
    return below if column.maximum is None else [*below, column.maximum + step]


def bounds(column: Column) -> list[object]:
    """Return the values a column may hold at most and at least, absence besides."""
    if column.content in {"filled", "json"} or column.length is not None:
        return [] if column.required else [None, []]
    known = [bound for bound in (column.minimum, column.maximum) if bound is not None]
    return [*known, *([] if column.required else [None])]


def test_the_quick_way_takes_a_whole_body(body: dict[str, Any]) -> None:
    content = json.dumps(body).encode()
    quick = read_quickly(content)
    assert quick is not None
    assert_same_batch(quick, BatchData.model_validate_json(content).tables())


@pytest.mark.parametrize(
    ("change", "held"),
    [
        ({"window_days": "30"}, ("window_days", 30)),  # a number in a text
        ({"window_days": 30.0}, ("window_days", 30)),
        ({"volume_usd": " 12.50 "}, ("volume_usd", Decimal("12.5"))),
        ({"volume_usd": "0." + "1" * 60}, ("volume_usd", Decimal("0." + "1" * 18))),
    ],
)
def test_what_the_quick_way_leaves_the_slow_one_takes(
    change: dict[str, object], held: tuple[str, object]
) -> None:
    body = json.dumps({"alerts": [ALERT | change]}).encode()
    assert read_quickly(body) is None
    tables = read_json(body)
    assert isinstance(tables, dict)
    assert make_batch(tables).alerts[held[0]][0] == held[1]
