"""Innocent arrangements in the shapes of laundering, so that a shape alone proves nothing."""

from collections.abc import Mapping

import numpy as np

from aml_miner.simulation.groups import form_groups
from aml_miner.simulation.payments import Payments, join_payments
from aml_miner.simulation.population import World
from aml_miner.simulation.shapes import Chain, Gathering, Instalments, Ring, Scattering, Shape

LOOKALIKES: Mapping[str, Shape] = {
    # a house, a car or a harvest paid below the limit of a transfer
    "instalments": Instalments(
        payments=(5, 24), collectors=(1, 3), amount_usd=(7_000, 9_990), gap_hours=(6, 72)
    ),
    # presents, trips, club fees
    "collections": Gathering(
        sources=(5, 25),
        median_usd=300,
        sigma=1.2,
        gap_hours=(0.2, 20),
        rest_hours=(1, 96),
        kept_share=(0.0, 0.15),
    ),
    # a team lead shares out what a customer paid
    "payouts": Scattering(
        targets=(5, 25),
        median_usd=450,
        sigma=1.1,
        gap_hours=(0.1, 12),
        rest_hours=(0.5, 72),
        kept_share=(0.0, 0.15),
    ),
    # savings circles, and money lent on among friends
    "savings_circles": Ring(
        members=(3, 7), median_usd=900, sigma=1.3, delay_hours=(0.5, 72), kept_share=(0.0, 0.1)
    ),
    # contractor, subcontractor, supplier; an errand paid through relatives
    "subcontracts": Chain(
        hops=(2, 6), median_usd=1_800, sigma=1.3, delay_hours=(0.3, 72), kept_share=(0.0, 0.2)
    ),
}
"""Kind of arrangement → shape."""


def pay_lookalikes(world: World) -> Mapping[str, Payments]:
    """Pay what innocent groups pay, by kind; each kind gets an equal part of ``lookalike_share`` of the accounts.

    Nobody is in two groups of one kind, but may be in groups of two kinds, and in a scheme as well.
    """
    config = world.config
    return {
        kind: join_payments(
            group.payments
            for group in form_groups(
                world,
                kind,
                shape,
                seats=config.accounts * config.lookalike_share / len(LOOKALIKES),
                neighbourly_share=config.neighbourly_lookalike_share,
                free=np.ones(config.accounts, bool),
            )
        )
        for kind, shape in LOOKALIKES.items()
    }
