"""Speed is told beside LightGBM's in the same run, and is never a failure."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from aml_miner.batch.batch import Batch
from aml_miner.models import Models
from aml_miner.models.contributions import BoosterExplainer
from aml_miner.validator.doctor import explaining, limits
from aml_miner.validator.doctor.explaining import examine_explaining
from aml_miner.validator.doctor.limits import ExplainingLimits, load_limits


def clock_of(ours: float, theirs: float) -> Callable[[], float]:
    """A clock by which each of three rounds of tables, and then of LightGBM, takes so long."""
    steps = iter(np.repeat([ours, theirs], 3).tolist())
    now, begun = 0.0, False

    def clock() -> float:
        nonlocal now, begun
        now += next(steps) if begun else 0.0
        begun = not begun
        return now

    return clock


@pytest.mark.parametrize(
    ("ours", "theirs", "status", "told"),
    [
        (0.01, 0.5, "pass", "50 times as fast as LightGBM's own contributions on 200 rows"),
        (0.25, 1.25, "pass", "5 times as fast as LightGBM's own contributions on 200 rows"),
        (
            0.5,
            1.0,
            "warn",
            "2 times as fast as LightGBM's own contributions on 200 rows, expected 5",
        ),
    ],
)
def test_speed_is_times_lightgbms(
    small: Models, odd_batch: Batch, ours: float, theirs: float, status: str, told: str
) -> None:
    first = next(examine_explaining([small.alert_scorer], odd_batch, clock_of(ours, theirs)))
    assert (first.status, first.found) == (status, told)


def test_memory_of_tables_is_told(small: Models, odd_batch: Batch) -> None:
    _, memory = examine_explaining([small.cluster_scorer], odd_batch)
    assert (memory.name, memory.status) == ("cluster_scorer memory", "pass")
    assert (
        "MB of tables, as much again where rows come alone, 0 groups of leaves without"
        in memory.found
    )


def test_large_tables_are_a_warning(
    small: Models, odd_batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight = load_limits().model_copy(
        update={"explaining": ExplainingLimits(least_times_lightgbm=1, table_megabytes=1e-9)}
    )
    monkeypatch.setattr(explaining, "load_limits", lambda: tight)
    _, memory = examine_explaining([small.alert_scorer], odd_batch)
    assert memory.status == "warn"
    assert "at most 1e-09 MB expected" in memory.found


def test_a_batch_without_rows_is_measured_on_unknown_ones(small: Models, odd_batch: Batch) -> None:
    nothing = replace(odd_batch, alerts=odd_batch.alerts.clear())
    assert explaining._matrix(small.alert_scorer, nothing).shape[0] == 200


def test_nothing_is_measured_without_the_compiler(small: Models, odd_batch: Batch) -> None:
    own = small.alert_scorer
    slow = replace(own, explainer=BoosterExplainer(own.text))
    assert [each.status for each in examine_explaining([slow], odd_batch)] == ["skipped"]


def test_limits_are_dated() -> None:
    assert limits.load_limits().dated >= "2026-11"
