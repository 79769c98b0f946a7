from collections.abc import Mapping

import numpy as np
import pytest

from aml_miner.simulation import SimulationConfig
from aml_miner.simulation.ordinary import ORDINARY, _pick, _rank_weights, pay_ordinary
from aml_miner.simulation.payments import Payments
from aml_miner.simulation.population import World, build_world
from aml_miner.simulation.streams import open_stream

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def paid(world: World) -> Mapping[str, Payments]:
    return pay_ordinary(world)


def days_of_month(world: World, payments: Payments) -> np.ndarray:
    return world.rhythm.days_of_month[(payments.times_ms - world.rhythm.start_ms) // DAY_MS]


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_payments_are_positive_and_within_the_days(
    paid: Mapping[str, Payments], world: World, name: str
) -> None:
    payments = paid[name]
    assert payments.cents.size > 0
    assert payments.cents.min() > 0
    assert payments.times_ms.min() >= world.rhythm.start_ms
    assert payments.times_ms.max() < world.rhythm.end_ms
    assert (payments.senders != payments.receivers).all()


@pytest.mark.parametrize("purchases_per_day", [0, 0.35])
def test_everybody_buys_something(purchases_per_day: float) -> None:
    config = SimulationConfig(accounts=200, days=7, purchases_per_day=purchases_per_day)
    world = build_world(config)
    buyers = pay_ordinary(world)["purchases"].senders
    np.testing.assert_array_equal(np.unique(buyers), np.sort(world.population.people))


def test_few_merchants_get_most_purchases(paid: Mapping[str, Payments]) -> None:
    counts = np.sort(np.bincount(paid["purchases"].receivers))[::-1]
    assert counts[:10].sum() > 0.5 * counts.sum()


def test_salaries_are_a_benign_fan_out(paid: Mapping[str, Payments], world: World) -> None:
    salaries = paid["salaries"]
    assert np.isin(salaries.senders, world.population.employers).all()
    assert np.isin(salaries.receivers, world.population.households).all()
    largest = salaries.senders == np.bincount(salaries.senders).argmax()
    assert np.unique(salaries.receivers[largest]).size > 100


def test_weekly_salaries_come_on_fridays(world: World) -> None:
    pay = ORDINARY["salaries"](world, open_stream(42, "salaries"))
    weekday = world.rhythm.weekdays[(pay.times_ms - world.rhythm.start_ms) // DAY_MS]
    often = np.flatnonzero(np.bincount(pay.receivers) > 3)  # monthly: at most thrice in 60 days
    weekly = np.isin(pay.receivers, often)
    assert 0 < often.size < world.population.households.size
    assert (weekday[weekly] == 4).all()


def test_rents_are_equal_and_due_in_the_first_days(
    paid: Mapping[str, Payments], world: World
) -> None:
    rents = paid["rents"]
    assert days_of_month(world, rents).max() <= 5
    assert (rents.cents % 500 == 0).all()
    tenant = rents.senders == rents.senders[0]
    assert np.unique(rents.cents[tenant]).size == 1
    assert np.unique(rents.receivers[tenant]).size == 1


def test_friends_pay_back_and_forth(paid: Mapping[str, Payments]) -> None:
    pairs = set(zip(paid["friends"].senders, paid["friends"].receivers, strict=True))
    returned = sum((receiver, sender) in pairs for sender, receiver in pairs)
    assert returned > 0.5 * len(pairs)


def test_friends_take_turns(world: World) -> None:
    payments = ORDINARY["friends"](world, open_stream(42, "friends"))
    pair = np.sort(np.stack([payments.senders, payments.receivers]), axis=0)
    same_pair = (np.diff(pair) == 0).all(axis=0)
    turned = payments.senders[1:] == payments.receivers[:-1]
    assert turned[same_pair].all()
    assert (np.diff(payments.times_ms)[same_pair] >= 0).all()


def test_the_exchange_is_a_hub_in_both_directions(
    paid: Mapping[str, Payments], world: World
) -> None:
    orders, (exchange,) = paid["exchange_orders"], world.population.exchanges
    assert np.unique(orders.senders[orders.receivers == exchange]).size > 300
    assert np.unique(orders.receivers[orders.senders == exchange]).size > 300


def test_brands_sweep_to_treasuries_and_shops_to_their_owners(
    paid: Mapping[str, Payments], world: World
) -> None:
    sweeps = paid["sweeps"]
    by_brand = np.isin(sweeps.senders, world.population.brands)
    assert np.isin(sweeps.receivers[by_brand], world.population.treasuries).all()
    assert np.isin(sweeps.receivers[~by_brand], world.population.households).all()
    for merchant in world.population.merchants:
        assert np.unique(sweeps.receivers[sweeps.senders == merchant]).size <= 1


def test_half_of_the_treasuries_split_large_invoices(
    paid: Mapping[str, Payments], world: World
) -> None:
    invoices = paid["invoices"]
    largest = [
        invoices.cents[invoices.senders == treasury].max()
        for treasury in world.population.treasuries
    ]
    splitting = sum(cents < 1_000_000 for cents in largest)
    assert 0 < splitting < len(largest)


def test_every_newcomer_is_funded_once(paid: Mapping[str, Payments], world: World) -> None:
    newcomers = np.flatnonzero(world.population.opened_hours)
    np.testing.assert_array_equal(np.sort(paid["first_funds"].receivers), newcomers)


def test_nobody_pays_or_is_paid_before_opening(paid: Mapping[str, Payments], world: World) -> None:
    opened_ms = world.rhythm.times_ms(world.population.opened_hours)
    for payments in paid.values():
        assert (payments.times_ms >= opened_ms[payments.senders]).all()
        assert (payments.times_ms >= opened_ms[payments.receivers]).all()


def test_popularity_is_zipf() -> None:
    np.testing.assert_allclose(_rank_weights(3), [6 / 11, 3 / 11, 2 / 11])


def test_picks_follow_their_weights() -> None:
    picked = _pick(open_stream(0, "picks"), np.array([0.5, 0.3, 0.2]), 10_000)
    np.testing.assert_allclose(np.bincount(picked) / 10_000, [0.5, 0.3, 0.2], atol=0.02)
