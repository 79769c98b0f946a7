"""What training and evaluation measure of every scoring alike, and which way is better."""

from collections.abc import Mapping
from typing import Final

from aml_miner.evaluation.bench import Measure

RANKING_METRICS: Final[Mapping[str, Measure]] = {
    "average_precision": lambda drawn: drawn.ranked.average_precision(),
}
"""Of any scores, by the order they give."""

CALIBRATION_METRICS: Final[Mapping[str, Measure]] = {
    "brier_score": lambda drawn: drawn.brier_score(),
    "calibration_error": lambda drawn: drawn.calibration_error(),
}
"""Of scores that are read as shares."""

LOWER_IS_BETTER: Final[frozenset[str]] = frozenset({"brier_score", "calibration_error"})
"""The metrics of which a lower value is better; of all others a higher one is."""
