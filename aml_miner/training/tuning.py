"""Hyperparameters searched for, one trial after the other.

A trial is judged out of fold, as training judges its models. The first trial of each model is the configuration as it
is, so that what is returned is never worse on these folds. Because the best of many trials on the same folds flatters
itself, how good it is must be measured on other data. Of models that are averaged, what one of them has of its own is
left as it is.

Source of the search: Bergstra et al., "Algorithms for hyper-parameter optimization", NeurIPS 2011 (tree-structured
Parzen estimators), as Optuna implements it. Each trial draws from a seed of its own, so a run that was stopped and goes
on tries what an uninterrupted one would have.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import JsonValue

from aml_miner.batch.batch import Batch
from aml_miner.batch.digests import digest_table
from aml_miner.config.model_config import (
    ModelConfig,
    SearchRange,
    TreeParameters,
    load_model_config,
)
from aml_miner.errors import ConfigurationError, TrainingRefusedError
from aml_miner.evaluation.metrics import average_precision, mean_ndcg_at_k
from aml_miner.models.metadata import Kind
from aml_miner.training.assessment import Judge, out_of_fold, tested_places, usable_folds
from aml_miner.training.boosting import check_seed
from aml_miner.training.rows import LabelledRows
from aml_miner.training.train_models import (
    SECTIONS,
    alert_judges,
    builder,
    cluster_judges,
    learnable,
    tree_parameters,
)
from aml_miner.training.trials import Trial, TrialFile, Values
from aml_miner.training.truth import Truth

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution


@dataclass(frozen=True, slots=True)
class Tuned:
    """What tuning found for one model.

    Attributes
    ----------
    trials
        All trials, the configuration as it was first.
    best
        The best of them; of equals the first.
    """

    trials: tuple[Trial, ...]
    best: Trial

    @property
    def changes(self) -> Values:
        """What to change in the configuration; nothing where it was the best."""
        return {} if self.best is self.trials[0] else self.best.values


type Progress = Callable[[Kind, int, float | None], None]
"""Told the model, the number of the trial that begins, and the best score so far."""


def _silent(kind: Kind, number: int, best: float | None) -> None:
    del kind, number, best


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for, and how.

    Attributes
    ----------
    config
        Where the search begins, its space and its number of trials.
    seed
        Seed of training and of the search.
    storage
        The file of trials; one that is there is gone on with.
    kinds
        The models.
    progress
        Called before every trial.
    """

    config: ModelConfig
    seed: int
    storage: Path
    kinds: Sequence[Kind] = tuple(SECTIONS)
    progress: Progress = _silent


def tune_models(
    batches: Sequence[Batch],
    truth: Truth,
    search: Search,
    *,
    as_of: date | None = None,
) -> dict[Kind, Tuned]:
    """Search for better hyperparameters of some models.

    Parameters
    ----------
    batches, truth, as_of
        What is learned from, as in ``train_models``.
    search
        The models, where the search begins, and where its trials are kept.

    Raises
    ------
    TrainingRefusedError
        If there is too little to learn from, or no fold to judge by; or a feature is the answer.
    ConfigurationError
        If Optuna is not installed, the file is of other trials, or the seed is out of range.
    OutputError
        If the file cannot be written.
    """
    check_seed(search.seed)
    config = search.config
    truth = truth if as_of is None else truth.as_of(as_of)
    built = {build: build(batches, truth) for build in dict.fromkeys(map(builder, search.kinds))}
    rows = {kind: learnable(kind, built[builder(kind)], truth, config) for kind in search.kinds}
    file = TrialFile(search.storage, _subject(rows, truth, config, search.seed))
    past = _Past(file, file.read())
    return {kind: _tune(kind, rows[kind], search, past) for kind in search.kinds}


@dataclass(frozen=True, slots=True)
class _Past:
    """The file of trials, and what was in it."""

    file: TrialFile
    known: Sequence[Trial]


def _tune(kind: Kind, rows: LabelledRows, search: Search, past: _Past) -> Tuned:
    config, seed = search.config, search.seed
    objective = _objective(kind, rows, config, seed)
    parameters = tree_parameters(kind, config)
    space = _space(kind, config)
    trials: list[Trial] = []
    distributions = _distributions(space)
    known = iter([trial for trial in past.known if trial.kind == kind])
    for number in range(config.tuning.trials + 1):
        trial = next(known, None)
        if trial is None:
            best = max((t.score for t in trials), default=None)
            search.progress(kind, number, best)
            values = {name: getattr(parameters, name) for name in sorted(space)}
            if number:
                values = _asked(trials, distributions, config, seed + number)
            trial = Trial(kind, values, objective(values))
            past.file.append(trial)
        trials.append(trial)
    return Tuned(tuple(trials), max(trials, key=lambda trial: trial.score))


def _space(kind: Kind, config: ModelConfig) -> Mapping[str, SearchRange]:
    """Return what is searched through: parameters that all models that are averaged have in common."""
    own = {name for changes in tree_parameters(kind, config).averaged_with for name in changes}
    space = {name: span for name, span in config.tuning.space.items() if name not in own}
    if not space:
        raise ConfigurationError(
            f"{kind}: nothing to tune: averaged_with names every parameter of tuning.space ({', '.join(sorted(own))})."
        )
    return space


def _objective(
    kind: Kind, rows: LabelledRows, config: ModelConfig, seed: int
) -> Callable[[Values], float]:
    """Return what a trial's values are worth: the out-of-fold score on the same folds every time."""
    folds = usable_folds(rows, config.evaluation, seed)
    tested = tested_places(folds)
    if not rows.take(tested).has_both_classes:
        raise TrainingRefusedError(
            f"{kind}: there is no fold to judge a trial by; tuning needs rows of several groups with both classes."
        )

    def worth(values: Values) -> float:
        changed = changed_config(config, {kind: values})
        judges = cluster_judges if kind == "cluster_scorer" else alert_judges
        judge: Judge = judges(changed, seed)[kind]
        return _score(kind, rows.take(tested), out_of_fold(judge, rows, folds)[tested], config)

    return worth


def _score(
    kind: Kind, rows: LabelledRows, scores: NDArray[np.float64], config: ModelConfig
) -> float:
    if kind == "alert_ranker":
        batches = rows.keys["batch"].to_numpy()
        return mean_ndcg_at_k(rows.grades, scores, config.ranker.alert_budget, batches)
    return average_precision(rows.labels, scores)


def changed_config(config: ModelConfig, changes: Mapping[Kind, Values]) -> ModelConfig:
    """Return the configuration with parameters of some models changed."""
    sections = {
        SECTIONS[kind]: getattr(config, SECTIONS[kind]).model_copy(update=dict(values))
        for kind, values in changes.items()
    }
    return config.model_copy(update=sections)


def tuned_yaml(config: ModelConfig, tuned: Mapping[Kind, Tuned]) -> str:
    """Return a configuration file: all in which the tuned configuration differs from the one of the package."""
    changed = changed_config(config, {kind: found.changes for kind, found in tuned.items()})
    usual = load_model_config().model_dump(mode="json")
    return yaml.safe_dump(_differing(changed.model_dump(mode="json"), usual))


def _differing(
    values: Mapping[str, JsonValue], usual: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    differing: dict[str, JsonValue] = {}
    for name, value in values.items():
        old = usual.get(name)
        if isinstance(value, dict) and isinstance(old, dict):
            if inner := _differing(value, old):
                differing[name] = inner
        elif value != old:
            differing[name] = value
    return differing


def tuned_lines(tuned: Mapping[Kind, Tuned]) -> Iterator[str]:
    """Return what tuning found as lines of text for a person."""
    for kind, found in tuned.items():
        metric = "mean NDCG at the budget" if kind == "alert_ranker" else "average precision"
        yield (
            f"{kind}: {metric} {found.best.score:.4f} after {len(found.trials) - 1} trials; "
            f"{found.trials[0].score:.4f} as it was"
        )
        for name, value in sorted(found.changes.items()):
            yield f"  {name}: {found.trials[0].values[name]:g} → {value:g}"


def _subject(
    rows: Mapping[Kind, LabelledRows], truth: Truth, config: ModelConfig, seed: int
) -> str:
    """Name everything an outcome depends on; how many trials there are to be is not of it."""
    endless = config.model_copy(update={"tuning": config.tuning.model_copy(update={"trials": 1})})
    parts = [f"{kind} {some.digest()}" for kind, some in sorted(rows.items())]
    parts.append(digest_table(truth.rows))  # a fold learns what was known at its origin
    return hashlib.sha256(
        "\n".join([*parts, endless.model_dump_json(), str(seed)]).encode()
    ).hexdigest()


def _study() -> "Study":
    try:
        import optuna
    except ImportError as error:
        raise ConfigurationError(
            "tuning needs Optuna, which is not installed; "
            "install the extra: pip install 'aml-miner-template[tune]'."
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(direction="maximize")


def _distributions(space: Mapping[str, SearchRange]) -> "dict[str, BaseDistribution]":
    from optuna.distributions import FloatDistribution, IntDistribution

    return {
        name: (
            IntDistribution(int(span.low), int(span.high), log=span.log)
            if TreeParameters.model_fields[name].annotation is int
            else FloatDistribution(span.low, span.high, log=span.log)
        )
        for name, span in sorted(space.items())
    }


def _asked(
    trials: Sequence[Trial],
    distributions: "Mapping[str, BaseDistribution]",
    config: ModelConfig,
    seed: int,
) -> dict[str, float | int]:
    """Return what to try next: a study made anew of what was tried, so that it cannot know how often it was stopped.

    A trial outside the space, as the first may be, teaches nothing.
    """
    from optuna.samplers import TPESampler
    from optuna.trial import create_trial

    study = _study()
    study.sampler = TPESampler(seed=seed, n_startup_trials=config.tuning.startup_trials)
    spans = config.tuning.space
    for trial in trials:
        values = dict(sorted(trial.values.items()))  # the search looks at their order
        if all(spans[name].low <= value <= spans[name].high for name, value in values.items()):
            study.add_trial(
                create_trial(params=values, distributions=dict(distributions), value=trial.score)
            )
    return dict(sorted(study.ask(dict(distributions)).params.items()))
