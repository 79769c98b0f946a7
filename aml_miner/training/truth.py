"""What turned out to be illicit, per alert or per address: what training learns and scoring never sees."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from aml_miner.batch.checking import check_table
from aml_miner.batch.reading import read_parquet
from aml_miner.batch.schemas import GROUND_TRUTH_BY_ADDRESS, GROUND_TRUTH_BY_ALERT
from aml_miner.errors import InvalidBatchError
from aml_miner.training.groups import link_rows

if TYPE_CHECKING:
    from aml_miner.batch.checking import AnyTable


@dataclass(frozen=True, slots=True)
class Truth:
    """Checked truth.

    Attributes
    ----------
    per
        Whether a row speaks of an alert (an alert that is not listed is unknown) or of an address (an address that is
        not listed is licit).
    rows
        As in the schema of that shape. Per address, ``is_illicit`` is true in every row when the source had no such
        column.
    """

    per: Literal["alert", "address"]
    rows: pl.DataFrame

    def instances(self) -> pl.DataFrame:
        """Return the pattern instance of each address that has one: ``address, instance``, sorted by address.

        Instances that share an address count as one, named after the first of them.
        """
        if self.per == "alert":
            return pl.DataFrame(schema={"address": pl.String, "instance": pl.String})
        pairs = self.rows.select("address", key="pattern_instance_id")
        pairs = pairs.filter(pl.col("key").fill_null("") != "")
        addresses = pairs.select("address").unique().sort("address").with_row_index("row")
        names = link_rows(pairs.join(addresses, on="address"), addresses.height)
        return addresses.select("address", instance=names)


def read_truth(path: Path) -> Truth:
    """Read truth from a Parquet file.

    Raises
    ------
    InvalidBatchError
        If the file is missing, not Parquet, of neither shape, or breaks the schema of its shape.
    """
    return check_truth(read_parquet(path))


def check_truth(source: "AnyTable") -> Truth:
    """Check truth held in memory. With a column ``alert_id`` it is per alert, otherwise per address.

    Raises
    ------
    InvalidBatchError
        If it has neither ``alert_id`` nor ``address``, or breaks the schema of its shape.
    """
    names = list(source.columns) if not hasattr(source, "column_names") else source.column_names
    if "alert_id" in names:
        return Truth("alert", check_table(source, GROUND_TRUTH_BY_ALERT).rows)
    if "address" not in names:
        shown = ", ".join(f"'{name}'" for name in names[:10]) or "none"
        raise InvalidBatchError(
            f"ground_truth: expected a column 'alert_id' (truth per alert) or 'address' (truth per address); "
            f"found {shown}."
        )
    rows = check_table(source, GROUND_TRUTH_BY_ADDRESS).rows
    if "is_illicit" in names:  # and if it is null throughout: then nothing is known
        return Truth("address", rows)
    return Truth("address", rows.with_columns(is_illicit=pl.lit(value=True)))
