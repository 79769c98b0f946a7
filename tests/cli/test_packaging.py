"""A sound package verifies however it was encoded, and each way to tamper with one is told apart."""

import json
import math
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import orjson
import polars as pl
import pytest
from nacl.signing import SigningKey

from aml_miner.batch.batch import Batch
from aml_miner.batch.digests import digest_table
from aml_miner.batch.reading import read_batch
from aml_miner.cli.packaging import UNSOUND
from aml_miner.config.settings import SHIPPED_MODELS
from aml_miner.errors import ConfigurationError, InvalidBatchError
from aml_miner.models import Models, load_models
from aml_miner.scoring import score_batch, write_results
from aml_miner.validator.package import (
    Origin,
    SignedReceipt,
    digest_manifest,
    read_receipt,
    write_package,
)
from aml_miner.validator.signing import public_key, sign
from aml_miner.validator.submission import read_submission
from aml_miner.validator.verification import verify_package
from tests.cli.running import Run
from tests.cli.test_start_up import MODELS, SERVER, loaded_by

KEY = SigningKey(bytes(range(32)))
ORIGIN = Origin("https://example.org/miner", "0" * 40)


@pytest.fixture(scope="module")
def batch(world: Path) -> Batch:
    return read_batch(world / "batch")


@pytest.fixture(scope="module")
def models(world: Path) -> Models:
    return load_models(world / "models")


@pytest.fixture(scope="module")
def results(batch: Batch, models: Models, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "r"
    write_results(score_batch(batch, models), folder)
    return folder


@pytest.fixture
def package(results: Path, batch: Batch, models: Models, tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    write_package(read_submission(results), batch, models, folder, key=KEY, origin=ORIGIN)
    return folder


def change_scores(folder: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    path = folder / "scores.parquet"
    change(pl.read_parquet(path)).write_parquet(path)


def change_json(path: Path, **fields: str) -> None:
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | fields))


def sign_anew(folder: Path, key: SigningKey) -> None:
    """Make a receipt fit the scores as they lie, as somebody with a key can."""
    scores = digest_table(pl.read_parquet(folder / "scores.parquet"))
    changed = replace(read_receipt(folder), scores_sha256=scores, public_key=public_key(key))
    signed = replace(changed, signature=sign(changed.signed_part(), key))
    (folder / "receipt.json").write_bytes(orjson.dumps(asdict(signed)))


def last_bit(table: pl.DataFrame) -> pl.DataFrame:
    scores = table["score"].to_list()
    return table.with_columns(pl.Series("score", [math.nextafter(scores[0], 2.0), *scores[1:]]))


def failures(
    folder: Path,
    batch: Batch,
    *,
    models: Models | None = None,
    signer: str | None = None,
    rescore: bool = False,
) -> list[str]:
    found = verify_package(folder, batch, models=models, signer=signer, rescore=rescore)
    return [one.name for one in found if not one.holds]


def test_a_sound_package_holds_in_every_question(
    package: Path, batch: Batch, models: Models
) -> None:
    answers = verify_package(
        package, batch, models=models, signer=public_key(KEY).upper(), rescore=True
    )
    assert [(one.name, one.holds, one.detail) for one in answers] == [
        (name, True, "")
        for name in ("signature", "scores", "manifest", "batch", "model", "signer", "rescore")
    ]


def test_a_package_encoded_anew_is_sound(package: Path, batch: Batch, models: Models) -> None:
    before = (package / "scores.parquet").read_bytes()
    pl.read_parquet(package / "scores.parquet").select(
        pl.col("window_days").cast(pl.Int64), pl.exclude("window_days")
    ).write_parquet(package / "scores.parquet", compression="gzip", row_group_size=7)
    change_json(package / "manifest.json")
    change_json(package / "receipt.json")
    assert (package / "scores.parquet").read_bytes() != before
    assert failures(package, batch, models=models, rescore=True) == []


def test_the_same_package_is_made_twice(
    package: Path, results: Path, batch: Batch, models: Models, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    write_package(read_submission(results), batch, models, again, key=KEY, origin=ORIGIN)
    for path in package.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes()


@pytest.mark.parametrize("change", [last_bit, pl.DataFrame.reverse, lambda rows: rows[1:]])
def test_scores_of_another_bit_order_or_number_are_told(
    package: Path, batch: Batch, change: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    change_scores(package, change)
    assert failures(package, batch) == ["scores"]


def test_another_batch_is_told(package: Path, batch: Batch) -> None:
    more = pl.col("alert_confidence_score") / 2
    other = replace(batch, alerts=batch.alerts.with_columns(more))
    assert failures(package, other) == ["batch"]


def test_rows_of_another_version_are_told(package: Path, batch: Batch, models: Models) -> None:
    text = read_receipt(package).model_version
    change_scores(package, lambda rows: rows.with_columns(model_version=pl.lit("f" * 12)))
    found = verify_package(package, batch, models=models)
    assert [one.name for one in found if not one.holds] == ["scores", "model"]
    assert found[4].detail == f"the receipt names {text}, its rows {'f' * 12}"


def test_a_receipt_of_another_model_is_told(package: Path, batch: Batch, models: Models) -> None:
    other = "f" * 12
    change_scores(package, lambda rows: rows.with_columns(model_version=pl.lit(other)))
    change_json(package / "receipt.json", model_version=other)
    sign_anew(package, KEY)
    assert failures(package, batch) == []  # sound in itself: only the models tell
    assert failures(package, batch, models=models) == ["model"]


def recalibrated(models: Models) -> Models:
    """The same trees with a first knot a little elsewhere: the version stays, scores do not."""
    own = models.alert_scorer
    calibration = own.metadata.calibration
    assert calibration is not None
    knots = calibration.model_copy(
        update={"share": (calibration.share[0] / 2, *calibration.share[1:])}
    )
    metadata = own.metadata.model_copy(update={"calibration": knots})
    return replace(models, alert_scorer=replace(own, metadata=metadata))


def test_models_that_differ_in_calibration_alone_are_told(
    package: Path, batch: Batch, models: Models
) -> None:
    other = recalibrated(models)
    assert other.alert_scorer.version == models.alert_scorer.version
    scores = (score_batch(batch, each).alert_scores["score"] for each in (models, other))
    assert not next(scores).equals(next(scores))
    found = verify_package(package, batch, models=other)[4]
    assert (found.name, found.holds) == ("model", False)
    assert "these models: models.alert_scorer.decisive_sha256; name its" in found.detail


@pytest.mark.parametrize("kind", ["alert_ranker", "cluster_scorer"])
def test_another_ranker_or_cluster_scorer_is_told(
    package: Path, batch: Batch, models: Models, kind: str
) -> None:
    shipped = load_models(SHIPPED_MODELS)
    other = replace(models, **{kind: getattr(shipped, kind)})
    found = verify_package(package, batch, models=other)
    assert [one.name for one in found if not one.holds] == ["model"]
    assert f"models.{kind}.model_sha256" in found[4].detail


def test_models_that_were_only_measured_anew_are_the_same(
    package: Path, batch: Batch, models: Models
) -> None:
    own = models.alert_scorer
    metadata = own.metadata.model_copy(update={"metrics": {}, "provenance": "told later"})
    other = replace(models, alert_scorer=replace(own, metadata=metadata))
    assert failures(package, batch, models=other, rescore=True) == []


def test_a_manifest_of_another_form_is_told_by_what_it_lacks(
    package: Path, batch: Batch, models: Models
) -> None:
    """A package of a release whose manifests had no hash of what decides a score, signed as it was."""
    manifest = orjson.loads((package / "manifest.json").read_bytes())
    for described in manifest["models"].values():
        del described["decisive_sha256"]
    (package / "manifest.json").write_bytes(orjson.dumps(manifest))
    change_json(package / "receipt.json", manifest_sha256=digest_manifest(manifest))
    sign_anew(package, KEY)
    assert failures(package, batch) == []
    assert failures(package, batch, models=models) == ["model"]


def test_another_key_in_the_receipt_breaks_the_signature(package: Path, batch: Batch) -> None:
    other = public_key(SigningKey(bytes(32)))
    change_json(package / "receipt.json", public_key=other)
    assert failures(package, batch) == ["signature", "signer"]


def test_a_package_signed_anew_is_told_by_its_rows(package: Path, batch: Batch) -> None:
    other = SigningKey(bytes(32))
    sign_anew(package, other)
    found = verify_package(package, batch)[-1]
    assert (found.name, found.holds) == ("signer", False)
    assert found.detail == f"signed by {public_key(other)}, its rows name {public_key(KEY)}"


def test_rows_that_name_nobody_are_told(package: Path, batch: Batch) -> None:
    change_scores(package, lambda rows: rows.drop("submitter_id"))
    sign_anew(package, KEY)
    found = verify_package(package, batch)[-1]
    assert found.detail == f"signed by {public_key(KEY)}, its rows name no submitter_id"


def test_a_package_made_anew_by_another_is_told_by_its_signer_alone(
    package: Path, batch: Batch
) -> None:
    other = SigningKey(bytes(32))
    named = pl.lit(public_key(other))
    change_scores(package, lambda rows: rows.with_columns(submitter_id=named))
    sign_anew(package, other)
    assert failures(package, batch) == []
    assert failures(package, batch, signer=public_key(KEY)) == ["signer"]


def test_scores_changed_before_they_were_signed_are_told_by_rescoring(
    package: Path, batch: Batch, models: Models
) -> None:
    change_scores(package, last_bit)
    sign_anew(package, KEY)
    found = verify_package(package, batch, models=models, rescore=True)
    first = pl.read_parquet(package / "scores.parquet")["alert_id"][0]
    assert [one.name for one in found if not one.holds] == ["rescore"]
    assert re.match(rf"1 of \d+ scores differ, first '{first}': ", found[-1].detail)


def test_rows_reordered_before_they_were_signed_are_told_by_rescoring(
    package: Path, batch: Batch, models: Models
) -> None:
    change_scores(package, pl.DataFrame.reverse)
    sign_anew(package, KEY)
    assert failures(package, batch, models=models, rescore=True) == ["rescore"]


def test_rescoring_asks_for_models(package: Path, batch: Batch) -> None:
    with pytest.raises(ConfigurationError, match="name them with --models"):
        verify_package(package, batch, rescore=True)


def test_a_changed_manifest_is_told(package: Path, batch: Batch) -> None:
    change_json(package / "manifest.json", repository_commit="1" * 40)
    assert failures(package, batch) == ["manifest"]


def test_every_changed_field_of_the_receipt_breaks_the_signature(
    package: Path, batch: Batch
) -> None:
    sound = (package / "receipt.json").read_bytes()
    for name in SignedReceipt.__dataclass_fields__:
        change_json(package / "receipt.json", **{name: "0" * 64})
        assert "signature" in failures(package, batch)
        (package / "receipt.json").write_bytes(sound)


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"{", "no JSON can be read"), (b"[]", "a JSON object"), (b"{}", "expected the texts")],
)
def test_a_receipt_that_is_none_is_refused(
    package: Path, batch: Batch, content: bytes, told: str
) -> None:
    (package / "receipt.json").write_bytes(content)
    with pytest.raises(InvalidBatchError, match=told):
        verify_package(package, batch)


def test_results_of_other_alerts_or_another_model_are_not_packed(
    results: Path, batch: Batch, models: Models, tmp_path: Path
) -> None:
    submission = read_submission(results)
    fewer = replace(submission, rows=submission.rows[1:])
    nameless = replace(submission, rows=submission.rows.drop("model_version"))
    for wrong, told in (
        (fewer, "are not the"),
        (submission.with_column("model_version", "mine"), "found mine; name the models"),
        (nameless, "found none; name the models"),
    ):
        with pytest.raises(InvalidBatchError, match=told):
            write_package(wrong, batch, models, tmp_path / "p", key=KEY, origin=ORIGIN)


def test_the_commands_go_the_whole_way(
    world: Path, results: Path, run: Run, tmp_path: Path
) -> None:
    key, out = tmp_path / "key", tmp_path / "package"
    public = json.loads(run("keygen", "--out", key, "--json").out)["public_key"]
    ran = run(
        "submit-package", results, "--batch", world / "batch", "--models", world / "models",
        "--key", key, "--model-github-url", "https://example.org", "--commit", "abc", "--out", out,
    )  # fmt: skip
    assert (ran.code, public in ran.out) == (0, True)
    assert key.read_text().strip() not in ran.out + ran.err + (out / "receipt.json").read_text()
    asked = ["verify", out, "--batch", world / "batch", "--models", world / "models"]
    ran = run(*asked, "--public-key", public, "--rescore", "--json")
    assert (ran.code, json.loads(ran.out)["sound"]) == (0, True)
    change_scores(out, last_bit)
    ran = run(*asked)
    assert ran.code == UNSOUND
    assert "scores     FAILS: scores.parquet has other values or another order" in ran.out


def test_verify_takes_the_models_of_the_settings_like_other_commands(
    world: Path, package: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["verify", package, "--batch", world / "batch", "--rescore"]
    monkeypatch.setenv("MODELS_DIR", str(world / "models"))
    assert run(*asked).code == 0
    monkeypatch.setenv("MODELS_DIR", str(SHIPPED_MODELS))
    ran = run(*asked)
    assert ran.code == UNSOUND
    assert re.search(
        r"model +FAILS: made by \w+, not by \w+; name its models with --models", ran.out
    )


def test_keygen_says_the_public_part(run: Run, tmp_path: Path) -> None:
    ran = run("keygen", "--out", tmp_path / "key")
    assert ran.code == 0
    assert ran.out.splitlines()[-1] != (tmp_path / "key").read_text().strip()
    assert run("keygen", "--out", tmp_path / "key").code == 6


def test_a_package_is_told_as_json(world: Path, results: Path, run: Run, tmp_path: Path) -> None:
    key, out = tmp_path / "key", tmp_path / "package"
    run("keygen", "--out", key)
    ran = run(
        "submit-package", results, "--batch", world / "batch", "--models", world / "models",
        "--key", key, "--model-github-url", "u", "--commit", "c", "--out", out, "--json",
    )  # fmt: skip
    assert json.loads(ran.out)["receipt"] == asdict(read_receipt(out))


@pytest.mark.parametrize(("change", "held"), [(pl.DataFrame.clone, 1.0), (last_bit, 0.0)])
def test_validating_a_package_checks_its_receipt(
    package: Path,
    world: Path,
    run: Run,
    change: Callable[[pl.DataFrame], pl.DataFrame],
    held: float,
) -> None:
    change_scores(package, change)
    if held == 0.0:
        change_json(package / "receipt.json", input_sha256="f" * 64)
    ran = run(
        "validate", package, "--batch", world / "batch", "--profile", "three-tier-2025-10", "--json"
    )
    report = json.loads(ran.out)
    found = {one["check"]: one["value"] for one in report["tiers"][0]["checks"]}
    assert (found["scores_hash"], found["signature"]) == (held, held)
    assert report["assumptions"] == []


def test_validating_a_package_loads_no_models(package: Path, world: Path) -> None:
    profile = "three-tier-2025-10"
    loaded = loaded_by("validate", package, "--batch", world / "batch", "--profile", profile)
    assert not loaded & (MODELS | SERVER)


@pytest.mark.parametrize(
    ("url", "commit", "blank"),
    [("", "abc", "model_github_url"), ("https://x", " ", "repository_commit")],
)
def test_an_origin_that_is_not_said_is_refused(url: str, commit: str, blank: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{blank} must be filled: validators refuse"):
        Origin(url, commit)
