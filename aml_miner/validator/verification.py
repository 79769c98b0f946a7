"""Is a package what its receipt says, of this batch, by this model and this signer: one answer to each question."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from aml_miner.batch.batch import Batch
from aml_miner.batch.digests import digest_table
from aml_miner.batch.reading import read_parquet
from aml_miner.errors import ConfigurationError
from aml_miner.models import Models
from aml_miner.scoring import score_batch
from aml_miner.validator.difference import differing_rows
from aml_miner.validator.package import (
    MANIFEST_FILE,
    Origin,
    digest_input,
    digest_manifest,
    make_manifest,
    read_document,
    read_receipt,
    values_of,
)
from aml_miner.validator.signing import is_signed
from aml_miner.validator.submission import PACKAGED_FILE


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether one thing about a package holds; where it does not, what was found and what to do."""

    name: str
    holds: bool
    detail: str


def verify_package(
    folder: Path,
    batch: Batch,
    *,
    models: Models | None = None,
    signer: str | None = None,
    rescore: bool = False,
) -> list[Answer]:
    """Check a package: signature, scores, manifest, batch, model and signer.

    Its rows must name the key that signed it. Somebody else can change both, and what they sign is sound in itself:
    only `signer`, the public key that is expected, tells it apart. With `models` the whole manifest is compared with
    theirs, and with `rescore` each score to its last bit.

    Raises
    ------
    InvalidBatchError
        If a file of the package is missing or cannot be read.
    ConfigurationError
        If it is to be scored again, and no models are given.
    """
    if rescore and models is None:
        message = f"{folder}: to score it again models are needed; name them with --models."
        raise ConfigurationError(message)
    receipt = read_receipt(folder)
    scores = read_parquet(folder / PACKAGED_FILE)
    manifest = read_document(folder / MANIFEST_FILE)
    signed = is_signed(receipt.signed_part(), receipt.signature, receipt.public_key)
    answers = [
        _answer("signature", "the receipt was changed after it was signed", holds=signed),
        _answer(
            "scores",
            "scores.parquet has other values or another order than were signed",
            holds=digest_table(scores) == receipt.scores_sha256,
        ),
        _answer(
            "manifest",
            "manifest.json has other values than were signed",
            holds=digest_manifest(manifest) == receipt.manifest_sha256,
        ),
        _answer(
            "batch",
            "the scores are of another batch; name the batch that was scored",
            holds=digest_input(batch) == receipt.input_sha256,
        ),
        _of_model(receipt.model_version, scores, manifest, models),
        _of_signer(receipt.public_key, scores, signer),
    ]
    if rescore and models:
        answers.append(_rescored(scores, score_batch(batch, models).alert_scores))
    return answers


def _answer(name: str, otherwise: str, *, holds: bool) -> Answer:
    return Answer(name, holds, "" if holds else otherwise)


def _of_model(
    version: str, scores: pl.DataFrame, manifest: dict[str, object], models: Models | None
) -> Answer:
    named = values_of(scores, "model_version")
    if named != [version]:
        found = ", ".join(named) or "none"
        return Answer("model", holds=False, detail=f"the receipt names {version}, its rows {found}")
    if models is None:
        return Answer("model", holds=True, detail="")
    own = models.alert_scorer.version
    if version != own:
        told = f"made by {version}, not by {own}; name its models with --models"
        return Answer("model", holds=False, detail=told)
    other = _other_fields(manifest, models)
    told = f"manifest.json is not that of these models: {', '.join(other)}; name its models with --models"
    return _answer("model", told, holds=not other)


def _other_fields(manifest: dict[str, object], models: Models) -> list[str]:
    """Return what a manifest says otherwise than the one these models would be packed with, by its place."""
    url, commit = (str(manifest.get(name) or "none") for name in Origin.__dataclass_fields__)
    expected = make_manifest(models, Origin(url, commit))
    ours, theirs = _flat(expected), _flat(manifest)
    return sorted(
        name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)
    )


def _flat(document: Mapping[str, object], before: str = "") -> dict[str, object]:
    """Return the values of nested objects by their places; an empty object counts as a value."""
    found: dict[str, object] = {}
    for name, value in document.items():
        place = f"{before}{name}"
        if isinstance(value, Mapping) and value:
            found |= _flat(value, f"{place}.")
        else:
            found[place] = value
    return found


def _of_signer(own: str, scores: pl.DataFrame, signer: str | None) -> Answer:
    named = values_of(scores, "submitter_id")
    if named != [own]:
        found = ", ".join(named) or "no submitter_id"
        return Answer("signer", holds=False, detail=f"signed by {own}, its rows name {found}")
    told = f"signed by {own}, not by {signer}"
    return _answer("signer", told, holds=signer is None or own == signer.lower())


def _rescored(scores: pl.DataFrame, anew: pl.DataFrame) -> Answer:
    """Compare row by row and bit by bit; results come sorted by alert_id and rank, and so they were packed."""
    needed = {"alert_id", "score"} <= set(scores.columns) and scores["score"].dtype == pl.Float64
    if not needed or not scores["alert_id"].equals(anew["alert_id"], null_equal=False):
        return Answer(
            "rescore", holds=False, detail="its alerts are not those scored anew, in order"
        )
    differs = differing_rows(anew["score"], scores["score"])
    if not differs.size:
        return Answer("rescore", holds=True, detail="")
    first = int(differs[0])
    detail = (
        f"{differs.size} of {scores.height} scores differ, first '{scores['alert_id'][first]}': "
        f"{scores['score'][first]!r} packed, {anew['score'][first]!r} scored anew"
    )
    return Answer("rescore", holds=False, detail=detail)
