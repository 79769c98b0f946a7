"""Address labels by their level of risk."""

from typing import ClassVar, Final

import polars as pl

from aml_miner.batch.checking import check_table
from aml_miner.batch.schemas import ADDRESS_LABELS
from aml_miner.training.labels.strategy import LabelStrategy, address_facts
from aml_miner.training.truth import Truth

RISKY: Final = ("high", "critical")
SAFE: Final = ("low", "medium")


class AddressLabels(LabelStrategy):
    """What an intelligence provider says of addresses, weighed by how sure it is."""

    name: ClassVar[str] = "address-labels"
    positive: ClassVar[str] = "alerts on addresses with a label of risk_level high or critical"
    negative: ClassVar[str] = "alerts on addresses with labels of risk_level low or medium alone"
    unknown: ClassVar[str] = (
        "alerts on addresses without a label, or of another or no level of risk"
    )
    known: ClassVar[str] = "from the day of created_timestamp on; always where it is null"

    def truth(self, table: pl.DataFrame) -> Truth:
        """Return the facts; ``confidence_score`` is how much each weighs."""
        labels = check_table(table, ADDRESS_LABELS).rows
        level = pl.col("risk_level").str.strip_chars().str.to_lowercase()
        illicit = (
            pl.when(level.is_in(RISKY))
            .then(pl.lit(value=True))
            .when(level.is_in(SAFE))
            .then(pl.lit(value=False))
        )
        created = pl.from_epoch(pl.col("created_timestamp").cast(pl.Int64), time_unit="ms")
        facts = labels.select(
            "address",
            is_illicit=illicit,
            confirmation_date=created.dt.date(),
            confidence="confidence_score",
        )
        return address_facts(facts, unlisted="unknown")
