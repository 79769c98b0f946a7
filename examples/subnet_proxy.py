"""What a subnet's miner does with this package: a query comes in, the server scores, scores and ranks go back.

Copy ``answer`` into the miner's forward function. Nothing here knows of the chain: the query is whatever the subnet's
synapse carries, as plain lists of rows, and the miner's own code turns it into them. Run as it stands, it answers one
made-up query: ``aml-miner serve --models MODELS`` in one terminal, ``python examples/subnet_proxy.py`` in another.
"""

import asyncio
import os
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from aml_miner.client import AsyncAmlMinerClient
from aml_miner.errors import AmlMinerError
from aml_miner.scoring.golden import golden_rows

URL = os.environ.get("AML_MINER_URL", "http://127.0.0.1:8000")
PATIENCE_OF_THE_VALIDATOR = 12.0  # seconds; a reply after that is worth nothing


@dataclass
class Query:
    """What a validator sends and wants back."""

    tables: dict[str, list[dict[str, Any]]]
    scores: dict[str, float] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)
    complaint: str = ""


async def answer(query: Query, client: AsyncAmlMinerClient) -> Query:
    """Fill in the scores and ranks of a query, or say why there are none."""
    tables = {
        name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in query.tables.items()
    }
    try:
        async with asyncio.timeout(PATIENCE_OF_THE_VALIDATOR):
            scored, ranked = await asyncio.gather(
                client.score_alerts(tables), client.rank_alerts(tables)
            )
    except (AmlMinerError, TimeoutError) as error:
        query.complaint = f"{type(error).__name__}: {error}"
        return query
    query.scores = dict(scored.select("alert_id", "score").iter_rows())
    query.ranks = dict(ranked.select("alert_id", "rank").iter_rows())
    return query


async def main() -> None:
    """Answer one made-up query."""
    async with AsyncAmlMinerClient(URL) as client:
        print(await answer(Query(golden_rows()), client))


if __name__ == "__main__":
    asyncio.run(main())
