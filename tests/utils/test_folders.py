import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from aml_miner.errors import OutputError
from aml_miner.utils.folders import MARKER, check_replaceable, whole_folder


def write(target: Path, content: str) -> None:
    with whole_folder(target, "batch") as partial:
        (partial / "a.txt").write_text(content)


def write_half(target: Path, error: type[BaseException]) -> None:
    with whole_folder(target, "batch") as partial:
        (partial / "a.txt").write_text("half")
        raise error


def test_folder_appears_whole_with_its_parents(tmp_path: Path) -> None:
    target = tmp_path / "x" / "y"
    with whole_folder(target, "batch") as partial:
        (partial / "a.txt").write_text("new")
        assert not target.exists()
    assert (target / "a.txt").read_text() == "new"
    assert os.listdir(target.parent) == ["y"]  # noqa: PTH208 - the names alone


def test_empty_folder_may_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(tmp_path / "out", "new")
    assert (tmp_path / "out" / "a.txt").read_text() == "new"


def test_own_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "out", "batch") as partial:
        (partial / "old.txt").touch()
    write(tmp_path / "out", "new")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [MARKER, "a.txt"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_is_left_of_a_folder_that_failed(
    tmp_path: Path, error: type[BaseException]
) -> None:
    with pytest.raises(error):
        write_half(tmp_path / "out", error)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_old_folder_stays_when_the_new_one_failed(
    tmp_path: Path, error: type[BaseException]
) -> None:
    write(tmp_path / "out", "old")
    with pytest.raises(error):
        write_half(tmp_path / "out", error)
    assert (tmp_path / "out" / "a.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_old_folder_comes_back_when_the_new_one_cannot_take_its_place(tmp_path: Path) -> None:
    write(tmp_path / "out", "old")
    with (
        pytest.raises(OutputError, match=r"out: cannot be written: .*; see to it, or name another"),
        whole_folder(tmp_path / "out", "batch") as partial,
    ):
        shutil.rmtree(partial)
    assert (tmp_path / "out" / "a.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("before", [[], ["old"]])
def test_what_was_there_comes_back_when_the_last_step_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: list[str]
) -> None:
    """The old folder is already out of the way when the new one cannot be renamed."""
    for content in before:
        write(tmp_path / "out", content)
    rename = Path.rename

    def rename_all_but_the_new(self: Path, target: Path) -> Path:
        if ".partial-" in self.name:
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", rename_all_but_the_new)
    with pytest.raises(
        OutputError, match=r"out: cannot be written: .*; see to it, or name another"
    ):
        write(tmp_path / "out", "new")
    assert [(path / "a.txt").read_text() for path in tmp_path.iterdir()] == before


@contextmanager
def small_disk() -> Iterator[None]:
    """Let no file have more than 1000 bytes, as if the disk were full then.

    No fixture: what pytest itself writes between the steps of a test may go into a longer file.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def write_text(path: Path) -> None:
    path.write_text("x" * 2000)


def write_table(path: Path) -> None:
    pl.DataFrame({"a": range(1000)}).write_parquet(path)


@pytest.mark.parametrize("write_file", [write_text, write_table])
def test_full_disk_is_named_and_the_old_folder_stays(
    tmp_path: Path, write_file: Callable[[Path], None]
) -> None:
    write(tmp_path / "out", "old")
    with (
        pytest.raises(OutputError, match=r"out: cannot be written: .*File too large.*; see to it"),
        small_disk(),
        whole_folder(tmp_path / "out", "batch") as partial,
    ):
        write_file(partial / "b")
    assert (tmp_path / "out" / "a.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_mistake_with_a_table_is_no_failure_to_write(tmp_path: Path) -> None:
    with (
        pytest.raises(pl.exceptions.ColumnNotFoundError),
        whole_folder(tmp_path / "out", "batch"),
    ):
        pl.DataFrame({"a": [1]}).select("b")


def test_new_folder_that_cannot_take_its_place_is_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="cannot be written"),
        whole_folder(tmp_path / "out", "batch") as partial,
    ):
        shutil.rmtree(partial)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_does_not_matter(tmp_path: Path) -> None:
    write(tmp_path / "out", "old")
    host = socket.gethostname()
    for left in (f".out.partial-{host}-{os.getpid()}", f".out.old-{host}-{os.getpid()}"):
        (tmp_path / left).mkdir()
        (tmp_path / left / "half.txt").touch()
    write(tmp_path / "out", "new")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [MARKER, "a.txt"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_foreign_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(
        OutputError, match="exists and was not written by this program; name a new folder"
    ):
        write(tmp_path, "new")
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="exists and was not written by this program"):
        write(tmp_path / "out", "new")
    with pytest.raises(OutputError, match="cannot be written"):
        write(tmp_path / "out" / "below", "new")
    assert (tmp_path / "out").read_text() == "a file"


def test_link_stays_a_link_to_the_new_folder(tmp_path: Path) -> None:
    write(tmp_path / "real", "old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "a.txt").read_text() == "new"


def test_a_folder_of_another_kind_is_never_replaced(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "out", "batch") as partial:
        (partial / "a.txt").touch()
    with (
        pytest.raises(
            OutputError, match="exists and holds batch; name a new folder for the results"
        ),
        whole_folder(tmp_path / "out", "results"),
    ):
        pass
    assert (tmp_path / "out" / "a.txt").exists()


def test_a_folder_of_ours_with_a_file_of_somebody_elses_is_never_replaced(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "out", "batch"):
        pass
    (tmp_path / "out" / "notes.txt").touch()
    with (
        pytest.raises(OutputError, match=r"holds notes\.txt, which is not ours"),
        whole_folder(tmp_path / "out", "batch"),
    ):
        pass
    assert (tmp_path / "out" / "notes.txt").exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from aml_miner.utils.folders import whole_folder
target, step = Path(sys.argv[1]), sys.argv[2]
rename, done = Path.rename, []
def counted(self, other):
    if step == f"before rename {len(done)}":
        os.kill(os.getpid(), signal.SIGKILL)
    done.append(other)
    return rename(self, other)
Path.rename = counted
with whole_folder(target, "batch") as partial:
    (partial / "a.txt").write_text("killed")
    if step == "writing":
        os.kill(os.getpid(), signal.SIGKILL)
print(len(done))
"""


@pytest.mark.parametrize(
    ("step", "left"),
    [("writing", "old"), ("before rename 0", "old"), ("before rename 1", None)],
)
def test_a_kill_loses_nothing_and_the_next_run_puts_it_right(
    tmp_path: Path, step: str, left: str | None
) -> None:
    target = tmp_path / "out"
    write(target, "old")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(target), step], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (target / "a.txt").read_text() == left if left else not target.exists()
    check_replaceable(target, "batch")
    assert (target / "a.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    write(target, "new")
    assert (target / "a.txt").read_text() == "new"


@pytest.mark.parametrize("what", ["partial", "old"])
def test_what_a_living_process_has_beside_a_target_is_left_alone(tmp_path: Path, what: str) -> None:
    names = [f".out.{what}-{socket.gethostname()}-{os.getppid()}", f".out.{what}-elsewhere-1"]
    names.append(f".out.{what}-{socket.gethostname()}-not-a-number")
    for name in names:
        (tmp_path / name).mkdir()
    write(tmp_path / "out", "new")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*names, "out"])


def test_a_process_of_somebody_else_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "kill", forbidden)
    name = f".out.partial-{socket.gethostname()}-1"
    (tmp_path / name).mkdir()
    write(tmp_path / "out", "new")
    assert (tmp_path / name).is_dir()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\n"])
def test_a_folder_with_a_damaged_marker_is_never_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / MARKER).write_bytes(content)
    with pytest.raises(OutputError, match="name a new folder for the batch"):
        write(tmp_path / "out", "new")
    assert (tmp_path / "out" / MARKER).read_bytes() == content


def test_a_target_is_checked_before_any_work(tmp_path: Path) -> None:
    check_replaceable(tmp_path / "new" / "below", "batch")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"cannot be written: .*file is a file; name another"):
        check_replaceable(tmp_path / "file" / "below", "batch")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no folder here that nobody can write")
@pytest.mark.parametrize("target", ["/proc/new", "/proc/new/below"])
def test_a_place_where_nothing_can_be_made_is_refused_before_any_work(target: str) -> None:
    with pytest.raises(OutputError, match=r"/proc/new.*: cannot be written: .*; see to it, or"):
        check_replaceable(Path(target), "batch")


def test_the_root_of_all_folders_is_refused() -> None:
    with pytest.raises(OutputError, match=r"^/: exists and was not written by this program"):
        check_replaceable(Path("/"), "batch")


def test_a_folder_that_cannot_be_looked_into_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(folder: Path) -> list[Path]:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", forbidden)
    with pytest.raises(OutputError, match=r"out: cannot be written: .*Permission denied"):
        check_replaceable(tmp_path / "out", "batch")
