import polars as pl

from aml_miner.batch.schemas import ADDRESS_LABELS
from aml_miner.simulation import SimulationConfig
from aml_miner.simulation.labels import build_labels
from aml_miner.simulation.population import World, build_world, name_addresses

NOBODY = pl.DataFrame(schema={"address": pl.String, "created_timestamp": pl.Int64})


def test_labels_name_services_and_brands_and_nobody_else(world: World) -> None:
    addresses = name_addresses(world.config)
    labels = build_labels(world, addresses, NOBODY)
    assert labels.schema == ADDRESS_LABELS.schema
    assert labels["address"].is_sorted()
    types = {"exchange": ("exchanges", "vaults"), "mixer": ("mixers",), "gambling": ("casinos",)}
    for address_type, kinds in types.items():
        named = labels.filter(pl.col("address_type") == address_type)["address"]
        accounts = [account for kind in kinds for account in world.population.of(kind).tolist()]
        assert set(named) == set(addresses.gather(accounts))
    people = addresses.gather(world.population.people)
    assert labels.filter(pl.col("address").is_in(people.implode())).is_empty()


def test_a_label_is_a_verified_row_of_the_network() -> None:
    config = SimulationConfig(accounts=200, network="toytown", seed=3)
    world = build_world(config)
    labels = build_labels(world, name_addresses(config), NOBODY)
    row = labels.filter(pl.col("label") == "exchanges 1").row(0, named=True)
    assert row["network"] == "toytown"
    assert row["risk_level"] == "low"
    assert row["trust_level"] == "verified"
    assert row["confidence_score"] == 1.0
    assert row["created_timestamp"] == row["updated_timestamp"] == 1_735_689_600_000


def test_a_warning_is_a_critical_label_from_its_day_on(small_world: World) -> None:
    addresses = name_addresses(small_world.config)
    warned = pl.DataFrame({"address": ["0xbad"], "created_timestamp": [1_736_000_000_000]})
    (row,) = (
        build_labels(small_world, addresses, warned).filter(pl.col("address") == "0xbad").to_dicts()
    )
    assert (row["address_type"], row["risk_level"]) == ("scam", "critical")
    assert row["created_timestamp"] == 1_736_000_000_000
