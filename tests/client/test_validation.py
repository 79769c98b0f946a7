"""A server that is not there fails every check; one that is wrong would. A right one is validated with the server."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from aml_miner.client.validation import ApiReport, Check, _agree, _compare, _of_alerts
from aml_miner.scoring.golden import golden_batch

REPORT = ApiReport("http://x", (Check("a", passed=True, found="1 row"),), {"one alert, p50": 2.5})


def test_a_report_passes_when_every_check_does() -> None:
    assert REPORT.passed
    assert "1 of 1 checks hold." in REPORT.to_markdown()
    assert "| one alert, p50 | 2.500 |" in REPORT.to_markdown()
    failed = replace(REPORT, checks=(*REPORT.checks, Check("b", passed=False, found="0 rows")))
    assert not failed.passed
    assert "| b | **no** | 0 rows |" in failed.to_markdown()


@pytest.mark.parametrize(
    ("asked", "outcome"),
    [
        ([0.1, 0.2], (True, "2 rows equal")),
        ([0.1, 0.2 + 2**-54], (False, "other score")),
        ([0.1], (False, "1 rows instead of 2")),
    ],
)
def test_one_bit_is_a_difference(asked: list[float], outcome: tuple[bool, str]) -> None:
    expected = pl.DataFrame({"score": [0.1, 0.2]})
    assert _compare(pl.DataFrame({"score": asked, "latency_ms": 1.0}), expected) == outcome


def test_a_reply_that_lacks_columns_is_no_equal_one() -> None:
    expected = pl.DataFrame({"alert_id": ["a"], "score": [0.1], "explain_json": ["{}"]})
    found = _compare(pl.DataFrame({"alert_id": ["a"]}), expected)
    assert found == (False, "no score, explain_json")
    assert _compare(pl.DataFrame({"other": [1]}), expected)[0] is False


SCORED: dict[str, Any] = {
    "processing_date": "2025-11-20",
    "total_alerts": 2,
    "scores": [{"alert_id": "a", "score": 0.5}, {"alert_id": "b", "score": 1.0}],
}
RANKED: dict[str, Any] = {"rankings": [{"alert_id": "b", "rank": 1}, {"alert_id": "a", "rank": 2}]}


@pytest.mark.parametrize(
    ("scored", "ranked", "holds"),
    [
        ({}, {}, True),
        ({"total_alerts": 3}, {}, False),
        ({"scores": [SCORED["scores"][0], {"alert_id": "b", "score": 1.5}]}, {}, False),
        ({}, {"rankings": RANKED["rankings"][::-1]}, False),
        ({}, {"rankings": RANKED["rankings"][:1]}, False),
        ({}, {"rankings": [RANKED["rankings"][0], {"alert_id": "c", "rank": 2}]}, False),
    ],
)
def test_stored_scores_and_ranks_are_of_the_same_alerts(
    scored: dict[str, Any], ranked: dict[str, Any], *, holds: bool
) -> None:
    found = _agree(SCORED | scored, RANKED | ranked)
    assert found[0] is holds
    assert "not compared with the library" in found[1]


def test_more_alerts_than_there_are_begin_again_under_other_identifiers() -> None:
    many = _of_alerts(golden_batch(), 0, 20)
    assert many.alerts["alert_id"].n_unique() == 20
    assert many.alerts["volume_usd"][9] == many.alerts["volume_usd"][0] == Decimal("925.82")
    assert _of_alerts(golden_batch(), 8, 1).alerts["address"].to_list() == [
        "example-address-unknown"
    ]
