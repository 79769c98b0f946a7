"""Laws of every detector of money that moves forward in time, on a crowd with all their patterns in it."""

from collections.abc import Callable
from itertools import pairwise, product

import numpy as np
import pytest

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.patterns.bipartite import detect_bipartite
from aml_miner.monitoring.patterns.gather_scatter import detect_gather_scatter
from aml_miner.monitoring.patterns.layering_path import detect_layering_paths
from aml_miner.monitoring.patterns.pattern import Detected, pattern_table
from aml_miner.monitoring.patterns.peel_chain import detect_peel_chains
from aml_miner.monitoring.patterns.scatter_gather import detect_scatter_gather
from aml_miner.monitoring.patterns.stack import detect_stacks
from aml_miner.monitoring.profile import load_profile
from tests.monitoring.graphs import Line, activity_of

PROFILE = load_profile()
DETECTORS: dict[str, Callable[[Activity], Detected]] = {
    "layering_path": lambda activity: detect_layering_paths(activity, PROFILE.layering_path),
    "peel_chain": lambda activity: detect_peel_chains(activity, PROFILE.peel_chain_path),
    "scatter_gather": lambda activity: detect_scatter_gather(activity, PROFILE.scatter_gather),
    "gather_scatter": lambda activity: detect_gather_scatter(activity, PROFILE.gather_scatter),
    "stack": lambda activity: detect_stacks(activity, PROFILE.stack),
    "bipartite": lambda activity: detect_bipartite(activity, PROFILE.bipartite),
}


def crowd() -> list[Line]:
    """Every pattern several times, among ordinary payments, no two at one moment."""
    lines: list[Line] = []
    for copy in range(4):
        usd, at = 900.0 + 300 * copy, 150.0 * copy
        name = [f"{letter}{copy}" for letter in "abcdefghijklmnopqrstuvwxyz"]
        lines += [(a, b, usd - i, at + 2 * i) for i, (a, b) in enumerate(pairwise(name[:6]))]
        for i, (a, b) in enumerate(pairwise(name[6:12])):
            lines += [
                (a, b, usd * 0.9**i, at + 3 * i),
                (b, name[25], usd * 0.08 * 0.9**i, at + 3 * i + 1),
            ]
        for i, m in enumerate(name[12:17]):
            lines += [(name[0], m, usd + i, at + i), (m, name[1], usd - i, at + 20 + i)]
        for i, (m, s) in enumerate(product(name[17:20], name[20:23])):
            lines += [(s, m, usd + i, at + i), (m, s[0] * 2 + s[1:], usd, at + 30 + i)]
    random = np.random.default_rng(5)
    people = sorted({line[0] for line in lines})
    for _ in range(600):
        one, other = random.choice(people, 2, replace=False)
        lines.append((str(one), str(other), float(random.integers(5, 90)), random.uniform(0, 700)))
    moments = random.permutation(len(lines)) * 1e-5
    return [
        (a, b, usd, hour + float(e)) for (a, b, usd, hour), e in zip(lines, moments, strict=True)
    ]


@pytest.fixture(scope="module")
def activity() -> Activity:
    return activity_of(*crowd())


@pytest.mark.parametrize("name", DETECTORS)
def test_patterns_are_there_and_each_id_is_one_pattern(name: str, activity: Activity) -> None:
    table = pattern_table(DETECTORS[name](activity).patterns, activity)
    assert table.height >= 4
    assert table["pattern_id"].n_unique() == table.height
    assert set(table["pattern_type"]) == {name}


@pytest.mark.parametrize("name", DETECTORS)
def test_patterns_do_not_depend_on_the_order_of_rows(name: str, activity: Activity) -> None:
    lines = crowd()
    shuffled = activity_of(*(lines[i] for i in np.random.default_rng(1).permutation(len(lines))))
    tables = [pattern_table(DETECTORS[name](each).patterns, each) for each in (activity, shuffled)]
    assert tables[0].equals(tables[1])


@pytest.mark.parametrize("name", DETECTORS)
def test_every_pattern_is_shown_by_its_own_transfers(name: str, activity: Activity) -> None:
    for pattern in DETECTORS[name](activity).patterns:
        transfers = pattern.transfers
        assert np.all(np.diff(transfers) > 0)
        touched = {*activity.source[transfers].tolist(), *activity.target[transfers].tolist()}
        assert set(pattern.addresses) <= touched
        assert len(set(pattern.addresses)) == len(pattern.addresses) == len(pattern.roles)
        assert set(pattern.roles) <= set(pattern.kind.parts)
        assert 0 <= pattern.risk <= 1


@pytest.mark.parametrize("name", DETECTORS)
def test_every_description_can_be_written(name: str, activity: Activity) -> None:
    for pattern in DETECTORS[name](activity).patterns:
        text = pattern.kind.description.format(
            part="Part", members=len(pattern.addresses), volume=1.0, **pattern.facts
        )
        assert "{" not in text


@pytest.mark.parametrize("name", ["layering_path", "peel_chain"])
def test_along_a_path_each_address_pays_the_next(name: str, activity: Activity) -> None:
    for pattern in DETECTORS[name](activity).patterns:
        ends = activity.source[pattern.transfers], activity.target[pattern.transfers]
        paid = set(zip(*(end.tolist() for end in ends), strict=True))
        assert set(pairwise(pattern.addresses)) <= paid
