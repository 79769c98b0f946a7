"""How many trees, which way, and by what: the options of fitting do what they say."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from aml_miner.config.model_config import ModelConfig, TreeParameters
from aml_miner.models import AlertScorerModel
from aml_miner.training.booster_settings import ALERTS_OWN_FEATURES
from aml_miner.training.fitting import choose_rounds
from aml_miner.training.rows import LabelledRows
from aml_miner.training.train_alert_scorer import fit_alert_scorer

type MakeRows = Callable[..., LabelledRows]


@pytest.fixture
def parameters(quick_config: ModelConfig) -> TreeParameters:
    return quick_config.scorer.model_copy(
        update={"n_estimators": 150, "early_stopping_rounds": 10, "learning_rate": 0.1}
    )


def raw_at(model: AlertScorerModel, name: str, values: NDArray[np.float64]) -> list[float]:
    table = pl.DataFrame({name: values}).with_columns(
        pl.lit(0.0).alias(other) for other in model.feature_names if other != name
    )
    texts = model.metadata.code_tables
    table = table.with_columns(pl.lit(None, pl.String).alias(text) for text in texts)
    return model.raw_scores(table).tolist()


def test_noise_is_given_up_early_and_signal_is_not(
    make_rows: MakeRows, parameters: TreeParameters
) -> None:
    labels = [n % 3 == 0 for n in range(900)]
    noise = choose_rounds("alert_scorer", make_rows(labels, signal=0.3), parameters, 7)
    signal = choose_rounds("alert_scorer", make_rows(labels, signal=2.0), parameters, 7)
    assert noise < 150
    assert noise < signal


def test_early_stopping_never_looks_at_other_rows(
    make_rows: MakeRows, parameters: TreeParameters
) -> None:
    """The model of some rows is the same whatever rows there are besides: there is nothing else it could look at."""
    rows = make_rows([n % 3 == 0 for n in range(300)])
    learned = rows.take(np.arange(200))
    first = fit_alert_scorer(learned, parameters, 7)
    assert first.metadata == fit_alert_scorer(rows.take(np.arange(200)), parameters, 7).metadata
    assert first.metadata.rows == 200  # the slice looked at is learned from in the end
    assert first.metadata.parameters["n_estimators"] == choose_rounds(
        "alert_scorer", learned, parameters, 7
    )


@pytest.mark.parametrize("off", [{"early_stopping_rounds": 0}, {"validation_share": 0.0}])
def test_without_early_stopping_all_trees_are_grown(
    rows: LabelledRows, parameters: TreeParameters, off: dict[str, float]
) -> None:
    assert choose_rounds("alert_scorer", rows, parameters.model_copy(update=off), 7) == 150


def test_rows_of_one_group_cannot_be_stopped_early(
    make_rows: MakeRows, parameters: TreeParameters
) -> None:
    one = make_rows([n % 2 == 0 for n in range(40)], ["g"] * 40)
    assert choose_rounds("alert_scorer", one, parameters, 7) == 150


@pytest.mark.parametrize("sign", [1, -1])
def test_score_never_turns_against_a_declared_sign(
    make_rows: MakeRows, parameters: TreeParameters, sign: int
) -> None:
    rows = make_rows([n % 3 == 0 for n in range(300)], signal=0.3)
    bound = parameters.model_copy(update={"monotone": {"velocity": sign, "burst": 0}})
    asked = np.linspace(-4.0, 6.0, 80)
    bounded = raw_at(fit_alert_scorer(rows, bound, 7), "velocity", asked)
    assert np.all(sign * np.diff(bounded) >= 0)
    free = np.diff(raw_at(fit_alert_scorer(rows, parameters, 7), "velocity", asked))
    assert not np.all(sign * free >= 0)


def test_full_consistency_gives_one_score_per_address(quick_config: ModelConfig) -> None:
    """What two alerts of one address may differ in is never split by, though it tells the classes apart better."""
    random = np.random.Generator(np.random.PCG64(3))
    illicit = random.random(300) < 0.3
    names = [f"row-{n:03d}" for n in range(300)]
    features = pl.DataFrame(
        {
            "alert_volume_usd": illicit + 0.1 * random.random(300),
            "degree_in": illicit + random.normal(size=300),
        }
    )
    keys = pl.DataFrame({"id": names, "address": names, "owners": [[n] for n in names]}).with_columns(
        ties=pl.lit([], pl.List(pl.String)), label=illicit, grade=pl.Series(illicit.astype(int)),
        weight=1.0, batch=pl.lit("b"), processing_date=pl.lit(None, pl.Date),
    )  # fmt: skip
    rows = LabelledRows(features, keys)
    assert "alert_volume_usd" in ALERTS_OWN_FEATURES
    used = {}
    for consistency in (0.0, 1.0):
        parameters = quick_config.scorer.model_copy(update={"address_consistency": consistency})
        model = fit_alert_scorer(rows, parameters, 7)
        split = {int(feature) for tree in model.text.trees for feature in tree.split_feature}
        used[consistency] = {model.feature_names[feature] for feature in split}
    assert "alert_volume_usd" in used[0.0]
    assert used[1.0] == {"degree_in"}


def test_label_of_no_weight_counts_for_nothing(
    make_rows: MakeRows, parameters: TreeParameters
) -> None:
    rows = make_rows([n % 3 == 0 for n in range(300)], signal=0.5)
    doubtful = rows.keys.with_columns(weight=pl.when(pl.col("label")).then(0.1).otherwise(1.0))
    light = fit_alert_scorer(LabelledRows(rows.features, doubtful), parameters, 7)
    full = fit_alert_scorer(rows, parameters, 7)
    assert light.predict(rows.features).mean() < full.predict(rows.features).mean() / 2
