"""What is reported under every profile: each warning where its bound is passed, and not before."""

from datetime import date

import pytest

from aml_miner.validator.case import Case
from aml_miner.validator.profile import load_profile, profile_names
from aml_miner.validator.suspicions import suspicions
from tests.validator.cases import RISK, case_of, submission_of

BOUNDS = load_profile(RISK).warnings
YESTERDAY = date(2025, 11, 19)
CALM = {str(n): n / 10 for n in range(10)}
"""Ten scores spread from 0 to .9, median .45."""


def names(case: Case) -> list[str]:
    return [caution.name for caution in suspicions(case, BOUNDS)]


def confident(ranks: list[int]) -> Case:
    return case_of(CALM, confidences={str(n): rank / 10 for n, rank in enumerate(ranks)})


def test_every_profile_reports_within_the_same_bounds() -> None:
    assert [load_profile(name).warnings for name in profile_names()] == [BOUNDS, BOUNDS]
    assert BOUNDS.model_dump() == {
        "confidence_spearman": (0.5, 0.85),
        "copied_pearson_above": 0.95,
        "copied_least_common": 10,
        "variance_below": 0.001,
        "median_range": (0.1, 0.9),
        "latency_ms_above": 100,
        "day_to_day_below": 0.85,
    }


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], ["copied_severity"]),
        ([2, 0, 1, 5, 3, 4, 8, 6, 7, 9], ["copied_severity"]),  # 1 − 6 · 18 / 990 = .891
        ([3, 0, 1, 2, 7, 4, 5, 6, 8, 9], ["copied_severity"]),  # 1 − 6 · 24 / 990 = .855
        ([4, 0, 1, 2, 3, 9, 5, 6, 7, 8], []),  # 1 − 6 · 40 / 990 = .758
        ([8, 0, 1, 2, 3, 4, 5, 6, 7, 9], []),  # 1 − 6 · 72 / 990 = .564
        ([9, 0, 1, 2, 3, 4, 5, 6, 7, 8], ["unrelated_to_confidence"]),  # 1 − 6 · 90 / 990 = .455
        ([9, 8, 7, 6, 5, 4, 3, 2, 1, 0], ["unrelated_to_confidence"]),
    ],
)
def test_correlation_with_confidence(ranks: list[int], expected: list[str]) -> None:
    assert names(confident(ranks)) == expected


def test_a_constant_confidence_is_no_suspicion() -> None:
    assert names(case_of(CALM)) == []


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (CALM, ["copied_model"]),
        ({key: score / 2 + 0.1 for key, score in CALM.items()}, ["copied_model"]),  # Pearson 1
        ({key: CALM[key] for key in list(CALM)[:9]}, []),  # nine in common are too few
        ({key: 0.9 - score for key, score in CALM.items()}, []),
        (dict.fromkeys(CALM, 0.5), []),
    ],
)
def test_a_copied_model(other: dict[str, float | None], expected: list[str]) -> None:
    assert names(case_of(CALM, others=[submission_of(other, name="theirs")])) == expected


def test_a_copied_model_is_named_with_what_to_do() -> None:
    (caution,) = suspicions(case_of(CALM, others=[submission_of(CALM, name="theirs")]), BOUNDS)
    assert caution.sentence.startswith("Pearson with theirs is 1.000 on 10 common alerts")
    assert caution.remedy.startswith("train on your own data")


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.5, 0.5], ["low_variance"]),
        ([0.47, 0.53], ["low_variance"]),  # .0009
        ([0.46, 0.54], []),  # .0016
        ([0.0, 0.0, 1.0], ["extreme_median"]),
        ([0.0, 1.0, 1.0], ["extreme_median"]),
        ([0.0, 0.1, 0.9], []),  # a bound is within
        ([0.95, 0.95], ["low_variance", "extreme_median"]),
        ([], []),
    ],
)
def test_variance_and_median(scores: list[float], expected: list[str]) -> None:
    assert names(case_of({str(n): score for n, score in enumerate(scores)})) == expected


@pytest.mark.parametrize(("latency", "expected"), [(100.0, []), (100.5, ["slow"]), (None, [])])
def test_mean_latency(latency: float | None, expected: list[str]) -> None:
    assert names(case_of(CALM, submission=submission_of(CALM, latency_ms=latency))) == expected


@pytest.mark.parametrize(
    ("previous", "expected"),
    [
        (CALM, []),
        ({key: score**2 for key, score in CALM.items()}, []),  # Pearson .963
        ({key: 0.9 - score for key, score in CALM.items()}, ["unsteady"]),
        ({"z": 0.5}, []),  # none in common
    ],
)
def test_correlation_from_day_to_day(
    previous: dict[str, float | None], expected: list[str]
) -> None:
    assert names(case_of(CALM, previous=submission_of(previous, day=YESTERDAY))) == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [("d0c0ffee0000", ["unchanged_pretrained_model"]), ("other", []), (None, [])],
)
def test_an_unchanged_pretrained_model(version: str | None, expected: list[str]) -> None:
    submission = submission_of(CALM, model_version=version)
    case = case_of(CALM, submission=submission, released=frozenset({"d0c0ffee0000"}))
    assert names(case) == expected


def test_every_warning_says_what_to_do() -> None:
    constant = dict.fromkeys(CALM, 0.95)
    cases = [
        confident([*range(10)]),
        confident([*range(9, -1, -1)]),
        case_of(
            CALM,
            others=[submission_of(CALM)],
            previous=submission_of({k: 0.9 - s for k, s in CALM.items()}, day=YESTERDAY),
        ),
        case_of(
            constant,
            submission=submission_of(constant, latency_ms=500.0),
            released=frozenset({"d0c0ffee0000"}),
        ),
    ]
    found = [caution for case in cases for caution in suspicions(case, BOUNDS)]
    assert {caution.name for caution in found} == {
        "copied_severity",
        "unrelated_to_confidence",
        "copied_model",
        "unsteady",
        "low_variance",
        "extreme_median",
        "slow",
        "unchanged_pretrained_model",
    }
    assert all(len(caution.remedy) > 20 for caution in found)
