import pytest

from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.typologies.finding import Finding
from aml_miner.monitoring.typologies.velocity_anomaly import detect_velocity_anomaly
from tests.monitoring.graphs import Line
from tests.monitoring.typologies.found import findings

PARAMETERS = load_profile().velocity_anomaly
FLOOD: list[Line] = [("p", f"r{i % 7}", 100.0, 24 * (i // 40) + i % 40 / 60) for i in range(80)]


def found(*lines: Line) -> list[Finding]:
    return findings(lambda a, f: detect_velocity_anomaly(a, f, PARAMETERS), *lines)


def test_a_flood_of_transfers_in_one_hour_of_the_day_is_found() -> None:
    (finding,) = found(*FLOOD)
    assert finding.confidence == pytest.approx(0.4 * 0.8 + 0.3 + 0.3)  # 40 a day count in full
    assert finding.facts["transfers_per_active_day"] == 40
    assert finding.facts["share_in_peak_hour"] == 1
    assert "80 transfers, 40.0 on an active day and 100%" in finding.description


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (FLOOD[:70], "70 transfers are a velocity of .7, not above it"),
        ([(a, b, 60.0, h) for a, b, _, h in FLOOD], "4 800 USD in all"),
        ([(a, b, u, h * 7) for a, b, u, h in FLOOD], "spread over the day"),
    ],
)
def test_none_when_one_thing_is_changed(lines: list[Line], why: str) -> None:
    assert found(*lines) == [], why
