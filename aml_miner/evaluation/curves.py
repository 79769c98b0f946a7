"""Scores and outcomes as the points a plot is drawn through."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray

from aml_miner.evaluation.judged import Judged
from aml_miner.evaluation.ranked import Ranking

MOST_POINTS: Final = 200
"""Points of a curve: more cannot be told apart on a page."""

type Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Curves:
    """The curves of one scoring, each from left to right.

    Attributes
    ----------
    roc
        Share of the licit opened, share of the illicit opened.
    precision_recall
        Share of the illicit opened, share of the opened that is illicit.
    gain
        Share of all opened, share of the illicit opened.
    """

    roc: Points
    precision_recall: Points
    gain: Points


def draw_curves(judged: Judged) -> dict[str, Curves]:
    """Return the curves of every scoring over the labelled rows; none where they are of one class."""
    known = judged.take(judged.known)
    labels = known.rows["label"].to_numpy()
    if not 0 < labels.sum() < len(labels):
        return {}
    return {name: _curves(labels, scores) for name, scores in known.scorings.items()}


def _curves(labels: NDArray[np.bool_], scores: NDArray[np.float64]) -> Curves:
    grades = labels.astype(np.float64)
    ranked = Ranking.of(grades, scores).weighted(np.ones(len(labels)))
    rows, illicit = np.cumsum(ranked.rows), np.cumsum(ranked.illicit)
    recall, opened = illicit / illicit[-1], rows / rows[-1]
    false = (rows - illicit) / (rows[-1] - illicit[-1])
    return Curves(
        roc=_points(false, recall, (0.0, 0.0)),
        precision_recall=_points(recall, illicit / rows, None),
        gain=_points(opened, recall, (0.0, 0.0)),
    )


def _points(
    x: NDArray[np.float64], y: NDArray[np.float64], first: tuple[float, float] | None
) -> Points:
    chosen = np.unique(np.linspace(0, len(x) - 1, MOST_POINTS).round().astype(np.int64))
    drawn = tuple(zip(x[chosen].tolist(), y[chosen].tolist(), strict=True))
    return drawn if first is None else (first, *drawn)


def count_scores(judged: Judged, bins: int = 20) -> tuple[tuple[int, int], ...]:
    """Return how many licit and illicit labelled rows the model gives a score in each of so many equal parts of 0–1."""
    known = judged.take(judged.known)
    place = np.clip((known.scorings[known.model] * bins).astype(np.int64), 0, bins - 1)
    illicit = known.rows["label"].to_numpy()
    licit_counts = np.bincount(place[~illicit], minlength=bins).tolist()
    return tuple(
        zip(licit_counts, np.bincount(place[illicit], minlength=bins).tolist(), strict=True)
    )


@dataclass(frozen=True, slots=True)
class Reach:
    """How much one feature moved the raw scores.

    Attributes
    ----------
    raised, lowered
        Mean over all alerts of what it added and what it took; where it is not among the leading ones it counts as 0.
    alerts
        How many alerts list it.
    """

    feature: str
    raised: float
    lowered: float
    alerts: int


def sum_contributions(explanations: Iterable[str], most: int = 15) -> Sequence[Reach]:
    """Return the features that moved most, of the leading ones each explanation lists; the largest mean first.

    Parameters
    ----------
    explanations
        Texts as ``explain_json`` holds them.
    most
        How many features to return.

    Examples
    --------
    >>> text = '{"top_features": [{"name": "degree_out", "contribution": 1.5}]}'
    >>> sum_contributions([text, '{"top_features": []}'])
    [Reach(feature='degree_out', raised=0.75, lowered=0.0, alerts=1)]
    """
    texts = list(explanations)
    moved: dict[str, list[float]] = {}
    for text in texts:
        for feature in orjson.loads(text)["top_features"]:
            moved.setdefault(feature["name"], []).append(feature["contribution"])
    found = [
        Reach(
            name,
            sum(v for v in sorted(values) if v > 0) / len(texts),
            sum(v for v in sorted(values) if v < 0) / len(texts),
            len(values),
        )
        for name, values in moved.items()
    ]
    return sorted(found, key=lambda reach: (reach.lowered - reach.raised, reach.feature))[:most]
