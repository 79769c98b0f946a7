import re

import pytest

from aml_miner.errors import ConfigurationError
from aml_miner.simulation import SimulationConfig, sizing
from aml_miner.simulation.sizing import accounts_for_alerts, count_alerts, extrapolate


@pytest.mark.parametrize(
    ("counted", "alerts", "accounts"),
    [
        ([(1_000, 100), (4_000, 400)], 200, 2_000),
        ([(1_000, 100), (4_000, 400)], 4_000, 40_000),
        ([(1_000, 100), (4_000, 800)], 3_200, 10_079),  # steepness 1.5: four times by 2.52 times
        ([(1_000, 100), (4_000, 100)], 200, 11_314),  # never flatter than 2/3: 2 ** 1.5
    ],
)
def test_counts_are_taken_for_a_power_law(
    counted: list[tuple[int, int]], alerts: int, accounts: int
) -> None:
    assert extrapolate(counted, alerts) == accounts


def test_pilots_are_monitored_until_one_has_alerts_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizing, "count_alerts", lambda config: config.accounts // 10)
    told: list[str] = []
    config = SimulationConfig(accounts=300, days=7)
    assert accounts_for_alerts(config, 350, told.append) == 3_500
    assert len(told) == 2
    assert accounts_for_alerts(config, 5_000, told.append) == 50_000
    assert told[2:] == [
        f"monitoring a pilot economy of {n} accounts" for n in ("1,000", "4,000", "16,000")
    ]
    assert accounts_for_alerts(config, 1, told.append) == 200  # no economy is smaller


def test_more_alerts_than_the_largest_economy_gives_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sizing, "count_alerts", lambda config: config.accounts // 100)
    expected = (
        "economy: 100,000 alerts would take about 10,000,000 accounts, and there may be 2,000,000; "
        "ask for fewer alerts or more days."
    )
    with pytest.raises(ConfigurationError, match=f"^{re.escape(expected)}$"):
        accounts_for_alerts(SimulationConfig(), 100_000, print)


def test_a_pilot_without_alerts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizing, "count_alerts", lambda config: 0)  # noqa: ARG005
    with pytest.raises(ConfigurationError, match=r"a pilot of 16,000 accounts gives 0 alerts"):
        accounts_for_alerts(SimulationConfig(), 10, print)


def test_a_real_economy_has_about_as_many_alerts_as_wanted() -> None:
    config = SimulationConfig(days=14)
    accounts = accounts_for_alerts(config, 600, print, pilots=(500, 1_000))
    found = count_alerts(config.model_copy(update={"accounts": accounts}))
    assert 300 < found < 1_200
