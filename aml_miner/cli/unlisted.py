"""What is said, beside what was learned, of batches a truth says nothing of."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import typer

from aml_miner.batch.batch import Batch
from aml_miner.training.truth import Truth


def warn_of_unlisted(
    batches: Iterable[tuple[Path, Batch]], truth: Truth, as_of: date | None
) -> None:
    """Name on standard error each batch whose alerts are all taken for licit because no address of theirs is listed."""
    known = truth if as_of is None else truth.as_of(as_of)
    for folder, batch in batches:
        if known.takes_all_for_licit(batch.alerts):
            typer.echo(
                f"warning: {folder}: none of the addresses of its {batch.alerts.height:,} alert(s) is listed in the "
                "truth, so all of them are taken for licit; if the truth is not of this batch, leave the batch out, "
                "or put the rows of its truth into the file.",
                err=True,
            )
