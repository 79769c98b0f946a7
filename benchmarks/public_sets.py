"""How good models are on folders of transfers with their truth: as shipped, and trained on part of the folder itself.

The shipped models learned nothing of them, and are judged on all rows: of one window over all days, and of a window of
30 days every 10 days. Others learn from part of the folder and are judged on the rest, split in two ways, and a
logistic regression learns from the same part:

- by group: no address and no pattern is on both sides.
- by group and time: training stops at three origins, and what comes next is judged; 29 days lie between, so that no
  transfer is seen on both sides, and a label that is dated is learned from that day on.

A ranker that was trained on part is judged by places among the rows of a fold.
"""

import argparse
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from aml_miner.batch.batch import Batch
from aml_miner.batch.reading import find_batches, read_batch
from aml_miner.batch.schemas import SCORED_TABLES
from aml_miner.config.model_config import load_model_config
from aml_miner.config.settings import SHIPPED_MODELS
from aml_miner.models import Models, load_models
from aml_miner.training.assessment import out_of_fold, tested_places, usable_folds
from aml_miner.training.baselines import logistic_regression_scores
from aml_miner.training.rows import LabelledRows, alert_rows, cluster_rows
from aml_miner.training.train_models import alert_judges, cluster_judges
from aml_miner.training.truth import Truth, check_truth
from benchmarks.beside import SEED, Judged, monitor, print_beside, scorings_of

_WINDOW_DAYS, _EVERY_DAYS = 30, 10


def main() -> None:
    """Print the tables of each folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("transfers", type=Path, nargs="+", help="folders with ground_truth.parquet")
    parser.add_argument("--models", type=Path, default=SHIPPED_MODELS)
    parser.add_argument("--previous", type=Path, help="models to set beside these as shipped")
    parser.add_argument("--batches", type=Path, help="where batches are kept; thrown away if none")
    chosen = parser.parse_args()
    models = load_models(chosen.models)
    previous = load_models(chosen.previous) if chosen.previous else None
    with tempfile.TemporaryDirectory() as scratch:
        for folder in chosen.transfers:
            truth = truth_of(folder)
            for split, batches in _watched(chosen.batches or Path(scratch), folder):
                for kind, rows in (
                    ("alerts", alert_rows(batches, truth)),
                    ("clusters", cluster_rows(batches, truth)),
                ):
                    window = f", windows of {_WINDOW_DAYS} days" if len(batches) > 1 else ""
                    print(f"\n### {folder.name}, {kind}, as shipped{window}\n")
                    print_beside(Judged(rows, scorings_of(models, rows, previous)))
                    print(f"\n### {folder.name}, {kind}, {split}\n")
                    print_beside(judged_apart(models, rows, kind, previous))


def truth_of(folder: Path) -> Truth:
    """Return a folder's truth; AMLSim's counts the day of the first illicit payment from the first of all days."""
    rows = pl.read_parquet(folder / "ground_truth.parquet")
    if "first_fraud_step" in rows.columns:
        day = pl.lit(_days(folder)[0]) + pl.duration(days="first_fraud_step")
        rows = rows.select(
            "address", "is_illicit", confirmation_date=pl.when("is_illicit").then(day)
        )
    return check_truth(rows)


def judged_apart(
    models: Models, rows: LabelledRows, kind: str, previous: Models | None = None
) -> Judged:
    """Return the rows that a fold tests, scored by the shipped models and by those that learned from its other side."""
    config = load_model_config()
    folds = usable_folds(rows, config.evaluation, SEED)
    tested = tested_places(folds)
    judges = {"alerts": alert_judges, "clusters": cluster_judges}[kind](config, SEED)
    trained = {f"trained {name}": judge for name, judge in judges.items()}
    trained["logistic_regression"] = logistic_regression_scores
    said = scorings_of(models, rows, previous)
    said |= {name: out_of_fold(judge, rows, folds) for name, judge in trained.items()}
    return Judged(rows.take(tested), {name: scores[tested] for name, scores in said.items()})


def _watched(root: Path, transfers: Path) -> Iterator[tuple[str, list[Batch]]]:
    """Yield how rows are to be split, and the batches they come from."""
    first, last = _days(transfers)
    rolling = ("--from", first + timedelta(days=_WINDOW_DAYS), "--to", last)
    windows = (*rolling, "--every", _EVERY_DAYS, "--window", _WINDOW_DAYS)
    for split, options in (("by group", ()), ("by group and time", windows)):
        out = root / f"{transfers.name} {split}"
        if not out.is_dir():
            monitor(transfers, out, *options)
        yield split, [read_batch(path, SCORED_TABLES) for path in find_batches(out)]


def _days(transfers: Path) -> tuple[date, date]:
    """Return the first and the last day of a folder of transfers."""
    times = pl.read_parquet(transfers / "transfers.parquet", columns=["block_timestamp"])
    days = pl.from_epoch(pl.col("block_timestamp").cast(pl.Int64), time_unit="ms").dt.date()
    return times.select(days.min().alias("first"), days.max().alias("last")).row(0)


if __name__ == "__main__":
    main()
