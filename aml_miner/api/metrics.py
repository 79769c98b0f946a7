"""What Prometheus is told. One process counts for all workers, so that the figures are right however many there are."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import HistogramMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from aml_miner.api.wire import Facts, Route

_SECONDS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_SHARES: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0)
_KINDS: Final[dict[Route, str]] = {
    "score_alerts": "alert",
    "rank_alerts": "ranked_alert",
    "score_clusters": "cluster",
}


class Metrics:
    """Counts of one server.

    Parameters
    ----------
    queue_depth, workers_ready
        Asked when the figures are.
    model_versions
        By kind; asked when the figures are.
    """

    def __init__(
        self,
        queue_depth: Callable[[], int],
        workers_ready: Callable[[], int],
        model_versions: Callable[[], Mapping[str, str]],
    ) -> None:
        self._registry = CollectorRegistry()
        self._requests = self._counter("requests", "Requests answered.", "route", "code")
        self._seconds = Histogram(
            "aml_miner_request_seconds",
            "From the first byte of a request to the last of its reply.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._rows = self._counter("rows_scored", "Alerts and clusters scored.", "kind")
        self._rejected = self._counter("rejected", "Requests refused.", "reason")
        self._unknown = self._counter(
            "unknown_categories", "Values training never saw.", "model", "column"
        )
        self._missing = Histogram(
            "aml_miner_missing_feature_ratio",
            "Share of unknown values among those sent of addresses, by request.",
            buckets=_SHARES,
            registry=self._registry,
        )
        self.in_flight = self._gauge("requests_in_flight", "Requests being answered.")
        self._gauge("queue_depth", "Requests no worker has begun.").set_function(queue_depth)
        self._gauge("workers_ready", "Scoring processes that hold the models.").set_function(
            workers_ready
        )
        self._scores = {kind: _Bins(f"aml_miner_{kind}_score") for kind in ("alert", "cluster")}
        for bins in self._scores.values():
            self._registry.register(bins)
        self._registry.register(_Models(model_versions))

    def count_request(self, route: str, code: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._requests.labels(route, str(code)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_rejected(self, reason: str) -> None:
        """Count a request that was refused, or given up by its client."""
        self._rejected.labels(reason).inc()

    def count_answer(self, route: Route, facts: Facts) -> None:
        """Count what a worker says of an answer."""
        kind = _KINDS[route]
        self._rows.labels(kind).inc(facts.rows)
        if kind in self._scores:
            self._scores[kind].add(facts.score_bins)
        if facts.missing_ratio is not None:
            self._missing.observe(facts.missing_ratio)
        for column, count in facts.unknown_categories.items():
            self._unknown.labels(kind, column).inc(count)

    def exposition(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self._registry)

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(f"aml_miner_{name}", words, labels, registry=self._registry)

    def _gauge(self, name: str, words: str) -> Gauge:
        return Gauge(f"aml_miner_{name}", words, registry=self._registry)


class _Bins(Collector):
    """A histogram of scores, counted in tenths by the workers: to observe each would take longer than to score it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._counts = [0] * 10

    def add(self, counts: tuple[int, ...]) -> None:
        for place, count in enumerate(counts):
            self._counts[place] += count

    def collect(self) -> Iterator[Metric]:
        below = [sum(self._counts[: place + 1]) for place in range(len(self._counts))]
        buckets = [(str((place + 1) / 10), count) for place, count in enumerate(below)]
        family = HistogramMetricFamily(self._name, "Scores, by tenths.")
        middle = sum((place + 0.5) / 10 * count for place, count in enumerate(self._counts))
        family.add_metric([], [*buckets, ("+Inf", below[-1])], sum_value=middle)
        yield family


class _Models(Collector):
    """Which models answer."""

    def __init__(self, versions: Callable[[], Mapping[str, str]]) -> None:
        self._versions = versions

    def collect(self) -> Iterator[Metric]:
        family = InfoMetricFamily("aml_miner_model", "The models that answer.", labels=["kind"])
        for kind, version in self._versions().items():
            family.add_metric([kind], {"version": version})
        yield family
