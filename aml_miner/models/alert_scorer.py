"""How likely an alert is to be illicit, on its own."""

from dataclasses import dataclass
from typing import ClassVar

from aml_miner.features.builder import build_all_features
from aml_miner.models.metadata import Kind
from aml_miner.models.risk_model import RiskModel, logistic


@dataclass(frozen=True, slots=True, eq=False)
class AlertScorerModel(RiskModel):
    """A binary classifier of alerts. Scores compare across batches and days."""

    kind: ClassVar[Kind] = "alert_scorer"
    build_features = staticmethod(build_all_features)

    def score_of(self, raw_score: float) -> float:
        """Return the calibrated share, or 1 / (1 + exp(−sigmoid × raw score)) where there is no calibration."""
        if self.metadata.calibration is not None:
            return self.metadata.calibration.share_of(raw_score)
        return logistic(self.text.sigmoid * raw_score)
