import numpy as np

from aml_miner.simulation import SimulationConfig
from aml_miner.simulation.market import coins_for, open_market, usd_for
from aml_miner.simulation.population import World
from aml_miner.simulation.rhythm import MS_PER_DAY


def test_a_coin_begins_at_its_price_and_a_stable_one_keeps_it(world: World) -> None:
    prices = world.market.prices
    assert world.market.symbols == ("USDX", "TAUR", "WETR")
    assert prices[:, 0].tolist() == [1_000_000, 400_000, 2_400_000_000]
    assert (prices[0] == 1_000_000).all()
    assert np.unique(prices[1]).size > 50


def test_the_coin_most_used_is_the_networks_own(world: World) -> None:
    assert world.market.contracts == ("native", "taur-contract", "wetr-contract")


def test_prices_are_those_of_the_day(world: World) -> None:
    market = world.market
    times = np.array([market.start_ms, market.start_ms + MS_PER_DAY, market.start_ms + 10**12])
    prices = market.price_at(np.array([1, 1, 1], np.int8), times)
    assert prices.tolist() == market.prices[1, [0, 1, -1]].tolist()  # and after the end the last


def test_accounts_use_assets_as_often_as_the_shares_say(world: World) -> None:
    counts = np.bincount(world.market.usual, minlength=3) / world.config.accounts
    np.testing.assert_allclose(counts, [0.55, 0.35, 0.10], atol=0.03)


def test_dollars_to_coins_and_back_by_hand() -> None:
    prices = np.array([400_000, 2_400_000_000, 1_000_000_000_000])
    coins = coins_for(np.array([1_000, 1_000, 1]), prices)
    assert coins.tolist() == [25_000_000, 4_167, 1]  # 25 coins; .004167 of one; never nothing
    assert usd_for(coins, prices).tolist() == [10_000_000, 10_000_800, 1_000_000]


def test_a_new_asset_moves_no_other_price() -> None:
    one = SimulationConfig(accounts=200, days=30)
    other = SimulationConfig(accounts=200, days=30, assets=one.assets[:2])
    np.testing.assert_array_equal(open_market(other, 0).prices, open_market(one, 0).prices[:2])
