"""The same data and seed give the same model, to the last bit."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from aml_miner.config.model_config import Minimum, ModelConfig
from aml_miner.errors import ConfigurationError, TrainingRefusedError
from aml_miner.models import RiskModel
from aml_miner.models.metadata import Kind
from aml_miner.models.model_text import parse_model_text
from aml_miner.training.boosting import grow_trees
from aml_miner.training.rows import LabelledRows
from aml_miner.training.train_alert_ranker import fit_alert_ranker, train_alert_ranker
from aml_miner.training.train_alert_scorer import train_alert_scorer
from aml_miner.training.train_cluster_scorer import train_cluster_scorer

type MakeRows = Callable[..., LabelledRows]
type Train = Callable[[LabelledRows, int], RiskModel]

IN_A_FRESH_PROCESS = """
import sys, polars as pl
from aml_miner.config.model_config import Minimum, load_model_config
from aml_miner.training.rows import LabelledRows
from aml_miner.training.train_{kind} import train_{kind}
folder, trees = sys.argv[1:]
rows = LabelledRows(*(pl.read_parquet(f"{{folder}}/{{n}}.parquet") for n in ("features", "keys")))
config = getattr(load_model_config(), trees).model_copy(update={{"n_estimators": 10}})
model = train_{kind}(rows, config, 7, minimum=Minimum(rows=20, per_class=5))
print(model.metadata.model_sha256, end="")
"""


@pytest.fixture(params=["alert_scorer", "alert_ranker", "cluster_scorer"])
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def train(kind: str, quick_config: ModelConfig, minimum: Minimum) -> Train:
    """Every trainer in turn: a law holds for all of them."""

    def trained(rows: LabelledRows, seed: int) -> RiskModel:
        if kind == "alert_ranker":
            return train_alert_ranker(rows, quick_config.ranker, seed, minimum=minimum)
        if kind == "cluster_scorer":
            return train_cluster_scorer(rows, quick_config.cluster, seed, minimum=minimum)
        return train_alert_scorer(rows, quick_config.scorer, seed, minimum=minimum)

    return trained


def test_same_rows_and_seed_give_the_same_text(train: Train, rows: LabelledRows) -> None:
    first, second = train(rows, 7), train(rows, 7)
    assert first.text.text == second.text.text
    assert first.metadata == second.metadata


def test_order_of_rows_does_not_matter(train: Train, rows: LabelledRows) -> None:
    order = np.random.Generator(np.random.PCG64(8)).permutation(len(rows))
    assert train(rows.take(order), 7).metadata == train(rows, 7).metadata


def test_fresh_process_gives_the_same_text(
    train: Train, kind: str, rows: LabelledRows, tmp_path: Path
) -> None:
    order = np.random.Generator(np.random.PCG64(9)).permutation(len(rows))
    shuffled = rows.take(order)
    shuffled.features.write_parquet(tmp_path / "features.parquet")
    shuffled.keys.write_parquet(tmp_path / "keys.parquet")
    trees = {"alert_scorer": "scorer", "alert_ranker": "ranker", "cluster_scorer": "cluster"}
    script = IN_A_FRESH_PROCESS.format(kind=kind)
    command = [sys.executable, "-c", script, str(tmp_path), trees[kind]]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, capture_output=True, check=True, text=True, cwd=root)
    assert done.stdout == train(rows, 7).metadata.model_sha256


def test_another_seed_gives_another_model(train: Train, rows: LabelledRows) -> None:
    assert train(rows, 7).version != train(rows, 8).version


def test_what_was_trained_tells_the_classes_apart(train: Train, rows: LabelledRows) -> None:
    scores = train(rows, 7).predict(rows.features)
    assert np.median(scores[rows.labels]) > np.quantile(scores[~rows.labels], 0.9)


def test_metadata_says_where_the_model_comes_from(train: Train, rows: LabelledRows) -> None:
    metadata = train(rows, 7).metadata
    assert (metadata.rows, metadata.positives) == (200, 50)
    assert str(metadata.trained_through) == "2025-11-20"
    assert metadata.data_digest == rows.sorted().digest()
    assert metadata.code_tables == {"typology": ("cycle", "fan_in", "structuring")}
    assert sorted(metadata.library_versions) == ["lightgbm", "numpy", "polars", "python"]
    assert 1 <= int(metadata.parameters["n_estimators"] or 0) <= 10  # early stopping
    expected = {"seed": 7, "deterministic": True, "num_threads": 1}
    assert expected.items() <= metadata.parameters.items()


def test_metadata_says_that_thresholds_were_drawn(
    rows: LabelledRows, quick_config: ModelConfig
) -> None:
    drawn = quick_config.scorer.model_copy(update={"extra_trees": True})
    trained = grow_trees("alert_scorer", rows, drawn, 7)
    assert trained.metadata.parameters["extra_trees"] is True
    assert "[extra_trees: 1]" in trained.text
    as_it_is = grow_trees("alert_scorer", rows, quick_config.scorer, 7)
    assert "extra_trees" not in as_it_is.metadata.parameters
    assert "[extra_trees: 0]" in as_it_is.text


@pytest.mark.parametrize("kind", ["alert_scorer", "alert_ranker"])
def test_metadata_says_how_many_trees_were_grown(
    rows: LabelledRows, quick_config: ModelConfig, kind: Kind
) -> None:
    """After a few trees no split gains enough any more."""
    weak = {"n_estimators": 80, "learning_rate": 0.5, "min_split_gain": 1.0, "subsample": 1.0}
    parameters = {"alert_scorer": quick_config.scorer, "alert_ranker": quick_config.ranker}[kind]
    trained = grow_trees(kind, rows, parameters.model_copy(update=weak), 7)
    said = trained.metadata.parameters
    grown = int(said["n_estimators"] or 0)
    assert grown < 80
    begun = int(said.get("scorer_trees") or 0)
    assert len(parse_model_text(trained.text).trees) == grown + begun


def test_too_few_rows_are_refused(train: Train, rows: LabelledRows, kind: str) -> None:
    message = rf"{kind}: training needs at least 20 labelled rows .*found 12 \(3 illicit, 9 licit\)"
    with pytest.raises(TrainingRefusedError, match=message):
        train(rows.take(np.arange(12)), 7)


def test_features_that_tell_nothing_are_refused(
    train: Train, rows: LabelledRows, kind: str
) -> None:
    constant = LabelledRows(pl.DataFrame({"velocity": [1.0] * len(rows)}), rows.keys)
    message = f"{kind}: no feature tells the 200 labelled rows apart .*every score would be the"
    with pytest.raises(TrainingRefusedError, match=message):
        train(constant, 7)


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_seed_out_of_range_is_refused(train: Train, rows: LabelledRows, seed: int) -> None:
    message = f"seed must lie between 0 and 2147483647; found {seed}"
    with pytest.raises(ConfigurationError, match=message):
        train(rows, seed)


def test_one_class_is_refused_even_in_a_fold(
    make_rows: MakeRows, quick_config: ModelConfig
) -> None:
    message = "alert_ranker: training needs illicit and licit rows; found 0 illicit and 30 licit"
    with pytest.raises(TrainingRefusedError, match=message):
        fit_alert_ranker(make_rows([False] * 30), quick_config.ranker, 7)


def test_text_passes_the_audit_and_its_categories_are_split_as_such(
    make_rows: MakeRows, quick_config: ModelConfig
) -> None:
    rows = make_rows([n % 3 == 0 for n in range(300)], signal=0.0)
    by_category = rows.keys["label"].replace_strict(
        {True: "cycle", False: "fan_in"}, return_dtype=pl.String
    )
    rows = LabelledRows(rows.features.with_columns(typology=by_category), rows.keys)
    text = parse_model_text(grow_trees("alert_scorer", rows, quick_config.scorer, 7).text)
    assert any(tree.is_categorical.any() for tree in text.trees)


def test_ranker_learns_from_more_rows_than_a_query_may_have(
    rows: LabelledRows, quick_config: ModelConfig, minimum: Minimum
) -> None:
    cut = quick_config.ranker.model_copy(update={"max_query_rows": 60})
    model = train_alert_ranker(rows, cut, 7, minimum=minimum)
    whole = train_alert_ranker(rows, quick_config.ranker, 7, minimum=minimum)
    assert model.version != whole.version
    scores = model.predict(rows.features)
    assert np.median(scores[rows.labels]) > np.median(scores[~rows.labels])
