"""A server on loopback that speaks what clickhouse-connect needs, with a batch behind it.

That a real engine takes the queries is tried by hand with its embedded form, which is too large to install for tests.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest

from aml_miner.batch.reading import read_batch
from aml_miner.errors import SourceError
from aml_miner.intake import Access, Fetched, Place, fetch_batches, open_source
from aml_miner.intake.clickhouse import Login
from tests.intake.conftest import FIRST, QUICK
from tests.intake.serving import on_loopback


@dataclass
class Database:
    """Tables by their names in the database, failures to come, and the queries it was asked."""

    tables: dict[str, pl.DataFrame]
    faults: list[str] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    logins: set[str | None] = field(default_factory=set)
    port: int = 0

    def answer(self, sql: str, said: dict[str, str]) -> bytes:
        if sql.startswith("SELECT version()"):
            return b"25.8.1.1\tUTC\n"
        if "system.settings" in sql or "SELECT 1 AS check" in sql:
            return b""  # no block: no setting is said to be read-only
        self.asked.append((sql, said))
        rows = self.tables[said["param_table"]].filter(
            pl.col("processing_date").cast(pl.String) == said["param_day"],
            window_days=int(said["param_window"]),
        )
        if sql.startswith("SELECT count()"):
            return f"{rows.height}\n".encode()
        file = io.BytesIO()
        rows.write_parquet(file)
        content = file.getvalue()
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "cut":
            return content[: len(content) // 2]
        return content if fault != "fewer" else self._without_first(rows)

    def _without_first(self, rows: pl.DataFrame) -> bytes:
        file = io.BytesIO()
        rows[1:].write_parquet(file)
        return file.getvalue()


@pytest.fixture
def database(tables: dict[str, pl.DataFrame]) -> Iterator[Database]:
    names = {
        "alerts": "analyzers_alerts",
        "features": "analyzers_features",
        "clusters": "analyzers_alert_clusters",
    }
    held = Database({names[name]: table for name, table in tables.items()})

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            said = {
                name: value for name, (value, *_) in parse_qs(urlsplit(self.path).query).items()
            }
            held.logins.add(self.headers.get("Authorization"))
            sql = said.pop("query", "") + sent
            if held.faults == ["refused"]:
                answered, body = 403, b"Code: 516. DB::Exception: Authentication failed"
            else:
                answered, body = 200, held.answer(sql, said)
            self.send_response(answered)
            self.send_header("Content-Length", str(len(body)))
            if answered != 200:
                self.send_header("X-ClickHouse-Exception-Code", "516")
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815 - the server's own names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with on_loopback(Handler) as held.port:
        yield held


def fetch(database: Database, out: Path, place: Place = FIRST) -> Fetched:
    access = Access(login=Login("reader", "quite secret"))
    url = f"clickhouse://127.0.0.1:{database.port}/analyzers_{{network}}"
    (fetched,) = fetch_batches(open_source(url, access, QUICK), [place], out, 1)
    return fetched


def test_rows_become_a_batch(
    database: Database, out: Path, tables: dict[str, pl.DataFrame]
) -> None:
    assert fetch(database, out).status == "fetched"
    batch = read_batch(out / FIRST.path)
    assert batch.alerts["alert_id"].equals(tables["alerts"]["alert_id"])
    assert batch.report.rows["features"] == tables["features"].height
    assert fetch(database, out).status == "kept"


def test_values_enter_as_parameters_alone(database: Database, out: Path) -> None:
    fetch(database, out)
    assert len(database.asked) == 6
    for sql, said in database.asked:
        assert all(name in sql for name in ("{table:Identifier}", "{day:Date}", "{window:UInt16}"))
        assert "2025" not in sql
        assert "analyzers" not in sql
        assert said["database"] == "analyzers_torus"
        assert said["final"] == "1"
    assert database.logins == {"Basic cmVhZGVyOnF1aXRlIHNlY3JldA=="}


@pytest.mark.parametrize("fault", ["cut", "fewer"])
def test_rows_that_did_not_all_arrive_are_asked_for_again(
    database: Database, out: Path, fault: str
) -> None:
    database.faults = [fault] * 2
    assert fetch(database, out).status == "fetched"
    database.faults = [fault] * 9
    other = out.with_name("other")
    failed = fetch(database, other)
    assert isinstance(failed.error, SourceError)
    assert "rows, and counts" in str(failed.error)
    assert not (other / FIRST.path).exists()


def test_a_date_without_alerts_is_absent(database: Database, out: Path) -> None:
    assert fetch(database, out, Place("torus", FIRST.day, 7)).status == "absent"


def test_a_refusal_is_told_without_the_password(database: Database, out: Path) -> None:
    database.faults = ["refused"]
    failed = fetch(database, out)
    assert isinstance(failed.error, SourceError)
    assert "ClickHouse refuses" in str(failed.error)
    assert "quite secret" not in str(failed.error)


def test_a_server_that_is_not_there_is_told(out: Path) -> None:
    failed = fetch(Database({}, port=1), out)
    assert isinstance(failed.error, SourceError)
    assert "tried 3 times" in str(failed.error)
