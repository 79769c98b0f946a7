"""Features of the alert itself, and of its size beside its address.

``suspected_address_type`` and its subtype are left out: the publisher may derive them from address labels, and labels
are what training predicts. ``typology_type`` stays, although PROXIMITY_RISK and FRESH_TO_EXCHANGE come of labels too:
it is there when an alert is scored, made from labels known by then, and speaks of the labels of counterparties, never
of the address's own, for which monitoring does not alert. Identifiers, descriptions and evidence texts are left out
because a model would learn them by heart.
"""

import polars as pl

from aml_miner.batch.schemas import SEVERITIES
from aml_miner.features.feature import Feature, known_text, severity_level

_VOLUME = pl.col("volume_usd")

FEATURES = (
    Feature(
        "severity_level",
        severity_level("severity"),
        unit="score",
        reason="the alert's severity is {value}",
        absent="the alert has none of the known severities",
        levels=SEVERITIES,
    ),
    Feature(
        "alert_confidence_score",
        pl.col("alert_confidence_score"),
        unit="score",
        reason="the detector's confidence is {value:.2f}",
    ),
    Feature(
        "alert_volume_usd",
        _VOLUME,
        unit="usd",
        reason="the alert covers {value:,.0f} USD",
    ),
    Feature(
        "alert_volume_ratio",
        _VOLUME / pl.col("total_volume_usd"),
        unit="ratio",
        reason="the alert covers {value:.0%} of the address's volume",
        absent="the address has no known volume to compare the alert's with",
    ),
    Feature(
        "alert_volume_to_largest_counterparty_ratio",
        _VOLUME / pl.col("max_tx_usd"),
        unit="ratio",
        reason="the alert covers {value:,.1f} times the address's largest flow to or from one counterparty",
        absent="the address has no known flows to compare the alert's volume with",
    ),
    Feature(
        "risk_indicator_count",
        pl.col("risk_indicators").list.len(),
        unit="count",
        reason="the alert lists {value:,.0f} risk indicators",
        one="the alert lists a single risk indicator",
    ),
    Feature(
        "is_in_pattern",
        (pl.col("pattern_id") != "") | (pl.col("pattern_type") != ""),
        unit="flag",
        reason="the alert is {value}part of a detected pattern",
        absent="whether the alert is part of a pattern is not known",
    ),
    Feature(
        "typology_type",
        known_text("typology_type"),
        unit="category",
        reason="the alert's typology is {value}",
        absent="the alert names no typology",
    ),
    Feature(
        "pattern_type",
        known_text("pattern_type"),
        unit="category",
        reason="the alert's pattern is of type {value}",
        absent="the alert is of no detected pattern",
    ),
)
"""One entry per column of the family, in the order of the matrix."""
