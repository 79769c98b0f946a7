"""Folders that appear whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aml_miner.errors import OutputError

MARKER = ".aml_miner"
"""A file that says what a folder of ours holds: its kind, then the files written, one a line."""


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
    _check_replaceable(target, kind)
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
    except OSError as error:
        message = f"{target}: cannot be written: {error}"
        raise OutputError(message) from error
    try:
        yield partial
        written = "\n".join([kind, *_files(partial)])
        try:
            (partial / MARKER).write_text(written + "\n")
            _replace(target, partial)
        except OSError as error:
            message = f"{target}: cannot be replaced, and is left as it was: {error}"
            raise OutputError(message) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _check_replaceable(target: Path, kind: str) -> None:
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    marker = target / MARKER
    if not marker.is_file():
        found = "was not written by this program"
    else:
        written, *files = marker.read_text().splitlines()
        foreign = sorted(set(_files(target)) - set(files))
        if written == kind and not foreign:
            return
        found = f"holds {foreign[0]}, which is not ours" if written == kind else f"holds {written}"
    message = f"{target}: exists and {found}; name a new folder for the {kind}, or remove it first."
    raise OutputError(message)


def _files(folder: Path) -> list[str]:
    """Return the relative paths of a folder's files, sorted, markers apart."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir())
    return sorted(path.as_posix() for path in paths if path.name != MARKER)


def _replace(target: Path, partial: Path) -> None:
    """Put the new folder in the old one's place; between the two renames there is none, never half of one."""
    old = target.with_name(f".{target.name}.old-{os.getpid()}")
    replaces = target.exists()
    if replaces:
        shutil.rmtree(
            old, ignore_errors=True
        )  # left by a run that was killed and had the same number
        target.rename(old)
    try:
        partial.rename(target)
    except BaseException:
        if replaces:
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
