"""A file that is no Parquet is called what it is, and what is said makes Parquet of it."""

import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from aml_miner.batch.other_formats import other_format
from aml_miner.batch.reading import read_parquet, read_table
from aml_miner.batch.schemas import TRANSFERS
from aml_miner.errors import InvalidBatchError

ROWS = pl.DataFrame({"address": ["a", "b"], "volume": [1, 2]})


@pytest.mark.parametrize(
    ("name", "write", "called", "made"),
    [
        ("t.csv", ROWS.write_csv, "CSV", "t.parquet"),
        ("t.CSV", ROWS.write_csv, "CSV", "t.parquet"),
        ("transfers", ROWS.write_csv, "CSV", "transfers.parquet"),
        ("t.parquet", ROWS.write_csv, "CSV", "t-converted.parquet"),  # renamed, not converted
        ("t.tsv", lambda path: ROWS.write_csv(path, separator="\t"), "text with tabs", "t.parquet"),
        ("t.json", ROWS.write_json, "JSON", "t.parquet"),
        ("t.jsonl", ROWS.write_ndjson, "JSON, a row a line", "t.parquet"),
        ("t.arrow", ROWS.write_ipc, "an Arrow file", "t.parquet"),
    ],
)
def test_what_is_said_makes_parquet_of_it(
    name: str, write: Callable[[Path], object], called: str, made: str, tmp_path: Path
) -> None:
    write(tmp_path / name)
    said = other_format(tmp_path / name)
    assert said is not None
    assert said.startswith(f"found {called}; convert it: pl.read_")
    line = re.search(r"pl\..*write_parquet\(.*?\)", said)
    assert line is not None
    exec(line[0], {"pl": pl})  # noqa: S102
    assert_frame_equal(read_parquet(tmp_path / made), ROWS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", b"PAR1 and then cut off, with a comma"),
        ("t.csv", b""),
        ("t.bin", b"\x00\x01,\x02"),
        ("t", b'{"a": 1, "b": 2}'),
        ("t", b"no commas"),
    ],
)
def test_nothing_is_said_of_what_is_not_known(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    assert other_format(tmp_path / name) is None


def test_a_folder_and_a_missing_file_are_no_format(tmp_path: Path) -> None:
    assert other_format(tmp_path) is None
    assert other_format(tmp_path / "gone.csv") is None


def test_transfers_keep_their_types_as_the_page_on_monitoring_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text(encoding="utf-8")
    line = re.search(r"`(pl\.read_csv\(.*?\.write_parquet\(.*?\))`", page)
    assert line is not None
    monkeypatch.chdir(tmp_path)
    Path("transfers.csv").write_text(
        "tx_id,event_index,edge_index,block_timestamp,from_address,to_address,amount,amount_usd\n"
        "7,0,0,1735689600000,1,2,0.1,0.30000000000000000001\n"
    )
    exec(line[1], {"pl": pl, "TRANSFERS": TRANSFERS})  # noqa: S102
    read = read_table(Path("transfers.parquet"), TRANSFERS).rows
    assert read.select("tx_id", "event_index", "from_address").rows() == [("7", "0", "1")]


def test_a_missing_file_is_sought_beside_itself_in_another_format(tmp_path: Path) -> None:
    ROWS.write_csv(tmp_path / "transfers.csv")
    target = tmp_path / "transfers.parquet"
    with pytest.raises(InvalidBatchError) as caught:
        read_parquet(target)
    assert str(caught.value).startswith(
        f"{target}: there is no such file; expected Parquet; found transfers.csv, CSV; convert it: "
        f'pl.read_csv("{tmp_path}/transfers.csv").write_parquet("{target}")'
    )


def test_a_missing_file_with_nothing_beside_it_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InvalidBatchError, match="there is no such file; check the path"):
        read_parquet(tmp_path / "transfers.parquet")
