"""A submission package: scores, what made them, and a signed receipt that ties both to a batch.

Every hash is over values, so a table written anew with the same content keeps its own; the order of rows counts.
"""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import polars as pl
from nacl.signing import SigningKey

from aml_miner.batch.batch import Batch
from aml_miner.batch.digests import digest_table
from aml_miner.batch.reading import read_parquet
from aml_miner.errors import ConfigurationError, InvalidBatchError
from aml_miner.utils.folders import whole_folder
from aml_miner.validator.signing import canonical_json, is_signed, public_key, sign
from aml_miner.validator.submission import PACKAGED_FILE, RECEIPT_FILE, Receipt, Submission

if TYPE_CHECKING:
    from aml_miner.models import Models

MANIFEST_FILE = "manifest.json"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a package comes from: the URL and commit of the repository its models were made by.

    Raises
    ------
    ConfigurationError
        If either is blank: a validator would refuse the package.
    """

    model_github_url: str
    repository_commit: str

    def __post_init__(self) -> None:
        """Check that both are given."""
        blank = [name for name, value in asdict(self).items() if not value.strip()]
        if blank:
            raise ConfigurationError(
                f"{blank[0]} must be filled: validators refuse a package without it."
            )


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """What a receipt says: three hashes of 64 digits, a version, the signer's public key and the signature."""

    input_sha256: str
    scores_sha256: str
    manifest_sha256: str
    model_version: str
    public_key: str
    signature: str

    def signed_part(self) -> dict[str, str]:
        """Return what the signature covers: everything but itself."""
        return {name: value for name, value in asdict(self).items() if name != "signature"}


def write_package(
    submission: Submission,
    batch: Batch,
    models: "Models",
    folder: Path,
    *,
    key: SigningKey,
    origin: Origin,
) -> SignedReceipt:
    """Write ``scores.parquet``, ``manifest.json`` and ``receipt.json``, and return the receipt.

    Raises
    ------
    InvalidBatchError
        If the scores are not of this batch, or another model than the given one made them.
    OutputError
        If the folder exists and is no package, or cannot be written.
    """
    version = models.alert_scorer.version
    _check_origin(submission, batch, version)
    scores = _packaged_rows(submission, origin.model_github_url, public_key(key))
    manifest = make_manifest(models, origin)
    unsigned = {
        "input_sha256": digest_input(batch),
        "scores_sha256": digest_table(scores),
        "manifest_sha256": digest_manifest(manifest),
        "model_version": version,
        "public_key": public_key(key),
    }
    receipt = SignedReceipt(**unsigned, signature=sign(unsigned, key))
    with whole_folder(folder, "package") as partial:
        scores.write_parquet(partial / PACKAGED_FILE)
        (partial / MANIFEST_FILE).write_bytes(_readable(manifest))
        (partial / RECEIPT_FILE).write_bytes(_readable(asdict(receipt)))
    return receipt


def make_manifest(models: "Models", origin: Origin) -> dict[str, object]:
    """Return what made the scores: the repository, and of each model its version, hashes, libraries and seed.

    ``decisive_sha256`` covers what decides a model's answers beside its trees too: calibration, features, categories
    and the ranges reasons speak of. Where they were measured and when it was trained is no part of it.
    """
    described: dict[str, object] = {}
    for model in (models.alert_scorer, models.alert_ranker, models.cluster_scorer):
        described[model.kind] = {
            "version": model.version,
            "model_sha256": model.metadata.model_sha256,
            "decisive_sha256": model.metadata.decisive_sha256,
            "library_versions": dict(model.metadata.library_versions),
            "seed": model.metadata.parameters.get("seed"),
        }
    return asdict(origin) | {"models": described}


def digest_manifest(manifest: object) -> str:
    """Return the SHA-256 over a manifest's values, whatever its spaces and the order of its keys."""
    return hashlib.sha256(canonical_json(manifest)).hexdigest()


def digest_input(batch: Batch) -> str:
    """Return the SHA-256 over the values of everything scores are made from: alerts, features and clusters."""
    tables = {"alerts": batch.alerts, "features": batch.features, "clusters": batch.clusters}
    digests = {name: digest_table(table) for name, table in tables.items()}
    return hashlib.sha256(canonical_json(digests)).hexdigest()


def read_receipt(folder: Path) -> SignedReceipt:
    """Read the receipt of a package; whether it is true is not looked at.

    Raises
    ------
    InvalidBatchError
        If there is none, or it does not hold exactly the texts a receipt has.
    """
    path = folder / RECEIPT_FILE
    document = read_document(path)
    expected = set(SignedReceipt.__dataclass_fields__)
    if set(document) != expected or not all(isinstance(value, str) for value in document.values()):
        names = ", ".join(sorted(expected))
        message = f"{path}: expected the texts {names}, and nothing else; pack the results again."
        raise InvalidBatchError(message)
    return SignedReceipt(**{name: str(value) for name, value in document.items()})


def check_receipt(folder: Path) -> Receipt:
    """Check whether the scores of a package are those signed, and the signature is valid, whoever signed.

    Raises
    ------
    InvalidBatchError
        If its scores or its receipt cannot be read.
    """
    receipt = read_receipt(folder)
    scores = digest_table(read_parquet(folder / PACKAGED_FILE))
    return Receipt(
        hash_matches=scores == receipt.scores_sha256,
        signature_valid=is_signed(receipt.signed_part(), receipt.signature, receipt.public_key),
    )


def read_document(path: Path) -> dict[str, object]:
    """Read a JSON object.

    Raises
    ------
    InvalidBatchError
        If there is no such file, or it holds something else.
    """
    try:
        document = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        message = f"{path}: no JSON can be read; name a folder aml-miner submit-package wrote."
        raise InvalidBatchError(message) from error
    if not isinstance(document, dict):
        message = f"{path}: expected a JSON object; name a folder aml-miner submit-package wrote."
        raise InvalidBatchError(message)
    return document


def _check_origin(submission: Submission, batch: Batch, version: str) -> None:
    scored = submission.rows["alert_id"].sort()
    if not scored.equals(batch.alerts["alert_id"].sort(), check_names=False):
        message = (
            f"{submission.name}: its {len(scored)} alerts are not the {batch.alerts.height} of the "
            "batch; score this batch and pack those results."
        )
        raise InvalidBatchError(message)
    found = values_of(submission.rows, "model_version")
    if found != [version]:
        names = ", ".join(found) or "none"
        message = (
            f"{submission.name}: 'model_version' must be that of the models, {version}; found {names}; "
            "name the models that made these results."
        )
        raise InvalidBatchError(message)


def values_of(rows: pl.DataFrame, column: str) -> list[str]:
    """Return what rows say in a column, sorted; a null as ``null``, none where there is no such column."""
    if column not in rows.columns:
        return []
    return sorted(rows[column].cast(pl.String).fill_null("null").unique().to_list())


def _packaged_rows(submission: Submission, url: str, submitter: str) -> pl.DataFrame:
    kept = ("processing_date", "window_days", "alert_id", "score", "model_version")
    rows = submission.rows.select(name for name in kept if name in submission.rows.columns)
    return rows.with_columns(
        pl.lit(url).alias("model_github_url"),
        pl.lit(submitter).alias("submitter_id"),
        pl.lit(submission.latency_ms, dtype=pl.Float64).alias("latency_ms"),
    )


def _readable(document: object) -> bytes:
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(document, option=options)
