"""What a kind of laundering is here: a shape, how launderers do it, and who else does it."""

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from numpy.random import Generator

from aml_miner.simulation.schemes.sketch import Counts, Range, Sketch, Terms


class Shape(Protocol):
    """Something that draws sketches on its terms; a frozen dataclass with a field ``terms``."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def terms(self) -> Terms:
        """How much money moves and how quickly."""
        ...

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw one group's payments, with about `largest` members at most."""
        ...


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How often a group does the same again, and after how many hours."""

    times: Counts = (1, 1)
    every_hours: Range = (24.0, 24.0)


@dataclass(frozen=True, slots=True)
class Typology:
    """A kind of laundering and what it is mistaken for.

    Attributes
    ----------
    kind
        The ``pattern_type`` of the ground truth; a role there is the kind and the role in the group.
    laundering
        How launderers do it.
    lookalike, innocent
        What the innocent arrangement is, in a word or two, and how that is done.
    laundered_again, done_again
        How often the same group does it; innocent arrangements recur, as months and weeks do.
    """

    kind: str
    laundering: Shape
    lookalike: str
    innocent: Shape
    laundered_again: Recurrence = Recurrence()
    done_again: Recurrence = Recurrence()


WEEKLY = Recurrence((1, 8), (160.0, 176.0))
MONTHLY = Recurrence((1, 4), (690.0, 750.0))
NOW_AND_THEN = Recurrence((1, 3), (60.0, 500.0))
SELDOM = Recurrence((1, 2), (24.0, 300.0))
