"""Features are chosen by name, importance and correlation, on what is learned from alone."""

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
import pytest

from aml_miner.config.model_config import ModelConfig
from aml_miner.errors import ConfigurationError, TrainingRefusedError
from aml_miner.training.fitting import fit_trees
from aml_miner.training.rows import LabelledRows
from aml_miner.training.selection import Selection, select_features

SHARES = {"velocity": 0.6, "burst": 0.3, "typology": 0.1, "copy": 0.0}


@pytest.fixture
def four(rows: LabelledRows) -> LabelledRows:
    """Velocity again as "copy", its order turned around and its values squeezed."""
    copy = (-pl.col("velocity")).tanh().alias("copy")
    return LabelledRows(rows.features.with_columns(copy), rows.keys)


@pytest.fixture
def select(four: LabelledRows, quick_config: ModelConfig) -> Callable[..., Selection]:
    def select(**options: object) -> Selection:
        parameters = quick_config.scorer.model_copy(update=options)

        def gains(rows: LabelledRows) -> Mapping[str, float]:
            return {name: SHARES[name] for name in rows.features.columns}

        return select_features("alert_scorer", four, parameters, gains)

    return select


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, ("velocity", "burst", "typology", "copy")),
        ({"drop_features": ("burst",)}, ("velocity", "typology", "copy")),
        ({"keep_features": ("typology", "burst")}, ("burst", "typology")),
        ({"min_importance": 0.2}, ("velocity", "burst")),
        ({"max_correlation": 0.99}, ("velocity", "burst", "typology")),
        ({"max_correlation": 0.99, "drop_features": ("velocity",)}, ("burst", "typology", "copy")),
    ],
)
def test_what_is_asked_for_is_kept(
    select: Callable[..., Selection], options: dict[str, object], kept: tuple[str, ...]
) -> None:
    found = select(**options)
    assert found.kept == kept
    assert set(found.left_out) == set(SHARES) - set(kept)


def test_reason_names_the_feature_that_says_the_same(select: Callable[..., Selection]) -> None:
    found = select(max_correlation=0.99, min_importance=0.15)
    assert found.left_out == {
        "typology": "its share of the gain is 0.1",
        "copy": "its share of the gain is 0",
    }
    (reason,) = select(max_correlation=0.99).left_out.values()
    assert reason == "its ranks correlate by 1.00 with velocity"


@pytest.mark.parametrize("option", ["keep_features", "drop_features"])
def test_feature_nobody_has_is_refused(select: Callable[..., Selection], option: str) -> None:
    message = rf"alert_scorer: {option} names 1 feature\(s\) that are not there, first 'velocty'"
    with pytest.raises(ConfigurationError, match=message):
        select(**{option: ("velocty",)})


def test_nothing_left_is_refused(select: Callable[..., Selection]) -> None:
    with pytest.raises(TrainingRefusedError, match="the selection leaves no feature"):
        select(keep_features=())


def test_model_knows_what_it_left_out_and_scores_without_it(
    four: LabelledRows, quick_config: ModelConfig
) -> None:
    parameters = quick_config.scorer.model_copy(update={"max_correlation": 0.95})
    metadata = fit_trees("alert_scorer", four, parameters, 7).metadata
    assert len(metadata.feature_names) == 3
    (name,) = metadata.left_out
    assert name in {"velocity", "copy"}  # whichever gained less


def test_unknown_values_do_not_make_features_alike(quick_config: ModelConfig) -> None:
    random = np.random.Generator(np.random.PCG64(2))
    known = random.random(100)
    half = [value if n % 2 else None for n, value in enumerate(known.tolist())]
    keys = pl.DataFrame({"label": known > 0.5})
    rows = LabelledRows(pl.DataFrame({"a": known, "half": half, "constant": 1.0}), keys)
    parameters = quick_config.scorer.model_copy(update={"max_correlation": 0.9})
    found = select_features("x", rows, parameters, lambda _: {"a": 0.9, "half": 0.1, "constant": 0})
    assert found.kept == ("a", "half", "constant")
