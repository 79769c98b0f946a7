"""Points of plots, worked out by hand."""

import numpy as np
import polars as pl

from aml_miner.evaluation.curves import count_scores, draw_curves, sum_contributions
from aml_miner.evaluation.judged import Judged


def judged(labels: list[bool | None], scores: list[float]) -> Judged:
    names = [f"a{n}" for n in range(len(labels))]
    rows = pl.DataFrame(
        {"id": names, "address": names, "label": labels, "grade": [0] * len(labels)},
        schema_overrides={"label": pl.Boolean},
    )
    return Judged("alerts", rows, {}, {"model": np.array(scores)}, frozenset({"model"}))


def test_curves_go_through_each_distinct_score() -> None:
    """Illicit at 0.9 and beside a licit one at 0.5; the one without a label is nowhere."""
    found = draw_curves(judged([True, True, False, False, None], [0.9, 0.5, 0.5, 0.1, 0.7]))
    curves = found["model"]
    assert curves.roc == ((0.0, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 1.0))
    assert curves.precision_recall == ((0.5, 1.0), (1.0, 2 / 3), (1.0, 0.5))
    assert curves.gain == ((0.0, 0.0), (0.25, 0.5), (0.75, 1.0), (1.0, 1.0))


def test_many_scores_are_drawn_by_few_points() -> None:
    labels = [n % 3 == 0 for n in range(1000)]
    curves = draw_curves(judged(labels, np.linspace(0, 1, 1000).tolist()))["model"]
    assert len(curves.gain) == 201
    assert curves.gain[-1] == (1.0, 1.0)


def test_one_class_has_no_curves() -> None:
    assert draw_curves(judged([True, True, None], [0.1, 0.2, 0.3])) == {}


def test_scores_are_counted_by_class() -> None:
    counts = count_scores(judged([True, False, False, None], [1.0, 0.0, 0.04, 0.5]), bins=2)
    assert counts == ((2, 0), (0, 1))


def test_features_are_summed_over_all_alerts() -> None:
    texts = [
        '{"top_features": [{"name": "a", "contribution": 2.0}, {"name": "b", "contribution": -3.0}]}',
        '{"top_features": [{"name": "a", "contribution": -1.0}]}',
    ]
    first, second = sum_contributions(texts)
    assert (first.feature, first.raised, first.lowered, first.alerts) == ("a", 1.0, -0.5, 2)
    assert (second.feature, second.raised, second.lowered, second.alerts) == ("b", 0.0, -1.5, 1)
    assert len(sum_contributions(texts, most=1)) == 1
