"""The machine is told, and what differs from training is a warning."""

import platform
from dataclasses import replace
from importlib.metadata import version

import pytest

from aml_miner.models import AlertScorerModel, Models
from aml_miner.validator.doctor import environment
from aml_miner.validator.doctor.environment import examine_environment, installed
from aml_miner.validator.doctor.examination import Examination


def trained_with(small: Models, **versions: str) -> AlertScorerModel:
    own = small.alert_scorer
    return replace(own, metadata=own.metadata.model_copy(update={"library_versions": versions}))


def examined(*models: AlertScorerModel) -> dict[str, Examination]:
    return {each.name: each for each in examine_environment(models)}


def test_everything_of_the_environment_is_told(small: Models) -> None:
    found = examined(trained_with(small, **installed(["lightgbm", "python"])))
    assert list(found) == ["python", "processor", "libraries", "compiler", "threads"]
    assert {each.status for each in found.values()} == {"pass"}
    assert platform.python_version() in found["python"].found
    assert found["processor"].found.startswith(platform.machine())
    assert "as in training" in found["libraries"].found


def test_another_version_than_in_training_is_a_warning(small: Models) -> None:
    here = version("lightgbm")
    found = examined(trained_with(small, lightgbm="3.0.0", nonesuch="1.0"))["libraries"]
    assert found.status == "warn"
    assert found.found == (
        f"lightgbm {here} (trained with 3.0.0); nonesuch absent (trained with 1.0)"
    )
    assert "to train the same trees again, install these versions" in found.remedy


def test_models_that_do_not_say_what_trained_them_are_not_compared(small: Models) -> None:
    assert examined(trained_with(small))["libraries"].status == "skipped"
    assert examined()["libraries"].found == "no models to compare with"


def test_an_old_python_fails_and_is_told_how_to_get_another() -> None:
    found = environment._python((3, 12))
    assert (found.status, found.remedy) == (
        "fail",
        "run make setup, which finds or fetches a Python 3.13",
    )


def test_no_compiler_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "find_spec", lambda name: None if name else name)
    found = {each.name: each for each in examine_environment([])}
    assert found["compiler"].status == "warn"
    assert found["processor"].found == platform.machine()
