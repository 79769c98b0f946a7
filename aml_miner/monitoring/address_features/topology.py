"""Topology: how many others an address deals with."""

import numpy as np

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features.values import Values


def degree_in(activity: Activity) -> Values:
    """How many addresses sent to it.

    Formula: number of distinct senders.
    Unit: addresses.
    Source: reference.
    """
    return np.bincount(activity.edges["target"], minlength=activity.count)


def degree_out(activity: Activity) -> Values:
    """How many addresses it sent to.

    Formula: number of distinct recipients.
    Unit: addresses.
    Source: reference.
    """
    return np.bincount(activity.edges["source"], minlength=activity.count)


def degree_total(activity: Activity) -> Values:
    """How many addresses it dealt with.

    Formula: number of distinct senders and recipients together; one that is both counts once.
    Unit: addresses.
    Source: reference.
    """
    return activity.by_counterparty.count


def degree(activity: Activity) -> Values:
    """How many directed edges it has.

    Formula: degree_in + degree_out; a counterparty that is both sender and recipient counts twice.
    Unit: edges.
    Source: reference.
    """
    return activity.by_edge.count


def unique_counterparties(activity: Activity) -> Values:
    """How many addresses it dealt with, once more.

    Formula: degree_total.
    Unit: addresses.
    Source: reference.
    """
    return degree_total(activity)


def unique_recipients_count(activity: Activity) -> Values:
    """How many addresses it sent to, once more.

    Formula: degree_out.
    Unit: addresses.
    Source: reference.
    """
    return degree_out(activity)


def unique_senders_count(activity: Activity) -> Values:
    """How many addresses sent to it, once more.

    Formula: degree_in.
    Unit: addresses.
    Source: reference.
    """
    return degree_in(activity)


COLUMNS = (
    degree_in,
    degree_out,
    degree_total,
    degree,
    unique_counterparties,
    unique_recipients_count,
    unique_senders_count,
)
