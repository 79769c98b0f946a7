"""How addresses grew, and which later date is compared."""

from datetime import date

import polars as pl
import pytest

from aml_miner.batch.batch import make_batch
from aml_miner.batch.schemas import ALERTS, CLUSTERS, FEATURES
from aml_miner.errors import InvalidBatchError
from aml_miner.validator.case import Case, make_case
from aml_miner.validator.growth import measure_growth
from tests.validator.cases import DAY, LATER, case_of, features_of, submission_of

BEFORE = {"x": {"degree_total": 10, "total_volume_usd": "100"}}
AFTER = {"x": {"degree_total": 31, "total_volume_usd": "401.5", "velocity_score": 0.5}}


def case(before: dict[str, dict[str, object]] | None = None) -> Case:
    return case_of({"a": 0.5}, {"a": "x"}, features=features_of(DAY, before or BEFORE))


def test_growth_is_in_per_cent() -> None:
    grown = measure_growth(case(), features_of(LATER, AFTER), 30)
    row = grown.alerts.row(0, named=True)
    assert (row["degree_growth"], row["volume_growth"]) == pytest.approx((210.0, 301.5))
    assert (row["velocity_score"], grown.days) == (0.5, 30)


@pytest.mark.parametrize(
    ("degree", "volume", "expected"),
    [
        (0, "0", (0.0, 0.0)),  # nothing before: no growth, however much there is later
        (62, "803", (-50.0, -50.0)),
    ],
)
def test_growth_from_nothing_is_0_and_shrinking_is_below(
    degree: int, volume: str, expected: tuple[float, float]
) -> None:
    before = {"x": {"degree_total": degree, "total_volume_usd": volume}}
    row = measure_growth(case(before), features_of(LATER, AFTER), 30).alerts.row(0, named=True)
    assert (row["degree_growth"], row["volume_growth"]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"y": BEFORE["x"]}, AFTER),
        (BEFORE, {"y": AFTER["x"]}),
        ({"x": {"degree_total": 10}}, AFTER),
        (BEFORE, {"x": {"total_volume_usd": "401.5"}}),
    ],
)
def test_an_address_that_is_not_known_at_both_dates_is_left_out(
    before: dict[str, dict[str, object]], after: dict[str, dict[str, object]]
) -> None:
    assert measure_growth(case(before), features_of(LATER, after), 30).alerts.height == 0


def test_columns_that_are_empty_later_are_named() -> None:
    grown = measure_growth(case(), features_of(LATER, AFTER), 30)
    assert grown.unknown == ("behavioral_anomaly_score", "is_mixer_like")


def test_the_wanted_date_is_taken_of_several() -> None:
    other = features_of(date(2025, 12, 1), {"x": {"degree_total": 10, "total_volume_usd": "100"}})
    later = pl.concat([other, features_of(LATER, AFTER), features_of(DAY, BEFORE)])
    grown = measure_growth(case(), later, 30)
    assert (grown.days, grown.alerts["degree_growth"].to_list()) == (30, [pytest.approx(210.0)])


def test_the_only_later_date_is_taken_and_said() -> None:
    grown = measure_growth(case(), features_of(date(2025, 12, 11), AFTER), 30)
    assert (grown.days, grown.alerts.height) == (21, 1)


@pytest.mark.parametrize(
    ("days", "window", "shown"),
    [
        ([], 30, "none"),
        ([DAY], 30, "none"),
        ([LATER], 7, "none"),  # of another window
        ([date(2025, 12, 1), date(2025, 12, 2)], 30, "2025-12-01, 2025-12-02"),
    ],
)
def test_no_later_date_to_compare_with_is_refused(
    days: list[date], window: int, shown: str
) -> None:
    frames = [features_of(day, AFTER) for day in days] or [features_of(DAY, AFTER).clear()]
    later = pl.concat(frames).with_columns(window_days=pl.lit(window, pl.UInt16))
    expected = f"expected rows of 2025-12-20 with a window of 30 days; .*: {shown}; name the batch"
    with pytest.raises(InvalidBatchError, match=expected):
        measure_growth(case(), later, 30)


def test_without_alerts_there_is_nothing_to_compare() -> None:
    tables = {"alerts": ALERTS.empty(), "features": FEATURES.empty(), "clusters": CLUSTERS.empty()}
    nowhere = make_case(submission_of({}), make_batch(tables))
    grown = measure_growth(nowhere, features_of(LATER, AFTER), 30)
    assert (grown.alerts.height, grown.days, grown.unknown) == (0, None, ())
