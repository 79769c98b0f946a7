from pathlib import Path

import pytest

import aml_miner.monitoring
from aml_miner.errors import ConfigurationError
from aml_miner.monitoring.profile import parse_profile

DEFAULT = Path(aml_miner.monitoring.__file__).parent / "profiles" / "default.yaml"


@pytest.mark.parametrize(
    ("found", "planted", "message"),
    [
        ("dormant_days: 90", "dormant_days: 0", r"flag\.dormant_days: .*greater than or equal"),
        ("whale_usd: 1000000", "whale_usd: 0.5", r"flag\.whale_usd: .*valid integer"),
        ("contract_min_share: 0.9", "contract_min_share: 90", r"flag\.contract_min_share: "),
        ("trees: 100", "trees: 0", r"anomaly\.trees: "),
        ("sample: 256", "sample: 1", r"anomaly\.sample: "),
        (
            "half_transfers: 10",
            "half_transfer: 10",
            r"quality\.half_transfer'; did you mean 'address_features\.quality\.half_transfers'\?",
        ),
    ],
)
def test_an_impossible_parameter_is_refused_by_its_name(
    found: str, planted: str, message: str
) -> None:
    text = DEFAULT.read_text()
    assert found in text
    with pytest.raises(ConfigurationError, match=r"mine: .*address_features\." + message):
        parse_profile(text.replace(found, planted), "mine")
