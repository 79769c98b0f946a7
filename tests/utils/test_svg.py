"""Pictures are well-formed, and hold what they were given."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.utils.svg import (
    Drawing,
    curve,
    document,
    line,
    number,
    rectangle,
    stacked,
    text_at,
    wrapped,
)

SPACE = "{http://www.w3.org/2000/svg}"


def elements(picture: str, name: str) -> list[ET.Element]:
    return list(ET.fromstring(picture).iter(SPACE + name))  # noqa: S314 - our own text


@given(st.text())
def test_any_text_makes_a_well_formed_picture_that_says_it(text: str) -> None:
    shown = "".join(letter if letter.isprintable() else "?" for letter in text)
    picture = document(Drawing((text_at(1, 2, text),), 9), 5, text, text)
    told = [*elements(picture, "title"), *elements(picture, "desc"), *elements(picture, "text")]
    assert [element.text or "" for element in told] == [shown] * 3


def test_whole_picture_is_as_wide_and_high_as_it_says_and_named_for_those_who_do_not_see_it() -> (
    None
):
    root = ET.fromstring(document(Drawing((), 30.5), 800, "a", "b"))  # noqa: S314 - our own text
    assert root.attrib["viewBox"] == "0 0 800 30.5"
    assert (root.attrib["role"], root.attrib["aria-label"]) == ("img", "a")


def test_both_grounds_have_colours_for_every_class() -> None:
    (style,) = elements(document(Drawing((), 1), 1, "", ""), "style")
    light, _, dark = str(style.text).partition("@media (prefers-color-scheme:dark)")
    for kind in ("ground", "ink", "dim", "head", "raises", "lowers", "total", "thread", "curve"):
        assert f".aml .{kind}" in light
        assert f".aml .{kind}" in dark


def test_drawings_are_put_under_one_another() -> None:
    both = stacked([Drawing(("<a/>",), 10.0), Drawing(("<b/>",), 5.5)])
    assert both.height == 15.5
    assert both.shapes == (
        '<g transform="translate(0 0)">', "<a/>", "</g>",
        '<g transform="translate(0 10)">', "<b/>", "</g>",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "written"),
    [
        (rectangle(10, 1, (-4, 2), "lowers"), '<rect class="lowers" x="6" y="1" width="4" height="2"/>'),
        (line((0, 1), (2.005, 3)), '<path class="thread" d="M0 1L2 3"/>'),
        (curve([(0, 1), (2, 3), (4, 5)]), '<path class="curve" d="M0 1L2 3L4 5"/>'),
        (text_at(1, 2, "<", "dim", "end"), '<text class="dim" x="1" y="2" text-anchor="end">&lt;</text>'),
    ],
)  # fmt: skip
def test_shape(shape: str, written: str) -> None:
    assert shape == written


@pytest.mark.parametrize(("value", "written"), [(100.0, "100"), (0.5, "0.5"), (-0.001, "0")])
def test_number(value: float, written: str) -> None:
    assert number(value) == written


def test_text_is_broken_to_fit_and_an_empty_one_has_a_line() -> None:
    assert wrapped("one two three", 75.0) == ["one two", "three"]
    assert wrapped("", 100.0) == [""]
