"""What a validator knows, out of files."""

from pathlib import Path

import polars as pl

from aml_miner.batch.reading import read_batch, read_table
from aml_miner.batch.schemas import FEATURES, SCORED_TABLES


def read_features_later(path: Path, *, allow_unverified: bool = False) -> pl.DataFrame:
    """Read address features of a later date, from a batch folder or from a file of features alone.

    Parameters
    ----------
    allow_unverified
        Read a batch whose META.json does not vouch for its files; for a single file nobody does.

    Raises
    ------
    InvalidBatchError
        If there is none, or it breaks the schema.
    """
    if path.is_file():
        return read_table(path, FEATURES).rows
    return read_batch(path, SCORED_TABLES, allow_unverified=allow_unverified).features
