import polars as pl
import pytest

from aml_miner.batch.schemas import ADDRESS_LABELS
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.patterns.pattern import Detected
from aml_miner.monitoring.patterns.proximity_risk import detect_proximity_risk
from aml_miner.monitoring.profile import MonitoringProfile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import names_of

type Label = tuple[str, str | None, str | None]
"""Address, type and risk level."""

BAD: Label = ("bad", "darknet_market", "critical")
PATH: list[Line] = [
    ("bad", "a", 1000, 0),
    ("a", "b", 900, 2),
    ("b", "c", 800, 4),
    ("c", "d", 700, 6),
]


def labelled(*labels: Label) -> pl.DataFrame:
    rows = [
        {"address": address, "address_type": kind, "risk_level": level}
        for address, kind, level in labels
    ]
    return pl.DataFrame(rows, schema=ADDRESS_LABELS.schema)


def detect(profile: MonitoringProfile, activity: Activity, *labels: Label) -> Detected:
    return detect_proximity_risk(activity, labelled(*labels), profile.proximity_risk)


def paths(profile: MonitoringProfile, lines: list[Line], *labels: Label) -> list[list[str]]:
    activity = activity_of(*lines)
    return [names_of(each, activity) for each in detect(profile, activity, *labels).patterns]


def test_addresses_are_found_as_far_as_the_money_of_a_risky_one_went(
    profile: MonitoringProfile,
) -> None:
    activity = activity_of(*PATH)
    found = detect(profile, activity, BAD)
    assert [names_of(each, activity) for each in found.patterns] == [
        ["bad", "a"],
        ["bad", "a", "b"],
        ["bad", "a", "b", "c"],
    ]
    assert [each.risk for each in found.patterns] == [1 / 2, 1 / 3, 1 / 4]
    assert [each.confidence for each in found.patterns] == pytest.approx([0.8, 0.6, 0.4])
    last = found.patterns[-1]
    assert last.roles == ("risky_address", "intermediary", "intermediary", "exposed_address")
    assert last.transfers.tolist() == [0, 1, 2]
    assert last.facts["direction"] == "received money from"
    assert (last.facts["risky_address"], last.facts["risky_label"]) == ("bad", "darknet_market")
    assert found.cut_off == 0


def test_who_pays_a_risky_address_is_found_against_the_money(profile: MonitoringProfile) -> None:
    activity = activity_of(*PATH)
    patterns = detect(profile, activity, ("d", "mixer", "high")).patterns
    assert [names_of(each, activity) for each in patterns] == [
        ["a", "b", "c", "d"],
        ["b", "c", "d"],
        ["c", "d"],
    ]
    assert patterns[0].roles == (
        "exposed_address",
        "intermediary",
        "intermediary",
        "risky_address",
    )
    assert patterns[0].facts["direction"] == "sent money to"
    assert patterns[0].transfers.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("lines", "reached", "why"),
    [
        ([("b", "a", 1000, 0), *PATH[1:]], [], "the risky address paid nobody"),
        ([PATH[0], ("a", "b", 900, 0)], ["a"], "the second hop leaves as the first arrives"),
        ([PATH[0], PATH[1], ("b", "c", 800, 1)], ["a", "b"], "the third leaves before the second"),
        ([*PATH, ("z", "a", 9001, 1)], [], "the first hop is too small a part of what came"),
        ([*PATH, ("z", "a", 9000, 1)], ["a", "b", "c"], "a tenth of what came is enough"),
        ([("bad", "a", 0, 0)], [], "nothing was paid"),
        ([("bad", "a", 0, 0), ("z", "a", 0, 1)], [], "nothing was paid by anybody"),
    ],
)
def test_a_changed_payment_or_time_ends_the_path(
    lines: list[Line], reached: list[str], why: str, profile: MonitoringProfile
) -> None:
    other = [("bad", "x", 1.0, 100.0)] if not any("bad" in line for line in lines) else []
    ends = [path[-1] for path in paths(profile, [*lines, *other], BAD) if path[-1] != "x"]
    assert ends == reached, why


@pytest.mark.parametrize(
    ("label", "exposed"),
    [
        (("bad", "wallet", "critical"), 3),
        (("bad", "wallet", "HIGH"), 3),
        (("bad", "wallet", "medium"), 0),
        (("bad", "Mixer", None), 3),
        (("bad", "mixer", "unrated"), 3),  # no level anybody knows: the type says
        (("bad", "mixer", "low"), 0),  # looked at, and found harmless
        (("bad", None, None), 0),
        (("elsewhere", "mixer", "critical"), 0),
    ],
)
def test_the_level_of_a_label_tells_and_without_one_its_type(
    label: Label, exposed: int, profile: MonitoringProfile
) -> None:
    assert len(paths(profile, PATH, label)) == exposed


def test_without_labels_nothing_is_risky(profile: MonitoringProfile) -> None:
    found = detect_proximity_risk(activity_of(*PATH), None, profile.proximity_risk)
    assert (found.patterns, found.cut_off) == ([], 0)


def test_the_nearest_risky_address_counts_and_risky_ones_are_not_exposed(
    profile: MonitoringProfile,
) -> None:
    found = paths(profile, PATH, BAD, ("b", "scam", "high"))
    assert found == [["bad", "a"], ["b", "c"], ["b", "c", "d"]]


def test_of_paths_as_short_the_first_to_arrive_counts(profile: MonitoringProfile) -> None:
    late: list[Line] = [("bad", "l", 100, 0), ("bad", "e", 100, 1)]
    meet: list[Line] = [("e", "m", 90, 2), ("l", "m", 90, 3)]
    assert ["bad", "e", "m"] in paths(profile, late + meet, BAD)
    assert ["bad", "l", "m"] in paths(profile, [*late, meet[1], ("e", "m", 90, 4)], BAD)


def test_a_hop_is_shown_by_the_payments_after_the_money_came(profile: MonitoringProfile) -> None:
    more: list[Line] = [("a", "b", 9, -1), ("a", "b", 8, 9), ("bad", "a", 7, 3)]
    activity = activity_of(*PATH[:2], *more)
    (*_, path) = detect(profile, activity, BAD).patterns
    assert sorted(activity.amount_usd[path.transfers].tolist()) == [7, 8, 900, 1000]


def test_a_hub_is_reached_but_not_passed_through(profile: MonitoringProfile) -> None:
    most = profile.proximity_risk.max_counterparties
    for others, reached, cut_off in ((most - 2, ["a", "b", "c"], 0), (most - 1, ["a", "b"], 1)):
        shop: list[Line] = [(f"z{i}", "b", 1, 3) for i in range(others)]
        activity = activity_of(*PATH[:3], *shop)
        found = detect(profile, activity, BAD)
        assert [names_of(each, activity)[-1] for each in found.patterns] == reached
        assert found.cut_off == cut_off
