"""What is known of a model beside its trees, as it stands in ``metadata.json``."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, JsonValue

from aml_miner.models.calibration import Calibration

type Kind = Literal["alert_scorer", "alert_ranker", "cluster_scorer"]
type Scalar = bool | int | float | str | None

PROTOCOL: Final = 2
"""Raise it when a reader of the old form would misread the new one; then say what becomes of models of the old one.

2: scores may be calibrated, and features left out. A reader of 1 would score without the calibration. Models of
protocol 1 are refused: train them again.
"""


_DECISIVE: Final = (
    "kind", "protocol", "feature_names", "code_tables", "calibration", "usual_ranges", "model_sha256",
)  # fmt: skip
"""What scores, ranks or reasons depend on; the rest of metadata says where a model comes from."""


class ModelMetadata(BaseModel):
    """Where a model comes from, and what must be true of what it is given.

    Attributes
    ----------
    protocol
        Form of the artifact.
    kind
        Which of the models it is.
    feature_names, feature_names_sha256
        The columns in the order of the trees, and the hash of that list.
    code_tables
        Per category column: the values training saw, sorted.
    left_out
        Features that were there and are not learned from, each with the reason.
    calibration
        How raw scores become shares; null where a logistic curve does.
    parameters
        What LightGBM was trained with.
    provenance
        Where the data comes from, in words; empty when nobody said.
    data_digest
        SHA-256 over the values of features and labels it was trained on.
    trained_through
        Latest processing date among them; null when there is none.
    rows, positives
        Labelled rows it was trained on, and how many of them were illicit.
    usual_ranges
        Per number: the range nine in ten licit training rows lie in, in the feature's unit.
    metrics
        What was measured out of fold; empty when nothing was.
    library_versions
        Versions of what trained it; the same data and seed promise the same trees for these only.
    model_sha256
        SHA-256 of ``model.txt``; its first 12 digits are the model's version.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    protocol: int = PROTOCOL
    kind: Kind
    feature_names: tuple[str, ...]
    feature_names_sha256: str
    code_tables: Mapping[str, tuple[str, ...]]
    left_out: Mapping[str, str] = {}
    calibration: Calibration | None = None
    parameters: Mapping[str, Scalar]
    provenance: str = ""
    data_digest: str
    trained_through: date | None = None
    rows: int
    positives: int
    usual_ranges: Mapping[str, tuple[float, float]] = {}
    metrics: Mapping[str, JsonValue] = {}
    library_versions: Mapping[str, str]
    model_sha256: str

    @property
    def decisive_sha256(self) -> str:
        """SHA-256 over everything that decides what a model answers, its calibration included.

        Two models of one version may differ in it: the version is that of the trees alone.
        """
        document = self.model_dump(mode="json", include=set(_DECISIVE))
        return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()


def digest_names(names: Sequence[str]) -> str:
    """Return the SHA-256 of a list of names, their order included.

    Examples
    --------
    >>> digest_names(["degree_in", "degree_out"])[:12]
    'be6d8e037324'
    >>> digest_names(["degree_out", "degree_in"])[:12]
    '881292f4e7ea'
    """
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def encode_metadata(metadata: ModelMetadata, without: Collection[str] = ()) -> bytes:
    """Return the bytes of ``metadata.json``: sorted keys, indented, the same for equal metadata.

    Parameters
    ----------
    metadata
        What is written.
    without
        Fields to leave out: those a file of an earlier release does not have.
    """
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    document = metadata.model_dump(mode="json", exclude=set(without))
    return orjson.dumps(document, option=options)
