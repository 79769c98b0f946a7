"""Truth of either shape is told apart by its columns."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from aml_miner.errors import InvalidBatchError
from aml_miner.training.labels import read_labels
from aml_miner.training.truth import Truth, check_truth, read_truth

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


def test_every_listed_address_is_illicit_without_a_guilt_and_without_roles() -> None:
    truth = check_truth(pl.DataFrame({"address": ["a", "b", "a"], "pattern_type": "cycle"}))
    assert truth.per == "address"
    assert truth.rows["is_illicit"].to_list() == [True, True, True]
    assert truth.remark() == (
        "ground_truth: has neither 'is_illicit' nor 'role', so all 2 listed address(es) are taken for illicit; "
        "add 'is_illicit' if some are not."
    )


@pytest.mark.parametrize("column", ["is_illicit", "role"])
def test_a_list_that_says_who_is_illicit_needs_no_remark(column: str) -> None:
    said = {"is_illicit": True, "role": "mule"}[column]
    assert check_truth(pl.DataFrame({"address": ["a"], column: [said]})).remark() == ""


def test_role_decides_without_a_column_that_says_so() -> None:
    roles = ["mule", " Rug_Victim", "HOT_WALLET", "wizard", "", None, "wizard"]
    addresses = list("abcdefg")
    truth = check_truth(pl.DataFrame({"address": addresses, "role": roles}))
    assert truth.rows["is_illicit"].to_list() == [True, None, False, None, None, None, None]
    assert truth.unrecognised_roles == {"": 2, "wizard": 2}
    assert truth.remark() == (
        "ground_truth: 'is_illicit' is absent, and rows are left unknown for their role: no role 2, 'wizard' 2. "
        "Add the column, or the roles to training/roles.py."
    )


def test_role_says_nothing_beside_a_column_that_says_so() -> None:
    truth = check_truth(
        pl.DataFrame(
            {"address": ["a", "b"], "role": ["mule", "wizard"], "is_illicit": [False, None]}
        )
    )
    assert truth.rows["is_illicit"].to_list() == [False, None]
    assert truth.unrecognised_roles == {}


def test_more_than_ten_unrecognised_roles_are_counted() -> None:
    roles = [f"role-{n:02d}" for n in range(12)]
    truth = check_truth(pl.DataFrame({"address": "a", "role": roles}))
    assert "'role-09' 1 and 2 more. Add" in truth.remark()


def test_verdict_is_one_per_address() -> None:
    said = [("b", False), ("a", None), ("b", True), ("c", False), ("c", None)]
    truth = check_truth(pl.DataFrame(said, schema=["address", "is_illicit"], orient="row"))
    assert truth.verdicts().rows() == [("a", None), ("b", True), ("c", False)]


def test_verdict_is_one_per_alert() -> None:
    assert check_truth(BY_ALERT).verdicts().rows() == [("a", date(2025, 11, 20), True)]


def test_column_that_says_so_is_kept_with_its_nulls() -> None:
    truth = check_truth(
        pl.DataFrame({"address": ["a", "b", "c"], "is_illicit": [True, False, None]})
    )
    assert truth.rows["is_illicit"].to_list() == [True, False, None]


def test_confidence_is_of_what_was_found_not_of_what_is_so() -> None:
    """Someone cleared wrongly, with a confidence of .6, is not less illicit for it."""
    found = {"address": "a", "is_illicit": True, "confirmed_illicit": False, "confidence": 0.6}
    assert check_truth(pl.DataFrame(found)).findings()["confidence"].to_list() == [1.0]
    sure = pl.DataFrame(found).drop("confirmed_illicit")
    (confidence,) = check_truth(sure).findings()["confidence"]
    assert round(confidence, 3) == 0.6


def test_instances_that_share_an_address_are_one() -> None:
    rows = [("a", "i2"), ("b", "i2"), ("b", "i1"), ("c", "i3"), ("d", None), ("e", "")]
    truth = check_truth(pl.DataFrame(rows, schema=["address", "pattern_instance_id"], orient="row"))
    assert truth.instances().rows() == [("a", "i1"), ("b", "i1"), ("c", "i3")]


def test_truth_of_neither_shape_is_refused() -> None:
    message = r"expected a column 'alert_id' .* or 'address' .*found 'adress', 'flag'"
    with pytest.raises(InvalidBatchError, match=message):
        check_truth(pl.DataFrame({"adress": ["a"], "flag": [True]}))


def test_truth_per_alert_may_not_say_two_things_of_one_alert() -> None:
    contradicted = BY_ALERT.with_columns(confirmed_illicit=False)
    message = (
        "ground_truth: 'confirmed_illicit' must be one for each alert; 2 of 2 rows are not, "
        "first alert_id 'a'"
    )
    with pytest.raises(InvalidBatchError, match=message):
        check_truth(pl.concat([BY_ALERT, contradicted]))


def test_rows_of_one_alert_that_agree_are_one_known_from_the_earliest_day_on() -> None:
    dates = [date(2025, 12, 2), date(2025, 12, 1), date(2025, 12, 3)]
    again = [BY_ALERT.with_columns(confirmation_date=pl.lit(day)) for day in dates]
    truth = check_truth(pl.concat(again))
    assert truth.rows["confirmation_date"].to_list() == [date(2025, 12, 1)]
    assert truth.changes_after(date(2025, 11, 30))
    assert not truth.changes_after(date(2025, 12, 1))


def test_truth_is_read_from_a_file(tmp_path: Path) -> None:
    BY_ALERT.write_parquet(tmp_path / "truth.parquet")
    assert read_truth(tmp_path / "truth.parquet").rows.equals(check_truth(BY_ALERT).rows)


@pytest.mark.parametrize("read", [read_truth, read_labels])
def test_folder_stands_for_the_truth_in_it(read: Callable[[Path], Truth], tmp_path: Path) -> None:
    BY_ALERT.write_parquet(tmp_path / "ground_truth.parquet")
    assert read(tmp_path).rows.equals(check_truth(BY_ALERT).rows)
    BY_ALERT.drop("confirmed_illicit").write_parquet(tmp_path / "ground_truth.parquet")
    with pytest.raises(InvalidBatchError, match=r"ground_truth\.parquet: ground_truth: required"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ((), "no file"),
        (("b.parquet", "a.csv"), "a.csv, b.parquet"),
        ("gfedcba", "a, b, c, d, e and 2 more"),
    ],
)
@pytest.mark.parametrize("read", [read_truth, read_labels])
def test_folder_without_truth_is_refused_with_what_it_holds(
    names: Sequence[str], found: str, read: Callable[[Path], Truth], tmp_path: Path
) -> None:
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / "ground_truth").mkdir()
    with pytest.raises(InvalidBatchError) as refused:
        read(tmp_path)
    assert str(refused.value) == (
        f"{tmp_path}: expected a file of truth, or a folder with ground_truth.parquet; "
        f"found a folder with {found}; name the file."
    )


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidBatchError, match=r"truth\.parquet: there is no such file"):
        read_truth(tmp_path / "truth.parquet")


def test_every_role_of_the_published_network_is_in_the_table(shared_data: Path) -> None:
    truth = read_truth(shared_data / "torus" / "ground_truth.parquet")
    assert truth.unrecognised_roles == {}
    assert dict(truth.verdicts()["label"].value_counts().iter_rows()) == {
        True: 810,
        False: 96,
        None: 451,
    }


@pytest.mark.parametrize(
    ("truth", "addresses", "expected"),
    [
        (["a", "b"], ["x", "y"], True),
        (["a", "b"], ["x", "b"], False),
        (["a", "b"], [], False),  # no alert, so none is taken for anything
    ],
)
def test_alerts_on_unlisted_addresses_alone_are_all_taken_for_licit(
    truth: list[str], addresses: list[str], *, expected: bool
) -> None:
    alerts = pl.DataFrame({"address": addresses}, schema={"address": pl.String})
    assert check_truth(pl.DataFrame({"address": truth})).takes_all_for_licit(alerts) is expected


def test_nothing_is_taken_for_licit_where_what_is_not_listed_is_unknown() -> None:
    alerts = pl.DataFrame({"address": ["x"]})
    assert not check_truth(BY_ALERT).takes_all_for_licit(alerts)
    listed = replace(check_truth(pl.DataFrame({"address": ["a"]})), unlisted="unknown")
    assert not listed.takes_all_for_licit(alerts)
