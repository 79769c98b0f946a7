from collections.abc import Callable

import lightgbm
import numpy as np
import polars as pl
import pytest

from aml_miner.config.model_config import ModelConfig
from aml_miner.training.rows import LabelledRows
from aml_miner.training.train_alert_ranker import fit_alert_ranker

type MakeRows = Callable[..., LabelledRows]


@pytest.mark.parametrize(("most", "lengths"), [(100, [80, 40]), (50, [40, 40, 40])])
def test_lightgbm_compares_alerts_of_one_batch_alone(
    make_rows: MakeRows,
    quick_config: ModelConfig,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    lengths: list[int],
) -> None:
    """The ids of two batches alternate, so rows in their own order would mix them in every query."""
    batches = ["small" if n % 3 == 0 else "large" for n in range(120)]
    rows = make_rows([n % 4 == 0 for n in range(120)], batches=batches)
    of_batch = (rows.keys["batch"] == "small").cast(pl.Float64)
    marked = LabelledRows(rows.features.with_columns(of_batch=of_batch), rows.keys)
    queries: list[set[float]] = []

    def train(settings: object, handed: lightgbm.Dataset, **others: object) -> lightgbm.Booster:
        ends = np.cumsum(handed.group)
        assert np.diff(ends, prepend=0).tolist() == lengths
        markers = handed.data[:, handed.feature_name.index("of_batch")]
        queries.extend(set(part.tolist()) for part in np.split(markers, ends[:-1]))
        return really_train(settings, handed, **others)

    really_train = lightgbm.train
    monkeypatch.setattr(lightgbm, "train", train)
    parameters = quick_config.ranker.model_copy(update={"max_query_rows": most})
    fit_alert_ranker(marked, parameters, 7)
    assert queries == [{0.0}] * (len(lengths) - 1) + [{1.0}]
