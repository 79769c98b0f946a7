"""Features of the address in the transfer graph: whom it pays, who pays it, and what passes through.

``betweenness``, ``community_id`` and ``centrality_score`` are left out: their published values are sampled without a
seed and differ from run to run. ``is_exchange_like``, ``is_mixer_like`` and ``is_contract_like`` are left out as the
suspected address type is: they may derive from labels.
"""

import polars as pl

from aml_miner.features.feature import Feature, larger_of, smaller_of

_IN = pl.col("total_in_usd")
_OUT = pl.col("total_out_usd")
_TOTAL = pl.col("total_volume_usd")
_SENDERS = pl.col("degree_in")
_RECIPIENTS = pl.col("degree_out")
_COUNTERPARTIES = pl.col("unique_counterparties")
_ONE = pl.lit(1.0)
_PER_MILLION = 1e6

_COUNTS = (
    Feature(
        "degree_in",
        _SENDERS,
        unit="count",
        reason="received from {value:,.0f} different senders",
        one="received from a single sender",
    ),
    Feature(
        "degree_out",
        _RECIPIENTS,
        unit="count",
        reason="sent to {value:,.0f} different recipients",
        one="sent to a single recipient",
    ),
    Feature(
        "unique_counterparties",
        _COUNTERPARTIES,
        unit="count",
        reason="dealt with {value:,.0f} different counterparties",
        one="dealt with a single counterparty",
    ),
    Feature(
        "tx_in_count",
        pl.col("tx_in_count"),
        unit="count",
        reason="received {value:,.0f} transfers",
        one="received a single transfer",
    ),
    Feature(
        "tx_out_count",
        pl.col("tx_out_count"),
        unit="count",
        reason="sent {value:,.0f} transfers",
        one="sent a single transfer",
    ),
)

FLOWS = (
    Feature("total_in_usd", _IN, unit="usd", reason="received {value:,.0f} USD"),
    Feature("total_out_usd", _OUT, unit="usd", reason="sent {value:,.0f} USD"),
    Feature(
        "net_flow_ratio",
        pl.col("net_flow_usd") / _TOTAL,
        unit="ratio",
        reason="its net inflow is {value:.0%} of its volume (below 0 = sent more than it received)",
        absent="has no known volume, so no net inflow",
    ),
    Feature(
        "pass_through_ratio",
        smaller_of(_IN, _OUT) / larger_of(_IN, _OUT),
        unit="ratio",
        reason="the smaller of received and sent is {value:.0%} of the larger (100% = all was passed on)",
        absent="nothing is known to have passed through it",
    ),
    Feature(
        "fan_in_ratio",
        _SENDERS / larger_of(_RECIPIENTS, _ONE),
        unit="ratio",
        reason="has {value:,.1f} senders for each recipient (fan-in)",
    ),
    Feature(
        "fan_out_ratio",
        _RECIPIENTS / larger_of(_SENDERS, _ONE),
        unit="ratio",
        reason="has {value:,.1f} recipients for each sender (fan-out)",
    ),
    Feature(
        "incoming_transfer_ratio",
        pl.col("tx_in_count") / pl.col("tx_total_count"),
        unit="ratio",
        reason="{value:.0%} of its transfers are incoming",
        absent="has no known transfers, so no share of incoming ones",
    ),
    Feature(
        "transfers_per_counterparty_ratio",
        pl.col("tx_total_count") / _COUNTERPARTIES,
        unit="ratio",
        reason="made {value:,.1f} transfers with each counterparty on average",
        absent="has no known counterparties, so no transfers with each",
    ),
)

_COUNTERPARTY_SHAPE = (
    Feature(
        "reciprocity_ratio",
        pl.col("reciprocity_ratio"),
        unit="ratio",
        reason="{value:.0%} of its volume is with counterparties that both paid it and were paid by it",
    ),
    Feature(
        "counterparty_overlap_ratio",
        pl.col("counterparty_overlap_ratio"),
        unit="ratio",
        reason="{value:.0%} of its counterparties both paid it and were paid by it",
    ),
    Feature(
        "largest_counterparty_ratio",
        pl.col("concentration_ratio"),
        unit="ratio",
        reason="{value:.0%} of its volume is with its largest counterparty",
    ),
    Feature(
        "counterparty_evenness",
        pl.col("counterparty_concentration"),
        unit="score",
        reason="its volume is spread over counterparties with evenness {value:.2f} (1 = equal parts)",
    ),
    Feature(
        "flow_diversity",
        pl.col("flow_diversity"),
        unit="score",
        reason="its volume is spread over its senders and recipients with entropy {value:.2f} (1 = equal parts)",
    ),
    Feature(
        "flow_direction_entropy",
        pl.col("flow_direction_entropy"),
        unit="score",
        reason="the balance of its senders and recipients is {value:.2f} (0 = only one kind, 1 = as many of each)",
    ),
)

_GRAPH = (
    Feature(
        "pagerank",
        pl.col("pagerank"),
        unit="score",
        reason="of a million USD passed on at random, {value:,.0f} USD would lie with it (PageRank)",
        scale=_PER_MILLION,
    ),
    Feature(
        "clustering_coefficient",
        pl.col("clustering_coefficient"),
        unit="score",
        reason="its counterparties deal with each other by {value:,.0f} millionths of the most possible (clustering)",
        scale=_PER_MILLION,
    ),
    Feature(
        "kcore",
        pl.col("kcore"),
        unit="count",
        reason="is in a group whose members each deal with {value:,.0f} or more others in it (k-core)",
        one="is in no group whose members each deal with two or more others in it (k-core)",
    ),
    Feature(
        "khop2_count",
        pl.col("khop2_count"),
        unit="count",
        reason="its money can reach {value:,.0f} addresses within two transfers",
        one="its money can reach a single address within two transfers",
    ),
    Feature(
        "khop3_count",
        pl.col("khop3_count"),
        unit="count",
        reason="its money can reach {value:,.0f} addresses within three transfers",
        one="its money can reach a single address within three transfers",
    ),
    Feature(
        "khop_growth_ratio",
        pl.col("khop2_count") / pl.col("khop1_count"),
        unit="ratio",
        reason="two transfers on, its money can reach {value:,.1f} times as many addresses as one on",
        absent="has no known recipients through whom its money could reach others",
    ),
)

SHAPE = (*_COUNTS, *_COUNTERPARTY_SHAPE, *_GRAPH)
"""The features of whom the address deals with."""

FEATURES = (*_COUNTS, *FLOWS, *_COUNTERPARTY_SHAPE, *_GRAPH)
"""One entry per column of the family, in the order of the matrix."""
