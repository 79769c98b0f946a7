"""What ``aml-miner tune`` does: batches and labels are read, trials are shown, and a configuration is written."""

from collections.abc import Sequence
from pathlib import Path

import typer

from aml_miner.cli.learned import Given, read_given
from aml_miner.cli.printing import print_json
from aml_miner.cli.progress import shown_stages
from aml_miner.config.model_config import ModelConfig, load_model_config
from aml_miner.errors import ConfigurationError, OutputError
from aml_miner.models.metadata import Kind
from aml_miner.training.train_models import SECTIONS
from aml_miner.training.tuning import Search, tune_models, tuned_lines, tuned_yaml


def run_tune(
    given: Given,
    out: Path,
    storage: Path,
    models: Sequence[str],
    trials: int | None,
    *,
    seed: int,
    as_json: bool,
) -> None:
    """Search, and write what was found."""
    kinds = _kinds(models)
    config = _config(given.config, trials)
    if out.exists() and not storage.exists():
        raise OutputError(f"{out}: exists; name a new file, or remove it first.")
    stages = len(kinds) * (config.tuning.trials + 1)
    with shown_stages(stages) as begin:

        def progress(kind: Kind, number: int, best: float | None) -> None:
            so_far = "" if best is None else f", best {best:.4f}"
            begin(f"{kind}: trial {number} of {config.tuning.trials}{so_far}")

        learned = read_given(given)
        tuned = tune_models(
            learned.batches,
            learned.labels,
            Search(config, seed, storage, kinds, progress),
            as_of=given.as_of,
        )
    learned.warn()
    try:
        out.write_text(tuned_yaml(config, tuned), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{out}: cannot be written: {error}") from error
    if as_json:
        found = {
            kind: {
                "score": one.best.score,
                "score_as_it_was": one.trials[0].score,
                "trials": len(one.trials) - 1,
                "changes": dict(one.changes),
            }
            for kind, one in tuned.items()
        }
        print_json({"config": str(out), "storage": str(storage), "models": found})
        return
    for line in tuned_lines(tuned):
        typer.echo(line)
    typer.echo(f"The configuration is in {out}, the trials are in {storage}.")


def _kinds(models: Sequence[str]) -> tuple[Kind, ...]:
    strange = [name for name in models if name not in SECTIONS]
    if strange:
        raise ConfigurationError(f"model: one of {', '.join(SECTIONS)}; found '{strange[0]}'.")
    return tuple(kind for kind in SECTIONS if not models or kind in models)


def _config(path: Path | None, trials: int | None) -> ModelConfig:
    config = load_model_config(path)
    if trials is None:
        return config
    return config.model_copy(update={"tuning": config.tuning.model_copy(update={"trials": trials})})
