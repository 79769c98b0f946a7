"""A finding: a typology recognised at an address, with the transfers that show it. Every finding becomes an alert."""

from collections.abc import Mapping
from dataclasses import dataclass

from aml_miner.monitoring.groups import Integers
from aml_miner.monitoring.patterns.pattern import Fact, Pattern


@dataclass(frozen=True, slots=True)
class Finding:
    """A typology recognised at an address.

    Attributes
    ----------
    typology
        Name in capitals, as alerts carry it.
    address
        Number of the address.
    confidence
        In [0, 1], higher is surer.
    transfers
        Indices of the transfers that show it, ascending, which is in time order; never empty.
    description
        What happened and what to look at, in a sentence or two.
    indicators
        The conditions that held, in words.
    facts
        What was counted.
    pattern
        The pattern it comes from; None for a rule on one address.
    """

    typology: str
    address: int
    confidence: float
    transfers: Integers
    description: str
    indicators: tuple[str, ...]
    facts: Mapping[str, Fact]
    pattern: Pattern | None = None
