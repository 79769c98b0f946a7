"""Every kind of laundering there is, each in a file of its own beside what it is mistaken for."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aml_miner.simulation.schemes.bipartite import BIPARTITE
from aml_miner.simulation.schemes.cycle import CYCLE
from aml_miner.simulation.schemes.dormant_reactivation import DORMANT_REACTIVATION
from aml_miner.simulation.schemes.fan_in import FAN_IN
from aml_miner.simulation.schemes.fan_out import FAN_OUT
from aml_miner.simulation.schemes.gather_scatter import GATHER_SCATTER
from aml_miner.simulation.schemes.layering import LAYERING
from aml_miner.simulation.schemes.mixer import MIXER
from aml_miner.simulation.schemes.mule_network import MULE_NETWORK
from aml_miner.simulation.schemes.nested_service import NESTED_SERVICE
from aml_miner.simulation.schemes.peel_chain import PEEL_CHAIN
from aml_miner.simulation.schemes.ransomware import RANSOMWARE
from aml_miner.simulation.schemes.rug_pull import RUG_PULL
from aml_miner.simulation.schemes.scatter_gather import SCATTER_GATHER
from aml_miner.simulation.schemes.smurfing_network import SMURFING_NETWORK
from aml_miner.simulation.schemes.stack import STACK
from aml_miner.simulation.schemes.structuring import STRUCTURING
from aml_miner.simulation.schemes.sybil_group import SYBIL_GROUP
from aml_miner.simulation.schemes.typology import Typology

TYPOLOGIES: Final[Mapping[str, Typology]] = MappingProxyType(
    {
        each.kind: each
        for each in (
            STRUCTURING,
            FAN_IN,
            FAN_OUT,
            SCATTER_GATHER,
            GATHER_SCATTER,
            CYCLE,
            BIPARTITE,
            STACK,
            LAYERING,
            PEEL_CHAIN,
            MIXER,
            MULE_NETWORK,
            RANSOMWARE,
            RUG_PULL,
            DORMANT_REACTIVATION,
            NESTED_SERVICE,
            SMURFING_NETWORK,
            SYBIL_GROUP,
        )
    }
)
"""By kind. A new one is a file beside these and a line here; ordinary life and the terms of the others stay."""

__all__ = ["TYPOLOGIES", "Typology"]
