"""What a command learns from: batches, and what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from aml_miner.batch.batch import Batch
from aml_miner.batch.reading import find_batches, read_batch_to_score
from aml_miner.cli.unlisted import warn_of_unlisted
from aml_miner.features.builder import address_columns
from aml_miner.training.labels import read_labels
from aml_miner.training.truth import Truth


@dataclass(frozen=True, slots=True)
class Given:
    """Where a command is told to learn from, and by which configuration."""

    batches: Sequence[Path]
    truth: Path
    label_strategy: str | None = None
    as_of: date | None = None
    config: Path | None = None
    allow_unverified: bool = False


@dataclass(frozen=True, slots=True)
class Learned:
    """What was read of it."""

    read: Sequence[tuple[Path, Batch]]
    labels: Truth
    as_of: date | None

    @property
    def batches(self) -> list[Batch]:
        """The batches alone."""
        return [batch for _, batch in self.read]

    def warn(self) -> None:
        """Name on standard error the batches of which the truth says nothing."""
        warn_of_unlisted(self.read, self.labels, self.as_of)


def read_given(given: Given) -> Learned:
    """Read every batch below some folders, and of its address features what scoring reads; errors as in reading."""
    columns = address_columns()
    read = [
        (folder, read_batch_to_score(folder, columns, allow_unverified=given.allow_unverified))
        for root in given.batches
        for folder in find_batches(root)
    ]
    return Learned(read, read_labels(given.truth, given.label_strategy), given.as_of)
