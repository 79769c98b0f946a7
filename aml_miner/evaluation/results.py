"""Results of ``aml-miner score``, read to be judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from aml_miner.batch.faults import check_single
from aml_miner.batch.reading import read_parquet, visible_files
from aml_miner.errors import InvalidBatchError

_COLUMNS: Final[Mapping[str, Mapping[str, pl.DataType]]] = {
    "alert_scores": {
        "alert_id": pl.String(),
        "processing_date": pl.Date(),
        "address": pl.String(),
        "score": pl.Float64(),
    },
    "alert_rankings": {"alert_id": pl.String(), "rank": pl.UInt32()},
    "cluster_scores": {"cluster_id": pl.String(), "score": pl.Float64()},
}
"""What is needed of each table to judge it; other columns stay as they are."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoredResults:
    """The tables of a results folder; ``alert_rankings`` and ``cluster_scores`` are None where they are not there.

    Attributes
    ----------
    alert_scores
        One row per alert, row for row the alerts of ``alert_rankings``.
    """

    alert_scores: pl.DataFrame
    alert_rankings: pl.DataFrame | None = None
    cluster_scores: pl.DataFrame | None = None


def read_results(path: Path) -> ScoredResults:
    """Read a results folder or the only one below a folder, or a Parquet file of alert scores alone.

    Raises
    ------
    InvalidBatchError
        If a folder holds several results, alert scores are missing, a file is not Parquet, or a column is missing, null
        or of another type, or scores and ranks are not of the same alerts.
    """
    if path.is_file():
        return ScoredResults(_read(path, "alert_scores"))
    path = _single_results_folder(path)
    scores = _read(path / "alert_scores.parquet", "alert_scores")
    others = {
        name: _read(path / f"{name}.parquet", name)
        for name in ("alert_rankings", "cluster_scores")
        if (path / f"{name}.parquet").is_file()
    }
    ranks = others.get("alert_rankings")
    if ranks is not None and not ranks["alert_id"].equals(scores["alert_id"]):
        raise InvalidBatchError(
            f"{path}: alert_scores and alert_rankings must hold the same alerts row for row; "
            f"found {scores.height} and {ranks.height} rows; score the batch again."
        )
    return ScoredResults(scores, **others)


def _single_results_folder(folder: Path) -> Path:
    name = "alert_scores.parquet"
    if (folder / name).is_file() or not folder.is_dir():
        return folder
    found = [file.parent for file in visible_files(folder, name)]
    check_single(folder, found, "results")
    return found[0] if found else folder


def _read(path: Path, name: str) -> pl.DataFrame:
    table = read_parquet(path)
    wanted = _COLUMNS[name]
    missing = [column for column in wanted if column not in table.columns]
    if missing:
        raise InvalidBatchError(
            f"{path}: required column(s) missing: {', '.join(missing)}; name results of aml-miner score."
        )
    try:
        table = table.with_columns(table[column].cast(dtype) for column, dtype in wanted.items())
    except pl.exceptions.PolarsError as error:
        first = str(error).split("\n", maxsplit=1)[0]
        raise InvalidBatchError(f"{path}: {first}; score the batch again.") from error
    for column in wanted:
        if table[column].null_count():
            raise InvalidBatchError(
                f"{path}: '{column}' must be present; {table[column].null_count()} of {table.height} rows "
                f"are null; score the batch again."
            )
    return table
