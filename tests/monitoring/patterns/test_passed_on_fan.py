import pytest

from aml_miner.monitoring.patterns.passed_on_fan import detect_passed_on_fans
from aml_miner.monitoring.patterns.pattern import Pattern
from aml_miner.monitoring.profile import MonitoringProfile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import names_of

GATHERED: list[Line] = [(f"s{i}", "h", 300 + i, i) for i in range(5)]
PASSED_ON: Line = ("h", "exit", 1480, 10)
DRAWN = [*GATHERED, PASSED_ON]
MIRRORED: list[Line] = [(b, a, usd, 10 - hour) for a, b, usd, hour in DRAWN]


def found_in(*lines: Line, profile: MonitoringProfile) -> list[tuple[Pattern, list[str]]]:
    activity = activity_of(*lines)
    found = detect_passed_on_fans(activity, profile.passed_on_fan).patterns
    return [(pattern, names_of(pattern, activity)) for pattern in found]


def test_senders_and_the_exit_are_found_amid_a_life_of_its_own(profile: MonitoringProfile) -> None:
    life: list[Line] = [("firm", "h", 900, 500)]
    life += [("h", f"shop{i}", 80, 400 + 90 * i) for i in range(9)]
    ((pattern, names),) = found_in(*DRAWN, *life, profile=profile)
    assert pattern.kind.typology == "MOTIF_FANIN"
    assert names == ["h", *(f"s{i}" for i in range(5)), "exit"]
    assert pattern.roles == ("hub", *["source"] * 5, "exit")
    assert pattern.transfers.tolist() == list(range(6))
    assert pattern.facts["many_usd"] == 1510
    assert pattern.facts["few_usd"] == 1480


def test_the_mirror_is_a_fan_out(profile: MonitoringProfile) -> None:
    lines = [(a, b, usd * 1480 / 1510 if b != "h" else 1500, h) for a, b, usd, h in MIRRORED]
    ((pattern, names),) = found_in(*lines, profile=profile)
    assert pattern.kind.typology == "MOTIF_FANOUT"
    assert names == ["h", *(f"s{i}" for i in reversed(range(5))), "exit"]
    assert pattern.roles == ("hub", *["recipient"] * 5, "entry")


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (DRAWN[1:], "four senders are too few"),
        ([("s1", "h", 300, 0), *DRAWN[1:]], "one sender pays twice"),
        (DRAWN[:-1], "nothing is passed on"),
        ([*GATHERED, ("h", "exit", 1480, 53)], "it is passed on too late"),
        ([*GATHERED, ("h", "exit", 1480, 2)], "it is passed on before it is there"),
        ([*GATHERED, ("h", "exit", 1000, 10)], "too much is kept"),
        ([*GATHERED, ("h", "exit", 1700, 10)], "more is passed on than came"),
        (
            [*GATHERED, *[("h", f"x{i}", 370.0, 10.0) for i in range(4)]],
            "it is passed on to four alike",
        ),
        ([*DRAWN, ("h", "y", 1500, 1)], "as much goes out before"),
        ([(a, b, usd / 2, hour) for a, b, usd, hour in DRAWN], "the volume is below the least"),
    ],
)
def test_none_when_one_transfer_or_time_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert found_in(*lines, profile=profile) == [], why


def test_risk_counts_newness_alikeness_share_and_size(profile: MonitoringProfile) -> None:
    even = [(a, b, 300.0 if b == "h" else usd, hour) for a, b, usd, hour in DRAWN]
    ((alone, _),) = found_in(*even, profile=profile)
    assert alone.risk == pytest.approx(0.4 + 0.3 + 0.3 * 5 / 8)
    ((other, _),) = found_in(*even, ("h", "s1", 10, 900), ("w", "h", 1500, 900), profile=profile)
    assert other.risk == pytest.approx(0.8 * (0.4 + 0.3 * 0.5 + 0.3 * 5 / 8))


def test_customers_that_come_back_are_no_alert(profile: MonitoringProfile) -> None:
    weeks = [
        (a, b, usd * (1 + i % 3), hour + 168 * week)
        for week in range(4)
        for i, (a, b, usd, hour) in enumerate(GATHERED)
    ]
    paid: list[Line] = [("h", "supplier", 2600, 10 + 168 * week) for week in range(4)]
    found = found_in(*weeks, *paid, profile=profile)
    assert found
    assert all(pattern.risk < profile.structural.min_risk for pattern, _ in found)
