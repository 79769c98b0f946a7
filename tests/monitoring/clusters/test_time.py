import pytest

from aml_miner.monitoring.clusters.cluster import Clustered
from aml_miner.monitoring.clusters.time import TimeBasedParameters, time_based
from aml_miner.monitoring.profile import load_profile
from tests.monitoring.clusters.alerted import alert_at, alerts_at
from tests.monitoring.graphs import Line, activity_of

PARAMETERS = load_profile().time_based
TOGETHER: list[Line] = [("a", "x", 5, 0), ("b", "y", 5, 0.2), ("c", "z", 5, 0.6)]


def found(lines: list[Line], **changed: float) -> list[list[int]]:
    activity = activity_of(*lines)
    parameters = TimeBasedParameters.model_validate(PARAMETERS.model_dump() | changed)
    alerts = alerts_at(activity, "a", "b", "c")
    return [list(cluster.members) for cluster in time_based(alerts, activity, parameters).clusters]


def test_alerts_that_begin_and_end_within_minutes_are_one_cluster() -> None:
    assert found(TOGETHER) == [[0, 1, 2]]


@pytest.mark.parametrize(
    ("lines", "changed", "why"),
    [
        ([*TOGETHER[:2], ("c", "z", 5, 0.8)], {}, "the last one began too late"),
        ([*TOGETHER, ("b", "y", 5, 9)], {}, "one went on for hours"),
        (TOGETHER, {"min_addresses": 4}, "three addresses are too few"),
        (TOGETHER, {"max_alerts": 2}, "a cluster of two is cut off, one is left"),
    ],
)
def test_no_cluster_when_one_thing_is_changed(
    lines: list[Line], changed: dict[str, float], why: str
) -> None:
    assert found(lines, **changed) == [], why


@pytest.mark.parametrize(("most", "cuts"), [(3, 0), (2, 1)])
def test_cuts_by_the_bound_are_counted(most: int, cuts: int) -> None:
    activity = activity_of(*TOGETHER)
    parameters = PARAMETERS.model_copy(update={"max_alerts": most})
    assert time_based(alerts_at(activity, "a", "b", "c"), activity, parameters).cut_off == cuts


def test_alerts_of_different_typologies_are_no_cluster() -> None:
    activity = activity_of(*TOGETHER)
    alerts = [alert_at(activity, name, place, name) for place, name in enumerate("abc")]
    assert time_based(alerts, activity, PARAMETERS) == Clustered([], 0)


def test_the_order_of_alerts_does_not_change_who_is_together() -> None:
    activity = activity_of(*TOGETHER)
    backward = alerts_at(activity, "c", "b", "a")
    (cluster,) = time_based(backward, activity, PARAMETERS).clusters
    assert list(cluster.members) == [0, 1, 2]
