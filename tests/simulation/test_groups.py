import numpy as np
import pytest

from aml_miner.simulation import SimulationConfig
from aml_miner.simulation.groups import Group
from aml_miner.simulation.planting import Planted
from aml_miner.simulation.population import World, build_world
from aml_miner.simulation.schemes.sketch import UNLIVED
from tests.simulation.forming import form


def members_of(groups: list[Group]) -> np.ndarray:
    return np.concatenate([group.accounts[group.is_member] for group in groups])


def test_fewer_groups_are_the_first_of_more(world: World) -> None:
    for one, other in zip(form(world, 3), form(world, 9), strict=False):
        np.testing.assert_array_equal(one.accounts, other.accounts)
        np.testing.assert_array_equal(one.payments.times_ms, other.payments.times_ms)


def test_members_are_fresh_wallets_or_people_and_recruited_once(world: World) -> None:
    members = members_of(form(world, 100))
    assert np.unique(members).size == members.size == 400
    fresh = np.isin(members, world.population.fresh)
    assert 0.35 < fresh.mean() < 0.65
    assert np.isin(members[~fresh], world.population.people).all()


def test_a_dormant_seat_is_taken_by_a_wallet_without_a_life(
    world: World, schemes: list[Planted], lookalikes: list[Planted]
) -> None:
    seats = [
        (role, account in world.population.fresh)
        for each in (*schemes, *lookalikes)
        for role, account in zip(each.group.roles, each.group.accounts, strict=True)
        if role in UNLIVED
    ]
    assert len(seats) > 50
    assert all(fresh for _, fresh in seats)


def test_services_and_outsiders_are_no_members(world: World) -> None:
    for group in form(world, 50):
        assert group.is_member.tolist() == [False, True, True, True, True, False]
        assert group.accounts[0] in world.population.of("exchanges")
        assert group.accounts[5] in world.population.people
        assert np.unique(group.accounts).size == 6


def test_everybody_is_open_when_the_group_begins(world: World) -> None:
    opened_ms = world.opened_ms
    for group in form(world, 100):
        assert opened_ms[group.accounts].max() <= group.payments.times_ms.min()


def test_groups_end_when_nobody_is_left_to_recruit(small_world: World) -> None:
    members = members_of(form(small_world, 10_000))
    assert np.unique(members).size == members.size
    assert 40 < members.size <= 80 + small_world.population.fresh.size


def test_friends_are_neighbours_in_the_list_of_people(world: World) -> None:
    place = np.empty(world.config.accounts, np.int64)
    place[world.population.people] = np.arange(world.population.people.size)

    def spread(neighbourly: float) -> float:
        groups = form(world, 20, neighbourly=neighbourly, fresh=0.01)
        spreads = []
        for group in groups:
            people = np.intersect1d(group.accounts[group.is_member], world.population.people)
            spreads.append(np.ptp(place[people]))
        return float(np.median(spreads))

    assert spread(1.0) < 40
    assert spread(0.0) > 500


def test_a_long_plan_hurries_through_a_short_period(small_world: World) -> None:
    (group,) = form(small_world, 1, hour=100.0)  # 400 hours in 168
    assert (np.diff(group.payments.times_ms) > 0).all()
    assert small_world.rhythm.start_ms <= group.payments.times_ms[0]
    assert group.payments.times_ms[-1] < small_world.rhythm.end_ms


def test_a_group_pays_in_one_asset_at_the_price_of_its_start(world: World) -> None:
    groups = form(world, 100)
    for group in groups:
        assert np.unique(group.payments.assets).size == 1
        assert set(group.payments.quoted_ms) == {group.payments.times_ms[0]}
    assert {int(group.payments.assets[0]) for group in groups} == {0, 1, 2}


def test_half_of_the_fresh_wallets_had_money_for_fees_before(world: World) -> None:
    groups = form(world, 100, fresh=0.9)
    fresh = np.isin(members_of(groups), world.population.fresh).sum()
    assert 0.35 < sum(group.prelude.cents.size for group in groups) / fresh < 0.65
    for group in groups:
        if group.prelude.cents.size:
            assert group.prelude.times_ms.max() <= group.payments.times_ms.min()
            assert np.isin(group.prelude.receivers, world.population.fresh).all()
            assert np.isin(group.prelude.senders, world.population.of("exchanges")).all()


def test_with_drift_amounts_grow_from_the_first_day_to_the_last(world: World) -> None:
    groups = [
        group for group in form(world, 300, drift=1.0) if group.payments.cents.size == 5
    ]  # not in pieces
    starts = np.array([group.payments.times_ms[0] for group in groups])
    cents = np.array([np.median(group.payments.cents) for group in groups])
    share = (starts - world.rhythm.start_ms) / (world.rhythm.end_ms - world.rhythm.start_ms)
    growth = np.polyfit(share, np.log(cents), 1)[0]
    assert growth == pytest.approx(np.log(3), rel=0.2)


@pytest.mark.parametrize(("purpose", "first_half"), [("errand", 0.25), ("errands", 0.75)])
def test_with_drift_kinds_are_three_times_as_frequent_in_one_half(
    purpose: str, first_half: float
) -> None:
    world = build_world(SimulationConfig(accounts=8_000, days=60, growth=0.0))

    def share_in_the_first_half(drift: float) -> float:
        groups = form(world, 500, fresh=0.1, drift=drift, purpose=purpose)
        half = (world.rhythm.start_ms + world.rhythm.end_ms) / 2
        return float(np.mean([group.payments.times_ms[0] < half for group in groups]))

    assert share_in_the_first_half(0.0) == pytest.approx(0.5, abs=0.06)
    assert share_in_the_first_half(1.0) == pytest.approx(first_half, abs=0.06)


@pytest.mark.parametrize("scale", [0.25, 4.0])
def test_amounts_are_times_the_scale(world: World, scale: float) -> None:
    scaled = build_world(world.config.model_copy(update={"amount_scale": scale}))
    for one, other in zip(form(world, 30), form(scaled, 30), strict=True):
        np.testing.assert_allclose(other.payments.cents, one.payments.cents * scale, rtol=1e-3)
        np.testing.assert_array_equal(other.accounts, one.accounts)
