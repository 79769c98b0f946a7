"""Models judged on rows of groups they never saw."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.config.model_config import CalibrationParameters, EvaluationParameters
from aml_miner.evaluation.bench import Bench, Measure, Metrics, Recorded
from aml_miner.evaluation.intervals import Interval
from aml_miner.evaluation.measures import CALIBRATION_METRICS, LOWER_IS_BETTER, RANKING_METRICS
from aml_miner.models.metadata import Kind
from aml_miner.models.risk_model import logistic
from aml_miner.training.answers import suspects
from aml_miner.training.baselines import logistic_regression_scores, severities
from aml_miner.training.calibration import fit_calibration
from aml_miner.training.folds import Fold, Folds, make_folds, wanted_embargo
from aml_miner.training.report import Assessment
from aml_miner.training.rows import LabelledRows

type Judge = Callable[[LabelledRows, LabelledRows], NDArray[np.float64]]
"""Learns from the first rows and scores the second; any scores that rank them, such as raw ones."""

CALIBRATED: Final[frozenset[Kind]] = frozenset({"alert_scorer", "cluster_scorer"})
"""Whose scores are read as shares."""

_PLACED: Final[frozenset[Kind]] = frozenset({"alert_ranker"})
"""Whose scores compare within one batch alone."""

_DECIMALS: Final = 6
"""Of what is measured: further ones of a logistic regression are those of the processor its linear algebra suits."""

METRICS: Final[Mapping[str, Measure]] = {
    "auc": lambda drawn: drawn.ranked.roc_auc(),
    **RANKING_METRICS,
    "ndcg_at_10": lambda drawn: drawn.mean_ndcg_at_k(10),
}
"""What every model is measured by; NDCG is the mean over batches, as somebody opens one batch after the other."""


def assess(
    judges: Mapping[Kind, Judge],
    rows: LabelledRows,
    parameters: EvaluationParameters,
    seed: int,
    calibration: CalibrationParameters | None = None,
) -> dict[Kind, Assessment]:
    """Judge models on the same folds, each beside the same baselines and the models before it.

    As a ranker's scores mean something within one batch only, baselines and earlier models stand beside it by their
    places there.
    A fold whose rows to learn from are of one class is left out, and said so. Labels to learn from are those known at
    the fold's origin; labels to test by are the final ones.

    Parameters
    ----------
    judges
        The models by kind.
    rows
        Labelled rows.
    parameters
        Number of folds and origins, embargo, resamples, level.
    seed
        Seed of the folds and of the bootstrap.
    calibration
        How scores become shares; without it no calibration is fitted or judged. It is judged on folds it was not fitted
        to, and the one that is returned is fitted to all of them.
    """
    folds = _folds(rows, parameters, seed)
    usable = _usable(rows, folds)
    tested = tested_places(usable)
    seen = rows.take(tested)
    bench = _bench(seen, parameters, seed)
    line = out_of_fold(logistic_regression_scores, rows, usable)
    confidence, volume = (rows.keys[name].to_numpy() for name in ("confidence", "volume_usd"))
    severity = severities(rows)
    others = {"severity": severity} if severity is not None else {}
    others |= {"alert_confidence": confidence, "volume": volume, "logistic_regression": line}
    promised = {"alert_confidence": np.clip(confidence, 0.0, 1.0), "logistic_regression": line}
    about = Assessment(
        rows=len(rows),
        positives=rows.positives,
        unlabelled=rows.unlabelled,
        groups=folds.groups,
        largest_group=folds.largest_group,
        folds=len(usable),
        split="grouped and by time" if folds.by_time else "grouped",
        tested_rows=len(tested),
        straddling=folds.straddling,
        embargo_days=folds.embargo_days,
        notes=(*_notes(parameters, folds, len(usable), rows), *suspects(rows)),
    )

    def baseline(name: str, kind: Kind) -> Recorded:
        if kind in _PLACED:
            return _measured(bench, _places(others[name], rows, usable)[tested])
        shares = promised.get(name)
        return _measured(bench, others[name][tested], None if shares is None else shares[tested])

    assessments: dict[Kind, Assessment] = {}
    for kind, judge in judges.items():
        scores = out_of_fold(judge, rows, usable)
        shares = None
        if calibration is not None and kind in CALIBRATED:
            shares = _cross_fitted(scores, rows, usable, calibration)[tested]
        model = _measured(bench, scores[tested], shares)
        one = _beside(about, model, {name: baseline(name, kind) for name in others})
        if shares is not None and calibration is not None and len(tested):
            one = replace(
                one,
                calibration=fit_calibration(scores[tested], seen.labels, calibration),
                address_spread=_address_spread(seen, shares),
            )
        assessments[kind] = one
        others[kind] = scores
    return assessments


def within_batches(scores: NDArray[np.float64], rows: LabelledRows) -> NDArray[np.float64]:
    """Return each score's place in its batch, 0 (lowest) to 1: what a ranker's scores mean beyond one batch.

    Equal scores share the middle of their places.
    """
    batch = rows.keys["batch"]
    frame = pl.DataFrame({"batch": batch, "score": scores})
    rank = pl.col("score").rank("average").over("batch")
    return frame.select((rank - 0.5) / pl.len().over("batch")).to_series().to_numpy()


def _learned(rows: LabelledRows, fold: Fold) -> LabelledRows:
    """Return what a fold learns from, with the labels that were known at its origin."""
    return rows.take(fold.train).as_of(fold.origin)


def usable_folds(rows: LabelledRows, parameters: EvaluationParameters, seed: int) -> list[Fold]:
    """Return the folds whose rows to learn from are of both classes, as ``assess`` uses them."""
    return _usable(rows, _folds(rows, parameters, seed))


def tested_places(folds: Sequence[Fold]) -> NDArray[np.int64]:
    """Return the places of the rows that folds test, sorted."""
    return np.sort(np.concatenate([np.zeros(0, np.int64), *(fold.test for fold in folds)]))


def _folds(rows: LabelledRows, parameters: EvaluationParameters, seed: int) -> Folds:
    return make_folds(
        rows,
        parameters.cv_folds,
        seed,
        origins=parameters.rolling_origins,
        embargo_days=parameters.embargo_days,
    )


def _usable(rows: LabelledRows, folds: Folds) -> list[Fold]:
    return [fold for fold in folds.folds if _learned(rows, fold).has_both_classes]


def out_of_fold(judge: Judge, rows: LabelledRows, folds: list[Fold]) -> NDArray[np.float64]:
    """Return each tested row's score by a model that learned from its fold, NaN where no fold tests it."""
    scores = np.full(len(rows), np.nan)
    for fold in folds:
        scores[fold.test] = judge(_learned(rows, fold), rows.take(fold.test))
    return scores


def _places(
    scores: NDArray[np.float64], rows: LabelledRows, folds: list[Fold]
) -> NDArray[np.float64]:
    places = np.full(len(rows), np.nan)
    for fold in folds:
        places[fold.test] = within_batches(scores[fold.test], rows.take(fold.test))
    return places


def _cross_fitted(
    scores: NDArray[np.float64],
    rows: LabelledRows,
    folds: list[Fold],
    parameters: CalibrationParameters,
) -> NDArray[np.float64]:
    """Return the shares of each fold's rows, by a calibration fitted to other folds; else by a logistic curve.

    The others are of other groups and of earlier origins, with the labels known at the fold's; of the first origin they
    are of that origin.
    """
    shares = np.full(len(rows), np.nan)
    scored = replace(rows, features=pl.DataFrame({"score": scores}))
    for fold in folds:
        known = scored.take(_others(fold, folds)).as_of(fold.origin)
        fitted = fit_calibration(known.features["score"].to_numpy(), known.labels, parameters)
        share_of = logistic if fitted is None else fitted.share_of
        shares[fold.test] = [share_of(value) for value in scores[fold.test].tolist()]
    return shares


def _others(fold: Fold, folds: list[Fold]) -> NDArray[np.int64]:
    """Return the places tested by the folds that a fold's scores may be calibrated by."""
    apart = [other for other in folds if other.part != fold.part]
    earlier = [o for o in apart if fold.origin and o.origin and o.origin < fold.origin]
    chosen = earlier or [other for other in apart if other.origin == fold.origin]
    return tested_places(chosen)


def _address_spread(rows: LabelledRows, shares: NDArray[np.float64]) -> float | None:
    """Return the mean, over addresses with several alerts in a batch, of the standard deviation of their shares."""
    frame = rows.keys.select("batch", "address").with_columns(share=pl.Series(shares))
    spread = (
        frame.sort("batch", "address", "share")
        .group_by("batch", "address", maintain_order=True)
        .agg(pl.col("share").std(ddof=0), alerts=pl.len())
        .filter(pl.col("alerts") > 1)["share"]
        .mean()
    )
    return spread if isinstance(spread, float) else None


def _beside(about: Assessment, model: Recorded, baselines: Mapping[str, Recorded]) -> Assessment:
    differences = {name: _told(model.minus(baseline)) for name, baseline in baselines.items()}
    return replace(
        about,
        metrics=_told(model.metrics),
        baselines={name: _told(baseline.metrics) for name, baseline in baselines.items()},
        differences=differences,
        notes=(*about.notes, *_beaten(differences)),
    )


def _told(metrics: Metrics) -> Metrics:
    return {
        name: measured.rounded(_DECIMALS) if isinstance(measured, Interval) else measured
        for name, measured in metrics.items()
    }


def _beaten(differences: Mapping[str, Metrics]) -> Iterator[str]:
    """Say where a baseline is better by more than chance."""
    for name, metrics in differences.items():
        worse = [
            m
            for m, d in metrics.items()
            if isinstance(d, Interval) and (d.low > 0 if m in LOWER_IS_BETTER else d.high < 0)
        ]
        if worse:
            yield f"worse than {name} in {', '.join(worse)}"


def _notes(
    parameters: EvaluationParameters, folds: Folds, usable: int, rows: LabelledRows
) -> Iterator[str]:
    asked = parameters.cv_folds
    made = len(folds.folds)
    if folds.groups < 2:
        yield f"not measured: all rows belong to {folds.groups} group(s), and a test needs 2"
    elif folds.groups < asked:
        yield f"{folds.groups} folds instead of {asked}: there are no more groups"
    if folds.embargo_days is not None:
        yield from _short_embargo(rows, folds.embargo_days, parameters.embargo_days)
    if usable < made:
        yield f"{made - usable} of {made} folds left out: one class only to learn from"
    if folds.groups > 1 and 2 * folds.largest_group > len(rows):
        yield (
            f"not to be relied on: one group has {folds.largest_group} of {len(rows)} rows, "
            f"so most rows are judged by models that learned from few"
        )
    if folds.straddling:
        yield (
            f"{folds.straddling} of {len(rows)} rows not tested: they have owners or patterns in several folds, "
            f"and are not learned from where one of these is tested"
        )
    tested = sum(len(fold.test) for fold in folds.folds)
    if folds.by_time and 4 * tested < len(rows):
        yield (
            f"{tested} of {len(rows)} rows tested: split by time, only the latest dates are; "
            f"batches of more dates would leave more"
        )


def _short_embargo(rows: LabelledRows, days: int, asked: int | None) -> Iterator[str]:
    wanted = wanted_embargo(rows, asked)
    if days < wanted:
        yield f"embargo of {days} days instead of {wanted}: the dates allow no more"
    if days < rows.longest_window - 1:
        yield (
            f"transfers are on both sides: the windows have up to {rows.longest_window} days, the embargo {days}"
        )


def _bench(rows: LabelledRows, parameters: EvaluationParameters, seed: int) -> Bench:
    return Bench(
        rows.labels,
        rows.grades,
        rows.keys["address"].to_numpy(),
        seed,
        parameters.bootstrap_resamples,
        parameters.interval_level,
        lists=rows.keys["batch"].to_numpy(),
    )


def _measured(
    bench: Bench, scores: NDArray[np.float64], shares: NDArray[np.float64] | None = None
) -> Recorded:
    """Measure how scores rank, and how well the shares beside them are kept."""
    ranked = bench.measure({"": scores}, {"": METRICS})[""]
    if shares is None:
        return ranked
    kept = bench.measure({"": shares}, {"": CALIBRATION_METRICS})[""]
    return Recorded(
        {**ranked.metrics, **kept.metrics}, {**ranked.values, **kept.values}, ranked.level
    )
