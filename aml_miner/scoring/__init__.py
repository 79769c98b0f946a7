"""Scores, ranks and the reasons for them: the core both shells call."""

from aml_miner.scoring.opening_order import first_alerts
from aml_miner.scoring.results import write_results
from aml_miner.scoring.scoring import (
    Results,
    rank_alerts,
    score_addresses,
    score_alerts,
    score_batch,
    score_clusters,
)

__all__ = [
    "Results",
    "first_alerts",
    "rank_alerts",
    "score_addresses",
    "score_alerts",
    "score_batch",
    "score_clusters",
    "write_results",
]
