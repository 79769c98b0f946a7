"""Truth of either shape is told apart by its columns."""

from pathlib import Path

import polars as pl
import pytest

from aml_miner.errors import InvalidBatchError
from aml_miner.training.truth import check_truth, read_truth

BY_ALERT = pl.DataFrame(
    {
        "alert_id": ["a"],
        "processing_date": ["2025-11-20"],
        "confirmed_illicit": [True],
    }
)


def test_truth_with_alert_ids_is_per_alert() -> None:
    assert check_truth(BY_ALERT).per == "alert"


def test_truth_per_alert_has_no_instances() -> None:
    assert check_truth(BY_ALERT).instances().rows() == []


@pytest.mark.parametrize("convert", [pl.DataFrame.to_arrow, pl.DataFrame.to_pandas])
def test_arrow_and_pandas_truth_are_read_alike(convert: object) -> None:
    assert callable(convert)
    assert check_truth(convert(BY_ALERT)).rows.equals(check_truth(BY_ALERT).rows)


def test_every_listed_address_is_illicit_without_a_column_that_says_so() -> None:
    truth = check_truth(pl.DataFrame({"address": ["a", "b"], "role": ["mule", None]}))
    assert truth.per == "address"
    assert truth.rows["is_illicit"].to_list() == [True, True]


def test_column_that_says_so_is_kept_with_its_nulls() -> None:
    truth = check_truth(
        pl.DataFrame({"address": ["a", "b", "c"], "is_illicit": [True, False, None]})
    )
    assert truth.rows["is_illicit"].to_list() == [True, False, None]


def test_instances_that_share_an_address_are_one() -> None:
    rows = [("a", "i2"), ("b", "i2"), ("b", "i1"), ("c", "i3"), ("d", None), ("e", "")]
    truth = check_truth(pl.DataFrame(rows, schema=["address", "pattern_instance_id"], orient="row"))
    assert truth.instances().rows() == [("a", "i1"), ("b", "i1"), ("c", "i3")]


def test_truth_of_neither_shape_is_refused() -> None:
    message = r"expected a column 'alert_id' .* or 'address' .*found 'adress', 'flag'"
    with pytest.raises(InvalidBatchError, match=message):
        check_truth(pl.DataFrame({"adress": ["a"], "flag": [True]}))


def test_truth_per_alert_may_not_say_two_things_of_one_alert() -> None:
    with pytest.raises(InvalidBatchError, match="ground_truth: 'alert_id', 'processing_date' must"):
        check_truth(pl.concat([BY_ALERT, BY_ALERT]))


def test_truth_is_read_from_a_file(tmp_path: Path) -> None:
    BY_ALERT.write_parquet(tmp_path / "truth.parquet")
    assert read_truth(tmp_path / "truth.parquet").rows.equals(check_truth(BY_ALERT).rows)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidBatchError, match=r"truth\.parquet: there is no such file"):
        read_truth(tmp_path / "truth.parquet")
