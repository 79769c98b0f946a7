import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from aml_miner.errors import ConfigurationError
from aml_miner.monitoring.transfers import make_ledger
from aml_miner.simulation import SimulationConfig, load_simulation_config, simulate_economy


def test_the_defaults_are_those_of_the_file() -> None:
    config = SimulationConfig()
    assert config == load_simulation_config()
    assert (config.accounts, config.days, config.seed) == (2_000, 60, 42)
    assert config.first_day == date(2025, 1, 1)
    assert config.base_rate == 0.015
    assert config.truth.delay_days == (7, 30)


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        SimulationConfig().accounts = 300  # type: ignore[misc]


def test_knobs_by_name_go_before_the_file_and_the_file_before_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("accounts: 700\ndays: 90\npopulation: {shops: 0.05}\ntypologies: {cycle: 3}\n")
    config = load_simulation_config(file, days=30)
    assert (config.accounts, config.days) == (700, 30)
    assert config.population["shops"] == 0.05
    assert config.population["brands"] == 0.012
    assert config.typologies == {"cycle": 3.0}


@pytest.mark.parametrize(
    ("knob", "text"),
    [
        (
            {"accounts": 199},
            "economy: 'accounts': Input should be greater than or equal to 200; found 199.",
        ),
        (
            {"base_rate": 0.5},
            "economy: 'base_rate': Input should be less than or equal to 0.4; found 0.5.",
        ),
        (
            {"base_rate": float("nan")},
            "economy: 'base_rate': Input should be a finite number; found nan.",
        ),
        (
            {"habits": {"donor_share": -1}},
            "economy: 'habits.donor_share': Input should be greater than or equal to 0; found -1.",
        ),
        (
            {"network": ""},
            "economy: 'network': String should have at least 1 character; found ''.",
        ),
        *(
            (
                {"first_day": day, "days": 60},
                "economy: first_day: the days may lie between 1973-03-04 and 2099-12-31, "
                f"found 60 from {day} on.",
            )
            for day in ("1973-03-03", "2099-11-03", "2150-01-01", "9999-12-01")
        ),
        (
            {"acounts": 300},
            "economy: there is no knob 'acounts'; did you mean 'accounts'?",
        ),
        (
            {"habits": {"zzz": 1}},
            "economy: there is no knob 'habits.zzz'; see economy.yaml for those there are.",
        ),
        (
            {"assets": [{"symbl": "A", "usage": 1, "price_usd": 1, "daily_volatility": 0}]},
            "economy: there is no knob 'assets.0.symbl'; did you mean 'assets.symbol'?",
        ),
        (
            {"population": {"households": 0.9}},
            "economy: population: shares may add up to 0.9, found 1.096.",
        ),
        (
            {"typologies": {"cylce": 1}},
            "economy: there is no knob 'typologies.cylce'; did you mean 'typologies.cycle'?",
        ),
        (
            {"typologies": {"xyz": 1}},
            "economy: there is no knob 'typologies.xyz'; there are structuring, fan_in, fan_out,",
        ),
        (
            {"population": {"shop": 0.1}},
            "economy: there is no knob 'population.shop'; did you mean 'population.shops'?",
        ),
        (
            {"assets": [{"symbol": "A", "usage": 0, "price_usd": 1, "daily_volatility": 0}]},
            "economy: assets: at least one must be used.",
        ),
        (
            {"truth": {"delay_days": [30, 7]}},
            "economy: delay_days: the earliest, 30, is after the latest, 7.",
        ),
    ],
)
def test_a_knob_that_cannot_be_is_refused(knob: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{re.escape(text)}"):
        load_simulation_config(**knob)


@pytest.mark.parametrize("day", ["1973-03-04", "2099-12-25"])
def test_monitoring_takes_the_first_and_the_last_economy_there_can_be(day: str) -> None:
    knobs = load_simulation_config(accounts=200, days=7, first_day=day)
    ledger = make_ledger(simulate_economy(knobs).transfers)
    assert knobs.first_day <= ledger.first_day <= ledger.last_day
    assert ledger.last_day < knobs.first_day + timedelta(days=7)


def test_a_kind_of_account_that_is_left_out_is_named() -> None:
    with pytest.raises(ValidationError, match="there must be a share of 'airdroppers'"):
        SimulationConfig(population={"households": 0.5})


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("- 1", "expected names and values; found list"),
        ("a: [", "not YAML"),
        ("acounts: 300", r"there is no knob 'acounts'; did you mean 'accounts'\?$"),
        ("typologies: {cylce: 1}", r"no knob 'typologies.cylce'; .* 'typologies.cycle'\?$"),
        ("days: soon", "'days': Input should be a valid integer"),
    ],
)
def test_a_file_that_is_none_is_refused_by_its_name(
    tmp_path: Path, content: str, text: str
) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(content)
    with pytest.raises(ConfigurationError, match=rf"^{re.escape(str(file))}: .*{text}"):
        load_simulation_config(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="the economy cannot be read"):
        load_simulation_config(tmp_path / "none.yaml")
