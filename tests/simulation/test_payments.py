from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from numpy.random import PCG64, Generator

from aml_miner.batch.schemas import TRANSFERS
from aml_miner.simulation import SimulationConfig
from aml_miner.simulation.payments import (
    Payments,
    build_transfers,
    draw_cents,
    join_payments,
    keep_possible,
    round_cents,
)
from aml_miner.simulation.population import World, build_world

MIDNIGHT_MS = 1_735_689_600_000
ADDRESSES = pl.Series(["ann", "bob", "cid"])


def payments(*rows: tuple[int, int, int, int]) -> Payments:
    return Payments(*(np.array(column, np.int64) for column in zip(*rows, strict=True)))


@pytest.fixture(scope="module")
def small_world() -> World:
    return build_world(SimulationConfig(accounts=200, days=7))


def test_no_parts_make_no_payments() -> None:
    assert join_payments([]).cents.size == 0


def test_parts_are_joined_in_order() -> None:
    joined = join_payments([payments((0, 1, 5, 10)), payments((1, 2, 6, 9))])
    assert joined.senders.tolist() == [0, 1]
    assert joined.receivers.tolist() == [1, 2]
    assert joined.cents.tolist() == [5, 6]
    assert joined.times_ms.tolist() == [10, 9]


def test_payments_to_oneself_and_before_opening_are_left_out(small_world: World) -> None:
    opened = small_world.population.opened_hours
    newcomer = int(np.flatnonzero(opened)[0])
    opened_ms = int(small_world.rhythm.times_ms(opened[[newcomer]])[0])
    kept = keep_possible(
        payments(
            (0, 0, 1, MIDNIGHT_MS),  # to oneself
            (0, newcomer, 2, opened_ms - 1),
            (newcomer, 0, 3, opened_ms - 1),
            (0, newcomer, 4, opened_ms),
            (0, 1, 5, MIDNIGHT_MS),
        ),
        small_world,
    )
    assert kept.cents.tolist() == [4, 5]


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


def test_transfers_are_ordered_numbered_and_exact(small_world: World) -> None:
    parts = {
        "late": payments((0, 1, 1_999, MIDNIGHT_MS + 25_000)),
        "early": payments((1, 2, 3, MIDNIGHT_MS + 11_999), (2, 0, 10**15 + 1, MIDNIGHT_MS + 1)),
    }
    transfers = build_transfers(parts, small_world, ADDRESSES)
    assert transfers.schema == TRANSFERS.schema
    assert transfers["tx_id"].to_list() == ["t0000000000", "t0000000001", "t0000000002"]
    assert transfers["from_address"].to_list() == ["cid", "bob", "ann"]
    assert transfers["to_address"].to_list() == ["ann", "cid", "bob"]
    assert transfers["amount"].to_list() == [
        Decimal("10000000000000.01"),
        Decimal("0.03"),
        Decimal("19.99"),
    ]
    # blocks of 12 s: the first two share one
    assert transfers["block_timestamp"].to_list() == [
        MIDNIGHT_MS,
        MIDNIGHT_MS,
        MIDNIGHT_MS + 24_000,
    ]
    assert transfers["block_height"].to_list() == [144_640_800, 144_640_800, 144_640_802]
    assert transfers["fee"].is_between(Decimal("0.01"), Decimal("0.50")).all()


def test_a_new_part_changes_no_fee_of_the_others(small_world: World) -> None:
    old = {"rents": payments((0, 1, 700, MIDNIGHT_MS), (1, 0, 800, MIDNIGHT_MS + 12_000))}
    new = {"gifts": payments((1, 2, 900, MIDNIGHT_MS)), **old}
    before = build_transfers(old, small_world, ADDRESSES)
    after = build_transfers(new, small_world, ADDRESSES).filter(pl.col("amount") != 9)
    assert after["fee"].to_list() == before["fee"].to_list()
