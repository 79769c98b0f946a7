"""A report as JSON holds everything a reader of the table sees."""

import orjson
import pytest

from aml_miner.validator.finding import Finding, assumed, met, not_given, without_value
from aml_miner.validator.judging import judge
from aml_miner.validator.profile import load_profile
from tests.validator.cases import RISK, case_of, labels_of


def test_report_is_plain_values() -> None:
    case = case_of({"a": 0.9, "b": 0.1}, labels=labels_of([("at-a", "high"), ("at-b", "low")]))
    report = judge(case, load_profile(RISK))
    told = orjson.loads(orjson.dumps(report.to_dict()))
    assert (told["status"], told["today"], told["reward"]) == ("accepted", 0, 0.1)
    assert (told["batch_id"], told["submission"], told["alerts"]) == (
        "net-2025-11-20-30d",
        "mine",
        2,
    )
    assert [one["day"] for one in told["what_if"]] == [0, 29, 30]
    checks = {one["check"]: one for tier in told["tiers"] for one in tier["checks"]}
    assert checks["address_labels"]["earned"] == 1.0
    assert checks["address_labels"]["numbers"] == {"auc": 1.0, "labelled": 2, "risky": 1}
    assert checks["evolution"]["coverage"] is None
    assert {"name", "sentence", "remedy"} == told["warnings"][0].keys()


@pytest.mark.parametrize(
    ("finding", "earned", "ceiling", "outcome"),
    [
        (Finding(0.5, ""), 0.5, 1.0, "0.500"),
        (Finding(0.5, "", coverage=0.5), 0.25, 0.5, "0.500"),
        (met(holds=True, detail="", remedy="mend"), 1.0, 1.0, "1.000"),
        (met(holds=False, detail="", remedy="mend"), 0.0, 1.0, "0.000"),
        (assumed("", ""), 1.0, 1.0, "assumed"),
        (not_given("", ""), 0.0, 1.0, "not given"),
        (without_value("", ""), 0.0, 0.0, "no value"),
    ],
)
def test_what_a_finding_earns_and_could_earn(
    finding: Finding, earned: float, ceiling: float, outcome: str
) -> None:
    assert (finding.earned, finding.ceiling, finding.outcome) == (earned, ceiling, outcome)


def test_a_check_that_is_met_has_nothing_to_mend() -> None:
    assert met(holds=True, detail="", remedy="mend").remedy == ""
    assert met(holds=False, detail="", remedy="mend").remedy == "mend"
