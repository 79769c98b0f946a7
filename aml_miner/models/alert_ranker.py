"""Which alert of a batch to open first."""

from dataclasses import dataclass
from typing import ClassVar

from aml_miner.features.builder import build_all_features
from aml_miner.models.metadata import Kind
from aml_miner.models.risk_model import RiskModel


@dataclass(frozen=True, slots=True, eq=False)
class AlertRankerModel(RiskModel):
    """A LambdaRank model of alerts. Scores compare within one batch only."""

    kind: ClassVar[Kind] = "alert_ranker"
    build_features = staticmethod(build_all_features)

    def score_of(self, raw_score: float) -> float:
        """Return (1 + raw / (1 + |raw|)) / 2.

        Raw scores of a ranker are not log-odds, so no logistic curve is pretended. These four operations are exactly
        rounded everywhere, and never turn the order of two scores around.
        """
        return 0.5 * (1.0 + raw_score / (1.0 + abs(raw_score)))
