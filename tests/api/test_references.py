"""A batch the server holds is found by what META.json says, never by a path that somebody sends."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from aml_miner.api.bodies import BatchReference
from aml_miner.api.references import Holdings
from aml_miner.batch.meta import Meta
from aml_miner.batch.writing import write_batch
from aml_miner.errors import InvalidBatchError, UnknownResultError
from aml_miner.scoring.golden import golden_batch

DAY = date(2025, 1, 20)


def hold(root: Path, network: str, window_days: int = 20) -> Path:
    """Write the golden batch as one of a network."""
    golden = golden_batch()
    tables = {"alerts": golden.alerts, "features": golden.features, "clusters": golden.clusters}
    tables = {
        n: t.with_columns(window_days=pl.lit(window_days, pl.UInt16)) for n, t in tables.items()
    }
    folder = root / network / str(DAY) / str(window_days)
    write_batch(tables, Meta(network, DAY, window_days), folder)
    return folder


def ref(network: str = "torus", **more: object) -> BatchReference:
    return BatchReference.model_validate({"network": network, "processing_date": DAY} | more)


def test_chosen_alerts_come_in_the_order_asked_for_with_the_rows_of_their_addresses(
    tmp_path: Path,
) -> None:
    hold(tmp_path, "torus")
    wanted = ["example-alert-5", "example-alert-2"]
    batch = Holdings(tmp_path).rows(ref(alert_ids=wanted), clusters=False)
    assert batch.alerts["alert_id"].to_list() == wanted
    assert set(batch.features["address"]) == set(batch.alerts["address"])


def test_an_id_that_several_alerts_have_gets_each_of_them(tmp_path: Path) -> None:
    hold(tmp_path, "torus")
    batch = Holdings(tmp_path).rows(ref(alert_ids=["example-alert-1"]), clusters=False)
    assert batch.alerts["address"].to_list() == ["example-address-1", "example-address-unknown"]


def test_all_are_chosen_when_none_is_named(tmp_path: Path) -> None:
    hold(tmp_path, "torus")
    holdings = Holdings(tmp_path)
    assert holdings.rows(ref(), clusters=False).alerts.height == 9
    assert holdings.rows(ref(), clusters=True).clusters.height == 3


@pytest.mark.parametrize("network", ["other", "../torus", "/", ""])
def test_a_network_that_is_not_held_is_unknown(tmp_path: Path, network: str) -> None:
    hold(tmp_path, "torus")
    with pytest.raises(
        UnknownResultError, match="no batch of this network and window on 2025-01-20"
    ):
        Holdings(tmp_path).rows(ref(network), clusters=False)


def test_a_server_without_batches_holds_none(tmp_path: Path) -> None:
    for root in (None, tmp_path / "absent"):
        with pytest.raises(UnknownResultError):
            Holdings(root).rows(ref(), clusters=False)


def test_of_several_windows_one_must_be_named(tmp_path: Path) -> None:
    for window_days in (20, 60):
        hold(tmp_path, "torus", window_days)
    holdings = Holdings(tmp_path)
    with pytest.raises(InvalidBatchError, match=r"'window_days' must be given.*one of 20, 60"):
        holdings.rows(ref(), clusters=False)
    assert holdings.rows(ref(window_days=60), clusters=False).meta.window_days == 60


def test_an_unknown_id_is_named_with_how_many(tmp_path: Path) -> None:
    hold(tmp_path, "torus")
    with pytest.raises(InvalidBatchError, match=r"2 of 3 are not, first 'ghost'"):
        Holdings(tmp_path).rows(ref(alert_ids=["ghost", "example-alert-1", "x"]), clusters=False)


def test_a_batch_that_is_not_sound_is_not_scored_and_no_path_is_told(tmp_path: Path) -> None:
    folder = hold(tmp_path, "torus")
    with (folder / "alerts.parquet").open("ab") as file:
        file.write(b"more")
    with pytest.raises(UnknownResultError) as raised:
        Holdings(tmp_path).rows(ref(), clusters=False)
    assert str(tmp_path) not in str(raised.value)


def test_a_broken_meta_file_leaves_the_others_alone(tmp_path: Path) -> None:
    hold(tmp_path, "torus")
    broken = hold(tmp_path, "broken")
    (broken / "META.json").write_text("{")
    assert Holdings(tmp_path).rows(ref(), clusters=False).alerts.height == 9


def test_a_batch_that_was_replaced_is_read_again(tmp_path: Path) -> None:
    hold(tmp_path, "torus")
    holdings = Holdings(tmp_path)
    first = holdings.rows(ref(), clusters=False)
    assert holdings.rows(ref(), clusters=False) is first
    hold(tmp_path, "torus")
    assert holdings.rows(ref(), clusters=False) is not first
