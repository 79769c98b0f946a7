"""Features of the distribution of an address's amounts, and of its size class.

The publisher's ``avg_tx_*``, ``median_tx_*``, ``max_tx_usd`` and ``min_tx_usd`` are taken over counterparties and
directions (what went one way between two addresses, in all), not over single transfers; names and reasons here say so.
The published anomaly and quality scores are left out: they compare an address with the others of its batch, and later
exports drop them.
"""

import polars as pl

from aml_miner.features.feature import Feature, larger_of

_LARGEST = pl.col("max_tx_usd")

_AMOUNTS = (
    Feature(
        "received_per_sender_usd",
        pl.col("avg_tx_in_usd"),
        unit="usd",
        reason="received {value:,.0f} USD from each sender on average",
    ),
    Feature(
        "sent_per_recipient_usd",
        pl.col("avg_tx_out_usd"),
        unit="usd",
        reason="sent {value:,.0f} USD to each recipient on average",
    ),
    Feature(
        "amount_variance",
        pl.col("amount_variance"),
        unit="score",
        reason="its amounts have a variance of {value:,.0f} (in squared units of the asset)",
    ),
    Feature(
        "volume_cv",
        pl.col("volume_cv"),
        unit="ratio",
        reason="the standard deviation of its amounts is {value:.2f} times their mean",
    ),
    Feature(
        "amount_skewness",
        pl.col("amount_skewness"),
        unit="score",
        reason="its flows with counterparties have a skewness of {value:.2f} (0 = symmetric, above = a few large ones)",
    ),
    Feature(
        "amount_kurtosis",
        pl.col("amount_kurtosis"),
        unit="score",
        reason="its flows with counterparties have an excess kurtosis of {value:.2f} (high = a few stand out)",
    ),
    Feature(
        "mean_to_median_in_ratio",
        pl.col("avg_tx_in_usd") / pl.col("median_tx_in_usd"),
        unit="ratio",
        reason="the mean received from a sender is {value:,.1f} times the median",
        absent="has no known amounts received to compare",
    ),
    Feature(
        "mean_to_median_out_ratio",
        pl.col("avg_tx_out_usd") / pl.col("median_tx_out_usd"),
        unit="ratio",
        reason="the mean sent to a recipient is {value:,.1f} times the median",
        absent="has no known amounts sent to compare",
    ),
    Feature(
        "max_to_median_ratio",
        _LARGEST / larger_of(pl.col("median_tx_in_usd"), pl.col("median_tx_out_usd")),
        unit="ratio",
        reason="its largest flow to or from one counterparty is {value:,.1f} times the median one",
        absent="has no known flows to compare",
    ),
    Feature(
        "amount_predictability",
        pl.col("amount_predictability"),
        unit="score",
        reason="its flows with counterparties are alike by {value:.2f} (0 = widely spread, 1 = all equal)",
    ),
    Feature(
        "hourly_volume_evenness",
        pl.col("volume_concentration_score"),
        unit="score",
        reason="its volume is spread over its active hours of the day with evenness {value:.2f} (1 = equal parts)",
    ),
    Feature(
        "structuring_score",
        pl.col("structuring_score"),
        unit="score",
        reason="the weight of small amounts in its transfers is {value:.2f} (structuring; 1 = two thirds are small)",
    ),
    Feature(
        "round_number_ratio",
        pl.col("round_number_ratio"),
        unit="ratio",
        reason="{value:.0%} of its transfers are of round amounts",
    ),
    Feature(
        "outlier_transfer_ratio",
        pl.col("outlier_transactions") / pl.col("tx_total_count"),
        unit="ratio",
        reason="{value:.0%} of its transfers are of amounts far from its others",
    ),
)

_SIZE_CLASSES = (
    Feature(
        "is_high_volume_trader",
        pl.col("is_high_volume_trader"),
        unit="flag",
        reason="is {value}a high-volume trader (10,000 USD or more in 1,000 transfers or more)",
    ),
    Feature(
        "is_hub_address",
        pl.col("is_hub_address"),
        unit="flag",
        reason="is {value}a hub (50 or more recipients and 50 or more senders)",
    ),
    Feature(
        "is_whale_inactive",
        pl.col("is_whale_inactive"),
        unit="flag",
        reason="is {value}a rarely active large holder (10,000 USD or more in under 10 transfers)",
    ),
    Feature(
        "is_retail_active",
        pl.col("is_retail_active"),
        unit="flag",
        reason="is {value}a busy small payer (under 1,000 USD in 100 transfers or more)",
    ),
    Feature(
        "is_retail_inactive",
        pl.col("is_retail_inactive"),
        unit="flag",
        reason="is {value}a rare small payer (under 100 USD in under 10 transfers)",
    ),
)

FEATURES = (*_AMOUNTS, *_SIZE_CLASSES)
"""One entry per column of the family, in the order of the matrix."""
