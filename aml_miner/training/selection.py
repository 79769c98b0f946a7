"""Which features are learned from: those that are asked for, matter, and do not say the same twice."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.config.model_config import TreeParameters
from aml_miner.errors import ConfigurationError, TrainingRefusedError
from aml_miner.training.rows import LabelledRows

_DECIMALS = 9  # correlations are compared after rounding, so that no last bit decides


@dataclass(frozen=True, slots=True)
class Selection:
    """Features learned from, in their order, and the others with the reason."""

    kept: tuple[str, ...]
    left_out: Mapping[str, str]


def select_features(
    kind: str,
    rows: LabelledRows,
    parameters: TreeParameters,
    gains: Callable[[LabelledRows], Mapping[str, float]],
) -> Selection:
    """Choose features by name, then by importance, then by correlation.

    Parameters
    ----------
    kind
        What is trained, for messages.
    rows
        What is learned from, and nothing else: a selection that has seen the test rows flatters the model.
    parameters
        ``keep_features``, ``drop_features``, ``min_importance``, ``max_correlation``.
    gains
        Returns each feature's share of the gain in a fit to some rows; called only where importance is asked for.

    Raises
    ------
    ConfigurationError
        If a feature that is named is not there.
    TrainingRefusedError
        If none is left.
    """
    names = rows.features.columns
    for option in ("keep_features", "drop_features", "monotone"):
        _check_known(kind, option, getattr(parameters, option) or (), names)
    left_out = dict(_by_name(names, parameters))
    if parameters.min_importance > 0.0 or parameters.max_correlation < 1.0:
        shares = gains(rows.only(_others(names, left_out)))
        for name, share in shares.items():
            if share < parameters.min_importance:
                left_out[name] = f"its share of the gain is {share:.2g}"
        rest = {name: shares[name] for name in _others(names, left_out)}
        left_out |= _by_correlation(rows.features, rest, parameters.max_correlation)
    kept = _others(names, left_out)
    if not kept:
        raise TrainingRefusedError(f"{kind}: the selection leaves no feature to learn from.")
    return Selection(tuple(kept), left_out)


def _others(names: Iterable[str], left_out: Mapping[str, str]) -> list[str]:
    return [name for name in names if name not in left_out]


def _by_name(names: Iterable[str], parameters: TreeParameters) -> Iterator[tuple[str, str]]:
    for name in names:
        if name in parameters.drop_features:
            yield name, "named in drop_features"
        elif parameters.keep_features is not None and name not in parameters.keep_features:
            yield name, "not named in keep_features"


def _by_correlation(
    features: pl.DataFrame, shares: Mapping[str, float], most: float
) -> dict[str, str]:
    """Leave out what correlates with a more important feature; of equals the later by name."""
    numbers = [name for name in shares if features.schema[name] != pl.String]
    ranks = {name: _standard_ranks(features[name]) for name in numbers}
    kept: list[str] = []
    left_out = {}
    for name in sorted(numbers, key=lambda name: (-shares[name], name)):
        for other in kept:
            alike = round(abs(float(np.sum(ranks[name] * ranks[other]))), _DECIMALS)
            if alike > most:
                left_out[name] = f"its ranks correlate by {alike:.2f} with {other}"
                break
        else:
            kept.append(name)
    return left_out


def _standard_ranks(column: pl.Series) -> NDArray[np.float64]:
    """Midranks as a vector of length 1 around 0, unknown values in the middle; zeros for a constant."""
    ranks = column.rank("average").cast(pl.Float64)
    middle = ranks.mean()
    filled = ranks.fill_null(middle if isinstance(middle, float) else 0.0).to_numpy()
    centred = filled - np.mean(filled)
    length = float(np.sqrt(np.sum(centred * centred)))
    unit: NDArray[np.float64] = centred / length if length > 0.0 else centred
    return unit


def _check_known(kind: str, option: str, asked: Iterable[str], names: list[str]) -> None:
    strange = sorted(set(asked) - set(names))
    if strange:
        raise ConfigurationError(
            f"{kind}: {option} names {len(strange)} feature(s) that are not there, first '{strange[0]}'; "
            f"docs/features.md lists those that are."
        )
