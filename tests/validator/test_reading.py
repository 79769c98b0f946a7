"""Later features come from a batch or from a file alone."""

from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from aml_miner.batch.schemas import ALERTS, CLUSTERS
from aml_miner.batch.writing import write_batch
from aml_miner.errors import IntegrityError, InvalidBatchError
from aml_miner.validator.reading import read_features_later
from tests.validator.cases import DAY, META, features_of

FEATURES = features_of(DAY, {"x": {"degree_total": 1}, "y": {"degree_total": 2}})


def test_features_of_a_batch_and_of_a_file_are_the_same(tmp_path: Path) -> None:
    tables = {"alerts": ALERTS.empty(), "features": FEATURES, "clusters": CLUSTERS.empty()}
    write_batch(tables, META, tmp_path / "batch")
    file = tmp_path / "later.parquet"
    FEATURES.write_parquet(file)
    assert_frame_equal(read_features_later(tmp_path / "batch"), FEATURES)
    assert_frame_equal(read_features_later(file), FEATURES)
    (tmp_path / "batch" / "META.json").unlink()
    with pytest.raises(IntegrityError, match=r"no META\.json"):
        read_features_later(tmp_path / "batch")
    found = read_features_later(tmp_path / "batch", allow_unverified=True)
    assert_frame_equal(found, FEATURES)


def test_a_place_without_features_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidBatchError, match="there is no such folder"):
        read_features_later(tmp_path / "none")
