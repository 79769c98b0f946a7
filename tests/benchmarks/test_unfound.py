import pytest

from benchmarks.unfound import WAYS, longest_path
from tests.monitoring.graphs import Line, activity_of

PATH: list[Line] = [("a", "b", 100, 0), ("b", "c", 90, 0.5), ("c", "d", 50, 1), ("d", "e", 49, 30)]


@pytest.mark.parametrize(
    ("way", "lines", "hops"),
    [
        ("forward", PATH, 4),
        (
            "nearly whole",
            PATH,
            2,
        ),  # from b to c a tenth is kept; then half, and then it rests too long
        ("in haste", PATH, 3),
        ("forward", PATH[::2], 1),  # a pays b, and c pays d
        ("forward", [*PATH[:2], ("c", "d", 50, 0.5)], 2),  # at one moment nothing is passed on
    ],
)
def test_longest_path_counts_hops_forward_in_time(way: str, lines: list[Line], hops: int) -> None:
    assert longest_path(activity_of(*lines), WAYS[way]) == hops
