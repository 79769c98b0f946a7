"""Alerts put on addresses by hand."""

import numpy as np

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.alerts import Alert
from aml_miner.monitoring.typologies.finding import Finding


def alerts_at(activity: Activity, *addresses: str, typology: str = "ANY") -> list[Alert]:
    """One alert on each address, in this order, resting on all its transfers."""
    return [alert_at(activity, address, place, typology) for place, address in enumerate(addresses)]


def alert_at(activity: Activity, address: str, place: int, typology: str = "ANY") -> Alert:
    number = activity.addresses.to_list().index(address)
    finding = Finding(
        typology=typology,
        address=number,
        confidence=0.7,
        transfers=np.sort(activity.events_of(number)),
        description="by hand",
        indicators=(),
        facts={},
    )
    return Alert(f"alert-{place}", "", finding)
