"""Entropy, rank correlation, consistency from day to day and within an address, by hand."""

import math
from datetime import date

import pytest

from aml_miner.errors import ConfigurationError
from aml_miner.validator.profile import load_profile, parse_profile
from tests.validator.cases import RISK, case_of, check_of, submission_of

YESTERDAY = date(2025, 11, 19)
RANKED = {"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4}
SWAPPED = {"a": 0.1, "b": 0.2, "c": 0.4, "d": 0.3}
REVERSED = {"a": 0.4, "b": 0.3, "c": 0.2, "d": 0.1}


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.05 + n / 10 for n in range(10)], 1.0),  # one in each bin
        ([0.05, 0.15], math.log(2) / math.log(10)),
        ([0.05, 0.05, 0.05, 0.15], 0.5623351446188083 / math.log(10)),  # −¾ ln ¾ − ¼ ln ¼
        ([0.5, 0.5, 0.5], 0.0),
        ([0.95, 1.0], 0.0),  # 1 falls into the last bin
        ([0.5, 0.55], 0.0),  # an edge belongs to the bin above
        ([0.25], 0.0),
    ],
)
def test_entropy_by_hand(scores: list[float], expected: float) -> None:
    finding = check_of("score_entropy").find(case_of({str(n): s for n, s in enumerate(scores)}))
    assert finding.value == pytest.approx(expected, abs=1e-12)
    assert finding.coverage == 1.0


def test_no_scores_have_no_entropy() -> None:
    finding = check_of("score_entropy").find(case_of({}))
    assert (finding.value, finding.earned) == (None, 0.0)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], 1.0),  # the median is the miner's own
        ([SWAPPED, SWAPPED], 0.9),  # Spearman .8
        ([REVERSED, REVERSED], 0.0),  # Spearman −1
        ([RANKED], 1.0),
        ([{"z": 0.5}], 1.0),  # of other alerts: no part in the median
    ],
)
def test_rank_correlation_by_hand(others: list[dict[str, float | None]], expected: float) -> None:
    handed_in = [submission_of(other, name=str(n)) for n, other in enumerate(others)]
    finding = check_of("rank_correlation").find(case_of(RANKED, others=handed_in))
    assert finding.value == pytest.approx(expected)


def test_median_counts_each_alert_over_those_who_scored_it() -> None:
    """The medians of a, b, c are .1, .2 and (.3 + .0) / 2 = .15: ranks 1 3 2 for 1 2 3, Spearman .5."""
    mine: dict[str, float | None] = {"a": 0.1, "b": 0.2, "c": 0.3}
    other = submission_of({"c": 0.0})
    finding = check_of("rank_correlation").find(case_of(mine, others=[other]))
    assert finding.value == pytest.approx(0.75)


def test_scores_of_others_that_are_no_probability_have_no_part_in_the_median() -> None:
    other = submission_of({"a": math.nan, "b": -1.0, "c": 7.0, "d": None})
    finding = check_of("rank_correlation").find(case_of(RANKED, others=[other]))
    assert finding.value == 1.0


def test_too_few_common_alerts_earn_nothing() -> None:
    finding = check_of("rank_correlation").find(case_of({"a": 0.5}))
    assert (finding.value, finding.detail) == (0.0, "1 alerts in common, asked at least 2")


def test_constant_scores_have_no_rank_correlation_and_earn_nothing() -> None:
    finding = check_of("rank_correlation").find(case_of({"a": 0.5, "b": 0.5}))
    assert finding.value == 0.0
    assert "no correlation: spearman: needs values that differ" in finding.detail


@pytest.mark.parametrize(
    ("previous", "expected"),
    [
        (None, 0.7),
        ({"a": 0.2, "b": 0.5}, 0.8),  # moved by .1 and .3
        ({"a": 0.1, "b": 0.2, "z": 0.9}, 1.0),
        ({"a": 0.9}, 0.7),  # one in common is too few
        ({"y": 0.1, "z": 0.9}, 0.7),
    ],
)
def test_day_to_day_consistency_by_hand(
    previous: dict[str, float | None] | None, expected: float
) -> None:
    earlier = None if previous is None else submission_of(previous, day=YESTERDAY)
    case = case_of({"a": 0.1, "b": 0.2}, previous=earlier)
    assert check_of("day_to_day_consistency").find(case).value == pytest.approx(expected)


def test_scores_that_turn_round_have_no_consistency() -> None:
    earlier = submission_of({"a": 1.0, "b": 0.0}, day=YESTERDAY)
    case = case_of({"a": 0.0, "b": 1.0}, previous=earlier)
    assert check_of("day_to_day_consistency").find(case).value == 0.0


@pytest.mark.parametrize(
    ("by_address", "expected"),
    [
        ([[0.1], [0.9]], 1.0),  # no address with several alerts
        ([[0.25, 0.375]], 1.0),  # deviation .0625
        ([[0.25, 0.5]], 0.95),  # .125
        ([[0.25, 0.625]], 0.90),  # .1875
        ([[0.25, 0.75]], 0.85),  # .25: not below .25
        ([[0.0, 1.0]], 0.85),
        ([[0.25, 0.375], [0.0, 1.0], [0.5]], 1 - 0.15 / 2),
        ([[0.0, 0.0, 0.75]], 0.85),  # population deviation .3536
        ([[0.0, 0.0, 0.0, 0.25]], 0.95),  # .1083; of a sample it would be .125
    ],
)
def test_address_consistency_by_hand(by_address: list[list[float]], expected: float) -> None:
    scores = {f"{n}-{k}": s for n, own in enumerate(by_address) for k, s in enumerate(own)}
    addresses = {alert: alert.split("-")[0] for alert in scores}
    finding = check_of("address_consistency").find(case_of(scores, addresses))
    assert finding.value == pytest.approx(expected)


def test_no_alerts_are_consistent() -> None:
    assert check_of("address_consistency").find(case_of({})).value == 1.0


def test_steps_that_do_not_rise_are_refused() -> None:
    text = load_profile(RISK).model_dump_json().replace('"below":0.15', '"below":0.05')
    with pytest.raises(ConfigurationError, match=r"steps must rise; found \[0.1, 0.05, 0.25\]"):
        parse_profile(text, "mine.yaml")
