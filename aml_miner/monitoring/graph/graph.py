"""The graph of a window's transfers and everything measured on it, each once."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from aml_miner.monitoring.graph.approximation import Approximation
from aml_miner.monitoring.graph.betweenness import betweenness, betweenness_approximation
from aml_miner.monitoring.graph.closeness import Closeness, closeness
from aml_miner.monitoring.graph.clustering import clustering
from aml_miner.monitoring.graph.communities import communities
from aml_miner.monitoring.graph.kcore import core_numbers
from aml_miner.monitoring.graph.pagerank import pagerank
from aml_miner.monitoring.graph.parameters import GraphParameters
from aml_miner.monitoring.graph.path_sample import PathSample, sample_paths
from aml_miner.monitoring.graph.reach import Reach, reach
from aml_miner.monitoring.graph.rows import Rows
from aml_miner.monitoring.graph.undirected import Undirected, undirected
from aml_miner.monitoring.groups import Floats, Integers


@dataclass(frozen=True)
class Graph:
    """Addresses and what went between them.

    Attributes
    ----------
    out
        The recipients of every address, weighing the USD sent to each, or 1 where no transfer had any value.
    volume
        USD each address received and sent, exactly.
    parameters
        Bounds of work.
    """

    out: Rows
    volume: pl.Series
    parameters: GraphParameters

    @classmethod
    def of(cls, edges: pl.DataFrame, volume: pl.Series, parameters: GraphParameters) -> "Graph":
        """Make a graph of edges ``source target amount_usd``, sorted by source, then target."""
        out = Rows.of(
            edges["source"].to_numpy(),
            edges["target"].to_numpy(),
            edges["amount_usd"].cast(pl.Float64).to_numpy(),
            len(volume),
        )
        return cls(out.weighing_something(), volume, parameters)

    @cached_property
    def into(self) -> Rows:
        """The senders to every address."""
        return self.out.reversed()

    @cached_property
    def undirected(self) -> Undirected:
        """The graph without directions."""
        return undirected(self.out, self.into)

    @cached_property
    def pagerank(self) -> Floats:
        """PageRank of every address."""
        return pagerank(self.out)

    @cached_property
    def clustering(self) -> Floats:
        """Weighted clustering coefficient of every address."""
        return clustering(self.undirected.one_way.weighing_something())

    @cached_property
    def core_numbers(self) -> Integers:
        """Core number of every address."""
        return core_numbers(self.undirected.total.start, self.undirected.total.other)

    @cached_property
    def communities(self) -> Integers:
        """Community of every address, 0 the largest."""
        return communities(self.undirected.total, self.parameters.community_passes)

    @cached_property
    def _paths(self) -> PathSample:
        return sample_paths(self.out, self.into, self.parameters)

    @cached_property
    def betweenness(self) -> Floats:
        """Betweenness of every address."""
        return betweenness(self._paths)

    @cached_property
    def _closeness(self) -> Closeness:
        return closeness(self._paths, self.into, self.parameters)

    @property
    def closeness(self) -> Floats:
        """Closeness of every address."""
        return self._closeness.values

    @cached_property
    def reach(self) -> Reach:
        """What lies within 1, 2 and 3 hops of every address."""
        return reach(self.out, self.volume, self.parameters)

    @property
    def approximations(self) -> tuple[Approximation, ...]:
        """The columns that hold estimates, and how good those are; none where everything was solved."""
        paths = (self._closeness.approximation, betweenness_approximation(self._paths))
        return (*(each for each in paths if each is not None), *self.reach.approximations)
