import re

import numpy as np
import polars as pl

from aml_miner.batch.schemas import ADDRESS_LABELS
from aml_miner.simulation import Economy, SimulationConfig
from aml_miner.simulation.population import World, build_labels, build_world, name_addresses


def test_every_account_does_one_thing(world: World) -> None:
    people = world.population
    groups = (
        people.exchanges,
        people.treasuries,
        people.employers,
        people.merchants,
        people.households,
    )
    np.testing.assert_array_equal(np.sort(np.concatenate(groups)), np.arange(2_000))


def test_the_smallest_economy_has_one_of_each() -> None:
    config = SimulationConfig(
        accounts=200, treasury_share=0, employer_share=0, brand_share=0, shop_share=0
    )
    population = build_world(config).population
    assert population.exchanges.size == 1
    assert population.treasuries.size == 1
    assert population.employers.size == 1
    assert population.brands.size == 1
    assert population.merchants.size == 2
    assert population.households.size == 195


def test_newcomers_are_households_that_open_with_time_to_live(world: World) -> None:
    opened = world.population.opened_hours
    newcomers = np.flatnonzero(opened)
    assert newcomers.size == round(0.15 * world.population.households.size)
    assert np.isin(newcomers, world.population.households).all()
    assert opened.max() < 0.8 * world.rhythm.total_hours


def test_addresses_are_unique_and_say_nothing(config: SimulationConfig) -> None:
    addresses = name_addresses(config)
    assert addresses.n_unique() == 2_000
    assert all(re.fullmatch("0x[0-9a-f]{40}", address) for address in addresses)


def test_addresses_depend_on_the_seed() -> None:
    one, other = (name_addresses(SimulationConfig(seed=seed)) for seed in (1, 2))
    assert set(one).isdisjoint(other)


def test_labels_name_the_exchange_and_the_brands_only(
    economy: Economy, world: World, config: SimulationConfig
) -> None:
    addresses = name_addresses(config)
    labels = economy.labels
    assert labels.schema == ADDRESS_LABELS.schema
    assert labels["address"].is_sorted()
    for kind, accounts in (
        ("exchange", world.population.exchanges),
        ("merchant", world.population.brands),
    ):
        labelled = labels.filter(pl.col("address_type") == kind)["address"]
        assert set(labelled) == set(addresses.gather(accounts))
    assert labels.height == 1 + 40


def test_a_label_is_a_verified_row_of_the_network() -> None:
    config = SimulationConfig(accounts=200, network="toytown", seed=3)
    world = build_world(config)
    labels = build_labels(world, name_addresses(config))
    row = labels.filter(pl.col("address_type") == "exchange").row(0, named=True)
    assert row["network"] == "toytown"
    assert row["label"] == "exchange 1"
    assert row["risk_level"] == "low"
    assert row["trust_level"] == "verified"
    assert row["confidence_score"] == 1.0
    assert row["created_timestamp"] == row["updated_timestamp"] == 1_735_689_600_000
