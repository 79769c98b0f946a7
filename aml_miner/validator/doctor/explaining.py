"""What explaining costs, beside LightGBM's own contributions in the same run: not in seconds."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from aml_miner.batch.batch import Batch
from aml_miner.models import RiskModel
from aml_miner.models.contributions import BoosterExplainer, Explainer, TableExplainer
from aml_miner.models.encoding import Matrix, encode
from aml_miner.validator.doctor.examination import Examination
from aml_miner.validator.doctor.limits import load_limits

_ROWS: Final = 200
_ROUNDS: Final = 3
"""The least time counts: the machine may have other work."""

type Clock = Callable[[], float]


def examine_explaining(
    models: Sequence[RiskModel], batch: Batch, clock: Clock = time.thread_time
) -> Iterator[Examination]:
    """Yield how fast each model is explained, as times LightGBM's own way, and how much memory its tables take."""
    for model in models:
        explainer = model.explainer
        if not isinstance(explainer, TableExplainer):
            found = "Numba is not installed: LightGBM itself explains"
            yield Examination("explaining", f"{model.kind} speed", "skipped", found)
            continue
        yield _speed(model, explainer, _matrix(model, batch), clock)
        yield _memory(model, explainer)


def _matrix(model: RiskModel, batch: Batch) -> Matrix:
    """Return rows of the batch, from the start again where it has too few to measure."""
    features = model.prepare_features(batch)
    encoded = encode(features, model.feature_names, model.metadata.code_tables)
    if not len(encoded):
        return np.full((_ROWS, len(model.feature_names)), np.nan, np.float32)
    return np.resize(encoded, (_ROWS, encoded.shape[1]))


def _speed(
    model: RiskModel, explainer: TableExplainer, matrix: Matrix, clock: Clock
) -> Examination:
    limit = load_limits().explaining.least_times_lightgbm
    ours = _least_time(explainer, matrix, clock)
    theirs = _least_time(BoosterExplainer(model.text), matrix, clock)
    times = theirs / max(ours, 1e-9)
    name = f"{model.kind} speed"
    told = f"{times:.0f} times as fast as LightGBM's own contributions on {_ROWS} rows"
    if times >= limit:
        return Examination("explaining", name, "pass", told)
    remedy = "grow fewer leaves or bound max_depth by 8; deep leaves are integrated row by row"
    return Examination("explaining", name, "warn", f"{told}, expected {limit:g}", remedy)


def _least_time(explainer: Explainer, matrix: Matrix, clock: Clock) -> float:
    explainer.warm()
    taken = []
    for _ in range(_ROUNDS):
        began = clock()
        explainer.explain(matrix)
        taken.append(clock() - began)
    return min(taken)


def _memory(model: RiskModel, explainer: TableExplainer) -> Examination:
    limit = load_limits().explaining.table_megabytes
    megabytes = explainer.forest.tables.nbytes / 1e6
    integrated = int((explainer.forest.groups.cells == 0).sum())
    told = f"{megabytes:.1f} MB of tables, as much again where rows come alone, {integrated} groups of leaves without"
    if megabytes <= limit:
        return Examination("explaining", f"{model.kind} memory", "pass", told)
    remedy = "grow fewer trees or leaves: every process that scores holds these tables"
    found = f"{told}, at most {limit:g} MB expected"
    return Examination("explaining", f"{model.kind} memory", "warn", found, remedy)
