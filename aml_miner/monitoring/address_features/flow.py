"""Flow: in which directions and to how few an address moves money."""

import numpy as np
import polars as pl

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features.values import Values, floats
from aml_miner.monitoring.groups import Floats, binary_entropy, divide
from aml_miner.utils.elementary import log2

_SMALL_AMOUNT = 1_000
_MANY_TRANSFERS = 100


def reciprocity_ratio(activity: Activity) -> Values:
    """Share of its volume with counterparties that both sent to it and received from it.

    Formula: Σ amount with such counterparties / Σ amount, in the assets' own units;
    where Σ amount is 0, min(total_in_usd, total_out_usd) / max(total_volume_usd, 1).
    Unit: 0 to 1.
    Source: reference.
    """
    return reciprocal_share(activity)


def flow_diversity(activity: Activity) -> Values:
    """How evenly its volume is spread over its edges, by entropy: 1 evenly, near 0 all on one.

    Formula: Shannon entropy of the edges' shares of USD / log2 of the number of edges; 0 for one edge.
    Unit: 0 to 1.
    Source: reference.
    """
    edges = activity.by_edge
    return divide(edges.entropy(activity.edge_usd), log2(edges.count))


def counterparty_concentration(activity: Activity) -> Values:
    """How evenly its volume is spread over its counterparties: near 1 evenly, near 0 all with one.

    Formula: as flow_concentration, over the USD moved either way with each counterparty; 0 for one counterparty.
    Unit: 0 to 1.
    Source: reference.
    Note: 1 − Gini coefficient, the opposite of what the name says.
    """
    return activity.by_counterparty.even_split(floats(activity.counterparties["amount_usd"]))


def concentration_ratio(activity: Activity) -> Values:
    """Share of its volume with its largest counterparty.

    Formula: the most USD moved either way with one counterparty / total_volume_usd; 0 without volume.
    Unit: 0 to 1.
    Source: reference.
    """
    largest = activity.by_counterparty.largest(floats(activity.counterparties["amount_usd"]))
    return divide(largest, floats(activity.received_usd + activity.sent_usd))


def velocity_score(activity: Activity) -> Values:
    """How many transfers it took part in, up to a hundred.

    Formula: min(tx_total_count / 100, 1).
    Unit: 0 to 1.
    Source: reference.
    """
    return np.minimum(activity.by_event.count / _MANY_TRANSFERS, 1.0)


def structuring_score(activity: Activity) -> Values:
    """Share of its transfers that are small, raised when most are.

    Formula: s = share of amounts below 1000 in the asset's own unit;
    min(1.5·s, 1) where s > 0.5 and at least 3 are small, else s.
    Unit: 0 to 1.
    Source: reference.
    """
    events = activity.by_event
    small = events.sum((activity.event_amount < _SMALL_AMOUNT).astype(np.float64))
    share = divide(small, events.count)
    return np.where((share > 0.5) & (small >= 3), np.minimum(1.5 * share, 1.0), share)


def in_out_ratio(activity: Activity) -> Values:
    """Share of its volume that it received.

    Formula: total_in_usd / total_volume_usd; 0.5 without volume.
    Unit: 0 to 1.
    Source: reference.
    """
    total = floats(activity.received_usd + activity.sent_usd)
    return np.where(total > 0, divide(floats(activity.received_usd), total), 0.5)


def flow_asymmetry(activity: Activity) -> Values:
    """How one-sided its flows are: 0 as much in as out, 1 all one way.

    Formula: |net_flow_usd| / total_volume_usd; 0 without volume.
    Unit: 0 to 1.
    Source: reference.
    """
    net = floats(activity.received_usd - activity.sent_usd)
    return divide(np.abs(net), floats(activity.received_usd + activity.sent_usd))


def dominant_flow_direction(activity: Activity) -> Values:
    """Whether it mainly received or mainly sent.

    Formula: incoming where total_in_usd > 1.5·total_out_usd, outgoing where total_out_usd > 1.5·total_in_usd,
    else balanced.
    Unit: category.
    Source: reference.
    """
    received, sent = activity.received_usd, activity.sent_usd
    mainly_received = received + received > sent + sent + sent  # exact, unlike a product with 1.5
    mainly_sent = sent + sent > received + received + received
    incoming, outgoing = mainly_received.to_numpy(), mainly_sent.to_numpy()
    direction = np.select([incoming, outgoing], ["incoming", "outgoing"], "balanced")
    return pl.Series(direction.tolist(), dtype=pl.String)


def flow_direction_entropy(activity: Activity) -> Values:
    """How mixed its edges are: 1 as many in as out, 0 all one way.

    Formula: entropy in bits of the share degree_in / degree.
    Unit: 0 to 1.
    Source: reference.
    """
    incoming = np.bincount(activity.edges["target"], minlength=activity.count)
    return binary_entropy(divide(incoming, activity.by_edge.count))


def counterparty_overlap_ratio(activity: Activity) -> Values:
    """Share of its counterparties that both sent to it and received from it.

    Formula: number of such counterparties / unique_counterparties.
    Unit: 0 to 1.
    Source: reference.
    """
    mutual = activity.counterparties["mutual"].cast(pl.Float64).to_numpy()
    return activity.by_counterparty.mean(mutual)


def reciprocal_share(activity: Activity) -> Floats:
    """Values of `reciprocity_ratio`."""
    mutual = activity.exact_sum(activity.counterparties.filter("mutual"), "amount")
    received, sent = floats(activity.received_usd), floats(activity.sent_usd)
    in_usd = np.minimum(received, sent) / np.maximum(received + sent, 1)
    native = floats(activity.native_volume)
    return np.where(native > 0, divide(floats(mutual), native), in_usd)


COLUMNS = (
    reciprocity_ratio,
    flow_diversity,
    counterparty_concentration,
    concentration_ratio,
    velocity_score,
    structuring_score,
    in_out_ratio,
    flow_asymmetry,
    dominant_flow_direction,
    flow_direction_entropy,
    counterparty_overlap_ratio,
)
