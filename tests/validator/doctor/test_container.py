"""Which files the offline container takes, and how large."""

from pathlib import Path

import pytest

from aml_miner.validator.doctor.container import examine_files, examine_memory
from aml_miner.validator.doctor.limits import ContainerLimits

LIMITS = ContainerLimits(suffixes=(".txt", ".json"), file_megabytes=0.001, memory_megabytes=100)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scorer").mkdir()
    for name in ("golden.json", "CARD.md", "scorer/model.txt", "scorer/metadata.json"):
        (tmp_path / name).write_bytes(b"x" * 900)
    return tmp_path


def test_files_that_are_needed_and_allowed_pass(folder: Path) -> None:
    endings, sizes = examine_files(folder, LIMITS)
    assert (endings.status, sizes.status) == ("pass", "pass")
    assert endings.found == "3 files needed, all .txt, .json; leave out CARD.md"
    assert sizes.found == "the largest has 0.00 MB, at most 0.001 allowed"


def test_a_file_that_is_too_large_fails_by_its_name(folder: Path) -> None:
    (folder / "scorer" / "model.txt").write_bytes(b"x" * 1_001)
    _, sizes = examine_files(folder, LIMITS)
    assert (sizes.status, sizes.found) == ("fail", "not allowed: scorer/model.txt")
    assert "grow fewer trees or leaves" in sizes.remedy


def test_a_card_is_never_too_large(folder: Path) -> None:
    (folder / "CARD.md").write_bytes(b"x" * 2_000)
    assert [each.status for each in examine_files(folder, LIMITS)] == ["pass", "pass"]


def test_an_ending_that_is_not_allowed_fails(folder: Path) -> None:
    only = LIMITS.model_copy(update={"suffixes": (".json",)})
    endings, _ = examine_files(folder, only)
    assert (endings.status, endings.found) == ("fail", "not allowed: scorer/model.txt")


def test_many_files_to_leave_out_are_counted(folder: Path) -> None:
    for number in range(5):
        (folder / f"note-{number}.md").touch()
    endings, _ = examine_files(folder, LIMITS)
    assert endings.found.endswith("leave out CARD.md, note-0.md, note-1.md and 3 more")


@pytest.mark.parametrize(("peak", "status"), [(100.0, "pass"), (100.1, "fail")])
def test_memory_is_compared_with_the_containers(peak: float, status: str) -> None:
    assert examine_memory(peak, 1_000, LIMITS).status == status
