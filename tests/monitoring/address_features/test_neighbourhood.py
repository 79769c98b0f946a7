"""Neighbourhoods in the five transfers of `week_rows`.

Edges of the week: a to b 400 USD, b to a 200, a to c 1000, c to d 0; so a has 1600 in all, b 600, c 1000, d 0.
"""

from decimal import Decimal

import polars as pl
from polars.testing import assert_series_equal

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import build_columns
from aml_miner.monitoring.graph.parameters import GraphParameters
from aml_miner.monitoring.transfers import make_transfers
from aml_miner.simulation import SimulationConfig, simulate_economy


def test_the_first_hop_is_whom_it_paid(week_features: pl.DataFrame) -> None:
    assert week_features["khop1_count"].to_list() == [2, 1, 1, 0]
    assert week_features["khop1_volume_usd"].to_list() == [1600, 1600, 0, 0]


def test_further_hops_lead_on_and_never_back_to_itself(week_features: pl.DataFrame) -> None:
    assert week_features["khop2_count"].to_list() == [3, 2, 1, 0]
    assert week_features["khop3_count"].to_list() == [3, 3, 1, 0]
    assert week_features["khop2_volume_usd"].to_list() == [1600, 2600, 0, 0]
    assert week_features["khop3_volume_usd"].to_list() == [1600, 2600, 0, 0]


def test_volumes_are_exact_decimals() -> None:
    economy = simulate_economy(SimulationConfig(accounts=200, days=7)).transfers
    table = build_columns(Activity.of(make_transfers(economy)))
    pairs = economy.select("from_address", "to_address").unique()
    volume = table.select("address", "total_volume_usd")
    expected = (
        pairs.filter(pl.col("from_address") != pl.col("to_address"))
        .join(volume, left_on="to_address", right_on="address")
        .group_by("from_address")
        .agg(pl.col("total_volume_usd").sum())
    )
    joined = volume.join(
        expected, left_on="address", right_on="from_address", how="left", suffix="_paid"
    ).sort("address")
    paid = joined["total_volume_usd_paid"].fill_null(Decimal(0))
    assert_series_equal(table["khop1_volume_usd"], paid, check_names=False)


def test_a_bound_makes_columns_estimates_but_not_the_first_hop() -> None:
    transfers = make_transfers(simulate_economy(SimulationConfig(accounts=300, days=7)).transfers)
    exact = build_columns(Activity.of(transfers))
    activity = Activity.of(transfers, GraphParameters(search_work=0))
    estimated = build_columns(activity)
    assert {each.column for each in activity.graph.approximations} == {
        name for name in exact.columns if exact[name].to_list() != estimated[name].to_list()
    }
    assert len(activity.graph.approximations) == 4
