"""Batches in from elsewhere: a folder, HTTP, S3-compatible storage or ClickHouse, verified before they are seen."""

from aml_miner.intake.fetching import Fetched, fetch_batches
from aml_miner.intake.opening import Access, open_source
from aml_miner.intake.place import Place, places_between
from aml_miner.intake.retention import remove_older

__all__ = [
    "Access",
    "Fetched",
    "Place",
    "fetch_batches",
    "open_source",
    "places_between",
    "remove_older",
]
