"""Results come in the order of the things, on any number of threads."""

import pytest

from aml_miner.utils.threads import in_threads


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 20])
def test_order_is_that_of_the_things(threads: int, count: int) -> None:
    assert in_threads(lambda n: n * n, range(count), threads) == [n * n for n in range(count)]


def test_a_failure_reaches_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        in_threads(lambda n: 1 // n, [1, 0, 2], 2)
