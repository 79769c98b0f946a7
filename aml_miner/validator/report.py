"""What a judging found, tier by tier, and what it is worth on which day."""

import math
from dataclasses import asdict, dataclass
from typing import Literal

from aml_miner.validator.finding import Caution, Finding


@dataclass(frozen=True, slots=True)
class Judged:
    """A check's finding, with what the check is called and counts for."""

    check: str
    title: str
    share: float
    from_day: int
    finding: Finding

    def counts(self, day: int | None) -> bool:
        """Whether it earns anything on a day; None stands for the end of all days."""
        return day is None or day >= self.from_day


@dataclass(frozen=True, slots=True)
class TierReport:
    """The checks of a tier, in the order of the profile."""

    name: str
    title: str
    gate: bool
    weight: float
    checks: tuple[Judged, ...]

    def score(self, day: int | None = None) -> float:
        """Return the sum of what its checks earn on a day, by their shares."""
        return math.fsum(c.share * c.finding.earned for c in self.checks if c.counts(day))

    def ceiling(self, day: int | None = None) -> float:
        """Return what perfect values would earn on a day with the coverage as it is."""
        return math.fsum(c.share * c.finding.ceiling for c in self.checks if c.counts(day))


@dataclass(frozen=True, slots=True)
class Reward:
    """The reward on a day, counted from the processing date, and why.

    Attributes
    ----------
    reward
        0 to 1. What was not given to judge by earns nothing.
    ceiling
        What perfect values would earn with the coverage as it is; where coverage is not known it counts in full.
    """

    day: int
    reward: float
    ceiling: float
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a judging found.

    Attributes
    ----------
    alerts
        How many alerts were judged.
    status
        Rejected when a gate was missed.
    today
        Days from the processing date to the day asked for.
    unused
        Evidence that was given and that these rules do not look at.
    rewards
        That of today and of the days the profile foretells, by day.
    """

    profile: str
    dated: str
    batch_id: str
    submission: str
    alerts: int
    status: Literal["accepted", "rejected"]
    today: int
    unused: tuple[str, ...]
    tiers: tuple[TierReport, ...]
    requirements: tuple[Judged, ...]
    rewards: tuple[Reward, ...]
    cautions: tuple[Caution, ...]

    @property
    def reward(self) -> float:
        """The reward of today."""
        return next(one.reward for one in self.rewards if one.day == self.today)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What was taken for granted: the names of checks on what is only added when the results are packaged."""
        return tuple(
            judged.check for tier in self.tiers for judged in tier.checks if judged.finding.assumed
        )

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain values, for JSON."""
        return {
            "profile": self.profile,
            "dated": self.dated,
            "batch_id": self.batch_id,
            "submission": self.submission,
            "alerts": self.alerts,
            "status": self.status,
            "today": self.today,
            "reward": self.reward,
            "assumptions": self.assumptions,
            "unused": self.unused,
            "tiers": [
                {
                    "name": tier.name,
                    "title": tier.title,
                    "gate": tier.gate,
                    "weight": tier.weight,
                    "score": tier.score(),
                    "ceiling": tier.ceiling(),
                    "checks": [_plain(judged) for judged in tier.checks],
                }
                for tier in self.tiers
            ],
            "requirements": [_plain(judged) for judged in self.requirements],
            "what_if": [asdict(reward) for reward in self.rewards],
            "warnings": [asdict(caution) for caution in self.cautions],
        }


def _plain(judged: Judged) -> dict[str, object]:
    said = {name: value for name, value in asdict(judged).items() if name != "finding"}
    return said | asdict(judged.finding) | {"earned": judged.finding.earned}
