"""Score, rank and explain anti-money-laundering alerts, deterministically."""

__version__ = "0.1.0"
