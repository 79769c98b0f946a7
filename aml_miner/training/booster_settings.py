"""What LightGBM is told: its own parameters, what ours come to in its terms, and what never changes."""

from typing import Final

from aml_miner.config.model_config import TreeParameters
from aml_miner.features import alert
from aml_miner.models.artifact import OBJECTIVES
from aml_miner.models.metadata import Kind, Scalar
from aml_miner.training.rows import LabelledRows

SEEDS: Final = (
    "seed",
    "bagging_seed",
    "data_random_seed",
    "drop_seed",
    "extra_seed",
    "feature_fraction_seed",
    "objective_seed",
)
_OURS: Final = frozenset(
    {
        "n_estimators",
        "alert_budget",
        "max_query_rows",
        "scorer_trees",
        "early_stopping_rounds",
        "validation_share",
        "monotone",
        "address_consistency",
        "extra_trees",
        "owner_balance",
        "averaged_with",
        "keep_features",
        "drop_features",
        "max_correlation",
        "min_importance",
    }
)
"""Parameters LightGBM is not told by their names: they are our own, or given in another form."""

ALERTS_OWN_FEATURES: Final = frozenset(feature.name for feature in alert.FEATURES)
"""Features in which two alerts of one address may differ."""


def booster_settings(
    kind: Kind, rows: LabelledRows, parameters: TreeParameters, seed: int
) -> dict[str, Scalar]:
    """Everything LightGBM is told; lists as text, the form its parameters have."""
    grown: dict[str, Scalar] = {
        name: ",".join(map(str, value)) if isinstance(value, tuple) else value
        for name, value in parameters.model_dump().items()
        if name not in _OURS
    }
    names = rows.features.columns
    signs = [parameters.monotone.get(name, 0) for name in names]
    if any(signs):
        grown["monotone_constraints"] = ",".join(map(str, signs))
    if parameters.extra_trees:
        grown["extra_trees"] = True
    if parameters.address_consistency > 0.0:
        kept = 1.0 - parameters.address_consistency
        own = [kept if name in ALERTS_OWN_FEATURES else 1.0 for name in names]
        grown["feature_contri"] = ",".join(map(str, own))
    fixed: dict[str, Scalar] = {
        "objective": OBJECTIVES[kind],
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "feature_pre_filter": False,
        "verbosity": -1,
    }
    return {**grown, **fixed, **dict.fromkeys(SEEDS, seed)}
