"""The commands are tested by agreement with the library."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import aml_miner
from aml_miner import cli
from aml_miner.batch.digests import digest_folder
from aml_miner.batch.reading import read_batch
from aml_miner.batch.schemas import SCORED_TABLES
from aml_miner.config.settings import SHIPPED_MODELS, Settings
from aml_miner.features.builder import address_columns
from aml_miner.models import AlertScorerModel, load_models
from aml_miner.scoring import score_batch
from aml_miner.training.labels import read_labels
from aml_miner.training.rows import alert_rows, cluster_rows
from tests.cli.running import Run


def test_score_writes_what_the_library_computes(world: Path, run: Run, tmp_path: Path) -> None:
    ran = run("score", world / "batch", "--out", tmp_path / "r", "--models", world / "models")
    assert ran.code == 0
    assert "alerts to open first" in ran.out
    expected = score_batch(read_batch(world / "batch"), load_models(world / "models"))
    for name, table in expected.tables.items():
        assert_frame_equal(pl.read_parquet(tmp_path / "r" / f"{name}.parquet"), table)


def test_scoring_twice_gives_the_same_digest(world: Path, run: Run, tmp_path: Path) -> None:
    digests = []
    for _ in range(2):
        run("score", world / "batch", "--out", tmp_path / "r", "--models", world / "models")
        digests.append(run("digest", tmp_path / "r").out.strip())
    assert digests[0] == digests[1] == digest_folder(tmp_path / "r")


def test_json_is_one_object_on_standard_output(world: Path, run: Run, tmp_path: Path) -> None:
    scored = run(
        "score", world / "batch", "--out", tmp_path / "r", "--models", world / "models", "--json"
    )
    alerts = read_batch(world / "batch").alerts.height
    assert json.loads(scored.out)["output_counts"]["alert_scores"] == alerts
    monitored = run("monitor", world / "transfers", "--out", tmp_path / "b", "--json")
    assert json.loads(monitored.out)["alerts"] == alerts
    digested = run("digest", tmp_path / "r", "--json")
    assert json.loads(digested.out)["sha256"] == digest_folder(tmp_path / "r")


def test_train_reports_as_json_and_repeats_to_the_bit(
    world: Path, run: Run, tmp_path: Path
) -> None:
    truth = world / "transfers" / "ground_truth.parquet"
    ran = run(
        world / "batch", "--truth", truth, "--out", tmp_path / "m", "--json", program=cli.train_main
    )
    report = json.loads(ran.out)["report"]
    assert 0 <= report["models"]["alert_scorer"]["metrics"]["auc"]["value"] <= 1
    for kind in ("alert_scorer", "alert_ranker", "cluster_scorer"):
        again, first = (root / kind / "model.txt" for root in (tmp_path / "m", world / "models"))
        assert again.read_bytes() == first.read_bytes()


def test_cross_validate_reports_what_train_does_and_writes_nothing(
    world: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    quick = tmp_path / "quick.yaml"
    quick.write_text(
        "scorer: {n_estimators: 5}\nevaluation: {cv_folds: 2, bootstrap_resamples: 10}\n"
    )
    truth = world / "transfers" / "ground_truth.parquet"
    asked = (world / "batch", "--truth", truth, "--config", quick)
    trained = run("train", *asked, "--out", tmp_path / "m", "--json")
    judged = run("cross-validate", *asked, "--json")
    assert json.loads(judged.out) == {"report": json.loads(trained.out)["report"]}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m", "quick.yaml"]
    shown = run("cross-validate", *asked)
    assert (shown.code, shown.out.startswith("ground_truth, per address: ")) == (0, True)
    assert run("cross-validate", world / "batch", "--truth", tmp_path / "no").code == 3


def test_train_learns_from_the_part_it_reads_what_the_whole_batch_holds(world: Path) -> None:
    """The command leaves out addresses without an alert and columns of no feature; the library is given all."""
    batch = read_batch(world / "batch", SCORED_TABLES)
    truth = read_labels(world / "transfers" / "ground_truth.parquet")
    saved = load_models(world / "models")
    alerts, clusters = alert_rows([batch], truth), cluster_rows([batch], truth)
    assert saved.alert_scorer.metadata.data_digest == alerts.digest()
    assert saved.cluster_scorer.metadata.data_digest == clusters.digest()
    named = batch.features["address"].is_in(batch.alerts["address"].implode())
    assert not named.all()
    assert address_columns() < set(batch.features.columns)


def test_labels_and_profile_are_read(world: Path, run: Run, tmp_path: Path) -> None:
    default = Path(aml_miner.__file__).parent / "monitoring" / "profiles" / "default.yaml"
    labels = world / "transfers" / "address_labels.parquet"
    out = tmp_path / "b"
    ran = run(
        "monitor", world / "transfers", "--out", out, "--labels", labels, "--profile", default
    )
    assert ran.code == 0
    assert (out / "address_labels.parquet").exists()


def test_labels_that_a_named_date_leaves_out_are_told(
    world: Path, run: Run, tmp_path: Path
) -> None:
    table, labels = (
        pl.read_parquet(world / "transfers" / "address_labels.parquet"),
        tmp_path / "labels.parquet",
    )
    early, later = 1735689600000, 3
    noons = [1736942400000, 1736942400000, 1737028800000]  # of 15 and 16 January 2025
    made = [*noons, *[early] * (table.height - later)]
    table.with_columns(
        created_timestamp=pl.Series(made, dtype=table["created_timestamp"].dtype)
    ).write_parquet(labels)
    asked = ("monitor", world / "transfers", "--labels", labels, "--window", 7)
    one = run(*asked, "--out", tmp_path / "one", "--date", "2025-01-14", "--json")
    assert one.err.count("warning:") == 1
    assert f"{later} label(s) say they were made after 2025-01-14 and are left out" in one.err
    assert json.loads(one.out)["labels_made_later"] == later
    two = ("--date", "2025-01-14", "--date", "2025-01-15")
    several = run(*asked, "--out", tmp_path / "two", *two)
    assert "after 2025-01-14 and are left out there, and fewer on 1 more date(s)" in several.err
    assert "warning:" not in run(*asked, "--out", tmp_path / "all").err


def test_window_and_date_are_read(world: Path, run: Run, tmp_path: Path) -> None:
    window = ("--date", "2025-01-14", "--window", 7)
    run("monitor", world / "transfers", "--out", tmp_path / "b", *window)
    assert read_batch(tmp_path / "b").meta.batch_id == "unknown-2025-01-14-7d"


def test_a_window_longer_than_what_the_transfers_cover_is_told(
    world: Path, run: Run, tmp_path: Path
) -> None:
    """Once for each call, and only where somebody asked for a length; the first transfer is of 1 January."""
    asked = ("monitor", world / "transfers", "--date", "2025-01-05")
    one = run(*asked, "--window", 6, "--out", tmp_path / "six")
    assert one.code == 0
    assert one.err.splitlines()[-1] == (
        "warning: the window of 6 days up to 2025-01-05 holds 5 day(s) of transfers, for the first is of "
        "2025-01-01. Choose windows that begin no earlier, or give transfers that do."
    )
    assert "warning:" not in run(*asked, "--window", 5, "--out", tmp_path / "five").err
    assert "warning:" not in run(*asked, "--out", tmp_path / "all").err


def test_a_date_after_the_last_transfer_is_told_with_and_without_a_length(
    world: Path, run: Run, tmp_path: Path
) -> None:
    """The economy has 60 days, the last of them the 1st of March."""
    asked = ("monitor", world / "transfers", "--date", "2025-03-04")
    told = "holds transfers up to 2025-03-01; 3 day(s) of the window have none after that"
    for number, (length, days) in enumerate({(): 63, ("--window", 7): 7}.items()):
        ran = run(*asked, *length, "--out", tmp_path / str(number))
        assert (ran.code, ran.err.count("warning:")) == (0, 1)
        assert f"warning: the window of {days} days up to 2025-03-04 {told}. Choose" in ran.err


def test_of_dates_after_the_last_transfer_the_worst_is_told_once(
    world: Path, run: Run, tmp_path: Path
) -> None:
    asked = ("monitor", world / "transfers", "--window", 4, "--from", "2025-03-01", "--to")
    ran = run(*asked, "2025-03-03", "--out", tmp_path / "b")
    assert (ran.code, ran.err.count("warning:")) == (0, 1)
    assert "of 4 days up to 2025-03-03 holds transfers up to 2025-03-01; 2 day(s)" in ran.err
    assert "have none after that; 2 of 3 windows are such." in ran.err


def test_of_windows_that_are_too_long_the_worst_is_told_once(
    world: Path, run: Run, tmp_path: Path
) -> None:
    asked = ("monitor", world / "transfers", "--from", "2025-01-02", "--to", "2025-01-04")
    ran = run(*asked, "--window", 2, "--window", 4, "--out", tmp_path / "both", "--json")
    assert len(json.loads(ran.out)["batches"]) == 6
    assert ran.err.count("warning:") == 1
    assert "4 days up to 2025-01-02 holds 2 day(s) of transfers" in ran.err
    assert "2025-01-01; 2 of 6 windows are such." in ran.err
    assert "warning:" not in run(*asked, "--window", 2, "--out", tmp_path / "short").err


def test_each_date_and_window_has_a_batch_of_its_own(world: Path, run: Run, tmp_path: Path) -> None:
    """And each is the batch that one date and one window make alone."""
    chosen = ("--date", "2025-01-14", "--date", "2025-01-20", "--window", 7, "--window", 3)
    ran = run("monitor", world / "transfers", "--out", tmp_path / "t", "--json", *chosen)
    batches = json.loads(ran.out)["batches"]
    assert [(b["processing_date"], b["window_days"]) for b in batches] == [
        ("2025-01-14", 3),
        ("2025-01-14", 7),
        ("2025-01-20", 3),
        ("2025-01-20", 7),
    ]
    folder = tmp_path / "t" / "unknown" / "2025-01-14" / "7"
    assert batches[1]["batch"] == str(folder)
    one = ("--date", "2025-01-14", "--window", 7)
    run("monitor", world / "transfers", "--out", tmp_path / "alone", *one)
    assert digest_folder(folder) == digest_folder(tmp_path / "alone")


def test_a_backtest_has_a_batch_every_so_many_days(world: Path, run: Run, tmp_path: Path) -> None:
    dates = ("--from", "2025-01-10", "--to", "2025-01-20", "--every", 5, "--window", 3)
    ran = run("monitor", world / "transfers", "--out", tmp_path / "t", "--network", "net", *dates)
    found = sorted(p.name for p in (tmp_path / "t" / "net").iterdir())
    assert found == ["2025-01-10", "2025-01-15", "2025-01-20"]
    assert ran.out.count("\n  alerts  ") == 3  # and not what was left out of them


def test_a_date_beside_a_range_is_refused(world: Path, run: Run, tmp_path: Path) -> None:
    dates = ("--from", "2025-01-10", "--date", "2025-01-12")
    ran = run("monitor", world / "transfers", "--out", tmp_path / "t", *dates)
    assert ran.code == 2
    assert "--date and --from/--to exclude each other" in ran.err
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        (("--every", 3), "--every is the step of a range of dates"),
        (("--from", "2025-01-12", "--to", "2025-01-10"), "--from 2025-01-12 is later than --to"),
    ],
)
def test_dates_that_make_no_range_are_wrong_arguments(
    run: Run, tmp_path: Path, dates: tuple[object, ...], message: str
) -> None:
    ran = run("monitor", "nowhere.parquet", "--out", tmp_path / "t", *dates)
    assert ran.code == 2
    assert message in ran.err


def test_a_folder_of_ones_own_is_never_replaced(world: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    ran = run("monitor", world / "transfers", "--out", tmp_path)
    assert ran.code == 6
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_models_that_come_with_the_package_score_where_none_are_named(
    world: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MODELS_DIR", raising=False)
    assert run("score", world / "batch", "--out", "results").code == 0
    scores = pl.read_parquet(tmp_path / "results" / "alert_scores.parquet")
    shipped = AlertScorerModel.load(SHIPPED_MODELS / "alert_scorer")
    assert scores["model_version"].unique().to_list() == [shipped.version]


def test_version(run: Run) -> None:
    assert run("--version").out.strip() == aml_miner.__version__


def test_package_run_as_a_module_is_the_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "aml_miner", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == aml_miner.__version__


def test_serve_takes_settings_from_its_options_then_the_environment_then_a_file(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "serve.yaml"
    file.write_text("api_port: 7000\napi_workers: 7\napi_queue_limit: 7\n")
    monkeypatch.setenv("API_WORKERS", "8")
    monkeypatch.setenv("API_PORT", "8001")
    served: list[Settings] = []
    monkeypatch.setattr("aml_miner.api.serving.serve", served.append)
    run("--settings", file, "--port", 9001, "--models", "m", program=cli.serve_main)
    (settings,) = served
    assert (settings.api_port, settings.api_workers, settings.api_queue_limit) == (9001, 8, 7)
    assert settings.models_dir == Path("m")


def test_validate_api_starts_a_server_and_finds_the_librarys_bits(
    world: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("score", world / "batch", "--models", world / "models", "--out", tmp_path / "results")
    monkeypatch.setenv("RESULTS_DIR", str(tmp_path))
    report = tmp_path / "report.md"
    given = ("--models", world / "models", "--out", report, "--calls", 5)
    ran = run("validate-api", *given, "--json")
    told = json.loads(ran.out)
    failed = [
        check for check in told["checks"] if not check["passed"] and "1 ms" not in check["name"]
    ]
    assert failed == []  # a busy machine may be slow, and never wrong
    assert len(told["checks"]) == 38
    found = {check["name"]: check["found"] for check in told["checks"]}
    assert {found[name] for name in found if name.startswith("GET /scores/")} == {"200"}
    assert "ranks of 20" in found["stored results agree with each other"]
    assert "score_alerts in arrow has the library's bits | yes" in report.read_text()


def test_validate_api_of_a_server_that_is_not_there_exits_with_8(world: Path, run: Run) -> None:
    ran = run("validate-api", "http://127.0.0.1:9", "--models", world / "models")
    assert ran.code == 8
    assert "0 of 38 checks hold." in ran.out


def test_a_batch_none_of_whose_addresses_the_truth_lists_is_told(
    world: Path, run: Run, tmp_path: Path
) -> None:
    """The truth is without the addresses of a small batch's alerts."""
    small, truth = tmp_path / "small", tmp_path / "truth.parquet"
    run("monitor", world / "transfers", "--out", small, "--date", "2025-01-14", "--window", 7)
    alerts = read_batch(small).alerts
    listed = pl.read_parquet(world / "transfers" / "ground_truth.parquet")
    listed.join(alerts, on="address", how="anti").write_parquet(truth)
    ran = run("train", world / "batch", small, "--truth", truth, "--out", tmp_path / "m")
    assert (ran.code, ran.err.count("warning:")) == (0, 1)
    told = f"warning: {small}: none of the addresses of its {alerts.height:,} alert(s) is listed"
    assert alerts.height > 0
    assert told in ran.err
