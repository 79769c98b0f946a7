import numpy as np
import pytest

from aml_miner.monitoring.graph.hashing import drawn_order
from aml_miner.monitoring.graph.parameters import GraphParameters
from aml_miner.monitoring.graph.path_sample import (
    PathSample,
    add_dependencies,
    add_up_paths,
    sample_paths,
)
from aml_miner.monitoring.graph.shortest_paths import new_scratch
from tests.monitoring.graph.drawings import random_edges, rows_of

OUT = rows_of(random_edges(4, 60, 200))
INTO = OUT.reversed()


def sampled(**parameters: int) -> PathSample:
    return sample_paths(OUT, INTO, GraphParameters(**parameters))


def test_every_sender_is_searched_from_if_the_work_suffices() -> None:
    sample = sampled()
    assert sample.is_exact
    assert sorted(sample.pivots.tolist()) == np.flatnonzero(OUT.count).tolist()


def test_beyond_its_work_only_the_fewest_are_searched_from() -> None:
    sample = sampled(path_work=0, fewest_pivots=7)
    assert not sample.is_exact
    first, second = sampled().halves
    assert [half.tolist() for half in sample.halves] == [first[:4].tolist(), second[:3].tolist()]


def test_both_halves_together_are_all_senders_in_the_order_drawn() -> None:
    first, second = sampled().halves
    drawn = drawn_order(np.flatnonzero(OUT.count), OUT.addresses, GraphParameters().seed)
    assert first.tolist() == drawn[0::2].tolist()
    assert second.tolist() == drawn[1::2].tolist()


def test_more_work_searches_from_more() -> None:
    one_search = OUT.addresses + len(OUT.other)
    some = sampled(path_work=20 * one_search, fewest_pivots=2)
    assert 20 <= len(some.pivots) < some.senders


def test_the_hub_joins_most_pairs_of_neighbours() -> None:
    sample = sampled()
    joined = OUT.count * INTO.count
    assert joined[sample.hub] == joined.max()
    assert sample.to_hub[sample.hub] == sample.from_hub[sample.hub] == 0


@pytest.mark.parametrize("most_work", [2_000, 10**9])
def test_the_kernels_in_python_give_the_same(most_work: int) -> None:
    to_hub = np.where(np.arange(60) % 9 == 0, np.inf, sampled().to_hub)  # some do not reach it
    arguments = (OUT.start, OUT.other, OUT.weight, np.arange(60), to_hub, most_work, 3)
    compiled = add_up_paths(*arguments, new_scratch(60, len(OUT.other)))
    python = add_up_paths.py_func(*arguments, new_scratch(60, len(OUT.other)))
    for one, other in zip(compiled, python, strict=True):
        np.testing.assert_array_equal(one, other)


def test_handing_back_shares_in_python_gives_the_same() -> None:
    """A diamond from 0 to 3: three addresses behind 0, and half a path to 3 over 1 and 2 each."""
    scratch = new_scratch(4, 4)
    scratch.order[:] = [0, 1, 2, 3]
    scratch.last[:] = [-1, 0, 1, 3]
    scratch.before[:] = [0, 0, 1, 2]
    scratch.rest[:] = [-1, -1, -1, 2]
    for run in (add_dependencies, add_dependencies.py_func):
        dependency = np.zeros(4)
        run(4, scratch, np.zeros(4), np.zeros(4), dependency)
        assert dependency.tolist() == [0, 0.5, 0.5, 0]
