from collections import Counter

import numpy as np
import pytest

from aml_miner.simulation import SimulationConfig
from aml_miner.simulation.planting import Planted, plant_lookalikes, plant_schemes
from aml_miner.simulation.population import World, build_world
from aml_miner.simulation.schemes import TYPOLOGIES
from aml_miner.simulation.schemes.sketch import UNLIVED


def members_of(planted: list[Planted]) -> np.ndarray:
    return np.concatenate([each.group.accounts[each.group.is_member] for each in planted])


def test_every_kind_is_planted_and_numbered(schemes: list[Planted]) -> None:
    assert {each.kind for each in schemes} == set(TYPOLOGIES)
    ids = [each.instance_id for each in schemes]
    assert len(set(ids)) == len(ids)
    assert ids[0] == f"{schemes[0].kind}-00000"


def test_the_members_are_the_base_rate_and_nobody_is_in_two(schemes: list[Planted]) -> None:
    members = members_of(schemes)
    assert np.unique(members).size == members.size
    assert 0.055 < members.size / 6_000 < 0.075


def test_every_scheme_has_its_lookalike_and_they_are_more(
    schemes: list[Planted], lookalikes: list[Planted]
) -> None:
    assert {each.kind for each in lookalikes} == {each.lookalike for each in TYPOLOGIES.values()}
    assert members_of(lookalikes).size > 2 * members_of(schemes).size


def test_fresh_wallets_are_in_one_arrangement(
    world: World, schemes: list[Planted], lookalikes: list[Planted]
) -> None:
    members = np.concatenate([members_of(schemes), members_of(lookalikes)])
    fresh = members[np.isin(members, world.population.fresh)]
    assert np.unique(fresh).size == fresh.size


def test_a_share_of_nothing_plants_nothing() -> None:
    world = build_world(SimulationConfig(accounts=200, days=7, base_rate=0, lookalike_share=0))
    assert plant_schemes(world) == plant_lookalikes(world) == []


def test_a_small_economy_has_one_scheme_at_least() -> None:
    for seed in range(5):
        world = build_world(SimulationConfig(accounts=200, days=7, seed=seed))
        assert len(plant_schemes(world)) == 1


def test_weights_say_how_often_a_kind_is_planted() -> None:
    weights = dict.fromkeys(TYPOLOGIES, 0.0) | {"cycle": 3.0, "layering": 1.0}
    config = SimulationConfig(accounts=20_000, days=30, typologies=weights)
    counts = Counter(each.kind for each in plant_schemes(build_world(config)))
    assert set(counts) == {"cycle", "layering"}
    assert 1.5 < counts["cycle"] / counts["layering"] < 6


def test_no_weight_at_all_plants_nothing() -> None:
    config = SimulationConfig(accounts=500, days=7, typologies=dict.fromkeys(TYPOLOGIES, 0.0))
    assert plant_schemes(build_world(config)) == []


@pytest.mark.parametrize("weights", [{}, dict.fromkeys(TYPOLOGIES, 0.0) | {"rug_pull": 1.0}])
def test_planting_ends_when_too_few_are_left(weights: dict[str, float]) -> None:
    config = SimulationConfig(
        accounts=200, days=7, lookalike_share=0.6, growth=0.9, typologies=weights
    )
    planted = plant_lookalikes(build_world(config))
    assert planted
    assert members_of(planted).size < 0.75 * 200


def pace(camouflage: float) -> float:
    config = SimulationConfig(accounts=6_000, days=60, base_rate=0.06, camouflage=camouflage)
    spans = [
        np.ptp(each.group.payments.times_ms) / 3_600_000
        for each in plant_schemes(build_world(config))
        if each.kind != "dormant_reactivation"
    ]
    return float(np.median(spans))


def test_camouflage_takes_time() -> None:
    assert pace(1.0) > 2 * pace(0.0)


def members_by(camouflage: float) -> tuple[float, float]:
    """Share of a scheme's members who may have a life and are fresh wallets, and of the schemes of one circle."""
    fresh, circles = [], []
    for seed in (1, 2):
        config = SimulationConfig(
            accounts=30_000, days=60, base_rate=0.1, camouflage=camouflage, seed=seed
        )
        world = build_world(config)
        place = np.full(config.accounts, -1)
        place[world.population.people] = np.arange(world.population.people.size)
        for each in plant_schemes(world):
            may_live = each.group.is_member & ~np.isin(each.group.roles, list(UNLIVED))
            members = each.group.accounts[may_live]
            fresh.append(np.isin(members, world.population.fresh).mean())
            people = place[members][place[members] >= 0]
            if people.size >= 3:
                circles.append(np.ptp(people) < 20 * people.size)
    return float(np.mean(fresh)), float(np.mean(circles))


def test_camouflage_hires_people_and_friends_instead_of_fresh_wallets_and_strangers() -> None:
    (fresh, circles), (fresh_in_disguise, circles_in_disguise) = members_by(0.0), members_by(1.0)
    assert fresh > fresh_in_disguise + 0.06
    assert circles < circles_in_disguise - 0.08


@pytest.mark.parametrize("lookalike_share", [0.0, 0.4])
def test_schemes_go_on_unmoved_whatever_lookalikes_there_are(
    world: World, schemes: list[Planted], lookalike_share: float
) -> None:
    changed = world.config.model_copy(update={"lookalike_share": lookalike_share})
    for one, other in zip(schemes, plant_schemes(build_world(changed)), strict=True):
        np.testing.assert_array_equal(one.group.accounts, other.group.accounts)
        np.testing.assert_array_equal(one.group.payments.cents, other.group.payments.cents)
        np.testing.assert_array_equal(one.group.payments.times_ms, other.group.payments.times_ms)
        np.testing.assert_array_equal(one.group.prelude.receivers, other.group.prelude.receivers)


def test_drift_changes_laundering_and_nothing_else() -> None:
    changing, steady = (
        build_world(SimulationConfig(accounts=6_000, days=60, base_rate=0.06, drift=drift))
        for drift in (1.0, 0.0)
    )
    for one, other in zip(plant_lookalikes(changing), plant_lookalikes(steady), strict=True):
        np.testing.assert_array_equal(one.group.payments.cents, other.group.payments.cents)
        np.testing.assert_array_equal(one.group.payments.times_ms, other.group.payments.times_ms)
    drifting, settled = plant_schemes(changing)[0], plant_schemes(steady)[0]
    assert (drifting.group.payments.cents != settled.group.payments.cents).any()


@pytest.mark.parametrize("seed", range(3))
def test_schemes_end_within_the_period(seed: int) -> None:
    world = build_world(SimulationConfig(accounts=300, days=7, seed=seed, base_rate=0.15))
    for each in plant_schemes(world):
        times = each.group.payments.times_ms
        assert world.rhythm.start_ms <= times.min() <= times.max() < world.rhythm.end_ms
        assert (each.group.payments.cents > 0).all()


@pytest.mark.parametrize(("base_rate", "least"), [(0.01, 4), (0.04, 10), (0.1, 30)])
def test_groups_that_go_on_are_not_all_there_is(base_rate: float, least: int) -> None:
    for seed in range(1, 4):
        knobs = SimulationConfig(
            accounts=8_000, days=60, base_rate=base_rate, persistence=1.0, seed=seed
        )
        schemes = plant_schemes(build_world(knobs))
        assert len(schemes) >= least
        assert len({each.kind for each in schemes}) >= min(least, 10)
