"""Rewards by hand, day by day, and the laws of a judging."""

import math
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aml_miner.errors import ConfigurationError
from aml_miner.validator.case import Case
from aml_miner.validator.judging import judge
from aml_miner.validator.profile import load_profile, profile_names
from aml_miner.validator.report import Report
from aml_miner.validator.submission import make_submission
from tests.validator.cases import (
    DAY,
    LATER,
    RISK,
    TIERS,
    case_of,
    features_of,
    labels_of,
    submission_of,
    verdicts_of,
)

RISKY, SAFE = load_profile(RISK), load_profile(TIERS)
ENTROPY_OF_TWO = math.log(2) / math.log(10)
STILL = {"degree_total": 10, "total_volume_usd": 100, "behavioral_anomaly_score": 0.0}
BEFORE = STILL | {"is_mixer_like": False, "velocity_score": 0.0}
EXPANDED = BEFORE | {"degree_total": 40, "total_volume_usd": 500, "is_mixer_like": True}


def world(scores: dict[str, float | None], illicit: set[str], **more: Any) -> Case:  # noqa: ANN401 -- evidence
    """Put scores beside labels and later features that agree on who is illicit."""
    addresses = {alert: alert for alert in scores}
    labels = labels_of([(one, "high" if one in illicit else "low") for one in scores])
    later = {one: EXPANDED if one in illicit else BEFORE for one in scores}
    known: dict[str, Any] = {
        "labels": labels,
        "features_later": features_of(LATER, later),
        "outcomes": verdicts_of("address", dict.fromkeys(illicit, True)),
    }
    before = features_of(DAY, dict.fromkeys(scores, BEFORE))
    return case_of(scores, addresses, features=before, **known | more)


def rewards(report: Report) -> dict[int, float]:
    return {one.day: one.reward for one in report.rewards}


def test_reward_by_hand_on_every_day_that_matters() -> None:
    """Tier 2: entropy of two bins, 1, .7, 1. 3A: AUC 1. 3B: AUC 1, Brier .01, both in range: .997."""
    report = judge(world({"a": 0.9, "b": 0.1}, {"a"}), RISKY)
    tier2 = (ENTROPY_OF_TWO + 1 + 0.7 + 1) / 4
    assert [tier.score() for tier in report.tiers] == pytest.approx([1.0, tier2, (1 + 0.997) / 2])
    assert rewards(report) == pytest.approx(
        {0: 0.1, 29: 0.1 * tier2 + 0.9 * 0.5, 30: 0.1 * tier2 + 0.9 * 0.9985}
    )
    assert (report.status, report.reward, report.alerts) == ("accepted", 0.1, 2)


@pytest.mark.parametrize(
    ("day", "days", "reason"),
    [
        (0, [0, 29, 30], "flat before day 29"),
        (28, [28, 29, 30], "flat before day 29"),
        (29, [29, 30], "the tiers by their weights; too early for evolution (3B)"),
        (30, [29, 30], "the tiers by their weights"),
        (90, [29, 30, 90], "the tiers by their weights"),
    ],
)
def test_today_stands_beside_the_days_that_are_foretold(
    day: int, days: list[int], reason: str
) -> None:
    report = judge(world({"a": 0.9, "b": 0.1}, {"a"}), RISKY, day=day)
    assert [one.day for one in report.rewards] == days
    (today,) = (one for one in report.rewards if one.day == day)
    assert (today.reason, today.reward) == (reason, report.reward)


def test_coverage_halves_what_a_side_pays() -> None:
    """Four alerts, labels of two: 3A pays half, and its ceiling is half."""
    scores: dict[str, float | None] = {"a": 0.9, "b": 0.1, "c": 0.8, "d": 0.2}
    labels = labels_of([("a", "high"), ("b", "low")])
    report = judge(world(scores, {"a", "c"}, labels=labels, features_later=None), RISKY)
    (third,) = (tier for tier in report.tiers if tier.name == "tier 3")
    assert (third.score(), third.ceiling()) == (0.25, 0.25 + 0.5)  # 3B is not known: in full
    last = report.rewards[-1]
    assert last.reason == "the tiers by their weights; nothing given for evolution (3B)"
    assert last.ceiling == pytest.approx(0.1 + 0.9 * 0.75)


def test_three_tiers_by_hand() -> None:
    """T1 full; traps 1; AUC 1, Brier (.01 + .01) / 2, NDCG 1."""
    traps = verdicts_of("address", {"a": True, "b": False})
    case = world({"a": 0.9, "b": 0.1}, {"a"}, traps=traps)
    report = judge(case, SAFE)
    third = 0.4 + 0.3 * 0.99 + 0.3
    assert [tier.score() for tier in report.tiers] == pytest.approx([1.0, 1.0, third])
    assert rewards(report) == pytest.approx(
        {0: 0.5, 21: 0.5 + 0.5 * third, 29: 0.5 + 0.5 * third, 30: 0.5 + 0.5 * third}
    )
    assert report.assumptions == ("scores_hash", "signature")
    assert report.unused == ("features_later",)
    assert [one.check for one in report.requirements] == ["known_risk_first", "baseline_agreement"]


def test_three_tiers_pay_a_sixth_less_for_a_missed_check_and_reject_nothing() -> None:
    report = judge(case_of({"a": 0.9, "b": None}), SAFE)
    first = report.tiers[0]
    assert report.status == "accepted"
    assert first.score() == pytest.approx(
        4 / 6
    )  # out of range; and of the one score left no spread


def test_what_is_given_and_not_looked_at_is_named() -> None:
    assert judge(world({"a": 0.9, "b": 0.1}, {"a"}), RISKY).unused == ("outcomes",)


def test_a_low_second_tier_only_warns() -> None:
    """Constant scores: entropy 0, no rank correlation, moved by .9, alike: (0 + 0 + .1 + 1) / 4."""
    scores: dict[str, float | None] = dict.fromkeys("ab", 0.0)
    earlier = submission_of(dict.fromkeys("ab", 0.9), day=date(2025, 11, 19))
    report = judge(world(scores, {"a"}, previous=earlier), RISKY)
    assert report.tiers[1].score() == pytest.approx(0.275)
    names = [caution.name for caution in report.cautions]
    assert "low_tier" in names
    assert "constant_scores_are_nan" in names
    assert (report.status, report.reward) == ("accepted", 0.1)


def test_known_faults_are_told_under_the_profile_that_has_them() -> None:
    case = world({"a": 0.9, "b": 0.1}, {"a"})
    assert [c.name for c in judge(case, RISKY).cautions if c.name == "evolution_cannot_run"]
    assert not [c.name for c in judge(case, SAFE).cautions if c.name == "evolution_cannot_run"]


def test_a_day_before_the_processing_date_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"day must be 0 or more.*; found -1"):
        judge(case_of({"a": 0.5}), RISKY, day=-1)


@pytest.mark.parametrize("name", profile_names())
def test_no_alerts_are_judged_without_fault(name: str) -> None:
    report = judge(case_of({}), load_profile(name))
    assert report.status == "accepted"
    assert all(0.0 <= one.reward <= one.ceiling <= 1.0 for one in report.rewards)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[dict[str, float | None], set[str], set[str]]:
    """Draw scores of up to 12 alerts, who is illicit (never all or none), and who is labelled and tracked."""
    n = draw(st.integers(2, 12))
    alerts = [f"a{k:02d}" for k in range(n)]
    values = st.floats(0.0, 1.0, allow_subnormal=False)
    scores = dict(zip(alerts, draw(st.lists(values, min_size=n, max_size=n)), strict=True))
    illicit = set(alerts[: draw(st.integers(1, n - 1))])
    known = {alerts[0], alerts[-1]} | set(draw(st.sets(st.sampled_from(alerts))))
    return {**scores}, illicit, known


def known_world(
    scores: dict[str, float | None],
    illicit: set[str],
    known: set[str],
    **more: Any,  # noqa: ANN401 -- evidence
) -> Case:
    later = {one: EXPANDED if one in illicit else BEFORE for one in known}
    evidence: dict[str, Any] = {
        "labels": labels_of([(one, "high" if one in illicit else "low") for one in sorted(known)]),
        "features_later": features_of(LATER, later),
    }
    return world(scores, illicit, **evidence | more)


@given(worlds())
@settings(max_examples=40)
def test_a_perfect_submission_reaches_the_ceiling_the_coverage_allows(
    drawn: tuple[dict[str, float | None], set[str], set[str]],
) -> None:
    scores, illicit, known = drawn
    perfect: dict[str, float | None] = {one: float(one in illicit) for one in scores}
    report = judge(known_world(perfect, illicit, known), RISKY)
    third = report.tiers[2]
    assert third.score() == pytest.approx(third.ceiling())
    assert third.ceiling() == pytest.approx(len(known) / len(scores))
    outcome = judge(known_world(perfect, illicit, known), SAFE).tiers[2]
    assert outcome.score() == pytest.approx(1.0)


@given(worlds())
@settings(max_examples=40)
def test_rewards_are_from_0_to_their_ceiling(
    drawn: tuple[dict[str, float | None], set[str], set[str]],
) -> None:
    for profile in (RISKY, SAFE):
        report = judge(known_world(*drawn), profile)
        assert all(0.0 <= one.reward <= one.ceiling + 1e-12 <= 1.0 + 1e-9 for one in report.rewards)
        assert all(0.0 <= one.finding.earned <= 1.0 for tier in report.tiers for one in tier.checks)


@given(worlds(), st.integers(0, 2**32))
@settings(max_examples=30)
def test_order_of_rows_does_not_matter_to_the_last_bit(
    drawn: tuple[dict[str, float | None], set[str], set[str]], seed: int
) -> None:
    case = known_world(*drawn)
    rng = np.random.Generator(np.random.PCG64(seed))

    def shuffled(table: pl.DataFrame) -> pl.DataFrame:
        return table[rng.permutation(table.height).tolist()]

    rows = make_submission(shuffled(case.submission.rows), name="mine", packaged=True)
    other = known_world(
        *drawn,
        submission=rows,
        labels=shuffled(case.evidence.labels),  # type: ignore[arg-type]
        features_later=shuffled(case.evidence.features_later),  # type: ignore[arg-type]
    )
    for profile in (RISKY, SAFE):
        assert judge(other, profile).to_dict() == judge(case, profile).to_dict()


@given(worlds(), st.floats(0.0, 1.0))
@settings(max_examples=20)
def test_constant_scores_earn_no_spread_no_ranking_and_an_auc_of_one_half(
    drawn: tuple[dict[str, float | None], set[str], set[str]], value: float
) -> None:
    scores, illicit, known = drawn
    constant: dict[str, float | None] = dict.fromkeys(scores, value)
    report = judge(known_world(constant, illicit, known), RISKY)
    found = {one.check: one.finding for tier in report.tiers for one in tier.checks}
    assert (found["score_entropy"].value, found["rank_correlation"].value) == (0.0, 0.0)
    assert found["address_labels"].value == 0.5
    assert "constant_scores_are_nan" in [caution.name for caution in report.cautions]
    assert not math.isnan(report.rewards[-1].reward)


def _missing(rows: pl.DataFrame) -> pl.DataFrame:
    return rows[1:]


def _extra(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.vstack(rows[:1].with_columns(alert_id=pl.lit("extra")))


def _renamed(rows: pl.DataFrame) -> pl.DataFrame:
    return _extra(_missing(rows))


def _repeated(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.vstack(rows[:1])


def _nan(rows: pl.DataFrame) -> pl.DataFrame:
    return rows[1:].vstack(rows[:1].with_columns(score=pl.lit(math.nan)))


def _unsigned(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(model_version=pl.lit(""))


@pytest.mark.parametrize(
    ("spoil", "missed"),
    [
        (_missing, {"every_alert_scored"}),
        (_extra, {"every_alert_scored"}),
        (_renamed, {"every_alert_scored"}),
        (_repeated, {"no_repeated_alert"}),
        (_nan, {"scores_in_range"}),
        (_unsigned, {"provenance"}),
    ],
)
@given(worlds())
@settings(max_examples=10)
def test_a_spoilt_submission_is_rejected_and_earns_nothing_on_any_day(
    spoil: Any,  # noqa: ANN401 -- one of the functions above
    missed: set[str],
    drawn: tuple[dict[str, float | None], set[str], set[str]],
) -> None:
    case = known_world(*drawn)
    rows = make_submission(spoil(case.submission.rows), name="mine", packaged=True)
    report = judge(known_world(*drawn, submission=rows), RISKY, day=30)
    failed = {one.check for one in report.tiers[0].checks if one.finding.value == 0.0}
    assert (report.status, failed) == ("rejected", missed)
    assert {one.reward for one in report.rewards} == {0.0}
    assert {one.reason for one in report.rewards} == {"rejected: a gate was missed"}


@given(st.lists(st.floats(0.0, 1.0, width=32), min_size=2, max_size=12, unique=True))
@settings(max_examples=20)
def test_a_copy_of_the_confidence_is_reported(confidences: list[float]) -> None:
    scores: dict[str, float | None] = {f"a{k:02d}": float(c) for k, c in enumerate(confidences)}
    case = case_of(scores, confidences=scores)  # type: ignore[arg-type]
    names = [caution.name for caution in judge(case, RISKY).cautions]
    assert "copied_severity" in names


def test_results_not_yet_packaged_are_judged_with_what_is_assumed() -> None:
    case = world({"a": 0.9, "b": 0.1}, {"a"})
    rows = case.submission.rows.drop("model_github_url")
    report = judge(replace(case, submission=make_submission(rows, name="r")), RISKY)
    assert (report.status, report.assumptions) == ("accepted", ("provenance",))
    assert report.tiers[0].score() == 1.0
