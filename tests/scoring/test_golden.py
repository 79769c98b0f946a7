"""The golden batch shows a change of one bit."""

import json
from pathlib import Path

import pytest

from aml_miner.errors import ModelRejectedError
from aml_miner.models import Models
from aml_miner.scoring.golden import GOLDEN_FILE, check_golden, golden_batch, golden_documents


@pytest.fixture
def folder(tmp_path: Path, models: Models) -> Path:
    (tmp_path / GOLDEN_FILE).write_bytes(golden_documents(models)[GOLDEN_FILE])
    return tmp_path


def test_it_holds_what_is_odd_but_legal() -> None:
    report = golden_batch().report
    assert report.rows == {"alerts": 9, "features": 15, "clusters": 3}
    assert (report.duplicate_alert_ids, report.alerts_on_unknown_addresses) == (1, 1)


def test_models_score_as_when_they_were_saved(folder: Path, models: Models) -> None:
    assert check_golden(models, folder)


def test_models_saved_without_it_are_told_apart(tmp_path: Path, models: Models) -> None:
    assert not check_golden(models, tmp_path)


@pytest.mark.parametrize("kind", ["alert_scores", "alert_rankings", "cluster_scores"])
def test_a_changed_bit_is_refused_and_named(folder: Path, models: Models, kind: str) -> None:
    path = folder / GOLDEN_FILE
    kept = json.loads(path.read_text())
    score = kept[kind][1]["score"]
    digit = score.index("p") - 1
    kept[kind][1]["score"] = (
        score[:digit] + ("1" if score[digit] == "0" else "0") + score[digit + 1 :]
    )
    path.write_text(json.dumps(kept))
    with pytest.raises(ModelRejectedError, match=f"{kind} of the golden batch must be to the bit"):
        check_golden(models, folder)


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"alert_scores": []}'])
def test_a_file_that_is_something_else_is_refused(
    folder: Path, models: Models, content: str
) -> None:
    (folder / GOLDEN_FILE).write_text(content)
    with pytest.raises(ModelRejectedError):
        check_golden(models, folder)
