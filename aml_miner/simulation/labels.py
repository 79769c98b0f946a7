"""What is publicly known of addresses: services from the start, and some of the guilty once they are found out."""

from collections.abc import Iterable
from typing import Final

import polars as pl

from aml_miner.batch.schemas import ADDRESS_LABELS
from aml_miner.simulation.population import World

# Kind of account → its type and the risk that type has by default.
_PUBLIC: Final = {
    "exchanges": ("exchange", "low"),
    "vaults": ("exchange", "low"),
    "bridges": ("bridge", "medium"),
    "validators": ("validator", "low"),
    "processors": ("merchant", "medium"),
    "charities": ("institutional", "low"),
    "casinos": ("gambling", "high"),
    "airdroppers": ("defi", "medium"),
    "mixers": ("mixer", "critical"),
    "brands": ("merchant", "medium"),
}


def build_labels(world: World, addresses: pl.Series, warnings: pl.DataFrame) -> pl.DataFrame:
    """Label what is publicly known: services and brands, never shops or households; and warnings as they are made.

    Parameters
    ----------
    warnings
        ``address`` and ``created_timestamp`` (ms) of the guilty that were warned of.

    Returns
    -------
    polars.DataFrame
        ``ADDRESS_LABELS``, sorted by address.
    """
    rows = list(_service_rows(world, addresses))
    rows += [(address, "scam", "scam", "critical", 0.8, at) for address, at in warnings.rows()]
    names = ("address", "label", "address_type", "risk_level", "confidence_score")
    labelled = pl.DataFrame(rows, schema=[*names, "created_timestamp"], orient="row")
    return (
        labelled.with_columns(
            network=pl.lit(world.config.network),
            network_type=pl.lit("simulated"),
            address_subtype=pl.lit(""),
            trust_level=pl.lit("verified"),
            source=pl.lit("simulation"),
            updated_timestamp=pl.col("created_timestamp"),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in ADDRESS_LABELS.schema.items())
        .sort("address", "created_timestamp")
    )


def _service_rows(world: World, addresses: pl.Series) -> Iterable[tuple[object, ...]]:
    for kind, (address_type, risk) in _PUBLIC.items():
        named = addresses.gather(world.population.of(kind)).sort()
        for number, address in enumerate(named, start=1):
            yield address, f"{kind} {number}", address_type, risk, 1.0, world.rhythm.start_ms
