"""Patterns among transfers, one file per kind; `detect_patterns` runs them all."""

from dataclasses import dataclass

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.patterns.cycle import detect_cycles
from aml_miner.monitoring.patterns.fan import detect_fan_in, detect_fan_out
from aml_miner.monitoring.patterns.pattern import Pattern
from aml_miner.monitoring.profile import MonitoringProfile

__all__ = ["FoundPatterns", "Pattern", "detect_patterns"]


@dataclass(frozen=True, slots=True)
class FoundPatterns:
    """All patterns of a window, and what a bound kept from being found."""

    patterns: tuple[Pattern, ...]
    cycle_searches_cut_off: int


def detect_patterns(activity: Activity, profile: MonitoringProfile) -> FoundPatterns:
    """Run every detector: fan-in, fan-out, cycle."""
    cycles = detect_cycles(activity, profile.cycle)
    fans = [*detect_fan_in(activity, profile.fan), *detect_fan_out(activity, profile.fan)]
    return FoundPatterns((*fans, *cycles.patterns), cycles.cut_off)
