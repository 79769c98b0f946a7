"""Rows that share anything are one group."""

import numpy as np
import polars as pl
import pytest

from aml_miner.training.groups import link_rows


@pytest.mark.parametrize(
    ("keys", "groups"),
    [
        ([["a"], ["b"]], ["a", "b"]),
        ([["b"], ["b"]], ["b", "b"]),
        ([["c", "b"], ["b", "a"], ["a"], ["d"]], ["a", "a", "a", "d"]),  # c–b–a is a chain
        ([["z", "y"], ["x"], ["y", "x"]], ["x", "x", "x"]),  # joined by the last row only
        ([], []),
    ],
)
def test_rows_that_share_a_key_are_one_group(keys: list[list[str]], groups: list[str]) -> None:
    lines = [(row, key) for row, own in enumerate(keys) for key in own]
    schema = {"row": pl.UInt32, "key": pl.String}
    links = pl.DataFrame(lines, schema=schema, orient="row")
    assert link_rows(links, len(keys)).to_list() == groups


def test_order_of_links_does_not_matter() -> None:
    random = np.random.Generator(np.random.PCG64(2))
    links = pl.DataFrame(
        {
            "row": np.concatenate([np.arange(60), random.integers(0, 60, 40)]),
            "key": [f"k{n}" for n in random.integers(0, 70, 100)],
        }
    )
    shuffled = links[random.permutation(100)]
    assert link_rows(shuffled, 60).equals(link_rows(links, 60))
