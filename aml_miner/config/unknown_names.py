"""What is said of a name in a file of parameters that no parameter has."""

from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel, ValidationError

from aml_miner.utils.near_miss import near_miss


def unknown_name(
    kind: str, error: ValidationError, parameters: type[BaseModel], defaults: str
) -> str | None:
    """Return the sentence that names an unknown parameter in full, and the one that was probably meant.

    It goes before whatever else is wrong: where one is misspelt, it is often missing by its right name too.

    Parameters
    ----------
    kind
        What a parameter is called in this file.
    error
        What Pydantic found wrong with `parameters`, which must be closed.
    defaults
        The file that has all of them, named where none is alike.

    Returns
    -------
    str or None
        None if no name is unknown.
    """
    unknown = [each["loc"] for each in error.errors() if each["type"] == "extra_forbidden"]
    if not unknown:
        return None
    place = ".".join(map(str, unknown[0]))
    sought = ".".join(part for part in unknown[0] if isinstance(part, str))
    hint = near_miss(sought, _names(parameters)) or f"; see {defaults} for those there are."
    others = f" {len(unknown)} names are unknown in all." if len(unknown) > 1 else ""
    return f"there is no {kind} '{place}'{hint}{others}"


def _names(section: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield the names of all parameters, with those of the sections they are in; places in a list are left out."""
    for name, field in section.model_fields.items():
        yield prefix + name
        for inner in _sections(field.annotation):
            yield from _names(inner, f"{prefix}{name}.")


def _sections(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _sections(inner)
