"""What a label strategy is: a file of somebody's findings in, facts out.

A strategy says in words what it takes for illicit, licit and unknown, and since when each fact was known. What follows
from that, so that no strategy can get it wrong, is done elsewhere: facts found out after the training date are left
out, several facts of one address become one label, and a fold learns only what was known when its test begins.
"""

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import ClassVar, Final, Literal

import polars as pl

from aml_miner.batch.checking import check_table
from aml_miner.batch.schemas import GROUND_TRUTH_BY_ADDRESS, GROUND_TRUTH_BY_ALERT
from aml_miner.errors import InvalidBatchError
from aml_miner.training.truth import Truth

_MAY_REPEAT: Final = replace(
    GROUND_TRUTH_BY_ALERT,
    unique=False,
    columns=tuple(
        replace(column, required=False) if column.name == "confirmed_illicit" else column
        for column in GROUND_TRUTH_BY_ALERT.columns
    ),
)


class LabelStrategy(ABC):
    """How a file becomes labels.

    Attributes
    ----------
    name
        What ``--label-strategy`` calls it.
    positive, negative, unknown
        What is taken for illicit, what for licit, and what for neither, in words.
    known
        Since when a fact counts as known, in words.
    """

    name: ClassVar[str]
    positive: ClassVar[str]
    negative: ClassVar[str]
    unknown: ClassVar[str]
    known: ClassVar[str]

    @abstractmethod
    def truth(self, table: pl.DataFrame) -> Truth:
        """Return the facts in a table, usually by ``alert_facts`` or ``address_facts``.

        Raises
        ------
        InvalidBatchError
            If the table lacks a column or breaks its schema.
        """


def alert_facts(table: pl.DataFrame) -> Truth:
    """Return facts per alert; alerts that are not listed are unknown.

    Parameters
    ----------
    table
        ``alert_id, processing_date, confirmed_illicit`` (null: undecided), and where known ``confirmation_date`` and
        ``confidence``. An alert may have several rows: the latest counts.

    Raises
    ------
    InvalidBatchError
        If it breaks the schema of truth per alert.
    """
    return Truth("alert", check_table(table, _MAY_REPEAT).rows, unlisted="unknown")


def address_facts(table: pl.DataFrame, *, unlisted: Literal["licit", "unknown"]) -> Truth:
    """Return facts per address.

    Parameters
    ----------
    table
        ``address, is_illicit`` (null: undecided), and where known ``confirmation_date``, ``confidence`` and
        ``pattern_instance_id``. An address may have several rows: illicit once is illicit.
    unlisted
        What an address is that is not in the table.

    Raises
    ------
    InvalidBatchError
        If it breaks the schema of truth per address.
    """
    return Truth("address", check_table(table, GROUND_TRUTH_BY_ADDRESS).rows, unlisted=unlisted)


def require_columns(table: pl.DataFrame, strategy: str, *names: str) -> None:
    """Refuse a table without the columns a strategy reads.

    Raises
    ------
    InvalidBatchError
        With the names of the missing ones.
    """
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise InvalidBatchError(
            f"{strategy}: required column(s) missing: {', '.join(missing)}; "
            f"found {', '.join(table.columns) or 'none'}."
        )
