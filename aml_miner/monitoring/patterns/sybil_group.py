"""Sybil groups: many addresses that pay the same recipients and nobody else, as one owner's addresses do.

Comparing every two addresses that pay one shop would take the square of its customers. So recipients are compared by
MinHash (Broder, "On the resemblance and containment of documents", 1997): sets that are alike fall into a common
bucket, and each address is compared exactly with the first one of each of its buckets.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.graph.hashing import hashes
from aml_miner.monitoring.groups import Groups, Integers, expand
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.fan import alikeness, half_span_days
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind

_METHOD = "minhash_jaccard"
_FEWEST_IN_COMMON = 2
_BANDS, _ROWS = 8, 2
"""At a Jaccard index of .8 all eight bands of two miss with a probability of (1 − .8²)⁸ = .0003; at 1 never."""

SYBIL_GROUP = PatternKind(
    pattern_type="sybil_group",
    typology="SYBIL_GROUP",
    parts={"member": "Member", "recipient": "Recipient", "funder": "Funder"},
    description=(
        "{part} of {similar_addresses} addresses that pay the same {recipients} recipient(s), {volume:,.2f} USD in "
        "all, and hardly anybody else: check whether one owner is behind them."
    ),
)


class SybilGroupParameters(Parameters):
    """What makes addresses one group."""

    min_jaccard: float = Field(ge=0.5, le=1)
    min_addresses: int = Field(ge=2)
    seed: int = Field(ge=0)


@dataclass(frozen=True)
class _Relations:
    """How many senders and recipients each address has, and by which transfer it was first paid; −1 for none."""

    senders: Integers
    recipients: Integers
    first_payment: Integers

    @classmethod
    def of(cls, activity: Activity) -> "_Relations":
        """Count the relations of every address of a window."""
        first = np.full(activity.count, -1)
        every = np.arange(len(activity.target))[::-1]
        first[activity.target[every]] = every  # the last written, so the first, stays
        senders, recipients = (
            np.bincount(activity.edges[end], minlength=activity.count)
            for end in ("target", "source")
        )
        return cls(senders, recipients, first)


def detect_sybil_groups(activity: Activity, parameters: SybilGroupParameters) -> Detected:
    """Find ten and more addresses with the same recipients.

    Going through the addresses by name, each joins the first one before it whose recipients have a Jaccard index
    (common ones over all) of at least .8 with its own. Members of a group who were first paid by one and the same
    address are a group of their own if they are ten or more, for at a hub they would be lost among its customers. The
    members come first, by name, then the recipients that at least half of them paid, then their funder.

    A group has at least two common recipients, or a common funder: one recipient alone is a shop, and its customers
    have nothing to do with each other.

    Risk is exclusiveness · (.4 + .3·alikeness of the amounts + .3·(1 − 2·share of the window that the densest half of
    the transfers takes)), our choice. Exclusiveness is the mean share that members are of all senders to a common
    recipient and, where they have a common funder, of all it pays. Customers of one exchange or one employer are a
    small part of its counterparties.
    """
    leader = alike_leaders(activity, parameters)
    groups, order = Groups.of(leader[leader >= 0], activity.count)
    senders = np.flatnonzero(leader >= 0)[order]
    relations = _Relations.of(activity)
    first = relations.first_payment
    funder = np.where(first >= 0, activity.source[first], -1)
    outgoing, transfers = Groups.of(activity.source, activity.count)
    patterns = []
    for group in np.flatnonzero(groups.count >= parameters.min_addresses):
        alike = senders[groups.start[group] : groups.start[group + 1]]
        for members, common in _by_funder(alike, funder, parameters.min_addresses):
            sent = np.sort(transfers[expand(outgoing.start, members)[1]])
            patterns.append(_pattern(activity, relations, members, common, sent))
    return Detected([pattern for pattern in patterns if pattern])


def alike_leaders(activity: Activity, parameters: SybilGroupParameters) -> Integers:
    """Return the address that each one's recipients are compared with and alike to; −1 for who pays nobody."""
    source, target = activity.edges["source"].to_numpy(), activity.edges["target"].to_numpy()
    start = np.searchsorted(source, np.arange(activity.count + 1))
    bucket = _buckets(activity.count, source, target, parameters.seed)
    leader: Integers = follow_alike(start, target, bucket, parameters.min_jaccard)
    return leader


def _buckets(addresses: int, source: Integers, target: Integers, seed: int) -> Integers:
    """Bucket of each address in each band, and last that of exactly its recipients; numbered from 0 per band."""
    buckets = np.zeros((_BANDS + 1, addresses), np.int64)
    payers, first = np.unique(source, return_index=True)
    if not len(payers):
        return buckets
    for band in range(_BANDS):
        rows = [
            np.minimum.reduceat(hashes(seed + band * _ROWS + row, addresses)[target], first)
            for row in range(_ROWS)
        ]
        buckets[band, payers] = _numbered(np.column_stack(rows))
    whole = [
        np.add.reduceat(hashes(seed + _BANDS * _ROWS + row, addresses)[target], first)
        for row in range(_ROWS)
    ]
    buckets[_BANDS, payers] = _numbered(np.column_stack(whole))
    return buckets


def _numbered(keys: NDArray[np.uint64]) -> Integers:
    """Number rows of keys from 0, equal rows alike."""
    order = np.lexsort(keys.T)
    new = np.any(keys[order][1:] != keys[order][:-1], axis=1)
    number = np.empty(len(keys), np.int64)
    number[order] = np.concatenate([[0], np.cumsum(new)])
    return number


@numba.njit(cache=True)
def have_alike(one: Integers, other: Integers, least: float) -> bool:
    """Whether two ascending sets, neither empty, have a Jaccard index of at least so much."""
    if min(len(one), len(other)) < least * max(len(one), len(other)):
        return False
    i, j, common = 0, 0, 0
    while i < len(one) and j < len(other):
        here, there = one[i], other[j]
        common += here == there
        i += here <= there
        j += there <= here
    return common >= least * (len(one) + len(other) - common)


@numba.njit(cache=True)
def follow_alike(start: Integers, target: Integers, bucket: Integers, least: float) -> Integers:
    """Let each address follow the first one before it, of those leading its buckets, with alike recipients.

    Who finds none leads itself, and every bucket it is in that has no leader yet. −1 for who pays nobody.
    """
    bands, addresses = bucket.shape
    leads = np.full((bands, addresses), -1)
    leader = np.full(addresses, -1)
    for address in range(addresses):
        size = start[address + 1] - start[address]
        if size == 0:
            continue
        best = address
        for band in range(bands):
            other = leads[band, bucket[band, address]]
            if 0 <= other < best and have_alike(
                target[start[address] : start[address + 1]],
                target[start[other] : start[other + 1]],
                least,
            ):
                best = other
        leader[address] = best
        if best == address:
            for band in range(bands):
                if leads[band, bucket[band, address]] < 0:
                    leads[band, bucket[band, address]] = address
    return leader


def _by_funder(
    members: Integers, funder: Integers, least: int
) -> Iterator[tuple[Integers, int | None]]:
    """Split off those with a common funder; the rest have none."""
    payers, count = np.unique(funder[members], return_counts=True)
    rest = np.ones(len(members), dtype=bool)
    for payer in payers[(count >= least) & (payers >= 0)]:
        common = funder[members] == payer
        rest &= ~common
        yield members[common], int(payer)
    if rest.sum() >= least:
        yield members[rest], None


def _pattern(
    activity: Activity, relations: _Relations, members: Integers, funder: int | None, sent: Integers
) -> Pattern | None:
    """Describe a group, or return None where its members have but one address in common."""
    pairs = np.unique(activity.source[sent] * activity.count + activity.target[sent])
    recipients, payers = np.unique(pairs % activity.count, return_counts=True)
    common = 2 * payers >= len(members)
    recipients, payers = recipients[common], payers[common]
    shares = (payers / relations.senders[recipients]).tolist()
    if funder is not None and funder not in recipients:
        shares.append(len(members) / int(relations.recipients[funder]))
    if len(shares) < _FEWEST_IN_COMMON:
        return None
    exclusive = sum(shares) / len(shares)
    alike = alikeness(activity.amount_usd[sent])
    days = half_span_days(activity.timestamp[sent])
    transfers = sent if funder is None else np.union1d(sent, relations.first_payment[members])
    parts = dict.fromkeys(members.tolist(), "member")
    for recipient in recipients.tolist():
        parts.setdefault(recipient, "recipient")
    if funder is not None:
        parts.setdefault(funder, "funder")
    return Pattern(
        kind=SYBIL_GROUP,
        addresses=tuple(parts),
        roles=tuple(parts.values()),
        transfers=transfers,
        risk=exclusive
        * (0.4 + 0.3 * alike + 0.3 * max(0.0, 1 - 2 * days / activity.transfers.window_days)),
        detection_method=_METHOD,
        facts={
            "similar_addresses": len(members),
            "recipients": len(recipients),
            "common_funder": "" if funder is None else activity.addresses[funder],
            "exclusiveness": round(exclusive, 4),
            "amount_alikeness": round(alike, 4),
            "half_of_transfers_within_days": round(days, 2),
        },
    )
