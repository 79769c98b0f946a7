"""What is sent, what comes back, and when to try again: all that a client that waits and one that does not share."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from io import BytesIO
from typing import Any, Final, Literal

import httpx
import orjson
import polars as pl

from aml_miner import errors
from aml_miner.batch.batch import Batch
from aml_miner.errors import AmlMinerError, RequestRefusedError

type Form = Literal["arrow", "parquet", "json"]
type Tables = Batch | Mapping[str, pl.DataFrame] | Reference
"""What is to be scored: a batch, its tables by name, or a batch the server holds."""

_MEDIA_TYPES: Final[dict[Form, str]] = {
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
}
_AGAIN: Final = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Reference:
    """A batch the server holds, named instead of sent; the rows of some identifiers, or all of them."""

    network: str
    processing_date: date
    window_days: int | None = None
    alert_ids: list[str] | None = None
    cluster_ids: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long to try again a request the server is too busy for, or that did not reach it.

    Attributes
    ----------
    tries
        Tries in all.
    first_pause, longest_pause
        Seconds before the second try, doubled each time; half of it is drawn by chance, so that clients that were
        refused together do not come back together. What the server says in ``Retry-After`` is waited at least, and
        never longer than `longest_pause`.
    """

    tries: int = 6
    first_pause: float = 0.25
    longest_pause: float = 15.0

    def pauses(self) -> Iterator[float]:
        """Return the pause after each try but the last, in seconds."""
        for number in range(self.tries - 1):
            pause = min(self.first_pause * 2.0**number, self.longest_pause)
            yield pause * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


@dataclass(frozen=True, slots=True)
class Call:
    """A request as httpx takes it."""

    method: str
    path: str
    options: dict[str, Any]


def scoring_call(path: str, tables: Tables, form: Form) -> Call:
    """Return the request that scores some tables, body and reply in one form."""
    headers = {"Accept": _MEDIA_TYPES[form]}
    if isinstance(tables, Reference):
        named = {name: value for name, value in asdict(tables).items() if value is not None}
        body = orjson.dumps({"reference": named})
        return _json_call(path, body, headers)
    by_name = _by_name(tables)
    if form == "json":
        rows = {name: orjson.Fragment(table.write_json()) for name, table in by_name.items()}
        return _json_call(path, orjson.dumps(rows), headers)
    files = {n: (n, _written(table, form), _MEDIA_TYPES[form]) for n, table in by_name.items()}
    return Call("POST", path, {"files": files, "headers": headers})


def reply_table(reply: httpx.Response) -> pl.DataFrame:
    """Return the table of a reply that is one.

    Raises
    ------
    AmlMinerError
        What the server refused the request with.
    """
    check(reply)
    kind = reply.headers.get("content-type", "")
    if kind == _MEDIA_TYPES["arrow"]:
        return pl.read_ipc_stream(reply.content)
    if kind == _MEDIA_TYPES["parquet"]:
        return pl.read_parquet(reply.content)
    return pl.DataFrame(orjson.loads(reply.content), infer_schema_length=None)


def reply_document(reply: httpx.Response) -> dict[str, Any]:
    """Return the object of a reply in JSON; errors as `reply_table`."""
    check(reply)
    return orjson.loads(reply.content)  # type: ignore[no-any-return]


def check(reply: httpx.Response) -> None:
    """Raise what the server refused a request with, by its name where this package has one of that name.

    Raises
    ------
    AmlMinerError
        With the server's sentence.
    """
    if reply.is_success:
        return
    try:
        told = orjson.loads(reply.content)
        name, detail = str(told["error"]), str(told["detail"])
    except (orjson.JSONDecodeError, KeyError, TypeError):  # something in between answered
        name, detail = (
            "",
            f"HTTP {reply.status_code}, and not in the server's words; what is in between?",
        )
    kind = getattr(errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, AmlMinerError)):
        kind = RequestRefusedError
    raise kind(detail)


def pause_before_next(reply: httpx.Response, pause: float, longest: float) -> float | None:
    """Return how many seconds to wait before trying again, `longest` at most; None when the reply is the answer."""
    if reply.status_code not in _AGAIN:
        return None
    said = reply.headers.get("retry-after", "")
    return min(max(pause, float(said)), longest) if said.isdecimal() else pause


def stored_path(what: str, day: date | None) -> str:
    """Return the path of a stored result; of the newest when no day is given."""
    return f"{what}/{day.isoformat() if day else 'latest'}"


def query_of(network: str | None, window_days: int | None) -> dict[str, str]:
    """Return what chooses among several stored results."""
    given = {"network": network, "window_days": window_days}
    return {name: str(value) for name, value in given.items() if value is not None}


def _json_call(path: str, body: bytes, headers: dict[str, str]) -> Call:
    said = {**headers, "Content-Type": _MEDIA_TYPES["json"]}
    return Call("POST", path, {"content": body, "headers": said})


def _by_name(tables: Batch | Mapping[str, pl.DataFrame]) -> Mapping[str, pl.DataFrame]:
    """Return the tables as frames of their own: two threads that write the same one wait for each other for ever."""
    if isinstance(tables, Batch):  # money flows are left at home: no model sees them
        tables = {"alerts": tables.alerts, "features": tables.features, "clusters": tables.clusters}
    return {name: table.clone() for name, table in tables.items()}


def _written(table: pl.DataFrame, form: Form) -> bytes:
    file, own = (
        BytesIO(),
        table.clone(),
    )  # two threads that write one frame wait for each other for ever
    if form == "parquet":
        own.write_parquet(file)
    else:
        own.write_ipc_stream(file, compat_level=pl.CompatLevel.oldest())
    return file.getvalue()
