"""A client of the server, for programs that have tables and want scores: tables in, tables out."""

from aml_miner.client.calls import Patience, Reference
from aml_miner.client.client import AmlMinerClient, AsyncAmlMinerClient

__all__ = ["AmlMinerClient", "AsyncAmlMinerClient", "Patience", "Reference"]
