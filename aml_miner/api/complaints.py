"""What is said of a JSON body that breaks the published form: which row, by its place and its key, and which field.

``alerts[3] (alert_id 'a-17'): 'volume_usd': Input should be a valid decimal; found 'many'.``
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from pydantic_core import ErrorDetails

from aml_miner.batch.schemas import ALERTS, CLUSTERS, FEATURES, MONEY_FLOWS

_KEYS = {str(table.name): table.key for table in (ALERTS, FEATURES, CLUSTERS, MONEY_FLOWS)}

_MOST_NAMED = 12

_SHOWN_LENGTH = 60
"""A value is cut to this many characters, so that no reply carries a whole document back."""


def complaint(errors: Sequence[ErrorDetails], body: bytes | bytearray) -> str:
    """Say what is wrong first, and what else is in the first wrong row of each table."""
    others = [repr(error["loc"][-1]) for error in errors[1:] if error["loc"]]
    named = ", ".join(others[:_MOST_NAMED]) + (", …" if len(others) > _MOST_NAMED else "")
    return f"{_first(errors[0], body)}{f' Wrong too: {named}.' if others else ''}"


def _first(error: ErrorDetails, body: bytes | bytearray) -> str:
    place = error["loc"]
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "json_invalid":
        return f"body: {message.removeprefix('Invalid JSON: ').join(('not JSON: ', ''))}."
    if not place:
        found = "" if error["type"] == "value_error" else f"; found {shown(error['input'])}"
        expected = message if error["type"] == "value_error" else "expected a JSON object of tables"
        return f"body: {expected}{found}."
    table, *inside = place
    where = f"{table}{_row(body, str(table), inside)}"
    field = "".join(f"[{part}]" if isinstance(part, int) else f": '{part}'" for part in inside[1:])
    found = "" if error["type"] == "missing" else f"; found {shown(error['input'])}"
    return f"{where}{field}: {message}{found}."


def _row(body: bytes | bytearray, table: str, inside: Sequence[str | int]) -> str:
    """Return a row's place, and its key as far as the row has one."""
    if not inside:
        return ""
    row = inside[0]
    if isinstance(row, str):  # a field of what is no list: of the reference
        return f": '{row}'"
    return f"[{row}]{_key(body, table, row)}"


def _key(body: bytes | bytearray, table: str, row: int) -> str:
    try:
        given = orjson.loads(body)[table][row]
    except (
        orjson.JSONDecodeError
    ):  # it takes less than the reader that found the fault: no NaN, no half surrogates
        return ""
    if not isinstance(given, Mapping):
        return ""
    key = [f"{name} {shown(given[name])}" for name in _KEYS[table] if name in given]
    return f" ({', '.join(key)})" if key else ""


def shown(value: Any) -> str:  # noqa: ANN401 - whatever somebody sent
    """Return a value as it is shown in a message."""
    text = repr(value)
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}…"
