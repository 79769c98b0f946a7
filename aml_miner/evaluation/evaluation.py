"""Everything there is to say of scores once it is known what was illicit."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from aml_miner.config.model_config import EvaluationParameters
from aml_miner.evaluation.bench import BINS, Bench, Drawn, Measure, Metrics, Recorded
from aml_miner.evaluation.budget import Budget, Line, draw_lines
from aml_miner.evaluation.intervals import Interval
from aml_miner.evaluation.judged import Judged
from aml_miner.evaluation.measures import CALIBRATION_METRICS, RANKING_METRICS

SHARES: Final = {"1_percent": 0.01, "5_percent": 0.05, "10_percent": 0.1}
RECALLS: Final = {"80": 0.8, "90": 0.9, "95": 0.95}
PLACES: Final = (5, 10, 20, 500)
FIRST_TENTH: Final = "recall_in_first_tenth_of_all"
"""Share of a segment's illicit rows that are opened when a tenth of all rows is."""


@dataclass(frozen=True, slots=True)
class Part:
    """What was measured of some rows: all of them, or those of one value of a segment.

    Attributes
    ----------
    segment, value
        What the rows have in common; both empty for all rows.
    rows, illicit
        Labelled rows, and how many of them are illicit.
    metrics
        By scoring.
    differences
        By scoring beside the model: the model's metric minus its, paired. An interval without 0 says they differ.
    """

    segment: str
    value: str
    rows: int
    illicit: int
    metrics: Mapping[str, Metrics]
    differences: Mapping[str, Metrics]

    def differs(self, scoring: str, metric: str) -> bool:
        """Whether a scoring's metric differs from the model's by more than chance."""
        difference = self.differences.get(scoring, {}).get(metric)
        return isinstance(difference, Interval) and (difference.low > 0 or difference.high < 0)


@dataclass(frozen=True, slots=True)
class Bin:
    """The rows whose score lies in [low, high), the last bin closed: what was promised, and what was found."""

    low: float
    high: float
    rows: int
    mean_score: float | None
    illicit_share: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How good one model's scores are, beside every baseline.

    Attributes
    ----------
    what, model
        ``alerts`` or ``clusters``, and the scoring that is judged.
    rows, labelled, illicit, addresses
        Scored rows, those of which the truth is known, the illicit among them, and the addresses these are of.
    whole, parts
        What was measured of all labelled rows, and of the rows of each segment.
    reliability
        Promise and outcome of the model's scores, bin by bin; empty when they are no shares.
    lines
        One per rule of the alert budget.
    notes
        What a reader should know before believing the numbers.
    """

    what: str
    model: str
    rows: int
    labelled: int
    illicit: int
    addresses: int
    whole: Part
    parts: tuple[Part, ...] = ()
    reliability: tuple[Bin, ...] = ()
    lines: tuple[Line, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def base_rate(self) -> float | None:
        """Share of the labelled rows that are illicit; None without labelled rows."""
        return self.illicit / self.labelled if self.labelled else None

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as JSON holds it."""
        return {**asdict(self), "base_rate": self.base_rate}


def evaluate(
    judged: Judged, parameters: EvaluationParameters, seed: int, budget: Budget | None = None
) -> Evaluation:
    """Measure scores against what turned out.

    Rows whose truth is unknown count for the budget alone. Every interval is a bootstrap over addresses, and every
    scoring is measured on the same draws.

    Parameters
    ----------
    judged
        Scores, labels and baselines.
    parameters
        Resamples and level of the intervals.
    seed
        Seed of the draws.
    budget
        What limits how many are opened; the place K of the metrics is its capacity.

    Raises
    ------
    UndefinedMetricError
        If a score is not finite or, where it is read as a share, outside 0–1.
    """
    judged.check()
    budget = budget or Budget()
    known = judged.take(judged.known)
    asked = _measures(budget.places)
    whole = _part(known, parameters, seed, _asked_of(known, asked))
    return Evaluation(
        what=judged.what,
        model=judged.model,
        rows=judged.rows.height,
        labelled=known.rows.height,
        illicit=int(known.rows["label"].sum()),
        addresses=known.rows["address"].n_unique(),
        whole=whole,
        parts=tuple(_parts(known, parameters, seed)),
        reliability=tuple(_reliability(known)) if known.model in known.probabilities else (),
        lines=draw_lines(judged, budget, parameters, seed),
        notes=tuple(_notes(judged, whole)),
    )


def _measures(places: int) -> dict[str, Measure]:
    """Return what is measured of every scoring, by name."""

    def precision(drawn: Drawn, share: float) -> float:
        return drawn.ranked.precision_at_k(drawn.ranked.place_of_share(share))

    def recall(drawn: Drawn, share: float) -> float:
        return drawn.ranked.recall_at_k(drawn.ranked.place_of_share(share))

    return {
        **RANKING_METRICS,
        "roc_auc": lambda drawn: drawn.ranked.roc_auc(),
        f"precision_at_{places}": lambda drawn: drawn.ranked.precision_at_k(places),
        f"recall_at_{places}": lambda drawn: drawn.ranked.recall_at_k(places),
        **{f"precision_at_{n}": partial(precision, share=s) for n, s in SHARES.items()},
        **{f"recall_at_{n}": partial(recall, share=s) for n, s in SHARES.items()},
        **{f"saved_at_recall_{n}": partial(_saved, recall=r) for n, r in RECALLS.items()},
        **{f"ndcg_at_{k}": partial(_ndcg, k=k) for k in PLACES},
    }


def _saved(drawn: Drawn, recall: float) -> float:
    return drawn.ranked.alerts_saved_at_recall(recall)


def _ndcg(drawn: Drawn, k: int) -> float:
    return drawn.ranked.ndcg_at_k(k)


def _asked_of(judged: Judged, asked: Mapping[str, Measure]) -> dict[str, Mapping[str, Measure]]:
    return {
        name: {**asked, **(CALIBRATION_METRICS if name in judged.probabilities else {})}
        for name in judged.scorings
    }


def _parts(known: Judged, parameters: EvaluationParameters, seed: int) -> Iterator[Part]:
    tenth = {name: _first_tenth(scores) for name, scores in known.scorings.items()}
    asked: dict[str, Mapping[str, Measure]] = {
        name: {
            "average_precision": lambda drawn: drawn.ranked.average_precision(),
            "roc_auc": lambda drawn: drawn.ranked.roc_auc(),
            FIRST_TENTH: partial(_recall_of, threshold=tenth[name][0], tied_share=tenth[name][1]),
        }
        for name in known.scorings
    }
    for name, column in known.segments.items():
        values = column.fill_null("unknown")
        for value in values.unique().sort():
            chosen = known.take((values == value).to_numpy())
            yield _part(chosen, parameters, seed, asked, of=(name, value))


def _recall_of(drawn: Drawn, threshold: float, tied_share: float) -> float:
    return drawn.recall_of(threshold, tied_share)


def _first_tenth(scores: NDArray[np.float64]) -> tuple[float, float]:
    """Return the score at which a tenth of all rows is opened, and which share of the rows that have it."""
    if not scores.size:
        return 0.0, 0.0
    opened = max(1, round(scores.size / 10))
    threshold = float(np.sort(scores)[-opened])
    above, at = np.count_nonzero(scores > threshold), np.count_nonzero(scores == threshold)
    return threshold, (opened - above) / at


def _part(
    known: Judged,
    parameters: EvaluationParameters,
    seed: int,
    asked: Mapping[str, Mapping[str, Measure]],
    *,
    of: tuple[str, str] = ("", ""),
) -> Part:
    labels = known.rows["label"].to_numpy()
    bench = Bench(
        labels,
        known.rows["grade"].fill_null(0).to_numpy(),
        known.rows["address"].to_numpy(),
        seed,
        parameters.bootstrap_resamples,
        parameters.interval_level,
        without_licit=frozenset({FIRST_TENTH}),
    )
    found = bench.measure(known.scorings, asked)
    model = found[known.model]
    others: dict[str, Recorded] = {n: r for n, r in found.items() if n != known.model}
    return Part(
        *of,
        len(labels),
        int(labels.sum()),
        {name: recorded.metrics for name, recorded in found.items()},
        {name: model.minus(recorded) for name, recorded in others.items()},
    )


def _reliability(known: Judged) -> Iterator[Bin]:
    scores = known.scorings[known.model]
    labels = known.rows["label"].to_numpy()
    place = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    for number in range(BINS):
        inside = place == number
        rows = int(inside.sum())
        yield Bin(
            number / BINS,
            (number + 1) / BINS,
            rows,
            float(np.sort(scores[inside]).sum()) / rows if rows else None,
            float(labels[inside].sum()) / rows if rows else None,
        )


def _notes(judged: Judged, whole: Part) -> Iterator[str]:
    unknown = judged.rows.height - whole.rows
    if unknown:
        yield f"{unknown} of {judged.rows.height} {judged.what} have no label and are measured nowhere"
    if whole.rows and 2 * whole.illicit > whole.rows:
        yield "most labelled rows are illicit, so precision says little: look at the ROC AUC"
