"""The table of roles: closed, without contradictions, and right about the cases that matter."""

import pytest

from aml_miner.simulation import SimulationConfig, simulate_economy
from aml_miner.training import roles
from aml_miner.training.roles import ROLES
from aml_miner.training.truth import check_truth


@pytest.mark.parametrize(
    ("role", "illicit"),
    [
        ("mule", True),
        ("fanin_source", True),
        ("sanctioned_entity", True),
        ("legitimate_exchange", False),
        ("benign_counterparty", False),
        ("noise", False),
        ("rug_victim", None),  # a victim is not guilty, and what it does looks like the scheme
        ("immediate_counterparty", None),  # near is not guilty
        ("peel_destination", None),  # its publisher says both
        ("unknown", None),
    ],
)
def test_role_says_who_moves_the_money(role: str, illicit: bool | None) -> None:  # noqa: FBT001
    assert ROLES[role] is illicit


def test_no_role_is_in_two_tables() -> None:
    illicit = set(roles._MOVES_THE_MONEY)
    licit, undecided = set(roles._LEGITIMATE), set(roles._UNDECIDED)
    assert len(illicit) + len(licit) + len(undecided) == len(ROLES)


def test_roles_are_in_lower_case_as_truth_is_read() -> None:
    assert [role for role in ROLES if role != role.strip().lower()] == []


def test_the_truth_of_a_simulation_needs_no_roles() -> None:
    simulated = simulate_economy(SimulationConfig(accounts=1_000, seed=3)).ground_truth
    truth = check_truth(simulated)
    assert truth.unrecognised_roles == {}
    verdicts = truth.verdicts()
    guilty = simulated.filter("is_illicit")["address"].unique().sort()
    assert verdicts.filter("label")["address"].equals(guilty)
