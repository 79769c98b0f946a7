"""A batch small enough to be checked by eye, for every test that needs one.

Six alerts lie on four known addresses and one unknown, "stranger"; "alert-2" occurs twice, once for each pattern its
address is in. Five addresses have features: "exchange" has no alert, and "dormant" little but its key.
Of the three clusters the last refers to no alert of the batch.
"""

import os
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import settings

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.schemas import ALERTS, CLUSTERS, FEATURES, Table
from aml_miner.utils import few
from aml_miner.utils.compiled import start_compiler

settings.register_profile("project", deadline=None)  # a busy machine is no failure
settings.load_profile("project")
start_compiler()  # no test runs code that was compiled from other sources

DAY = date(2025, 11, 20)
WINDOW_DAYS = 30
NOON_MS = 1_763_553_600_000
"""2025-11-19T12:00:00Z, the last activity of the window."""
DAY_MS = 86_400_000


@pytest.fixture(scope="module", params=["one by one", "in columns"])
def each_way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Take a few rows one by one, as they are, and then as if they were many: what is tested holds both ways."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "in columns":
            patch.setattr(few, "FEW", -1)
        yield


def rows_of(table: Table, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Make typed rows of a table; a column that no row names is absent from it."""
    window = {"window_days": WINDOW_DAYS, "processing_date": DAY}
    named = {*window, *(name for row in rows for name in row)}
    schema = {name: dtype for name, dtype in table.schema.items() if name in named}
    return pl.DataFrame([window | row for row in rows], schema=schema)


def _alert(
    alert_id: str,
    address: str,
    typology: str,
    severity: str,
    confidence: float,
    volume: str,
    **more: object,
) -> dict[str, object]:
    return {
        "alert_id": alert_id,
        "address": address,
        "typology_type": typology,
        "pattern_id": "",
        "pattern_type": "",
        "severity": severity,
        "suspected_address_type": "unknown",
        "suspected_address_subtype": "",
        "alert_confidence_score": confidence,
        "description": f"{typology} at {address}.",
        "volume_usd": Decimal(volume),
        "evidence_json": '{"transactions": 12}',
        "risk_indicators": [typology.lower()],
    } | more


@pytest.fixture
def alerts() -> pl.DataFrame:
    fan_in = {"pattern_id": "fan-in-1", "pattern_type": "fan_in"}
    other = {"pattern_id": "fan-in-2", "pattern_type": "fan_in"}
    cycle = {"pattern_id": "cycle-1", "pattern_type": "cycle"}
    return rows_of(
        ALERTS,
        [
            _alert("alert-1", "splitter", "STRUCTURING", "high", 0.75, "45000.5"),
            _alert("alert-2", "collector", "MOTIF_FANIN", "critical", 0.9375, "120000", **fan_in),
            _alert("alert-2", "collector", "MOTIF_FANIN", "medium", 0.625, "30000", **other),
            _alert("alert-3", "courier", "CYCLE_DETECTION", "medium", 0.625, "30000", **cycle),
            _alert("alert-4", "dormant", "RAPID_FANOUT", "low", 0.5, "0", risk_indicators=[]),
            _alert("alert-5", "stranger", "PING_PONG", "CRITICAL", 1.0, "0.000000000000000001"),
        ],
    )


def _cluster(
    cluster_id: str, kind: str, related: list[str], addresses: list[str]
) -> dict[str, object]:
    return {
        "cluster_id": cluster_id,
        "cluster_type": kind,
        "primary_address": addresses[0],
        "pattern_id": "cycle-9" if kind == "same_pattern" else "",
        "primary_alert_id": related[0],
        "related_alert_ids": related,
        "addresses_involved": addresses,
        "total_alerts": len(related),
        "total_volume_usd": Decimal("60000.25"),
        "severity_max": "high",
        "confidence_avg": 0.75,
        "earliest_alert_timestamp": NOON_MS - DAY_MS,
        "latest_alert_timestamp": NOON_MS,
    }


@pytest.fixture
def clusters() -> pl.DataFrame:
    return rows_of(
        CLUSTERS,
        [
            _cluster("cluster-1", "same_entity", ["alert-2", "alert-2"], ["collector"]),
            _cluster(
                "cluster-2", "related_network", ["alert-2", "alert-3"], ["collector", "courier"]
            ),
            _cluster("cluster-3", "same_pattern", ["alert-98", "alert-99"], ["elsewhere"]),
        ],
    )


def _address(
    address: str, received: tuple[int, str], sent: tuple[int, str], senders: int, recipients: int
) -> dict[str, object]:
    """Give an address `received` and `sent` (how many transfers, how many dollars) spread over its counterparties.

    Every other value follows from these by simple rules or is a constant; they need not be those of any real ledger.
    """
    count_in, count_out = received[0], sent[0]
    total_in, total_out = Decimal(received[1]), Decimal(sent[1])
    count, total = count_in + count_out, total_in + total_out
    flows = {
        "degree_in": senders,
        "degree_out": recipients,
        "degree_total": senders + recipients,
        "degree": senders + recipients,
        "unique_counterparties": senders + recipients,
        "unique_recipients_count": recipients,
        "unique_senders_count": senders,
        "total_in_usd": total_in,
        "total_out_usd": total_out,
        "net_flow_usd": total_in - total_out,
        "total_volume_usd": total,
        "avg_tx_in_usd": total_in / count_in if count_in else None,
        "avg_tx_out_usd": total_out / count_out if count_out else None,
        "median_tx_in_usd": total_in / count_in if count_in else None,
        "median_tx_out_usd": total_out / count_out if count_out else None,
        "max_tx_usd": max(total_in, total_out) / 2,
        "min_tx_usd": Decimal("0.5"),
        "tx_in_count": count_in,
        "tx_out_count": count_out,
        "tx_total_count": count,
    }
    shape = {
        "amount_variance": float(count * 100),
        "amount_skewness": 0.5,
        "amount_kurtosis": -1.0,
        "volume_std": float(count * 10),
        "volume_cv": 0.25,
        "flow_concentration": 1 / (senders + recipients),
        "reciprocity_ratio": 0.125,
        "flow_diversity": 0.5,
        "counterparty_concentration": 1 / (senders + recipients),
        "concentration_ratio": 0.25,
        "velocity_score": 0.75,
        "structuring_score": 0.875 if address == "splitter" else 0.0,
        "in_out_ratio": float(total_in / total_out) if total_out else None,
        "flow_asymmetry": float((total_in - total_out) / total),
        "dominant_flow_direction": "incoming" if total_in > total_out else "outgoing",
        "flow_direction_entropy": 0.5,
        "counterparty_overlap_ratio": 0.0,
        "round_number_ratio": 0.25,
        "flow_reciprocity_entropy": 0.5,
        "counterparty_stability": 0.5,
        "flow_burstiness": 0.25,
        "transaction_regularity": 0.5,
        "amount_predictability": 0.5,
    }
    rhythm = {
        "activity_days": min(count, WINDOW_DAYS),
        "activity_span_days": WINDOW_DAYS,
        "avg_daily_volume_usd": total / WINDOW_DAYS,
        "peak_hour": 12,
        "peak_day": 2,
        "regularity_score": 0.5,
        "burst_factor": 2.0,
        "hourly_activity": [0] * 12 + [count] + [0] * 11,
        "daily_activity": [0, 0, count, 0, 0, 0, 0],
        "peak_activity_hour": 12,
        "peak_activity_day": 2,
        "hourly_entropy": 0.0,
        "hourly_transaction_entropy": 0.0,
        "daily_entropy": 0.0,
        "weekend_transaction_ratio": 0.0,
        "night_transaction_ratio": 0.25,
        "small_transaction_ratio": 0.5,
        "consistency_score": 0.5,
        "unusual_timing_score": 0.25,
        "hourly_volume_variance": 4.0,
        "peak_volume_hour": 12,
        "intraday_volume_ratio": 1.0,
        "first_activity_timestamp": NOON_MS - 29 * DAY_MS,
        "last_activity_timestamp": NOON_MS,
    }
    place = {
        "unique_assets_in": 1,
        "unique_assets_out": 2,
        "dominant_asset_in": "TOR",
        "dominant_asset_out": "TOR",
        "asset_diversity_score": 0.5,
        "pagerank": 0.0078125 * senders,
        "betweenness": 0.25,
        "closeness": 0.5,
        "clustering_coefficient": 0.125,
        "kcore": min(senders, recipients) + 1,
        "community_id": 1,
        "centrality_score": 0.25,
        "khop1_count": senders + recipients,
        "khop2_count": 2 * (senders + recipients),
        "khop3_count": 3 * (senders + recipients),
        "khop1_volume_usd": total,
        "khop2_volume_usd": 2 * total,
        "khop3_volume_usd": 3 * total,
        "is_exchange_like": address == "exchange",
        "is_whale": False,
        "is_mixer_like": False,
        "is_new_address": address == "courier",
        "is_dormant_reactivated": False,
        "completeness_score": 1.0,
        "quality_score": 0.875,
        "confidence_score": 0.75,
    }
    return {"address": address} | flows | shape | rhythm | place


@pytest.fixture
def features() -> pl.DataFrame:
    return rows_of(
        FEATURES,
        [
            _address("collector", (40, "150000"), (2, "147000"), 20, 1),
            _address("courier", (1, "30000"), (1, "29500"), 1, 1),
            {"address": "dormant", "tx_in_count": 1, "tx_out_count": 0},
            _address("exchange", (600, "2500000.25"), (500, "2400000"), 80, 64),
            _address("splitter", (0, "0"), (5, "45000.5"), 0, 4),
        ],
    )


@pytest.fixture
def tables(
    alerts: pl.DataFrame, features: pl.DataFrame, clusters: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    return {"alerts": alerts, "features": features, "clusters": clusters}


@pytest.fixture
def batch(tables: dict[str, pl.DataFrame]) -> Batch:
    return make_batch(tables)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Where the real data sets are, which no clone brings along."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("AML_MINER_DATA", beside))
    if not folder.is_dir():
        pytest.skip(
            "The real data sets are not here: set AML_MINER_DATA to the folder that holds them."
        )
    return folder
