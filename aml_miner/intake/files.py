"""A batch as files somewhere: META.json first, then every file it lists, each gone on with where it was cut.

What a source of files must do is one thing, `Files.copy`. Everything else (which files, whether they are the ones
META.json means, when to begin anew) is the same for all of them, and here.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, Protocol

from aml_miner.batch.meta import META_FILE, Meta, check_digest, read_meta
from aml_miner.batch.schemas import BATCH_TABLES
from aml_miner.errors import IntegrityError, InvalidBatchError
from aml_miner.intake.effort import Effort, persist
from aml_miner.intake.place import Place
from aml_miner.utils.threads import in_threads

type Outcome = Literal["brought", "absent", "kept"]
"""Whether a batch is in the folder it was to be brought into, is not in the source, or was there already."""

type Told = Callable[[int], None]
"""Called with the number of bytes that arrived since it was last called, from any thread."""

PART: Final = ".part"
"""Ends the name of a file that has not all arrived."""
_META_LIMIT: Final = 2**24
"""Bytes; a META.json of a batch has some hundred."""


class Files(Protocol):
    """Files by name, somewhere."""

    def copy(self, name: str, to: Path, told: Told, limit: int | None = None) -> bool:
        """Append to a file what it lacks of the one of that name, or write it anew; False when there is none.

        Parameters
        ----------
        name
            Its path below the source, with slashes.
        to
            The file to append to; what it holds is the beginning of the file, by an earlier try.
        told
            Told of bytes.
        limit
            Most bytes it may have.

        Raises
        ------
        PassingError
            If it is worth another try.
        SourceError
            If it is not.
        """
        ...

    def where(self, name: str) -> str:
        """Return how a person would name the file; no secret."""
        ...


class FilesSource:
    """Batches that lie somewhere as files, in the layout ``{network}/{processing_date}/{window_days}``."""

    def __init__(self, files: Files, effort: Effort, *, allow_unverified: bool = False) -> None:
        self._files = files
        self._effort = effort
        self._allow_unverified = allow_unverified

    def bring(self, place: Place, present: Path, into: Path, told: Told) -> Outcome:
        """Bring a batch into a folder; see `aml_miner.intake.fetching.Source`."""
        (into / META_FILE).unlink(missing_ok=True)  # what it said last time may be outdated
        has_meta = self._copy(place, META_FILE, into, told, _META_LIMIT)
        if not has_meta and not self._allow_unverified:
            return "absent"
        meta = read_meta(into)
        if meta is not None and _is_there(present, into, meta):
            return "kept"
        if meta is not None:
            self._check_place(place, meta)
        listed, optional = self._names(place, meta)
        for stale in _others(into, {META_FILE, *listed, *optional}):
            stale.unlink()
        brought = in_threads(
            lambda name: self._bring_file(place, name, into, meta, told),
            [*listed, *optional],
            self._effort.workers,
        )
        lacking = [name for name, found in zip(listed, brought, strict=False) if not found]
        if lacking:
            where = self._meta_of(place)
            raise InvalidBatchError(
                f"{where}: lists {lacking[0]}, which is not there; tell whoever publishes it."
            )
        return "brought" if any(brought) else "absent"

    def _meta_of(self, place: Place) -> str:
        """Return how a person would name a batch's META.json."""
        return self._files.where(f"{place.path}/{META_FILE}")

    def _check_place(self, place: Place, meta: Meta) -> None:
        """Check that META.json, as far as it says what it is of, is of the batch asked for."""
        said = (meta.network, meta.processing_date, meta.window_days)
        for expected, found in zip(
            (place.network, place.day, place.window_days), said, strict=True
        ):
            if found not in {None, expected}:
                where = self._meta_of(place)
                raise InvalidBatchError(
                    f"{where}: is of {meta.batch_id}, expected {place.path}; tell whoever publishes it."
                )

    def _names(self, place: Place, meta: Meta | None) -> tuple[list[str], list[str]]:
        """Return the files META.json vouches for, and, where that may be missing, the tables that may be there."""
        listed = sorted(meta.digests) if meta else []
        for name in listed:
            if (
                "/" in name
                or "\\" in name
                or name.startswith(".")
                or name == META_FILE
                or name.endswith(PART)
            ):
                where = self._meta_of(place)
                raise InvalidBatchError(
                    f"{where}: lists {name!r}, which is no name of a batch's file; do not trust it."
                )
        tables = [table.file_name for table in BATCH_TABLES if table.file_name not in listed]
        if not listed and not self._allow_unverified:
            where = self._meta_of(place)
            raise IntegrityError(
                f"{where}: holds no hash; pass --allow-unverified to fetch what it cannot vouch for."
            )
        return listed, tables if self._allow_unverified else []

    def _bring_file(
        self, place: Place, name: str, into: Path, meta: Meta | None, told: Told
    ) -> bool:
        """Bring one file and verify it; what went on with an earlier try and is wrong is fetched anew once."""
        vouched = meta is not None and name in meta.digests
        if vouched and _verifies(into / name, meta):
            return True
        (into / name).unlink(missing_ok=True)
        resumed = (into / f"{name}{PART}").exists()
        if not self._copy(place, name, into, told):
            return False
        if vouched and resumed and not _verifies(into / name, meta):
            (into / name).unlink()
            self._copy(place, name, into, told)
        if vouched:
            try:
                check_digest(into / name, meta)
            except IntegrityError:
                (into / name).unlink()
                raise
        return True

    def _copy(
        self, place: Place, name: str, into: Path, told: Told, limit: int | None = None
    ) -> bool:
        part = into / f"{name}{PART}"
        if limit is not None:
            part.unlink(missing_ok=True)
        path = f"{place.path}/{name}"
        found = persist(
            lambda: self._files.copy(path, part, told, limit), self._files.where(path), self._effort
        )
        if found:
            part.rename(into / name)
        return found


def _is_there(present: Path, into: Path, meta: Meta) -> bool:
    """Whether a folder holds what a META.json just fetched lists, by its own hashes, and the same META.json."""
    known = present / META_FILE
    if not known.is_file() or known.read_bytes() != (into / META_FILE).read_bytes():
        return False
    return bool(meta.digests) and all(_verifies(present / name, meta) for name in meta.digests)


def _verifies(path: Path, meta: Meta | None) -> bool:
    if not path.is_file():
        return False
    try:
        check_digest(path, meta)
    except IntegrityError:
        return False
    return True


def _others(folder: Path, names: set[str]) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.removesuffix(PART) not in names]
