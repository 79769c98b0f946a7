import numpy as np

from aml_miner.monitoring.patterns.columns import as_array, group_by_address, incoming, outgoing
from tests.monitoring.graphs import Line, activity_of

LINES: list[Line] = [("a", "b", 1, 0), ("c", "b", 2, 1), ("a", "c", 3, 2), ("b", "a", 4, 3)]


def test_transfers_are_grouped_by_either_end_in_time_order() -> None:
    activity = activity_of(*LINES)
    assert [outgoing(activity).of(address).tolist() for address in range(3)] == [[0, 2], [3], [1]]
    assert [incoming(activity).of(address).tolist() for address in range(3)] == [[3], [0, 1], [2]]


def test_the_compiled_grouping_equals_the_one_in_python() -> None:
    owner = np.array([2, 0, 2, 2, 4])
    compiled, plain = group_by_address(owner, 5), group_by_address.py_func(owner, 5)
    assert [part.tolist() for part in compiled] == [part.tolist() for part in plain]
    assert compiled[0].tolist() == [0, 1, 1, 4, 4, 5]


def test_a_list_becomes_an_array() -> None:
    assert as_array.py_func([3, 1]).tolist() == [3, 1]
    assert as_array.py_func([]).dtype == np.int64
