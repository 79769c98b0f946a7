"""What a check found of a submission."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes
    ----------
    value
        0 to 1, higher is better; None when nothing could be measured, which earns nothing.
    detail
        What was found, in one sentence.
    coverage
        Share of the submitted alerts the value speaks of, 0 to 1, by which it is multiplied; None when what it is
        measured by was not given, so that nobody knows.
    remedy
        What to do about it; empty when there is nothing to do.
    assumed
        Whether the value is taken for granted, because what it needs is not in a results folder and is added later.
    numbers
        What the value is made of, by name.
    """

    value: float | None
    detail: str
    coverage: float | None = 1.0
    remedy: str = ""
    assumed: bool = False
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def earned(self) -> float:
        """Value times coverage, 0 where either is not known."""
        return (self.value or 0.0) * (self.coverage or 0.0)

    @property
    def ceiling(self) -> float:
        """What a perfect value would earn; where coverage is not known it counts in full."""
        return 1.0 if self.coverage is None else self.coverage

    @property
    def outcome(self) -> str:
        """The value as text: passed and failed stand at its ends."""
        if self.assumed:
            return "assumed"
        if self.value is None:
            return "not given" if self.coverage is None else "no value"
        return f"{self.value:.3f}"


@dataclass(frozen=True, slots=True)
class Caution:
    """Something a validator reports or punishes beside the numbers, or gets wrong itself.

    Attributes
    ----------
    name
        What it is called in JSON.
    sentence, remedy
        What was found, and what to do about it.
    """

    name: str
    sentence: str
    remedy: str


def met(*, holds: bool, detail: str, remedy: str) -> Finding:
    """Return the finding of a check that is either met or not."""
    return Finding(1.0, detail) if holds else Finding(0.0, detail, remedy=remedy)


def assumed(detail: str, remedy: str) -> Finding:
    """Return the finding of a check that is taken for granted until the submission is packaged."""
    return Finding(1.0, detail, remedy=remedy, assumed=True)


def not_given(detail: str, remedy: str) -> Finding:
    """Return the finding of a check that nothing was given to measure by."""
    return Finding(None, detail, coverage=None, remedy=remedy)


def without_value(detail: str, remedy: str) -> Finding:
    """Return the finding of a check that has no value for what was given, and so earns nothing."""
    return Finding(None, detail, coverage=0.0, remedy=remedy)
