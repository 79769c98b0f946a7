"""A models' folder that is not what training wrote fails with the sentence that says why."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from aml_miner.config.settings import SHIPPED_MODELS
from aml_miner.models import Models, load_models, save_models
from aml_miner.models.artifact import METADATA_FILE
from aml_miner.models.calibration import Calibration
from aml_miner.models.metadata import digest_names, encode_metadata
from aml_miner.scoring.golden import GOLDEN_FILE
from aml_miner.validator.doctor.examination import Examination
from aml_miner.validator.doctor.models import examine_golden, examine_models, load_each


@pytest.fixture
def folder(small_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_folder, tmp_path / "models"))


def change_metadata(folder: Path, **fields: object) -> None:
    path = folder / "metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields, indent=2, sort_keys=True))


def examined(folder: Path) -> dict[str, Examination]:
    models, loaded = load_each(folder)
    return {each.name: each for each in (*loaded, *examine_models(models, folder))}


def failures(folder: Path) -> dict[str, str]:
    return {name: each.found for name, each in examined(folder).items() if each.status == "fail"}


def test_models_as_saved_pass(folder: Path) -> None:
    found = examined(folder)
    assert len(found) == 9
    assert {each.status for each in found.values()} == {"pass"}


def test_models_that_come_along_pass() -> None:
    assert {each.status for each in examined(SHIPPED_MODELS).values()} == {"pass"}


@pytest.mark.parametrize("hashed_anew", [False, True])
def test_a_reordered_column_fails_by_its_name(folder: Path, hashed_anew: bool) -> None:  # noqa: FBT001
    own = folder / "alert_scorer"
    names = json.loads((own / "metadata.json").read_text())["feature_names"]
    names[0], names[1] = names[1], names[0]
    digest = {"feature_names_sha256": digest_names(names)} if hashed_anew else {}
    change_metadata(own, feature_names=names, **digest)
    (told,) = failures(folder).values()
    if hashed_anew:
        assert f"must name feature 0 '{names[1]}' as model.txt; found {names[0]}" in told
    else:
        assert "must list the features whose SHA-256 is" in told


def test_a_model_of_one_changed_digit_fails(folder: Path) -> None:
    path = folder / "alert_ranker" / "model.txt"
    assert "leaf_value=-0." in path.read_text()
    path.write_text(path.read_text().replace("leaf_value=-0.", "leaf_value=-1.", 1))
    told = failures(folder)
    assert list(told) == ["alert_ranker is whole"]
    assert "must have the SHA-256" in told["alert_ranker is whole"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"seed": None}, "parameters: seed is None, no number"),
        ({"seed": "drawn"}, "parameters: seed is 'drawn', no number"),
        ({"num_threads": 0}, "parameters: num_threads is 0, no number"),
        ({"deterministic": False}, "parameters: deterministic is not true"),
        ({"force_row_wise": None}, "parameters: force_row_wise is not true"),
    ],
)
def test_training_that_nobody_can_repeat_fails(
    small: Models, tmp_path: Path, change: dict[str, object], told: str
) -> None:
    own = small.alert_scorer
    parameters = {**own.metadata.parameters, **change}
    loose = replace(own, metadata=own.metadata.model_copy(update={"parameters": parameters}))
    save_models(replace(small, alert_scorer=loose), tmp_path / "m")
    assert failures(tmp_path / "m") == {"alert_scorer can be trained again": told}


def test_a_seed_that_was_never_set_fails(folder: Path) -> None:
    for kind in ("alert_scorer", "alert_ranker", "cluster_scorer"):
        parameters = json.loads((folder / kind / "metadata.json").read_text())["parameters"]
        del parameters["seed"]
        change_metadata(folder / kind, parameters=parameters)
    found = examined(folder)["alert_scorer can be trained again"]
    assert (found.status, found.found) == ("fail", "parameters: seed is not set")
    assert found.remedy.startswith("give train a --seed")


def test_a_file_changed_by_hand_that_still_loads_fails(folder: Path) -> None:
    path = folder / "cluster_scorer" / "metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text())))
    assert failures(folder) == {
        "cluster_scorer saves as it is": "metadata.json has other bytes when the loaded model is saved"
    }


def test_a_file_of_an_earlier_release_lacks_a_field_and_passes(folder: Path) -> None:
    path = folder / "alert_scorer" / "metadata.json"
    kept = {k: v for k, v in json.loads(path.read_text()).items() if k != "provenance"}
    path.write_text(json.dumps(kept, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    assert failures(folder) == {}


def test_the_golden_batch_is_examined(folder: Path, small: Models) -> None:
    assert examine_golden(small, folder).status == "pass"
    path = folder / GOLDEN_FILE
    path.write_text(path.read_text().replace("0x1.", "0x1.8", 1))
    found = examine_golden(small, folder)
    assert found.status == "fail"
    assert "must be to the bit as when the models were saved; first difference" in found.found


def test_models_without_a_golden_file_fail(folder: Path, small: Models) -> None:
    (folder / GOLDEN_FILE).unlink()
    found = examine_golden(small, folder)
    assert (found.status, found.found.split(":")[0]) == ("fail", "there is no golden.json")
    assert found.remedy.startswith("restore the file, train the models again, or save them with")


def test_a_calibration_changed_by_hand_is_told_by_the_golden_batch_alone(
    folder: Path, small: Models
) -> None:
    """The hash of the model's text does not cover it, and the laws hold for any calibration."""
    own = small.alert_scorer
    knots = Calibration(method="platt", raw=(-1.0, 1.0), share=(0.1, 0.5), rows=9, positives=3)
    metadata = own.metadata.model_copy(update={"calibration": knots})
    (folder / own.kind / METADATA_FILE).write_bytes(encode_metadata(metadata))
    assert failures(folder) == {}
    found = examine_golden(load_models(folder), folder)
    assert found.status == "fail"
    assert "alert_scores of the golden batch must be to the bit" in found.found
