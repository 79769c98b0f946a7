from aml_miner.monitoring.patterns.cycle import detect_cycles
from aml_miner.monitoring.patterns.detection import detect_patterns
from aml_miner.monitoring.patterns.pattern import pattern_id, pattern_table
from aml_miner.monitoring.profile import MonitoringProfile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import FAN_IN, SQUARE


def test_a_pattern_has_the_same_id_on_another_day_and_another_id_for_other_members(
    profile: MonitoringProfile,
) -> None:
    def id_of(*lines: Line) -> str:
        activity = activity_of(*lines)
        return pattern_id(detect_cycles(activity, profile.cycle).patterns[0], activity.addresses)

    today = id_of(*SQUARE)
    assert today == id_of(*[(a, b, usd, hour + 48) for a, b, usd, hour in SQUARE])
    assert today == id_of(*SQUARE, ("b", "e", 7, 5))  # the numbers of addresses are no part of it
    assert today != id_of(("a", "b", 10, 0), ("b", "c", 10, 1), ("c", "a", 10, 2))


def test_the_table_of_patterns_is_sorted_and_complete(profile: MonitoringProfile) -> None:
    activity = activity_of(*SQUARE, *FAN_IN)
    table = pattern_table(detect_patterns(activity, profile).patterns, activity)
    assert table["pattern_id"].is_sorted()
    assert set(table["pattern_type"]) == {"cycle", "fan_in"}
    (cycle,) = [row for row in table.to_dicts() if row["pattern_type"] == "cycle"]
    assert cycle["addresses_involved"] == ["a", "b", "c", "d"]
    assert cycle["evidence_transaction_count"] == 4
    assert cycle["evidence_volume_usd"] == 394
    assert cycle["pattern_start_time"] == activity.timestamp.min()
