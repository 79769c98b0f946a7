"""Every part of ordinary life keeps these laws; then each one's own."""

import numpy as np
import pytest

from aml_miner.simulation import SimulationConfig
from aml_miner.simulation.life import LIFE, keep_possible, pay_life
from aml_miner.simulation.life.drawing import draw_occasions, pick, rank_weights, round_some
from aml_miner.simulation.life.purchases import pay_purchases
from aml_miner.simulation.payments import Payments, make_payments
from aml_miner.simulation.population import World, build_world
from aml_miner.simulation.rhythm import MS_PER_DAY, MS_PER_HOUR
from aml_miner.simulation.streams import open_stream


@pytest.fixture(scope="module")
def paid(world: World) -> dict[str, Payments]:
    return dict(pay_life(world))


def are(world: World, accounts: np.ndarray, *kinds: str) -> np.ndarray:
    return np.isin(accounts, np.concatenate([world.population.of(kind) for kind in kinds]))


@pytest.mark.parametrize("name", LIFE)
def test_payments_are_possible_and_repeat(
    world: World, paid: dict[str, Payments], name: str
) -> None:
    payments = paid[name]
    assert payments.cents.size > 0
    assert payments.cents.min() >= 1
    assert (payments.senders != payments.receivers).all()
    assert world.rhythm.start_ms <= payments.times_ms.min()
    assert payments.times_ms.max() < world.rhythm.end_ms
    again = keep_possible(LIFE[name](world, open_stream(world.config.seed, name)), world)
    np.testing.assert_array_equal(again.cents, payments.cents)
    np.testing.assert_array_equal(again.times_ms, payments.times_ms)


@pytest.mark.parametrize("name", LIFE)
def test_the_smallest_economy_lives_too(small_world: World, name: str) -> None:
    payments = keep_possible(LIFE[name](small_world, open_stream(1, name)), small_world)
    assert payments.cents.size == payments.times_ms.size
    assert (payments.cents > 0).all()


def test_fresh_wallets_have_no_ordinary_life(world: World, paid: dict[str, Payments]) -> None:
    for name, payments in paid.items():
        assert not np.isin(payments.senders, world.population.fresh).any(), name
        assert not np.isin(payments.receivers, world.population.fresh).any(), name


def test_payments_to_oneself_before_opening_and_after_the_end_are_left_out(
    small_world: World,
) -> None:
    opened = small_world.opened_ms
    newcomer = int(np.flatnonzero(small_world.population.opened_hours)[0])
    at, start, end = int(opened[newcomer]), small_world.rhythm.start_ms, small_world.rhythm.end_ms
    rows = [
        (0, 0, 1, start),  # to oneself
        (0, newcomer, 2, at - 1),
        (newcomer, 0, 3, at - 1),
        (0, newcomer, 4, at),
        (0, 1, 5, start),
        (0, 1, 6, end),
    ]
    columns = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    assert keep_possible(make_payments(*columns), small_world).cents.tolist() == [4, 5]


def test_purchases_are_uneven_between_people_and_merchants(
    world: World, paid: dict[str, Payments]
) -> None:
    bought = paid["purchases"]
    assert np.isin(bought.receivers, world.population.merchants).all()
    takings = np.sort(np.bincount(bought.receivers))[::-1]
    assert takings[0] > 0.1 * bought.cents.size
    per_person = np.bincount(bought.senders, minlength=world.config.accounts)[
        world.population.people
    ]
    assert np.mean(per_person == 0) > 0.1
    assert per_person.max() > 8 * per_person.mean()


def hours_of_purchases(day_rhythm: float, hours_from_utc: int) -> tuple[Payments, np.ndarray]:
    often = SimulationConfig().habits.model_copy(update={"purchases_per_day": 1.5})
    knobs = SimulationConfig(
        accounts=3_000, days=30, habits=often, day_rhythm=day_rhythm, hours_from_utc=hours_from_utc
    )
    world = build_world(knobs)
    bought = keep_possible(pay_purchases(world, open_stream(1, "hours")), world)
    return bought, bought.times_ms // MS_PER_HOUR % 24


def share_closed_at_night(day_rhythm: float, east: int) -> float:
    """Of the shops that sell often, those that never do from midnight to six where people live."""
    bought, hours = hours_of_purchases(day_rhythm, east)
    night = (hours + east) % 24 < 6
    busy = np.flatnonzero(np.bincount(bought.receivers) > 60)
    return float(np.mean([not night[bought.receivers == shop].any() for shop in busy]))


@pytest.mark.parametrize("east", [-8, 0, 9])
def test_shops_close_at_night_where_people_live(east: int) -> None:
    assert 0.4 < share_closed_at_night(1.0, east) < 0.8


@pytest.mark.parametrize("east", [0, 9])
def test_without_a_rhythm_shops_sell_at_every_hour_alike(east: int) -> None:
    bought, hours = hours_of_purchases(0.0, east)
    per_hour = np.bincount(hours, minlength=24) / hours.size
    np.testing.assert_allclose(per_hour, 1 / 24, rtol=0.15)
    for shop in np.flatnonzero(np.bincount(bought.receivers) > 200):
        assert set(hours[bought.receivers == shop].tolist()) == set(range(24))


def test_half_a_rhythm_leaves_half_of_the_shops_open() -> None:
    half = np.mean([share_closed_at_night(0.5, east) for east in (-8, 0, 9)])
    whole = np.mean([share_closed_at_night(1.0, east) for east in (-8, 0, 9)])
    assert half == pytest.approx(whole / 2, abs=0.08)


def test_salaries_are_the_same_every_month(world: World, paid: dict[str, Payments]) -> None:
    salaries = paid["salaries"]
    assert are(world, salaries.senders, "employers").all()
    someone = salaries.receivers[0]
    own = salaries.cents[salaries.receivers == someone]
    assert own.std() < 0.1 * own.mean()
    assert np.bincount(salaries.senders).max() > 300  # a large employer's payroll is a fan-out


def test_rents_are_equal_and_due_in_the_first_days(paid: dict[str, Payments]) -> None:
    rents = paid["rents"]
    days = rents.times_ms.astype("datetime64[ms]")
    of_month = (days.astype("datetime64[D]") - days.astype("datetime64[M]")).astype(np.int64)
    assert set(of_month.tolist()) == {0, 1, 2, 3, 4}
    someone = rents.senders[0]
    assert len(set(rents.cents[rents.senders == someone])) == 1


def test_friends_pay_back_and_forth(paid: dict[str, Payments]) -> None:
    pairs = set(
        zip(paid["friends"].senders.tolist(), paid["friends"].receivers.tolist(), strict=True)
    )
    assert np.mean([(other, one) in pairs for one, other in pairs]) > 0.3


def test_deposits_are_swept_in_full_within_hours(world: World, paid: dict[str, Payments]) -> None:
    orders = paid["exchange_orders"]
    swept = np.flatnonzero(are(world, orders.senders, "deposits"))
    assert swept.size > 100
    assert are(world, orders.receivers[swept], "exchanges").all()
    into = {
        (int(orders.receivers[row]), int(orders.cents[row]), int(orders.quoted_ms[row]))
        for row in np.flatnonzero(are(world, orders.receivers, "deposits"))
    }
    for row in swept:
        key = (int(orders.senders[row]), int(orders.cents[row]), int(orders.quoted_ms[row]))
        assert key in into
    hours = (orders.times_ms - orders.quoted_ms)[swept] / MS_PER_HOUR
    assert 0.5 < np.median(hours) < 6


def test_vaults_deal_with_hot_wallets_only(world: World, paid: dict[str, Payments]) -> None:
    moved = paid["vaults"]
    assert (are(world, moved.senders, "vaults") != are(world, moved.receivers, "vaults")).all()
    assert are(world, moved.senders, "vaults", "exchanges").all()


def test_bridges_are_paid_about_as_often_as_they_pay(
    world: World, paid: dict[str, Payments]
) -> None:
    away = are(world, paid["bridges"].receivers, "bridges")
    assert 0.35 < away.mean() < 0.65


def test_a_mixer_pays_out_as_much_as_it_got_less_a_fee(
    world: World, paid: dict[str, Payments]
) -> None:
    into = are(world, paid["mixing"].receivers, "mixers")
    cents = paid["mixing"].cents
    assert set(cents[~into]) <= {4_950, 9_900, 49_500, 99_000}
    assert into.sum() > (~into).sum() > 0  # a wallet that is not open yet gets nothing


def test_rewards_are_alike_from_time_to_time(world: World, paid: dict[str, Payments]) -> None:
    rewards = paid["rewards"]
    shared = ~are(world, rewards.receivers, "validators", "exchanges")
    assert are(world, rewards.senders[shared], "validators").all()
    someone = np.bincount(rewards.receivers[shared]).argmax()
    own = rewards.cents[rewards.receivers == someone]
    assert own.std() < 0.2 * own.mean()


def test_a_validator_earns_every_day_and_never_pays_out_more(
    world: World, paid: dict[str, Payments]
) -> None:
    rewards = paid["rewards"]
    for validator in world.population.of("validators"):
        into, out = rewards.receivers == validator, rewards.senders == validator
        days = (rewards.times_ms[into] - world.rhythm.start_ms) // MS_PER_DAY
        assert days.tolist() == list(range(world.config.days))
        order = np.argsort(rewards.times_ms, kind="stable")
        balance = np.cumsum(
            (np.where(into, 1, 0) - np.where(out, 1, 0))[order] * rewards.cents[order]
        )
        assert balance.min() >= 0
        assert out.any()
    foundation = world.population.of("airdroppers")[0]
    earned = are(world, rewards.receivers, "validators")
    assert set(rewards.senders[earned].tolist()) == {foundation}


def test_processors_pay_out_what_came_in_less_a_fee(
    world: World, paid: dict[str, Payments]
) -> None:
    processed = paid["processors"]
    into = are(world, processed.receivers, "processors")
    ratio = processed.cents[~into].sum() / processed.cents[into].sum()
    assert 0.9 < ratio < 0.98
    assert are(world, processed.receivers[~into], "shops").all()


def test_charities_get_many_round_gifts(world: World, paid: dict[str, Payments]) -> None:
    gifts = are(world, paid["charities"].receivers, "charities")
    assert (paid["charities"].cents[gifts] % 500 == 0).all()
    assert gifts.sum() > 50


def test_the_house_wins(world: World, paid: dict[str, Payments]) -> None:
    stakes = are(world, paid["gambling"].receivers, "casinos")
    cents = paid["gambling"].cents
    assert 0.6 < cents[~stakes].sum() / cents[stakes].sum() < 1.1
    assert 0.3 < (~stakes).sum() / stakes.sum() < 0.5


def test_an_airdrop_pays_many_the_same_within_two_hours(
    world: World, paid: dict[str, Payments]
) -> None:
    given = paid["airdrops"].kept(are(world, paid["airdrops"].senders, "airdroppers"))
    amounts, counts = np.unique(given.cents, return_counts=True)
    assert counts.max() > 15
    times = given.times_ms[given.cents == amounts[counts.argmax()]]
    assert np.ptp(times) <= 2 * MS_PER_HOUR


def test_bots_know_no_night_and_pay_alike(world: World, paid: dict[str, Payments]) -> None:
    traded = paid["bots"]
    hours = traded.times_ms // MS_PER_HOUR % 24
    assert 0.2 < np.mean(hours < 6) < 0.3
    assert (are(world, traded.senders, "bots") | are(world, traded.receivers, "bots")).all()


def test_holders_wait_before_they_sell(world: World, paid: dict[str, Payments]) -> None:
    held = paid["holders"]
    sold = are(world, held.senders, "holders")
    waits = []
    for holder, at in zip(held.senders[sold], held.times_ms[sold], strict=True):
        bought = held.times_ms[held.receivers == holder]
        waits.append((at - bought.min()) / MS_PER_DAY if bought.size else 0.0)
    assert np.median(waits) > 14


def test_wallets_are_funded_once_and_never_spend_more(
    world: World, paid: dict[str, Payments]
) -> None:
    errands, casual = paid["errands"], world.population.casual
    accounts = world.config.accounts
    funded = np.isin(errands.receivers, casual) & (errands.times_ms == errands.quoted_ms)
    own = np.isin(errands.senders, casual) & ~funded
    got = np.bincount(errands.receivers[funded], errands.cents[funded], accounts)
    spent = np.bincount(errands.senders[own], errands.cents[own], accounts)
    once = np.bincount(errands.receivers[funded], minlength=accounts)[casual]
    assert (once <= 1).all()
    lively = casual[once == 1]
    assert (spent[lively] <= got[lively] + 10).all()
    emptied = spent[lively] > 0.95 * got[lively]
    assert 0.1 < emptied.mean() < 0.5
    assert 0.2 < np.mean(spent[lively] == 0) < 0.6


def test_takings_are_swept_and_invoices_split_below_the_limit(
    world: World, paid: dict[str, Payments]
) -> None:
    assert np.isin(paid["sweeps"].senders, world.population.merchants).all()
    invoices = paid["invoices"]
    assert are(world, invoices.senders, "treasuries").all()
    assert np.mean((invoices.cents > 900_000) & (invoices.cents < 1_000_000)) > 0.05


def test_treasuries_lend_and_are_paid_back_with_interest(
    world: World, paid: dict[str, Payments]
) -> None:
    loans = paid["loans"]
    assert are(world, loans.senders, "treasuries").all()
    pairs = set(zip(loans.senders.tolist(), loans.receivers.tolist(), strict=True))
    assert np.mean([(other, one) in pairs for one, other in pairs]) > 0.7


def test_newcomers_are_funded_within_a_day(world: World, paid: dict[str, Payments]) -> None:
    first = paid["first_funds"]
    since = first.times_ms - world.opened_ms[first.receivers]
    assert since.min() >= 0
    assert np.median(since) < MS_PER_DAY


def test_shares_by_rank_add_up() -> None:
    assert rank_weights(4).sum() == pytest.approx(1)


def test_picks_follow_their_weights(world: World) -> None:
    rng = open_stream(1, "picks")
    counts = np.bincount(pick(rng, np.array([0.7, 0.2, 0.1]), 10_000))
    np.testing.assert_allclose(counts / 10_000, [0.7, 0.2, 0.1], atol=0.02)
    users = world.population.people
    who, hours = draw_occasions(world, rng, users, 0.5, unevenness=1.0)
    assert (hours >= world.population.opened_hours[users[who]]).all()


def test_some_amounts_are_rounded_to_two_digits() -> None:
    cents = np.array([7, 99, 123, 1_249, 98_765])
    assert round_some(open_stream(1, "all"), cents, 1.0).tolist() == [7, 99, 120, 1_200, 99_000]
    assert round_some(open_stream(1, "none"), cents, 0.0).tolist() == cents.tolist()
