import numpy as np
import polars as pl
import pytest

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.alerts import Alert
from aml_miner.monitoring.clusters.network import (
    RelatedNetworkParameters,
    join_capped,
    related_network,
)
from aml_miner.monitoring.profile import load_profile
from tests.monitoring.clusters.alerted import alerts_at
from tests.monitoring.graphs import Line, activity_of

PARAMETERS = load_profile().related_network


def members(activity: Activity, alerts: list[Alert], **changed: int) -> list[list[str]]:
    """Addresses of each cluster's alerts."""
    parameters = RelatedNetworkParameters.model_validate(PARAMETERS.model_dump() | changed)
    found = related_network(alerts, activity, parameters)
    return [
        [activity.addresses[alerts[m].finding.address] for m in cluster.members]
        for cluster in found.clusters
    ]


def test_alerts_on_both_ends_of_a_flow_are_one_cluster() -> None:
    activity = activity_of(("a", "b", 10, 0), ("c", "d", 10, 1))
    assert members(activity, alerts_at(activity, "a", "b", "b", "c")) == [["a", "b", "b"]]


@pytest.mark.parametrize(
    ("lines", "changed", "expected"),
    [
        ([("a", "m", 10, 0), ("m", "b", 10, 1)], {}, [["a", "b"]]),
        ([("a", "m", 10, 0), ("m", "b", 10, 1)], {"max_hops": 1}, []),
        ([("a", "m", 9, 0), ("m", "b", 9, 1), ("m", "x", 9, 2)], {"max_middle_degree": 2}, []),
        ([("a", "m", 9, 0), ("m", "n", 9, 1), ("n", "b", 9, 2)], {}, []),
    ],
    ids=["one between", "one too many hops", "a hub between", "two between"],
)
def test_an_address_between_joins_when_it_is_no_hub(
    lines: list[Line], changed: dict[str, int], expected: list[list[str]]
) -> None:
    activity = activity_of(*lines)
    assert members(activity, alerts_at(activity, "a", "b"), **changed) == expected


def test_of_more_than_fit_the_strongest_flows_join() -> None:
    activity = activity_of(("a", "b", 10, 0), ("b", "c", 90, 1), ("c", "d", 20, 2))
    alerts = alerts_at(activity, "a", "b", "c", "d")
    assert members(activity, alerts, max_addresses=3) == [["b", "c", "d"]]
    assert members(activity, alerts, max_addresses=2) == [["b", "c"]]


@pytest.mark.parametrize(("most", "left_out"), [(4, 0), (3, 1), (2, 2)])
def test_joints_left_out_by_the_bound_are_counted(most: int, left_out: int) -> None:
    activity = activity_of(("a", "b", 10, 0), ("b", "c", 90, 1), ("c", "d", 20, 2))
    parameters = PARAMETERS.model_copy(update={"max_addresses": most})
    alerts = alerts_at(activity, "a", "b", "c", "d")
    assert related_network(alerts, activity, parameters).cut_off == left_out


def test_a_direct_flow_joins_before_a_larger_one_through_another_address() -> None:
    activity = activity_of(("a", "b", 1, 0), ("b", "m", 500, 1), ("m", "c", 500, 2))
    alerts = alerts_at(activity, "a", "b", "c")
    assert members(activity, alerts, max_addresses=2) == [["a", "b"]]


def test_alerts_of_one_address_are_no_network() -> None:
    activity = activity_of(("a", "b", 10, 0))
    assert members(activity, alerts_at(activity, "a", "a")) == []
    assert members(activity, []) == []


def test_the_compiled_joining_equals_the_one_in_python() -> None:
    generator = np.random.Generator(np.random.PCG64(7))
    one, other = generator.integers(0, 40, (2, 60))
    for most in (2, 5, 40):
        compiled = join_capped(one, other, 40, most)
        assert compiled.tolist() == join_capped.py_func(one, other, 40, most).tolist()
        assert pl.Series(compiled).value_counts()["count"].max() <= most
