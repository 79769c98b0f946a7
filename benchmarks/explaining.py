"""Contributions by tables beside LightGBM's own and the shap package's, on the same rows in one process.

Rows are drawn at random, with gaps; models learn from them and have the default shape, without and with a bound on
depth, and five times as many trees of twice the leaves. The models that are shipped explain a day drawn at random.
All run on one thread, in turn, several times; the least CPU time of each counts, as the machine may have other work.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import lightgbm
import numpy as np
import shap  # noqa: TID251 - the oracle
from numpy.typing import NDArray

from aml_miner.batch.reading import read_batch
from aml_miner.models import load_models
from aml_miner.models.encoding import encode
from aml_miner.models.leaf_search import lay_out_bits
from aml_miner.models.model_text import parse_model_text
from aml_miner.models.row_by_row import lay_out_for_single_rows
from aml_miner.models.tree_shap import build_forest, explain_one_by_one, explain_rows, sum_leaves
from benchmarks.drawn_day import write_day
from benchmarks.record import circumstances

_SHAPES = {
    "100 trees of 31 leaves, depth 8": (100, 31, 8),
    "100 trees of 31 leaves": (100, 31, -1),
    "500 trees of 63 leaves, depth 8": (500, 63, 8),
}
_ROOT = Path(__file__).resolve().parents[1]
_FEATURES = 100
_ROWS = 20_000


def main() -> None:
    """Measure, and print one JSON record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=42)
    chosen = parser.parse_args()
    rows, labels = _draw(chosen.seed)
    models = {
        name: _compare(_train(rows, labels, *shape), rows, chosen.rounds)
        for name, shape in _SHAPES.items()
    } | {
        f"the shipped {kind}": _compare(booster, own, chosen.rounds)
        for kind, booster, own in _shipped()
    }
    record = {"what": "contributions, microseconds of CPU a row on one thread", "models": models}
    print(json.dumps(record | circumstances(), indent=2))


def _shipped() -> Iterator[tuple[str, lightgbm.Booster, NDArray[np.float32]]]:
    """Yield the models of ``trained_models/`` with the rows of a drawn day."""
    models = load_models(_ROOT / "trained_models")
    with tempfile.TemporaryDirectory() as scratch:
        write_day(Path(scratch) / "day", alerts=_ROWS, addresses=2 * _ROWS, clusters=_ROWS // 4)
        batch = read_batch(Path(scratch) / "day")
    for model in (models.alert_scorer, models.alert_ranker, models.cluster_scorer):
        features = model.prepare_features(batch)
        matrix = encode(features, model.feature_names, model.metadata.code_tables)
        yield model.kind.replace("_", " "), lightgbm.Booster(model_str=model.text.text), matrix


def _draw(seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    random = np.random.Generator(np.random.PCG64(seed))
    rows = random.lognormal(0.0, 2.0, (_ROWS, _FEATURES))
    rows[:, :20] = random.integers(0, 50, (_ROWS, 20))
    rows[:, 20:30] = random.random((_ROWS, 10)) < 0.3
    rows[:, 30:60][random.random((_ROWS, 30)) < 0.1] = np.nan
    weights = random.normal(size=_FEATURES) / 6
    risk = np.log1p(np.nan_to_num(rows)) @ weights + random.normal(size=_ROWS)
    return rows.astype(np.float32), (risk > np.quantile(risk, 0.9)).astype(np.int64)


def _train(
    rows: NDArray[np.float32], labels: NDArray[np.int64], trees: int, leaves: int, depth: int
) -> lightgbm.Booster:
    parameters = {
        "objective": "binary", "num_leaves": leaves, "max_depth": depth, "learning_rate": 0.05,
        "feature_fraction": 0.8, "seed": 1, "deterministic": True, "force_row_wise": True,
        "num_threads": 1, "verbosity": -1,
    }  # fmt: skip
    return lightgbm.train(parameters, lightgbm.Dataset(rows, labels), trees)


def _compare(
    booster: lightgbm.Booster, rows: NDArray[np.float32], rounds: int
) -> dict[str, object]:
    text = parse_model_text(booster.model_to_string())
    began = time.process_time()
    forest = build_forest(text.trees, rows.shape[1])
    building = time.process_time() - began
    bits, row_tables = lay_out_bits(text.trees), lay_out_for_single_rows(forest)
    few, tree_explainer = rows[:300], shap.TreeExplainer(booster)
    ways: dict[str, tuple[Callable[[], object], int]] = {
        "tables": (lambda: explain_rows(forest, rows), len(rows)),
        "one_row": (lambda: explain_one_by_one(forest, row_tables, rows[:1]), 1),
        "lightgbm": (lambda: booster.predict(few, pred_contrib=True, num_threads=1), len(few)),
        "shap": (lambda: tree_explainer.shap_values(few), len(few)),
        "raw_score": (lambda: sum_leaves(forest.splits, bits, rows), len(rows)),
        "lightgbm_raw_score": (
            lambda: booster.predict(rows, raw_score=True, num_threads=1),
            len(rows),
        ),
    }
    least = dict.fromkeys(ways, np.inf)
    for _ in range(rounds):
        for name, (run, count) in ways.items():
            least[name] = min(least[name], _cpu_seconds(run) / count * 1e6)
    expected = np.asarray(booster.predict(few, pred_contrib=True, num_threads=1))
    found = explain_rows(forest, few)
    return {
        "microseconds": {name: round(float(each), 2) for name, each in least.items()},
        "times_lightgbm": round(float(least["lightgbm"] / least["tables"]), 1),
        "times_shap": round(float(least["shap"] / least["tables"]), 1),
        "largest_difference": float(np.abs(found[:-1].T - expected[:, :-1]).max()),
        "raw_scores_equal": bool((found[-1] == booster.predict(few, raw_score=True)).all()),
        "table_megabytes": round(forest.tables.nbytes / 1e6, 1),
        "build_seconds": round(building, 2),
        "leaves_integrated": int(
            np.diff(forest.groups.first_member)[forest.groups.cells == 0].sum()
        ),
    }


def _cpu_seconds(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


if __name__ == "__main__":
    main()
