"""A saved model: LightGBM's text and readable metadata, audited before anything is built from them.

LightGBM trusts a model file and dies of a bad one, so the order of the audit matters: sizes, then the protocol, then
the hash of the text, then its grammar (``model_text``), then whether text and metadata speak of the same model.
"""

import hashlib
from pathlib import Path
from typing import Final, NoReturn

import numpy as np
import orjson
from pydantic import ValidationError

from aml_miner.errors import ModelNotLoadedError, ModelRejectedError
from aml_miner.models.metadata import (
    PROTOCOL,
    Kind,
    ModelMetadata,
    digest_names,
    encode_metadata,
)
from aml_miner.models.model_text import ModelText, parse_model_text
from aml_miner.utils.folders import whole_folder

MODEL_FILE: Final = "model.txt"
METADATA_FILE: Final = "metadata.json"
MAX_MODEL_BYTES: Final = 100_000_000
"""The size a model was promised to stay under."""
MAX_METADATA_BYTES: Final = 10_000_000
"""Our choice: room for a category with 100 000 values."""

OBJECTIVES: Final[dict[Kind, str]] = {
    "alert_scorer": "binary",
    "alert_ranker": "lambdarank",
    "cluster_scorer": "binary",
}
"""What each kind of model is trained for, and so what its text must say."""


def file_text(text: ModelText) -> str:
    """Return what ``model.txt`` holds: header and trees, nothing of what LightGBM writes behind them."""
    return f"{text.text}\nfeature_importances:\n"


def digest_text(text: ModelText) -> str:
    """Return the SHA-256 of ``model.txt``."""
    return hashlib.sha256(file_text(text).encode("ascii")).hexdigest()


def save_artifact(folder: Path, text: ModelText, metadata: ModelMetadata) -> None:
    """Write ``model.txt`` and ``metadata.json`` into a folder, whole or not at all.

    Raises
    ------
    ModelRejectedError
        If text and metadata do not belong together: nothing is written that could not be loaded.
    OutputError
        If the folder cannot be written, or was not written by this package.
    """
    with whole_folder(folder, "model") as partial:
        write_artifact(partial, text, metadata)


def write_artifact(folder: Path, text: ModelText, metadata: ModelMetadata) -> None:
    """Write the two files into a folder that is there; ``save_artifact`` for a caller who has a whole one in hand."""
    _check_hash(folder, file_text(text).encode("ascii"), metadata)
    check_agreement(text, metadata)
    (folder / MODEL_FILE).write_bytes(file_text(text).encode("ascii"))
    (folder / METADATA_FILE).write_bytes(encode_metadata(metadata))


def load_artifact(folder: Path) -> tuple[ModelText, ModelMetadata]:
    """Read and audit a saved model; LightGBM is not involved.

    Raises
    ------
    ModelNotLoadedError
        If the folder or one of its files is missing.
    ModelRejectedError
        If a file is too large, of another protocol, cut off or changed, or the two disagree.
    """
    metadata = _read_metadata(folder)
    content = _read(folder, MODEL_FILE, MAX_MODEL_BYTES)
    _check_hash(folder, content, metadata)
    text = parse_model_text(content.decode("latin-1"), max_bytes=MAX_MODEL_BYTES)
    if digest_text(text) != metadata.model_sha256:
        _reject(folder / MODEL_FILE, "must end after its trees", "something behind them")
    check_agreement(text, metadata)
    return text, metadata


def check_agreement(text: ModelText, metadata: ModelMetadata) -> None:
    """Check that a model's text and its metadata speak of the same model.

    Raises
    ------
    ModelRejectedError
        If features, kind or categories differ.
    """
    _check_names(text, metadata)
    expected = OBJECTIVES[metadata.kind]
    if text.objective != expected:
        must = f"must have the objective '{expected}' of kind '{metadata.kind}'"
        _reject(MODEL_FILE, must, f"'{text.objective}'")
    _check_categories(text, metadata)


def _read(folder: Path, name: str, max_bytes: int) -> bytes:
    path = folder / name
    try:
        size = path.stat().st_size
        if size > max_bytes:
            _reject(path, f"must have at most {max_bytes} bytes", size)
        return path.read_bytes()
    except OSError as error:
        raise ModelNotLoadedError(
            f"{path}: there is no model to load: {error.strerror}. Train one, or name its folder."
        ) from error


def _read_metadata(folder: Path) -> ModelMetadata:
    path = folder / METADATA_FILE
    content = _read(folder, METADATA_FILE, MAX_METADATA_BYTES)
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        _reject(path, "must be JSON", str(error))
    protocol = document.get("protocol") if isinstance(document, dict) else None
    if protocol != PROTOCOL:
        _reject(path, f"must be of protocol {PROTOCOL}", f"{protocol!r}")
    try:
        return ModelMetadata.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        _reject(path, f"must have a valid '{place}'", first["msg"])


def _check_hash(folder: Path, content: bytes, metadata: ModelMetadata) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != metadata.model_sha256:
        expected = f"must have the SHA-256 {metadata.model_sha256} given in {METADATA_FILE}"
        _reject(folder / MODEL_FILE, expected, found)


def _check_names(text: ModelText, metadata: ModelMetadata) -> None:
    names = metadata.feature_names
    if digest_names(names) != metadata.feature_names_sha256:
        must = f"must list the features whose SHA-256 is {metadata.feature_names_sha256}"
        _reject(METADATA_FILE, must, digest_names(names))
    if text.feature_names == names:
        return
    for place, (ours, theirs) in enumerate(zip(text.feature_names, names, strict=False)):
        if ours != theirs:
            _reject(METADATA_FILE, f"must name feature {place} '{ours}' as {MODEL_FILE}", theirs)
    must = f"must name {len(text.feature_names)} features as {MODEL_FILE} does"
    _reject(METADATA_FILE, must, len(names))


def _check_categories(text: ModelText, metadata: ModelMetadata) -> None:
    """A number tested as a category, or the reverse, would be scored silently."""
    tables = metadata.code_tables
    for name, values in tables.items():
        if name not in metadata.feature_names:
            _reject(METADATA_FILE, "must give code tables to features alone", name)
        if list(values) != sorted(set(values)):
            _reject(METADATA_FILE, f"must sort the code table of '{name}', each value once", values)
    is_category = np.array([name in tables for name in text.feature_names])
    for number, tree in enumerate(text.trees):
        wrong = tree.split_feature[is_category[tree.split_feature] != tree.is_categorical]
        for feature in wrong[:1]:
            name = text.feature_names[feature]
            kind = "category" if name in tables else "number"
            must = f"must test '{name}' as the {kind} {METADATA_FILE} says it is"
            _reject(f"{MODEL_FILE}, tree {number}", must, "another test")


def _reject(where: Path | str, must: str, found: object) -> NoReturn:
    shown = str(found) if len(str(found)) <= 80 else f"{str(found)[:80]}…"
    raise ModelRejectedError(
        f"{where}: {must}; found {shown}. Restore the folder as it was saved, or train the model again."
    )
