"""The shells are tested by agreement with the library, and their exit codes and messages as a user meets them."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import aml_miner
from aml_miner import cli
from aml_miner.batch.digests import digest_folder
from aml_miner.batch.reading import read_batch
from aml_miner.cli.main import exit_code
from aml_miner.cli.printing import print_first_alerts
from aml_miner.cli.progress import shown_stages
from aml_miner.errors import IntegrityError, ModelRejectedError, PredictionError
from aml_miner.models import load_models
from aml_miner.scoring import score_batch
from aml_miner.simulation import SimulationConfig, simulate_economy, write_economy


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


type Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object, program: Callable[[], None] = cli.main) -> Ran:
        monkeypatch.setattr(sys, "argv", ["aml-miner", *map(str, arguments)])
        try:
            program()
        except SystemExit as left:
            code = left.code
        else:
            code = 0
        captured = capsys.readouterr()
        return Ran(int(code or 0), captured.out, captured.err)

    return run


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small economy, its batch and models trained on it, made by the commands themselves."""
    root = tmp_path_factory.mktemp("world")
    write_economy(simulate_economy(SimulationConfig(accounts=800, days=30)), root / "transfers")
    for arguments in (
        ["monitor", root / "transfers", "--out", root / "batch", "--network", "simulated"],
        [
            "train",
            root / "batch",
            "--truth",
            root / "transfers" / "ground_truth.parquet",
            "--out",
            root / "models",
        ],
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["aml-miner", *map(str, arguments)])
            with pytest.raises(SystemExit) as left:
                cli.main()
        assert left.value.code == 0
    return root


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


def test_labels_and_profile_are_read(world: Path, run: Run, tmp_path: Path) -> None:
    default = Path(aml_miner.__file__).parent / "monitoring" / "profiles" / "default.yaml"
    labels = world / "transfers" / "address_labels.parquet"
    out = tmp_path / "b"
    ran = run(
        "monitor", world / "transfers", "--out", out, "--labels", labels, "--profile", default
    )
    assert ran.code == 0
    assert (out / "address_labels.parquet").exists()


def test_window_and_date_are_read(world: Path, run: Run, tmp_path: Path) -> None:
    window = ("--processing-date", "2025-01-14", "--window", 7)
    run("monitor", world / "transfers", "--out", tmp_path / "b", *window)
    assert read_batch(tmp_path / "b").meta.batch_id == "unknown-2025-01-14-7d"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["monitor", "nowhere.parquet", "--out", "b"], 3, "there is no such file"),
        (["score", "nowhere", "--out", "r", "--models", "nowhere"], 4, "nowhere"),
        (["digest", "."], 3, "no Parquet file"),
        (["demo", "nowhere"], 7, "takes a folder that holds transfers.parquet"),
        (["serve", "--models", "nowhere"], 4, "nowhere"),
    ],
)
def test_an_error_is_one_sentence_and_an_exit_code(
    arguments: list[str],
    code: int,
    message: str,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run(*arguments)
    assert ran.code == code
    assert ran.err.startswith("error: ")
    assert message in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_ones_own_is_never_replaced(world: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    ran = run("monitor", world / "transfers", "--out", tmp_path)
    assert ran.code == 6
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_an_error_has_the_code_of_the_nearest_error_above_it() -> None:
    assert exit_code(IntegrityError()) == 3
    assert exit_code(ModelRejectedError()) == 4
    assert exit_code(PredictionError()) == 1


def test_version(run: Run) -> None:
    assert run("--version").out.strip() == aml_miner.__version__


def test_serve_hands_the_models_and_settings_to_the_server(
    world: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[tuple[str, int]] = []

    def note(models: object, host: str, port: int, log_level: str) -> None:
        del models, log_level
        served.append((host, port))

    monkeypatch.setattr("aml_miner.api.serve_models", note)
    run("--models", world / "models", "--port", 9001, program=cli.serve_main)
    assert served == [("127.0.0.1", 9001)]


def test_demo_of_given_transfers_with_truth_learns_from_them(
    world: Path, run: Run, tmp_path: Path
) -> None:
    ran = run("demo", world / "transfers", "--out", tmp_path / "d")
    assert ran.code == 0
    assert "learned from the alerts they now score" in ran.out
    assert digest_folder(tmp_path / "d" / "results") in ran.out


def test_demo_of_given_transfers_without_truth_learns_from_the_simulated_economy(
    world: Path, run: Run, tmp_path: Path
) -> None:
    given = tmp_path / "given"
    given.mkdir()
    (given / "transfers.parquet").write_bytes(
        (world / "transfers" / "transfers.parquet").read_bytes()
    )
    ran = run("demo", given, "--out", tmp_path / "d", "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["results_sha256"] == digest_folder(tmp_path / "d" / "results")
    assert (tmp_path / "d" / "transfers" / "past").is_dir()


def test_demo_without_arguments_scores_a_world_it_never_saw(run: Run, tmp_path: Path) -> None:
    ran = run("demo", "--out", tmp_path / "d")
    assert "shares nothing with what is scored" in ran.out
    assert "The 10 alerts to open first" in ran.out


def test_no_progress_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_stages(2) as begin:
        begin("one")
        begin("two")
    assert capsys.readouterr().err == ""


def test_a_table_of_no_alerts_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    print_first_alerts(pl.DataFrame({"rank": []}))
    assert "The 0 alerts to open first" in capsys.readouterr().out
