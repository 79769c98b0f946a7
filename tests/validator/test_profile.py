"""Profiles are whole, dated, and closed to misspelt names."""

import math
from pathlib import Path

import pytest

from aml_miner import validator
from aml_miner.errors import ConfigurationError
from aml_miner.validator.profile import Profile, load_profile, parse_profile, profile_names
from tests.validator.cases import RISK, TIERS

every_profile = pytest.mark.parametrize("name", profile_names())
TEXT = (Path(validator.__file__).parent / "profiles" / f"{RISK}.yaml").read_text()


def test_both_published_generations_are_there() -> None:
    assert profile_names() == [RISK, TIERS]


@every_profile
def test_a_profile_has_the_name_and_date_of_its_file(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    assert name.endswith(profile.dated)


@every_profile
def test_weights_and_shares_add_up_to_1(name: str) -> None:
    profile = load_profile(name)
    assert math.fsum(tier.weight for tier in profile.tiers) == pytest.approx(1.0)
    for tier in profile.tiers:
        assert math.fsum(tier.shares()) == pytest.approx(1.0)


def test_equal_shares_where_none_is_given() -> None:
    first, second, third = load_profile(TIERS).tiers
    assert (first.shares(), second.shares(), third.shares()) == (
        (1 / 6,) * 6,
        (1.0,),
        (0.4, 0.3, 0.3),
    )


def test_a_profile_knows_what_it_looks_at() -> None:
    seen = {"others", "previous"}  # by what is reported under every profile
    assert load_profile(RISK).uses == seen | {"labels", "features_later"}
    assert load_profile(TIERS).uses == seen | {"labels", "outcomes", "traps", "baseline"}


def test_an_unknown_name_is_told_with_those_there_are() -> None:
    with pytest.raises(
        ConfigurationError, match=f"there are {RISK}, {TIERS}; did you mean '{RISK}'"
    ):
        load_profile("risk-assessment-2025-12")
    with pytest.raises(ConfigurationError, match=rf"'x': there is none .* {TIERS}\.$"):
        load_profile("x")


def test_a_profile_of_ones_own_is_read_from_a_file(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(TEXT.replace("reward: 0.1\n", "reward: 0.2\n"))
    profile: Profile = load_profile(str(own))
    assert profile.flat_reward is not None
    assert profile.flat_reward.reward == 0.2


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"none\.yaml: the validator profile cannot be read"
    ):
        load_profile(str(tmp_path / "none.yaml"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("bins: 10", "bin: 10", r"'tiers\.1\.checks\.0\.score_entropy\.bin'; did you mean 'tiers\.checks\.bins'\?$"),
        ("        bins: 10\n", "", r"tiers\.1\.checks\.0\.score_entropy\.bins: Field required \(1 problem"),
        ("check: score_entropy", "check: entropie", "does not match any of the expected tags"),
        ("weight: 0.9", "weight: 0.8", "weights of the tiers must add up to 1; found 0.9"),
        ("share: 0.5\n        risky", "share: 0.4\n        risky", "tier 3: shares must add up to 1; found 0.9"),
        ("check: no_repeated_alert", "check: scores_in_range", "a check may stand once; found scores_in_range"),
        ('dated: "2025-11"', 'dated: "November"', "dated: String should match pattern"),
        ("variance_below: 0.001", "variance_below: .nan", "variance_below: Input should be a finite"),
        ("[constant_scores_are_nan,", "[rounding,", "known_faults.0: Input should be"),
        ("name: risk", "name: [risk", "not valid YAML"),
    ],
)  # fmt: skip
def test_a_faulty_profile_is_refused_with_its_place(old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(ConfigurationError, match=message) as refused:
        parse_profile(TEXT.replace(old, new, 1), "own.yaml")
    assert str(refused.value).startswith("own.yaml: ")


def test_no_document_is_no_profile() -> None:
    with pytest.raises(ConfigurationError, match=r"own\.yaml: the document: "):
        parse_profile("", "own.yaml")
