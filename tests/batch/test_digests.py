import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.batch.digests import digest_folder, digest_table
from aml_miner.errors import InvalidBatchError

TABLE = pl.DataFrame(
    {
        "count": [1, 2, None],
        "score": [0.5, None, -1.0],
        "text": ["a", None, "bc"],
        "flag": [True, None, False],
        "day": [date(2025, 11, 20), None, date(1969, 12, 31)],
        "at": [datetime(2025, 11, 20, 12, tzinfo=UTC), None, datetime(1969, 1, 1, tzinfo=UTC)],
        "amount": pl.Series([Decimal("1.50"), None, Decimal(-100)], dtype=pl.Decimal(38, 18)),
        "counts": [[1, None], [], None],
        "texts": [["a", ""], None, []],
        "nothing": [None, None, None],
    }
)


@pytest.mark.parametrize(
    "encoding",
    [
        {"count": pl.UInt8},
        {"count": pl.Int128},
        {"score": pl.Float32},
        {"text": pl.Categorical},
        {"text": pl.Enum(["a", "bc"])},
        {"at": pl.Datetime("ms", "UTC")},
        {"at": pl.Datetime("ns", "UTC")},
        {"amount": pl.Decimal(10, 2)},
        {"amount": pl.Decimal(38, 30)},
        {"counts": pl.List(pl.UInt16)},
    ],
    ids=str,
)
def test_width_of_a_value_does_not_matter(encoding: dict[str, pl.DataType]) -> None:
    assert digest_table(TABLE.cast(encoding)) == digest_table(TABLE)  # type: ignore[arg-type]


def test_whole_amount_is_the_same_without_places() -> None:
    amounts = [Decimal(100), Decimal(0), Decimal(7)]
    digests = {
        digest_table(pl.DataFrame({"a": pl.Series(amounts, dtype=pl.Decimal(20, scale))}))
        for scale in (0, 1, 10)
    }
    assert len(digests) == 1


def test_array_is_a_list() -> None:
    lists = pl.DataFrame({"a": [[1, 2], None]})
    assert digest_table(lists.cast(pl.Array(pl.Int64, 2))) == digest_table(lists)


def test_order_of_columns_does_not_matter() -> None:
    assert digest_table(TABLE.select(sorted(TABLE.columns))) == digest_table(TABLE)


def test_chunks_do_not_matter() -> None:
    chunked = pl.concat([TABLE.head(1), TABLE.tail(2)], rechunk=False)
    assert digest_table(chunked) == digest_table(TABLE)


def _with(name: str, values: list[object]) -> pl.DataFrame:
    return TABLE.with_columns(pl.Series(name, values, dtype=TABLE.schema[name]))


@pytest.mark.parametrize(
    "other",
    [
        _with("count", [1, 3, None]),
        _with("count", [1, None, 2]),
        _with("count", [1, 2, 0]),
        _with("score", [0.5, None, -1.0000000000000002]),
        _with("score", [0.5, 0.0, -1.0]),
        _with("score", [0.5, float("nan"), -1.0]),
        _with("text", ["ab", None, "c"]),
        _with("text", ["a", "", "bc"]),
        _with("flag", [True, False, False]),
        _with("day", [date(2025, 11, 21), None, date(1969, 12, 31)]),
        _with(
            "at", [datetime(2025, 11, 20, 13, tzinfo=UTC), None, datetime(1969, 1, 1, tzinfo=UTC)]
        ),
        _with("amount", [Decimal("1.500000000000000001"), None, Decimal(-100)]),
        _with("amount", [Decimal("1.50"), None, Decimal(-10)]),
        _with("counts", [[1], [], None]),
        _with("counts", [[1, 0], [], None]),
        _with("counts", [[1, None], None, None]),
        _with("counts", [[1], [None], None]),
        _with("texts", [["a"], None, [""]]),
        TABLE.rename({"count": "number"}),
        TABLE.drop("nothing"),
        TABLE.reverse(),
        TABLE.head(2),
        TABLE.clear(),
        TABLE.cast({"count": pl.Float64}),
    ],
)
def test_every_other_value_order_or_null_is_another_digest(other: pl.DataFrame) -> None:
    assert digest_table(other) != digest_table(TABLE)


def test_nanoseconds_count() -> None:
    fine = pl.DataFrame({"a": pl.Series([1], dtype=pl.Datetime("ns"))})
    finer = pl.DataFrame({"a": pl.Series([2], dtype=pl.Datetime("ns"))})
    assert digest_table(fine) != digest_table(finer)


_FLOATS = st.lists(st.none() | st.floats(width=32), max_size=4)


def _meaning(values: list[float | None]) -> list[object]:
    return ["NaN" if value is not None and value != value else value for value in values]  # noqa: PLR0124


@given(_FLOATS, _FLOATS)
def test_floats_have_equal_digests_exactly_when_they_are_equal_or_both_nan(
    values: list[float | None], others: list[float | None]
) -> None:
    digests = [
        digest_table(pl.DataFrame({"a": pl.Series(each, dtype=pl.Float64)}))
        for each in (values, others)
    ]
    assert (digests[0] == digests[1]) == (_meaning(values) == _meaning(others))


def test_every_nan_is_one_value() -> None:
    negative = -pl.Series("a", [float("nan")])
    assert digest_table(negative.to_frame()) == digest_table(pl.DataFrame({"a": [float("nan")]}))


def test_zero_has_no_sign() -> None:
    for dtype in (pl.Float32, pl.Float64):
        negative = pl.DataFrame({"a": pl.Series([-0.0, 1.0], dtype=dtype)})
        assert digest_table(negative) == digest_table(pl.DataFrame({"a": [0.0, 1.0]}))


TYPES = [
    pl.Null(),
    pl.Int64(),
    pl.UInt8(),
    pl.Float32(),
    pl.Decimal(38, 18),
    pl.String(),
    pl.Categorical(),
    pl.Boolean(),
    pl.Date(),
    pl.Datetime("ns", "UTC"),
    pl.List(pl.String()),
    pl.Array(pl.Int64(), 3),
    pl.Struct({"a": pl.Int64()}),
    pl.Duration("ms"),
]


@pytest.mark.parametrize("rows", [0, 1, 9])
def test_column_without_a_value_is_the_same_in_every_type(rows: int) -> None:
    columns = [pl.Series("a", [None] * rows, dtype=dtype) for dtype in TYPES]
    assert len({digest_table(column.to_frame()) for column in columns}) == 1


@pytest.mark.parametrize("lists", [[[], None], [[None], []]])
def test_lists_without_a_value_are_the_same_in_every_type(lists: list[object]) -> None:
    dtypes = [pl.List(inner) for inner in (pl.Null(), pl.Int8(), pl.String(), pl.List(pl.Date()))]
    columns = [pl.Series("a", lists, dtype=dtype) for dtype in dtypes]
    assert len({digest_table(column.to_frame()) for column in columns}) == 1


def test_number_of_absent_values_counts() -> None:
    columns = [pl.Series("a", [None] * rows, dtype=pl.Int64) for rows in range(10)]
    assert len({digest_table(column.to_frame()) for column in columns}) == 10


def test_empty_list_null_and_list_of_null_are_three_values() -> None:
    columns = [pl.Series("a", [value], dtype=pl.List(pl.Int64)) for value in ([], None, [None])]
    assert len({digest_table(column.to_frame()) for column in columns}) == 3


def test_digest_follows_from_its_definition() -> None:
    """Names, rows, nulls and values, each after its length; worked out by hand, so that no change is by accident."""
    length, one_row = (8).to_bytes(8, "little"), (1).to_bytes(8, "little")
    present, absent = one_row + b"\x00", one_row + b"\x80"
    number = (13).to_bytes(8, "little") + b"float" + bytes(8)
    nothing = (7).to_bytes(8, "little") + b"nothing"
    pieces = [one_row, b"a", length, one_row, present, number]
    pieces += [one_row, b"b", length, one_row, absent, nothing]
    table = pl.DataFrame({"b": pl.Series([None], dtype=pl.Date), "a": [-0.0]})
    assert digest_table(table) == hashlib.sha256(b"".join(pieces)).hexdigest()


def test_integers_beyond_64_bits_are_told_apart() -> None:
    digests = {
        digest_table(pl.DataFrame({"a": pl.Series([2**63 + n], dtype=pl.UInt64)})) for n in range(3)
    }
    assert len(digests) == 3


_VALUES = st.none() | st.lists(st.none() | st.text(max_size=3), max_size=3)
_ROWS = st.lists(st.tuples(st.none() | st.integers(-(2**63), 2**63 - 1), _VALUES), max_size=4)


def _table(rows: list[tuple[object, object]]) -> pl.DataFrame:
    schema = {"a": pl.Int64, "b": pl.List(pl.String)}
    return pl.DataFrame(rows, schema=schema, orient="row")


@given(_ROWS, _ROWS)
def test_digests_are_equal_exactly_when_the_values_are(
    rows: list[tuple[object, object]], others: list[tuple[object, object]]
) -> None:
    equal_digests = digest_table(_table(rows)) == digest_table(_table(others))
    assert equal_digests == (rows == others)


@given(_ROWS)
def test_same_values_have_the_same_digest(rows: list[tuple[object, object]]) -> None:
    assert digest_table(_table(rows)) == digest_table(_table(list(rows)))


@pytest.mark.parametrize("values", [[{"a": 1}], [b"a"], [[{"a": 1}]]])
def test_value_without_an_agreed_encoding_is_named(values: list[object]) -> None:
    with pytest.raises(
        InvalidBatchError, match="column 'a': no digest is defined for values of type"
    ):
        digest_table(pl.DataFrame({"a": values}))


type Write = Callable[[pl.DataFrame, Path], None]


def _parquet(compression: Literal["zstd", "snappy", "uncompressed"], rows: int | None) -> Write:
    def write(table: pl.DataFrame, path: Path) -> None:
        table.write_parquet(path, compression=compression, row_group_size=rows)

    return write


def _by_arrow(table: pl.DataFrame, path: Path) -> None:
    pq.write_table(table.to_arrow(), path, use_dictionary=False, version="1.0")


def _by_arrow_with_dictionaries(table: pl.DataFrame, path: Path) -> None:
    pq.write_table(table.to_arrow(), path, use_dictionary=True, data_page_size=1)


@pytest.mark.parametrize(
    "write",
    [
        _parquet("zstd", None),
        _parquet("snappy", 1),
        _parquet("uncompressed", 2),
        _by_arrow,
        _by_arrow_with_dictionaries,
    ],
)
def test_encoding_of_a_file_does_not_matter(tmp_path: Path, write: Write) -> None:
    write(TABLE, tmp_path / "t.parquet")
    before = digest_folder(tmp_path)
    TABLE.write_parquet(tmp_path / "t.parquet")
    assert digest_folder(tmp_path) == before


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    (folder / "below").mkdir(parents=True)
    TABLE.write_parquet(folder / "a.parquet")
    TABLE.head(1).write_parquet(folder / "below" / "b.parquet")
    return folder


def test_json_hidden_folders_and_the_folder_s_own_name_do_not_matter(folder: Path) -> None:
    before = digest_folder(folder)
    (folder / "processing_metadata.json").write_text('{"latency_ms": 12}')
    (folder / ".b.partial-1").mkdir()
    (folder / ".b.partial-1" / "a.parquet").write_text("half")
    assert digest_folder(folder.rename(folder.with_name("other"))) == before


def test_name_of_a_table_matters(folder: Path) -> None:
    before = digest_folder(folder)
    (folder / "a.parquet").rename(folder / "c.parquet")
    assert digest_folder(folder) != before


def test_folder_without_tables_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(
        InvalidBatchError, match=r"no Parquet file in this folder or below it; name"
    ):
        digest_folder(tmp_path)


def test_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        InvalidBatchError, match=r"nowhere: there is no such folder; check the path"
    ):
        digest_folder(tmp_path / "nowhere")


def test_table_that_cannot_be_digested_is_named(folder: Path) -> None:
    pl.DataFrame({"a": [b"a"]}).write_parquet(folder / "c.parquet")
    with pytest.raises(InvalidBatchError, match=r"c\.parquet: column 'a': no digest is defined"):
        digest_folder(folder)


def test_unreadable_table_is_named(folder: Path) -> None:
    (folder / "c.parquet").write_text("x")
    with pytest.raises(InvalidBatchError, match=r"c.parquet: not a readable Parquet file"):
        digest_folder(folder)
