"""How exactly the graph is measured: exactly as far as these amounts of work go, by estimate beyond."""

from pydantic import Field

from aml_miner.monitoring.parameters import Parameters


class GraphParameters(Parameters):
    """Bounds of work and sizes of samples; an estimate made because of a bound is reported with its error."""

    seed: int = Field(default=0, ge=0, lt=2**63)
    path_work: int = Field(default=30_000_000, ge=0)
    fewest_pivots: int = Field(default=64, ge=2)
    path_checks: int = Field(default=16, ge=1)
    search_work: int = Field(default=200_000_000, ge=0)
    sketch_size: int = Field(default=256, ge=64, multiple_of=64)
    hop_checks: int = Field(default=64, ge=1)
    community_passes: int = Field(default=20, ge=1)

    def steps_per_address(self, addresses: int) -> int:
        """Return the edges a search around one address may follow: an even share of `search_work`."""
        return self.search_work // addresses
