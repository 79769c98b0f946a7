"""How the tests ask: bodies in every form, and the tables of replies in every form."""

import time
from io import BytesIO
from typing import Any, Protocol

import polars as pl
from httpx2 import Response

from aml_miner.batch.batch import Batch

STREAM = "application/vnd.apache.arrow.stream"
FILE = "application/vnd.apache.arrow.file"
PARQUET = "application/vnd.apache.parquet"

type Parts = dict[str, tuple[str, bytes, str]]


class Getter(Protocol):
    def get(self, url: str) -> Any: ...  # noqa: ANN401 - a response of either client


def wait_until_ready(client: Getter, seconds: float = 120.0) -> None:
    """Wait until all workers of a server are there; they import for seconds, on a busy machine for many."""
    until = time.monotonic() + seconds
    while (health := client.get("/health").json())["status"] != "healthy":
        assert time.monotonic() < until, health
        time.sleep(0.1)


def written(table: pl.DataFrame, kind: str) -> bytes:
    """Return a table in a binary form."""
    file = BytesIO()
    if kind == PARQUET:
        table.write_parquet(file)
    elif kind == FILE:
        table.write_ipc(file)
    else:
        table.write_ipc_stream(file)
    return file.getvalue()


def parts_of(batch: Batch, kind: str) -> Parts:
    """Return a batch as parts of a form."""
    tables = {"alerts": batch.alerts, "features": batch.features, "clusters": batch.clusters}
    return {name: (name, written(table, kind), kind) for name, table in tables.items()}


def table_of(reply: Response) -> pl.DataFrame:
    """Return a reply of any form as a table."""
    assert reply.status_code == 200, reply.text
    kind = reply.headers["content-type"]
    if kind == STREAM:
        return pl.read_ipc_stream(reply.content)
    if kind == PARQUET:
        return pl.read_parquet(reply.content)
    return pl.DataFrame(reply.json())
