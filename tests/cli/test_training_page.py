"""What docs/training.md says to type works as it stands, and it leaves out nothing there is."""

import inspect
from pathlib import Path

import pytest

from aml_miner.cli.commands.learning import train, tune
from aml_miner.config.model_config import DEFAULT_CONFIG, load_model_config
from aml_miner.training.labels import STRATEGIES
from tests.cli.pages import blocks_of, read_page, run_commands
from tests.cli.running import Run

PAGE = read_page("training.md")


@pytest.fixture
def demo_output(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the demo leaves it, with a smaller world in it, and quicker defaults."""
    out = tmp_path / "demo-output"
    for folder, source in (("transfers", world / "transfers"), ("batches", world / "batch")):
        (out / folder).mkdir(parents=True)
        (out / folder / "past").symlink_to(source)
    quick = tmp_path / "model_config.yaml"
    default = DEFAULT_CONFIG.read_text(encoding="utf-8")
    for name, few in (
        ("bootstrap_resamples: 1000", 10),
        ("n_estimators: 100", 10),
        ("cv_folds: 5", 2),
    ):
        assert name in default
        default = default.replace(name, f"{name.split(':')[0]}: {few}")
    quick.write_text(default)
    monkeypatch.setattr("aml_miner.config.model_config.DEFAULT_CONFIG", quick)
    monkeypatch.chdir(out)
    return out


def test_every_command_of_the_page_runs(demo_output: Path, run: Run) -> None:
    for block in blocks_of(PAGE, "sh"):
        assert run_commands(run, block) > 0
    assert (demo_output / "my-models" / "MODEL_CARD.md").is_file()


def test_strategy_of_the_page_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("aml_miner.training.labels.STRATEGIES", dict(STRATEGIES))
    (code,) = (text for text in blocks_of(PAGE, "python") if "class WatchList" in text)
    exec(compile(code, "training.md", "exec"), {})  # noqa: S102
    path = tmp_path / "list.csv"
    path.write_text("address,listed_on\na,2025-11-20\n")
    from aml_miner.training.labels import read_labels

    assert read_labels(path, "watch-list").rows["is_illicit"].to_list() == [True]


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_is_on_the_page_in_its_own_words(name: str) -> None:
    said = STRATEGIES[name]
    words = (said.positive, said.negative, said.unknown, said.known)
    assert f"| `{name}` | {' | '.join(words)} |\n" in PAGE


def test_every_default_is_on_the_page() -> None:
    assert f"```yaml\n{DEFAULT_CONFIG.read_text(encoding='utf-8')}```" in PAGE


def test_the_average_of_the_page_is_a_configuration(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(blocks_of(PAGE, "yaml")[0], encoding="utf-8")
    members = load_model_config(mine).scorer.members
    assert [(member.num_leaves, member.extra_trees) for member in members] == [
        (31, False),
        (63, True),
        (63, True),
    ]


def test_every_option_of_train_and_tune_is_named() -> None:
    given = inspect.signature(train).parameters.keys() | inspect.signature(tune).parameters.keys()
    for name in given - {"batches", "seed", "allow_unverified", "as_json"}:
        assert f"--{name.replace('_', '-')}" in PAGE
