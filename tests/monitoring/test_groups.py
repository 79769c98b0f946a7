import numpy as np
import pytest

from aml_miner.monitoring.groups import Floats, Groups, binary_entropy, divide, read_only

GROUPS = Groups(np.array([0, 0, 0, 2]), owners=3)
"""Owner 0 has three values, owner 1 none, owner 2 one."""

VALUES = np.array([1.0, 2.0, 6.0, 5.0])


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        (GROUPS.count, [3, 0, 1]),
        (GROUPS.start, [0, 3, 3, 4]),
        (GROUPS.sum(VALUES), [9, 0, 5]),
        (GROUPS.mean(VALUES), [3, 0, 5]),
        (GROUPS.largest(VALUES), [6, 0, 5]),
        (GROUPS.largest(-VALUES), [-1, 0, -5]),
        (GROUPS.variance(VALUES), [14 / 3, 0, 0]),
        (GROUPS.variance(VALUES, sample=True), [7, 0, 0]),
        (GROUPS.standardized_moment(VALUES, 3), [6 / (14 / 3) ** 1.5, 0, 0]),
        (GROUPS.standardized_moment(VALUES, 4), [(98 / 3) / (14 / 3) ** 2, 0, 0]),
        (GROUPS.sorted(np.array([6.0, 1.0, 2.0, 5.0])), [1, 2, 6, 5]),
        (GROUPS.even_split(VALUES), [1 - 2 * 23 / 27 + 4 / 3, 0, 0]),
        (GROUPS.entropy(np.array([1.0, 1.0, 2.0, 5.0])), [1.5, 0, 0]),
    ],
)
def test_statistics_per_owner(statistic: Floats, expected: list[float]) -> None:
    assert statistic.tolist() == pytest.approx(expected)


def test_unsorted_owners_are_put_in_order() -> None:
    groups, order = Groups.of(np.array([2, 0, 2, 0]), owners=3)
    assert groups.owner.tolist() == [0, 0, 2, 2]
    assert order.tolist() == [1, 3, 0, 2]


def test_no_values_at_all_is_0_for_every_owner() -> None:
    nothing = Groups(np.array([], int), owners=2)
    none = np.array([])
    for statistic in (
        nothing.sum,
        nothing.mean,
        nothing.largest,
        nothing.even_split,
        nothing.entropy,
    ):
        assert statistic(none).tolist() == [0, 0]


@pytest.mark.parametrize("power", [3, 4])
def test_values_that_are_alike_have_no_shape(power: int) -> None:
    """The mean of three times 0.1 is not 0.1: that is no deviation."""
    alike = Groups(np.zeros(3, int), owners=1)
    assert alike.standardized_moment(np.full(3, 0.1), power).tolist() == [0.0]


def test_an_even_split_is_1_and_worthless_values_have_none() -> None:
    two = Groups(np.array([0, 0, 1, 1]), owners=2)
    assert two.even_split(np.array([4.0, 4.0, 0.0, 0.0])).tolist() == [1.0, 0.0]


def test_entropy_passes_over_shares_of_0() -> None:
    groups = Groups(np.array([0, 0, 0, 1]), owners=2)
    assert groups.entropy(np.array([0.0, 3.0, 3.0, 0.0])).tolist() == [1.0, 0.0]


def test_division_by_0_is_0() -> None:
    assert divide(np.array([6, 1, 0]), np.array([3, 0, 0])).tolist() == [2.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, 0.0), (1.0, 0.0), (0.5, 1.0), (0.25, 2 - 0.75 * np.log2(3))],
)
def test_binary_entropy(share: float, expected: float) -> None:
    assert binary_entropy(np.array([share])).tolist() == pytest.approx([expected])


def test_what_is_read_only_keeps_its_numbers_and_leaves_the_original_as_it_was() -> None:
    numbers = np.array([1, 2])
    view = read_only(numbers)
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 9
    numbers[0] = 5
    assert view.tolist() == [5, 2]
