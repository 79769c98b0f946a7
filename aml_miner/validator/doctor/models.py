"""The models' folder: whole, of one piece, trained so that it can be repeated, and scoring as when it was saved."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import orjson

from aml_miner.errors import AmlMinerError
from aml_miner.models import (
    AlertRankerModel,
    AlertScorerModel,
    ClusterScorerModel,
    Models,
    RiskModel,
)
from aml_miner.models.artifact import METADATA_FILE, MODEL_FILE, file_text
from aml_miner.models.metadata import ModelMetadata, encode_metadata
from aml_miner.scoring.golden import GOLDEN_FILE, check_golden
from aml_miner.validator.doctor.examination import Examination

KINDS: Final[tuple[type[RiskModel], ...]] = (
    AlertScorerModel,
    AlertRankerModel,
    ClusterScorerModel,
)

_PINNED: Final = ("deterministic", "force_row_wise")
"""What LightGBM must be told, beside a seed and a number of threads, to grow the same trees again."""


def load_each(folder: Path) -> tuple[list[RiskModel], list[Examination]]:
    """Load what can be loaded of a models' folder, and say of each model whether it can."""
    models: list[RiskModel] = []
    found: list[Examination] = []
    for kind in KINDS:
        name = f"{kind.kind} is whole"
        try:
            model = kind.load(folder / kind.kind)
        except AmlMinerError as error:
            found.append(Examination("models", name, "fail", str(error)))
            continue
        models.append(model)
        told = (
            f"version {model.version}, {len(model.text.trees)} trees, "
            f"{len(model.feature_names)} features, hash and order of features as in metadata.json"
        )
        found.append(Examination("models", name, "pass", told))
    return models, found


def examine_models(models: Sequence[RiskModel], folder: Path) -> Iterator[Examination]:
    """Yield whether each model can be trained again, and saves as it lies in the folder."""
    for model in models:
        yield _pinned(model)
        yield _saved_again(model, folder / model.kind)


def _pinned(model: RiskModel) -> Examination:
    """Look for what LightGBM needs to grow the same trees from the same rows."""
    parameters = model.metadata.parameters
    loose = [f"{name} is not true" for name in _PINNED if parameters.get(name) is not True]
    loose += [
        f"{name} is {parameters[name]!r}, no number" if name in parameters else f"{name} is not set"
        for name in ("seed", "num_threads")
        if not _is_count(parameters.get(name), least=0 if name == "seed" else 1)
    ]
    name = f"{model.kind} can be trained again"
    if not loose:
        return Examination("models", name, "pass", f"seed {parameters['seed']}, one result")
    remedy = (
        "give train a --seed, and leave deterministic, force_row_wise and num_threads as training sets them: "
        "nobody else can make these trees from the same rows"
    )
    return Examination("models", name, "fail", f"parameters: {', '.join(loose)}", remedy)


def _is_count(value: object, *, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _saved_again(model: RiskModel, folder: Path) -> Examination:
    name = f"{model.kind} saves as it is"
    text, described = (folder / file for file in (MODEL_FILE, METADATA_FILE))
    other = [
        path.name
        for path, content in (
            (text, file_text(model.text).encode("ascii")),
            (described, _as_written(model.metadata, described)),
        )
        if path.read_bytes() != content
    ]
    if not other:
        return Examination("models", name, "pass", "the same bytes")
    remedy = "save the model by this program, and change nothing by hand: its files are compared by their bytes"
    found = f"{', '.join(other)} has other bytes when the loaded model is saved"
    return Examination("models", name, "fail", found, remedy)


def _as_written(metadata: ModelMetadata, path: Path) -> bytes:
    """Return metadata as it is saved, without the fields a file of an earlier release could not have."""
    there = orjson.loads(path.read_bytes())
    fields = ModelMetadata.model_fields
    added = [
        name
        for name in fields
        if name not in there and getattr(metadata, name) == fields[name].default
    ]
    return encode_metadata(metadata, without=added)


def examine_golden(models: Models, folder: Path) -> Examination:
    """Say whether the golden batch scores to the bit as when the models were saved."""
    try:
        written = check_golden(models, folder)
    except AmlMinerError as error:
        return Examination("golden batch", "scores as when saved", "fail", str(error))
    if written:
        return Examination(
            "golden batch", "scores as when saved", "pass", "every score, rank and reason"
        )
    found = f"there is no {GOLDEN_FILE}: nothing shows whether calibration and scores are those that were saved"
    remedy = "restore the file, train the models again, or save them with golden_documents(models) beside them"
    return Examination("golden batch", "scores as when saved", "fail", found, remedy)
