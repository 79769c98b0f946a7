"""The two shapes of published truth, and what somebody confirmed of it."""

from typing import ClassVar

import polars as pl

from aml_miner.training.labels.strategy import LabelStrategy, address_facts, require_columns
from aml_miner.training.truth import Truth, check_truth


class AlertTruth(LabelStrategy):
    """Truth per alert."""

    name: ClassVar[str] = "alert-truth"
    positive: ClassVar[str] = "alerts with confirmed_illicit"
    negative: ClassVar[str] = "alerts that are listed and not confirmed"
    unknown: ClassVar[str] = "alerts that are not listed"
    known: ClassVar[str] = "from confirmation_date on; always where it is null"

    def truth(self, table: pl.DataFrame) -> Truth:
        """Return the facts."""
        require_columns(table, self.name, "alert_id")
        return check_truth(table)


class AddressTruth(LabelStrategy):
    """Truth per address: who is illicit, or who has which role in a laundering pattern."""

    name: ClassVar[str] = "address-truth"
    positive: ClassVar[str] = (
        "alerts on addresses with is_illicit, or with a role that moves a pattern's money"
    )
    negative: ClassVar[str] = (
        "alerts on addresses that are not listed, or listed as licit or with a legitimate role"
    )
    unknown: ClassVar[str] = "alerts on addresses listed without a verdict"
    known: ClassVar[str] = "from confirmation_date on; always where it is null"

    def truth(self, table: pl.DataFrame) -> Truth:
        """Return the facts."""
        require_columns(table, self.name, "address")
        return check_truth(table)


class AddressConfirmations(LabelStrategy):
    """What somebody found out of addresses, late, incompletely, and now and then wrongly."""

    name: ClassVar[str] = "address-confirmations"
    positive: ClassVar[str] = "alerts on addresses with confirmed_illicit"
    negative: ClassVar[str] = "alerts on all other addresses: nobody has found anything"
    unknown: ClassVar[str] = "nothing: what is illicit and not yet confirmed is learned as licit"
    known: ClassVar[str] = "from confirmation_date on; always where it is null"

    def truth(self, table: pl.DataFrame) -> Truth:
        """Return the facts; a row nobody confirmed or cleared is no fact."""
        require_columns(table, self.name, "address", "confirmed_illicit")
        found = table.filter(pl.col("confirmed_illicit").is_not_null())
        return address_facts(
            found.with_columns(is_illicit=pl.col("confirmed_illicit")), unlisted="licit"
        )
