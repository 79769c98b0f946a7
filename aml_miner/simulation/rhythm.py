"""When people are active: the hours of the day and the days of the week, in UTC."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import numpy as np
from numpy.typing import NDArray

MS_PER_HOUR = 3_600_000
MS_PER_DAY = 24 * MS_PER_HOUR
HOURS_PER_DAY = 24
FRIDAY = 4

# Relative activity per hour and weekday (Monday first): our choice, the usual shape of card payments, quiet from one
# to five, busiest in the early evening and before the weekend.
_HOURS = np.array(
    [.5, .3, .2, .15, .15, .2, .45, .8, 1.1, 1.3, 1.4, 1.45,
     1.5, 1.45, 1.4, 1.4, 1.45, 1.55, 1.65, 1.7, 1.6, 1.4, 1.1, .8]
)  # fmt: skip
_WEEKDAYS = np.array([0.95, 0.95, 1.0, 1.05, 1.2, 1.1, 0.75])


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A clock that runs fast by day and slow by night.

    Its unit is the *active hour*: a week has as many of them as it has hours, but most fall into the daytime.
    Whatever is spread evenly over active hours follows the rhythm of the day and the week, and a delay given in them
    rests at night and keeps the order of events.

    ``active_at_hour[h]`` is the reading ``h`` calendar hours after the first midnight.
    """

    first_day: date
    active_at_hour: NDArray[np.float64]

    @property
    def start_ms(self) -> int:
        """The first midnight, in ms since the epoch."""
        return int(datetime.combine(self.first_day, time(), UTC).timestamp()) * 1_000

    @property
    def end_ms(self) -> int:
        """The midnight after the last day, in ms since the epoch."""
        return self.start_ms + (self.active_at_hour.size - 1) * MS_PER_HOUR

    @property
    def total_hours(self) -> float:
        """Active hours from the first midnight to the last."""
        return float(self.active_at_hour[-1])

    @property
    def weekdays(self) -> NDArray[np.int64]:
        """Weekday of each day, Monday is 0."""
        return (self.first_day.weekday() + np.arange(self._days)) % 7

    @property
    def days_of_month(self) -> NDArray[np.int64]:
        """Day of the month of each day, from 1."""
        days = np.datetime64(self.first_day, "D") + np.arange(self._days)
        since_the_first: NDArray[np.int64] = (days - days.astype("datetime64[M]")).astype(np.int64)
        return since_the_first + 1

    @property
    def _days(self) -> int:
        return (self.active_at_hour.size - 1) // HOURS_PER_DAY

    def times_ms(self, active_hours: NDArray[np.float64]) -> NDArray[np.int64]:
        """Calendar time of each reading, in ms since the epoch, before the last midnight."""
        hours = np.interp(active_hours, self.active_at_hour, np.arange(self.active_at_hour.size))
        times: NDArray[np.int64] = self.start_ms + (hours * MS_PER_HOUR).astype(np.int64)
        times[times >= self.end_ms] = self.end_ms - 1
        return times

    def on_days(
        self, days: NDArray[np.int64], share_of_day: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Time at which a share (0–1) of a day's activity has passed, in ms since the epoch."""
        opens = self.active_at_hour[days * HOURS_PER_DAY]
        closes = self.active_at_hour[(days + 1) * HOURS_PER_DAY]
        return self.times_ms(opens + share_of_day * (closes - opens))


def build_rhythm(
    first_day: date, days: int, day_rhythm: float = 1.0, hours_from_utc: int = 0
) -> Rhythm:
    """Lay the hours of the day over the days of the week.

    ``day_rhythm`` is how far people keep to either, 0 not at all; ``hours_from_utc`` how many hours earlier than in
    UTC their day begins.
    """
    by_weekday = np.outer(_WEEKDAYS / _WEEKDAYS.mean(), _HOURS / _HOURS.mean())
    by_weekday = np.roll(by_weekday.ravel(), -hours_from_utc).reshape(by_weekday.shape)
    by_weekday = day_rhythm * by_weekday + (1 - day_rhythm)
    weekdays = (first_day.weekday() + np.arange(days)) % 7
    return Rhythm(first_day, np.concatenate([[0.0], np.cumsum(by_weekday[weekdays])]))
