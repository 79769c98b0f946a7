from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from aml_miner.batch.digests import digest_folder
from aml_miner.batch.reading import find_batches, read_batch
from aml_miner.batch.schemas import ADDRESS_LABELS
from aml_miner.errors import ConfigurationError, InvalidBatchError, OutputError
from aml_miner.monitoring.monitoring import monitor_transfers
from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.transfers import make_ledger, make_transfers
from aml_miner.monitoring.windows import (
    Window,
    WrittenBatch,
    count_covered_days,
    count_days_after,
    date_range,
    monitor_windows,
    windows,
)
from aml_miner.simulation import SimulationConfig, simulate_economy

FIRST_DAY = date(2025, 1, 1)


def january(day: int) -> date:
    return date(2025, 1, day)


@pytest.fixture(scope="module")
def economy() -> pl.DataFrame:
    """Ten days of an economy, from 1 January 2025."""
    rows = simulate_economy(SimulationConfig(accounts=200, days=10)).transfers
    ledger = make_ledger(rows)
    assert (ledger.first_day, ledger.last_day) == (january(1), january(10))
    return rows


def written(
    rows: pl.DataFrame, chosen: list[Window], root: Path, network: str = "drawn"
) -> list[WrittenBatch]:
    return monitor_windows(make_ledger(rows), load_profile(), chosen, root, network=network)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


# Which windows


@pytest.mark.parametrize(
    ("window", "first_day", "covered"),
    [
        (Window(january(10), 10), january(1), 10),
        (Window(january(10), 3), january(8), 3),
        (Window(january(5), 30), date(2024, 12, 7), 5),  # begins before the first transfer
        (Window(january(12), 5), january(8), 3),  # ends after the last
        (Window(january(31), 7), january(25), 0),
        (Window(date(2024, 12, 31), 7), date(2024, 12, 25), 0),
    ],
)
def test_days_of_a_window_that_transfers_cover_are_counted(
    window: Window, first_day: date, covered: int, economy: pl.DataFrame
) -> None:
    assert window.first_day == first_day
    assert count_covered_days(make_ledger(economy), window) == covered


@pytest.mark.parametrize(
    ("window", "after"),
    [
        (Window(january(10), 3), 0),  # the last transfer is of that day
        (Window(january(12), 5), 2),
        (Window(january(31), 7), 7),  # all of them, and no more than there are
        (Window(january(5), 30), 0),
    ],
)
def test_days_of_a_window_after_the_last_transfer_are_counted(
    window: Window, after: int, economy: pl.DataFrame
) -> None:
    assert count_days_after(make_ledger(economy), window) == after


def test_every_length_is_combined_with_every_date_once() -> None:
    dates = [january(9), january(2), january(9)]
    assert windows(dates, [30, 7, 7]) == [
        Window(january(2), 7),
        Window(january(2), 30),
        Window(january(9), 7),
        Window(january(9), 30),
    ]


@pytest.mark.parametrize(("dates", "lengths"), [([], [7]), ([FIRST_DAY], [])])
def test_no_window_at_all_is_an_error(dates: list[date], lengths: list[int]) -> None:
    with pytest.raises(ConfigurationError, match="a number of days at least; found none"):
        windows(dates, lengths)


@pytest.mark.parametrize("length", [0, 65_536])
def test_an_impossible_length_is_an_error(length: int) -> None:
    with pytest.raises(ConfigurationError, match=f"1 to 65535 days; found {length}"):
        windows([FIRST_DAY], [7, length])


def test_an_impossible_date_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="found 2100-01-01"):
        windows([date(2100, 1, 1)], [7])


@pytest.mark.parametrize(
    ("last", "every", "expected"),
    [
        (4, 1, [1, 2, 3, 4]),
        (4, 2, [1, 3]),  # counted from the first
        (5, 2, [1, 3, 5]),
        (1, 7, [1]),
    ],
)
def test_a_range_of_dates_goes_from_the_first_to_the_last(
    last: int, every: int, expected: list[int]
) -> None:
    assert date_range(january(1), january(last), every) == [january(day) for day in expected]


def test_a_range_that_ends_before_it_begins_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="found 2025-01-02 to 2025-01-01"):
        date_range(january(2), january(1))


def test_a_step_of_less_than_a_day_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="1 day or more apart; found 0"):
        date_range(january(1), january(2), 0)


# What is written


def test_each_window_has_a_batch_in_a_folder_of_its_own(
    economy: pl.DataFrame, tmp_path: Path
) -> None:
    chosen = windows([january(6), january(8)], [1, 3])
    found = written(economy, chosen, tmp_path)
    assert [batch.window for batch in found] == chosen
    assert [str(batch.folder.relative_to(tmp_path)) for batch in found] == [
        "drawn/2025-01-06/1",
        "drawn/2025-01-06/3",
        "drawn/2025-01-08/1",
        "drawn/2025-01-08/3",
    ]
    assert find_batches(tmp_path) == [batch.folder for batch in found]
    for batch in found:
        meta = read_batch(batch.folder).meta
        assert (meta.processing_date, meta.window_days) == (
            batch.window.processing_date,
            batch.window.window_days,
        )
        assert meta.network == "drawn"
        assert batch.counts["addresses"] == read_batch(batch.folder).features.height


def test_a_window_among_others_is_the_one_made_alone(economy: pl.DataFrame, tmp_path: Path) -> None:
    written(economy, windows([january(6), january(7)], [2, 4]), tmp_path / "many")
    alone = make_transfers(economy, january(7), 2)
    monitor_transfers(alone, load_profile(), network="drawn").write(tmp_path / "one")
    assert bytes_of(tmp_path / "many/drawn/2025-01-07/2") == bytes_of(tmp_path / "one")


def test_a_window_is_the_one_made_of_a_file_cut_by_hand(
    economy: pl.DataFrame, tmp_path: Path
) -> None:
    """The window's own rows and those before it are all that counts."""
    day = pl.from_epoch("block_timestamp", "ms").dt.date()
    by_hand = economy.filter(day <= january(6)).reverse()
    chosen = windows([january(6)], [2])
    written(economy, chosen, tmp_path / "whole")
    written(by_hand, chosen, tmp_path / "by-hand")
    whole, cut = (tmp_path / name / "drawn/2025-01-06/2" for name in ("whole", "by-hand"))
    assert bytes_of(whole) == bytes_of(cut)
    assert read_batch(whole).features["is_new_address"].null_count() == 0


def test_without_the_time_before_nothing_but_what_needs_it_changes(
    economy: pl.DataFrame, tmp_path: Path
) -> None:
    day = pl.from_epoch("block_timestamp", "ms").dt.date()
    chosen = windows([january(6)], [2])
    (with_history,) = written(economy, chosen, tmp_path / "with")
    (without,) = written(economy.filter(day >= january(5)), chosen, tmp_path / "without")
    needing = {"is_new_address", "is_dormant_reactivated", "completeness_score", "quality_score"}
    known, unknown = (read_batch(batch.folder).features for batch in (with_history, without))
    assert unknown["is_new_address"].is_null().all()
    assert unknown["is_dormant_reactivated"].is_null().all()
    same = [name for name in known.columns if name not in needing]
    assert_frame_equal(known.select(same), unknown.select(same), check_exact=True)


def test_a_transfer_of_the_future_changes_no_earlier_batch(
    economy: pl.DataFrame, tmp_path: Path
) -> None:
    chosen = windows(date_range(january(3), january(9), 3), [1, 3])
    last = economy.sort("block_timestamp").tail(1)
    planted = last.with_columns(
        tx_id=pl.lit("planted"),
        to_address=pl.lit(economy["from_address"][0]),
        amount=pl.lit(10**9),
        amount_usd=pl.lit(10**9),
    )
    assert planted["block_timestamp"][0] // 86_400_000 == (january(10) - date(1970, 1, 1)).days
    past = written(economy, chosen, tmp_path / "past")
    future = written(
        pl.concat([planted, economy], how="vertical_relaxed"), chosen, tmp_path / "future"
    )
    for one, other in zip(past, future, strict=True):
        assert digest_folder(one.folder) == digest_folder(other.folder)
        assert bytes_of(one.folder) == bytes_of(other.folder)


def test_a_second_run_writes_the_same_bytes_anew(economy: pl.DataFrame, tmp_path: Path) -> None:
    chosen = windows([january(6)], [1])
    (first,) = written(economy, chosen, tmp_path)
    before, made = bytes_of(first.folder), first.folder.stat().st_ino
    (second,) = written(economy, chosen, tmp_path)
    assert bytes_of(second.folder) == before
    assert second.folder.stat().st_ino != made


def test_a_run_that_is_stopped_keeps_the_batches_it_finished(
    economy: pl.DataFrame, tmp_path: Path
) -> None:
    class StoppedError(Exception):
        pass

    def stop_while_writing(stage: str) -> None:
        if stage == "2025-01-07, 1 days: writing":
            raise StoppedError

    chosen = windows(date_range(january(6), january(8)), [1])
    with pytest.raises(StoppedError):
        monitor_windows(
            make_ledger(economy),
            load_profile(),
            chosen,
            tmp_path,
            network="drawn",
            progress=stop_while_writing,
        )
    assert find_batches(tmp_path) == [tmp_path / "drawn/2025-01-06/1"]
    assert not [path for path in tmp_path.rglob("*") if "partial" in path.name]


def test_each_stage_is_told_with_its_window(economy: pl.DataFrame, tmp_path: Path) -> None:
    stages: list[str] = []
    monitor_windows(
        make_ledger(economy),
        load_profile(),
        windows([january(6), january(7)], [1]),
        tmp_path,
        network="drawn",
        progress=stages.append,
    )
    assert stages[0] == "2025-01-06, 1 days: earlier transfers"
    assert stages[-1] == "2025-01-07, 1 days: writing"
    assert "2025-01-07, 1 days: address features" in stages


def test_labels_are_carried_into_every_window(economy: pl.DataFrame, tmp_path: Path) -> None:
    known = pl.DataFrame({"address": [economy["from_address"][0]], "address_type": ["wallet"]})
    labels = pl.concat([ADDRESS_LABELS.empty(), known], how="diagonal")
    found = monitor_windows(
        make_ledger(economy),
        load_profile(),
        windows([january(6), january(7)], [1]),
        tmp_path,
        network="drawn",
        labels=labels,
    )
    for batch in found:
        carried = read_batch(batch.folder).address_labels
        assert carried is not None
        assert carried["address"].to_list() == labels["address"].to_list()


def label(address: str, made: int | None) -> pl.DataFrame:
    row = {
        "address": address,
        "address_type": "mixer",
        "risk_level": "critical",
        "created_timestamp": made,
    }
    return pl.DataFrame([row], schema=ADDRESS_LABELS.schema)


def test_a_label_of_the_future_changes_no_earlier_batch(
    economy: pl.DataFrame, tmp_path: Path
) -> None:
    everybody = economy["from_address"].unique().sort()
    made = int(economy["block_timestamp"].min() or 0)  # type: ignore[call-overload]
    known = pl.concat([label(everybody[0], made), label(everybody[1], None)])
    late = pl.concat([label(name, made + 6 * 86_400_000) for name in everybody[2:12]])
    chosen = windows([january(6), january(9)], [9])
    found = {
        name: monitor_windows(
            make_ledger(economy),
            load_profile(),
            chosen,
            tmp_path / name,
            network="drawn",
            labels=labels,
        )
        for name, labels in {"without": known, "with": pl.concat([late, known])}.items()
    }
    for place, changed in ((0, False), (1, True)):
        one, other = (digest_folder(found[name][place].folder) for name in ("without", "with"))
        assert (one != other) is changed
    assert [each.counts["labels_made_later"] for each in found["with"]] == [10, 0]
    early = found["with"][0]
    assert bytes_of(early.folder) == bytes_of(found["without"][0].folder)


def test_labels_made_later_are_used_when_asked_for(economy: pl.DataFrame, tmp_path: Path) -> None:
    everybody = economy["from_address"].unique().sort()
    late = pl.concat([label(name, 1_800_000_000_000) for name in everybody[:9]])
    (found,) = monitor_windows(
        make_ledger(economy),
        load_profile(),
        windows([january(6)], [6]),
        tmp_path,
        network="drawn",
        labels=late,
        labels_as_of_date=False,
    )
    assert found.counts["labels_made_later"] == 0
    assert "PROXIMITY_RISK" in set(read_batch(found.folder).alerts["typology_type"])


def test_labels_changed_later_are_seen_as_they_are_now_and_counted(
    economy: pl.DataFrame, tmp_path: Path
) -> None:
    made = int(economy["block_timestamp"].min() or 0)  # type: ignore[call-overload]
    names = economy["from_address"].unique().sort()[:3]
    times = [made + 86_400_000, made + 8 * 86_400_000, None]
    changed = pl.concat([label(name, made) for name in names]).with_columns(
        updated_timestamp=pl.Series(times, dtype=ADDRESS_LABELS.schema["updated_timestamp"])
    )
    early, late = monitor_windows(
        make_ledger(economy),
        load_profile(),
        windows([january(6), january(10)], [6]),
        tmp_path,
        network="drawn",
        labels=changed,
    )
    assert [each.counts["labels_changed_later"] for each in (early, late)] == [1, 0]
    carried = read_batch(early.folder).address_labels
    assert carried is not None
    assert carried.height == 3


# What is refused


def test_windows_without_a_transfer_are_an_error_and_nothing_is_written(
    economy: pl.DataFrame, tmp_path: Path
) -> None:
    with pytest.raises(
        InvalidBatchError,
        match="1 of 2 windows hold none, first 2025-01-12, 2 days; they go from 2025-01-01 to 2025-01-10",
    ):
        written(economy, windows([january(12)], [2, 3]), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("network", ["", "..", ".hidden", "a/b", "a b", "-x"])
def test_a_network_whose_name_is_no_folder_s_is_an_error(
    economy: pl.DataFrame, tmp_path: Path, network: str
) -> None:
    with pytest.raises(ConfigurationError, match="the network's name becomes a folder's"):
        written(economy, windows([january(6)], [1]), tmp_path, network)


def test_a_folder_of_somebody_else_is_left_alone(economy: pl.DataFrame, tmp_path: Path) -> None:
    theirs = tmp_path / "drawn/2025-01-06/1/notes.txt"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("mine")
    with pytest.raises(OutputError, match="was not written by this program"):
        written(economy, windows([january(6)], [1]), tmp_path)
    assert theirs.read_text() == "mine"
