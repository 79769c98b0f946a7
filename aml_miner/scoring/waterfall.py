"""A waterfall: how the raw score comes from the base value, feature by feature."""

from dataclasses import dataclass
from typing import Final

from aml_miner.scoring.explained import Explanation

OTHERS: Final = "all other features"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a waterfall.

    Attributes
    ----------
    words
        What it stands for.
    contribution
        How far it leads, in units of the raw score.
    start, end
        Where it begins and ends.
    """

    words: str
    contribution: float
    start: float
    end: float

    @property
    def raises(self) -> bool:
        """Whether it raises the score; a step of 0 counts as raising."""
        return self.contribution >= 0.0


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The way from the base value to the raw score.

    Attributes
    ----------
    steps
        The reasons in their order, and then all other features.
    low, high
        The smallest and largest value on the way.
    """

    base_value: float
    raw_score: float
    steps: tuple[Step, ...]
    low: float
    high: float

    def share(self, value: float) -> float:
        """Return where a value lies between ``low`` and ``high``, 0 to 1.

        Examples
        --------
        >>> Waterfall(1.0, 2.0, (), 1.0, 2.0).share(1.25)
        0.25
        """
        width = self.high - self.low
        return (value - self.low) / width if width else 0.5


def waterfall_of(explanation: Explanation) -> Waterfall:
    """Return the waterfall of an explanation; its last step ends at the raw score."""
    told = [(reason.reason, reason.contribution) for reason in explanation.reasons]
    at, steps = explanation.base_value, []
    for words, contribution in [*told, (OTHERS, explanation.other)]:
        steps.append(Step(words, contribution, at, round(at + contribution, 9)))
        at = steps[-1].end
    passed = [explanation.base_value, *(step.end for step in steps)]
    return Waterfall(
        explanation.base_value, explanation.raw_score, tuple(steps), min(passed), max(passed)
    )


def signed(value: float) -> str:
    """Write a contribution: with its sign, to three decimals.

    Examples
    --------
    >>> signed(1.25), signed(-0.5), signed(0.00004)
    ('+1.250', '−0.500', '+0.000')
    """
    return f"{value:+.3f}".replace("-", "−")
