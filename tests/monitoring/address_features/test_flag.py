from collections.abc import Callable, Sequence

import polars as pl
import pytest

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import build_address_features, flag

type MakeActivity = Callable[[Sequence[tuple[str, ...]]], Activity]

NAMES = [column.__name__ for column in flag.COLUMNS]


def flags_of_a(activity: Activity) -> set[str]:
    a = build_address_features(activity).row(0, named=True)
    return {name for name in NAMES if a[name]}


def paid_in_turn(transfers: int, usd: str) -> list[tuple[str, ...]]:
    """As many transfers from a to b, minute by minute."""
    return [
        ("a", "b", "1", usd, f"{1 + i // 1440} {i // 60 % 24}:{i % 60:02}")
        for i in range(transfers)
    ]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("is_high_volume_trader", [False, False, False, False]),
        ("is_hub_address", [False, False, False, False]),
        ("is_retail_active", [False, False, False, False]),
        ("is_whale_inactive", [False, False, False, False]),
        ("is_retail_inactive", [False, False, False, True]),
        ("is_regular_user", [True, True, True, False]),
    ],
)
def test_flag(week_features: pl.DataFrame, column: str, expected: list[bool]) -> None:
    assert week_features[column].to_list() == expected


@pytest.mark.parametrize(
    ("transfers", "usd", "expected"),
    [
        (1_000, "10", "is_high_volume_trader"),
        (999, "11", "is_regular_user"),
        (1_000, "9.999999999999999999", "is_regular_user"),  # 10 000 but for 1e-15
        (100, "9.99", "is_retail_active"),
        (100, "10", "is_regular_user"),
        (99, "1", "is_regular_user"),
        (1, "10000", "is_whale_inactive"),
        (1, "9999.999999999999999999", "is_regular_user"),
        (9, "2000", "is_whale_inactive"),
        (10, "2000", "is_regular_user"),
        (9, "11", "is_retail_inactive"),
        (1, "100", "is_regular_user"),
        (10, "1", "is_regular_user"),
    ],
)
def test_size_classes_and_their_limits(
    activity_of: MakeActivity, transfers: int, usd: str, expected: str
) -> None:
    assert flags_of_a(activity_of(paid_in_turn(transfers, usd))) == {expected}


@pytest.mark.parametrize(("senders", "expected"), [(49, "is_regular_user"), (50, "is_hub_address")])
def test_a_hub_has_fifty_senders_and_fifty_recipients(
    activity_of: MakeActivity, senders: int, expected: str
) -> None:
    received = [(f"s{i}", "a", "1", "50", f"1 00:{i}") for i in range(senders)]
    sent = [("a", f"t{i}", "1", "50", f"1 01:{i}") for i in range(50)]
    assert flags_of_a(activity_of(received + sent)) == {expected}
