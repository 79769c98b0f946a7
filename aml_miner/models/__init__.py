"""Saved models and what is asked of them: scores, and what each feature added."""

from aml_miner.models.alert_ranker import AlertRankerModel
from aml_miner.models.alert_scorer import AlertScorerModel
from aml_miner.models.cluster_scorer import ClusterScorerModel
from aml_miner.models.contributions import Contributions
from aml_miner.models.metadata import ModelMetadata
from aml_miner.models.model_folder import Models, load_models, save_models
from aml_miner.models.risk_model import RiskModel

__all__ = [
    "AlertRankerModel",
    "AlertScorerModel",
    "ClusterScorerModel",
    "Contributions",
    "ModelMetadata",
    "Models",
    "RiskModel",
    "load_models",
    "save_models",
]
