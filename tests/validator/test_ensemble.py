"""Several submissions made one, by hand and by its laws."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from aml_miner.errors import ConfigurationError
from aml_miner.validator.ensemble import EnsembleParameters, combine, performance_weights
from aml_miner.validator.profile import load_profile, profile_names
from tests.validator.cases import RISK, submission_of

RULES = load_profile(RISK).ensemble


def test_every_profile_weighs_alike() -> None:
    expected = EnsembleParameters(exponent=2, least_weight=0.01, agreement_within=0.1)
    assert [load_profile(name).ensemble for name in profile_names()] == [expected] * 2


@pytest.mark.parametrize(
    ("performances", "expected"),
    [
        ([0.8], [1.0]),
        ([0.5, 0.5], [0.5, 0.5]),
        ([0.2, 0.4], [0.2, 0.8]),  # .04 and .16
        ([0.9, 0.09, 0.9], [0.5, 0.0, 0.5]),  # .0081 of 1.6281 is .005: dropped
        ([0.9, 0.091], [0.81 / 0.818281, 0.008281 / 0.818281]),  # .0101: kept
        ([0.0, 0.7], [0.0, 1.0]),
    ],
)
def test_weights_by_hand(performances: list[float], expected: list[float]) -> None:
    assert performance_weights(performances, RULES).tolist() == pytest.approx(expected)


def test_combination_by_hand() -> None:
    """Weights .2 and .8. Alert a: scores .4 and .6, mean .5, deviation .1; b is scored once."""
    both = [submission_of({"a": 0.4, "b": 0.3}), submission_of({"a": 0.6})]
    table = combine(both, [0.2, 0.4], RULES)
    assert table["alert_id"].to_list() == ["a", "b"]
    expected = {
        "score": [0.2 * 0.4 + 0.8 * 0.6, 0.3],
        "median_score": [0.6, 0.3],
        "variance": [0.01, 0.0],
        "submission_count": [2, 1],
        "agreement_ratio": [1.0, 1.0],
        "confidence": [1 - 0.1 / 0.5, 1.0],
    }
    for name, values in expected.items():
        assert table[name].to_list() == pytest.approx(values), name


@pytest.mark.parametrize(
    ("scores", "performances", "expected"),
    [
        ([0.1, 0.2, 0.9], [0.5, 0.5, 0.5], 0.2),  # equal weights: the ordinary median
        ([0.1, 0.2, 0.6, 0.9], [0.5, 0.5, 0.5, 0.5], 0.4),  # halfway between two
        ([0.1, 0.2, 0.9], [0.9, 0.5, 0.5], 0.1),  # .81 of 1.31 lies there
        ([0.1, 0.2, 0.9], [0.3, 0.3, 0.9], 0.9),
        ([0.7], [0.5], 0.7),
    ],
)
def test_weighted_median_by_hand(
    scores: list[float], performances: list[float], expected: float
) -> None:
    table = combine([submission_of({"a": score}) for score in scores], performances, RULES)
    assert table["median_score"].to_list() == pytest.approx([expected])


def test_one_wild_submission_moves_the_mean_and_not_the_median() -> None:
    calm = [submission_of({"a": 0.2}), submission_of({"a": 0.2}), submission_of({"a": 0.2})]
    table = combine([*calm, submission_of({"a": 1.0})], [0.5] * 4, RULES)
    row = table.row(0, named=True)
    assert (row["score"], row["median_score"]) == pytest.approx((0.4, 0.2))
    assert row["agreement_ratio"] == 0.0  # none is within .1 of the mean of .4


@pytest.mark.parametrize(
    ("scores", "agreement", "confidence"),
    [
        ([0.0, 0.0], 1.0, 1.0),  # all 0: alike
        ([0.0, 1.0], 0.0, 0.0),  # deviation as large as the mean
        ([0.0, 0.0, 0.0, 0.0, 1.0], 0.0, 0.0),  # larger than the mean: not below 0
        ([0.5, 0.5, 0.75], 2 / 3, 1 - math.sqrt(1 / 72) / (7 / 12)),
    ],
)
def test_agreement_and_confidence_by_hand(
    scores: list[float], agreement: float, confidence: float
) -> None:
    table = combine([submission_of({"a": score}) for score in scores], [0.5] * len(scores), RULES)
    row = table.row(0, named=True)
    assert row["agreement_ratio"] == pytest.approx(agreement)
    assert row["confidence"] == pytest.approx(confidence)


def test_dropped_submissions_and_unsound_scores_have_no_part() -> None:
    submissions = [
        submission_of({"a": 0.4, "b": math.nan, "c": 7.0}),
        submission_of({"a": 0.9, "z": 0.9}),
    ]
    table = combine(submissions, [0.9, 0.01], RULES)
    assert table.select("alert_id", "score", "submission_count").rows() == [("a", 0.4, 1)]


def test_submissions_without_alerts_make_an_empty_table() -> None:
    table = combine([submission_of({})], [0.5], RULES)
    assert (table.height, table.width) == (0, 7)


@pytest.mark.parametrize(
    ("performances", "message"),
    [
        ([], "expected a performance for each of 2 submissions; found 0"),
        ([0.5], "expected a performance for each of 2 submissions; found 1"),
        ([0.5, -1.0], "must be finite and 0 or more; 1 of 2 are not, first number 2: -1.0"),
        ([math.nan, 0.5], "must be finite and 0 or more; 1 of 2 are not, first number 1: nan"),
        ([0.0, 0.0], "an ensemble needs a performance above 0; found none among 2"),
    ],
)
def test_performances_no_ensemble_can_use_are_refused(
    performances: list[float], message: str
) -> None:
    both = [submission_of({"a": 0.4}), submission_of({"a": 0.6})]
    with pytest.raises(ConfigurationError, match=message):
        combine(both, performances, RULES)


@pytest.mark.parametrize(
    ("name", "ours", "theirs"),
    [("processing_date", date(2025, 8, 2), date(2025, 8, 3)), ("window_days", 7, 30)],
)
def test_submissions_of_different_batches_are_refused(
    name: str, ours: object, theirs: object
) -> None:
    first, second = (
        replace(submission_of({"a": 0.4}), name=called, **{name: value})
        for called, value in (("mine", ours), ("theirs", theirs))
    )
    with pytest.raises(
        ConfigurationError, match=f"'{name}' is {ours} in mine and {theirs} in theirs"
    ):
        combine([first, second], [0.5, 0.5], RULES)
    unknown = replace(second, **{name: None})  # nothing says it: nothing contradicts
    assert combine([first, unknown], [0.5, 0.5], RULES).height == 1


def test_too_many_alike_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="all 101 weights are below"):
        performance_weights([0.5] * 101, RULES)
    assert performance_weights([0.5] * 100, RULES).size == 100


@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from("abcd"), st.floats(0.0, 1.0), max_size=4),
            st.floats(0.3, 1.0),
        ),
        min_size=1,
        max_size=6,
    ),
    st.integers(0, 2**32),
)
@settings(max_examples=60)
def test_order_does_not_matter_and_scores_stay_between_the_submissions(
    drawn: list[tuple[dict[str, float | None], float]], seed: int
) -> None:
    submissions = [submission_of(scores) for scores, _ in drawn]
    performances = [performance for _, performance in drawn]
    table = combine(submissions, performances, RULES)
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(drawn)).tolist()
    again = combine([submissions[k] for k in order], [performances[k] for k in order], RULES)
    assert_frame_equal(again, table, check_exact=True)
    for row in table.iter_rows(named=True):
        given = [scores[row["alert_id"]] for scores, _ in drawn if row["alert_id"] in scores]
        low, high = min(given), max(given)  # type: ignore[type-var]
        for name in ("score", "median_score"):
            assert low - 1e-12 <= row[name] <= high + 1e-12
        assert 0.0 <= row["agreement_ratio"] <= 1.0
        assert 0.0 <= row["confidence"] <= 1.0
