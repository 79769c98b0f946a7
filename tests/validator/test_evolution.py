"""3B: patterns, ranges and the score, by hand."""

from decimal import Decimal

import polars as pl
import pytest

from aml_miner.errors import ConfigurationError
from aml_miner.validator.evolution import Evolution
from aml_miner.validator.finding import Finding
from aml_miner.validator.profile import load_profile, parse_profile
from tests.validator.cases import DAY, LATER, RISK, case_of, check_of, features_of


def evolution() -> Evolution:
    check = check_of("evolution")
    assert isinstance(check, Evolution)
    return check


def patterns(
    *rows: tuple[float, float, float | None, float | None, bool | None, float],
) -> pl.DataFrame:
    schema = {
        "degree_growth": pl.Float64,
        "volume_growth": pl.Float64,
        "behavioral_anomaly_score": pl.Float64,
        "velocity_score": pl.Float64,
        "is_mixer_like": pl.Boolean,
        "score": pl.Float64,
    }
    return evolution().patterns(pl.DataFrame(list(rows), schema=schema, orient="row"))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ((201, 301, 0.0, 0.0, True), "expanding_illicit"),
        ((201, 301, 0.71, 0.0, False), "expanding_illicit"),
        ((201, 301, 0.0, 0.81, False), "expanding_illicit"),
        ((201, 301, None, None, True), "expanding_illicit"),
        ((201, 301, 0.7, 0.8, False), "ambiguous"),  # neither is above
        ((200, 301, 0.9, 0.9, True), "ambiguous"),
        ((201, 300, 0.9, 0.9, True), "ambiguous"),
        ((49, 99, 0.29, 0.9, False), "benign_indicators"),
        ((50, 99, 0.29, 0.9, False), "ambiguous"),
        ((49, 100, 0.29, 0.9, False), "ambiguous"),
        ((49, 99, 0.3, 0.9, False), "ambiguous"),
        ((49, 99, 0.29, 0.9, True), "ambiguous"),
        ((19, 29, 0.29, 0.2, False), "benign_indicators"),  # the first that fits
        ((19, 29, 0.3, 0.29, False), "dormant"),
        ((19, 29, 0.0, 0.29, True), "dormant"),
        ((20, 29, 0.3, 0.29, False), "ambiguous"),
        ((19, 30, 0.3, 0.29, False), "ambiguous"),
        ((19, 29, 0.3, 0.3, False), "ambiguous"),
        ((0, 0, None, 0.0, None), "dormant"),  # what is not known meets no condition
        ((0, 0, 0.0, None, None), "ambiguous"),
        ((-80, -80, 0.0, None, False), "benign_indicators"),
    ],
)
def test_patterns_by_hand(
    row: tuple[float, float, float | None, float | None, bool | None], expected: str
) -> None:
    assert patterns((*row, 0.5))["pattern"].to_list() == [expected]


EXPANDING, BENIGN = (201.0, 301.0, 0.0, 0.0, True), (0.0, 0.0, 0.0, 0.0, False)
DORMANT, AMBIGUOUS = (0.0, 0.0, 0.5, 0.0, False), (100.0, 100.0, 0.5, 0.5, False)


@pytest.mark.parametrize(
    ("row", "inside", "outside"),
    [
        (EXPANDING, (0.70, 1.0), (0.69,)),
        (BENIGN, (0.0, 0.30), (0.31,)),
        (DORMANT, (0.15, 0.25), (0.14, 0.26)),
        (AMBIGUOUS, (0.30, 0.70), (0.29, 0.71)),
    ],
)
def test_ranges_include_both_ends(
    row: tuple[float, float, float, float, bool],
    inside: tuple[float, ...],
    outside: tuple[float, ...],
) -> None:
    found = patterns(*((*row, score) for score in (*inside, *outside)))
    assert found["in_range"].to_list() == [True] * len(inside) + [False] * len(outside)


def test_labels_are_the_patterns_or_the_submitters_own() -> None:
    found = patterns(
        (*EXPANDING, 0.1), (*BENIGN, 0.9), (*DORMANT, 0.49), (*DORMANT, 0.5), (*AMBIGUOUS, 0.51)
    )
    assert found["label"].to_list() == [True, False, False, True, True]


def later(**kinds: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return features before and later, of addresses that show the patterns named."""
    grown = {
        "expanding": {"degree_total": 40, "total_volume_usd": Decimal(500), "is_mixer_like": True},
        "benign": {"degree_total": 10, "total_volume_usd": Decimal(100), "is_mixer_like": False},
        "dormant": {"degree_total": 10, "total_volume_usd": Decimal(100), "is_mixer_like": True},
        "ambiguous": {"degree_total": 20, "total_volume_usd": Decimal(200), "is_mixer_like": False},
    }
    still = {"behavioral_anomaly_score": 0.0, "velocity_score": 0.0}
    before = {address: {"degree_total": 10, "total_volume_usd": Decimal(100)} for address in kinds}
    after = {address: grown[kind] | still for address, kind in kinds.items()}
    return features_of(DAY, before), features_of(LATER, after)


def judged(scores: dict[str, float | None], **kinds: str) -> Finding:
    before, after = later(**kinds)
    addresses = {alert: alert for alert in scores}
    return evolution().find(case_of(scores, addresses, features=before, features_later=after))


@pytest.mark.parametrize(
    ("scores", "kinds", "expected"),
    [
        # AUC 1, Brier (.04 + .04 + .04 + .16) / 4, all in range
        (
            {"e": 0.8, "b": 0.2, "d": 0.2, "a": 0.6},
            {"e": "expanding", "b": "benign", "d": "dormant", "a": "ambiguous"},
            0.4 + 0.3 * 0.93 + 0.3,
        ),
        # AUC 1, Brier (.25 + .16) / 2, none in range
        ({"e": 0.5, "b": 0.4}, {"e": "expanding", "b": "benign"}, 0.4 + 0.3 * 0.795),
        # one class: AUC .5
        ({"b": 0.2}, {"b": "benign"}, 0.4 * 0.5 + 0.3 * 0.96 + 0.3),
        # the wrong way round
        ({"e": 0.0, "b": 1.0}, {"e": "expanding", "b": "benign"}, 0.0),
        ({"e": 1.0, "b": 0.0}, {"e": "expanding", "b": "benign"}, 1.0),
    ],
)
def test_score_by_hand(
    scores: dict[str, float | None], kinds: dict[str, str], expected: float
) -> None:
    finding = judged(scores, **kinds)
    assert (finding.value, finding.coverage) == (pytest.approx(expected), 1.0)


def test_coverage_is_the_share_of_alerts_tracked() -> None:
    finding = judged({"e": 1.0, "b": 0.0, "x": 0.5, "y": 0.5}, e="expanding", b="benign")
    assert (finding.value, finding.coverage, finding.earned) == (1.0, 0.5, 0.5)
    assert "2 of 4 alerts tracked (1 expanding illicit, 1 benign indicators" in finding.detail


def test_nothing_tracked_has_no_value() -> None:
    finding = judged({"x": 0.5}, e="expanding")
    assert (finding.value, finding.coverage) == (None, 0.0)
    assert finding.detail == "0 of 1 alerts on addresses whose growth is known"


def test_without_later_features_the_coverage_is_not_known() -> None:
    finding = evolution().find(case_of({"a": 0.5}))
    assert (finding.value, finding.coverage) == (None, None)
    assert finding.remedy == "--features-later BATCH judges by the addresses 30 days later"


def test_another_distance_and_empty_columns_are_said() -> None:
    before, after = later(a="benign")
    sooner = after.with_columns(
        processing_date=pl.lit(DAY).dt.offset_by("21d"), is_mixer_like=pl.lit(None, pl.Boolean)
    )
    case = case_of({"a": 0.5}, {"a": "a"}, features=before, features_later=sooner)
    detail = evolution().find(case).detail
    assert "; compared 21 days later instead of 30" in detail
    assert detail.endswith("not known later, so that what needs it is ambiguous: is_mixer_like")


@pytest.mark.parametrize("score_range", ["[0.9,0.8]", "[-0.1,0.8]", "[0.5,1.5]"])
def test_an_impossible_range_is_refused(score_range: str) -> None:
    text = load_profile(RISK).model_dump_json().replace("[0.15,0.25]", score_range)
    with pytest.raises(ConfigurationError, match="score_range must rise within 0 to 1"):
        parse_profile(text, "mine.yaml")
