"""Clusters of alerts of one typology whose transfers began and ended together."""

from collections.abc import Iterator, Sequence

from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.alerts import Alert
from aml_miner.monitoring.clusters.cluster import Cluster, Clustered
from aml_miner.monitoring.parameters import Parameters

_MS_PER_MINUTE = 60_000


class TimeBasedParameters(Parameters):
    """Bounds of clusters of alerts close in time."""

    max_gap_minutes: float = Field(gt=0)
    min_addresses: int = Field(ge=2)
    max_alerts: int = Field(ge=2)


def time_based(
    alerts: Sequence[Alert], activity: Activity, parameters: TimeBasedParameters
) -> Clustered:
    """Find clusters of alerts of one typology whose evidence begins, and ends, within minutes of each other.

    Sorted by typology and the first transfer, an alert belongs to the cluster of the one before it when its first and
    its last transfer each lie within ``max_gap_minutes`` of that one's; a cluster is cut at ``max_alerts``, and the
    cuts are counted. Clusters of fewer than ``min_addresses`` addresses, or all of one pattern, say nothing new and are
    left out.
    """
    times = activity.timestamp
    spans = [
        (alert.finding.typology, int(times[t[0]]), int(times[t[-1]]), place)
        for place, alert in enumerate(alerts)
        for t in (alert.finding.transfers,)
    ]
    runs: list[list[tuple[str, int, int, int]]] = []
    cuts = 0
    for span in sorted(spans):
        follows = bool(runs) and _follows(runs[-1][-1], span, parameters)
        full = follows and len(runs[-1]) == parameters.max_alerts
        cuts += full
        if follows and not full:
            runs[-1].append(span)
        else:
            runs.append([span])
    return Clustered(
        [cluster for run in runs for cluster in _cluster(run, alerts, parameters)], cuts
    )


def _follows(
    before: tuple[str, int, int, int],
    span: tuple[str, int, int, int],
    parameters: TimeBasedParameters,
) -> bool:
    gap = parameters.max_gap_minutes * _MS_PER_MINUTE
    return before[0] == span[0] and span[1] - before[1] <= gap and abs(span[2] - before[2]) <= gap


def _cluster(
    run: Sequence[tuple[str, int, int, int]],
    alerts: Sequence[Alert],
    parameters: TimeBasedParameters,
) -> Iterator[Cluster]:
    members = sorted(place for *_, place in run)
    addresses = {alerts[member].finding.address for member in members}
    patterns = {alerts[member].pattern_id or str(member) for member in members}
    if len(addresses) >= parameters.min_addresses and len(patterns) > 1:
        yield Cluster(
            "time_based", "\n".join(alerts[member].alert_id for member in members), members
        )
