"""How models are trained: every hyperparameter, typed and closed.

LightGBM ignores a parameter it does not know, so a misspelt one trains a model nobody asked for. Here a misspelt one is
an error. The values are those of ``model_config.yaml`` beside this file; a caller's own file changes the ones it names.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from aml_miner.config.unknown_names import unknown_name
from aml_miner.errors import ConfigurationError

DEFAULT_CONFIG: Final = Path(__file__).with_name("model_config.yaml")

type _Share = Annotated[float, Field(gt=0, le=1)]
type _Penalty = Annotated[float, Field(ge=0)]

_OF_ALL_MEMBERS: Final = frozenset(
    {
        "monotone",
        "keep_features",
        "drop_features",
        "max_correlation",
        "min_importance",
        "alert_budget",
        "eval_at",
        "averaged_with",
    }
)
"""Parameters in which the members of an average may not differ: they have features and purpose in common."""


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TreeParameters(_Closed):
    """What trees are grown by; the names are those of LightGBM's scikit-learn interface, and some of our own.

    Source of the meanings: LightGBM documentation, "Parameters".

    Attributes
    ----------
    early_stopping_rounds, validation_share
        No trees are grown after which so many more make it clearly worse on slices of this share of the rows, apart by
        group; how many is then grown on all rows. No early stopping when either is 0.
    monotone
        Features the score may never fall (1) or rise (−1) with.
    address_consistency
        By how much the gain of an alert's own features is cut, 0–1: at 1 all alerts of an address get one score.
    extra_trees
        Whether a split tries one drawn threshold of each feature instead of all: smoother scores, a looser fit.
    owner_balance
        0: every row weighs what its label does. Above, each of n rows of one class in a batch with one owner, the
        scheme or else the address, weighs n to the power of minus this; at 1 they weigh as one together. Each class
        keeps its whole weight.
    keep_features, drop_features
        Features learned from (null: all), and those left out.
    max_correlation
        Of two features whose ranks correlate by more, the less important one is left out; 1 keeps both.
    min_importance
        Features with a smaller share of the whole gain are left out.
    averaged_with
        Other trees grown on the same rows, each named by the parameters in which they differ: a raw score is the mean
        of what each of these and the trees of the parameters themselves give.
    """

    num_leaves: int = Field(ge=2, le=131_072)
    max_depth: int = Field(ge=-1, le=256)
    learning_rate: float = Field(gt=0)
    n_estimators: int = Field(ge=1, le=100_000)
    min_child_samples: int = Field(ge=1)
    min_child_weight: _Penalty
    min_split_gain: _Penalty
    subsample: _Share
    subsample_freq: int = Field(ge=0)
    colsample_bytree: _Share
    reg_alpha: _Penalty
    reg_lambda: _Penalty
    max_bin: int = Field(ge=2, le=65_535)
    cat_smooth: _Penalty
    cat_l2: _Penalty
    max_cat_threshold: int = Field(ge=1)
    max_cat_to_onehot: int = Field(ge=1)
    min_data_per_group: int = Field(ge=1)
    early_stopping_rounds: int = Field(ge=0)
    validation_share: float = Field(ge=0, le=0.5)
    monotone: Mapping[str, Literal[-1, 0, 1]]
    address_consistency: float = Field(ge=0, le=1)
    extra_trees: bool
    owner_balance: float = Field(ge=0, le=1)
    keep_features: tuple[str, ...] | None
    drop_features: tuple[str, ...]
    max_correlation: float = Field(gt=0, le=1)
    min_importance: float = Field(ge=0, lt=1)
    averaged_with: tuple[Mapping[str, JsonValue], ...]

    @model_validator(mode="after")
    def _are_possible(self) -> Self:
        self._check_together()
        for place, changes in enumerate(self.averaged_with, start=1):
            shared = sorted(_OF_ALL_MEMBERS.intersection(changes))
            try:
                self._changed_by(changes)
            except ValidationError as error:
                found = self._said_of(error)
            else:
                found = f"'{shared[0]}' is the same for all that is averaged" if shared else ""
            if found:
                raise ValueError(f"averaged_with, {place}: {found.rstrip('.')}")
        return self

    def _check_together(self) -> None:
        """Raise a ``ValueError`` where parameters do not go together."""

    @classmethod
    def _said_of(cls, error: ValidationError) -> str:
        unknown = unknown_name("parameter", error, cls, DEFAULT_CONFIG.name)
        first = error.errors()[0]
        if unknown or first["type"] == "value_error":
            return unknown or str(first["ctx"]["error"])
        return f"'{first['loc'][0]}': {first['msg']}; found {first['input']!r:.80}"

    @property
    def members(self) -> tuple[Self, ...]:
        """The parameters of each model that is averaged: of one alone these parameters themselves."""
        alone = self.model_copy(update={"averaged_with": ()})
        return (alone, *map(self._changed_by, self.averaged_with))

    def _changed_by(self, changes: Mapping[str, JsonValue]) -> Self:
        return type(self).model_validate({**self.model_dump(), "averaged_with": (), **changes})


class RankerParameters(TreeParameters):
    """Tree parameters, and what a ranker needs besides.

    Attributes
    ----------
    scorer_trees
        Trees that learn illicit or licit as a scorer's do, before ``n_estimators`` more learn the order; 0 for none.
    alert_budget
        Alerts that somebody opens per batch.
    lambdarank_truncation_level
        Places from the top within which a pair of alerts is learned from; at least the budget.
    eval_at
        The places at which NDCG is looked at.
    max_query_rows
        Alerts compared with each other at most.
    """

    scorer_trees: int = Field(ge=0, le=100_000)
    alert_budget: int = Field(ge=1)
    lambdarank_truncation_level: int = Field(ge=1)
    eval_at: tuple[Annotated[int, Field(ge=1)], ...] = Field(min_length=1)
    max_query_rows: int = Field(ge=2, le=10_000)

    def _check_together(self) -> None:
        if self.lambdarank_truncation_level < self.alert_budget:
            message = (
                f"lambdarank_truncation_level must be at least the alert_budget of {self.alert_budget}; "
                f"found {self.lambdarank_truncation_level}"
            )
            raise ValueError(message)


class Minimum(_Closed):
    """The fewest labelled rows, and rows of each class, to train on."""

    rows: int = Field(ge=2)
    per_class: int = Field(ge=1)


class CalibrationParameters(_Closed):
    """How scores become shares: by what, and the rows below which isotonic regression gives way to Platt's."""

    method: Literal["isotonic", "platt", "none"]
    isotonic_minimum_rows: int = Field(ge=2)


class LabelParameters(_Closed):
    """How labels are learned: whether one counts by its confidence instead of fully."""

    weigh_by_confidence: bool


class EvaluationParameters(_Closed):
    """How what was trained is judged.

    Attributes
    ----------
    cv_folds
        Folds by group.
    rolling_origins
        Of several dates: how often training stops and the time after it is tested.
    embargo_days
        Days between the last date learned from and the first tested, where the dates allow it; null for as many as
        leave no transfer on both sides, the longest window less one.
    bootstrap_resamples, interval_level
        Resamples of the bootstrap, and the share of them an interval holds.
    """

    cv_folds: int = Field(ge=2, le=100)
    rolling_origins: int = Field(ge=1, le=100)
    embargo_days: Annotated[int, Field(ge=0, le=3650)] | None
    bootstrap_resamples: int = Field(ge=1, le=100_000)
    interval_level: float = Field(gt=0, lt=1)


class SearchRange(_Closed):
    """The values of a parameter that tuning tries, both ends included; ``log`` tries magnitudes evenly."""

    low: float
    high: float
    log: bool

    @model_validator(mode="after")
    def _rise(self) -> Self:
        if not self.low < self.high or (self.log and self.low <= 0):
            message = f"low must lie below high, and above 0 where log; found {self.low:g} and {self.high:g}"
            raise ValueError(message)
        return self


class TuningParameters(_Closed):
    """How hyperparameters are searched for.

    Attributes
    ----------
    trials
        Trials per model, beside the configuration as it is.
    startup_trials
        Trials drawn evenly before the search learns from them.
    space
        By parameter, the values tried.
    """

    trials: int = Field(ge=1, le=100_000)
    startup_trials: int = Field(ge=1)
    space: Mapping[str, SearchRange] = Field(min_length=1)

    @model_validator(mode="after")
    def _are_numbers(self) -> Self:
        for name in self.space:
            field = TreeParameters.model_fields.get(name)
            if field is None or field.annotation not in {int, float, _Share, _Penalty}:
                message = f"'{name}' is no parameter of trees that is a number"
                raise ValueError(message)
        return self


class ModelConfig(_Closed):
    """Everything training depends on beside data and seed, and in ``provenance`` where the data comes from."""

    scorer: TreeParameters
    ranker: RankerParameters
    cluster: TreeParameters
    minimum_alerts: Minimum
    minimum_clusters: Minimum
    provenance: str
    labels: LabelParameters
    calibration: CalibrationParameters
    evaluation: EvaluationParameters
    tuning: TuningParameters


def load_model_config(path: Path | None = None) -> ModelConfig:
    """Read the training configuration.

    Parameters
    ----------
    path
        A YAML file with the values to change, or None for the ones that come with the package.

    Raises
    ------
    ConfigurationError
        If the file is missing or not YAML, or a name in it is unknown, or a value out of range.

    Examples
    --------
    >>> load_model_config().scorer.num_leaves
    31
    """
    values = _read(DEFAULT_CONFIG)
    if path is not None:
        values = _changed(values, _read(path))
    try:
        return ModelConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError(_message(path or DEFAULT_CONFIG, error)) from error


def _read(path: Path) -> Mapping[str, object]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not YAML: {error}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigurationError(
            f"{path}: expected names and values; found {type(document).__name__}."
        )
    return document


def _changed(values: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """Return the values with the changes put in, section by section."""
    merged = dict(values)
    for name, change in changes.items():
        old = merged.get(name)
        both = isinstance(old, Mapping) and isinstance(change, Mapping)
        merged[name] = _changed(old, change) if both else change  # type: ignore[arg-type]
    return merged


def _message(path: Path, error: ValidationError) -> str:
    unknown = unknown_name("parameter", error, ModelConfig, DEFAULT_CONFIG.name)
    if unknown:
        return f"{path}: {unknown}"
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "value_error":
        return f"{path}: '{place}': {first['ctx']['error']}."
    return f"{path}: '{place}': {first['msg']}; found {first['input']!r:.80}."
