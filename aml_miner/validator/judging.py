"""A case judged by a profile: tiers, gates, sub-scores, warnings, and the reward as days go by."""

import math
from collections.abc import Iterator

from aml_miner.errors import ConfigurationError
from aml_miner.validator.case import Case
from aml_miner.validator.check import Check
from aml_miner.validator.faults import known_fault
from aml_miner.validator.finding import Caution
from aml_miner.validator.profile import Profile, Tier
from aml_miner.validator.report import Judged, Report, Reward, TierReport
from aml_miner.validator.suspicions import suspicions


def judge(case: Case, profile: Profile, *, day: int = 0) -> Report:
    """Judge a case as a validator with these rules would.

    Parameters
    ----------
    case
        The submission with its batch and the evidence.
    profile
        The rules.
    day
        Days from the processing date to today.

    Raises
    ------
    ConfigurationError
        If the day is before the processing date.
    InvalidBatchError
        If the later features are of no date the rules compare with.
    """
    if day < 0:
        message = f"day must be 0 or more, counted from the processing date; found {day}."
        raise ConfigurationError(message)
    tiers = tuple(_judge_tier(case, tier) for tier in profile.tiers)
    rejected = any(_missed(tier) for tier in tiers)
    days = sorted({day, *profile.what_if_days})
    return Report(
        profile=profile.name,
        dated=profile.dated,
        batch_id=case.batch.meta.batch_id,
        submission=case.submission.name,
        alerts=case.alerts.height,
        status="rejected" if rejected else "accepted",
        today=day,
        unused=tuple(sorted(case.evidence.given() - profile.uses)),
        tiers=tiers,
        requirements=tuple(_judged(case, check, 0.0) for check in profile.requirements),
        rewards=tuple(_reward(tiers, profile, on, rejected=rejected) for on in days),
        cautions=tuple(_cautions(case, profile, tiers)),
    )


def _judge_tier(case: Case, tier: Tier) -> TierReport:
    checks = tuple(
        _judged(case, check, share) for check, share in zip(tier.checks, tier.shares(), strict=True)
    )
    return TierReport(tier.name, tier.title, tier.gate, tier.weight, checks)


def _judged(case: Case, check: Check, share: float) -> Judged:
    return Judged(check.check, check.title, share, check.from_day, check.find(case))


def _missed(tier: TierReport) -> bool:
    return tier.gate and any(judged.finding.earned < 1.0 for judged in tier.checks)


def _reward(tiers: tuple[TierReport, ...], profile: Profile, day: int, *, rejected: bool) -> Reward:
    flat = profile.flat_reward
    if flat is not None and day < flat.before_day:
        earned = ceiling = flat.reward
        reason = f"flat before day {flat.before_day}"
    else:
        earned = math.fsum(tier.weight * tier.score(day) for tier in tiers)
        ceiling = math.fsum(tier.weight * tier.ceiling(day) for tier in tiers)
        reason = f"the tiers by their weights{_lacking(tiers, day)}"
    if rejected:
        return Reward(day, 0.0, ceiling, "rejected: a gate was missed")
    return Reward(day, earned, ceiling, reason)


def _lacking(tiers: tuple[TierReport, ...], day: int) -> str:
    """Say which checks earn nothing yet, and which have nothing to be measured by."""
    checks = [one for tier in tiers for one in tier.checks]
    late = [one.title for one in checks if not one.counts(day)]
    unknown = [one.title for one in checks if one.counts(day) and one.finding.coverage is None]
    said = f"; too early for {', '.join(late)}" if late else ""
    return said + (f"; nothing given for {', '.join(unknown)}" if unknown else "")


def _cautions(case: Case, profile: Profile, tiers: tuple[TierReport, ...]) -> Iterator[Caution]:
    for tier, rules in zip(tiers, profile.tiers, strict=True):
        final = tier.score(None)
        if rules.warn_below is not None and final < rules.warn_below:
            yield Caution(
                "low_tier",
                f"{tier.name} ({tier.title.lower()}) is {final:.3f}, below {rules.warn_below:g}",
                "look at its checks, the lowest first",
            )
    yield from suspicions(case, profile.warnings)
    for fault in profile.known_faults:
        caution = known_fault(fault, case)
        if caution is not None:
            yield caution
