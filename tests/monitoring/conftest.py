from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from aml_miner.batch.schemas import TRANSFERS
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.profile import MonitoringProfile, load_profile
from aml_miner.monitoring.transfers import make_transfers

type Transfer = tuple[str, str, str, str, str] | tuple[str, str, str, str, str, str]
"""Sender, recipient, amount, amount in USD, time as "day hour:minute" of January 2024, and the asset.

1 January 2024 is a Monday. The asset is "symbol" or "symbol/contract", TOR when not given.
"""

type MakeActivity = Callable[[Sequence[Transfer]], Activity]


@pytest.fixture(scope="session")
def transfers_table() -> Callable[[Sequence[Transfer]], pl.DataFrame]:
    def table(rows: Sequence[Transfer]) -> pl.DataFrame:
        return pl.DataFrame(
            [_row(number, *row) for number, row in enumerate(rows)],
            schema={name: dtype for name, dtype in TRANSFERS.schema.items() if name in _COLUMNS},
        )

    return table


_COLUMNS = (
    "tx_id",
    "block_timestamp",
    "from_address",
    "to_address",
    "amount",
    "amount_usd",
    "asset_symbol",
    "asset_contract",
)


def _row(
    number: int, sender: str, recipient: str, amount: str, usd: str, when: str, asset: str = "TOR"
) -> dict[str, object]:
    day, _, time = when.partition(" ")
    hour, _, minute = time.partition(":")
    moment = datetime(2024, 1, int(day), int(hour), int(minute), tzinfo=UTC)
    symbol, _, contract = asset.partition("/")
    values = (
        f"tx-{number:04}",
        int(moment.timestamp()) * 1_000,
        sender,
        recipient,
        Decimal(amount),
        Decimal(usd),
        symbol,
        contract,
    )
    return dict(zip(_COLUMNS, values, strict=True))


@pytest.fixture(scope="session")
def activity_of(transfers_table: Callable[[Sequence[Transfer]], pl.DataFrame]) -> MakeActivity:
    return lambda rows: Activity.of(make_transfers(transfers_table(rows)))


@pytest.fixture(scope="session")
def week_rows() -> list[Transfer]:
    """Five transfers between four addresses, which most tables are worked out on.

    "a" and "b" pay each other; "c" sends on what it got, in an asset whose price has fallen to nothing, to "d".
    """
    return [
        ("a", "b", "100", "100", "1 00:00"),
        ("a", "b", "300", "300", "1 12:00"),
        ("b", "a", "200", "200", "6 12:00"),
        ("a", "c", "2000", "1000", "7 13:00", "XYZ"),
        ("c", "d", "50", "0", "8 13:30", "XYZ"),
    ]


@pytest.fixture(scope="session")
def week(activity_of: MakeActivity, week_rows: list[Transfer]) -> Activity:
    return activity_of(week_rows)


@pytest.fixture
def profile() -> MonitoringProfile:
    """Return the parameters of a network without a profile of its own."""
    return load_profile()
