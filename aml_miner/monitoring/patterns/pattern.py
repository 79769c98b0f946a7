"""A pattern: some addresses, the part each plays, and the transfers that show it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from aml_miner.batch.schemas import MONEY
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Integers

type Fact = str | int | float | bool
"""A number or word that evidence states."""

_ID_LENGTH = 16


@dataclass(frozen=True, slots=True)
class PatternKind:
    """What a kind of pattern is called, and how its alerts describe it.

    Attributes
    ----------
    pattern_type
        Its name in the tables.
    typology
        The ``typology_type`` of its alerts.
    parts
        Every role an address can play, and what the description calls it.
    description
        What happened and what to look at: a text with the fields ``{part}``, ``{members}`` (how many addresses),
        ``{volume}`` (USD of the pattern's transfers) and the names of the pattern's facts.
    ordered
        Whether the addresses lie along a path, so that each sends to the next; their order is then part of what the
        pattern is.
    unalerted_parts
        Roles of addresses that are shown and not alerted: those that labels name, so that no typology tells a model who
        bears a label, and victims.
    """

    pattern_type: str
    typology: str
    parts: Mapping[str, str]
    description: str
    ordered: bool = False
    unalerted_parts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern found among the transfers of a window.

    Attributes
    ----------
    kind
        What it is.
    addresses
        Numbers of the addresses; along the path where there is one, so that each sends to the next.
    roles
        The part each address plays, in the same order.
    transfers
        Indices of the transfers that show the pattern, ascending, which is in time order.
    risk
        In [0, 1], higher is riskier.
    facts
        What was counted, for the evidence.
    stated_confidence
        How sure it is that the pattern is one, in [0, 1], where the detector tells that from the risk.
    """

    kind: PatternKind
    addresses: tuple[int, ...]
    roles: tuple[str, ...]
    transfers: Integers
    risk: float
    detection_method: str
    facts: Mapping[str, Fact]
    stated_confidence: float | None = None

    @property
    def confidence(self) -> float:
        """How sure it is that the pattern is one, in [0, 1]; its risk where nothing else is stated."""
        return min(self.risk if self.stated_confidence is None else self.stated_confidence, 1.0)


@dataclass(frozen=True, slots=True)
class Detected:
    """What a detector found, and from how many addresses a bound cut its search off."""

    patterns: list[Pattern]
    cut_off: int = 0


def pattern_hash(pattern: Pattern, names: Sequence[str]) -> str:
    """Return the SHA-256 of what the pattern is: its type, and its addresses with their parts.

    Along a path the addresses keep their order; otherwise they are sorted, for which of them came first changes with
    the window.

    Times, amounts and the day are no part of it, so a pattern seen again tomorrow has the same hash.
    """
    parts = zip(pattern.addresses, pattern.roles, strict=True)
    members = [f"{role} {names[address]}" for address, role in parts]
    if not pattern.kind.ordered:
        members.sort()
    content = "\n".join([pattern.kind.pattern_type, *members])
    return hashlib.sha256(content.encode()).hexdigest()


def pattern_id(pattern: Pattern, names: Sequence[str]) -> str:
    """Return the pattern's type and the first 16 digits of its hash."""
    return _id_of(pattern, pattern_hash(pattern, names))


def _id_of(pattern: Pattern, digest: str) -> str:
    return f"{pattern.kind.pattern_type}-{digest[:_ID_LENGTH]}"


def pattern_table(patterns: Sequence[Pattern], activity: Activity) -> pl.DataFrame:
    """Return one row per pattern, sorted by pattern_id; severity is the risk, for nothing else measures it."""
    names = activity.addresses.to_list()
    hashes = [pattern_hash(pattern, names) for pattern in patterns]
    times = [activity.timestamp[pattern.transfers] for pattern in patterns]
    columns = {
        "pattern_id": [_id_of(*each) for each in zip(patterns, hashes, strict=True)],
        "pattern_type": [pattern.kind.pattern_type for pattern in patterns],
        "pattern_hash": hashes,
        "addresses_involved": [[names[a] for a in pattern.addresses] for pattern in patterns],
        "address_roles": [list(pattern.roles) for pattern in patterns],
        "severity_score": [pattern.risk for pattern in patterns],
        "confidence_score": [pattern.confidence for pattern in patterns],
        "risk_score": [pattern.risk for pattern in patterns],
        "pattern_start_time": [int(moments[0]) for moments in times],
        "pattern_end_time": [int(moments[-1]) for moments in times],
        "evidence_transaction_count": [len(pattern.transfers) for pattern in patterns],
        "evidence_volume_usd": activity.exact_volumes([p.transfers for p in patterns]),
        "detection_method": [pattern.detection_method for pattern in patterns],
    }
    return pl.DataFrame(columns, schema=_SCHEMA).sort("pattern_id")


_SCHEMA = {
    "pattern_id": pl.String(),
    "pattern_type": pl.String(),
    "pattern_hash": pl.String(),
    "addresses_involved": pl.List(pl.String()),
    "address_roles": pl.List(pl.String()),
    "severity_score": pl.Float64(),
    "confidence_score": pl.Float64(),
    "risk_score": pl.Float64(),
    "pattern_start_time": pl.UInt64(),
    "pattern_end_time": pl.UInt64(),
    "evidence_transaction_count": pl.UInt32(),
    "evidence_volume_usd": MONEY,
    "detection_method": pl.String(),
}
