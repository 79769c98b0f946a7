"""What a rule on single addresses finds in hand-drawn transfers."""

from collections.abc import Callable, Iterable

import polars as pl

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import build_address_features
from aml_miner.monitoring.typologies.finding import Finding
from tests.monitoring.graphs import Line, activity_of

type Rule = Callable[[Activity, pl.DataFrame], Iterable[Finding]]


def findings(rule: Rule, *lines: Line) -> list[Finding]:
    activity = activity_of(*lines)
    return list(rule(activity, build_address_features(activity)))
