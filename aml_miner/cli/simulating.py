"""What ``aml-miner simulate`` does: a synthetic economy into a folder."""

from pathlib import Path

import polars as pl
import typer

from aml_miner.batch.schemas import ADDRESS_LABELS
from aml_miner.cli.printing import print_counts, print_json
from aml_miner.cli.progress import shown_stages
from aml_miner.errors import ConfigurationError
from aml_miner.simulation import (
    Economy,
    SimulationConfig,
    load_simulation_config,
    simulate_economy,
    write_economy,
)
from aml_miner.simulation.sizing import accounts_for_alerts
from aml_miner.utils.folders import check_replaceable, whole_folder

FOLDER_KIND = "economy"


def run_simulate(
    out: Path,
    config: Path | None,
    alerts: int | None,
    *,
    random_seed: int,
    as_json: bool,
    **knobs: object,
) -> None:
    """Simulate an economy by a file of knobs and those given by name, None being not given, and write it whole.

    ``random_seed`` is the seed where neither gives one.
    """
    if config and not config.exists():
        raise ConfigurationError(f"{config}: there is no such file; check the path.")
    given = {name: value for name, value in knobs.items() if value is not None}
    chosen = load_simulation_config(config, otherwise={"seed": random_seed}, **given)
    check_replaceable(out, FOLDER_KIND)
    with shown_stages(None) as begin:
        if alerts is not None:
            accounts = accounts_for_alerts(chosen, alerts, begin)
            chosen = chosen.model_copy(update={"accounts": accounts})
        economy = simulate_economy(chosen, begin)
        begin("writing")
        with whole_folder(out, FOLDER_KIND) as folder:
            write_economy(economy, folder)
    _report(economy, chosen, out, as_json=as_json)


def _report(economy: Economy, config: SimulationConfig, out: Path, *, as_json: bool) -> None:
    truth = economy.ground_truth
    counts = {
        "accounts": config.accounts,
        "days": config.days,
        "transfers": economy.ledger.height,
        "labels": economy.labels.height,
        "schemes": truth.filter(pl.col("pattern_type") != "")["pattern_instance_id"].n_unique(),
        "illicit_addresses": truth.filter("is_illicit")["address"].n_unique(),
        "found_illicit": truth.filter("confirmed_illicit")["address"].n_unique(),
        "found_innocent": truth.filter(~pl.col("confirmed_illicit"))["address"].n_unique(),
    }
    if as_json:
        print_json({"economy": str(out), "seed": config.seed, **counts})
        return
    print_counts(counts)
    labels = out / ADDRESS_LABELS.file_name
    monitor = f"aml-miner monitor {out} --labels {labels} --network {config.network} --out BATCH"
    typer.echo(f"The economy is in {out}; monitor it with: {monitor}")
