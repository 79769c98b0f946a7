"""Score, rank and explain anti-money-laundering alerts, deterministically."""

from loguru import logger

__version__ = "0.1.0"

logger.disable(__name__)  # a library is silent until its user says logger.enable("aml_miner")
