from decimal import Decimal
from pathlib import Path

import orjson
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from aml_miner.batch.digests import digest_folder
from aml_miner.batch.reading import read_batch
from aml_miner.batch.schemas import ADDRESS_LABELS
from aml_miner.errors import IntegrityError, InvalidBatchError
from aml_miner.monitoring.monitoring import Monitored, monitor_transfers
from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.transfers import make_transfers
from tests.monitoring.graphs import draw

SQUARE = [("a", "b", 100.0, 0.0), ("b", "c", 99, 1), ("c", "d", 98, 2), ("d", "a", 97, 3)]
PING_PONG = [("p", "q", 600.0, float(i)) for i in range(6)] + [("q", "p", 3500.0, 7.0)]
MANY_SMALL = [(f"payer{i % 3}", "s", 900.0, float(20 * i)) for i in range(40)]
BURST = [("f", f"x{i}", 1000.0, 30.0) for i in range(40)] + [("w", "f", 40000.0, 29.0)]


def monitored(*lines: tuple[str, str, float, float], reverse: bool = False) -> Monitored:
    rows = draw(*lines)
    return monitor_transfers(
        make_transfers(rows.reverse() if reverse else rows), load_profile(), network="drawn"
    )


def alert_of(found: Monitored, typology: str, address: str) -> dict[str, object]:
    (alert,) = (
        found.tables["alerts"]
        .filter((pl.col("typology_type") == typology) & (pl.col("address") == address))
        .to_dicts()
    )
    return alert


def test_every_member_of_a_cycle_is_alerted_with_its_own_payments() -> None:
    alerts = monitored(*SQUARE).tables["alerts"]
    cycle = alerts.filter(pl.col("typology_type") == "CYCLE_DETECTION")
    assert sorted(cycle["address"]) == ["a", "b", "c", "d"]
    assert cycle["pattern_id"].n_unique() == 1
    evidence = orjson.loads(cycle.filter(pl.col("address") == "b")["evidence_json"][0])
    assert evidence["first_transfers"] == ["t0//", "t1//"]
    assert evidence["transfer_count"] == 2
    assert evidence["volume_usd"] == "199.00"
    assert evidence["first_transfer_at"] == "2025-03-03T00:00:00+00:00"


def test_structuring_counts_the_small_transfers_only() -> None:
    alert = alert_of(monitored(*MANY_SMALL, ("payer0", "s", 50000, 900)), "STRUCTURING", "s")
    assert alert["volume_usd"] == Decimal(36000)
    assert orjson.loads(str(alert["evidence_json"]))["counted"]["small_transfers"] == 40
    assert "40 of 41 transfers" in str(alert["description"])


def test_no_structuring_when_amounts_are_large() -> None:
    large = [(a, b, 20000.0, hour) for a, b, _, hour in MANY_SMALL]
    found = monitored(*large).tables["alerts"]
    assert found.filter(pl.col("typology_type") == "STRUCTURING").is_empty()


def test_ping_pong_names_both_sides() -> None:
    found = monitored(*PING_PONG, ("z", "p", 5.0, 9.0))
    for address in ("p", "q"):
        counted = orjson.loads(str(alert_of(found, "PING_PONG", address)["evidence_json"]))[
            "counted"
        ]
        assert counted["mutual_transfers"] == 7
        assert counted["mutual_counterparties"] == 1


def test_rapid_fanout_is_evidenced_by_what_was_sent() -> None:
    alert = alert_of(monitored(*BURST), "RAPID_FANOUT", "f")
    counted = orjson.loads(str(alert["evidence_json"]))["counted"]
    assert (counted["outgoing_transfers"], counted["recipients"]) == (40, 40)
    assert alert["volume_usd"] == Decimal(40000)


def test_two_alerts_on_one_address_and_one_pattern_make_clusters() -> None:
    found = monitored(*SQUARE, *BURST)
    clusters = found.tables["clusters"]
    pattern = clusters.filter(pl.col("cluster_type") == "same_pattern")
    cycle = pattern.filter(pl.col("pattern_id").str.starts_with("cycle")).to_dicts()[0]
    assert cycle["addresses_involved"] == ["a", "b", "c", "d"]
    assert cycle["total_alerts"] == 4
    assert cycle["total_volume_usd"] == Decimal(394)  # every payment once, not once for each alert
    entity = clusters.filter(pl.col("cluster_type") == "same_entity")
    assert entity.filter(pl.col("primary_address") == "f").height == 1


def test_money_flows_are_pairs_with_both_directions_compared() -> None:
    flows = monitored(("a", "b", 30, 0), ("a", "b", 10, 24), ("b", "a", 10, 1)).tables[
        "money_flows"
    ]
    there, back = flows.to_dicts()
    assert (there["from_address"], there["tx_count"], there["active_days"]) == ("a", 2, 2)
    assert there["amount_usd_sum"] == Decimal(40)
    assert there["avg_tx_size_usd"] == Decimal(20)
    assert there["reciprocity_ratio"] == back["reciprocity_ratio"] == 0.25
    assert there["is_bidirectional"]
    assert there["hourly_pattern"][0] == 2
    assert there["weekly_pattern"] == [1, 1, 0, 0, 0, 0, 0]


def test_a_flow_without_return_or_value_has_no_reciprocity() -> None:
    flows = monitored(("a", "b", 0, 0), ("b", "a", 0, 1), ("a", "c", 5, 2)).tables["money_flows"]
    assert flows["reciprocity_ratio"].to_list() == [0.0, 0.0, 0.0]
    assert flows["is_bidirectional"].to_list() == [True, False, True]


def test_the_order_of_rows_does_not_matter() -> None:
    lines = [*SQUARE, *PING_PONG, *MANY_SMALL, *BURST]
    one, other = monitored(*lines), monitored(*lines, reverse=True)
    for name, table in one.tables.items():
        assert_frame_equal(table, other.tables[name], check_exact=True)


def test_a_written_batch_is_read_back_and_verified(tmp_path: Path) -> None:
    found = monitored(*SQUARE, *BURST)
    found.write(tmp_path / "one")
    found.write(tmp_path / "two")
    batch = read_batch(tmp_path / "one")
    assert batch.alerts.height == found.tables["alerts"].height == found.counts()["alerts"]
    assert batch.report.alerts_on_unknown_addresses == 0
    assert batch.meta.batch_id == "drawn-2025-03-04-2d"
    assert_frame_equal(found.batch().alerts, batch.alerts)
    assert digest_folder(tmp_path / "one") == digest_folder(tmp_path / "two")
    meta = [(tmp_path / name / "META.json").read_bytes() for name in ("one", "two")]
    assert meta[0] == meta[1]


def test_what_was_counted_and_estimated_is_written_and_vouched_for(tmp_path: Path) -> None:
    hurried = load_profile()
    hurried = hurried.model_copy(
        update={"cycle": hurried.cycle.model_copy(update={"max_steps_per_address": 2})}
    )
    found = monitor_transfers(make_transfers(draw(*SQUARE)), hurried, network="n")
    found.write(tmp_path / "b")
    account = orjson.loads((tmp_path / "b" / "monitoring.json").read_bytes())
    assert account["counts"]["cycle_searches_cut_off"] > 0
    assert account["counts"].items() <= found.counts().items()
    assert account["estimated_columns"] == []
    (tmp_path / "b" / "monitoring.json").write_text("{}")
    with pytest.raises(IntegrityError, match=r"monitoring\.json: sha256 is"):
        read_batch(tmp_path / "b")


def test_labels_in_memory_are_checked_like_those_of_a_file() -> None:
    with pytest.raises(InvalidBatchError, match="address_labels: required column"):
        monitor_transfers(
            make_transfers(draw(*SQUARE)),
            load_profile(),
            network="n",
            labels=pl.DataFrame({"name": ["a"]}),
        )


def test_transfers_without_any_alert_make_a_batch_of_none() -> None:
    found = monitored(("a", "b", 5, 0))
    assert found.tables["alerts"].is_empty()
    assert found.batch().clusters.is_empty()


def test_labels_are_carried_along_and_change_nothing_else() -> None:
    labels = pl.concat([ADDRESS_LABELS.empty(), pl.DataFrame({"address": ["a"]})], how="diagonal")
    table = make_transfers(draw(*SQUARE))
    with_labels = monitor_transfers(table, load_profile(), network="drawn", labels=labels)
    without = monitor_transfers(table, load_profile(), network="drawn")
    assert with_labels.tables.pop("address_labels").height == 1
    for name, expected in without.tables.items():
        assert_frame_equal(with_labels.tables[name], expected)


def test_a_transfer_after_the_processing_date_changes_nothing() -> None:
    past, future = draw(*SQUARE), draw(*SQUARE, ("a", "b", 9999, 500))
    day = make_transfers(past).processing_date
    one, other = (
        monitor_transfers(make_transfers(rows, day, 1), load_profile(), network="drawn")
        for rows in (past, future)
    )
    for name, table in one.tables.items():
        assert_frame_equal(table, other.tables[name])


def test_amounts_that_cannot_be_added_up_are_refused() -> None:
    huge = draw(("a", "b", 1, 0), ("b", "c", 1, 1)).with_columns(amount_usd=pl.lit("9" * 20))
    with pytest.raises(InvalidBatchError, match="'amount_usd' of all 2 rows add up to 20 digits"):
        make_transfers(huge)


def test_an_address_of_ten_thousand_characters_is_one_like_others(tmp_path: Path) -> None:
    """Renamed so that the order of the names stays, every table says the same of it."""
    short = monitored(*SQUARE)
    long_name = "a" * 10_000
    renamed = [tuple(long_name if part == "a" else part for part in line) for line in SQUARE]
    found = monitored(*renamed)
    assert found.tables["features"]["address"][0] == long_name
    features = found.tables["features"].with_columns(address=short.tables["features"]["address"])
    assert_frame_equal(features, short.tables["features"])
    assert sorted(found.tables["alerts"]["typology_type"]) == sorted(
        short.tables["alerts"]["typology_type"]
    )
    found.write(tmp_path / "batch")
    assert read_batch(tmp_path / "batch").alerts["address"].str.len_chars().max() == 10_000
