"""Planted schemes with nobody alerted, and what there was to find: transfers among the members, and how far money got.

A hop is a transfer among a scheme's members. Along a path each leaves the address that the one before reached, and
leaves it later: after any time and in any amount, within a day and nearly whole, or within an hour and half of its
amount; the last two are what `layering_path` follows in the default profile, and asks for three hops of. An address
that labels name is known already, and no alert says so again.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.monitoring import Monitored
from aml_miner.monitoring.patterns.passages import PassageParameters, find_passages
from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.transfers import make_transfers

_PROFILE = load_profile().layering_path
_EVERY = {"max_onward": 1_000_000, "max_fitting": 1_000_000}

WAYS: Mapping[str, PassageParameters] = {
    "forward": PassageParameters(
        holding_hours=1e6, max_kept_share=1 - 1e-9, max_added_share=1e9, **_EVERY
    ),
    "nearly whole": _PROFILE.model_copy(update=_EVERY),
    "in haste": _PROFILE.rapid.model_copy(update=_EVERY),
}
"""How money may be passed on, by the name of the table's column."""


def print_unfound(members: pl.DataFrame, found: Monitored) -> None:
    """Print a row for each scheme of which nobody is alerted.

    Parameters
    ----------
    members
        One row per illicit member: ``pattern_type``, ``pattern_instance_id``, ``address``, ``alerted``.
    found
        What monitoring made of the transfers, and the labels it knew.
    """
    schemes = members.group_by("pattern_type", "pattern_instance_id").agg(
        "address", pl.col("alerted").any()
    )
    unfound = schemes.filter(~pl.col("alerted")).sort("pattern_type", "pattern_instance_id")
    if unfound.is_empty():
        return
    transfers, labels = found.transfers.rows, found.tables.get("address_labels")
    known = set() if labels is None else set(labels["address"])
    columns = ["nobody alerted", "members", "labelled", "transfers among them"]
    columns += [f"hops {way}" for way in WAYS]
    print("\n| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    for name, _, addresses, _ in unfound.rows():
        inside = transfers.filter(
            pl.col("from_address").is_in(addresses) & pl.col("to_address").is_in(addresses)
        )
        counts = [len(addresses), len(known.intersection(addresses)), inside.height, *_hops(inside)]
        print(f"| {name} | " + " | ".join(map(str, counts)) + " |")


def _hops(inside: pl.DataFrame) -> list[int]:
    if inside.is_empty():
        return [0] * len(WAYS)
    activity = Activity.of(make_transfers(inside))
    return [longest_path(activity, way) for way in WAYS.values()]


def longest_path(activity: Activity, way: PassageParameters) -> int:
    """Return the hops of the longest chain of transfers that pass money on in this way; 1 where none does."""
    passages = find_passages(activity, way)
    hops = np.ones(len(activity.source), np.int64)
    order = np.lexsort((passages.received, passages.sent))
    for received, sent in zip(passages.received[order], passages.sent[order], strict=True):
        hops[sent] = max(hops[sent], hops[received] + 1)
    return int(hops.max(initial=0))
