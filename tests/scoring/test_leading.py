"""The leading features by hand, and by compiled and plain code alike."""

import numpy as np
import pytest

from aml_miner.models.contributions import Contributions
from aml_miner.scoring import leading
from aml_miner.scoring.leading import Leading, find_leading

NAMES = ("d", "a", "c", "b", "f", "e", "g")


def find(*rows: list[float], base: float = 0.0) -> Leading:
    values = np.array(rows)
    found = Contributions(values, base, values.sum(axis=1) + base)
    return find_leading(found, NAMES, (0, 0, 1, 1, 0, 1, 1), 2)


def test_largest_come_first_and_ties_by_name() -> None:
    found = find([1.0, -1.0, 2.0, 1.0, 0.0, -3.0, 0.5])
    assert [NAMES[place] for place in found.top[0]] == ["e", "c", "a", "b", "d"]
    assert found.top_values[0].tolist() == [-3.0, 2.0, -1.0, 1.0, 1.0]


def test_what_lowers_most_is_against_and_an_empty_slot_is_none() -> None:
    found = find([1.0, -1.0, 2.0, -1.0, 0.0, -3.0, 0.5], [1.0, 0.0, 0.0, 0.0, 0.0, -1e-10, -2e-9])
    assert [NAMES[place] for place in found.against[0]] == ["e", "a"]  # a before b: by name
    assert found.against[1].tolist() == [6, -1]  # −1e-10 rounds to 0


def test_other_is_what_the_listed_ones_leave() -> None:
    found = find([16.0, 8.0, 4.0, 2.0, 1.0, 0.5, -0.25], base=1 / 3)
    # not listed .5 and −.25, and a third of the last place of the base value: too little to show
    assert found.other.tolist() == [0.25]
    assert found.families.tolist() == [[25.0, 6.25]]


def test_compiled_code_does_what_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.Generator(np.random.PCG64(3)).normal(size=(40, 7)).round(1).tolist()
    expected = find(*values, base=0.1)
    for name, function in vars(leading).copy().items():
        if hasattr(function, "py_func"):
            monkeypatch.setattr(leading, name, function.py_func)
    found = find(*values, base=0.1)
    for name in Leading.__slots__:
        assert getattr(found, name).tobytes() == getattr(expected, name).tobytes()
