import numpy as np
import pytest

from aml_miner.simulation import SimulationConfig
from aml_miner.simulation.groups import Group, form_groups
from aml_miner.simulation.population import World, build_world
from aml_miner.simulation.schemes import SCHEMES
from aml_miner.simulation.shapes import Chain

CHAIN = Chain((3, 3), 1_000.0, 0.5, (1, 2), (0.0, 0.1))


def form(world: World, *, seats: float, neighbourly_share: float = 0.0) -> list[Group]:
    free = np.ones(world.config.accounts, bool)
    groups = form_groups(
        world, "chain", CHAIN, seats=seats, neighbourly_share=neighbourly_share, free=free
    )
    return list(groups)


@pytest.mark.parametrize(
    ("seats", "groups"),
    [(0, 0), (0.5, 1), (4, 1), (4.1, 2), (40, 10)],  # four members each
)
def test_groups_are_formed_until_the_seats_are_taken(
    world: World, seats: float, groups: int
) -> None:
    assert len(form(world, seats=seats)) == groups


def test_fewer_seats_leave_the_first_groups_as_they_were(world: World) -> None:
    few, many = form(world, seats=12), form(world, seats=40)
    for one, other in zip(few, many, strict=False):
        np.testing.assert_array_equal(one.members, other.members)
        np.testing.assert_array_equal(one.payments.times_ms, other.payments.times_ms)


def test_members_are_recruited_once_and_lose_their_freedom(world: World) -> None:
    free = np.ones(world.config.accounts, bool)
    groups = form_groups(world, "chain", CHAIN, seats=400, neighbourly_share=0.5, free=free)
    members = np.concatenate([group.members for group in groups])
    assert members.size == np.unique(members).size == 400
    np.testing.assert_array_equal(np.flatnonzero(~free), np.sort(members))


def test_members_are_people_whose_accounts_are_open(world: World) -> None:
    opened_ms = world.rhythm.times_ms(world.population.opened_hours)
    for group in form(world, seats=400):
        assert np.isin(group.members, world.population.people).all()
        assert opened_ms[group.members].max() <= group.payments.times_ms.min()


def test_friends_are_neighbours_in_the_list_of_people(world: World) -> None:
    place = np.empty(world.config.accounts, np.int64)
    place[world.population.people] = np.arange(world.population.people.size)

    def spread(neighbourly_share: float) -> float:
        groups = form(world, seats=80, neighbourly_share=neighbourly_share)
        return float(np.median([np.ptp(place[group.members]) for group in groups]))

    assert spread(1.0) < 20
    assert spread(0.0) > 500


def test_a_large_economy_recruits_everywhere() -> None:
    world = build_world(SimulationConfig(accounts=20_000, days=7))
    groups = form(world, seats=2_000)
    place = np.empty(20_000, np.int64)
    place[world.population.people] = np.arange(world.population.people.size)
    members = place[np.concatenate([group.members for group in groups])]
    assert members.min() < 2_000
    assert members.max() > 17_000
    assert max(np.ptp(place[group.members]) for group in groups) < 4_000


def test_a_long_plan_hurries_through_a_short_period() -> None:
    slow = Chain((7, 7), 1_000.0, 0.5, (100, 200), (0.0, 0.1))  # at least 600 hours in 168
    world = build_world(SimulationConfig(accounts=200, days=7))
    (group,) = form_groups(
        world, "slow", slow, seats=1, neighbourly_share=0, free=np.ones(200, bool)
    )
    assert (np.diff(group.payments.times_ms) > 0).all()
    assert world.rhythm.start_ms <= group.payments.times_ms[0]
    assert group.payments.times_ms[-1] < world.rhythm.end_ms


@pytest.mark.parametrize("seed", range(5))
def test_the_smallest_economy_seats_the_largest_schemes(seed: int) -> None:
    config = SimulationConfig(
        accounts=200,
        days=7,
        seed=seed,
        illicit_share=0.15,
        newcomer_share=0.3,
        exchange_count=10,
        treasury_share=0.05,
        brand_share=0.05,
        employer_share=0.05,
    )
    free = np.ones(200, bool)
    world = build_world(config)
    members = [
        group.members
        for kind, shape in SCHEMES.items()
        for group in form_groups(world, kind, shape, seats=6, neighbourly_share=0.5, free=free)
    ]
    assert np.concatenate(members).size == np.count_nonzero(~free)
