"""One alert or cluster of a result, and its explanation read back: what a picture of it is drawn from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, Self

import orjson
import polars as pl

from aml_miner.errors import InvalidBatchError, UnknownAlertError
from aml_miner.scoring.stored import StoredResult, find_results, read_result_table

type Subject = Literal["alert", "cluster"]
type Fact = str | float | int | None

_NAMED: Final = 3
"""Identifiers an error names."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What one feature added to a raw score, and why; ``value`` is None where it is not known."""

    name: str
    value: float | str | None
    contribution: float
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The content of an ``explain_json``; see ``scoring.explanations`` for what its parts are.

    Attributes
    ----------
    reasons
        The features that moved the score most, in their order.
    against
        Those that lower it most; some may be among the reasons.
    """

    base_value: float
    reasons: tuple[Reason, ...]
    other: float
    against: tuple[Reason, ...]
    families: Mapping[str, float]

    @classmethod
    def of_json(cls, text: str) -> Self:
        """Read an explanation back.

        Raises
        ------
        KeyError, TypeError, ValueError
            If the text is none.
        """
        told = orjson.loads(text)
        return cls(
            base_value=float(told["base_value"]),
            reasons=tuple(_reasons(told["top_features"])),
            other=float(told["other"]),
            against=tuple(_reasons(told["against"])),
            families={str(name): float(value) for name, value in told["families"].items()},
        )

    @property
    def raw_score(self) -> float:
        """What the parts add up to, rounded to nine decimals as they are."""
        added = sum(reason.contribution for reason in self.reasons)
        return round(self.base_value + added + self.other, 9)

    @property
    def further_against(self) -> tuple[Reason, ...]:
        """What argues against the alert and is not among its reasons."""
        listed = {reason.name for reason in self.reasons}
        return tuple(reason for reason in self.against if reason.name not in listed)


def _reasons(told: list[dict[str, Any]]) -> Iterator[Reason]:
    for one in told:
        yield Reason(str(one["name"]), one["value"], float(one["contribution"]), str(one["reason"]))


@dataclass(frozen=True, slots=True)
class Explained:
    """A scored alert or cluster with its explanation.

    Attributes
    ----------
    address
        Of an alert; None for a cluster.
    rank, rows
        Of an alert: its rank among so many alerts of the results. Of a cluster the rank is None.
    text
        The ``explain_json`` itself.
    facts
        What the batch says of it; empty without the batch.
    """

    subject: Subject
    identifier: str
    address: str | None
    processing_date: date
    window_days: int
    network: str | None
    score: float
    rank: int | None
    rows: int
    model_version: str
    text: str
    explanation: Explanation
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Return everything as JSON has it; the explanation with the keys of ``explain_json``."""
        return {
            f"{self.subject}_id": self.identifier,
            "address": self.address,
            "processing_date": self.processing_date.isoformat(),
            "window_days": self.window_days,
            "network": self.network,
            "score": self.score,
            "raw_score": self.explanation.raw_score,
            "rank": self.rank,
            "rows": self.rows,
            "model_version": self.model_version,
            "explanation": orjson.loads(self.text),
            "facts": dict(self.facts),
        }


def find_explained(root: Path, identifier: str) -> list[Explained]:
    """Return every scored alert or cluster of an id, in the results at or below a folder.

    An id may occur more than once: in a batch, and in the results of several days. Results come newest first, and
    within them alerts by rank. Where no id is the text asked for, it may be the beginning of one.

    Raises
    ------
    InvalidBatchError
        If there are no results, or an explanation in them cannot be read.
    UnknownAlertError
        If nothing has that id, or several ids begin so.
    """
    results = find_results(root)
    if not results:
        raise InvalidBatchError(
            f"{root}: expected a folder of results, or one that holds such; found none that can be read. "
            f"Make one with 'aml-miner score BATCH --out {root}'."
        )
    tables = [part for result in results for part in _tables(result)]
    wanted = _identifier(root, tables, identifier)
    return [
        _explained(subject, row, table.height)
        for subject, table in tables
        for row in table.filter(pl.col(f"{subject}_id") == wanted).to_dicts()
    ]


def _tables(result: StoredResult) -> list[tuple[Subject, pl.DataFrame]]:
    """Return the scores of alerts, with their ranks, and of clusters."""
    result, alerts = read_result_table(result, "alert_scores")
    result, ranks = read_result_table(result, "alert_rankings")
    _, clusters = read_result_table(result, "cluster_scores")
    if alerts["alert_id"].equals(ranks["alert_id"]):  # as every run writes them
        alerts = alerts.with_columns(ranks["rank"])
    return [("alert", alerts), ("cluster", clusters)]


def _identifier(root: Path, tables: list[tuple[Subject, pl.DataFrame]], wanted: str) -> str:
    """Return the id that is the text asked for, or the only one that begins so."""
    ids = pl.concat([table[f"{subject}_id"].alias("id") for subject, table in tables]).unique()
    if wanted in ids:
        return wanted
    begun = ids.filter(ids.str.starts_with(wanted)).sort().to_list() if wanted else []
    if len(begun) == 1:
        return str(begun[0])
    counts = {kind: sum(t.height for s, t in tables if s == kind) for kind in ("alert", "cluster")}
    found = (
        f"{len(begun)} ids begin so, first {', '.join(map(repr, begun[:_NAMED]))}; give more of it."
        if begun
        else f"there are {counts['alert']:,} alerts and {counts['cluster']:,} clusters, "
        f"first {', '.join(map(repr, ids.sort()[:_NAMED]))}; give one of the ids in these results."
    )
    raise UnknownAlertError(f"{root}: no alert or cluster has the id '{wanted}'; {found}")


def _explained(subject: Subject, row: Mapping[str, Any], rows: int) -> Explained:
    identifier = str(row[f"{subject}_id"])
    try:
        explanation = Explanation.of_json(row["explain_json"])
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidBatchError(
            f"results of {row['processing_date']}: explain_json of {subject} '{identifier}' is not an explanation "
            f"as this version writes it ({error!r}); score the batch again."
        ) from error
    return Explained(
        subject=subject,
        identifier=identifier,
        address=row.get("address"),
        processing_date=row["processing_date"],
        window_days=row["window_days"],
        network=row["network"],
        score=row["score"],
        rank=row.get("rank"),
        rows=rows,
        model_version=row["model_version"],
        text=row["explain_json"],
        explanation=explanation,
    )
