from collections.abc import Callable, Sequence
from decimal import Decimal

import numpy as np

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.money_flows import count_parts, money_flow_table

type MakeActivity = Callable[[Sequence[tuple[str, ...]]], Activity]


def test_a_pair_that_deals_in_two_assets_names_the_one_with_more_usd(
    activity_of: MakeActivity,
) -> None:
    flows = money_flow_table(
        activity_of(
            [
                ("a", "b", "1", "10", "1 00:00", "XYZ"),
                ("a", "b", "1", "30", "2 00:00", "TOR"),
                ("a", "b", "1", "25", "2 05:00", "XYZ"),
                ("b", "c", "1", "5", "3 00:00", "XYZ"),
                ("b", "c", "1", "5", "3 00:00", "TOR"),
            ]
        )
    )
    first, tied = flows.to_dicts()
    assert (first["dominant_asset"], first["unique_assets"], first["active_days"]) == ("XYZ", 2, 2)
    assert (tied["dominant_asset"], tied["unique_assets"], tied["active_days"]) == ("TOR", 2, 1)
    assert first["amount_usd_sum"] == Decimal(65)


def test_an_hour_with_more_transfers_than_fit_is_given_as_the_most(
    activity_of: MakeActivity,
) -> None:
    flows = money_flow_table(activity_of([("a", "b", "1", "1", "1 00:00")] * 65_536))
    assert flows["hourly_pattern"][0][0] == 65_535
    assert flows["tx_count"][0] == 65_536


def test_parts_are_counted_alike_compiled_and_not() -> None:
    owner, part = np.array([0, 0, 0, 2, 2]), np.array([1, 1, 0, 1, 1])
    expected = [[1, 2], [0, 0], [0, 2]]
    assert count_parts(owner, part, 3, 2).tolist() == expected
    assert count_parts.py_func(owner, part, 3, 2).tolist() == expected
