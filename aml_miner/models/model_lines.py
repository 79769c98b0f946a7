"""The ``name=value`` lines of a LightGBM text model, read strictly.

A number is what LightGBM prints and nothing else a parser might let pass: no sign before a plus, no underscore, no
hexadecimal, no blank between two blanks.
"""

import re
from dataclasses import dataclass
from typing import Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from aml_miner.errors import ModelRejectedError

INT32: Final = 2**31 - 1
"""The largest whole number LightGBM holds where it does not say otherwise."""
WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,9})")
# %.17g: at most 17 significant digits, and 20 decimals (0.0001 and 16 more) before it turns to exponents
REAL: Final = re.compile(r"-?[0-9]{1,17}(?:\.[0-9]{1,20})?(?:e[+-][0-9]{2,3})?")
THRESHOLD: Final = re.compile(rf"inf|{REAL.pattern}")
RANGE: Final = re.compile(rf"none|\[{REAL.pattern}:{REAL.pattern}\]|-?[0-9]+(?::-?[0-9]+)*")
NAME: Final = re.compile(r'[^\s"\[\]{}:,]+')

_LINES: Final = {
    kind: re.compile(rf"(?:{kind.pattern})(?: (?:{kind.pattern}))*+")
    for kind in (WHOLE, REAL, THRESHOLD)
}
"""What a whole line of a kind looks like: one question instead of one a token."""
_KINDS: Final = {
    WHOLE: "whole numbers",
    REAL: "finite numbers",
    THRESHOLD: "numbers or 'inf'",
    RANGE: "'none', '[min:max]' or category codes",
    NAME: "names without spaces, quotes, brackets, braces, colons and commas",
}


def reject(where: str, field: str, expected: str, found: object) -> NoReturn:
    """Raise the error that names place, field, what was expected and what was found."""
    shown = found if isinstance(found, int) else repr(str(found)[:40])
    raise ModelRejectedError(
        f"model text, {where}: {field!r} must {expected}; found {shown}. "
        f"Restore the file as LightGBM 4 saved it, or train the model again."
    )


@dataclass(frozen=True, slots=True)
class Lines:
    """The values of the header or of one tree, by name; ``where`` is what messages call the place.

    Every method raises ``ModelRejectedError`` when a value is not what it is asked for. ``name`` must be a line that
    is there: ask ``check_names`` first.
    """

    where: str
    values: dict[str, str]

    def check_names(self, required: frozenset[str], optional: frozenset[str] = frozenset()) -> None:
        """Check that each required line is there, and no line that is neither required nor optional."""
        for name in sorted(required - self.values.keys()):
            reject(self.where, name, "be there", "no such line")
        for name in sorted(self.values.keys() - required - optional):
            reject(self.where, name, "not be there", self.values[name])

    def check_value(self, name: str, expected: str) -> None:
        """Check that the value is exactly the expected one."""
        if self.values[name] != expected:
            reject(self.where, name, f"be {expected}", self.values[name])

    def tokens(self, name: str, count: int | None, kind: re.Pattern[str]) -> list[str]:
        """Return what the single spaces separate; any number of it when ``count`` is None."""
        value = self.values[name]
        tokens = value.split(" ") if value else []
        if kind not in _LINES or not _LINES[kind].fullmatch(value):
            for token in tokens:
                if not kind.fullmatch(token):
                    reject(self.where, name, f"hold only {_KINDS[kind]}", token)
        if count is not None and len(tokens) != count:
            reject(self.where, name, f"have {count} values", len(tokens))
        return tokens

    def wholes(self, name: str, count: int | None, low: int, high: int) -> NDArray[np.int64]:
        """Return whole numbers from ``low`` to ``high``, inclusive, in an array that cannot be written to."""
        numbers = np.array([int(token) for token in self.tokens(name, count, WHOLE)], np.int64)
        for number in numbers[(numbers < low) | (numbers > high)][:1]:
            reject(self.where, name, f"lie between {low} and {high}", int(number))
        numbers.setflags(write=False)
        return numbers

    def whole(self, name: str, low: int, high: int) -> int:
        """Return one whole number from ``low`` to ``high``, inclusive."""
        return int(self.wholes(name, 1, low, high)[0])

    def reals(self, name: str, count: int, kind: re.Pattern[str] = REAL) -> NDArray[np.float64]:
        """Return the doubles nearest to the decimals, in an array that cannot be written to."""
        tokens = self.tokens(name, count, kind)
        numbers = np.array([float(token) for token in tokens], np.float64)
        for position in np.flatnonzero(np.isinf(numbers)):
            if tokens[position] != "inf":  # an exponent too large for a double
                reject(self.where, name, f"hold only {_KINDS[kind]}", tokens[position])
        numbers.setflags(write=False)
        return numbers


def read_lines(where: str, lines: list[str]) -> Lines:
    """Split each line at its first ``=``.

    Raises
    ------
    ModelRejectedError
        If a line has none, or a name comes twice.
    """
    values: dict[str, str] = {}
    for line in lines:
        name, equals, value = line.partition("=")
        if not equals:
            reject(where, line[:40], "be a line name=value", line)
        if name in values:
            reject(where, name, "be there once", "a second line")
        values[name] = value
    return Lines(where, values)
