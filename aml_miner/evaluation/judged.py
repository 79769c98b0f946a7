"""Scored alerts or clusters beside what turned out, and beside what must be beaten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.errors import UndefinedMetricError

ROW_KEYS = ("id", "address", "label", "grade")


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Rows somebody scored.

    Attributes
    ----------
    what
        ``alerts`` or ``clusters``.
    rows
        ``id, address, label`` (Boolean, null where nobody knows), ``grade`` (0–3, of no meaning without a label).
    segments
        What rows are told apart by, by name one column of text each; null is shown as unknown.
    scorings
        Finite scores by name, one per row. The first is the model, the others stand beside it.
    probabilities
        Those of the scorings whose values lie in 0–1 and are read as shares; calibration is asked of them alone.
    explanations
        What explains the model's scores, as ``explain_json`` holds it; not in the order of the rows, or none at all.
    """

    what: str
    rows: pl.DataFrame
    segments: Mapping[str, pl.Series]
    scorings: Mapping[str, NDArray[np.float64]]
    probabilities: frozenset[str]
    explanations: Sequence[str] = ()

    @property
    def model(self) -> str:
        """Name of the scoring that is judged."""
        return next(iter(self.scorings))

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which rows have a label."""
        return self.rows["label"].is_not_null().to_numpy()

    def take(self, chosen: NDArray[np.bool_]) -> "Judged":
        """Return the chosen rows."""
        scorings = {name: scores[chosen] for name, scores in self.scorings.items()}
        mask = pl.Series(chosen)
        segments = {name: column.filter(mask) for name, column in self.segments.items()}
        return Judged(self.what, self.rows.filter(mask), segments, scorings, self.probabilities)

    def check(self) -> None:
        """Refuse scores nothing can be said of.

        Raises
        ------
        UndefinedMetricError
            If a score is not finite, or one read as a share lies outside 0–1.
        """
        for name, scores in self.scorings.items():
            wrong = ~np.isfinite(scores)
            if name in self.probabilities:
                wrong |= (scores < 0.0) | (scores > 1.0)
            if wrong.any():
                first = int(np.argmax(wrong))
                must = "lie between 0 and 1" if name in self.probabilities else "be finite"
                raise UndefinedMetricError(
                    f"{self.what}: scores of {name} must {must}; {int(wrong.sum())} of {len(wrong)} do not, "
                    f"first '{self.rows['id'][first]}' with {scores[first]}."
                )
