"""A waterfall leads from the base value to the raw score, and its picture shows every step."""

from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

import pytest

from aml_miner.scoring.explained import Explained, Explanation, Reason
from aml_miner.scoring.waterfall import OTHERS, Waterfall, waterfall_of
from aml_miner.scoring.waterfall_svg import headline, waterfall_svg

EXPLANATION = Explanation(
    base_value=-2.0,
    reasons=(
        Reason("degree_out", 48.0, 1.5, "sent to 48 <different> recipients"),
        Reason("pattern_type", None, -0.5, "the alert is of no detected pattern"),
    ),
    other=0.25,
    against=(
        Reason("pattern_type", None, -0.5, "the alert is of no detected pattern"),
        Reason("kcore", 3.0, -0.25, "is in a group"),
    ),
    families={"alert": -0.5, "flows": 0.0, "network": 1.75},
)
ALERT = Explained(
    subject="alert",
    identifier="alert-1",
    address="0xabc",
    processing_date=date(2025, 11, 20),
    window_days=30,
    network="torus",
    score=0.3208,
    rank=2,
    rows=1_200,
    model_version="0123456789ab",
    text="{}",
    explanation=EXPLANATION,
    facts={"typology_type": "MOTIF_FANOUT", "severity": "high", "volume_usd": "1200.500", "pattern_type": "",
           "alert_confidence_score": 0.75, "description": "48 recipients at & about noon."},
)  # fmt: skip


def texts(picture: str) -> str:
    root = ET.fromstring(picture)  # noqa: S314 - our own text
    return "\n".join(
        element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")
    )


def test_every_step_begins_where_the_one_before_ended() -> None:
    way = waterfall_of(EXPLANATION)
    assert [(step.words, step.start, step.end) for step in way.steps] == [
        ("sent to 48 <different> recipients", -2.0, -0.5),
        ("the alert is of no detected pattern", -0.5, -1.0),
        (OTHERS, -1.0, -0.75),
    ]
    assert (way.base_value, way.raw_score, way.low, way.high) == (-2.0, -0.75, -2.0, -0.5)
    assert [step.raises for step in way.steps] == [True, False, True]


def test_way_that_leads_nowhere_lies_in_the_middle() -> None:
    assert Waterfall(1.0, 1.0, (), 1.0, 1.0).share(1.0) == 0.5
    still = replace(EXPLANATION, reasons=(), other=0.0, against=(), families={"alert": 0.0})
    assert "−2.000" in texts(waterfall_svg([replace(ALERT, explanation=still)]))


def test_headline_says_what_is_known() -> None:
    assert headline(ALERT) == [
        "Alert alert-1 on 0xabc",
        "score 0.321, rank 2 of 1,200 alerts; torus, 2025-11-20, 30 days; model 0123456789ab",
        "MOTIF_FANOUT, severity high, 1,200.50 USD, confidence 0.75",
        "48 recipients at & about noon.",
    ]
    cluster = replace(ALERT, subject="cluster", address=None, network=None, rank=None, facts={})
    assert headline(cluster) == [
        "Cluster alert-1",
        "score 0.321; 2025-11-20, 30 days; model 0123456789ab",
    ]


def test_picture_shows_every_step_family_and_what_argues_against() -> None:
    shown = texts(waterfall_svg([ALERT]))
    for words in (
        "Alert alert-1 on 0xabc", "48 recipients at & about noon.", "−2.000", "+1.500", "−0.500", "+0.250",
        "−0.750", "sent to 48 <different> recipients", OTHERS, "network", "+1.750", "+0.000",
        "−0.250 is in a group",
    ):  # fmt: skip
        assert words in shown
    assert shown.count("no detected pattern") == 1


def test_what_argues_against_among_the_reasons_is_not_told_twice() -> None:
    told = replace(EXPLANATION, against=EXPLANATION.against[:1])
    assert "besides" not in texts(waterfall_svg([replace(ALERT, explanation=told)]))


def test_description_tells_the_picture_in_words() -> None:
    root = ET.fromstring(waterfall_svg([ALERT]))  # noqa: S314 - our own text
    assert root.findtext("{*}title") == "Why alert alert-1 has the score 0.321"
    assert root.findtext("{*}desc") == (
        "Alert alert-1: from the base value -2.000 to the raw score -0.750: +1.500 sent to 48 <different> recipients; "
        "−0.500 the alert is of no detected pattern; +0.250 all other features."
    )


def test_same_explanations_give_the_same_bytes_and_two_stand_one_under_the_other() -> None:
    assert waterfall_svg([ALERT]) == waterfall_svg([ALERT])
    one, two = (ET.fromstring(waterfall_svg([ALERT] * n)) for n in (1, 2))  # noqa: S314 - our own text
    assert float(two.attrib["height"]) == pytest.approx(2 * float(one.attrib["height"]))
    assert two.attrib["aria-label"].endswith("and 1 more")


@pytest.mark.parametrize("contribution", [1e-9, -1e-9, 30.0, -30.0])
def test_bars_stay_within_the_picture_and_are_seen(contribution: float) -> None:
    reason = Reason("a", 1.0, contribution, "a")
    told = replace(EXPLANATION, reasons=(reason, *EXPLANATION.reasons))
    root = ET.fromstring(waterfall_svg([replace(ALERT, explanation=told)]))  # noqa: S314 - our own text
    bars = [
        r
        for r in root.iter("{http://www.w3.org/2000/svg}rect")
        if r.attrib["class"] in {"raises", "lowers"}
    ]
    steps = bars[:4]
    assert all(float(bar.attrib["width"]) >= 1.5 for bar in steps)
    assert all(float(bar.attrib["x"]) >= 0 for bar in bars)
    assert all(float(bar.attrib["x"]) + float(bar.attrib["width"]) <= 800 for bar in bars)
