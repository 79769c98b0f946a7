from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import PCG64, Generator

from aml_miner.simulation.lookalikes import LOOKALIKES
from aml_miner.simulation.schemes import SCHEMES
from aml_miner.simulation.shapes import (
    Chain,
    Gathering,
    Instalments,
    Ring,
    Scattering,
    Shape,
    Sketch,
    _keep,
)

SHAPES = {**SCHEMES, **LOOKALIKES}
seeds = st.integers(0, 2**63)


def draw(shape: Shape, seed: int) -> Sketch:
    return shape.sketch(Generator(PCG64(seed)))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@given(seed=seeds)
def test_a_sketch_is_positive_ordered_and_uses_all_its_members(shape: Shape, seed: int) -> None:
    sketch = draw(shape, seed)
    assert sketch.cents.min() > 0
    assert (sketch.senders != sketch.receivers).all()
    assert (np.diff(sketch.active_hours) >= 0).all()
    assert sketch.active_hours[0] >= 0
    members = np.union1d(sketch.senders, sketch.receivers)
    np.testing.assert_array_equal(members, np.arange(len(sketch.roles)))


@given(seed=seeds)
def test_instalments_stay_below_their_limit(seed: int) -> None:
    shape = Instalments(
        payments=(8, 8), collectors=(3, 3), amount_usd=(8_000, 9_990), gap_hours=(4, 40)
    )
    sketch = draw(shape, seed)
    assert sketch.roles == ("source", "collector", "collector", "collector")
    assert sketch.senders.tolist() == [0] * 8
    assert sketch.receivers.tolist() == [1, 2, 3, 1, 2, 3, 1, 2]
    assert sketch.cents.min() >= 800_000
    assert sketch.cents.max() < 1_000_000
    assert np.diff(sketch.active_hours).min() >= 4


@given(seed=seeds)
def test_a_gathering_pays_out_what_came_in_less_a_share(seed: int) -> None:
    shape = Gathering((5, 5), 100.0, 0.5, (1, 2), (3, 4), (0.1, 0.1))
    sketch = draw(shape, seed)
    assert sketch.roles == ("source",) * 5 + ("collector", "exit")
    assert sketch.senders.tolist() == [0, 1, 2, 3, 4, 5]
    assert sketch.receivers.tolist() == [5, 5, 5, 5, 5, 6]
    assert sketch.cents[-1] == pytest.approx(0.9 * sketch.cents[:5].sum(), abs=1)
    assert 3 <= sketch.active_hours[-1] - sketch.active_hours[-2] <= 4


@given(seed=seeds)
def test_a_scattering_passes_on_what_came_in_less_a_share(seed: int) -> None:
    shape = Scattering((5, 5), 100.0, 0.5, (1, 2), (3, 4), (0.2, 0.2))
    sketch = draw(shape, seed)
    assert sketch.roles == ("target",) * 5 + ("distributor", "entry")
    assert sketch.senders.tolist() == [6, 5, 5, 5, 5, 5]
    assert sketch.receivers.tolist() == [5, 0, 1, 2, 3, 4]
    assert 0.8 * sketch.cents[0] == pytest.approx(sketch.cents[1:].sum(), abs=1)
    assert sketch.active_hours[1] >= 3 + 1


@given(seed=seeds)
def test_a_ring_closes_and_shrinks(seed: int) -> None:
    sketch = draw(Ring((4, 4), 1_000.0, 0.5, (1, 2), (0.01, 0.02)), seed)
    assert sketch.roles == ("member",) * 4
    assert sketch.senders.tolist() == [0, 1, 2, 3]
    assert sketch.receivers.tolist() == [1, 2, 3, 0]
    assert (np.diff(sketch.cents) < 0).all()
    assert np.diff(sketch.active_hours).min() >= 1


@given(seed=seeds)
def test_a_chain_leads_from_source_to_destination(seed: int) -> None:
    sketch = draw(Chain((3, 3), 1_000.0, 0.5, (1, 2), (0.01, 0.02)), seed)
    assert sketch.roles == ("source", "intermediary", "intermediary", "destination")
    assert sketch.senders.tolist() == [0, 1, 2]
    assert sketch.receivers.tolist() == [1, 2, 3]
    assert (np.diff(sketch.cents) < 0).all()


@pytest.mark.parametrize(
    ("kind", "lowest", "highest", "count"),
    [
        ("structuring", 8, 25, lambda sketch: sketch.cents.size),
        ("structuring", 1, 3, lambda sketch: sketch.roles.count("collector")),
        ("fan_in", 5, 30, lambda sketch: sketch.roles.count("source")),
        ("fan_out", 5, 30, lambda sketch: sketch.roles.count("target")),
        ("cycle", 3, 8, lambda sketch: len(sketch.roles)),
        ("layering", 3, 7, lambda sketch: sketch.cents.size),
    ],
)
def test_scheme_sizes_reach_both_of_their_bounds(
    kind: str, lowest: int, highest: int, count: Callable[[Sketch], int]
) -> None:
    sizes = [count(draw(SCHEMES[kind], seed)) for seed in range(1_000)]
    assert (min(sizes), max(sizes)) == (lowest, highest)


@pytest.mark.parametrize(
    ("cents", "share", "expected"),
    [
        (10_000, 0.03, 9_700),
        (10_000, 0.0, 10_000),
        (1, 0.9, 1),  # a payment of nothing is no payment
    ],
)
def test_what_is_passed_on_after_a_share_is_kept(cents: int, share: float, expected: int) -> None:
    assert _keep(cents, share) == expected
