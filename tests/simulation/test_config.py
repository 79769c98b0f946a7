import re
from dataclasses import fields
from datetime import date
from typing import Any

import pytest

from aml_miner.errors import ConfigurationError
from aml_miner.simulation import SimulationConfig
from aml_miner.simulation.config import _LIMITS


def test_the_defaults_are_the_demo() -> None:
    config = SimulationConfig()
    assert (config.accounts, config.days, config.seed) == (2_000, 60, 42)
    assert config.first_day == date(2025, 1, 1)
    assert config.network == "simulated"


def test_every_number_has_a_range() -> None:
    numbers = {field.name for field in fields(SimulationConfig)} - {"first_day", "network"}
    assert set(_LIMITS) == numbers


@pytest.mark.parametrize(
    ("knob", "text"),
    [
        (
            {"accounts": 199},
            "SimulationConfig: 'accounts' must lie in 200 to 1,000,000, found 199.",
        ),
        ({"days": 6}, "SimulationConfig: 'days' must lie in 7 to 3,650, found 6."),
        (
            {"illicit_share": 0.2},
            "SimulationConfig: 'illicit_share' must lie in 0 to 0.15, found 0.2.",
        ),
        (
            {"newcomer_share": float("nan")},
            "SimulationConfig: 'newcomer_share' must lie in 0 to 0.3, found nan.",
        ),
    ],
)
def test_a_knob_outside_its_range_is_refused(knob: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{re.escape(text)}$"):
        SimulationConfig(**knob)
