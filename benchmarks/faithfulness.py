"""Whether the reasons of alerts a model never saw are what their scores go by, as Markdown tables.

A scorer learns from one simulated economy and explains the alerts of another, made with the next seed. Of folders given
it learns from all groups but one, in turn, and explains that one. The features of the leading reasons are removed, and
beside them as many at random; see ``aml_miner.evaluation.faithfulness``.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from itertools import batched
from pathlib import Path

import polars as pl

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.reading import read_table
from aml_miner.batch.schemas import ADDRESS_LABELS, SCORED_TABLES
from aml_miner.config.model_config import load_model_config
from aml_miner.evaluation.faithfulness import Removal, measure_removals
from aml_miner.models import RiskModel
from aml_miner.monitoring.monitoring import monitor_transfers
from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.transfers import make_transfers, read_transfers_file
from aml_miner.simulation import SimulationConfig, simulate_economy
from aml_miner.training.assessment import usable_folds
from aml_miner.training.rows import LabelledRows, alert_rows, cluster_rows
from aml_miner.training.train_alert_scorer import fit_alert_scorer
from aml_miner.training.train_cluster_scorer import fit_cluster_scorer
from aml_miner.training.truth import Truth, check_truth

CONFIG = load_model_config()


def main() -> None:
    """Print a table for the economies, and one for each folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("transfers", type=Path, nargs="*", help="folders with ground_truth.parquet")
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--base-rate", type=float, default=0.06)
    parser.add_argument("--seed", type=int, default=42)
    chosen = parser.parse_args()
    config = SimulationConfig(
        accounts=chosen.accounts, base_rate=chosen.base_rate, seed=chosen.seed
    )
    _print_economies(config)
    for folder in chosen.transfers:
        _print_folder(folder, chosen.seed)


def _print_economies(config: SimulationConfig) -> None:
    batch, truth = _economy(config)
    other, _ = _economy(config.model_copy(update={"seed": config.seed + 1}))
    models: list[RiskModel] = [
        fit_alert_scorer(alert_rows([batch], truth), CONFIG.scorer, config.seed),
        fit_cluster_scorer(cluster_rows([batch], truth), CONFIG.cluster, config.seed),
    ]
    for model in models:
        found = measure_removals(model, model.prepare_features(other), config.seed)
        title = f"{model.kind.replace('_', ' ')}, simulated, {config.accounts:,} accounts"
        _print(title, found)


def _economy(config: SimulationConfig) -> tuple[Batch, Truth]:
    economy = simulate_economy(config)
    batch = _monitor(economy.transfers, economy.labels)
    return batch, check_truth(economy.ground_truth)


def _monitor(rows: pl.DataFrame, labels: pl.DataFrame | None) -> Batch:
    found = monitor_transfers(
        make_transfers(rows),
        load_profile(),
        network="faithfulness",
        labels=labels,
        labels_as_of_date=False,
    )
    return make_batch({table.name: found.tables[table.name] for table in SCORED_TABLES})


def _print_folder(folder: Path, seed: int) -> None:
    path = folder / ADDRESS_LABELS.file_name
    labels = read_table(path, ADDRESS_LABELS).rows if path.exists() else None
    batch = _monitor(read_transfers_file(folder), labels)
    truth = check_truth(pl.read_parquet(folder / "ground_truth.parquet"))
    rows = alert_rows([batch], truth)
    folds = usable_folds(rows, CONFIG.evaluation, seed)
    parts = [_of_fold(rows.take(fold.train), rows.take(fold.test), seed) for fold in folds]
    _print(f"alert scorer, {folder.name}, {len(folds)} grouped folds", _together(parts))


def _of_fold(learned: LabelledRows, tested: LabelledRows, seed: int) -> list[Removal]:
    model = fit_alert_scorer(learned, CONFIG.scorer, seed)
    return measure_removals(model, tested.features, seed)


def _together(parts: Sequence[Sequence[Removal]]) -> list[Removal]:
    """Average over folds, each by its rows."""
    means = ("as_said_ratio", "against_ratio", "mean_move", "mean_said")
    together = []
    for alike in zip(*parts, strict=True):
        rows = sum(one.rows for one in alike)
        values = {
            name: sum(getattr(one, name) * one.rows for one in alike) / rows for name in means
        }
        together.append(replace(alike[0], rows=rows, **values))
    return together


def _print(title: str, found: Sequence[Removal]) -> None:
    """Print what the reasons do beside what features at random do."""
    print(f"\n{title}, {found[0].rows:,} rows never learned from:\n")
    print(
        "| removed | put | as said | against | moved | said | random: as said | against | moved |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    half = len({one.count for one in found})
    for reasons, random in batched(batched(found, half, strict=True), 2, strict=True):
        for one, other in zip(reasons, random, strict=True):
            print(
                f"| {one.count} | {one.put} | {one.as_said_ratio:.0%} | {one.against_ratio:.0%} | {one.mean_move:+.2f} "
                f"| {one.mean_said:.2f} | {other.as_said_ratio:.0%} | {other.against_ratio:.0%} "
                f"| {other.mean_move:+.2f} |"
            )


if __name__ == "__main__":
    main()
