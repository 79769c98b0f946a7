"""Twenty alerts with their reasons, each value counted anew from the transfers, as a Markdown page.

Of each typology the alert of the highest score is taken, then the one in the middle, until there are twenty. A value
that is not the recounted one is marked, and the command exits with 1. The page says how to make what it is run on.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from math import isclose
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from aml_miner.scoring.explained import Explained, Explanation, Reason, find_explained
from benchmarks.recounts import RECOUNTS, Address, Ledger, over

_INTRODUCTION = """\
# Explained alerts

This page is printed by `python -m benchmarks.reasons today today-batch results > docs/explained_alerts.md`.
What it is run on is made so:

```sh
aml-miner simulate --out past --accounts 6000 --base-rate 0.06 --seed 1
aml-miner simulate --out today --accounts 6000 --base-rate 0.06 --seed 2
aml-miner monitor past --out past-batch --network simulated
aml-miner monitor today --out today-batch --network simulated
aml-miner train past-batch --truth past/ground_truth.parquet --out models
aml-miner score today-batch --models models --out results
```

The models learned from one simulated economy, and the alerts are of another.
Of each typology the alert of the highest score is shown, then the one in the middle, until there are twenty.
Under the five reasons stands what argues against the alert besides.
Every value is counted anew from the transfers, in plain Python that shares no code with monitoring.
What only the alert says, its typology, severity, confidence and pattern, is compared with the alert.
A reason that is true need not be a good one: [Explanations](explanations.md) says what reasons are not."""

_SAID = {
    "severity_level": ("severity", ("low", "medium", "high", "critical").index),
    "alert_confidence_score": ("alert_confidence_score", float),
    "risk_indicator_count": ("risk_indicators", len),
    "typology_type": ("typology_type", str),
    "pattern_type": ("pattern_type", lambda text: text or None),
    "is_in_pattern": ("pattern_type", lambda text: float(bool(text))),
}
"""What the alert says itself: column, and what becomes of it. No transfer tells it."""


def main() -> None:
    """Print the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("transfers", type=Path, help="a folder with transfers.parquet")
    parser.add_argument("batch", type=Path, help="the batch made of them")
    parser.add_argument("results", type=Path, help="the results of that batch")
    parser.add_argument("--alerts", type=int, default=20)
    chosen = parser.parse_args()
    transfers = pl.read_parquet(chosen.transfers / "transfers.parquet")
    alerts = pl.read_parquet(chosen.batch / "alerts.parquet")
    first = alerts.row(0, named=True)
    ledger = Ledger(transfers, first["processing_date"], first["window_days"])
    scores = pl.read_parquet(chosen.results / "alert_scores.parquet")
    checked = wrong = counted = 0
    print(_INTRODUCTION)
    for row in choose(alerts, scores, chosen.alerts):
        (one,) = find_explained(chosen.results, row["alert_id"])
        print("\n".join(_headed(row, one)))
        for reason in told(one.explanation):
            value, source = recount(reason, row, Address(ledger, row["address"]), transfers)
            agrees = same(reason.value, value)
            checked, wrong = checked + 1, wrong + (not agrees)
            counted += source == "transfers"
            sign = f"{reason.contribution:+.2f}".replace("-", "−")
            mark = "" if agrees else " **differs**"
            print(f"| {sign} | {reason.reason} | {_shown(value)}{mark} | {source} |")
    print(
        f"\n{checked - wrong} of {checked} values agree, {counted} of them counted from transfers."
    )
    sys.exit(bool(wrong))


def choose(alerts: pl.DataFrame, scores: pl.DataFrame, most: int) -> list[Mapping[str, Any]]:
    """Return alerts of as many typologies as there are: of each the highest score, then the one in the middle."""
    scored = alerts.join(scores.select("alert_id", "score"), on="alert_id")
    ordered = scored.sort(["typology_type", "score", "alert_id"], descending=[False, True, False])
    groups = [group for _, group in ordered.group_by("typology_type", maintain_order=True)]
    highest = [group.row(0, named=True) for group in groups]
    middle = [group.row(group.height // 2, named=True) for group in groups if group.height > 2]
    return [*highest, *middle][:most]


def told(explanation: Explanation) -> Iterator[Reason]:
    """Yield the reasons, and what argues against besides."""
    yield from explanation.reasons
    yield from explanation.further_against


def recount(
    reason: Reason, alert: Mapping[str, Any], address: Address, transfers: pl.DataFrame
) -> tuple[object, str]:
    """Return the value of a feature, and whether transfers or the alert tell it."""
    if reason.name in _SAID:
        column, made = _SAID[reason.name]
        return made(alert[column]), "alert"
    if reason.name in RECOUNTS:
        return RECOUNTS[reason.name](address), "transfers"
    volume, source = volume_of(alert, transfers)
    beside = {
        "alert_volume_usd": lambda: volume,
        "alert_volume_ratio": lambda: over(volume, address.total),
        "alert_volume_to_largest_counterparty_ratio": lambda: over(volume, max(address.edges)),
    }
    return beside[reason.name](), source


def volume_of(alert: Mapping[str, Any], transfers: pl.DataFrame) -> tuple[float, str]:
    """Return the volume of an alert: of the transfers its evidence names, where it names all it counts."""
    evidence = orjson.loads(alert["evidence_json"])
    named = evidence.get("first_transfers", [])
    if len(named) != evidence.get("transfer_count"):
        return float(alert["volume_usd"]), "alert"
    keys = pl.concat_str("tx_id", "event_index", "edge_index", separator="/")
    return float(transfers.filter(keys.is_in(named))["amount_usd"].sum()), "transfers"


def same(quoted: float | str | None, counted: object) -> bool:
    """Return whether a quoted value is the counted one: within a millionth, as sums may be added in another order."""
    if isinstance(quoted, float) and isinstance(counted, float | int):
        return isclose(quoted, counted, rel_tol=1e-6, abs_tol=1e-9)
    return quoted == counted


def _headed(alert: Mapping[str, Any], one: Explained) -> Iterator[str]:
    yield f"\n## {alert['typology_type']}, score {one.score:.3f}\n"
    yield f"Alert `{one.identifier}` on `{one.address}`, rank {one.rank:,} of {one.rows:,}.\n"
    yield f"{alert['description']}\n"
    yield "| adds | reason | recounted | from |"
    yield "|---|---|---|---|"


def _shown(value: object) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
