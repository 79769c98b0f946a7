"""Commands run in this process, and a small world for them to work on."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loguru import logger

from aml_miner import cli
from aml_miner.simulation import SimulationConfig, simulate_economy, write_economy
from tests.cli.running import Ran, Run


@pytest.fixture
def quiet_after() -> Iterator[None]:
    """Leave the log as a library has it: without sinks, and silent."""
    yield
    logger.remove()
    logger.disable("aml_miner")


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], quiet_after: None
) -> Run:
    del quiet_after

    def run(*arguments: object, program: Callable[[], None] = cli.main) -> Ran:
        monkeypatch.setattr(sys, "argv", ["aml-miner", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            program()
        captured = capsys.readouterr()
        return Ran(int(left.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small economy, its batch and models trained on it, made by the commands themselves."""
    root = tmp_path_factory.mktemp("world")
    transfers, batch, models = root / "transfers", root / "batch", root / "models"
    write_economy(
        simulate_economy(SimulationConfig(accounts=2_000, days=60, base_rate=0.06)), transfers
    )
    truth = transfers / "ground_truth.parquet"
    for arguments in (
        ["monitor", transfers, "--out", batch, "--network", "simulated"],
        ["train", batch, "--truth", truth, "--out", models],
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["aml-miner", *map(str, arguments)])
            with pytest.raises(SystemExit) as left:
                cli.main()
        assert left.value.code == 0
    return root
