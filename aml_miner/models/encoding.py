"""Feature tables into the one matrix LightGBM is given: by name, as 32-bit floats, categories as codes.

LightGBM matches columns by position and takes any number for a category. So columns are chosen by name here and
nowhere else, and a category's code is its place in a table that was frozen in training. Code 0 is reserved: a value
that is unknown (null) and one that training never saw both get it, and the second kind is counted.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.errors import PredictionError
from aml_miner.utils.few import is_few

type CodeTables = Mapping[str, tuple[str, ...]]
"""Per category column: the values training saw, sorted. The code of a value is 1 + its place."""

type Matrix = NDArray[np.float32]
"""Shape (rows, features), C-contiguous. A number that is unknown is NaN; no value is infinite."""

_ROWS_WORTH_A_PLAN: Final = 2_000
"""From here on Polars finds codes in less time than a dictionary, one by one; measured."""


def fit_code_tables(features: pl.DataFrame) -> CodeTables:
    """Return the values of each String column, sorted.

    Examples
    --------
    >>> fit_code_tables(pl.DataFrame({"severity": ["low", "high", None, "low"], "tx_count": 1.0}))
    {'severity': ('high', 'low')}
    """
    texts = [series for series in features if series.dtype == pl.String]
    return {series.name: tuple(sorted(series.drop_nulls().unique().to_list())) for series in texts}


def encode(features: pl.DataFrame, feature_names: Sequence[str], code_tables: CodeTables) -> Matrix:
    """Return the matrix of the named features, whatever the order of the table's columns.

    A number beyond the range of a 32-bit float becomes NaN: no infinity reaches a model.

    Raises
    ------
    PredictionError
        If a feature is missing from the table, is a category where a number is expected, or the reverse.

    Examples
    --------
    >>> features = pl.DataFrame({"severity": ["low", "severe"], "tx_count": [2.0, None]})
    >>> encode(features, ["tx_count", "severity"], {"severity": ("high", "low")})
    array([[ 2.,  2.],
           [nan,  0.]], dtype=float32)
    """
    _check_columns(features, feature_names)
    with np.errstate(over="ignore"):
        if is_few(features.height) and _is_as_built(features, feature_names, code_tables):
            matrix = _encode_few(features, feature_names, code_tables)
        else:
            matrix = _encode_many(features, feature_names, code_tables)
    matrix[np.isinf(matrix)] = np.nan
    return matrix


def _encode_many(features: pl.DataFrame, names: Sequence[str], code_tables: CodeTables) -> Matrix:
    matrix = np.empty((features.height, len(names)), np.float32)
    for place, name in enumerate(names):
        series = features[name]
        is_category = name in code_tables
        matrix[:, place] = _codes(series, code_tables[name]) if is_category else _numbers(series)
    return matrix


def _is_as_built(features: pl.DataFrame, names: Sequence[str], code_tables: CodeTables) -> bool:
    """Say whether all types are those the builder gives: text for categories, and 64-bit floats."""
    types = dict(zip(features.columns, features.dtypes, strict=True))
    return all(
        isinstance(types[name], pl.String if name in code_tables else pl.Float64) for name in names
    )


def _encode_few(features: pl.DataFrame, names: Sequence[str], code_tables: CodeTables) -> Matrix:
    """Encode row by row, which takes a tenth of the time of a column each for a handful of rows."""
    places = {name: place for place, name in enumerate(features.columns)}
    rows = [[row[places[name]] for name in names] for row in features.rows()]
    for at, name in enumerate(names):
        if name in code_tables:
            codes = _code_of(code_tables[name])
            for row in rows:
                row[at] = codes.get(row[at], 0.0)
    return np.array(rows, np.float64).astype(np.float32).reshape(len(rows), len(names))


@lru_cache(maxsize=256)
def _code_of(values: tuple[str, ...]) -> Mapping[str, float]:
    return {value: 1.0 + place for place, value in enumerate(values)}


def count_unknown(features: pl.DataFrame, code_tables: CodeTables) -> dict[str, int]:
    """Count, per category column, the values that training never saw. Null is not a value.

    Raises
    ------
    PredictionError
        If a category column is missing from the table or does not hold text.

    Examples
    --------
    >>> count_unknown(pl.DataFrame({"severity": ["low", "severe", None]}), {"severity": ("low",)})
    {'severity': 1}
    """
    _check_columns(features, tuple(code_tables))
    return {name: _count_in(features[name], values) for name, values in code_tables.items()}


def _count_in(series: pl.Series, values: tuple[str, ...]) -> int:
    return int(np.count_nonzero(_codes(series.drop_nulls(), values) == 0))


def _check_columns(features: pl.DataFrame, names: Sequence[str]) -> None:
    there = set(features.columns)
    missing = [name for name in names if name not in there]
    if missing:
        raise PredictionError(
            f"features: the model needs {len(names)} columns; {len(missing)} of them are missing, "
            f"first '{missing[0]}'. Build them with the model's prepare_features."
        )


def _codes(series: pl.Series, values: tuple[str, ...]) -> NDArray[np.float32]:
    if series.dtype not in (pl.String, pl.Null):
        raise PredictionError(
            f"features: '{series.name}' is a category of this model and must hold text; found {series.dtype}."
        )
    codes = _code_of(values)
    if series.len() < _ROWS_WORTH_A_PLAN:
        return np.array([codes.get(value, 0.0) for value in series.to_list()], np.float32)
    known = pl.Series([*codes], dtype=pl.String), pl.Series([*codes.values()], dtype=pl.Float32)
    return series.cast(pl.String).replace_strict(*known, default=0.0).to_numpy()


def _numbers(series: pl.Series) -> NDArray[np.float64]:
    if not (series.dtype.is_numeric() or series.dtype in (pl.Boolean, pl.Null)):
        raise PredictionError(
            f"features: '{series.name}' is a number of this model; found {series.dtype}."
        )
    return (series if series.dtype == pl.Float64 else series.cast(pl.Float64)).to_numpy()
