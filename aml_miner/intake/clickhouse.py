"""Batches out of the publisher's ClickHouse tables, as Parquet files with a META.json of our own.

Nobody vouches for rows of a database, so what can be checked is: every file is whole, and has as many rows as the
database counts. Values enter queries as parameters alone.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult

from aml_miner.batch.meta import META_FILE, Meta, check_digest, read_meta, write_meta
from aml_miner.batch.schemas import ALERTS, CLUSTERS, FEATURES, Table
from aml_miner.errors import ConfigurationError, IntegrityError, SourceError
from aml_miner.intake.effort import Effort, PassingError, persist
from aml_miner.intake.files import PART, Outcome, Told
from aml_miner.intake.place import Place
from aml_miner.utils.threads import in_threads

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

_TABLES: Final[dict[Table, str]] = {
    ALERTS: "analyzers_alerts",
    FEATURES: "analyzers_features",
    CLUSTERS: "analyzers_alert_clusters",
}
"""Where the publisher keeps the tables that are scored."""
_WHERE: Final = (
    "FROM {table:Identifier} WHERE processing_date = {day:Date} AND window_days = {window:UInt16}"
)
_COUNT: Final = f"SELECT count() {_WHERE}"
_ROWS: Final = (
    f"SELECT * REPLACE (toDate32(processing_date) AS processing_date) {_WHERE} ORDER BY ALL"
)
"""A date of 32 bits is a date in Parquet too, one of 16 a number. Ordered, so that equal rows make equal tables."""
_SETTINGS: Final[dict[str, Any]] = {
    "final": 1,  # of rows that were replaced only the last, where a table can tell
    "prefer_column_name_to_alias": 1,  # so that the condition sees the column, and its index
}
_CHUNK: Final = 2**20


@dataclass(frozen=True, slots=True)
class Login:
    """Who asks a ClickHouse server."""

    user: str = "default"
    password: str = field(default="", repr=False)


class ClickHouseSource:
    """Batches in a database; ``{network}`` in its name stands for the network.

    Parameters
    ----------
    url
        ``clickhouse://host:8123/database``, or ``clickhouses://`` for HTTPS.
    login, effort
        Who asks, and how hard it is tried.
    """

    def __init__(self, url: SplitResult, login: Login, effort: Effort) -> None:
        self._url = url
        self._login = login
        self._effort = effort

    def bring(self, place: Place, present: Path, into: Path, told: Told) -> Outcome:
        """Bring a batch into a folder; see `aml_miner.intake.fetching.Source`."""
        where = f"{self._url.geturl()}: {place.path}"
        client = persist(lambda: self._connect(place), where, self._effort)
        rows = _Rows(client, place)
        counts = persist(rows.counts, where, self._effort)
        if not counts[ALERTS.name]:
            return "absent"
        if _is_there(present, counts):
            return "kept"
        for stale in into.iterdir():  # a query cannot be gone on with
            stale.unlink()

        def write(table: Table) -> None:
            path = into / table.file_name
            persist(
                lambda: rows.write(table, path, counts[table.name], told),
                f"{where}: {_TABLES[table]}",
                self._effort,
            )

        in_threads(write, _TABLES, self._effort.workers)
        write_meta(into, Meta(place.network, place.day, place.window_days, counts=counts))
        return "brought"

    def _connect(self, place: Place) -> "Client":
        try:
            from clickhouse_connect import get_client
        except ImportError as error:
            message = (
                "clickhouse-connect is not installed: pip install 'aml-miner-template[intake]'."
            )
            raise ConfigurationError(message) from error
        secure = self._url.scheme == "clickhouses"
        seconds = ceil(self._effort.stall_seconds)  # whole ones alone are taken
        with _passing():
            return get_client(
                host=self._url.hostname,
                port=self._url.port or (8443 if secure else 8123),
                username=self._login.user,
                password=self._login.password,
                database=self._url.path.strip("/").replace("{network}", place.network) or None,
                secure=secure,
                compress=False,
                query_retries=0,  # we try again ourselves
                connect_timeout=seconds,
                send_receive_timeout=seconds,
                autogenerate_session_id=False,  # queries of one session must not run side by side
            )


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of one batch in a database."""

    client: "Client"
    place: Place

    def counts(self) -> dict[str, int]:
        with _passing():
            return {table.name: self._count(table) for table in _TABLES}

    def write(self, table: Table, path: Path, count: int, told: Told) -> None:
        """Write the rows of a table, and see that they are all there: a stream that breaks is no Parquet file."""
        part = path.with_name(f"{path.name}{PART}")
        with _passing(), part.open("wb") as file:
            stream = self.client.raw_stream(
                _ROWS, self._parameters(table), settings=_SETTINGS, fmt="Parquet"
            )
            with stream as opened:
                while chunk := opened.read(_CHUNK):
                    file.write(chunk)
                    told(len(chunk))
        found = _rows_in(part)
        if found != count:
            raise PassingError(f"sent {found} rows, and counts {count}")
        part.rename(path)

    def _count(self, table: Table) -> int:
        return int(str(self.client.command(_COUNT, self._parameters(table), settings=_SETTINGS)))

    def _parameters(self, table: Table) -> dict[str, object]:
        window = self.place.window_days
        return {"table": _TABLES[table], "day": self.place.day, "window": window}


def _rows_in(path: Path) -> int | None:
    """Return how many rows a Parquet file has; None when it is not a whole one."""
    from pyarrow import ArrowException
    from pyarrow.parquet import read_metadata

    try:
        return int(read_metadata(path).num_rows)
    except (ArrowException, OSError):
        return None


def _is_there(present: Path, counts: Mapping[str, int]) -> bool:
    """Whether a folder holds as many rows of each table, in files that are still what was fetched."""
    meta = read_meta(present) if (present / META_FILE).is_file() else None
    if meta is None or dict(meta.counts) != dict(counts):
        return False
    try:
        for table in _TABLES:
            check_digest(present / table.file_name, meta)
    except IntegrityError:
        return False
    return True


@contextmanager
def _passing() -> Iterator[None]:
    """Tell failures of the network, which may pass, from refusals of the server, which do not."""
    from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (OperationalError, HTTPError) as error:
        raise PassingError(_first_line(error)) from error
    except ClickHouseError as error:
        raise SourceError(
            f"ClickHouse refuses: {_first_line(error)}; see to its tables, user and rights."
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
