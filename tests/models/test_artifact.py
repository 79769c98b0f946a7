"""A saved model is whole and its own, or it is refused before LightGBM sees it."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from aml_miner.errors import ModelNotLoadedError, ModelRejectedError, OutputError
from aml_miner.models import AlertRankerModel, AlertScorerModel
from aml_miner.models.artifact import (
    METADATA_FILE,
    MODEL_FILE,
    file_text,
    load_artifact,
    save_artifact,
)
from aml_miner.models.metadata import digest_names
from aml_miner.models.model_text import parse_model_text
from aml_miner.models.risk_model import RiskModel

type Change = Callable[[dict[str, object]], object]


@pytest.fixture
def folder(scorer: RiskModel, tmp_path: Path) -> Path:
    scorer.save(tmp_path / "model")
    return tmp_path / "model"


def change_metadata(folder: Path, **changes: object) -> None:
    document = orjson.loads((folder / METADATA_FILE).read_bytes())
    (folder / METADATA_FILE).write_bytes(orjson.dumps(document | changes))


def change_text(folder: Path, old: str, new: str, *, vouched: bool = True) -> None:
    text = (folder / MODEL_FILE).read_text()
    assert old in text
    content = text.replace(old, new, 1).encode()
    (folder / MODEL_FILE).write_bytes(content)
    if vouched:
        change_metadata(folder, model_sha256=hashlib.sha256(content).hexdigest())


def test_saved_artifact_is_read_back(folder: Path, scorer: RiskModel) -> None:
    text, metadata = load_artifact(folder)
    assert text.text == scorer.text.text
    assert metadata == scorer.metadata


def test_saved_text_passes_the_audit_and_has_no_parameters(folder: Path) -> None:
    text = (folder / MODEL_FILE).read_text()
    assert file_text(parse_model_text(text)) == text
    assert "parameters" not in text


def test_same_model_gives_the_same_bytes(folder: Path, scorer: RiskModel, tmp_path: Path) -> None:
    scorer.save(tmp_path / "again")
    for name in (MODEL_FILE, METADATA_FILE):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_metadata_is_sorted_and_indented(folder: Path) -> None:
    content = (folder / METADATA_FILE).read_bytes()
    document = orjson.loads(content)
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    assert content == orjson.dumps(document, option=options)
    assert document["protocol"] == 2


def test_foreign_folder_is_not_overwritten(scorer: RiskModel, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="exists and was not written by this program"):
        scorer.save(tmp_path)


def test_text_and_metadata_of_two_models_are_not_saved(scorer: RiskModel, tmp_path: Path) -> None:
    metadata = scorer.metadata.model_copy(update={"model_sha256": "0" * 64})
    with pytest.raises(ModelRejectedError, match=f"must have the SHA-256 {'0' * 64}"):
        save_artifact(tmp_path / "model", scorer.text, metadata)
    assert not (tmp_path / "model").exists()


def test_missing_folder_is_named(tmp_path: Path) -> None:
    message = r"nowhere/metadata\.json: there is no model to load: No such file"
    with pytest.raises(ModelNotLoadedError, match=message):
        load_artifact(tmp_path / "nowhere")


def test_missing_text_is_named(folder: Path) -> None:
    (folder / MODEL_FILE).unlink()
    with pytest.raises(ModelNotLoadedError, match=r"model\.txt: there is no model to load"):
        load_artifact(folder)


def test_changed_text_is_refused(folder: Path) -> None:
    change_text(folder, "leaf_value=", "leaf_value=-", vouched=False)
    with pytest.raises(ModelRejectedError, match=r"model\.txt: must have the SHA-256 [0-9a-f]{64}"):
        load_artifact(folder)


def test_text_cut_off_is_refused_even_when_vouched_for(folder: Path) -> None:
    text = (folder / MODEL_FILE).read_text()
    change_text(folder, text[len(text) // 2 :], "")
    with pytest.raises(ModelRejectedError, match=r"model text, tree \d+"):
        load_artifact(folder)


def test_text_with_parameters_behind_it_is_refused(folder: Path) -> None:
    tail = "feature_importances:\n\nparameters:\n[boosting: gbdt]\n\nend of parameters\n"
    change_text(folder, "feature_importances:\n", tail)
    with pytest.raises(ModelRejectedError, match="must end after its trees"):
        load_artifact(folder)


def test_text_beyond_ascii_is_refused(folder: Path) -> None:
    change_text(folder, "amount_usd", "amöunt_usd")
    with pytest.raises(ModelRejectedError, match="be printable ASCII"):
        load_artifact(folder)


def test_large_file_is_refused_unread(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aml_miner.models.artifact.MAX_MODEL_BYTES", 100)
    with pytest.raises(ModelRejectedError, match=r"model\.txt: must have at most 100 bytes"):
        load_artifact(folder)


@pytest.mark.parametrize("protocol", [1, 3, "2", None])
def test_other_protocol_is_refused(folder: Path, protocol: object) -> None:
    change_metadata(folder, protocol=protocol, from_the_future=True)
    with pytest.raises(ModelRejectedError, match=f"must be of protocol 2; found {protocol!r}"):
        load_artifact(folder)


@pytest.mark.parametrize(("content", "found"), [(b"{", "must be JSON"), (b"[]", "protocol 2")])
def test_metadata_that_is_no_json_object_is_refused(
    folder: Path, content: bytes, found: str
) -> None:
    (folder / METADATA_FILE).write_bytes(content)
    with pytest.raises(ModelRejectedError, match=found):
        load_artifact(folder)


def test_unknown_field_of_metadata_is_named(folder: Path) -> None:
    change_metadata(folder, feature_name=["amount_usd"])
    with pytest.raises(ModelRejectedError, match="must have a valid 'feature_name'"):
        load_artifact(folder)


def test_names_that_do_not_match_their_hash_are_refused(folder: Path) -> None:
    change_metadata(folder, feature_names=["burst", "typology", "velocity", "amount_usd"])
    with pytest.raises(ModelRejectedError, match="must list the features whose SHA-256 is"):
        load_artifact(folder)


def test_reordered_names_are_refused_even_with_their_hash(folder: Path) -> None:
    names = ["burst", "typology", "velocity", "amount_usd"]
    change_metadata(folder, feature_names=names, feature_names_sha256=digest_names(names))
    with pytest.raises(ModelRejectedError, match=r"must name feature 0 'amount_usd' .*found burst"):
        load_artifact(folder)


def test_one_name_too_few_is_refused(folder: Path) -> None:
    names = ["amount_usd", "typology", "velocity"]
    change_metadata(folder, feature_names=names, feature_names_sha256=digest_names(names))
    with pytest.raises(ModelRejectedError, match=r"must name 4 features .*found 3"):
        load_artifact(folder)


def test_objective_of_another_kind_is_refused(folder: Path) -> None:
    change_metadata(folder, kind="alert_ranker")
    message = "must have the objective 'lambdarank' of kind 'alert_ranker'; found 'binary'"
    with pytest.raises(ModelRejectedError, match=message):
        load_artifact(folder)


def test_model_of_another_kind_is_refused(folder: Path) -> None:
    message = "expected a model of kind 'alert_ranker'; found 'alert_scorer'"
    with pytest.raises(ModelRejectedError, match=message):
        AlertRankerModel.load(folder)
    assert AlertScorerModel.load(folder).metadata.kind == "alert_scorer"


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({}, "must test 'typology' as the number"),
        ({"typology": ["fan_in", "cycle"]}, "must sort the code table of 'typology'"),
        ({"typology": ["cycle", "cycle"]}, "each value once"),
        ({"typology": ["cycle"], "burst": ["x"]}, "must test 'burst' as the category"),
        ({"typology": ["cycle"], "tempo": ["x"]}, "code tables to features alone; found tempo"),
    ],
)
def test_code_tables_that_do_not_fit_the_trees_are_refused(
    folder: Path, tables: dict[str, list[str]], message: str
) -> None:
    change_metadata(folder, code_tables=tables)
    with pytest.raises(ModelRejectedError, match=message):
        load_artifact(folder)
