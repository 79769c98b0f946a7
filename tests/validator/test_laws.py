"""Each law is broken by a model made to break it, and says where."""

import itertools
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from aml_miner.batch.batch import Batch
from aml_miner.models import AlertScorerModel, Contributions, Models
from aml_miner.models.artifact import save_artifact
from aml_miner.models.encoding import Matrix
from aml_miner.validator import laws
from aml_miner.validator.laws import LAWS
from tests.validator.conftest import TrainWith

BY_NAME = {law.breach.__name__: law for law in LAWS}


def breach(law: str, model: AlertScorerModel, batch: Batch) -> str:
    found = BY_NAME[law].breach(model, batch)
    assert found is not None
    return found


def held(model: AlertScorerModel, batch: Batch, *but: str) -> bool:
    """Whether a model keeps every law but some; those that take seconds aside."""
    slow = {"iterations", "fresh_process"}
    return all(
        law.breach(model, batch) is None
        for name, law in BY_NAME.items()
        if name not in {*but, *slow}
    )


def broken(kind: type[AlertScorerModel], small: Models) -> AlertScorerModel:
    own = small.alert_scorer
    return kind(own.metadata, own.text, own.explainer)


def test_each_law_has_a_name_of_its_own_and_says_what_to_do() -> None:
    assert len({law.name for law in LAWS}) == len(BY_NAME) == len(LAWS)
    assert all(law.remedy and not law.remedy.endswith(".") for law in LAWS)


def test_a_feature_ranked_within_the_request_is_named(
    train_with: TrainWith, odd_batch: Batch
) -> None:
    model = train_with(pl.col("alert_confidence_score").rank() / pl.len())
    told = breach("alone", model, odd_batch)
    assert told.startswith("139 of 140 scores or reasons differ; first row 'alert-000': ")
    assert "feature 'looks_around' is 1.0 (0x1.0000000000000p+0), expected 0." in told
    assert "feature 'looks_around' is " in breach("split", model, odd_batch)
    assert held(model, odd_batch, "alone", "split")


def test_a_feature_that_counts_rows_from_the_top_is_named(
    train_with: TrainWith, odd_batch: Batch
) -> None:
    model = train_with(pl.int_range(pl.len()).cast(pl.Float64) + pl.col("window_days") * 0)
    told = breach("row_order", model, odd_batch)
    assert "feature 'looks_around' is 0.0 (0x0.0p+0), expected " in told


def test_a_feature_that_moves_no_score_of_the_batch_is_found_all_the_same(
    train_with: TrainWith, odd_batch: Batch
) -> None:
    """It is the same for every row of this batch, so no tree splits on it; of another batch some may."""
    model = train_with(pl.col("alert_confidence_score").sum() * 0 + pl.len())
    told = breach("alone", model, odd_batch)
    assert "feature 'looks_around' is 1.0 (0x1.0000000000000p+0), expected 140.0" in told
    assert "'score'" not in told


class ByPosition(AlertScorerModel):
    """Takes columns as they come, as LightGBM does by itself."""

    def _matrix(self, features: pl.DataFrame, threads: int) -> Matrix:
        del threads
        numbers = features.with_columns(pl.col(pl.String).str.len_chars())
        return numbers.to_numpy().astype(np.float32)


class PerThread(AlertScorerModel):
    """Adds something up per thread."""

    def predict(self, features: pl.DataFrame, *, threads: int = 1) -> NDArray[np.float64]:
        return super().predict(features, threads=threads) * (1.0 - threads * 2.0**-52)


class Counting(AlertScorerModel):
    """Remembers how often it was asked."""

    asked = itertools.count()

    def score_of(self, raw_score: float) -> float:
        return super().score_of(raw_score) * (1.0 - next(self.asked) * 2.0**-50)


class Forgetful(AlertScorerModel):
    """Saves where it was saved, and so never the same twice."""

    def save(self, folder: Path) -> None:
        parameters = {**self.metadata.parameters, "saved": str(folder)}
        save_artifact(
            folder, self.text, self.metadata.model_copy(update={"parameters": parameters})
        )


class Scaled(AlertScorerModel):
    """Halves what it explains, and not what it scores."""

    def contributions(self, features: pl.DataFrame, *, threads: int = 1) -> Contributions:
        found = super().contributions(features, threads=threads)
        return Contributions(found.values / 2.0, found.base_value, found.raw_scores)


class Percent(AlertScorerModel):
    """Speaks in per cent."""

    def score_of(self, raw_score: float) -> float:
        return 100.0 * super().score_of(raw_score)


class Reversed(AlertScorerModel):
    """Gives the riskiest the lowest score."""

    def score_of(self, raw_score: float) -> float:
        return 1.0 - super().score_of(raw_score)


@pytest.mark.parametrize(
    ("kind", "law", "told"),
    [
        (ByPosition, "column_order", r"^\d+ of 140 scores or reasons differ; first row 'alert-0"),
        (PerThread, "threads", r"'score' is 0\.\d+ \(0x1\.[0-9a-f]+p-\d\), expected 0\."),
        (Counting, "iterations", r"first row 'alert-0\d\d': 'score' is "),
        (Forgetful, "saved_and_loaded", r"^metadata\.json has other bytes when it is saved again"),
        (Scaled, "additivity", r"contributions of row 'alert-\d+' miss its raw score by "),
        (Percent, "score_range", r"row 'alert-000' has the score \d+\.\d+"),
        (Reversed, "score_range", r"has a higher raw score than another and a lower score"),
    ],
)
def test_a_model_made_to_break_a_law_breaks_it(
    small: Models, odd_batch: Batch, kind: type[AlertScorerModel], law: str, told: str
) -> None:
    assert re.search(told, breach(law, broken(kind, small), odd_batch))


@pytest.mark.parametrize(
    ("kind", "law"),
    [
        (PerThread, "threads"),
        (Forgetful, "saved_and_loaded"),
        (Scaled, "additivity"),
        (Percent, "score_range"),
        (Reversed, "score_range"),
    ],
)
def test_it_breaks_that_law_alone(
    small: Models, odd_batch: Batch, kind: type[AlertScorerModel], law: str
) -> None:
    assert held(broken(kind, small), odd_batch, law)


def test_a_process_that_has_just_started_does_not_know_what_this_one_does(
    small: Models, odd_batch: Batch
) -> None:
    told = breach("fresh_process", broken(Reversed, small), odd_batch)
    assert told.startswith("its digest is ")


def test_laws_hold_for_nothing_at_all(small: Models, odd_batch: Batch) -> None:
    nothing = replace(odd_batch, alerts=odd_batch.alerts.clear())
    assert held(small.alert_scorer, nothing)
    assert laws.fresh_process(small.alert_scorer, nothing) is None
