"""One date from its source to where results are handed out: fetch, score, package, store.

Every step leaves a folder that is whole or not there, and a step whose folder is there already, of the same input, is
kept. So a run may be killed at any point, and the next one goes on; a run of a date that is done changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nacl.signing import SigningKey

from aml_miner.batch.reading import read_batch
from aml_miner.batch.schemas import SCORED_TABLES
from aml_miner.errors import AmlMinerError, InvalidBatchError, SourceError
from aml_miner.intake.fetching import Fetched, Source, fetch_batches
from aml_miner.intake.files import Told
from aml_miner.intake.place import Place
from aml_miner.models import load_models
from aml_miner.scoring.days import Day, score_day
from aml_miner.utils.folders import check_replaceable
from aml_miner.validator.package import (
    Origin,
    check_receipt,
    digest_input,
    digest_manifest,
    make_manifest,
    read_receipt,
    write_package,
)
from aml_miner.validator.signing import public_key
from aml_miner.validator.submission import read_submission

type Step = Literal["fetch", "score", "package"]
type Status = Literal["done", "kept"]


@dataclass(frozen=True, slots=True)
class Packing:
    """Where packages go, and what they are signed with."""

    packages: Path
    key: SigningKey
    origin: Origin


@dataclass(frozen=True, slots=True)
class Stores:
    """Where batches and results go, each in ``{network}/{processing_date}/{window_days}``, and where models are."""

    batches: Path
    results: Path
    models: Path


@dataclass(frozen=True, slots=True)
class RanPlace:
    """What became of a batch: of each step whether it was done now or kept from before."""

    place: Place
    results: Path
    steps: dict[Step, Status]


def run_place(
    source: Source,
    place: Place,
    stores: Stores,
    packing: Packing | None = None,
    *,
    allow_unverified: bool = False,
    begin: Callable[[str], None] = lambda _: None,
    told: Told = lambda _: None,
) -> RanPlace:
    """Take one batch from its source to its results, and to a package where one is wanted.

    Parameters
    ----------
    source, place
        Where from, and which batch.
    stores, packing
        Where to; no package is made without `packing`.
    allow_unverified
        As in `read_batch`; results are then never kept, for nothing tells that the batch is the same.
    begin, told
        Told of each step as it begins, and of bytes as they arrive.

    Raises
    ------
    SourceError
        If the source is not reached, or has no such batch.
    InvalidBatchError
        If the batch breaks the contract, or is not the one its META.json means.
    ModelNotLoadedError, OutputError
        If there is no usable model, or nowhere to write.
    """
    begin("fetching")
    (fetched,) = fetch_batches(source, [place], stores.batches, 1, told=told)
    steps: dict[Step, Status] = {"fetch": _fetched(fetched)}
    begin("scoring")
    results = stores.results / place.path
    steps["score"] = _score(
        fetched.folder, results, stores.models, allow_unverified=allow_unverified
    )
    if packing is not None:
        begin("packing")
        package = packing.packages / place.path
        steps["package"] = _pack(
            results,
            fetched.folder,
            package,
            packing,
            stores.models,
            allow_unverified=allow_unverified,
        )
    return RanPlace(place, results, steps)


def _fetched(fetched: Fetched) -> Status:
    if fetched.error is not None:
        raise fetched.error
    if fetched.status == "absent":
        raise SourceError(
            f"{fetched.place.path}: the source has no such batch; run this again once it has."
        )
    return "kept" if fetched.status == "kept" else "done"


def _score(batch: Path, results: Path, models: Path, *, allow_unverified: bool) -> Status:
    check_replaceable(results, "results")
    load_models(models)  # what is wrong with them is an error of its own kind
    scored = score_day(Day(batch, models, results, allow_unverified))
    if scored.status == "failed":
        raise InvalidBatchError(scored.error)
    return "kept" if scored.status == "kept" else "done"


def _pack(
    results: Path,
    batch: Path,
    package: Path,
    packing: Packing,
    models: Path,
    *,
    allow_unverified: bool,
) -> Status:
    check_replaceable(package, "package")
    loaded = load_models(models)
    read = read_batch(batch, SCORED_TABLES, allow_unverified=allow_unverified)
    manifest = digest_manifest(make_manifest(loaded, packing.origin))
    if _is_packed(package, digest_input(read), manifest, packing):
        return "kept"
    write_package(
        read_submission(results), read, loaded, package, key=packing.key, origin=packing.origin
    )
    return "done"


def _is_packed(package: Path, input_sha256: str, manifest_sha256: str, packing: Packing) -> bool:
    """Whether a package is there, whole, of this batch, these models, this repository and this key."""
    try:
        receipt, checked = read_receipt(package), check_receipt(package)
    except (AmlMinerError, FileNotFoundError):
        return False
    same = (receipt.input_sha256, receipt.manifest_sha256) == (input_sha256, manifest_sha256)
    return (
        same
        and receipt.public_key == public_key(packing.key)
        and checked.hash_matches
        and checked.signature_valid
    )
