"""The planted schemes: which shapes launder money here, and the truth about who took part."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from aml_miner.batch.schemas import GROUND_TRUTH_BY_ADDRESS
from aml_miner.simulation.groups import Group, form_groups
from aml_miner.simulation.population import World
from aml_miner.simulation.shapes import Chain, Gathering, Instalments, Ring, Scattering, Shape

# Amounts and delays are our choice. They overlap those of the look-alikes on purpose: laundering is quicker, dearer and
# keeps less back on average, never always.
SCHEMES: Mapping[str, Shape] = {
    "structuring": Instalments(
        payments=(8, 25), collectors=(1, 3), amount_usd=(8_000, 9_990), gap_hours=(4, 40)
    ),
    "fan_in": Gathering(
        sources=(5, 30),
        median_usd=1_500,
        sigma=0.8,
        gap_hours=(0.2, 8),
        rest_hours=(0.5, 24),
        kept_share=(0.0, 0.05),
    ),
    "fan_out": Scattering(
        targets=(5, 30),
        median_usd=1_500,
        sigma=0.8,
        gap_hours=(0.2, 8),
        rest_hours=(0.5, 24),
        kept_share=(0.0, 0.05),
    ),
    "cycle": Ring(
        members=(3, 8), median_usd=3_500, sigma=0.9, delay_hours=(0.3, 24), kept_share=(0.002, 0.03)
    ),
    "layering": Chain(
        hops=(3, 7), median_usd=5_000, sigma=0.9, delay_hours=(0.1, 12), kept_share=(0.002, 0.03)
    ),
}
"""Kind of scheme → shape. With a new entry ordinary life stays as it was, and the schemes share the accounts anew."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """One planted instance and the id the truth calls it by."""

    instance_id: str
    group: Group


def plant_schemes(world: World) -> list[Scheme]:
    """Plant schemes of every kind, each kind with an equal part of ``illicit_share`` of the accounts.

    Nobody is in two of them. At least one of each kind is planted unless the share is 0.
    """
    config = world.config
    free = np.ones(config.accounts, bool)
    return [
        Scheme(f"{kind}-{number:04d}", group)
        for kind, shape in SCHEMES.items()
        for number, group in enumerate(
            form_groups(
                world,
                kind,
                shape,
                seats=config.accounts * config.illicit_share / len(SCHEMES),
                neighbourly_share=config.neighbourly_scheme_share,
                free=free,
            )
        )
    ]


def build_ground_truth(schemes: Iterable[Scheme], addresses: pl.Series) -> pl.DataFrame:
    """List who took part in which scheme, and as what.

    Returns
    -------
    polars.DataFrame
        ``GROUND_TRUTH_BY_ADDRESS`` without ``is_illicit`` (everybody listed is), one row per address, sorted by it.
    """
    schema = {
        name: dtype
        for name, dtype in GROUND_TRUTH_BY_ADDRESS.schema.items()
        if name not in {"is_illicit", "confirmed_illicit", "confirmation_date", "confidence"}
    }
    rows = [
        (
            addresses[account],
            f"{scheme.group.kind}_{role}",
            scheme.group.kind,
            scheme.instance_id,
            -1,
            "",
            "",
        )
        for scheme in schemes
        for account, role in zip(scheme.group.members.tolist(), scheme.group.roles, strict=True)
    ]
    return pl.DataFrame(rows, schema=schema, orient="row").sort("address")
