import pytest

from aml_miner.monitoring.patterns.gather_scatter import detect_gather_scatter
from aml_miner.monitoring.profile import MonitoringProfile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import names_of

IN: list[Line] = [("a", "h", 500, 1), ("b", "h", 500, 0), ("c", "h", 600, 2)]
OUT: list[Line] = [("h", "x", 500, 6), ("h", "y", 520, 5), ("h", "z", 530, 7)]
DRAWN = [*IN, *OUT]


def changed(place: int, **change: float | str) -> list[Line]:
    """The drawing with one transfer changed."""
    line = dict(zip(("source", "target", "usd", "hour"), DRAWN[place], strict=True)) | change
    return [*DRAWN[:place], tuple(line.values()), *DRAWN[place + 1 :]]  # type: ignore[list-item]


def test_hub_senders_and_recipients_are_found_amid_ordinary_life(
    profile: MonitoringProfile,
) -> None:
    activity = activity_of(*DRAWN, ("h", "shop", 20, 6), ("friend", "h", 30, 1), ("a", "x", 9, 3))
    (found,) = detect_gather_scatter(activity, profile.gather_scatter).patterns
    assert names_of(found, activity) == ["h", "b", "a", "c", "y", "x", "z"]
    assert found.roles == ("hub", *["source"] * 3, *["target"] * 3)
    assert sorted(activity.amount_usd[found.transfers]) == [500, 500, 500, 520, 530, 600]
    assert found.facts["received_usd"] == 1600
    assert found.facts["sent_usd"] == 1550


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (changed(0, source="b"), "two senders are too few"),
        (changed(3, target="y"), "two recipients are too few"),
        (changed(0, hour=80), "one sender pays after the scattering"),
        (changed(3, hour=0.5), "one recipient is paid before the gathering is over"),
        (changed(3, hour=74.1), "one recipient is paid after the holding time"),
        (changed(4, usd=30), "too little is paid out"),
        (changed(4, usd=700), "more is paid out than came in"),
        ([(a, b, usd / 2, hour) for a, b, usd, hour in DRAWN], "the volume is below the least"),
    ],
)
def test_none_when_one_transfer_or_time_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert detect_gather_scatter(activity_of(*lines), profile.gather_scatter).patterns == [], why


def test_one_who_pays_and_is_paid_is_a_sender(profile: MonitoringProfile) -> None:
    activity = activity_of(*changed(3, target="a"))
    (found,) = detect_gather_scatter(activity, profile.gather_scatter).patterns
    assert names_of(found, activity) == ["h", "b", "a", "c", "y", "z"]
    assert found.facts["targets"] == 3


def test_risk_counts_counterparties_shares_alikeness_and_time(profile: MonitoringProfile) -> None:
    even = [(a, b, 500.0, float(hour)) for a, b, _, hour in DRAWN]
    activity = activity_of(*even, ("w", "h", 500, 500), ("h", "w", 500, 600))
    (found,) = detect_gather_scatter(activity, profile.gather_scatter).patterns
    assert found.risk == pytest.approx(0.25 * 0.3 + 0.35 * 0.75 + 0.2 + 0.2 * (1 - 5 / 48))


def test_a_household_that_is_paid_and_pays_is_no_alert(profile: MonitoringProfile) -> None:
    paid: list[Line] = [("firm", "h", 900, 0), ("e", "h", 100, 20), ("f", "h", 250, 40)]
    spent: list[Line] = [("h", "x", 800, 60), ("h", "y", 90, 70), ("h", "z", 200, 90)]
    life: list[Line] = [("firm", "h", 900, 500), ("h", "x", 900, 900)]
    activity = activity_of(*paid, *spent, *life)
    (found,) = detect_gather_scatter(activity, profile.gather_scatter).patterns
    assert found.risk < profile.structural.min_risk


def test_an_exchange_that_receives_and_pays_all_the_time_is_none(
    profile: MonitoringProfile,
) -> None:
    came: list[Line] = [(f"c{i}", "exchange", 500, i / 50) for i in range(4000)]
    went: list[Line] = [("exchange", f"c{i}", 490, (i + 0.5) / 50) for i in range(4000)]
    found = detect_gather_scatter(activity_of(*came, *went), profile.gather_scatter)
    assert found.patterns == []
    assert found.cut_off == 0  # the search is linear: a hub is searched whole
