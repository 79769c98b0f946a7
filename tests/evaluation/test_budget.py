"""The lines of an alert budget, worked out by hand on ten alerts."""

import polars as pl
import pytest

from aml_miner.config.model_config import EvaluationParameters, load_model_config
from aml_miner.errors import ConfigurationError
from aml_miner.evaluation.bench import Undefined
from aml_miner.evaluation.budget import Budget, Line, draw_lines
from aml_miner.evaluation.intervals import Interval
from aml_miner.evaluation.judged import Judged

SCORES = [0.9, 0.8, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.2, 0.1]
LABELS = [True, True, False, False, True, None, False, False, None, False]


@pytest.fixture(scope="module")
def parameters() -> EvaluationParameters:
    return load_model_config().evaluation.model_copy(update={"bootstrap_resamples": 60})


def judged(labels: list[bool | None], scores: list[float]) -> Judged:
    names = [f"a{n}" for n in range(len(scores))]
    rows = pl.DataFrame(
        {"id": names, "address": names, "label": labels, "grade": [0] * len(scores)},
        schema_overrides={"label": pl.Boolean},
    )
    scorings = {"model": pl.Series(scores, dtype=pl.Float64).to_numpy()}
    return Judged("alerts", rows, {}, scorings, frozenset({"model"}))


def line(
    parameters: EvaluationParameters,
    budget: Budget,
    labels: list[bool | None] = LABELS,
    scores: list[float] = SCORES,
) -> Line:
    (found,) = draw_lines(judged(labels, scores), budget, parameters, 1)
    return found


def value(measured: object) -> float:
    assert isinstance(measured, Interval)
    return measured.value


@pytest.mark.parametrize(
    ("capacity", "threshold", "opened"),
    [
        (1, 0.9, 1),
        (2, 0.9, 1),  # the two at 0.8 are opened both or not at all
        (3, 0.8, 3),
        (50, 0.1, 10),
    ],
)
def test_capacity_is_never_passed(
    parameters: EvaluationParameters, capacity: int, threshold: float, opened: int
) -> None:
    found = line(parameters, Budget(capacity=capacity))
    assert (found.threshold, found.opened, found.saved) == (threshold, opened, 10 - opened)
    assert found.saved_share == pytest.approx(1 - opened / 10)


def test_capacity_below_the_highest_ties_opens_nothing(parameters: EvaluationParameters) -> None:
    found = line(parameters, Budget(capacity=1), [True, False, True], [0.5, 0.5, 0.1])
    assert (found.threshold, found.opened, found.found, found.missed) == (None, 0, 0, 2)
    assert isinstance(found.precision, Undefined)


@pytest.mark.parametrize(
    ("floor", "threshold", "found", "missed"),
    [(0.3, 0.9, 1, 2), (0.5, 0.8, 2, 1), (0.67, 0.5, 3, 0), (1.0, 0.5, 3, 0)],
)
def test_floor_is_reached_by_the_highest_threshold_that_does(
    parameters: EvaluationParameters, floor: float, threshold: float, found: int, missed: int
) -> None:
    drawn = line(parameters, Budget(recall_floor=floor))
    assert (drawn.threshold, drawn.found, drawn.missed) == (threshold, found, missed)
    assert value(drawn.recall) == pytest.approx(found / 3)
    assert value(drawn.recall) >= floor - 1e-9


@pytest.mark.parametrize(
    ("miss_cost", "threshold", "cost"),
    [
        (0.1, None, 0.3),  # nothing is worth opening
        (1.0, None, 3.0),  # opening one and missing two costs the same
        (2.0, 0.9, 5.0),  # as much as opening three or five: of equals the fewest
        (10.0, 0.5, 5.0),  # all are found by opening five
    ],
)
def test_cost_of_openings_and_misses_is_the_least(
    parameters: EvaluationParameters, miss_cost: float, threshold: float | None, cost: float
) -> None:
    found = line(parameters, Budget(miss_cost=miss_cost))
    assert found.threshold == threshold
    assert found.cost == pytest.approx(cost)


def test_unlabelled_alerts_below_the_line_count_like_labelled_ones_beside_them(
    parameters: EvaluationParameters,
) -> None:
    """Four strata of one labelled alert each; the one at 0.4 and the one at 0.2 have no label."""
    found = line(parameters, Budget(capacity=4))
    assert (found.opened, found.missed) == (4, 1)
    assert value(found.below) == 1.0  # 0.5 is illicit; 0.4 lies with 0.3, and both 0.2 are licit
    unlabelled = [True, True, False, False, True, None, None, None, None, None]
    assert value(line(parameters, Budget(capacity=4), unlabelled).below) == 6.0


def test_none_found_below_the_line_does_not_promise_there_is_none(
    parameters: EvaluationParameters,
) -> None:
    found = line(parameters, Budget(recall_floor=1.0)).below
    assert isinstance(found, Interval)
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(5 * (1 - 0.05 ** (1 / 3)))  # five alerts, three labelled


def test_without_labels_below_the_line_there_is_no_estimate(
    parameters: EvaluationParameters,
) -> None:
    labels = [True, False, None]
    found = line(parameters, Budget(capacity=2), labels, [0.9, 0.8, 0.1])
    assert found.below == Undefined("no labelled alert lies below the line")
    everything = line(parameters, Budget(capacity=3), labels, [0.9, 0.8, 0.1])
    assert everything.below == Undefined("no alert lies below")


def test_without_illicit_alerts_no_recall_is_reached(parameters: EvaluationParameters) -> None:
    found = line(parameters, Budget(recall_floor=0.5), [False] * 3, [0.9, 0.8, 0.1])
    assert found.threshold is None
    assert found.recall == Undefined("no labelled alert to take a share of")


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"capacity": 0}, "capacity must be at least 1; found 0"),
        ({"recall_floor": 0.0}, "recall_floor must be above 0 and at most 1; found 0.0"),
        ({"recall_floor": 1.5}, "found 1.5"),
        ({"miss_cost": 0.0}, "miss_cost must be above 0 and finite; found 0.0"),
        ({"miss_cost": float("inf")}, "found inf"),
    ],
)
def test_impossible_budget_is_refused(limits: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Budget(**limits)  # type: ignore[arg-type]


def test_several_rules_draw_several_lines(parameters: EvaluationParameters) -> None:
    lines = draw_lines(judged(LABELS, SCORES), Budget(3, 0.9, 10.0), parameters, 1)
    assert [one.rule for one in lines] == [
        "open at most 3",
        "find at least 0.9 of the illicit",
        "a miss costs 10 openings",
    ]
    assert draw_lines(judged(LABELS, SCORES), Budget(), parameters, 1) == ()
