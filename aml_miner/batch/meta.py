"""META.json: what a batch is and which files it vouches for.

Four shapes are in use; all are read, the first is written::

    exporter       sha256 {"alerts.parquet": hex}, counts, batch_id, network, processing_date, window_days
    older reader   files {"alerts.parquet": {"md5": hex}}
    job reader     files [{"filename": "alerts.parquet", "checksum": sha256 hex}]
    first plan     sha256 {"alerts.parquet": hex}, n_alerts

Hashes of both kinds for one file: the SHA-256 counts.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from aml_miner.batch.faults import reading
from aml_miner.batch.schemas import SCHEMA_VERSION
from aml_miner.errors import IntegrityError, InvalidBatchError

META_FILE = "META.json"

_HASHED_AT_ONCE: Final = 8_000_000
"""Bytes. Python's lock is asked for after each part, and whoever holds it may keep it for 5 ms."""

type Algorithm = Literal["sha256", "md5"]


@dataclass(frozen=True, slots=True)
class Digest:
    """A file's expected hash: which kind, and its hexadecimal digits in lower case."""

    algorithm: Algorithm
    hexadecimal: str


@dataclass(frozen=True, slots=True)
class Meta:
    """What META.json says of a batch; anything it does not say is None or empty.

    Attributes
    ----------
    counts
        Rows by table as they are written there: ``alerts``, ``alerts.parquet`` or ``n_alerts``.
    digests
        Hashes by file name.
    """

    network: str | None = None
    processing_date: date | None = None
    window_days: int | None = None
    generated_at: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    digests: Mapping[str, Digest] = field(default_factory=dict)

    @property
    def batch_id(self) -> str:
        """Name of the batch: network, date and window, as far as they are known."""
        window = None if self.window_days is None else f"{self.window_days}d"
        known = (self.network, self.processing_date, window)
        return "-".join(str(part) for part in known if part is not None)


class _Md5(BaseModel):
    md5: str


class _NamedChecksum(BaseModel):
    filename: str
    checksum: str


class _MetaDocument(BaseModel):
    """The union of the four shapes, as JSON holds them."""

    model_config = ConfigDict(extra="ignore")

    network: str | None = None
    processing_date: date | None = None
    window_days: int | None = Field(default=None, ge=1)
    generated_at: str | None = None
    counts: dict[str, int] = {}
    n_alerts: int | None = None
    sha256: dict[str, str] = {}
    files: dict[str, _Md5] | list[_NamedChecksum] = {}

    def digests(self) -> dict[str, Digest]:
        if isinstance(self.files, dict):
            found = {name: Digest("md5", file.md5.lower()) for name, file in self.files.items()}
        else:
            found = {f.filename: Digest("sha256", f.checksum.lower()) for f in self.files}
        found |= {name: Digest("sha256", digits.lower()) for name, digits in self.sha256.items()}
        return {str(PurePosixPath(name)): digest for name, digest in found.items()}  # ./a is a

    def all_counts(self) -> dict[str, int]:
        return self.counts | ({} if self.n_alerts is None else {"n_alerts": self.n_alerts})


def read_meta(folder: Path) -> Meta | None:
    """Read a folder's META.json, in any of its four shapes.

    Returns
    -------
    Meta or None
        None when the folder has no META.json.

    Raises
    ------
    InvalidBatchError
        If the file cannot be read, is not JSON, or a field has the wrong form.
    """
    path = folder / META_FILE
    with reading(path):
        content = path.read_bytes() if path.is_file() else None
    if content is None:
        return None
    try:
        document = _MetaDocument.model_validate_json(content)
    except ValidationError as error:
        message = f"{path}: {_fault(error.errors()[0])}"
        raise InvalidBatchError(message) from error
    return Meta(
        network=document.network,
        processing_date=document.processing_date,
        window_days=document.window_days,
        generated_at=document.generated_at,
        counts=document.all_counts(),
        digests=document.digests(),
    )


def _fault(error: ErrorDetails) -> str:
    """Say what is wrong with the document and what to do."""
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "json_invalid":
        return (
            f"not valid JSON ({error['ctx']['error']}); fetch it again, "
            "or remove it and pass --allow-unverified."
        )
    if not place:
        return f"must be a JSON object, found {type(error['input']).__name__}; fetch it again."
    if place.startswith("files"):  # either of two shapes: say both, not what either lacks
        return (
            'files: must be {name: {"md5": …}} or [{"filename": …, "checksum": …}]; '
            "correct it or fetch it again."
        )
    return f"{place}: {error['msg']}; correct it or fetch it again."


def write_meta(folder: Path, meta: Meta) -> None:
    """Write META.json in the exporter's shape, with the SHA-256 of every file of the folder."""
    files = sorted(path for path in folder.iterdir() if path.name != META_FILE)
    document = {
        "schema_version": SCHEMA_VERSION,
        "batch_id": meta.batch_id,
        "network": meta.network,
        "processing_date": meta.processing_date,
        "window_days": meta.window_days,
        "generated_at": meta.generated_at,
        "counts": dict(sorted(meta.counts.items())),
        "sha256": {path.name: file_digest(path, "sha256") for path in files},
    }
    (folder / META_FILE).write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")


def file_digest(path: Path, algorithm: Algorithm) -> str:
    """Return a file's hash as lower-case hexadecimal digits."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    part = memoryview(bytearray(_HASHED_AT_ONCE))
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(part):
            digest.update(part[:size])
    return digest.hexdigest()


def check_digest(path: Path, meta: Meta | None) -> None:
    """Check that META.json vouches for a file and that the file is the one it means.

    Raises
    ------
    IntegrityError
        If META.json or the file's hash in it is absent, or the hash differs.
    InvalidBatchError
        If the file cannot be read.
    """
    if meta is None:
        message = (
            f"{path.parent}: no {META_FILE}, so {path.name} cannot be verified; "
            "pass --allow-unverified to read it all the same."
        )
        raise IntegrityError(message)
    expected = meta.digests.get(path.name)
    if expected is None:
        message = (
            f"{path.parent / META_FILE}: no hash for {path.name}; "
            "pass --allow-unverified to read it all the same."
        )
        raise IntegrityError(message)
    with reading(path):
        found = file_digest(path, expected.algorithm)
    if found != expected.hexadecimal:
        message = (
            f"{path}: {expected.algorithm} is {found}, {META_FILE} expects {expected.hexadecimal}; "
            "the file was changed or cut off: fetch it again."
        )
        raise IntegrityError(message)
