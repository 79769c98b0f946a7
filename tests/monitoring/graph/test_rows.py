import numpy as np

from tests.monitoring.graph.drawings import rows_of

LINE = {(0, 1): 5.0, (0, 2): 6.0, (2, 1): 7.0}


def test_rows_hold_the_neighbours_of_each_address() -> None:
    rows = rows_of(LINE, addresses=4)
    assert rows.start.tolist() == [0, 2, 2, 3, 3]
    assert rows.other.tolist() == [1, 2, 1]
    assert rows.count.tolist() == [2, 0, 1, 0]
    assert rows.owner.tolist() == [0, 0, 2]
    assert rows.addresses == 4


def test_reversed_rows_hold_the_senders_of_each_address_in_order() -> None:
    back = rows_of(LINE, addresses=4).reversed()
    assert back.start.tolist() == [0, 0, 2, 3, 3]
    assert back.other.tolist() == [0, 2, 0]
    assert back.weight.tolist() == [5.0, 7.0, 6.0]


def test_edges_weigh_1_only_where_none_weighs_anything() -> None:
    some = rows_of({(0, 1): 0.0, (1, 0): 3.0})
    none = rows_of({(0, 1): 0.0, (1, 0): 0.0})
    assert some.weighing_something() is some
    assert none.weighing_something().weight.tolist() == [1.0, 1.0]
    assert np.array_equal(none.weighing_something().other, none.other)
