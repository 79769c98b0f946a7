"""What every model of this package is: frozen, loaded from an audited artifact, and pure in what it is given."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.batch.batch import Batch
from aml_miner.errors import ConfigurationError, ModelRejectedError
from aml_miner.models.artifact import (
    OBJECTIVES,
    check_agreement,
    digest_text,
    load_artifact,
    save_artifact,
)
from aml_miner.models.contributions import Contributions, Explainer, make_explainer
from aml_miner.models.encoding import Matrix, count_unknown, encode
from aml_miner.models.metadata import Kind, ModelMetadata
from aml_miner.models.model_text import ModelText, parse_model_text


@dataclass(frozen=True, slots=True, eq=False)
class RiskModel(ABC):
    """Features in, scores and their contributions out.

    A score lies in [0, 1] and a higher one is riskier. A row's score and contributions are the same to the bit
    whatever rows stand beside it, in whatever order rows and columns come, and on however many threads.

    Built by ``load`` or ``from_text``: both audit the text before LightGBM sees it.

    Attributes
    ----------
    metadata
        Where the model comes from.
    text
        The audited trees.
    explainer
        What sums and explains them.
    """

    kind: ClassVar[Kind]
    metadata: ModelMetadata
    text: ModelText
    explainer: Explainer

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Load a saved model.

        Raises
        ------
        ModelNotLoadedError
            If there is none in the folder.
        ModelRejectedError
            If it fails its audit or is of another kind.
        """
        return cls._build(*load_artifact(folder), where=str(folder))

    @classmethod
    def from_text(cls, text: str, metadata: ModelMetadata) -> Self:
        """Build a model from the text LightGBM gives; ``model_sha256`` is set to that of the text it will be saved as.

        Raises
        ------
        ModelRejectedError
            If the text fails its audit, or differs from the metadata.
        """
        parsed = parse_model_text(text)
        check_agreement(parsed, metadata)
        described = metadata.model_copy(update={"model_sha256": digest_text(parsed)})
        return cls._build(parsed, described, where="metadata")

    @classmethod
    def _build(cls, text: ModelText, metadata: ModelMetadata, where: str) -> Self:
        if metadata.kind != cls.kind:
            raise ModelRejectedError(
                f"{where}: expected a model of kind '{cls.kind}'; found '{metadata.kind}'. "
                f"Name the folder of the right one."
            )
        return cls(metadata, text, make_explainer(text))

    def save(self, folder: Path) -> None:
        """Write the model into a folder, whole or not at all; the same model gives the same bytes.

        Raises
        ------
        OutputError
            If the folder cannot be written, or was not written by this package.
        """
        save_artifact(folder, self.text, self.metadata)

    @property
    def objective(self) -> str:
        """What the model was trained for, in LightGBM's words."""
        return OBJECTIVES[self.kind]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The columns the model needs, in its order."""
        return self.metadata.feature_names

    @property
    def version(self) -> str:
        """First 12 hexadecimal digits of the SHA-256 of ``model.txt``."""
        return self.metadata.model_sha256[:12]

    @staticmethod
    @abstractmethod
    def build_features(batch: Batch) -> pl.DataFrame:
        """Build a batch's features, one row per alert or per cluster; models that share a builder share a table."""

    def prepare_features(self, batch: Batch) -> pl.DataFrame:
        """Build the features of a batch: one row per alert or per cluster, in the batch's order.

        Raises
        ------
        FeatureComputationError
            If a feature cannot be built.
        """
        return type(self).build_features(batch)

    @abstractmethod
    def score_of(self, raw_score: float) -> float:
        """Return the score in [0, 1] of one raw score; never lower for a higher one."""

    def predict(self, features: pl.DataFrame, *, threads: int = 1) -> NDArray[np.float64]:
        """Return the score of each row, shape (rows,).

        Raises
        ------
        PredictionError
            If a feature is missing or of the wrong type.
        """
        return self.scores_of(self.raw_scores(features, threads=threads))

    def scores_of(self, raw_scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the scores of raw scores, one number at a time; shape (rows,)."""
        return np.array([self.score_of(value) for value in raw_scores.tolist()], np.float64)

    def raw_scores(self, features: pl.DataFrame, *, threads: int = 1) -> NDArray[np.float64]:
        """Return the sum of the leaf values each row reaches, shape (rows,); errors as in ``predict``."""
        return self.explainer.raw_scores(self._matrix(features, threads), threads)

    def contributions(self, features: pl.DataFrame, *, threads: int = 1) -> Contributions:
        """Return what each feature adds to each raw score; errors as in ``predict``."""
        return self.explainer.explain(self._matrix(features, threads), threads)

    def count_unknown(self, features: pl.DataFrame) -> dict[str, int]:
        """Count, per category column, the values that training never saw."""
        return count_unknown(features, self.metadata.code_tables)

    def _matrix(self, features: pl.DataFrame, threads: int) -> Matrix:
        if threads < 1:
            raise ConfigurationError(f"threads must be at least 1; found {threads}.")
        return encode(features, self.feature_names, self.metadata.code_tables)


def logistic(log_odds: float) -> float:
    """Return 1 / (1 + exp(−log_odds)).

    One number at a time: a vectorised exp may round differently at the ragged end of an array, and then a row's bits
    would depend on its place.

    Examples
    --------
    >>> logistic(0.0), logistic(2.0), logistic(-10_000.0) < 1e-300
    (0.5, 0.8807970779778823, True)
    """
    return 1.0 / (1.0 + math.exp(min(-log_odds, 700.0)))  # exp overflows above 709
