"""The rules of a validator as of a date, read from a YAML file."""

import math
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from aml_miner.config.unknown_names import unknown_name
from aml_miner.errors import ConfigurationError
from aml_miner.utils.near_miss import near_miss
from aml_miner.validator import suspicions
from aml_miner.validator.behaviour import (
    AddressConsistency,
    DayToDayConsistency,
    RankCorrelation,
    ScoreEntropy,
)
from aml_miner.validator.check import Check, Closed
from aml_miner.validator.ensemble import EnsembleParameters
from aml_miner.validator.evolution import Evolution
from aml_miner.validator.faults import Fault
from aml_miner.validator.integrity import (
    Cardinality,
    EveryAlertScored,
    NoRepeatedAlert,
    Provenance,
    RequiredColumns,
    ScoresHash,
    ScoresInRange,
    ScoreSpread,
    Signature,
)
from aml_miner.validator.labels import AddressLabels
from aml_miner.validator.outcomes import OutcomeAuc, OutcomeBrier, OutcomeNdcg, Traps
from aml_miner.validator.ranking import BaselineAgreement, KnownRiskFirst

_FOLDER = files("aml_miner.validator") / "profiles"

AnyCheck = Annotated[
    EveryAlertScored
    | ScoresInRange
    | NoRepeatedAlert
    | Provenance
    | RequiredColumns
    | ScoreSpread
    | ScoresHash
    | Signature
    | Cardinality
    | ScoreEntropy
    | RankCorrelation
    | DayToDayConsistency
    | AddressConsistency
    | AddressLabels
    | Evolution
    | Traps
    | OutcomeAuc
    | OutcomeBrier
    | OutcomeNdcg
    | KnownRiskFirst
    | BaselineAgreement,
    Field(discriminator="check"),
]
"""Every check there is; a profile names it by its ``check``."""


class FlatReward(Closed):
    """A reward that does not look at the scores, on the days before one."""

    reward: float = Field(ge=0, le=1)
    before_day: int = Field(ge=1)


class Tier(Closed):
    """Checks that are summed by their shares.

    Attributes
    ----------
    gate
        Whether any check that fails makes the reward 0.
    weight
        What the tier counts for in the reward.
    warn_below
        A value below which it is reported, and nothing more.
    """

    name: str
    title: str
    weight: float = Field(ge=0, le=1)
    gate: bool = False
    warn_below: float | None = Field(default=None, ge=0, le=1)
    checks: tuple[AnyCheck, ...] = Field(min_length=1)

    def shares(self) -> tuple[float, ...]:
        """Return what each check counts for; they add up to 1."""
        equal = 1.0 / len(self.checks)
        return tuple(equal if check.share is None else check.share for check in self.checks)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = math.fsum(self.shares())
        if not math.isclose(total, 1.0):
            message = f"{self.name}: shares must add up to 1; found {total:g}"
            raise ValueError(message)
        return self


class Profile(Closed):
    """Everything a validator of a date judges by.

    Attributes
    ----------
    dated
        Year and month it was published.
    flat_reward
        None when every day looks at the scores.
    what_if_days
        Days, counted from the processing date, whose reward is foretold beside today's.
    requirements
        Checks that are reported and not paid.
    known_faults
        Faults of the published code.
    """

    name: str
    dated: str = Field(pattern=r"^\d{4}-\d{2}$")
    about: str
    flat_reward: FlatReward | None
    what_if_days: tuple[Annotated[int, Field(ge=0)], ...]
    tiers: tuple[Tier, ...] = Field(min_length=1)
    requirements: tuple[AnyCheck, ...]
    known_faults: tuple[Fault, ...]
    warnings: suspicions.WarningBounds
    ensemble: EnsembleParameters

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every check, paid or not."""
        return (*(check for tier in self.tiers for check in tier.checks), *self.requirements)

    @property
    def uses(self) -> frozenset[str]:
        """The parts of the evidence these rules look at."""
        return suspicions.USES.union(*(check.uses for check in self.checks))

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        total = math.fsum(tier.weight for tier in self.tiers)
        if not math.isclose(total, 1.0):
            message = f"weights of the tiers must add up to 1; found {total:g}"
            raise ValueError(message)
        twice = [name for name, n in Counter(check.check for check in self.checks).items() if n > 1]
        if twice:
            message = f"a check may stand once; found {twice[0]} more often"
            raise ValueError(message)
        return self


def profile_names() -> list[str]:
    """Return the names of the profiles that come with the package, sorted."""
    names = (entry.name for entry in _FOLDER.iterdir())
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


def load_profile(name: str) -> Profile:
    """Load a profile of the package by its name, or one of one's own by its file's path (``….yaml``).

    Raises
    ------
    ConfigurationError
        If there is none of that name, it is not YAML, or it has an unknown or impossible part.

    Examples
    --------
    >>> load_profile("risk-assessment-2025-11").flat_reward
    FlatReward(reward=0.1, before_day=29)
    """
    if name.endswith((".yaml", ".yml")):
        return _read_profile(Path(name))
    known = profile_names()
    if name not in known:
        hint = near_miss(name, known) or "."
        message = (
            f"profile '{name}': there is none of that name; there are {', '.join(known)}{hint}"
        )
        raise ConfigurationError(message)
    return parse_profile((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), f"{name}.yaml")


def _read_profile(path: Path) -> Profile:
    try:
        return parse_profile(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: the validator profile cannot be read: {error}"
        raise ConfigurationError(message) from error


def parse_profile(text: str, name: str) -> Profile:
    """Parse a profile; `name` is what messages call it.

    Raises
    ------
    ConfigurationError
        If it is not YAML, or has an unknown or impossible part.
    """
    try:
        return Profile.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        message = f"{name}: not valid YAML: {error}"
        raise ConfigurationError(message) from error
    except ValidationError as error:
        unknown = unknown_name("parameter", error, Profile, f"{profile_names()[0]}.yaml")
        if unknown:
            raise ConfigurationError(f"{name}: {unknown}") from error
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the document"
        message = f"{name}: {place}: {first['msg']} ({error.error_count()} problem(s) in all)."
        raise ConfigurationError(message) from error
