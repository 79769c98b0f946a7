import pytest

from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.typologies.finding import Finding
from aml_miner.monitoring.typologies.peel_chain import detect_peel_chain
from tests.monitoring.graphs import Line
from tests.monitoring.typologies.found import findings

PARAMETERS = load_profile().peel_chain
PEEL: list[Line] = [
    ("w", "p", 50_000.0, 0.0),
    *[("p", f"r{i}", 4_900.0, 5.0 * i) for i in range(10)],
]


def found(*lines: Line) -> list[Finding]:
    return findings(lambda a, f: detect_peel_chain(a, f, PARAMETERS), *lines)


def test_an_address_that_sends_on_what_one_sender_paid_is_found() -> None:
    (finding,) = found(*PEEL)
    # degree 11 of 20, volume 99 000 above 50 000, two of eleven transfers in the busiest hour (0:00)
    busiest = 2 / 11
    assert finding.confidence == pytest.approx(0.4 * 11 / 20 + 0.3 + 0.3 * (1 - busiest))
    assert finding.facts["pass_through_ratio"] == 0.98
    assert len(finding.transfers) == 11


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (PEEL[:-2], "a fifth was kept"),
        ([(s, "p", 12_500.0, 0.0) for s in "wxyz"] + PEEL[1:], "four senders: a shop"),
        ([PEEL[0], *[(a, b, u, 1.0) for a, b, u, _ in PEEL[1:]]], "all within one hour"),
        ([(a, b, u / 100, h) for a, b, u, h in PEEL], "below 1 000 USD"),
    ],
)
def test_none_when_one_thing_is_changed(lines: list[Line], why: str) -> None:
    assert found(*lines) == [], why
