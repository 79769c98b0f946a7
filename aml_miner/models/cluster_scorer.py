"""How likely a cluster of alerts is to be illicit."""

from dataclasses import dataclass
from typing import ClassVar

from aml_miner.features.builder import build_cluster_features
from aml_miner.models.metadata import Kind
from aml_miner.models.risk_model import RiskModel, logistic


@dataclass(frozen=True, slots=True, eq=False)
class ClusterScorerModel(RiskModel):
    """A binary classifier of clusters: one row per cluster, never one per alert."""

    kind: ClassVar[Kind] = "cluster_scorer"
    build_features = staticmethod(build_cluster_features)

    def score_of(self, raw_score: float) -> float:
        """Return the calibrated share, or 1 / (1 + exp(−sigmoid × raw score)) where there is no calibration."""
        if self.metadata.calibration is not None:
            return self.metadata.calibration.share_of(raw_score)
        return logistic(self.text.sigmoid * raw_score)
