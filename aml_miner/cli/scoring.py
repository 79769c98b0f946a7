"""Scoring one batch, or many, from the command line."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from aml_miner.batch.reading import find_batches, read_batch_to_score
from aml_miner.cli.printing import print_first_alerts, print_json
from aml_miner.cli.progress import shown_stages
from aml_miner.config.settings import load_settings
from aml_miner.errors import InvalidBatchError
from aml_miner.features.builder import address_columns
from aml_miner.utils.folders import check_replaceable

if TYPE_CHECKING:
    from aml_miner.batch.batch import Batch
    from aml_miner.models import Models
    from aml_miner.scoring.days import ScoredDay


@dataclass(frozen=True, slots=True)
class Scoring:
    """What is to be scored, by which models, and where the results go."""

    batch: Path
    out: Path
    models: Path | None
    since: date | None
    until: date | None
    allow_unverified: bool

    @property
    def models_folder(self) -> Path:
        """The folder of the models, by the settings where none is named."""
        return self.models or load_settings().models_dir


def run_score(given: Scoring, workers: int, *, as_json: bool) -> None:
    """Score the batch of a folder, or each of many."""
    many = given.since or given.until or len(find_batches(given.batch)) > 1
    if many:
        _score_many(given, workers, as_json=as_json)
    else:
        _score_one(given, workers, as_json=as_json)


def _score_one(given: Scoring, threads: int, *, as_json: bool) -> None:
    check_replaceable(given.out, "results")
    with shown_stages(3) as begin:
        begin("reading the batch and loading the models")
        read, loaded = _read_and_load(given)
        from aml_miner.scoring import first_alerts, score_batch, write_results

        begin("scoring")
        results = score_batch(read, loaded, threads=threads)
        begin("writing")
        write_results(results, given.out)
    if as_json:
        print_json({"results": str(given.out), **asdict(results.facts)})
        return
    print_first_alerts(first_alerts(results, read))
    typer.echo(f"Results are in {given.out}.")


def _read_and_load(given: Scoring) -> "tuple[Batch, Models]":
    """Read the batch beside, which leaves Python to others, while what scores is imported, loaded and warmed."""
    with ThreadPoolExecutor(1) as beside:
        reading = beside.submit(
            read_batch_to_score,
            given.batch,
            address_columns(),
            allow_unverified=given.allow_unverified,
        )
        from aml_miner.models import load_models

        loaded = load_models(given.models_folder)
        loaded.warm(single_rows=False)
        return reading.result(), loaded


def _score_many(given: Scoring, workers: int, *, as_json: bool) -> None:
    from aml_miner.models import load_models
    from aml_miner.scoring.days import plan_days, score_days

    days = plan_days(
        given.batch,
        given.models_folder,
        given.out,
        since=given.since,
        until=given.until,
        allow_unverified=given.allow_unverified,
    )
    for planned in days:
        check_replaceable(planned.out, "results")
    load_models(given.models_folder)  # what is wrong with them is said once, not by every worker
    with shown_stages(len(days)) as begin:
        scored = score_days(days, workers, lambda each: begin(str(each.day.batch)))
    failed = [each for each in scored if each.status == "failed"]
    if not failed or not as_json:
        _print_days(scored, given.out, as_json=as_json)
    if failed:
        raise InvalidBatchError(
            f"{len(failed)} of {len(scored)} batches could not be scored, the others are done; first {failed[0].error}"
        )


def _print_days(scored: "list[ScoredDay]", out: Path, *, as_json: bool) -> None:
    if as_json:
        rows = [
            {"batch": str(each.day.batch), "results": str(each.day.out), "status": each.status,
             "alerts": each.alerts, "clusters": each.clusters}
            for each in scored
        ]  # fmt: skip
        print_json({"results": str(out), "days": rows})
        return
    for each in scored:
        count = f", {each.alerts:,} alerts, {each.clusters:,} clusters" if each.alerts else ""
        typer.echo(f"{each.status} {each.day.batch}{count}")
    counts = Counter(each.status for each in scored)
    typer.echo(
        f"{counts['scored']} batches scored, {counts['kept']} kept as they were. Results are in {out}."
    )
