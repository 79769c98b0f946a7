import re

import numpy as np

from aml_miner.simulation import SimulationConfig
from aml_miner.simulation.population import WALLETS, World, build_world, name_addresses


def test_every_account_does_one_thing(world: World) -> None:
    everybody = np.concatenate(list(world.population.kinds.values()))
    np.testing.assert_array_equal(np.sort(everybody), np.arange(6_000))


def test_the_smallest_economy_has_one_of_each(small_world: World) -> None:
    sizes = {kind: accounts.size for kind, accounts in small_world.population.kinds.items()}
    assert min(sizes.values()) == 1
    assert sizes["households"] == 76
    assert sizes["brands"] == 2
    assert sizes[WALLETS] > 50


def test_wallets_are_fresh_or_casual(world: World) -> None:
    population = world.population
    wallets = np.concatenate([population.fresh, population.casual])
    np.testing.assert_array_equal(np.sort(wallets), population.of(WALLETS))
    assert 0.3 < population.fresh.size / wallets.size < 0.6


def test_people_are_households_and_shops(world: World) -> None:
    expected = np.concatenate([world.population.of("households"), world.population.of("shops")])
    np.testing.assert_array_equal(np.sort(world.population.people), np.sort(expected))


def test_the_economy_grows_with_time_left_to_live(world: World) -> None:
    opened = world.population.opened_hours[world.population.of("households")]
    assert np.count_nonzero(opened) == round(0.35 * opened.size)
    assert opened.max() < 0.8 * world.rhythm.total_hours


def test_addresses_are_unique_and_say_nothing() -> None:
    addresses = name_addresses(SimulationConfig(accounts=2_000))
    assert addresses.n_unique() == 2_000
    assert all(re.fullmatch("0x[0-9a-f]{40}", address) for address in addresses)


def test_addresses_depend_on_the_seed() -> None:
    one, other = (name_addresses(SimulationConfig(seed=seed)) for seed in (1, 2))
    assert set(one).isdisjoint(other)


def test_one_config_makes_one_world(world: World) -> None:
    again = build_world(world.config)
    np.testing.assert_array_equal(again.population.fresh, world.population.fresh)
    np.testing.assert_array_equal(again.population.opened_hours, world.population.opened_hours)
