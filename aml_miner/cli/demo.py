"""``aml-miner demo``: the whole way, from transfers to the ten alerts to open first."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer

from aml_miner.batch.batch import Batch
from aml_miner.batch.digests import digest_folder
from aml_miner.batch.reading import read_batch, read_table
from aml_miner.batch.schemas import ADDRESS_LABELS, GROUND_TRUTH_BY_ADDRESS, SCORED_TABLES
from aml_miner.cli.documents import documents
from aml_miner.cli.printing import print_counts, print_first_alerts, print_json
from aml_miner.cli.progress import shown_stages
from aml_miner.config.model_config import load_model_config
from aml_miner.errors import ConfigurationError
from aml_miner.models import save_models
from aml_miner.monitoring.monitoring import monitor_transfers
from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.transfers import make_transfers, read_transfers_file
from aml_miner.scoring import Results, first_alerts, score_batch, write_results
from aml_miner.simulation import SimulationConfig, simulate_economy, write_economy
from aml_miner.simulation.schemes import TYPOLOGIES
from aml_miner.training.labels import label_alerts
from aml_miner.training.report import report_lines
from aml_miner.training.train_models import Training, train_models
from aml_miner.training.truth import read_truth
from aml_miner.utils.folders import check_replaceable

_SIMULATED = "simulated"
_DEMO_KINDS = ("fan_in", "fan_out", "scatter_gather", "cycle", "layering", "structuring")
_TRUTH_FILE = GROUND_TRUTH_BY_ADDRESS.file_name


@dataclass(frozen=True, slots=True)
class _World:
    """Where one set of transfers, its batch and its truth lie."""

    transfers: Path
    batch: Path
    network: str

    @property
    def truth(self) -> Path:
        return self.transfers / _TRUTH_FILE


def run_demo(
    transfers: Path | None, out: Path, network: str, seed: int, threads: int, *, as_json: bool
) -> None:
    """Monitor, train, score, and print what came out."""
    for name in ("models", "results"):
        check_replaceable(out / name, name)
    with shown_stages(6) as begin:
        learned, scored = _worlds(transfers, out, network, seed, begin)
        counts = _monitor(scored, begin)
        if learned != scored:
            _monitor(learned, begin)
        begin("training")
        training = _train(learned, out / "models", seed)
        begin("scoring")
        batch = read_batch(scored.batch, SCORED_TABLES)
        results = score_batch(batch, training.models, threads=threads)
        write_results(results, out / "results")
    first = first_alerts(results, batch)
    tally = _tally(results, batch, scored.truth, first.height)
    if as_json:
        report = {"counts": counts, "report": training.report.to_dict(), "first_alerts": tally}
        print_json({**report, "results_sha256": digest_folder(out / "results")})
        return
    _print_data(learned, scored, counts)
    for line in report_lines(training.report):
        typer.echo(line)
    print_first_alerts(first)
    if tally:
        typer.echo(
            "Of these {shown} alerts {illicit_shown} are on addresses that launder, as {truth} has it, of the first "
            "{tenth:,} {illicit_in_tenth:,}, and of all {alerts:,} {illicit_alerts:,}.".format(
                **tally
            )
        )
    _print_places(out, scored)


def _worlds(
    transfers: Path | None, out: Path, network: str, seed: int, begin: Callable[[str], None]
) -> tuple[_World, _World]:
    """Return what is learned from and what is scored."""
    begin("simulating")
    if transfers is None:
        return _simulate(out, "past", seed), _simulate(out, "today", seed + 1)
    if not transfers.is_dir():
        message = f"{transfers}: the demo takes a folder that holds transfers.parquet."
        raise ConfigurationError(message)
    given = _World(transfers, out / "batches" / "given", network)
    return (given if given.truth.exists() else _simulate(out, "past", seed)), given


def _simulate(out: Path, name: str, seed: int) -> _World:
    world = _World(out / "transfers" / name, out / "batches" / name, _SIMULATED)
    write_economy(simulate_economy(_economy(seed)), world.transfers)
    return world


def _economy(seed: int) -> SimulationConfig:
    # over twice the usual base rate, of some kinds: so small an economy would have too few of each to learn from
    kinds = dict.fromkeys(TYPOLOGIES, 0.0) | dict.fromkeys(_DEMO_KINDS, 1.0)
    return SimulationConfig(seed=seed, accounts=3_500, base_rate=0.04, typologies=kinds)


def _monitor(world: _World, begin: Callable[[str], None]) -> dict[str, int]:
    begin(f"monitoring {world.batch.name}")
    labels = world.transfers / ADDRESS_LABELS.file_name
    monitored = monitor_transfers(
        make_transfers(read_transfers_file(world.transfers)),
        load_profile(world.network),
        network=world.network,
        labels=read_table(labels, ADDRESS_LABELS).rows if labels.exists() else None,
        labels_as_of_date=False,
    )
    monitored.write(world.batch)
    return monitored.counts()


def _train(world: _World, models: Path, seed: int) -> Training:
    batch: Batch = read_batch(world.batch, SCORED_TABLES)
    training = train_models([batch], read_truth(world.truth), load_model_config(None), seed)
    save_models(training.models, models, documents(training))
    return training


def _tally(results: Results, batch: Batch, truth: Path, shown: int) -> dict[str, object] | None:
    """Count what is illicit among the alerts to open first, the first tenth, and all; None without truth."""
    if not truth.exists():
        return None
    rows = results.alert_rows.gather(results.alert_rankings["rank"].arg_sort())
    illicit = label_alerts(batch.alerts, read_truth(truth))["label"].gather(rows)
    tenth = -(-len(illicit) // 10)
    return {
        "shown": shown,
        "illicit_shown": int(illicit.head(shown).sum()),
        "tenth": tenth,
        "illicit_in_tenth": int(illicit.head(tenth).sum()),
        "alerts": len(illicit),
        "illicit_alerts": int(illicit.sum()),
        "truth": str(truth),
    }


def _print_data(learned: _World, scored: _World, counts: dict[str, int]) -> None:
    typer.echo(f"Scored: {scored.transfers}")
    print_counts(counts)
    if learned == scored:
        typer.echo(
            "These models learned from the alerts they now score; how they do on unseen ones stands below."
        )
    else:
        typer.echo(f"Learned from: {learned.transfers}, which shares nothing with what is scored.")


def _print_places(out: Path, scored: _World) -> None:
    typer.echo(f"Batch    {scored.batch}")
    typer.echo(f"Models   {out / 'models'}")
    typer.echo(f"Results  {out / 'results'}, digest {digest_folder(out / 'results')}")
