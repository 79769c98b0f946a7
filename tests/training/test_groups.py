"""Rows that share anything are one group."""

import numpy as np
import polars as pl
import pytest

from aml_miner.training.groups import Tokens, form_groups, link_rows, most_common


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


def groups_by_owner(rows: list[tuple[list[str], list[str]]]) -> list[set[str]]:
    """Group the owners of rows, each with its owners and its ties."""
    schema = {"owners": pl.List(pl.String), "ties": pl.List(pl.String)}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    of_owner = form_groups(Tokens.of(frame["owners"]), Tokens.of(frame["ties"]))
    names = frame["owners"].explode().unique().sort().to_list()
    found = [
        {name for name, own in zip(names, of_owner.tolist(), strict=True) if own == group}
        for group in range(max(of_owner) + 1)
    ]
    return sorted(found, key=min)


@pytest.mark.parametrize(
    ("rows", "groups"),
    [
        ([(["a"], []), (["b"], [])], [{"a"}, {"b"}]),
        ([(["a"], ["p"]), (["b"], ["p"])], [{"a", "b"}]),
        ([(["a", "b"], ["cluster"]), (["c"], [])], [{"a", "b"}, {"c"}]),
        (  # b is in both, more often in q
            [(["a"], ["p"]), (["b"], ["p"]), (["b"], ["q"]), (["b"], ["q"]), (["c"], ["q"])],
            [{"a"}, {"b", "c"}],
        ),
        (  # who of a and b is in p, and who in q, is not said
            [(["a", "b"], ["p", "q"]), (["c"], ["p"])],
            [{"a"}, {"b"}, {"c"}],
        ),
        (  # two patterns of the same two addresses are one group
            [(["a"], ["p"]), (["b"], ["p"]), (["a"], ["q"]), (["b"], ["q"])],
            [{"a", "b"}],
        ),
    ],
)
def test_owners_are_grouped_by_most_of_their_ties(
    rows: list[tuple[list[str], list[str]]], groups: list[set[str]]
) -> None:
    assert groups_by_owner(rows) == groups


def test_tokens_are_numbered_by_name() -> None:
    tokens = Tokens.of(pl.Series([["b", "a"], [], ["b"]], dtype=pl.List(pl.String)))
    assert (tokens.rows.tolist(), tokens.tokens.tolist(), tokens.count) == ([0, 0, 2], [1, 0, 1], 2)


def test_most_common_of_nothing_is_unknown() -> None:
    nothing = np.zeros(0, np.int64)
    assert most_common(nothing, nothing, 2).tolist() == [-1, -1]
