"""Patterns drawn by hand, and how a test reads what was found of them."""

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.patterns.pattern import Pattern
from tests.monitoring.graphs import Line

SQUARE: list[Line] = [("a", "b", 100, 0), ("b", "c", 99, 1), ("c", "d", 98, 2), ("d", "a", 97, 3)]
FAN_IN: list[Line] = [(f"s{i}", "hub", 50 + i, i) for i in range(6)]


def names_of(pattern: Pattern, activity: Activity) -> list[str]:
    """The addresses of a pattern by name, in their order."""
    return [activity.addresses[a] for a in pattern.addresses]
