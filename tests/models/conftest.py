"""A small table of features, and one small model of each kind trained on it."""

from collections.abc import Callable
from typing import Final

import lightgbm
import numpy as np
import polars as pl
import pytest

from aml_miner.models import AlertRankerModel, AlertScorerModel, ClusterScorerModel, ModelMetadata
from aml_miner.models.artifact import OBJECTIVES
from aml_miner.models.encoding import encode, fit_code_tables
from aml_miner.models.metadata import digest_names
from aml_miner.models.risk_model import RiskModel

type Build = Callable[[type[RiskModel]], RiskModel]
ROWS = 240
MODELS: Final[tuple[type[RiskModel], ...]] = (
    AlertScorerModel,
    AlertRankerModel,
    ClusterScorerModel,
)
"""The models of which every law is asked: one of each kind."""


@pytest.fixture(scope="session")
def toy_features() -> pl.DataFrame:
    random = np.random.Generator(np.random.PCG64(5))
    numbers = random.normal(size=(3, ROWS)).round(2)
    kinds = random.choice(["cycle", "fan_in", "structuring"], ROWS)
    return pl.DataFrame(
        {
            "amount_usd": numbers[0],
            "typology": [None if n % 17 == 0 else kind for n, kind in enumerate(kinds)],
            "velocity": [None if n % 5 == 0 else value for n, value in enumerate(numbers[1])],
            "burst": numbers[2],
        }
    )


@pytest.fixture(scope="session")
def build_model(toy_features: pl.DataFrame) -> Build:
    names, tables = tuple(toy_features.columns), fit_code_tables(toy_features)
    risk = toy_features["amount_usd"] + (toy_features["typology"] == "cycle").fill_null(value=False)
    labels = (risk.to_numpy() > 0.5).astype(np.int64)

    def build(model: type[RiskModel]) -> RiskModel:
        objective = OBJECTIVES[model.kind]
        parameters = {
            "objective": objective, "num_leaves": 7, "min_data_in_leaf": 5, "min_data_per_group": 5,
            "cat_smooth": 1.0, "seed": 1, "deterministic": True, "force_row_wise": True,
            "num_threads": 1, "verbosity": -1,
        }  # fmt: skip
        data = lightgbm.Dataset(
            encode(toy_features, names, tables),
            labels,
            group=[ROWS] if objective == "lambdarank" else None,
            feature_name=list(names),
            categorical_feature=[1],
        )
        metadata = ModelMetadata(
            kind=model.kind,
            feature_names=names,
            feature_names_sha256=digest_names(names),
            code_tables=tables,
            parameters={"seed": 1},
            data_digest="d" * 64,
            rows=ROWS,
            positives=int(labels.sum()),
            library_versions={"lightgbm": lightgbm.__version__},
            model_sha256="",
        )
        text = lightgbm.train(parameters, data, 15).model_to_string()
        return model.from_text(text, metadata)

    return build


@pytest.fixture(scope="session", params=MODELS)
def model(request: pytest.FixtureRequest, build_model: Build) -> RiskModel:
    """Every model in turn: a law holds for all of them."""
    return build_model(request.param)


@pytest.fixture(scope="session")
def scorer(build_model: Build) -> RiskModel:
    return build_model(AlertScorerModel)
