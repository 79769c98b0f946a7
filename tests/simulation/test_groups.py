from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pytest
from numpy.random import Generator

from aml_miner.simulation import SimulationConfig
from aml_miner.simulation.groups import Group, Manner, Recruits, form_groups
from aml_miner.simulation.planting import Planted
from aml_miner.simulation.population import World, build_world
from aml_miner.simulation.schemes.sketch import (
    CUSTOMER,
    DORMANT,
    EXCHANGE,
    LAUNDERING,
    UNLIVED,
    Draft,
    Sketch,
    Terms,
)
from aml_miner.simulation.schemes.typology import Recurrence


@dataclass(frozen=True)
class Errand:
    """An exchange pays the first of four hands, and the last pays a customer; an hour apart, so many dollars."""

    terms: Terms = LAUNDERING
    hour: float = 1.0

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        assert largest >= 8
        draft = Draft(rng, self.terms)
        hands = [draft.seat(EXCHANGE), *draft.seats("hand", 4), draft.seat(CUSTOMER)]
        hours = self.hour * np.arange(5)
        draft.pay(hands[:-1], hands[1:], round(100 * self.terms.median_usd), hours)
        return draft.finish()


def form(
    world: World,
    count: int,
    *,
    fresh: float = 0.5,
    neighbourly: float = 0.0,
    hour: float = 1.0,
    again: Recurrence = Recurrence(),  # noqa: B008  frozen
    drift: float = 0.0,
    purpose: str = "errand",
) -> list[Group]:
    manner = Manner(purpose, fresh, neighbourly, again, drift)
    recruits = Recruits(world, world.population.fresh)
    return list(islice(form_groups(world, Errand(hour=hour), manner, recruits), count))


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


def test_what_recurs_is_paid_by_the_same_to_the_same(world: World) -> None:
    again = Recurrence((3, 3), (200.0, 200.0))
    group = next(each for each in form(world, 20, again=again) if each.payments.cents.size == 15)
    pairs = list(
        zip(group.payments.senders.tolist(), group.payments.receivers.tolist(), strict=True)
    )
    assert pairs[:5] == pairs[5:10] == pairs[10:]
    days = np.diff(group.payments.times_ms[::5]) / 86_400_000
    assert days == pytest.approx([200 / 24] * 2, abs=1.0)


def going_on(persistence: float) -> list[Group]:
    config = SimulationConfig(accounts=6_000, days=60, persistence=persistence)
    return form(build_world(config), 60)


def test_groups_that_go_on_pay_for_days_and_weeks() -> None:
    once, often = going_on(0.0), going_on(1.0)
    assert max(group.payments.cents.size for group in once) <= 25  # in pieces
    for group in often:
        days = np.ptp(group.payments.times_ms) / 86_400_000
        assert group.payments.cents.size >= 15
        assert 1.0 < days < 60.0


def test_some_go_on_with_the_same_and_some_with_others_around_one() -> None:
    same, others = 0, 0
    for group in going_on(1.0):
        members = group.accounts[group.is_member]
        parties = np.concatenate([group.payments.senders, group.payments.receivers])
        busiest = np.bincount(parties).max()
        if members.size == 4:
            same += 1
        else:
            others += 1
            rounds = (members.size - 1) // 3
            assert members.size == 1 + 3 * rounds
            assert 3 <= rounds <= 30
            assert busiest >= 2 * rounds
            assert set(members.tolist()) <= set(parties.tolist())
    assert same > 10
    assert others > 20


@pytest.mark.parametrize(
    ("accounts", "base_rate", "members"),
    [
        (1_900, 0.04, {4}),  # room for four others twice,
        (2_400, 0.04, {4, 10}),  # three,
        (3_000, 0.04, {4, 13}),  # and four times;
        (3_000, 0.01, {4}),  # once, where few launder
    ],
)
def test_a_group_goes_on_with_others_where_there_is_room_for_three_times(
    accounts: int, base_rate: float, members: set[int]
) -> None:
    knobs = SimulationConfig(accounts=accounts, days=60, persistence=1.0, base_rate=base_rate)
    sizes = {int(group.is_member.sum()) for group in form(build_world(knobs), 25)}
    assert max(sizes) == max(members)
    assert sizes >= members


@dataclass(frozen=True)
class Collection:
    """Two hands pay one customer, one of them twice."""

    role: str = "hand"
    cents: tuple[int, int, int] = (10_007, 10_007, 10_007)
    terms: Terms = LAUNDERING

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        assert largest >= 8
        draft = Draft(rng, self.terms)
        first, second = draft.seat(self.role), draft.seat("hand")
        customer = draft.seat(CUSTOMER)
        draft.pay([first, second, first], [customer] * 3, self.cents, np.arange(3.0))
        return draft.finish()


def collect(
    role: str = "hand", cents: tuple[int, int, int] = (10_007, 10_007, 10_007)
) -> list[Group]:
    world = build_world(SimulationConfig(accounts=6_000, days=60, persistence=1.0))
    recruits = Recruits(world, world.population.fresh)
    manner = Manner("collection", 0.5, 0.0, Recurrence())
    terms = replace(LAUNDERING, split_share=0.0)
    return list(islice(form_groups(world, Collection(role, cents, terms), manner, recruits), 40))


def test_who_stays_is_a_member() -> None:
    """The customer has more payments than either hand, but is no part of it."""
    with_others = [group for group in collect() if group.accounts.size > 3]
    assert len(with_others) > 10
    for group in with_others:
        rounds = group.payments.cents.size // 3
        customers = group.accounts[[role == CUSTOMER for role in group.roles]]
        assert customers.size == rounds
        assert group.is_member.sum() == 1 + rounds
        assert np.unique(group.payments.senders, return_counts=True)[1].max() == 2 * rounds


def test_a_dormant_wallet_wakes_once() -> None:
    for group in collect(DORMANT):
        assert group.payments.cents.size == 3
    for group in collect():
        assert group.payments.cents.size >= 9


@pytest.mark.parametrize(
    ("cents", "varies"),
    [
        ((40_000, 40_000, 39_000), False),
        ((40_000, 40_000, 31_112), False),
        ((40_000, 39_931, 31_112), True),  # one is whole by accident
        ((40_037, 39_931, 31_112), True),
    ],
)
def test_sums_mostly_in_whole_dollars_are_the_same_again_and_others_differ_together(
    cents: tuple[int, int, int], *, varies: bool
) -> None:
    """So nobody pays out more of a time than came in, but for cents: all sums of one time have one factor."""
    for group in collect(cents=cents):
        order = np.argsort(group.payments.times_ms, kind="stable")
        times = group.payments.cents[order].reshape(-1, 3)
        shares = times / np.array(cents)
        assert np.ptp(shares, axis=1).max() < 1e-4
        assert (np.ptp(shares[:, 0]) > 0.01) == varies


def test_a_few_groups_go_on_where_few_do() -> None:
    lasting = [np.ptp(group.payments.times_ms) > 86_400_000 * 2 for group in going_on(0.3)]
    assert 0.1 < np.mean(lasting) < 0.5


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
