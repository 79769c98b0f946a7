"""Folders that appear whole or not at all.

A run that is killed can leave two things beside its target, hidden, and named after its host and process: what it was
writing, and, where the kill fell between the two renames that put the new folder in the old one's place, the old one.
The next run to the same target puts the old one back, and removes the rest; what a living process has is left alone.
"""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aml_miner.errors import OutputError

MARKER = ".aml_miner"
"""A file that says what a folder of ours holds: its kind, then the files written, one a line."""

_being_written: list[Path] = []


@contextmanager
def whole_folder(target: Path, kind: str) -> Iterator[Path]:
    """Write a folder beside its target and move it into place only when all of it is there.

    An earlier folder is replaced only when it is of the same kind (``batch``, ``models``, ``results``) and holds
    nothing but what was written then, so that no result can take the place of its own input or of anybody's notes.

    Yields
    ------
    Path
        An empty folder to write into. When the block ends it becomes `target`; when the block raises it is removed
        and `target` stays as it was.

    Raises
    ------
    OutputError
        If `target` exists and is of another kind or holds other files, or cannot be written.
    """
    target = target.resolve()  # a link stays a link, to the new folder
    check_replaceable(target, kind)
    partial = _beside(target, "partial")
    _being_written.append(target)
    try:
        with writing(target):
            partial.mkdir(parents=True)
            yield partial
            written = "\n".join([kind, *_files(partial)])
            (partial / MARKER).write_text(written + "\n")
            _replace(target, partial)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        _being_written.remove(target)


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Turn a failure of the system to write, which Polars gives an error of its own, into one that names the target.

    Raises
    ------
    OutputError
        If the disk is full, a file too large, or the place may not be written to.
    """
    try:
        yield
    except _failures() as error:
        if not isinstance(error, OSError) and "(os error " not in str(error):
            raise
        message = f"{target}: cannot be written: {error}; see to it, or name another folder."
        raise OutputError(message) from error


def _failures() -> tuple[type[Exception], ...]:
    from polars.exceptions import PolarsError  # here: --help waits for no library

    return (OSError, PolarsError)


def abandon() -> None:
    """Give up what this process is writing, as its last deed: earlier folders are back, and nothing else is left."""
    for target in _being_written:
        _recover(target)


def check_replaceable(target: Path, kind: str) -> None:
    """Check that a folder can be written, before the work whose result it is to hold.

    What a killed run left of it is put right first.

    Raises
    ------
    OutputError
        If `target` exists and is of another kind or holds other files, or lies below a file or in a folder that cannot
        be looked into.
    """
    target = target.resolve()
    with writing(target):
        _recover(target)
        nearest = next((parent for parent in target.parents if parent.exists()), target)
        if not nearest.is_dir():
            message = f"{target}: cannot be written: {nearest} is a file; name another folder."
            raise OutputError(message)
        _check_kind(target, kind)
        probe = _beside(nearest / target.name, "partial")
        probe.mkdir()  # else it would show only after the work that nothing can be made here
        probe.rmdir()


def _check_kind(target: Path, kind: str) -> None:
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    marker = target / MARKER
    if not marker.is_file():
        found = "was not written by this program"
    else:
        written, files = _read_marker(marker)
        foreign = sorted(set(_files(target)) - set(files))
        if written == kind and not foreign:
            return
        found = f"holds {foreign[0]}, which is not ours" if written == kind else f"holds {written}"
    message = f"{target}: exists and {found}; name a new folder for the {kind}, or remove it first."
    raise OutputError(message)


def _read_marker(marker: Path) -> tuple[str, list[str]]:
    """Return the kind and files a marker names; of one that is damaged an unknown kind."""
    lines = marker.read_text(encoding="utf-8", errors="replace").splitlines()
    return (lines[0], lines[1:]) if lines else ("something unknown", [])


def _files(folder: Path) -> list[str]:
    """Return the relative paths of a folder's files, sorted, markers apart."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir())
    return sorted(path.as_posix() for path in paths if path.name != MARKER)


def _replace(target: Path, partial: Path) -> None:
    """Put the new folder in the old one's place; between the two renames there is none, never half of one."""
    old = _beside(target, "old")
    replaces = target.exists()
    if replaces:
        target.rename(old)
    try:
        partial.rename(target)
    except BaseException:
        if replaces:
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _beside(target: Path, what: str) -> Path:
    """Return where this process keeps a folder of its own beside a target."""
    return target.with_name(f".{target.name}.{what}-{socket.gethostname()}-{os.getpid()}")


def _recover(target: Path) -> None:
    """Put right what processes of this host that are no more left beside a target."""
    for old in _left(target, "old"):
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(target)
    for partial in _left(target, "partial"):
        shutil.rmtree(partial, ignore_errors=True)


def _left(target: Path, what: str) -> list[Path]:
    """Return the folders of one sort that dead processes of this host, or this one earlier, left; sorted by name."""
    begin = f".{target.name}.{what}-{socket.gethostname()}-"
    if not target.parent.is_dir():
        return []
    found = (path for path in target.parent.iterdir() if path.name.startswith(begin))
    return sorted(path for path in found if not _lives(path.name.removeprefix(begin)))


def _lives(number: str) -> bool:
    """Whether another process with this number is running."""
    if not number.isdecimal() or int(number) == os.getpid():
        return not number.isdecimal()  # a name that is not ours is somebody's
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
