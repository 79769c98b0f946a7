"""How likely an alert is to be illicit, on its own."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from aml_miner.batch.batch import Batch
from aml_miner.features.builder import build_all_features
from aml_miner.models.metadata import Kind
from aml_miner.models.risk_model import RiskModel, logistic


@dataclass(frozen=True, slots=True, eq=False)
class AlertScorerModel(RiskModel):
    """A binary classifier of alerts. Scores compare across batches and days."""

    kind: ClassVar[Kind] = "alert_scorer"

    def prepare_features(self, batch: Batch) -> pl.DataFrame:
        """Build every alert-level feature, one row per alert in the order of ``batch.alerts``."""
        return build_all_features(batch)

    def score_of(self, raw_score: float) -> float:
        """Return the calibrated share, or 1 / (1 + exp(−sigmoid × raw score)) where there is no calibration."""
        if self.metadata.calibration is not None:
            return self.metadata.calibration.share_of(raw_score)
        return logistic(self.text.sigmoid * raw_score)
