"""A feature's expression as a function of one row.

Polars plans every evaluation anew, which takes most of a millisecond however few rows there are. So for a handful of
rows the same expression is read once, from the form Polars writes it in, and evaluated in Python: the same operations
on the same 64-bit floats, so the same bits. A form that is not read here is left to Polars, and so is a row in which
it matters what Polars takes NaN for.
"""

import json
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

import polars as pl

type Value = float | int | bool | str | date | Sequence[object] | None
type Row = Mapping[str, Value]
type Evaluate = Callable[[Row], Value]

_OTHER_FORMS: Final = (
    AttributeError,
    KeyError,
    TypeError,
    ValueError,
    pl.exceptions.PolarsError,
)
"""What reading raises where a node has another shape than the ones below, or cannot be written out at all."""

_EXACT: Final = 2**53
"""Up to here every whole number is a float."""

_EPOCH: Final = date(1970, 1, 1).toordinal()


class LeftToPolarsError(Exception):
    """Polars is to evaluate a form, or a row; caught by the builder, which asks Polars then."""


def read_expression(expression: pl.Expr) -> Evaluate:
    """Return a function of one row, whose numbers are floats, that gives what the expression gives.

    Raises
    ------
    LeftToPolarsError
        If the expression has a form that is not read here. The function raises it where Polars is to decide.

    Examples
    --------
    >>> share = read_expression(pl.col("sent_usd") / pl.col("total_usd"))
    >>> share({"sent_usd": 1.0, "total_usd": 4.0}), share({"sent_usd": None, "total_usd": 4.0})
    (0.25, None)
    """
    try:
        return _read(json.loads(expression.meta.serialize(format="json")))
    except _OTHER_FORMS as error:
        raise LeftToPolarsError(str(error)) from error


def _read(node: dict[str, Any]) -> Evaluate:
    """Read one node: a dictionary of one entry, its kind and its parts."""
    [(kind, parts)] = node.items()
    if kind not in _KINDS:
        raise LeftToPolarsError(kind)
    return _KINDS[kind](parts)


def _column(name: str) -> Evaluate:
    return lambda row: row[name]


def _literal(parts: dict[str, dict[str, Any]]) -> Evaluate:
    [[(kind, value)]] = [each.items() for each in parts.values()]
    if kind in {"Float", "Float64", "Int"} and abs(value) <= (
        _EXACT if kind == "Int" else math.inf
    ):
        number = float(value)
        return lambda _: number
    if kind == "Null" or (kind == "String" and isinstance(value, str)):
        text = None if kind == "Null" else value
        return lambda _: text
    raise LeftToPolarsError(kind)


def _binary(parts: dict[str, Any]) -> Evaluate:
    if parts["op"] not in _OPERATIONS:
        raise LeftToPolarsError(parts["op"])
    operation = _OPERATIONS[parts["op"]]
    left, right = _read(parts["left"]), _read(parts["right"])
    return lambda row: operation(left(row), right(row))


def _ternary(parts: dict[str, Any]) -> Evaluate:
    asked, then, otherwise = (_read(parts[name]) for name in ("predicate", "truthy", "falsy"))
    return lambda row: then(row) if _truth(asked(row)) else otherwise(row)


def _truth(value: Value) -> bool | None:
    if value is None or value is True or value is False:
        return value
    raise LeftToPolarsError  # a flag has become a number, which is no truth there


def _function(parts: dict[str, Any]) -> Evaluate:
    name = str(parts["function"])
    if name not in _FUNCTIONS:
        raise LeftToPolarsError(name)
    function = _FUNCTIONS[name]
    inputs = [_read(node) for node in parts["input"]]
    return lambda row: function(*(each(row) for each in inputs))


def _cast(parts: dict[str, Any]) -> Evaluate:
    number, of = parts["dtype"].get("Literal"), _read(parts["expr"])
    if number not in _CASTS:
        raise LeftToPolarsError(str(number))
    cast = _CASTS[number]
    return lambda row: None if (value := of(row)) is None else cast(value)


_KINDS: Final[Mapping[str, Callable[[Any], Evaluate]]] = {
    "Column": _column,
    "Literal": _literal,
    "BinaryExpr": _binary,
    "Ternary": _ternary,
    "Function": _function,
    "Cast": _cast,
}


def _arithmetic(of_two: Callable[[float, float], float]) -> Callable[[Value, Value], Value]:
    def compute(left: Value, right: Value) -> Value:
        if left is None or right is None:
            return None
        if type(left) is not float or type(right) is not float:
            raise LeftToPolarsError  # whole numbers may wrap around there
        return of_two(left, right)

    return compute


def _divided(left: float, right: float) -> float:
    if right == 0.0:
        return (
            math.nan
            if left == 0.0 or math.isnan(left)
            else math.copysign(math.inf, math.copysign(1.0, left) * math.copysign(1.0, right))
        )
    return left / right


def _comparison(of_two: Callable[[Any, Any], bool]) -> Callable[[Value, Value], Value]:
    def compare(left: Value, right: Value) -> Value:
        if left is None or right is None:
            return None
        if type(left) is not type(right) or left != left or right != right:  # noqa: PLR0124 - NaN
            raise LeftToPolarsError
        return of_two(left, right)

    return compare


def _both(left: Value, right: Value) -> Value:
    truths = {_truth(left), _truth(right)}
    return False if False in truths else None if None in truths else True


def _either(left: Value, right: Value) -> Value:
    truths = {_truth(left), _truth(right)}
    return True if True in truths else None if None in truths else False


def _extreme(of_many: Callable[[list[float]], float]) -> Callable[..., Value]:
    def choose(*values: Value) -> Value:
        known = [value for value in values if value is not None]
        if not all(type(value) is float and value == value for value in known):  # noqa: PLR0124
            raise LeftToPolarsError
        numbers: list[float] = known  # type: ignore[assignment]
        if len({math.copysign(1.0, number) for number in numbers if number == 0.0}) > 1:
            raise LeftToPolarsError  # which of 0 and −0 it takes
        return of_many(numbers) if numbers else None

    return choose


def _length(value: Value) -> Value:
    return None if value is None else len(value)  # type: ignore[arg-type]


def _day(value: Value) -> Value:
    if type(value) is not date:
        raise LeftToPolarsError
    return value.toordinal() - _EPOCH


def _float(value: Value) -> Value:
    if not isinstance(value, int | float):
        raise LeftToPolarsError
    return float(value)


_OPERATIONS: Final[Mapping[str, Callable[[Value, Value], Value]]] = {
    "Plus": _arithmetic(operator.add),
    "Minus": _arithmetic(operator.sub),
    "Multiply": _arithmetic(operator.mul),
    "TrueDivide": _arithmetic(_divided),
    "Eq": _comparison(operator.eq),
    "NotEq": _comparison(operator.ne),
    "Lt": _comparison(operator.lt),
    "LtEq": _comparison(operator.le),
    "Gt": _comparison(operator.gt),
    "GtEq": _comparison(operator.ge),
    "And": _both,
    "Or": _either,
}

_FUNCTIONS: Final[Mapping[str, Callable[..., Value]]] = {
    str({"Boolean": "IsNull"}): lambda value: value is None,
    str({"Boolean": "IsNotNull"}): lambda value: value is not None,
    str({"ListExpr": "Length"}): _length,
    "MinHorizontal": _extreme(min),
    "MaxHorizontal": _extreme(max),
}

_CASTS: Final[Mapping[str, Callable[[Value], Value]]] = {"Int32": _day, "Float64": _float}
