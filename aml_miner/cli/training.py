"""What ``aml-miner train`` and ``cross-validate`` do: batches and labels are read, models judged, and kept or not."""

from pathlib import Path

import typer

from aml_miner.cli.documents import documents
from aml_miner.cli.learned import Given, read_given
from aml_miner.cli.printing import print_json
from aml_miner.cli.progress import shown_stages
from aml_miner.config.model_config import load_model_config
from aml_miner.models import save_models
from aml_miner.training.report import TrainingReport, report_lines
from aml_miner.training.train_models import cross_validate, train_models
from aml_miner.utils.folders import check_replaceable


def run_train(given: Given, out: Path, *, seed: int, as_json: bool) -> None:
    """Train, write the models, and say how good they are."""
    check_replaceable(out, "models")
    with shown_stages(3) as begin:
        begin("reading batches")
        learned = read_given(given)
        begin("training")
        config = load_model_config(given.config)
        training = train_models(learned.batches, learned.labels, config, seed, as_of=given.as_of)
        begin("writing")
        save_models(training.models, out, documents(training))
    learned.warn()
    _print_report(training.report, out, as_json=as_json)


def run_cross_validate(given: Given, *, seed: int, as_json: bool) -> None:
    """Say how good models would be."""
    with shown_stages(2) as begin:
        begin("reading batches")
        learned = read_given(given)
        begin("training fold after fold")
        config = load_model_config(given.config)
        report = cross_validate(learned.batches, learned.labels, config, seed, as_of=given.as_of)
    learned.warn()
    _print_report(report, as_json=as_json)


def _print_report(report: TrainingReport, out: Path | None = None, *, as_json: bool) -> None:
    if as_json:
        where = {"models": str(out)} if out else {}
        print_json({**where, "report": report.to_dict()})
        return
    for line in report_lines(report):
        typer.echo(line)
    if out:
        typer.echo(f"Models are in {out}.")
