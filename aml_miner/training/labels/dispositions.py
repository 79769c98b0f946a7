"""What the people who opened alerts decided."""

from typing import ClassVar, Final

import polars as pl

from aml_miner.errors import InvalidBatchError
from aml_miner.training.labels.strategy import LabelStrategy, alert_facts, require_columns
from aml_miner.training.truth import Truth

ILLICIT: Final = (
    "confirmed",
    "illicit",
    "reported",
    "sar_filed",
    "str_filed",
    "suspicious",
    "true_positive",
)
LICIT: Final = ("cleared", "closed", "false_positive", "licit", "no_action", "not_suspicious")
UNDECIDED: Final = ("escalated", "in_review", "open", "pending", "reopened")


class Dispositions(LabelStrategy):
    """A file of dispositions out of a case management system."""

    name: ClassVar[str] = "dispositions"
    positive: ClassVar[str] = f"alerts whose latest disposition is one of {', '.join(ILLICIT)}"
    negative: ClassVar[str] = f"alerts whose latest disposition is one of {', '.join(LICIT)}"
    unknown: ClassVar[str] = (
        f"alerts without a disposition, and those whose latest is one of {', '.join(UNDECIDED)}"
    )
    known: ClassVar[str] = "from decided_on on; always where it is null"

    def truth(self, table: pl.DataFrame) -> Truth:
        """Return the facts.

        Parameters
        ----------
        table
            ``alert_id, processing_date, disposition`` and, where there are, ``decided_on`` and ``confidence``. An alert
            may have several rows: the latest counts.

        Raises
        ------
        InvalidBatchError
            If a column is missing, or a disposition is none of those known.
        """
        require_columns(table, self.name, "alert_id", "processing_date", "disposition")
        said = pl.col("disposition").cast(pl.String).str.strip_chars().str.to_lowercase()
        word = table.select(said.str.replace_all(r"[\s-]+", "_")).to_series().fill_null("open")
        _check_words(word)
        verdicts = {**dict.fromkeys(ILLICIT, True), **dict.fromkeys(LICIT, False)}
        illicit = word.replace_strict(verdicts, default=None, return_dtype=pl.Boolean)
        facts = table.rename({"decided_on": "confirmation_date"}, strict=False)
        return alert_facts(facts.with_columns(confirmed_illicit=illicit))


def _check_words(words: pl.Series) -> None:
    strange = words.filter(~words.is_in([*ILLICIT, *LICIT, *UNDECIDED])).value_counts()
    if strange.height:
        named = ", ".join(f"'{w}' {n}" for w, n in strange.sort(words.name).head(10).iter_rows())
        raise InvalidBatchError(
            f"dispositions: {strange['count'].sum()} of {len(words)} rows say what is not known here: {named}; "
            f"write one of {', '.join(ILLICIT + LICIT + UNDECIDED)}."
        )
