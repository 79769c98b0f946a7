"""The batches that a command learns from."""

from collections.abc import Sequence
from pathlib import Path

from aml_miner.batch.batch import Batch
from aml_miner.batch.reading import find_batches, read_batch_to_score
from aml_miner.features.builder import address_columns


def read_to_learn(roots: Sequence[Path], *, allow_unverified: bool) -> list[tuple[Path, Batch]]:
    """Read every batch below some folders, and of its address features what scoring reads; errors as in reading."""
    columns = address_columns()
    return [
        (folder, read_batch_to_score(folder, columns, allow_unverified=allow_unverified))
        for root in roots
        for folder in find_batches(root)
    ]
