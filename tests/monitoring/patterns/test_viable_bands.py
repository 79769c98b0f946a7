import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.monitoring.patterns.bands import Bands
from aml_miner.monitoring.patterns.cycle_search import BandGraph, SearchLimits, search_cycles
from aml_miner.monitoring.patterns.viable_bands import keep_matched, peel_bands, viable_bands
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import SQUARE

RATIO = 1.15


def viable(*lines: Line) -> list[bool]:
    """Whether each band is viable, in the order of sender, recipient and amount."""
    bands = Bands.of(activity_of(*lines), 1.1)
    marks = viable_bands(bands.source, bands.target, bands.amount, RATIO, len(bands.start) - 1)
    return [bool(mark) for mark in marks]


@pytest.mark.parametrize(
    ("lines", "expected", "why"),
    [
        (SQUARE, [True] * 4, "a cycle"),
        (SQUARE[:3], [False] * 3, "the last payment is missing, and with it goes the rest"),
        ([*SQUARE[:3], ("d", "a", 80, 3)], [False] * 4, "the last amount is not alike"),
        (
            [*SQUARE, ("c", "e", 99, 4), ("e", "f", 99, 5)],
            [True, True, True, False, True, False],
            "a way out of it leads nowhere",
        ),
    ],
)
def test_bands_that_lead_round_are_viable(
    lines: list[Line], expected: list[bool], why: str
) -> None:
    assert viable(*lines) == expected, why


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcdef"),
            st.sampled_from("abcdef"),
            st.sampled_from([90.0, 100.0, 112.0, 130.0]),
            st.integers(0, 9).map(float),
        ).filter(lambda line: line[0] != line[1]),
        min_size=1,
        max_size=30,
    )
)
def test_no_cycle_is_lost(lines: list[Line]) -> None:
    activity = activity_of(*lines)
    every = Bands.of(activity, 1.1)
    marks = viable_bands(every.source, every.target, every.amount, RATIO, len(every.start) - 1)
    kept = every.only(marks)
    limits = SearchLimits(6, RATIO, 10**6, 10**9, 10**3)
    found = []
    for bands, number in ((every, np.arange(len(marks))), (kept, np.flatnonzero(marks))):
        start, transfers = bands.all_transfers()
        graph = BandGraph(
            bands.start, bands.target, bands.amount, start, activity.timestamp[transfers]
        )
        ways = search_cycles(graph, limits)
        found.append((number[ways.band].tolist(), ways.start.tolist(), ways.cut_off))
    assert found[0] == found[1]


def test_the_compiled_peeling_equals_the_one_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    bands = Bands.of(activity_of(*SQUARE, ("c", "e", 99, 4), ("e", "f", 50, 5)), 1.1)
    arguments = (bands.source, bands.target, bands.amount, RATIO, len(bands.start) - 1)
    compiled = viable_bands(*arguments)
    module = "aml_miner.monitoring.patterns.viable_bands"
    monkeypatch.setattr(f"{module}.keep_matched", keep_matched.py_func)
    monkeypatch.setattr(f"{module}.peel_bands", peel_bands.py_func)
    assert viable_bands(*arguments).tolist() == compiled.tolist()
