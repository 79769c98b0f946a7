import polars as pl
import pytest

from aml_miner.batch.schemas import ADDRESS_LABELS
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import build_columns
from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.transfers import make_transfers
from aml_miner.monitoring.typologies.finding import Finding
from aml_miner.monitoring.typologies.fresh_to_exchange import detect_fresh_to_exchange
from tests.monitoring.graphs import START, Line, draw

PARAMETERS = load_profile().fresh_to_exchange
EARLIER: Line = ("old", "desk", 700.0, -48.0)
CASHED_OUT: list[Line] = [("w", "new", 900.0, 1.0), ("new", "desk", 600.0, 2.0)]
LABELS = pl.concat(
    [
        ADDRESS_LABELS.empty(),
        pl.DataFrame({"address": ["desk", "desk"], "address_type": ["Exchange", "exchange"]}),
    ],
    how="diagonal",
)


def found(*lines: Line, labels: pl.DataFrame | None = LABELS) -> tuple[Activity, list[Finding]]:
    activity = Activity.of(make_transfers(draw(*lines), START.date(), 1))
    rows = build_columns(activity)
    return activity, list(detect_fresh_to_exchange(activity, rows, labels, PARAMETERS))


def test_a_new_address_that_pays_an_exchange_is_found_with_that_payment() -> None:
    activity, (finding,) = found(EARLIER, *CASHED_OUT)
    assert activity.addresses[finding.address] == "new"
    assert finding.confidence == 0.9
    assert finding.transfers.tolist() == [1]
    assert finding.facts == {
        "transfers_to_exchanges": 1,
        "exchanges": 1,
        "share_to_exchanges": 1.0,
    }


@pytest.mark.parametrize(
    ("lines", "labels", "why"),
    [
        (CASHED_OUT, LABELS, "without earlier transfers nobody is known to be new"),
        ([EARLIER, ("x", "new", 1.0, -30.0), *CASHED_OUT], LABELS, "it was seen two days before"),
        ([EARLIER, CASHED_OUT[0], ("new", "desk", 499.0, 2.0)], LABELS, "less than 500 USD"),
        ([EARLIER, *CASHED_OUT, ("new", "shop", 601.0, 3.0)], LABELS, "most of it went elsewhere"),
        ([EARLIER, *CASHED_OUT], None, "without labels no exchange is known"),
        ([EARLIER, *CASHED_OUT], LABELS.clear(), "nobody is labelled an exchange"),
    ],
)
def test_none_when_one_thing_is_changed(
    lines: list[Line], labels: pl.DataFrame | None, why: str
) -> None:
    assert found(*lines, labels=labels)[1] == [], why
