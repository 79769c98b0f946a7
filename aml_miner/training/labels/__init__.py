"""Label strategies: what is taken for illicit, for licit and for unknown, and since when it was known."""

from pathlib import Path
from typing import Final

import polars as pl

from aml_miner.batch.faults import naming_file
from aml_miner.batch.reading import read_parquet
from aml_miner.errors import ConfigurationError, InvalidBatchError
from aml_miner.training.labels.address_labels import AddressLabels
from aml_miner.training.labels.dispositions import Dispositions
from aml_miner.training.labels.laid import label_alerts, label_clusters
from aml_miner.training.labels.published import (
    AddressConfirmations,
    AddressTruth,
    AlertTruth,
)
from aml_miner.training.labels.strategy import LabelStrategy, address_facts, alert_facts
from aml_miner.training.truth import Truth, truth_file

STRATEGIES: Final[dict[str, LabelStrategy]] = {
    strategy.name: strategy
    for strategy in (
        AlertTruth(),
        AddressTruth(),
        AddressConfirmations(),
        AddressLabels(),
        Dispositions(),
    )
}
"""Every strategy by name; a strategy of your own is one more entry."""


def find_strategy(name: str) -> LabelStrategy:
    """Return the strategy of a name.

    Raises
    ------
    ConfigurationError
        If there is none; those that are there are named.
    """
    if name not in STRATEGIES:
        known = ", ".join(STRATEGIES)
        raise ConfigurationError(f"label strategy: one of {known}; found '{name}'.")
    return STRATEGIES[name]


def read_labels(path: Path, strategy: str | None = None) -> Truth:
    """Read facts from a Parquet or CSV file, or from the ``ground_truth.parquet`` of a folder.

    Parameters
    ----------
    path
        The file, CSV when its name ends so, or a folder with truth in it.
    strategy
        What to make of it; when None, truth per alert or per address, as its columns tell.

    Raises
    ------
    ConfigurationError
        If there is no such strategy.
    InvalidBatchError
        If the file is missing or unreadable, or breaks the schema of the strategy.
    """
    chosen = find_strategy(strategy) if strategy else None
    path = truth_file(path)
    table = _read_csv(path) if path.suffix.lower() == ".csv" else read_parquet(path)
    with naming_file(path):
        if chosen is None:
            chosen = STRATEGIES["alert-truth" if "alert_id" in table.columns else "address-truth"]
        return chosen.truth(table)


def _read_csv(path: Path) -> pl.DataFrame:
    try:
        return pl.read_csv(path, try_parse_dates=True, infer_schema_length=None, glob=False)
    except FileNotFoundError as error:
        raise InvalidBatchError(f"{path}: there is no such file; check the path.") from error
    except (pl.exceptions.PolarsError, OSError) as error:
        first = str(error).split("\n", maxsplit=1)[0]
        raise InvalidBatchError(f"{path}: not a readable CSV file: {first}") from error


__all__ = [
    "STRATEGIES",
    "LabelStrategy",
    "address_facts",
    "alert_facts",
    "find_strategy",
    "label_alerts",
    "label_clusters",
    "read_labels",
]
