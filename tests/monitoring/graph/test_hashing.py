import numpy as np

from aml_miner.monitoring.graph.hashing import drawn_order, hashes, mixed

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def test_mixing_gives_the_published_first_number_of_splitmix64() -> None:
    expected = 0xE220A8397B1DCDAF  # of the seed 0
    assert int(mixed(GOLDEN)) == expected
    assert mixed(np.array([GOLDEN])).tolist() == [expected]
    assert mixed.py_func(np.array([GOLDEN])).tolist() == [expected]


def test_hashes_follow_from_the_seed_and_differ() -> None:
    assert hashes(3, 5).tolist() == hashes(3, 9)[:5].tolist()
    assert len({*hashes(0, 1000).tolist(), *hashes(1, 1000).tolist()}) == 2000


def test_an_order_drawn_by_lot_holds_everybody_once_and_depends_on_the_seed() -> None:
    everybody = np.arange(100)
    order = drawn_order(everybody, 100, 0)
    assert sorted(order.tolist()) == everybody.tolist()
    assert order.tolist() == drawn_order(everybody, 100, 0).tolist()
    assert order.tolist() != drawn_order(everybody, 100, 1).tolist()


def test_whoever_is_left_out_the_others_keep_their_order() -> None:
    order = drawn_order(np.arange(100), 100, 0)
    some = np.arange(0, 100, 7)
    assert drawn_order(some, 100, 0).tolist() == [a for a in order.tolist() if a % 7 == 0]
