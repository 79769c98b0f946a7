"""Clusters of alerts that share an address or a pattern."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.alerts import Alert
from aml_miner.monitoring.clusters.cluster import Cluster


def same_entity(alerts: Sequence[Alert], activity: Activity) -> Iterator[Cluster]:
    """Yield a cluster for every address with two alerts or more."""
    by_address: dict[int, list[int]] = defaultdict(list)
    for place, alert in enumerate(alerts):
        by_address[alert.finding.address].append(place)
    for address, members in by_address.items():
        if len(members) > 1:
            yield Cluster("same_entity", activity.addresses[address], members)


def same_pattern(alerts: Sequence[Alert]) -> Iterator[Cluster]:
    """Yield a cluster for every pattern that raised alerts."""
    by_pattern: dict[str, list[int]] = defaultdict(list)
    for place, alert in enumerate(alerts):
        if alert.pattern_id:
            by_pattern[alert.pattern_id].append(place)
    for pattern, members in by_pattern.items():
        yield Cluster("same_pattern", pattern, members)
