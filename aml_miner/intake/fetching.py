"""Batches fetched into a folder: several at once, gone on with after a stop, seen whole or not at all.

What is being fetched lies in a hidden folder below the target, which no reader of batches looks into. A batch moves to
its place by a rename once every file of it is there and is the one META.json means.
"""

import fcntl
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Final, Literal, Protocol

from aml_miner.errors import AmlMinerError, OutputError
from aml_miner.intake.files import Outcome, Told
from aml_miner.intake.place import Place
from aml_miner.utils.folders import check_replaceable, whole_folder, writing
from aml_miner.utils.threads import in_threads

_INCOMING: Final = ".incoming"
_ONE_AT_A_TIME: Final = Lock()
"""Whole folders are a process's affair, not a thread's: two threads would try the same place at once."""


class Source(Protocol):
    """Where batches come from."""

    def bring(self, place: Place, present: Path, into: Path, told: Told) -> Outcome:
        """Bring a batch into a folder, verified.

        Parameters
        ----------
        place
            Which batch.
        present
            Where the batch is from an earlier time, if it is; when it is the same it is ``"kept"``.
        into
            What an earlier try left of it, or empty; when ``"brought"``, it holds the files of the batch alone.
        told
            Told of bytes as they arrive, from any thread.

        Raises
        ------
        AmlMinerError
            If it cannot be reached, refuses, or a file is not the one META.json means.
        """
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of a batch.

    Attributes
    ----------
    status
        ``"fetched"``; ``"kept"`` where it was there already; ``"absent"`` where the source has none; ``"failed"``.
    error
        Why it failed.
    """

    place: Place
    folder: Path
    status: Literal["fetched", "kept", "absent", "failed"]
    error: AmlMinerError | None = None


def fetch_batches(
    source: Source,
    places: Sequence[Place],
    out: Path,
    workers: int,
    *,
    told: Told = lambda _: None,
    done: Callable[[Fetched], None] = lambda _: None,
) -> list[Fetched]:
    """Fetch batches into ``{out}/{network}/{processing_date}/{window_days}``; one that fails does not stop the others.

    Parameters
    ----------
    source, places
        Where from, and which.
    out
        The folder of batches.
    workers
        Batches fetched at once.
    told, done
        Told of bytes as they arrive, and of each batch as it ends; from any thread.

    Returns
    -------
    list
        In the order of the places.

    Raises
    ------
    OutputError
        If the folder cannot be written, or another process fetches into it now.
    """
    with _alone(out):
        return in_threads(partial(_fetch, source, out=out, told=told, done=done), places, workers)


def _fetch(
    source: Source, place: Place, *, out: Path, told: Told, done: Callable[[Fetched], None]
) -> Fetched:
    target = out / place.path
    try:
        fetched = Fetched(place, target, _bring(source, place, out, target, told))
    except AmlMinerError as error:
        fetched = Fetched(place, target, "failed", error)
    done(fetched)
    return fetched


def _bring(
    source: Source, place: Place, out: Path, target: Path, told: Told
) -> Literal["fetched", "kept", "absent"]:
    with _ONE_AT_A_TIME:
        check_replaceable(target, "batch")
    into = out / _INCOMING / place.path
    with writing(target):
        into.mkdir(parents=True, exist_ok=True)
        outcome = source.bring(place, target, into, told)
        if outcome == "brought":
            with _ONE_AT_A_TIME, whole_folder(target, "batch") as whole:
                for path in into.iterdir():
                    path.rename(whole / path.name)
        shutil.rmtree(into)
    return "fetched" if outcome == "brought" else outcome


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Keep other processes from fetching into a folder; a process that is killed lets go by that alone."""
    incoming = out / _INCOMING
    with writing(out):
        incoming.mkdir(parents=True, exist_ok=True)
        lock = (incoming / "lock").open("a")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = (
                f"{out}: another process fetches into it now; wait for it, or name another folder."
            )
            raise OutputError(message) from error
        yield
