"""How addresses grew between the batch and a later date."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from aml_miner.errors import InvalidBatchError
from aml_miner.validator.case import Case

_GROWING = ("degree_total", "total_volume_usd")
_LATER = ("behavioral_anomaly_score", "velocity_score", "is_mixer_like")


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """The alerts whose addresses are known at both dates.

    Attributes
    ----------
    alerts
        By alert_id: ``alert_id, score``, ``degree_growth`` and ``volume_growth`` in per cent (0 where there was nothing
        before), and the later ``behavioral_anomaly_score, velocity_score, is_mixer_like``.
    days
        Days between the two dates, None when there is no alert.
    unknown
        Which of these three columns are null in every row of the later features.
    """

    alerts: pl.DataFrame
    days: int | None
    unknown: tuple[str, ...]


def measure_growth(case: Case, later: pl.DataFrame, days: int) -> Growth:
    """Compare the addresses of a batch with what they are later.

    An address without degree or volume at either date is left out.

    Parameters
    ----------
    case
        The batch and the judged alerts.
    later
        Address features of later dates.
    days
        How much later is wanted; where `later` holds one other later date alone, that one is taken.

    Raises
    ------
    InvalidBatchError
        If there is no later date of the batch's window, or several and none is the one wanted.
    """
    first, window = case.processing_date, case.window_days
    if first is None or window is None:
        return Growth(_joined(case, later.clear(), later.clear()), None, ())
    of_window = later.filter(pl.col("window_days") == window)
    second = _later_date(of_window, first, first + timedelta(days=days), window)
    new = of_window.filter(pl.col("processing_date") == second)
    same = (pl.col("processing_date") == first) & (pl.col("window_days") == window)
    return Growth(
        _joined(case, case.batch.features.filter(same), new),
        (second - first).days,
        tuple(name for name in _LATER if new[name].null_count() == new.height),
    )


def _later_date(of_window: pl.DataFrame, first: date, wanted: date, window: int) -> date:
    dates = of_window.filter(pl.col("processing_date") > first)["processing_date"]
    found: list[date] = dates.unique().sort().to_list()
    if wanted in found:
        return wanted
    if len(found) == 1:
        return found[0]
    shown = ", ".join(map(str, found[:5])) or "none"
    message = (
        f"later features: expected rows of {wanted} with a window of {window} days; "
        f"found later dates of that window: {shown}; name the batch of {wanted}."
    )
    raise InvalidBatchError(message)


def _joined(case: Case, before: pl.DataFrame, later: pl.DataFrame) -> pl.DataFrame:
    numbers = [pl.col(name).cast(pl.Float64) for name in _GROWING]
    old = before.select("address", *numbers)
    new = later.select("address", *_LATER, *(number.name.suffix("_later") for number in numbers))
    joined = case.alerts.join(old, on="address").join(new, on="address")
    known = joined.drop_nulls([*_GROWING, *(f"{name}_later" for name in _GROWING)])
    grown = known.with_columns(
        degree_growth=_per_cent("degree_total"), volume_growth=_per_cent("total_volume_usd")
    )
    return grown.select("alert_id", "score", "degree_growth", "volume_growth", *_LATER).sort(
        "alert_id"
    )


def _per_cent(name: str) -> pl.Expr:
    base, later = pl.col(name), pl.col(f"{name}_later")
    return pl.when(base > 0).then(100.0 * (later - base) / base).otherwise(0.0)
