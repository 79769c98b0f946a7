"""Distribution: how alike the amounts of an address are."""

import numpy as np

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features.values import Values
from aml_miner.monitoring.groups import Floats, Groups, divide


def amount_variance(activity: Activity) -> Values:
    """Variance of the amounts it received and sent.

    Formula: (s2 − s1² / n) / (n − 1) over its n transfers, s1 = Σ amount, s2 = Σ amount²; 0 below 2 transfers.
    Unit: square of the asset's own unit.
    Source: reference.
    Note: the formula loses digits where the amounts are nearly alike; it is kept because the reference loses the same.
    """
    return _amount_variance(activity)


def amount_skewness(activity: Activity) -> Values:
    """Skewness of the USD sums of its edges; above 0 when a few are far above the rest.

    Formula: mean of ((v − μ) / σ)³, σ over n; 0 below 3 edges, and where all are alike.
    Unit: none.
    Source: reference.
    Note: per edge, not per transaction.
    """
    moment = activity.by_edge.standardized_moment(activity.edge_usd, 3)
    return np.where(activity.by_edge.count >= 3, moment, 0.0)


def amount_kurtosis(activity: Activity) -> Values:
    """Excess kurtosis of the USD sums of its edges; 0 as in a normal distribution, above 0 with heavier tails.

    Formula: mean of ((v − μ) / σ)⁴ − 3, σ over n; 0 below 4 edges, and where all are alike.
    Unit: none.
    Source: reference.
    Note: per edge, not per transaction.
    """
    moment = activity.by_edge.standardized_moment(activity.edge_usd, 4)
    return np.where((activity.by_edge.count >= 4) & (moment > 0), moment - 3, 0.0)


def volume_std(activity: Activity) -> Values:
    """Standard deviation of the amounts it received and sent.

    Formula: √ amount_variance.
    Unit: the asset's own.
    Source: reference.
    """
    return np.sqrt(_amount_variance(activity))


def volume_cv(activity: Activity) -> Values:
    """Coefficient of variation of the amounts it received and sent.

    Formula: volume_std / max(mean amount, 1).
    Unit: none.
    Source: reference.
    """
    mean = activity.by_event.mean(activity.event_amount)
    return np.sqrt(_amount_variance(activity)) / np.maximum(mean, 1)


def flow_concentration(activity: Activity) -> Values:
    """How evenly its volume is spread over its edges: near 1 evenly, near 0 all on one.

    Formula: 1 − 2·Σ i·v_i / (n·T) + (n + 1) / n over the ascending USD sums v_1 … v_n of its edges, T = Σ v; 0 below 2.
    Unit: 0 to 1.
    Source: reference.
    Note: 1 − Gini coefficient, the opposite of what the name says.
    """
    return activity.by_edge.even_split(activity.edge_usd)


def volume_concentration_score(activity: Activity) -> Values:
    """How evenly its volume is spread over the hours of the day it was active in: near 1 evenly, near 0 in one.

    Formula: as flow_concentration, over its volumes in the assets' own units per hour of the day, those of 0 left out.
    Unit: 0 to 1.
    Source: reference.
    Note: 1 − Gini coefficient, the opposite of what the name says.
    """
    address, hour = np.nonzero(activity.hourly_amount)
    volumes = Groups(address, activity.count)
    return volumes.even_split(activity.hourly_amount[address, hour])


def _amount_variance(activity: Activity) -> Floats:
    amount, events = activity.event_amount, activity.by_event
    n, s1, s2 = events.count, events.sum(amount), events.sum(amount * amount)
    return np.maximum(divide(s2 - divide(s1 * s1, n), n - 1), 0.0)


COLUMNS = (
    amount_variance,
    amount_skewness,
    amount_kurtosis,
    volume_std,
    volume_cv,
    flow_concentration,
    volume_concentration_score,
)
