"""The base of every check of a profile."""

from abc import abstractmethod
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from aml_miner.validator.case import Case
from aml_miner.validator.finding import Finding


class Closed(BaseModel):
    """A part of a profile: frozen, and a misspelt name in it is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Check(Closed):
    """One check with its parameters.

    Attributes
    ----------
    title
        What a reader calls it.
    uses
        The parts of the evidence it looks at.
    share
        What it counts for within its tier; None for an equal share.
    from_day
        The first day, counted from the processing date, on which it earns anything.
    """

    title: ClassVar[str]
    uses: ClassVar[frozenset[str]] = frozenset()

    check: str
    share: float | None = Field(default=None, gt=0, le=1)
    from_day: int = Field(default=0, ge=0)

    @abstractmethod
    def find(self, case: Case) -> Finding:
        """Judge a case by this check."""
