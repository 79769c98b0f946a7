import pytest

from aml_miner.monitoring.profile import MonitoringProfile, load_profile


@pytest.fixture
def profile() -> MonitoringProfile:
    return load_profile()
