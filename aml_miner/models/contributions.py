"""What each feature adds to each raw score, by one of two ways that agree to the twelfth digit.

The tables of ``tree_shap`` need the compiler Numba. Where it is absent, LightGBM's own contributions take their place,
which take about a hundred times as long; the log says so once per model.
"""

from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING, Final, Literal, Protocol

import numpy as np
from loguru import logger
from numpy.typing import NDArray

from aml_miner.models.encoding import Matrix
from aml_miner.models.model_text import ModelText
from aml_miner.models.splits import Splits, lay_out_splits
from aml_miner.utils.compiled import start_compiler

if TYPE_CHECKING:
    from lightgbm import Booster

    from aml_miner.models.leaf_search import LeafBits
    from aml_miner.models.row_by_row import RowTables
    from aml_miner.models.tree_shap import Forest

_SINGLE_ROWS: Final = 5
"""Up to here rows go through the trees faster one by one; measured."""

type Method = Literal["tables", "lightgbm"]


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """What each feature adds to each raw score (log-odds in a scorer); positive raises the risk.

    Attributes
    ----------
    values
        Shape (rows, features), in the model's order of features.
    base_value
        The raw score before any feature is known. With a row's values it adds up to its raw score.
    raw_scores
        Shape (rows,).
    """

    values: NDArray[np.float64]
    base_value: float
    raw_scores: NDArray[np.float64]


class Explainer(Protocol):
    """Sums and explains the trees of one model; a row's bits depend on the row alone, not on ``threads``."""

    @property
    def method(self) -> Method:
        """How contributions are computed."""

    def warm(self, *, single_rows: bool = True) -> None:
        """Make what is made once, so that the first row takes no longer than the others.

        Whoever scores whole batches alone needs nothing that is made for ``single_rows``.
        """

    def raw_scores(self, matrix: Matrix, threads: int = 1) -> NDArray[np.float64]:
        """Return the sum of the leaf values each row reaches, shape (rows,); the bits are LightGBM's."""

    def explain(self, matrix: Matrix, threads: int = 1) -> Contributions:
        """Return the contributions of every row."""


def make_explainer(text: ModelText) -> Explainer:
    """Return the tables' way where Numba is installed, else LightGBM's."""
    if find_spec("numba") is not None:
        return TableExplainer(text)
    logger.warning("Numba is not installed: LightGBM explains instead, about 100 times slower")
    return BoosterExplainer(text)


class TableExplainer:
    """Explains by the tables of ``tree_shap``, made when they are first needed."""

    method: Method = "tables"

    def __init__(self, text: ModelText) -> None:
        self._text = text
        self._making = Lock()
        self._forest: Forest | None = None
        self._row_tables: RowTables | None = None
        self._leaves: tuple[Splits, LeafBits] | None = None

    @property
    def forest(self) -> "Forest":
        """The trees with their tables; made once, whichever thread comes first."""
        with self._making:
            if self._forest is None:
                from aml_miner.models.tree_shap import build_forest  # here: it imports Numba

                start_compiler()
                self._forest = build_forest(self._text.trees, len(self._text.feature_names))
            return self._forest

    @property
    def row_tables(self) -> "RowTables":
        """The tables once more, laid out for rows that come one by one; held only where they do."""
        from aml_miner.models.row_by_row import lay_out_for_single_rows

        forest = self.forest
        with self._making:
            if self._row_tables is None:
                self._row_tables = lay_out_for_single_rows(forest)
            return self._row_tables

    def warm(self, *, single_rows: bool = True) -> None:
        """Fill the tables and load the compiled code."""
        rows = np.zeros((_SINGLE_ROWS + 1, len(self._text.feature_names)), np.float32)
        self.raw_scores(rows)
        self.explain(rows)
        if single_rows:
            self.explain(rows[:1])

    def raw_scores(self, matrix: Matrix, threads: int = 1) -> NDArray[np.float64]:
        """Return the sum of the leaf values each row reaches, shape (rows,); the bits are LightGBM's."""
        from aml_miner.models.leaf_search import lay_out_bits
        from aml_miner.models.tree_shap import sum_leaves

        with self._making:
            if self._leaves is None:
                start_compiler()
                self._leaves = lay_out_splits(self._text.trees), lay_out_bits(self._text.trees)
        return sum_leaves(*self._leaves, matrix, threads)

    def explain(self, matrix: Matrix, threads: int = 1) -> Contributions:
        """Return the contributions of every row; see ``tree_shap``."""
        from aml_miner.models.tree_shap import explain_one_by_one, explain_rows

        if len(matrix) <= _SINGLE_ROWS:
            totals = explain_one_by_one(self.forest, self.row_tables, matrix)
        else:
            totals = explain_rows(self.forest, matrix, threads)
        return Contributions(totals[:-1].T, self.forest.base_value, totals[-1])


class BoosterExplainer:
    """Explains by LightGBM's ``pred_contrib``, the same values up to the last digits."""

    method: Method = "lightgbm"

    def __init__(self, text: ModelText) -> None:
        self._text = text

    @cached_property
    def booster(self) -> "Booster":
        """LightGBM's form of the trees. Not to be shared with a forked process: load the model there again."""
        from lightgbm import Booster  # here: it takes seconds to import, and tables do without

        return Booster(model_str=self._text.text)

    def warm(self, *, single_rows: bool = True) -> None:
        """Hand the trees to LightGBM."""
        del single_rows
        self.raw_scores(np.zeros((1, len(self._text.feature_names)), np.float32))

    def raw_scores(self, matrix: Matrix, threads: int = 1) -> NDArray[np.float64]:
        """Return the sum of the leaf values each row reaches, shape (rows,)."""
        if not len(matrix):
            return np.zeros(0)
        found = self.booster.predict(matrix, raw_score=True, num_threads=threads)
        return np.asarray(found, np.float64)

    def explain(self, matrix: Matrix, threads: int = 1) -> Contributions:
        """Return LightGBM's contributions (Lundberg et al. 2020, algorithm 2)."""
        rows = matrix if len(matrix) else np.full((1, matrix.shape[1]), np.nan, np.float32)
        found = np.asarray(self.booster.predict(rows, pred_contrib=True, num_threads=threads))
        values = np.ascontiguousarray(found[: len(matrix), :-1])
        return Contributions(values, float(found[0, -1]), self.raw_scores(matrix, threads))
