"""What became of each column of the published reference: equal here, or why not.

The reference is the output of the package ``chainswarm-analyzers-baseline`` 0.1.3 for the network "torus".
A model trained on columns built here reads columns published by the network, so a name promises the network's value.
"""

from collections.abc import Mapping
from types import MappingProxyType

EQUAL = "equal"
"""Within a relative 1e-9, decimals as the doubles they round to."""

EQUAL_BUT_FOR_ROUNDING = (
    "equal; where all volume is reciprocal, ours is exactly 0 and the reference 6e-15 by rounding"
)
"""Within a relative 1e-9 or an absolute 1e-12."""

_DRAWN = (
    "cannot be equal: the reference draws without a seed and differs from run to run; "
    "here exact up to a bound of work"
)
_COMMUNITY = "cannot be equal: the reference draws without a seed and differs from run to run; here it never does"
_BY_LABEL = (
    "not comparable: always false in the reference, which seeks the type of the address's label in capitals; "
    "here by how the address behaves, since labels are what models predict"
)
_NOT_OURS = "not in the data contract; constant in the reference"
_ASSETS_ONE = "not equal: always 1 in the reference, counted here"
_ASSETS_NAME = (
    "not equal: always NATIVE in the reference, here the symbol, null where there is none"
)


def _each(names: str, verdict: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), verdict)


AGREEMENT: Mapping[str, str] = MappingProxyType(
    _each("address", EQUAL)
    | _each(
        "degree_in degree_out degree_total unique_counterparties tx_in_count tx_out_count tx_total_count "
        "unique_recipients_count unique_senders_count degree",
        EQUAL,
    )
    | _each(
        "total_in_usd total_out_usd net_flow_usd total_volume_usd avg_tx_in_usd avg_tx_out_usd "
        "median_tx_in_usd median_tx_out_usd max_tx_usd min_tx_usd",
        EQUAL,
    )
    | _each(
        "amount_variance amount_skewness amount_kurtosis volume_std volume_cv flow_concentration "
        "volume_concentration_score",
        EQUAL,
    )
    | _each(
        "flow_diversity counterparty_concentration concentration_ratio reciprocity_ratio velocity_score "
        "structuring_score in_out_ratio flow_asymmetry dominant_flow_direction flow_direction_entropy "
        "counterparty_overlap_ratio",
        EQUAL,
    )
    | _each(
        "activity_days activity_span_days avg_daily_volume_usd peak_hour peak_day regularity_score burst_factor "
        "first_activity_timestamp last_activity_timestamp",
        EQUAL,
    )
    | _each(
        "hourly_activity daily_activity peak_activity_hour peak_activity_day hourly_entropy "
        "hourly_transaction_entropy daily_entropy weekend_transaction_ratio night_transaction_ratio "
        "small_transaction_ratio consistency_score round_number_ratio unusual_timing_score "
        "hourly_volume_variance peak_volume_hour intraday_volume_ratio",
        EQUAL,
    )
    | _each("flow_burstiness transaction_regularity amount_predictability", EQUAL)
    | _each("flow_reciprocity_entropy", EQUAL_BUT_FOR_ROUNDING)
    | _each("pagerank closeness clustering_coefficient kcore", EQUAL)
    | _each("betweenness centrality_score", _DRAWN)
    | _each("community_id", _COMMUNITY)
    | _each("khop1_count khop2_count khop3_count", EQUAL)
    | _each("khop1_volume_usd khop2_volume_usd khop3_volume_usd", EQUAL)
    | _each("counterparty_stability", "not equal: always 0 in the reference, computed here")
    | _each("unique_assets_in unique_assets_out", _ASSETS_ONE)
    | _each("dominant_asset_in dominant_asset_out", _ASSETS_NAME)
    | _each("asset_diversity_score", "not comparable: always 0 in the reference, computed here")
    | _each(
        "is_new_address",
        "not equal: always true in the reference, here null without transfers before the window",
    )
    | _each(
        "is_dormant_reactivated",
        "not equal: always false in the reference, here null without transfers before the window",
    )
    | _each("is_whale is_exchange_like is_mixer_like", _BY_LABEL)
    | _each(
        "is_hub is_dust_collector is_dormant_activated has_cycle_involvement has_layering_involvement "
        "data_quality_score feature_confidence_score risk_proximity_1hop risk_proximity_2hop",
        _NOT_OURS,
    )
    | _each("window_days processing_date", "given by the caller, or read off the transfers")
)
"""Every column of the reference and its verdict."""
