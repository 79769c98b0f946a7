"""What turned out to be illicit, per alert or per address: what training learns and scoring never sees."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from aml_miner.batch.checking import check_table
from aml_miner.batch.faults import naming_file
from aml_miner.batch.reading import read_parquet
from aml_miner.batch.schemas import GROUND_TRUTH_BY_ADDRESS, GROUND_TRUTH_BY_ALERT
from aml_miner.errors import InvalidBatchError
from aml_miner.training.groups import link_rows
from aml_miner.training.roles import ROLES

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
        As in the schema of that shape. Per address, ``is_illicit`` follows from the role when the source had no such
        column, and is true in every row when it had no roles either: a bare list is one of illicit addresses.
    unrecognised_roles
        Roles that were needed and are not in ``ROLES``, by name, and in how many rows; the empty name counts rows
        without a role. Nothing is known of these rows.
    """

    per: Literal["alert", "address"]
    rows: pl.DataFrame
    unrecognised_roles: Mapping[str, int] = field(default_factory=dict)

    def verdicts(self) -> pl.DataFrame:
        """Return what is known of each listed alert or address.

        Returns
        -------
        pl.DataFrame
            Its key (``alert_id`` and ``processing_date``, or ``address``) and ``label`` Boolean, sorted by key. Of
            several rows of one address, illicit when any is illicit, else licit when any is licit, else null.
        """
        if self.per == "alert":
            key = ["alert_id", "processing_date"]
            return self.rows.select(*key, label="confirmed_illicit").sort(key)
        by_address = self.rows.group_by("address").agg(label=pl.col("is_illicit").max())
        return by_address.sort("address")

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

    def remark(self) -> str:
        """Return what a reader should know of unrecognised roles; nothing when there are none."""
        if not self.unrecognised_roles:
            return ""
        named = [f"{_shown(role)} {count}" for role, count in self.unrecognised_roles.items()]
        more = f" and {len(named) - 10} more" if len(named) > 10 else ""
        return (
            f"ground_truth: 'is_illicit' is absent, and rows are left unknown for their role: "
            f"{', '.join(named[:10])}{more}. Add the column, or the roles to training/roles.py."
        )


def read_truth(path: Path) -> Truth:
    """Read truth from a Parquet file.

    Raises
    ------
    InvalidBatchError
        If the file is missing, not Parquet, of neither shape, or breaks the schema of its shape.
    """
    rows = read_parquet(path)
    with naming_file(path):
        return check_truth(rows)


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
    if "role" in names:
        return _by_role(rows)
    return Truth("address", rows.with_columns(is_illicit=pl.lit(value=True)))


def _by_role(rows: pl.DataFrame) -> Truth:
    roles = rows["role"].fill_null("").str.strip_chars().str.to_lowercase()
    said = pl.Series(list(ROLES.values()), dtype=pl.Boolean)
    illicit = roles.replace_strict(list(ROLES), said, default=None, return_dtype=pl.Boolean)
    strange = roles.filter(~roles.is_in(list(ROLES))).value_counts().sort("role")
    return Truth(
        "address", rows.with_columns(illicit.alias("is_illicit")), dict(strange.iter_rows())
    )


def _shown(role: str) -> str:
    return f"'{role}'" if role else "no role"
