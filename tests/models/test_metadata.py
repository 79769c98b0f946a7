"""One hash covers everything that decides what a model answers, and nothing that does not."""

import pytest

from aml_miner.models import AlertScorerModel, ModelMetadata
from aml_miner.models.calibration import Calibration
from tests.models.conftest import Build

KNOTS = Calibration(method="platt", raw=(-1.0, 1.0), share=(0.1, 0.5), rows=9, positives=3)

DECISIVE: dict[str, object] = {
    "protocol": 3,
    "kind": "cluster_scorer",
    "feature_names": ("burst", "amount_usd"),
    "code_tables": {"typology": ("cycle",)},
    "calibration": KNOTS,
    "usual_ranges": {"burst": (0.0, 1.0)},
    "model_sha256": "f" * 64,
}
OTHERS: dict[str, object] = {
    "feature_names_sha256": "f" * 64,  # follows from feature_names
    "left_out": {"degree_in": "it is all zero"},
    "parameters": {"seed": 2},
    "provenance": "a day of 2025",
    "data_digest": "e" * 64,
    "trained_through": None,
    "rows": 1,
    "positives": 1,
    "metrics": {"auc": 0.5},
    "library_versions": {"lightgbm": "1"},
}


@pytest.fixture(scope="module")
def metadata(build_model: Build) -> ModelMetadata:
    return build_model(AlertScorerModel).metadata


def test_every_field_is_said_to_decide_or_not() -> None:
    """A field that is added must be put into one of the two, and if it decides, into the hash."""
    assert DECISIVE.keys() | OTHERS.keys() == ModelMetadata.model_fields.keys()
    assert not DECISIVE.keys() & OTHERS.keys()


@pytest.mark.parametrize("name", DECISIVE)
def test_what_decides_an_answer_changes_the_hash(metadata: ModelMetadata, name: str) -> None:
    other = metadata.model_copy(update={name: DECISIVE[name]})
    assert other.decisive_sha256 != metadata.decisive_sha256


@pytest.mark.parametrize("name", OTHERS)
def test_where_a_model_comes_from_does_not(metadata: ModelMetadata, name: str) -> None:
    other = metadata.model_copy(update={name: OTHERS[name]})
    assert other.decisive_sha256 == metadata.decisive_sha256


def test_a_knot_moved_by_its_last_bit_changes_the_hash(metadata: ModelMetadata) -> None:
    moved = KNOTS.model_copy(update={"share": (0.1, 0.5000000000000001)})
    hashes = [
        metadata.model_copy(update={"calibration": knots}).decisive_sha256
        for knots in (KNOTS, moved)
    ]
    assert hashes[0] != hashes[1]


def test_the_order_of_features_counts_and_that_of_tables_does_not(metadata: ModelMetadata) -> None:
    turned = metadata.model_copy(update={"feature_names": metadata.feature_names[::-1]})
    assert turned.decisive_sha256 != metadata.decisive_sha256
    tables = {"a": ("x",), "b": ("y",)}
    hashes = {
        metadata.model_copy(update={"code_tables": dict(order)}).decisive_sha256
        for order in (tables.items(), reversed(tables.items()))
    }
    assert len(hashes) == 1
