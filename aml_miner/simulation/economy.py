"""A whole synthetic economy: its transfers, its public labels and the truth about it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from aml_miner.batch.schemas import ADDRESS_LABELS, GROUND_TRUTH_BY_ADDRESS, TRANSFERS
from aml_miner.simulation.config import SimulationConfig
from aml_miner.simulation.labels import build_labels
from aml_miner.simulation.ledger import Ledger, settle
from aml_miner.simulation.life import keep_possible, pay_life
from aml_miner.simulation.market import Market
from aml_miner.simulation.payments import join_payments
from aml_miner.simulation.planting import plant_lookalikes, plant_schemes
from aml_miner.simulation.population import build_world, name_addresses
from aml_miner.simulation.truth import build_truth, warnings_of
from aml_miner.utils.folders import writing

_ROWS_PER_PIECE = 500_000


@dataclass(frozen=True)
class Economy:
    """What a simulation leaves behind.

    Attributes
    ----------
    ledger, market, addresses
        The transfers in little room, the coins they are in, and the address of each account.
    labels : polars.DataFrame
        ``ADDRESS_LABELS``, sorted by address: what is publicly known, and since when.
    ground_truth : polars.DataFrame
        ``GROUND_TRUTH_BY_ADDRESS``, sorted by address: who took part in which scheme as what, and what of it came out.
    """

    ledger: Ledger
    market: Market
    addresses: pl.Series
    labels: pl.DataFrame
    ground_truth: pl.DataFrame

    @cached_property
    def transfers(self) -> pl.DataFrame:
        """``TRANSFERS``, sorted by (block_timestamp, tx_id)."""
        return self.ledger.transfers(self.market, self.addresses)


def _silence(stage: str) -> None:
    del stage


def simulate_economy(
    config: SimulationConfig, progress: Callable[[str], None] = _silence
) -> Economy:
    """Simulate ordinary life, innocent look-alikes and planted schemes.

    Equal configs give equal tables, to the last digit. Times and amounts of the schemes overlap those of ordinary life,
    many of their members live it too, and neither an address nor a transfer id says who is who. `progress` is told the
    name of each stage.

    Examples
    --------
    >>> economy = simulate_economy(SimulationConfig(accounts=200, days=7))
    >>> economy.transfers.select("tx_id", "event_index").row(0)
    ('t0000000000', '0')
    """
    progress("moving in")
    world = build_world(config)
    addresses = name_addresses(config)
    progress("living")
    parts = dict(pay_life(world))
    progress("arranging")
    lookalikes = plant_lookalikes(world)
    schemes = plant_schemes(world)
    progress("settling")
    arranged = [each.group for each in (*lookalikes, *schemes)]
    parts["preludes"] = join_payments(group.prelude for group in arranged)
    parts["lookalikes"] = keep_possible(
        join_payments(each.group.payments for each in lookalikes), world
    )
    parts["schemes"] = join_payments(each.group.payments for each in schemes)
    sizes = [each.group.payments.cents.size for each in schemes]
    planted = np.repeat(np.arange(len(schemes), dtype=np.int32), sizes)
    ledger = settle(parts, world, planted)
    del parts
    progress("finding out")
    truth = build_truth(world, schemes, lookalikes, addresses)
    labels = build_labels(world, addresses, warnings_of(world, truth))
    return Economy(ledger, world.market, addresses, labels, truth)


def write_economy(economy: Economy, folder: Path) -> None:
    """Write transfers.parquet, address_labels.parquet and ground_truth.parquet into a folder.

    The folder is made if need be. Each file appears whole: it is written beside its place, in pieces, then renamed.

    Raises
    ------
    OutputError
        If the folder or a file cannot be written.
    """
    tables = ((ADDRESS_LABELS, economy.labels), (GROUND_TRUTH_BY_ADDRESS, economy.ground_truth))
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{TRANSFERS.file_name}.part"
        _write_transfers(economy, unfinished)
        unfinished.replace(folder / TRANSFERS.file_name)
        for table, rows in tables:
            unfinished = folder / f".{table.file_name}.part"
            rows.write_parquet(unfinished)
            unfinished.replace(folder / table.file_name)


def _write_transfers(economy: Economy, path: Path) -> None:
    ledger = economy.ledger
    writer: pq.ParquetWriter | None = None
    try:
        for first, count in ledger.slices(_ROWS_PER_PIECE):
            piece = ledger.transfers(economy.market, economy.addresses, first, count).to_arrow()
            if writer is None:
                writer = pq.ParquetWriter(path, piece.schema, compression="zstd")
            writer.write_table(piece)
    finally:
        if writer is not None:
            writer.close()
