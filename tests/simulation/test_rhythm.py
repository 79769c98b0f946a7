from datetime import date

import numpy as np
import pytest

from aml_miner.simulation.rhythm import MS_PER_HOUR, Rhythm, build_rhythm

WEDNESDAY = date(2025, 1, 1)
MIDNIGHT_MS = 1_735_689_600_000

# two calendar days: the first hour of each takes all the activity
TWO_HOURS = Rhythm(WEDNESDAY, np.array([0.0, *[24.0] * 24, *[48.0] * 24]))


def test_a_week_has_as_many_active_hours_as_hours() -> None:
    assert build_rhythm(WEDNESDAY, 7).total_hours == pytest.approx(7 * 24)


def test_active_hours_pass_quickly_by_day_and_slowly_by_night() -> None:
    per_hour = np.diff(build_rhythm(WEDNESDAY, 1).active_at_hour)
    assert per_hour[3:5].max() < 0.2
    assert per_hour[9:21].min() > 1.2


def test_fridays_are_busier_than_sundays() -> None:
    per_day = np.diff(build_rhythm(WEDNESDAY, 7).active_at_hour[::24])
    assert per_day.argmax() == 2  # Wednesday, Thursday, Friday
    assert per_day.argmin() == 4


def test_without_a_rhythm_every_hour_is_like_any_other() -> None:
    per_hour = np.diff(build_rhythm(WEDNESDAY, 7, day_rhythm=0.0).active_at_hour)
    np.testing.assert_allclose(per_hour, 1.0, rtol=1e-12)


def test_half_a_rhythm_is_half_as_far_from_even() -> None:
    whole, half = (
        np.diff(build_rhythm(WEDNESDAY, 7, day_rhythm=share).active_at_hour) for share in (1, 0.5)
    )
    np.testing.assert_allclose(half - 1, (whole - 1) / 2, atol=1e-12)


def test_the_day_begins_earlier_in_utc_where_people_live_east() -> None:
    at_greenwich = np.diff(build_rhythm(WEDNESDAY, 1).active_at_hour)
    three_east = np.diff(build_rhythm(WEDNESDAY, 1, hours_from_utc=3).active_at_hour)
    np.testing.assert_allclose(three_east[5], at_greenwich[8], rtol=1e-12)


def test_the_week_begins_earlier_in_utc_where_people_live_east() -> None:
    """With three hours, Sunday at 22:00 UTC is Monday at 01:00."""
    at_greenwich = np.diff(build_rhythm(WEDNESDAY, 7).active_at_hour)
    three_east = np.diff(build_rhythm(WEDNESDAY, 7, hours_from_utc=3).active_at_hour)
    sunday, monday = 4 * 24, 5 * 24
    np.testing.assert_allclose(three_east[sunday + 22], at_greenwich[monday + 1], rtol=1e-12)


@pytest.mark.parametrize(
    ("active_hours", "minutes_after_midnight"),
    [(0.0, 0), (12.0, 30), (36.0, 24 * 60 + 30)],
)
def test_times_follow_the_activity(active_hours: float, minutes_after_midnight: int) -> None:
    (time_ms,) = TWO_HOURS.times_ms(np.array([active_hours]))
    assert time_ms == MIDNIGHT_MS + minutes_after_midnight * 60_000


def test_the_last_reading_is_still_within_the_days() -> None:
    rhythm = build_rhythm(WEDNESDAY, 7)
    (time_ms,) = rhythm.times_ms(np.array([rhythm.total_hours]))
    assert time_ms == rhythm.end_ms - 1 == MIDNIGHT_MS + 7 * 24 * MS_PER_HOUR - 1


def test_a_share_of_a_day_is_a_share_of_its_activity() -> None:
    times = TWO_HOURS.on_days(np.array([0, 1]), np.array([0.5, 0.25]))
    assert times.tolist() == [MIDNIGHT_MS + 1_800_000, MIDNIGHT_MS + 86_400_000 + 900_000]


def test_days_know_their_weekday_and_their_date() -> None:
    rhythm = build_rhythm(date(2025, 1, 30), 4)  # a Thursday
    assert rhythm.weekdays.tolist() == [3, 4, 5, 6]
    assert rhythm.days_of_month.tolist() == [30, 31, 1, 2]
