"""What JSON holds becomes what the tables hold, by the tables' own rule."""

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.api.bodies import BatchData
from aml_miner.batch.batch import make_batch
from aml_miner.batch.schemas import ALERTS, CLUSTERS, FEATURES

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


def alert_of(**change: object) -> dict[str, Any]:
    (row,) = BatchData(alerts=[ALERT | change]).batch().alerts.to_dicts()
    return row


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
