"""Folders that appear whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aml_miner.errors import OutputError

MARKER = ".aml_miner"
"""An empty file that says a folder was written by this package and may be replaced by it."""


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Write a folder beside its target and move it into place only when all of it is there.

    Yields
    ------
    Path
        An empty folder to write into. When the block ends it becomes `target`; when the block raises it is removed
        and `target` stays as it was.

    Raises
    ------
    OutputError
        If `target` exists and was not written by this package, or cannot be written.
    """
    target = target.resolve()  # a link stays a link, to the new folder
    _check_replaceable(target)
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        (partial / MARKER).touch()
    except OSError as error:
        message = f"{target}: cannot be written: {error}"
        raise OutputError(message) from error
    try:
        yield partial
        try:
            _replace(target, partial)
        except OSError as error:
            message = f"{target}: cannot be replaced, and is left as it was: {error}"
            raise OutputError(message) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _check_replaceable(target: Path) -> None:
    if target.is_dir() and ((target / MARKER).exists() or not any(target.iterdir())):
        return
    if target.exists():
        message = (
            f"{target}: exists and was not written by this program; "
            "name a new folder, or remove it first."
        )
        raise OutputError(message)


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
