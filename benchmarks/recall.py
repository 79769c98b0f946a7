"""What monitoring alerts of the laundering planted in labelled transfers, and how much else, as Markdown tables.

Recall is counted over patterns and over addresses: a planted pattern is found when any of its members is alerted by any
rule, and its share is that of its members who are. How many would be alerted if nothing were planted is the third
column to look at: the share of alerts on illicit addresses. Of patterns with nobody alerted it says what there was to
find.
"""

import argparse
from pathlib import Path

import polars as pl

from aml_miner.batch.reading import read_table
from aml_miner.batch.schemas import ADDRESS_LABELS
from aml_miner.monitoring.monitoring import Monitored, monitor_transfers
from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.transfers import make_transfers, read_transfers_file
from aml_miner.simulation import SimulationConfig, simulate_economy
from aml_miner.training.truth import check_truth
from benchmarks.unfound import print_unfound


def main() -> None:
    """Print a section for each folder, and one for a simulated economy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("transfers", type=Path, nargs="*", help="folders with ground_truth.parquet")
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--base-rate", type=float, default=0.015)
    parser.add_argument("--seed", type=int, default=42)
    chosen = parser.parse_args()
    config = SimulationConfig(
        accounts=chosen.accounts,
        days=chosen.days,
        base_rate=chosen.base_rate,
        seed=chosen.seed,
    )
    if not chosen.transfers:
        economy = simulate_economy(config)
        found = _monitor(economy.transfers, economy.labels)
        _print(f"Simulated, {config.accounts:,} accounts", found, economy.ground_truth)
    for folder in chosen.transfers:
        path = folder / ADDRESS_LABELS.file_name
        labels = read_table(path, ADDRESS_LABELS).rows if path.exists() else None
        truth = pl.read_parquet(folder / "ground_truth.parquet")
        _print(folder.name, _monitor(read_transfers_file(folder), labels), truth)


def _monitor(rows: pl.DataFrame, labels: pl.DataFrame | None) -> Monitored:
    transfers = make_transfers(rows)
    return monitor_transfers(
        transfers, load_profile(), network="recall", labels=labels, labels_as_of_date=False
    )


def _print(title: str, found: Monitored, truth: pl.DataFrame) -> None:
    alerts, addresses = found.tables["alerts"], found.tables["features"]["address"]
    verdicts = check_truth(truth).verdicts().filter(pl.col("label"))
    illicit = verdicts.filter(pl.col("address").is_in(addresses.implode()))["address"]
    confirmed = alerts["address"].is_in(illicit.implode())
    print(f"\n## {title}\n")
    print(
        f"{len(addresses):,} addresses, {len(illicit):,} illicit; {alerts.height:,} alerts on "
        f"{alerts['address'].n_unique():,} addresses, {confirmed.mean() or 0:.1%} of them on illicit ones.\n"
    )
    by_rule = (
        alerts.select("typology_type", "address", confirmed=confirmed)
        .group_by("typology_type")
        .agg(pl.len(), pl.col("address").n_unique(), pl.col("confirmed").mean())
        .sort("typology_type")
    )
    print("| typology | alerts | addresses | on illicit addresses |\n|---|---|---|---|")
    for name, count, unique, share in by_rule.rows():
        print(f"| {name} | {count:,} | {unique:,} | {share:.1%} |")
    if "pattern_instance_id" in truth.columns:
        members = with_rules(alerts, truth.filter(pl.col("address").is_in(illicit.implode())))
        _print_planted(members)
        print_unfound(members, found)


def with_rules(alerts: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Add to each member of a planted pattern which rules alerted it, and whether any did."""
    rules = alerts.group_by("address").agg(pl.col("typology_type").unique().sort())
    return members.join(rules, on="address", how="left").with_columns(
        alerted=pl.col("typology_type").is_not_null()
    )


def _print_planted(members: pl.DataFrame) -> None:
    instances = members.group_by("pattern_type", "pattern_instance_id").agg(
        found=pl.col("alerted").any()
    )
    planted = instances.group_by("pattern_type").agg(
        pl.len().alias("patterns"), pl.col("found").sum()
    )
    share = members.group_by("pattern_type").agg(
        members=pl.len(),
        alerted=pl.col("alerted").mean(),
        rules=pl.col("typology_type").explode().drop_nulls().value_counts(sort=True, name="n"),
    )
    rows = planted.join(share, on="pattern_type").sort("pattern_type")
    print("\n| planted | patterns | found | members | alerted | by |\n|---|---|---|---|---|---|")
    for row in rows.to_dicts():
        by = sorted(row["rules"], key=lambda rule: (-rule["n"], rule["typology_type"]))
        names = ", ".join(f"{rule['typology_type']} {rule['n']}" for rule in by[:4])
        print(
            f"| {row['pattern_type']} | {row['patterns']} | {row['found']} | {row['members']:,} | "
            f"{row['alerted']:.0%} | {names} |"
        )


if __name__ == "__main__":
    main()
