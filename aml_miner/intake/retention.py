"""Old batches removed, and nothing else."""

import shutil
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

from aml_miner.errors import OutputError
from aml_miner.utils.folders import MARKER, check_replaceable, writing


def remove_older(root: Path, network: str, newest: date, days: int) -> list[Path]:
    """Remove the batches of a network that were processed ``days`` or more days before the newest.

    Only folders this program wrote, with nothing else in them, are removed. Each is hidden first, so that none is seen
    with half its files.

    Parameters
    ----------
    root
        The folder of batches.
    newest
        The last date that was fetched; not today's, so that an old range can be fetched anew.
    days
        Dates to keep, the newest among them.

    Returns
    -------
    list
        The folders removed, oldest first.
    """
    for left in (root / network).glob("????-??-??/.*.removed"):  # by a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    removed: list[Path] = []
    for folder in sorted((root / network).glob("????-??-??/*")):
        day = _date(folder.parent.name)
        if day is None or day > newest - timedelta(days) or not _is_ours(folder):
            continue
        with writing(folder):
            hidden = folder.rename(folder.with_name(f".{folder.name}.removed"))
            shutil.rmtree(hidden)
        with suppress(OSError):  # another window of that date is still there
            folder.parent.rmdir()
        removed.append(folder)
    return removed


def _date(name: str) -> date | None:
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None


def _is_ours(folder: Path) -> bool:
    if folder.name.startswith(".") or not (folder / MARKER).is_file():
        return False
    try:
        check_replaceable(folder, "batch")
    except OutputError:
        return False
    return True
