"""The tables of the data contract, column by column.

This is the one place that says which columns a table has, what type they hold and what an absent value means.
The source is the schema of the network's published tables; a name here is a promise to whoever writes those files.

What can be said of a column beyond its type:

* ``required``: a table without it is refused, and so is a null in it.
* ``default``: what an absent column or a null becomes. A column with neither stays null: unknown is never 0.
* ``minimum`` and ``maximum``: the range a present value must lie in, inclusive. Bounds are given only where the
  published definition cannot pass them: a bound too many would refuse a whole day for one value.
* ``content``: a text may have to be ``filled`` (not empty, as an identifier) or be valid ``json``.

A list of a fixed ``length`` may also be empty, which is read as null: the publisher's database has no null lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import polars as pl

MONEY = pl.Decimal(38, 18)
"""Exact amounts. Sums of money are sums of these, so that no order of rows can change them."""

REAL = pl.Float64()
"""Statistics of an address. The publisher stores most of them 32 bits wide; held 64 wide, what was computed here can be
compared with the reference to the last digits, and a 32-bit value widens exactly. The matrix narrows both alike."""

ROUNDING = 1e-6
"""A float may pass its bound by this, eight steps of a 32-bit float at 1, and is kept as it is.

A sum of shares can come out so; a share that was rounded to 32 bits cannot."""

SCHEMA_VERSION = "1.0.0"

SEVERITIES = ("low", "medium", "high", "critical")
"""The severities known, lowest first. Another one is legal, and unknown to every model."""

Content = Literal["any", "filled", "json"]

TableName = Literal[
    "alerts",
    "features",
    "clusters",
    "money_flows",
    "address_labels",
    "transfers",
    "ground_truth",
]


@dataclass(frozen=True, slots=True, eq=False)  # a column is only itself, so that it is found fast
class Column:
    """One column of a table: its name, type and the meaning of its absence."""

    name: str
    dtype: pl.DataType
    required: bool = False
    default: str | int | None = None
    minimum: float | None = None
    maximum: float | None = None
    length: int | None = None
    group: str = ""
    content: Content = "any"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table of the contract.

    ``key`` names the columns a message uses to point at a row; ``unique`` says whether they may repeat.
    """

    name: TableName
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    unique: bool = False

    @property
    def file_name(self) -> str:
        """Name of the table's Parquet file inside a batch folder."""
        return f"{self.name}.parquet"

    @property
    def schema(self) -> Mapping[str, pl.DataType]:
        """Column names and types, in the order they are written."""
        return _schema(self)

    def empty(self) -> pl.DataFrame:
        """Return the table with its columns and no rows."""
        return pl.DataFrame(schema=self.schema)


@cache  # asked for several times a request
def _schema(table: Table) -> Mapping[str, pl.DataType]:
    return {column.name: column.dtype for column in table.columns}


def _group(
    group: str,
    dtype: pl.DataType,
    names: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
) -> tuple[Column, ...]:
    return tuple(
        Column(name, dtype, minimum=minimum, maximum=maximum, group=group) for name in names.split()
    )


def _shares(group: str, names: str) -> tuple[Column, ...]:
    """Make columns of shares and of indices that are 0 to 1 by their formula."""
    return _group(group, REAL, names, minimum=0, maximum=1)


def _identifier(name: str) -> Column:
    return Column(name, pl.String(), required=True, content="filled")


_WINDOW = (
    Column("window_days", pl.UInt16(), required=True, minimum=1),
    Column("processing_date", pl.Date(), required=True),
)
_VERSION = Column("_version", pl.UInt64())

ALERTS = Table(
    "alerts",
    key=("alert_id",),
    columns=(
        *_WINDOW,
        _identifier("alert_id"),
        _identifier("address"),
        Column("typology_type", pl.String(), required=True),
        Column("pattern_id", pl.String(), default=""),
        Column("pattern_type", pl.String(), default=""),
        Column("severity", pl.String(), default="medium"),
        Column("suspected_address_type", pl.String(), default="unknown"),
        Column("suspected_address_subtype", pl.String(), default=""),
        Column("alert_confidence_score", pl.Float32(), required=True, minimum=0, maximum=1),
        Column("description", pl.String(), required=True),
        Column("volume_usd", MONEY, default=0, minimum=0),
        Column("evidence_json", pl.String(), required=True, content="json"),
        Column("risk_indicators", pl.List(pl.String()), required=True),
        _VERSION,
    ),
)

CLUSTERS = Table(
    "clusters",
    key=("cluster_id",),
    columns=(
        *_WINDOW,
        _identifier("cluster_id"),
        Column("cluster_type", pl.String(), required=True),
        Column("primary_address", pl.String(), default=""),
        Column("pattern_id", pl.String(), default=""),
        Column("primary_alert_id", pl.String(), required=True),
        Column("related_alert_ids", pl.List(pl.String()), required=True),
        Column("addresses_involved", pl.List(pl.String()), required=True),
        Column("total_alerts", pl.UInt32(), required=True),
        Column("total_volume_usd", MONEY, required=True, minimum=0),
        Column("severity_max", pl.String(), default="medium"),
        Column("confidence_avg", pl.Float32(), required=True, minimum=0, maximum=1),
        Column("earliest_alert_timestamp", pl.UInt64(), required=True),
        Column("latest_alert_timestamp", pl.UInt64(), required=True),
        _VERSION,
    ),
)

FEATURES = Table(
    "features",
    key=("address", "processing_date", "window_days"),
    unique=True,
    columns=(
        _identifier("address"),
        *_WINDOW,
        *_group(
            "topology",
            pl.UInt32(),
            "degree_in degree_out degree_total degree unique_counterparties "
            "unique_recipients_count unique_senders_count",
        ),
        *_group("volume", MONEY, "total_in_usd total_out_usd", minimum=0),
        Column("net_flow_usd", MONEY, group="volume"),
        *_group(
            "volume",
            MONEY,
            "total_volume_usd avg_tx_in_usd avg_tx_out_usd median_tx_in_usd median_tx_out_usd "
            "max_tx_usd min_tx_usd",
            minimum=0,
        ),
        *_group("distribution", REAL, "amount_variance", minimum=0),
        *_group("distribution", REAL, "amount_skewness amount_kurtosis"),
        *_group("distribution", REAL, "volume_std volume_cv", minimum=0),
        *_shares("distribution", "flow_concentration volume_concentration_score"),
        *_group("count", pl.UInt64(), "tx_in_count tx_out_count tx_total_count"),
        *_group("time", pl.UInt32(), "activity_days activity_span_days"),
        *_group("time", MONEY, "avg_daily_volume_usd", minimum=0),
        *_group("time", pl.UInt8(), "peak_hour", maximum=23),
        *_group("time", pl.UInt8(), "peak_day", maximum=6),
        *_shares("time", "regularity_score"),
        *_group("time", REAL, "burst_factor", minimum=0),
        *_shares(
            "flow",
            "reciprocity_ratio flow_diversity counterparty_concentration concentration_ratio "
            "velocity_score structuring_score",
        ),
        *_group("flow", REAL, "in_out_ratio", minimum=0),  # no formula in the contract: or in / out
        *_group("flow", REAL, "flow_asymmetry", minimum=-1, maximum=1),  # or with a sign
        Column("dominant_flow_direction", pl.String(), group="flow"),
        *_group("flow", REAL, "flow_direction_entropy", minimum=0),
        *_shares("flow", "counterparty_overlap_ratio"),
        *_group("asset", pl.UInt32(), "unique_assets_in unique_assets_out"),
        *_group("asset", pl.String(), "dominant_asset_in dominant_asset_out"),
        *_group("asset", REAL, "asset_diversity_score", minimum=0),
        Column("hourly_activity", pl.List(pl.UInt16()), length=24, group="behaviour"),
        Column("daily_activity", pl.List(pl.UInt16()), length=7, group="behaviour"),
        *_group("behaviour", pl.UInt8(), "peak_activity_hour", maximum=23),
        *_group("behaviour", pl.UInt8(), "peak_activity_day", maximum=6),
        *_group(
            "behaviour",
            REAL,
            "hourly_entropy hourly_transaction_entropy daily_entropy",
            minimum=0,
        ),
        *_shares(
            "behaviour",
            "weekend_transaction_ratio night_transaction_ratio small_transaction_ratio "
            "consistency_score round_number_ratio",
        ),
        *_group("behaviour", REAL, "unusual_timing_score hourly_volume_variance", minimum=0),
        *_group("behaviour", pl.UInt8(), "peak_volume_hour", maximum=23),
        *_group("behaviour", REAL, "intraday_volume_ratio", minimum=0),
        *_shares("graph", "pagerank"),
        *_group("graph", REAL, "betweenness closeness", minimum=0),  # sampled, weighted: no bound
        *_shares("graph", "clustering_coefficient"),
        *_group("graph", pl.UInt32(), "kcore community_id"),
        *_group("graph", REAL, "centrality_score", minimum=0),
        *_group("neighbourhood", pl.UInt32(), "khop1_count khop2_count khop3_count"),
        *_group(
            "neighbourhood",
            MONEY,
            "khop1_volume_usd khop2_volume_usd khop3_volume_usd",
            minimum=0,
        ),
        *_group(
            "advanced flow", REAL, "flow_reciprocity_entropy counterparty_stability", minimum=0
        ),
        *_group("advanced flow", REAL, "flow_burstiness", minimum=-1, maximum=1),
        *_shares("advanced flow", "transaction_regularity amount_predictability"),
        *_group(
            "anomaly",
            REAL,
            "behavioral_anomaly_score graph_anomaly_score neighborhood_anomaly_score "
            "global_anomaly_score",
        ),
        *_group("anomaly", pl.UInt32(), "outlier_transactions"),
        *_group("anomaly", REAL, "suspicious_pattern_score"),
        *_group(
            "flag",
            pl.Boolean(),
            "is_exchange_like is_whale is_mixer_like is_contract_like is_new_address "
            "is_dormant_reactivated is_high_volume_trader is_hub_address is_retail_active "
            "is_whale_inactive is_retail_inactive is_regular_user",
        ),
        *_group(
            "quality",
            REAL,
            "completeness_score quality_score outlier_score confidence_score",
        ),
        *_group("time", pl.UInt64(), "first_activity_timestamp last_activity_timestamp"),
        _VERSION,
    ),
)

MONEY_FLOWS = Table(
    "money_flows",
    key=("from_address", "to_address"),
    unique=True,
    columns=(
        _identifier("from_address"),
        _identifier("to_address"),
        Column("tx_count", pl.UInt64(), required=True),
        Column("amount_sum", MONEY, minimum=0),
        Column("amount_usd_sum", MONEY, required=True, minimum=0),
        Column("first_seen_timestamp", pl.UInt64()),
        Column("last_seen_timestamp", pl.UInt64()),
        Column("active_days", pl.UInt32()),
        Column("avg_tx_size_usd", MONEY, minimum=0),
        Column("unique_assets", pl.UInt32()),
        Column("dominant_asset", pl.String()),
        Column("hourly_pattern", pl.List(pl.UInt16()), length=24),
        Column("weekly_pattern", pl.List(pl.UInt16()), length=7),
        Column("reciprocity_ratio", pl.Float32(), minimum=0, maximum=1),
        Column("is_bidirectional", pl.Boolean()),
    ),
)
"""Money flows, one row per directed pair of addresses: the shape held in memory and written."""

MONEY_FLOW_TRANSACTIONS = Table(
    "money_flows",
    key=("tx_hash",),
    columns=(
        _identifier("source_address"),
        _identifier("dest_address"),
        Column("amount_usd", MONEY, required=True, minimum=0),
        Column("timestamp", pl.UInt64(), required=True),
        Column("asset", pl.String()),
        Column("tx_hash", pl.String()),
        Column("network", pl.String()),
        Column("block_number", pl.UInt64()),
    ),
)
"""The other published shape of money flows, one row per transaction; read, then summed into pairs."""

ADDRESS_LABELS = Table(
    "address_labels",
    key=("address",),
    columns=(
        Column("network", pl.String()),
        Column("network_type", pl.String()),
        _identifier("address"),
        Column("label", pl.String()),
        Column("address_type", pl.String(), default="unknown"),
        Column("address_subtype", pl.String()),
        Column("trust_level", pl.String()),
        Column("source", pl.String()),
        Column("risk_level", pl.String()),
        Column("confidence_score", pl.Float32(), minimum=0, maximum=1),
        Column("created_timestamp", pl.UInt64()),
        Column("updated_timestamp", pl.UInt64()),
    ),
)

TRANSFERS = Table(
    "transfers",
    key=("tx_id", "event_index", "edge_index"),
    columns=(
        Column("tx_id", pl.String(), required=True),
        Column("event_index", pl.String(), default=""),
        Column("edge_index", pl.String(), default=""),
        Column("block_height", pl.UInt32()),
        Column("block_timestamp", pl.UInt64(), required=True),
        _identifier("from_address"),
        _identifier("to_address"),
        Column("asset_symbol", pl.String(), default=""),
        Column("asset_contract", pl.String(), default=""),
        Column("amount", MONEY, required=True, minimum=0),
        Column("amount_usd", MONEY, required=True, minimum=0),
        Column("fee", MONEY, minimum=0),
    ),
)

GROUND_TRUTH_BY_ALERT = Table(
    "ground_truth",
    key=("alert_id", "processing_date"),
    columns=(
        _identifier("alert_id"),
        Column("processing_date", pl.Date(), required=True),
        Column("confirmed_illicit", pl.Boolean(), required=True),
        Column("confirmation_type", pl.String()),
        Column("confirmation_date", pl.Date()),
        Column("confidence", pl.Float32(), minimum=0, maximum=1),
        Column("evidence_json", pl.String()),
    ),
)

GROUND_TRUTH_BY_ADDRESS = Table(
    "ground_truth",
    key=("address",),
    columns=(
        _identifier("address"),
        Column("is_illicit", pl.Boolean()),
        Column("role", pl.String()),
        Column("pattern_type", pl.String()),
        Column("pattern_instance_id", pl.String()),
        Column("hop_distance", pl.Int32()),
        Column("flagged_address", pl.String()),
        Column("flag_type", pl.String()),
        Column("confirmed_illicit", pl.Boolean()),
        Column("confirmation_date", pl.Date()),
        Column("confidence", pl.Float32(), minimum=0, maximum=1),
    ),
)
"""Truth per address. Without ``is_illicit`` the role decides, and without roles every listed address is illicit.

The last three columns are what somebody found out, when, and how surely; all three are null where nobody did.
"""

SCORED_TABLES = (ALERTS, FEATURES, CLUSTERS)
"""The tables scoring needs."""

BATCH_TABLES = (*SCORED_TABLES, MONEY_FLOWS, ADDRESS_LABELS)
"""The tables a batch folder may hold; the last two are optional."""
