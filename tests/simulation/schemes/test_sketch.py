import numpy as np
import pytest
from numpy.random import PCG64, Generator

from aml_miner.simulation.schemes.sketch import (
    BRIDGE,
    DEPOSIT,
    EXCHANGE,
    INNOCENT,
    LAUNDERING,
    MIXER,
    Draft,
    Sketch,
    draw_count,
    split_sketch,
)


@pytest.fixture
def rng() -> Generator:
    return Generator(PCG64(0))


def test_a_draft_becomes_payments_in_order_of_time(rng: Generator) -> None:
    draft = Draft(rng, LAUNDERING)
    source = draft.seat("source")
    targets = draft.seats("target", 2)
    draft.pay(targets, source, 300, [9.0, 8.0])
    draft.pay(source, targets, [0.2, 500.9], 2.0)
    sketch = draft.finish()
    assert sketch.roles == ("source", "target", "target")
    assert sketch.senders.tolist() == [0, 0, 2, 1]
    assert sketch.receivers.tolist() == [1, 2, 0, 0]
    assert sketch.cents.tolist() == [1, 500, 300, 300]  # nobody pays nothing
    assert sketch.active_hours.tolist() == [2.0, 2.0, 8.0, 9.0]


def test_money_comes_from_outside_before_it_is_due(rng: Generator) -> None:
    sources = set()
    for _ in range(80):
        draft = Draft(rng, LAUNDERING)
        draft.fund(draft.seat("source"), 700, 50.0)
        sketch = draft.finish()
        assert sketch.senders.tolist() == [1]
        assert sketch.active_hours[0] < 50.0
        sources.add(sketch.roles[1])
    assert sources == {"exchange", "bridge", "customer", "mixing_service"}


def test_money_leaves_by_every_way_and_sometimes_stays(rng: Generator) -> None:
    ways = set()
    for _ in range(60):
        draft = Draft(rng, LAUNDERING)
        holder = draft.seat("exit")
        draft.pay(holder, draft.seat("x"), 1, 0.0)
        draft.cash_out(holder, 700, 5.0)
        sketch = draft.finish()
        ways.add(sketch.roles[2:])
        assert sketch.senders.tolist()[1:] in ([], [0], [0, 2])
        assert (sketch.active_hours[1:] > 5.0).all()
    assert ways == {(), (EXCHANGE,), (BRIDGE,), (MIXER,), (DEPOSIT, EXCHANGE)}


@pytest.mark.parametrize(
    ("bounds", "largest", "lowest", "highest"),
    [((3, 9), 100, 3, 9), ((3, 90), 20, 3, 20), ((5, 9), 2, 5, 5)],
)
def test_sizes_keep_their_bounds_and_small_ones_are_common(
    rng: Generator, bounds: tuple[int, int], largest: int, lowest: int, highest: int
) -> None:
    counts = [draw_count(rng, bounds, largest) for _ in range(800)]
    assert (min(counts), max(counts)) == (lowest, highest)
    assert np.median(counts) <= (lowest + highest) / 2


def test_laundering_is_quicker_and_keeps_less_than_the_innocent_on_average_only(
    rng: Generator,
) -> None:
    rests = [np.concatenate([t.rests(rng, 5) for _ in range(500)]) for t in (LAUNDERING, INNOCENT)]
    assert np.median(rests[0]) < np.median(rests[1]) / 2
    assert np.quantile(rests[0], 0.8) > np.quantile(rests[1], 0.3)
    kept = [[10_000 - t.passed_on(rng, 10_000) for _ in range(500)] for t in (LAUNDERING, INNOCENT)]
    assert np.median(kept[0]) < np.median(kept[1])
    assert max(kept[0]) > min(kept[1])


def test_terms_go_part_of_the_way_in_the_logarithm() -> None:
    half = LAUNDERING.toward(INNOCENT, 0.5)
    assert half.median_usd == pytest.approx(np.sqrt(400 * 350))
    assert half.gap_hours == pytest.approx((np.sqrt(0.03 * 0.05), np.sqrt(5 * 40)))
    assert LAUNDERING.toward(INNOCENT, 0.0) == LAUNDERING
    assert LAUNDERING.toward(INNOCENT, 1.0) == INNOCENT
    assert LAUNDERING.scaled(3.0).median_usd == 1_200


def test_nothing_is_ever_passed_on_as_nothing(rng: Generator) -> None:
    assert INNOCENT.passed_on(rng, 1) == 1


def test_pieces_add_up_and_money_still_moves_forward(rng: Generator) -> None:
    chain = Sketch(
        ("source", "hop", "end"),
        np.array([0, 1]),
        np.array([1, 2]),
        np.array([100_000, 90_000]),
        np.array([5.0, 20.0]),
    )
    for _ in range(30):
        pieces = split_sketch(chain, rng)
        first, second = pieces.senders == 0, pieces.senders == 1
        assert 2 <= first.sum() <= 5
        assert 2 <= second.sum() <= 5
        assert 99_995 <= pieces.cents[first].sum() <= 100_000
        assert pieces.active_hours[first].max() == 5.0
        assert pieces.active_hours[second].min() > 5.0
        assert pieces.active_hours[second].max() == 20.0
        assert (np.diff(pieces.active_hours) >= 0).all()
        assert np.ptp(pieces.cents[first]) < 0.8 * pieces.cents[first].mean()  # alike, or equal


def test_what_a_service_is_part_of_is_paid_whole(rng: Generator) -> None:
    paid_out = Sketch(
        ("source", "hop", EXCHANGE),
        np.array([0, 1]),
        np.array([1, 2]),
        np.array([100_000, 90_000]),
        np.array([5.0, 20.0]),
    )
    pieces = split_sketch(paid_out, rng)
    assert pieces.cents[pieces.receivers == 2].tolist() == [90_000]
