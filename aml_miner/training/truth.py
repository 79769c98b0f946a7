"""What turned out to be illicit, per alert or per address: what training learns and scoring never sees.

Truth has a history. A fact is known from its ``confirmation_date`` on, one without a date always, and ``as_of`` leaves
out what nobody knew by a day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from aml_miner.batch.checking import check_table
from aml_miner.batch.faults import naming_file, reading, refuse
from aml_miner.batch.reading import read_parquet
from aml_miner.batch.schemas import GROUND_TRUTH_BY_ADDRESS, GROUND_TRUTH_BY_ALERT
from aml_miner.errors import InvalidBatchError, TrainingRefusedError
from aml_miner.training.groups import link_rows
from aml_miner.training.roles import ROLES

if TYPE_CHECKING:
    from aml_miner.batch.checking import AnyTable


_ALWAYS: Final = date(1, 1, 1)
"""Stands for the day of what has none while days are compared."""


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
    unlisted
        What an alert or address is that no row speaks of.
    bare
        Whether it is such a list.
    """

    per: Literal["alert", "address"]
    rows: pl.DataFrame
    unrecognised_roles: Mapping[str, int] = field(default_factory=dict)
    unlisted: Literal["licit", "unknown"] = "licit"
    bare: bool = False

    def as_of(self, day: date) -> "Truth":
        """Return what was known on a day: nothing that was found out after it."""
        late = pl.col("confirmation_date") > day
        return replace(self, rows=self.rows.filter(late.is_null() | ~late))

    def changes_after(self, day: date) -> bool:
        """Return whether anything was found out after a day."""
        return bool((self.rows["confirmation_date"] > day).any())

    def verdicts(self) -> pl.DataFrame:
        """Return what is known of each listed alert or address.

        Returns
        -------
        pl.DataFrame
            Its key (``alert_id`` and ``processing_date``, or ``address``) and ``label`` Boolean, sorted by key. Of
            several rows of one alert the latest counts; of several of one address, illicit when any is illicit, else
            licit when any is licit, else null.
        """
        return self.findings().drop("confidence")

    def findings(self) -> pl.DataFrame:
        """Return the verdicts and how sure they are.

        Returns
        -------
        pl.DataFrame
            As ``verdicts``, and ``confidence`` Float32, 0–1, null when none is given: of several rows of one address
            the most that any of the verdict has.
        """
        return _alert_findings(self.rows) if self.per == "alert" else _address_findings(self.rows)

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

    def check_met(self, batches: Sequence[pl.DataFrame]) -> None:
        """Check that this truth speaks of any of the batches' alerts.

        Raises
        ------
        TrainingRefusedError
            If it has no rows, or is of other alerts or addresses: then everything would be taken for licit.
        """
        listed = self._listed()
        if listed.is_empty():
            message = (
                "ground_truth: has no rows, or none known by the training date; name another file."
            )
            raise TrainingRefusedError(message)
        if not any(_meet(listed, alerts) for alerts in batches):
            kind = "alerts" if self.per == "alert" else "addresses"
            message = (
                f"ground_truth: none of its {listed.height} {kind} has an alert in these batches, first "
                f"'{listed.item(0, 0)}'; name the truth of these batches, of the same network and days."
            )
            raise TrainingRefusedError(message)

    def takes_all_for_licit(self, alerts: pl.DataFrame) -> bool:
        """Return whether there are alerts, and all are licit only because no address of theirs is listed."""
        if self.per == "alert" or self.unlisted == "unknown" or alerts.is_empty():
            return False
        return not _meet(self._listed(), alerts)

    def _listed(self) -> pl.DataFrame:
        """Return the key of each alert or address that a row speaks of, sorted."""
        key = ["alert_id", "processing_date"] if self.per == "alert" else ["address"]
        return self.rows.select(key).unique().sort(key)

    def remark(self) -> str:
        """Return what to know of a bare list, of addresses listed twice and of unrecognised roles; else nothing."""
        remarks = (self._bare_remark(), self._split_remark(), self._role_remark())
        return " ".join(filter(None, remarks))

    def _bare_remark(self) -> str:
        if not self.bare:
            return ""
        return (
            f"ground_truth: has neither 'is_illicit' nor 'role', so all {self.rows['address'].n_unique():,} listed "
            "address(es) are taken for illicit; add 'is_illicit' if some are not."
        )

    def _split_remark(self) -> str:
        if self.per == "alert":
            return ""
        said = self.rows.group_by("address").agg(pl.col("is_illicit").drop_nulls().n_unique())
        split = said.filter(pl.col("is_illicit") > 1)["address"].sort()
        if split.is_empty():
            return ""
        return (
            f"ground_truth: {len(split)} address(es) are listed as illicit and as licit too, first '{split[0]}'; "
            "they count as illicit."
        )

    def _role_remark(self) -> str:
        if not self.unrecognised_roles:
            return ""
        named = [f"{_shown(role)} {count}" for role, count in self.unrecognised_roles.items()]
        more = f" and {len(named) - 10} more" if len(named) > 10 else ""
        return (
            f"ground_truth: 'is_illicit' is absent, and rows are left unknown for their role: "
            f"{', '.join(named[:10])}{more}. Add the column, or the roles to training/roles.py."
        )


def _meet(listed: pl.DataFrame, alerts: pl.DataFrame) -> bool:
    return alerts.join(listed, on=listed.columns, how="semi").height > 0


def truth_file(path: Path) -> Path:
    """Return the file that a path to truth stands for: itself, or of a folder the ``ground_truth.parquet`` in it.

    Raises
    ------
    InvalidBatchError
        If it is a folder without one, or one that cannot be read.
    """
    with reading(path):
        if not path.is_dir():
            return path
        found = sorted(each.name for each in path.iterdir() if each.is_file())
    name = GROUND_TRUTH_BY_ADDRESS.file_name  # the same as of truth per alert
    if name in found:
        return path / name
    shown = ", ".join(found[:5]) or "no file"
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    message = (
        f"{path}: expected a file of truth, or a folder with {name}; "
        f"found a folder with {shown}{more}; name the file."
    )
    raise InvalidBatchError(message)


def read_truth(path: Path) -> Truth:
    """Read truth from a Parquet file, or from the ``ground_truth.parquet`` of a folder.

    Raises
    ------
    InvalidBatchError
        If the file is missing, not Parquet, of neither shape, or breaks the schema of its shape.
    """
    path = truth_file(path)
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
        rows = check_table(source, GROUND_TRUTH_BY_ALERT).rows
        return Truth("alert", _of_one_mind(rows), unlisted="unknown")
    if "address" not in names:
        shown = ", ".join(f"'{name}'" for name in names[:10]) or "none"
        raise InvalidBatchError(
            f"ground_truth: expected a column 'alert_id' (truth per alert) or 'address' (truth per address); "
            f"found {shown}."
        )
    rows = check_table(source, GROUND_TRUTH_BY_ADDRESS).rows
    if (
        "confirmed_illicit" in names
    ):  # how sure somebody was of that does not make what is so less so
        rows = rows.with_columns(confidence=pl.lit(None, rows.schema["confidence"]))
    if "is_illicit" in names:  # and if it is null throughout: then nothing is known
        return Truth("address", rows)
    if "role" in names:
        return _by_role(rows)
    return Truth("address", rows.with_columns(is_illicit=pl.lit(value=True)), bare=True)


def _of_one_mind(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row per alert, the earliest, where all rows of it agree: an alert_id may repeat in a batch."""
    key = list(GROUND_TRUTH_BY_ALERT.key)
    verdicts = pl.col("confirmed_illicit").n_unique().over(key)
    split = rows.select(verdicts > 1).to_series()
    if split.any():
        refuse(rows, GROUND_TRUTH_BY_ALERT, "confirmed_illicit", "one for each alert", split)
    return rows.sort(*key, "confirmation_date", "confidence").unique(
        key, keep="first", maintain_order=True
    )


def _by_role(rows: pl.DataFrame) -> Truth:
    roles = rows["role"].fill_null("").str.strip_chars().str.to_lowercase()
    said = pl.Series(list(ROLES.values()), dtype=pl.Boolean)
    illicit = roles.replace_strict(list(ROLES), said, default=None, return_dtype=pl.Boolean)
    strange = roles.filter(~roles.is_in(list(ROLES))).value_counts().sort("role")
    return Truth(
        "address", rows.with_columns(illicit.alias("is_illicit")), dict(strange.iter_rows())
    )


def _alert_findings(rows: pl.DataFrame) -> pl.DataFrame:
    key = ["alert_id", "processing_date"]
    since = pl.col("confirmation_date").fill_null(_ALWAYS)
    latest = rows.sort(*key, since, "confirmed_illicit").group_by(key, maintain_order=True).last()
    return latest.select(*key, pl.col("confirmed_illicit").alias("label"), "confidence")


def _address_findings(rows: pl.DataFrame) -> pl.DataFrame:
    illicit, surely = pl.col("is_illicit"), pl.col("confidence").fill_null(1.0)
    found = rows.group_by("address").agg(
        label=illicit.max(),
        illicit_surely=surely.filter(illicit).max(),
        licit_surely=surely.filter(~illicit).max(),
    )
    confidence = pl.when("label").then("illicit_surely").otherwise("licit_surely")
    return found.select("address", "label", confidence=confidence).sort("address")


def _shown(role: str) -> str:
    return f"'{role}'" if role else "no role"
