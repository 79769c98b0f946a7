"""A batch published for two dates, and a server of it."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from aml_miner.batch.meta import Meta
from aml_miner.batch.writing import write_batch
from aml_miner.intake import Place
from aml_miner.intake.effort import Effort
from tests.intake.serving import FileServer, serve_files

DAYS = (date(2025, 11, 20), date(2025, 11, 21))
QUICK = Effort(workers=2, tries=3, stall_seconds=0.3, first_pause=0.001, longest_pause=0.01)
FIRST, SECOND = (Place("torus", day, 30) for day in DAYS)


@pytest.fixture
def published(tables: dict[str, pl.DataFrame], tmp_path: Path) -> Path:
    root = tmp_path / "published"
    for place in (FIRST, SECOND):
        meta = Meta(place.network, place.day, place.window_days)
        dated = {n: t.with_columns(processing_date=pl.lit(place.day)) for n, t in tables.items()}
        write_batch(dated, meta, root / place.path)
        (root / place.path / ".aml_miner").unlink()  # as anybody else would publish it
    return root


@pytest.fixture
def server(published: Path) -> Iterator[FileServer]:
    with serve_files(published) as serving:
        yield serving


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "batches"
