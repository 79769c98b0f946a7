"""A whole synthetic economy: its transfers, its public labels and the truth about it."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from aml_miner.batch.schemas import ADDRESS_LABELS, GROUND_TRUTH_BY_ADDRESS, TRANSFERS
from aml_miner.simulation.config import SimulationConfig
from aml_miner.simulation.lookalikes import pay_lookalikes
from aml_miner.simulation.ordinary import pay_ordinary
from aml_miner.simulation.payments import build_transfers, join_payments
from aml_miner.simulation.population import build_labels, build_world, name_addresses
from aml_miner.simulation.schemes import build_ground_truth, plant_schemes
from aml_miner.utils.folders import writing


@dataclass(frozen=True, slots=True)
class Economy:
    """What a simulation leaves behind.

    Attributes
    ----------
    transfers : polars.DataFrame
        ``TRANSFERS``, sorted by (block_timestamp, tx_id).
    labels : polars.DataFrame
        ``ADDRESS_LABELS`` of the exchanges and the brands, sorted by address: what is publicly known.
    ground_truth : polars.DataFrame
        ``GROUND_TRUTH_BY_ADDRESS`` without ``is_illicit``, one row per member of a planted scheme, sorted by address.
    """

    transfers: pl.DataFrame
    labels: pl.DataFrame
    ground_truth: pl.DataFrame


def simulate_economy(config: SimulationConfig) -> Economy:
    """Simulate ordinary life, innocent look-alikes and planted schemes.

    Equal configs give equal tables, to the last digit. Times and amounts of the schemes overlap those of ordinary life,
    their members live it too, and neither an address nor a transfer id says who is who.

    Examples
    --------
    >>> economy = simulate_economy(SimulationConfig(accounts=200, days=7))
    >>> economy.transfers.select("tx_id", "asset_symbol").row(0)
    ('t0000000000', 'USDX')
    >>> sorted(economy.ground_truth["pattern_type"].unique())
    ['cycle', 'fan_in', 'fan_out', 'layering', 'structuring']
    """
    world = build_world(config)
    addresses = name_addresses(config)
    schemes = plant_schemes(world)
    planted = join_payments(scheme.group.payments for scheme in schemes)
    parts = {**pay_ordinary(world), **pay_lookalikes(world), "schemes": planted}
    return Economy(
        transfers=build_transfers(parts, world, addresses),
        labels=build_labels(world, addresses),
        ground_truth=build_ground_truth(schemes, addresses),
    )


def write_economy(economy: Economy, folder: Path) -> None:
    """Write transfers.parquet, address_labels.parquet and ground_truth.parquet into a folder.

    The folder is made if need be. Each file appears whole: it is written beside its place, then renamed.

    Raises
    ------
    OutputError
        If the folder or a file cannot be written.
    """
    tables = (
        (TRANSFERS, economy.transfers),
        (ADDRESS_LABELS, economy.labels),
        (GROUND_TRUTH_BY_ADDRESS, economy.ground_truth),
    )
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for table, rows in tables:
            unfinished = folder / f".{table.file_name}.part"
            rows.write_parquet(unfinished)
            unfinished.replace(folder / table.file_name)
