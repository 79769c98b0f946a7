import pytest

from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.typologies.finding import Finding
from aml_miner.monitoring.typologies.rapid_fanout import detect_rapid_fanout
from tests.monitoring.graphs import Line
from tests.monitoring.typologies.found import findings

PARAMETERS = load_profile().rapid_fanout
SPREAD: list[Line] = [("f", f"x{i:02}", 500.0, 30 + i / 100) for i in range(40)]


def found(*lines: Line) -> list[Finding]:
    return findings(lambda a, f: detect_rapid_fanout(a, f, PARAMETERS), *lines)


def test_who_pays_forty_within_an_hour_is_found() -> None:
    (finding,) = found(*SPREAD)
    assert finding.confidence == pytest.approx(0.4 * 40 / 50 + 0.4 + 0.2 * 20_000 / 25_000)
    assert finding.facts["recipients"] == 40


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (SPREAD[:9], "nine are too few"),
        ([(a, b, 100.0, hour) for a, b, _, hour in SPREAD], "4 000 USD in all are too little"),
        ([(a, b, usd, 30 + i) for i, (a, b, usd, _) in enumerate(SPREAD)], "spread over days"),
        (SPREAD[:11], "eleven are not sure enough"),
    ],
)
def test_none_when_one_thing_is_changed(lines: list[Line], why: str) -> None:
    assert found(*lines) == [], why
