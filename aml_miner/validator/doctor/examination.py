"""What one check found."""

from dataclasses import dataclass
from typing import Literal

type Status = Literal["pass", "warn", "fail", "skipped"]
type Section = Literal["environment", "models", "golden batch", "laws", "explaining", "container"]


@dataclass(frozen=True, slots=True)
class Examination:
    """One check, and what came out.

    Attributes
    ----------
    section, name
        Which check it is; both together are there once.
    status
        ``"fail"`` is the only one that makes the whole fail. ``"warn"`` is worth knowing, and ``"skipped"`` says in
        ``found`` why nothing was looked at.
    found
        What was found.
    remedy
        What to do about it; empty when there is nothing to do.
    """

    section: Section
    name: str
    status: Status
    found: str
    remedy: str = ""
