import pytest
from pydantic import ValidationError

from aml_miner.monitoring.graph.parameters import GraphParameters
from aml_miner.monitoring.profile import load_profile


def test_the_default_profile_is_what_an_activity_without_parameters_has() -> None:
    assert load_profile().graph == GraphParameters()


def test_the_work_is_shared_evenly_among_the_addresses() -> None:
    assert GraphParameters(search_work=1_000).steps_per_address(30) == 33


@pytest.mark.parametrize(
    "wrong", [{"sketch_size": 100}, {"fewest_pivots": 1}, {"path_checks": 0}, {"seed": -1}]
)
def test_impossible_parameters_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        GraphParameters(**wrong)
