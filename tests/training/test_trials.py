"""Trials survive being stopped, and are never taken for those of another search."""

import re
from pathlib import Path

import pytest

from aml_miner.errors import ConfigurationError, OutputError
from aml_miner.training.trials import Trial, TrialFile

FIRST = Trial("alert_scorer", {"num_leaves": 31, "reg_alpha": 0.1}, 0.5)
SECOND = Trial("alert_scorer", {"num_leaves": 15, "reg_alpha": 0.2}, 0.625)


@pytest.fixture
def file(tmp_path: Path) -> TrialFile:
    return TrialFile(tmp_path / "trials", "abc")


def test_trials_are_read_as_they_were_written(file: TrialFile) -> None:
    assert file.read() == []
    for trial in (FIRST, SECOND):
        file.append(trial)
    assert file.read() == [FIRST, SECOND]
    assert file.path.read_text().splitlines()[0] == '{"subject":"abc"}'


def test_line_that_was_cut_off_is_dropped(file: TrialFile) -> None:
    file.read()
    for trial in (FIRST, SECOND):
        file.append(trial)
    whole = file.path.read_bytes()
    file.path.write_bytes(whole[:-7])
    assert file.read() == [FIRST]
    file.append(SECOND)
    assert file.path.read_bytes() == whole


def test_trials_of_another_search_are_refused(file: TrialFile) -> None:
    file.read()
    with pytest.raises(
        ConfigurationError, match="of other data, another configuration or another seed"
    ):
        TrialFile(file.path, "xyz").read()


@pytest.mark.parametrize("content", ["not json\n", '{"other": 1}\n', "[]\n"])
def test_file_of_something_else_is_refused(file: TrialFile, content: str) -> None:
    file.path.write_text(content)
    with pytest.raises(ConfigurationError, match="is no file of trials"):
        file.read()


@pytest.mark.parametrize("content", ["not json\n", '{"kind": 1}\n', "[]\n", "\n"])
def test_line_that_is_no_trial_is_refused_by_its_number(file: TrialFile, content: str) -> None:
    file.read()
    for trial in (FIRST, SECOND):
        file.append(trial)
    lines = file.path.read_text().splitlines(keepends=True)
    file.path.write_text("".join([*lines[:2], content, lines[2]]))
    where = re.escape(f"{file.path}: line 3 is no trial: ")
    with pytest.raises(ConfigurationError, match=f"^{where}.+; remove the file, or restore it\\.$"):
        file.read()


def test_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = TrialFile(tmp_path / "none" / "trials", "abc")
    with pytest.raises(OutputError, match="cannot be written"):
        file.read()
    with pytest.raises(OutputError, match="cannot be written"):
        file.append(FIRST)
