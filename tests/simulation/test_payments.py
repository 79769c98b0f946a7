import numpy as np
import pytest
from numpy.random import PCG64, Generator

from aml_miner.simulation.payments import (
    OWN_ASSET,
    Payments,
    draw_cents,
    join_payments,
    make_payments,
    round_cents,
    unit_of_second_digit,
)


def payments(*rows: tuple[int, int, int, int]) -> Payments:
    return make_payments(*(np.array(column, np.int64) for column in zip(*rows, strict=True)))


def test_no_parts_make_no_payments() -> None:
    assert join_payments([]).cents.size == 0


def test_payments_are_in_the_senders_asset_at_the_price_of_the_moment() -> None:
    made = payments((0, 1, 5, 10), (1, 2, 6, 9))
    assert made.assets.tolist() == [OWN_ASSET] * 2
    assert made.quoted_ms.tolist() == [10, 9]
    assert not made.in_round_coins.any()


def test_parts_are_joined_in_order() -> None:
    joined = join_payments([payments((0, 1, 5, 10)), payments((1, 2, 6, 9))])
    assert joined.senders.tolist() == [0, 1]
    assert joined.receivers.tolist() == [1, 2]
    assert joined.cents.tolist() == [5, 6]
    assert joined.times_ms.tolist() == [10, 9]


def test_a_mask_keeps_whole_payments() -> None:
    kept = payments((0, 1, 5, 10), (1, 2, 6, 9)).kept(np.array([False, True]))
    assert [each.tolist() for each in (kept.senders, kept.cents, kept.quoted_ms)] == [[1], [6], [9]]


@pytest.mark.parametrize(
    ("cents", "unit", "expected"),
    [
        (1_249, 100, 1_200),
        (1_250, 100, 1_300),
        (40, 100, 100),  # a payment is never rounded away
        (37, 1, 37),
    ],
)
def test_amounts_are_rounded_to_a_unit(cents: int, unit: int, expected: int) -> None:
    assert round_cents(np.array([cents]), unit).tolist() == [expected]


def test_drawn_amounts_are_positive_and_centred_on_the_median() -> None:
    cents = draw_cents(Generator(PCG64(0)), 28.0, 1.2, 20_001)
    assert cents.min() >= 1
    assert np.median(cents) == pytest.approx(2_800, rel=0.03)
    assert cents.mean() > 1.5 * np.median(cents)  # heavy tail


def test_second_digits_change_at_the_powers_of_ten() -> None:
    powers = [10**digits for digits in range(2, 19)]
    found = unit_of_second_digit(np.array([[p - 1, p, p + 1] for p in powers]).ravel())
    assert found.reshape(-1, 3).tolist() == [[max(p // 100, 1), p // 10, p // 10] for p in powers]
    assert unit_of_second_digit(np.array([0, 1, 9, 10])).tolist() == [1, 1, 1, 1]
