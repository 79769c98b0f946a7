"""What an audit found: table by table, and the first difference with everything needed to look into it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from aml_miner.validator.difference import Difference, Value

type How = Literal["alone", "together"]


@dataclass(frozen=True, slots=True)
class AuditedDifference:
    """The first value that is not what scoring again gives.

    Attributes
    ----------
    table, id
        Where it stands; the column is the difference's.
    how
        Whether the row was scored alone, or together with the other rows drawn.
    difference
        Stored (expected) and computed (found) value.
    features
        What went into the model for this row, by name.
    """

    table: str
    id: str
    how: How
    difference: Difference
    features: Mapping[str, Value]

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON holds it: both values in full and in hexadecimal."""
        return {
            "table": self.table,
            "id": self.id,
            "column": self.difference.column,
            "scored": self.how,
            "stored": self.difference.expected,
            "stored_hex": self.difference.expected_hex,
            "computed": self.difference.found,
            "computed_hex": self.difference.found_hex,
            "features": dict(self.features),
        }


@dataclass(frozen=True, slots=True)
class AuditedTable:
    """What the audit of one table found.

    Attributes
    ----------
    whole
        Whether every row was looked at, whatever the share: a rank compares with every alert of the batch.
    ids, drawn
        Identifiers in batch and results, and how many were drawn.
    rows
        Rows of the batch that have these identifiers.
    missing, extra
        Identifiers of rows that the results lack, and of rows that they have and the batch has not.
    differ_alone, differ_together
        Rows that differ from what is stored.
    sha256
        Over identifiers, scores and reasons of these rows, scored alone; of a whole table over its ranks and scores.
    milliseconds
        What a row alone takes, by percentile; no part of what is compared.
    """

    table: str
    whole: bool
    ids: int
    drawn: int
    rows: int
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    differ_alone: int
    differ_together: int
    sha256: str
    first: AuditedDifference | None
    milliseconds: Mapping[str, float] = field(compare=False)

    @property
    def holds(self) -> bool:
        """Whether every drawn row is stored, and as it is computed."""
        return not (self.missing or self.extra or self.differ_alone or self.differ_together)


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found, table by table.

    Attributes
    ----------
    absent
        Tables that a results folder holds and this one lacks, by their names.
    """

    share: float
    seed: int
    tables: tuple[AuditedTable, ...]
    absent: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every table is there, and everything drawn is as it is computed."""
        return not self.absent and all(table.holds for table in self.tables)

    @property
    def first(self) -> AuditedDifference | None:
        """The first difference of the first table that has one."""
        return next((table.first for table in self.tables if table.first), None)

    def to_dict(self) -> dict[str, object]:
        """Return the audit as JSON holds it."""
        shown = [
            {**asdict(table), "first": table.first.to_dict() if table.first else None}
            for table in self.tables
        ]
        return {
            "passed": self.passed,
            "share": self.share,
            "seed": self.seed,
            "tables": shown,
            "absent_tables": list(self.absent),
        }
