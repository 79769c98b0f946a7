from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pytest
from numpy.random import Generator

from aml_miner.simulation import SimulationConfig
from aml_miner.simulation.groups import Group, Manner, Recruits, form_groups
from aml_miner.simulation.population import World, build_world
from aml_miner.simulation.schemes.sketch import (
    CUSTOMER,
    DORMANT,
    LAUNDERING,
    Draft,
    Sketch,
    Terms,
)
from aml_miner.simulation.schemes.typology import Recurrence
from tests.simulation.forming import form


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
