"""An unknown name is answered with the known one most like it."""

import pytest

from aml_miner.utils.near_miss import near_miss


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("api_prot", ["api_host", "api_port"], "; did you mean 'api_port'?"),
        ("API_PORT", ["api_port"], "; did you mean 'api_port'?"),
        ("alertid", ["Alert_ID"], "; did you mean 'Alert_ID'?"),
        ("zzz", ["api_port"], ""),
        (7, ["api_port"], ""),  # YAML has names that are no text
        ("a", [], ""),
    ],
)
def test_the_name_most_like_it_is_asked_for(name: object, known: list[str], hint: str) -> None:
    assert near_miss(name, known) == hint


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("tree.depht", "; did you mean 'tree.depth'?"),  # not the forest's, which stands first
        ("depth", "; did you mean 'forest.depth'?"),  # of another section: the first
        ("tree.paht", "; did you mean 'forest.path'?"),
        ("tree.zzz", ""),  # though most of its letters are those of 'tree.depth'
        ("tre", "; did you mean 'tree'?"),
    ],
)
def test_of_names_in_sections_the_last_parts_are_compared(name: str, hint: str) -> None:
    known = ["forest", "tree", "forest.depth", "forest.path", "tree.depth"]
    assert near_miss(name, known) == hint


def test_a_dot_in_a_name_is_no_section_where_no_known_name_has_one() -> None:
    assert near_miss("alert.id", ["alert_id"]) == "; did you mean 'alert_id'?"
