"""Results out to a folder, whole or not at all."""

from dataclasses import asdict
from pathlib import Path

import orjson

from aml_miner.scoring.scoring import Results
from aml_miner.utils.folders import whole_folder
from aml_miner.utils.threads import in_threads, processors

METADATA_FILE = "processing_metadata.json"

_COMPRESSION = (
    1  # of zstd: for explanations as small as the default of 3, in three quarters of the time
)
_ROWS_PER_GROUP = 100_000  # fixed, so that a table's bytes do not follow how it lies in memory


def write_results(results: Results, folder: Path, made_of: str | None = None) -> None:
    """Write the result tables as Parquet files, and ``processing_metadata.json``.

    Equal results give the same Parquet bytes. What differs from run to run, the times, stands in the JSON alone.

    Parameters
    ----------
    results, folder
        What is written, and where.
    made_of
        A hash of the input, for a later run to see that nothing is new.

    Raises
    ------
    OutputError
        If the folder exists and was not written by this package, or cannot be written.
    """
    with whole_folder(folder, "results") as partial:

        def write(name: str) -> None:
            results.tables[name].rechunk().write_parquet(
                partial / f"{name}.parquet",
                compression_level=_COMPRESSION,
                row_group_size=_ROWS_PER_GROUP,
            )

        in_threads(write, results.tables, processors())
        (partial / METADATA_FILE).write_bytes(_metadata(results, made_of))


def _metadata(results: Results, made_of: str | None) -> bytes:
    """Return the facts as JSON; the status is ``complete`` because a run that fails writes no folder at all."""
    document = {"status": "complete", "made_of": made_of} | asdict(results.facts)
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(document, option=options)
