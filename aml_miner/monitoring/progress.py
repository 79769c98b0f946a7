"""How monitoring says what it is doing."""

from collections.abc import Callable

type Progress = Callable[[str], None]
"""Told the name of each stage as it begins."""


def silent(stage: str) -> None:
    """Say nothing."""
    del stage
