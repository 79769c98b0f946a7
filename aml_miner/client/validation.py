"""A running server held against the library: every route, to the bit, a hundred times, and how fast it is.

The seed of this project asks for a script that calls every endpoint with a sample batch, verifies the answers, checks
determinism and measures; this is it. The sample is the golden batch of the package.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

import httpx
import polars as pl

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.client.calls import Form, Patience
from aml_miner.client.client import AmlMinerClient
from aml_miner.client.routes import ERROR_SHAPE, Outcome, Routes
from aml_miner.errors import AmlMinerError, InvalidBatchError
from aml_miner.models import Models
from aml_miner.scoring import rank_alerts, score_alerts, score_clusters
from aml_miner.scoring.golden import golden_batch
from aml_miner.utils.percentiles import percentile

_FORMS: Final[tuple[Form, ...]] = ("json", "arrow", "parquet")
_MANY: Final = 1_000
_MOST_MS_AN_ALERT: Final = 1.0
"""What the seed asks for: under a millisecond an alert, and so a thousand alerts a second."""

type _Route = Literal["score_alerts", "rank_alerts", "score_clusters"]
_COLUMNS: Final[Mapping[_Route, tuple[str, ...]]] = {
    "score_alerts": ("alert_id", "score", "model_version", "explain_json"),
    "rank_alerts": ("alert_id", "rank", "score", "model_version"),
    "score_clusters": ("cluster_id", "score", "model_version", "explain_json"),
}
"""What a reply must have and the library has too; beside it there is the time it took."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what, whether it holds, and what was found."""

    name: str
    passed: bool
    found: str


@dataclass(frozen=True, slots=True)
class ApiReport:
    """What came out of holding a server against the library.

    Attributes
    ----------
    milliseconds
        Of requests with one alert, by percentile, and of an alert among 1 000.
    """

    url: str
    checks: tuple[Check, ...]
    milliseconds: Mapping[str, float]

    @property
    def passed(self) -> bool:
        """Whether everything holds."""
        return all(check.passed for check in self.checks)

    def to_markdown(self) -> str:
        """Return the report for a person to read."""
        holds = sum(check.passed for check in self.checks)
        lines = [
            f"# {self.url}",
            "",
            f"{holds} of {len(self.checks)} checks hold.",
            "",
            "| check | holds | found |",
            "|---|---|---|",
            *(f"| {c.name} | {'yes' if c.passed else '**no**'} | {c.found} |" for c in self.checks),
            "",
            "| milliseconds | |",
            "|---|---|",
            *(f"| {name} | {value:.3f} |" for name, value in self.milliseconds.items()),
        ]
        return "\n".join(lines) + "\n"


def validate_api(
    url: str, models: Models, *, token: str | None = None, calls: int = 100
) -> ApiReport:
    """Hold a server against the library.

    Parameters
    ----------
    url, token
        Where the server is, and what it asks for.
    models
        The models it should hold.
    calls
        How often the same is asked, to see that it is answered the same.

    Returns
    -------
    ApiReport
        Every check, also when some do not hold: a server that is not reached fails all of them.
    """
    clients = {
        form: AmlMinerClient(url, token=token, form=form, patience=Patience(tries=3))
        for form in _FORMS
    }
    try:
        validation = _Validation(url, token, clients, models, calls)
        return ApiReport(url, tuple(validation.checks()), validation.milliseconds)
    finally:
        for client in clients.values():
            client.close()


class _Validation:
    """The checks of one server; what they measure on the way is kept."""

    def __init__(
        self,
        url: str,
        token: str | None,
        clients: Mapping[Form, AmlMinerClient],
        models: Models,
        calls: int,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._plain: Callable[[], httpx.Client] = lambda: httpx.Client(
            base_url=url, headers=headers, timeout=30.0
        )
        self._clients = clients
        self._models = models
        self._calls = calls
        self._batch = golden_batch()
        self.milliseconds: dict[str, float] = {}

    def checks(self) -> Iterator[Check]:
        """Look at everything, one after the other."""
        with self._plain() as plain:
            for name, at in Routes(plain).looks():
                yield _look(name, at)
        yield _look("GET /version names these models", self._versions)
        for route in _COLUMNS:
            for form in _FORMS:
                name = f"{route} in {form} has the library's bits"
                yield _look(name, partial(self._agrees, route, form))
        yield _look("each alert alone scores as among the others", self._alone)
        yield _look(f"{self._calls} calls have the same bits", self._repeats)
        for name, request in _WRONG.items():
            yield _look(f"{name} is refused in the one shape", partial(self._refuses, *request))
        yield _look("stored results agree with each other", self._stored)
        yield _look("an alert among 1,000 takes under 1 ms", self._many)

    def _versions(self) -> Outcome:
        told = self._clients["json"].get("version")
        held = (self._models.alert_scorer, self._models.alert_ranker, self._models.cluster_scorer)
        differ = [m.kind for m in held if told.get(f"{m.kind}_version") != m.version]
        return not differ, "equal" if not differ else f"other {', '.join(differ)}"

    def _agrees(self, route: _Route, form: Form) -> Outcome:
        asked = getattr(self._clients[form], route)(self._batch)
        return _compare(asked, self._expected(route))

    def _expected(self, route: _Route) -> pl.DataFrame:
        if route == "rank_alerts":
            table = rank_alerts(self._batch, self._models.alert_ranker).sort("rank")
        elif route == "score_alerts":
            table = score_alerts(self._batch, self._models.alert_scorer)
        else:
            table = score_clusters(self._batch, self._models.cluster_scorer)
        return table.select(_COLUMNS[route])

    def _alone(self) -> Outcome:
        parts = [
            self._score(_of_alerts(self._batch, place, 1))
            for place in range(self._batch.alerts.height)
        ]
        return _compare(pl.concat(parts), self._expected("score_alerts"))

    def _repeats(self) -> Outcome:
        one = _of_alerts(self._batch, 0, 1)
        taken: list[float] = []
        seen: set[tuple[float, str]] = set()
        for _ in range(self._calls):
            began = time.perf_counter()
            scored = self._score(one)
            taken.append((time.perf_counter() - began) * 1000.0)
            seen.add(scored.select("score", "explain_json").row(0))
        for percent in (50, 90, 99):
            self.milliseconds[f"one alert, p{percent}"] = percentile(taken, percent)
        return len(seen) == 1, "equal" if len(seen) == 1 else f"{len(seen)} different"

    def _many(self) -> Outcome:
        batch = _of_alerts(self._batch, 0, _MANY)
        self._score(batch)
        began = time.perf_counter()
        self._score(batch)
        each = (time.perf_counter() - began) * 1000.0 / _MANY
        self.milliseconds["an alert among 1,000, in Arrow"] = each
        return each < _MOST_MS_AN_ALERT, f"{each:.3f} ms, {1000.0 / each:,.0f} alerts a second"

    def _score(self, batch: Batch) -> pl.DataFrame:
        return self._clients["arrow"].score_alerts(batch)

    def _refuses(self, code: int, content: bytes, content_type: str) -> Outcome:
        with self._plain() as plain:
            reply = plain.post(
                "/score/alerts", content=content, headers={"Content-Type": content_type}
            )
        told = reply.json()
        return (reply.status_code, set(told)) == (
            code,
            ERROR_SHAPE,
        ), f"{reply.status_code} {told.get('error')}"

    def _stored(self) -> Outcome:
        """Hold the newest stored results against each other: whether the models gave them cannot be seen from here."""
        client = self._clients["json"]
        count = client.get("dates/available")["total_count"]
        if not count:
            return True, "none are stored: nothing was compared"
        try:
            scored, ranked = client.stored("scores/alerts"), client.stored("rankings/alerts")
        except InvalidBatchError:
            return True, "several are stored of the newest date: nothing was compared"
        return _agree(scored, ranked)


_WRONG: Final[Mapping[str, tuple[int, bytes, str]]] = {
    "a body that is no JSON": (422, b"{", "application/json"),
    "a row without its key": (422, b'{"alerts": [{}]}', "application/json"),
    "a form": (415, b"a=b", "application/x-www-form-urlencoded"),
}


def _look(name: str, at: Callable[[], Outcome]) -> Check:
    """Look at one thing; a server that does not answer, or not so that it can be read, fails it."""
    try:
        passed, found = at()
    except (
        AmlMinerError,
        httpx.HTTPError,
        ValueError,
        KeyError,
        pl.exceptions.PolarsError,
    ) as error:
        return Check(name, passed=False, found=f"{type(error).__name__}: {error}")
    return Check(name, passed, found)


def _compare(asked: pl.DataFrame, expected: pl.DataFrame) -> Outcome:
    """Compare every expected column, value by value; floats by their bits."""
    lacking = [name for name in expected.columns if name not in asked.columns]
    if lacking:
        return False, f"no {', '.join(lacking)}"
    if asked.height != expected.height:
        return False, f"{asked.height} rows instead of {expected.height}"
    differ = [n for n in expected.columns if asked[n].to_list() != expected[n].to_list()]
    return not differ, f"{asked.height} rows equal" if not differ else f"other {', '.join(differ)}"


def _agree(scored: Mapping[str, Any], ranked: Mapping[str, Any]) -> Outcome:
    """Compare the stored scores and ranks of a date: the same alerts, each score possible, each rank once."""
    scores, ranks = scored["scores"], ranked["rankings"]
    holds = (
        len(scores) == scored["total_alerts"]
        and all(0.0 <= row["score"] <= 1.0 for row in scores)
        and [row["rank"] for row in ranks] == list(range(1, len(scores) + 1))
        and sorted(row["alert_id"] for row in scores) == sorted(row["alert_id"] for row in ranks)
    )
    told = f"{len(scores):,} scores and {len(ranks):,} ranks of {scored['processing_date']}"
    return holds, f"{told}; not compared with the library, which does not have their batch"


def _of_alerts(batch: Batch, start: int, count: int) -> Batch:
    """Return as many alerts from a place on; more than there are begin again, under other identifiers."""
    rows = batch.alerts.height
    places = [(start + number) % rows for number in range(count)]
    alerts = batch.alerts[places]
    if count > rows:
        alerts = alerts.with_columns(alert_id=pl.format("sample-{}", pl.int_range(pl.len())))
    return make_batch(
        {"alerts": alerts, "features": batch.features, "clusters": batch.clusters.clear()}
    )
