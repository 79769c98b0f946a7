"""What is kept beside trained models: what they make of a small batch, and their card."""

from collections.abc import Mapping

from aml_miner.scoring.golden import golden_documents
from aml_miner.training.card import card_documents
from aml_miner.training.train_models import Training


def documents(training: Training) -> Mapping[str, bytes]:
    """Return the documents by file name."""
    return {**golden_documents(training.models), **card_documents(training.models, training.report)}
