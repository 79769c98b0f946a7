from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.transfers import make_transfers

if TYPE_CHECKING:
    type MakeActivity = Callable[[Sequence[tuple[str, ...]]], Activity]

MONDAY_MS = 1_704_067_200_000
"""2024-01-01T00:00:00Z."""


def test_addresses_are_numbered_by_name(week: Activity) -> None:
    assert week.addresses.to_list() == ["a", "b", "c", "d"]
    assert week.count == 4
    assert week.source.tolist() == [0, 0, 1, 0, 2]
    assert week.target.tolist() == [1, 1, 0, 2, 3]


def test_amounts_and_times_of_transfers(week: Activity) -> None:
    assert week.amount.tolist() == [100, 300, 200, 2000, 50]
    assert week.amount_usd.tolist() == [100, 300, 200, 1000, 0]
    assert week.timestamp[0] == MONDAY_MS
    assert week.hour.tolist() == [0, 12, 12, 13, 13]
    assert week.weekday.tolist() == [0, 0, 5, 6, 0]
    assert (week.day - week.day[0]).tolist() == [0, 0, 5, 6, 7]


def test_an_edge_sums_the_transfers_of_a_directed_pair(week: Activity) -> None:
    assert week.edges.rows() == [
        (0, 1, 2, 400, 400),
        (0, 2, 1, 2000, 1000),
        (1, 0, 1, 200, 200),
        (2, 3, 1, 50, 0),
    ]


def test_an_edge_is_seen_from_both_ends_incoming_first(week: Activity) -> None:
    ends = week.ends.select("owner", "incoming", "other", "amount_usd")
    assert ends.rows() == [
        (0, True, 1, 200),
        (0, False, 1, 400),
        (0, False, 2, 1000),
        (1, True, 0, 400),
        (1, False, 0, 200),
        (2, True, 0, 1000),
        (2, False, 3, 0),
        (3, True, 2, 0),
    ]
    assert week.by_edge.count.tolist() == [3, 2, 2, 1]
    assert week.edge_usd.tolist() == [200, 400, 1000, 400, 200, 1000, 0, 0]


def test_a_counterparty_is_counted_once_whatever_the_direction(week: Activity) -> None:
    assert week.counterparties.rows() == [
        (0, 1, 600, 600, True),
        (0, 2, 2000, 1000, False),
        (1, 0, 600, 600, True),
        (2, 0, 2000, 1000, False),
        (2, 3, 50, 0, False),
        (3, 2, 50, 0, False),
    ]
    assert week.by_counterparty.count.tolist() == [2, 1, 2, 1]


def test_exact_totals_of_every_address(week: Activity) -> None:
    assert week.received_usd.to_list() == [200, 400, 1000, 0]
    assert week.sent_usd.to_list() == [1400, 200, 0, 0]
    assert week.native_volume.to_list() == [2600, 600, 2050, 50]


def test_money_is_summed_exactly(activity_of: "MakeActivity") -> None:
    """As doubles, 0.1 + 0.2 and a hundred million and a billionth of a billionth would both be off."""
    activity = activity_of(
        [
            ("a", "b", "1", "0.1", "1 00:00"),
            ("a", "b", "1", "0.2", "1 00:01"),
            ("c", "b", "1", "100000000", "1 00:02"),
            ("d", "b", "1", "0.000000000000000001", "1 00:03"),
        ]
    )
    assert activity.received_usd[1] == Decimal("100000000.300000000000000001")


def test_what_each_address_moved_by_asset(week: Activity) -> None:
    assert week.assets["asset_symbol"].to_list() == ["TOR", "XYZ"]
    assert week.asset_flows.rows() == [
        (0, False, 0, 400),
        (0, False, 1, 1000),
        (0, True, 0, 200),
        (1, False, 0, 200),
        (1, True, 0, 400),
        (2, False, 1, 0),
        (2, True, 1, 1000),
        (3, True, 1, 0),
    ]


def test_events_are_an_address_s_transfers_in_time_order(week: Activity) -> None:
    assert [week.events_of(address).tolist() for address in range(4)] == [
        [0, 1, 2, 3],
        [0, 1, 2],
        [3, 4],
        [4],
    ]
    assert week.event_amount.tolist() == [100, 300, 200, 2000, 100, 300, 200, 2000, 50, 50]


def test_histograms_by_hour_and_weekday(week: Activity) -> None:
    assert week.hourly_count.shape == (4, 24)
    assert week.hourly_count[0, [0, 12, 13]].tolist() == [1, 2, 1]
    assert week.hourly_amount[0, [0, 12, 13]].tolist() == [100, 500, 2000]
    assert week.weekday_count[0].tolist() == [2, 0, 0, 0, 0, 1, 1]
    assert week.hourly_count.sum() == week.weekday_count.sum() == 10


def test_entropy_of_hours_and_weekdays(week: Activity) -> None:
    assert week.hourly_entropy[[0, 2]].tolist() == [1.5, 0.0]
    assert week.weekday_entropy[[0, 2]].tolist() == [1.5, 1.0]


def test_an_owner_of_no_rows_sums_to_0(week: Activity) -> None:
    rows = pl.DataFrame(
        {"owner": [2], "amount": [Decimal(7)]}, schema_overrides={"amount": pl.Decimal(38, 18)}
    )
    assert week.exact_sum(rows, "amount").to_list() == [0, 0, 7, 0]


def test_the_last_transfer_before_the_window_by_address(
    transfers_table: "Callable[[Sequence[tuple[str, ...]]], pl.DataFrame]",
) -> None:
    table = transfers_table(
        [
            ("b", "x", "1", "1", "1 00:00"),
            ("b", "c", "1", "1", "1 01:00"),
            ("a", "b", "1", "1", "2 00:00"),
            ("c", "b", "1", "1", "2 00:00"),
        ]
    )
    known = Activity.of(make_transfers(table, None, 1)).last_before
    an_hour = MONDAY_MS + 3_600_000
    assert known is not None
    assert known.to_list() == [None, an_hour, an_hour]
    assert Activity.of(make_transfers(table)).last_before is None


def test_a_view_that_was_forgotten_is_made_again(week: Activity) -> None:
    before = week.ends
    week.forget(["ends", "never_made"])
    assert "ends" not in week.__dict__
    assert week.ends is not before
    assert week.ends.equals(before)
