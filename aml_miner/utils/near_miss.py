"""What an unknown name was probably meant to be."""

import difflib
from collections.abc import Iterable


def near_miss(name: object, known: Iterable[str]) -> str:
    """Return the end of a sentence that says a name is unknown: the known one most like it, asked for.

    Capitals do not count. Of names in sections, ``section.name``, the last parts are compared, for sections that are
    the same make any two alike; one of the same section goes before those of others.

    Returns
    -------
    str
        Nothing where no name is alike: more than 0.6 of the letters in common, as `difflib` counts them.

    Examples
    --------
    >>> "there is no setting 'api_prot'" + near_miss("api_prot", ["api_host", "api_port"])
    "there is no setting 'api_prot'; did you mean 'api_port'?"
    >>> near_miss("tree.depht", ["forest.depth", "tree.depth", "tree.leaves"])
    "; did you mean 'tree.depth'?"
    >>> near_miss("tree.zzz", ["tree.depth"])
    ''
    """
    names = list(known)
    if not any("." in each for each in names):
        alike = _closest(str(name), {each: each for each in names})
    else:
        section, _, last = str(name).rpartition(".")
        beside = [each for each in names if each.rpartition(".")[0] == section]
        alike = _closest(last, _by_last_part(beside)) or _closest(last, _by_last_part(names))
    return f"; did you mean '{alike}'?" if alike else ""


def _by_last_part(names: list[str]) -> dict[str, str]:
    """Return the names by their last parts; of several with the same the first."""
    return {each.rpartition(".")[2]: each for each in reversed(names)}


def _closest(part: str, names: dict[str, str]) -> str | None:
    lowered = {each.lower(): whole for each, whole in names.items()}
    alike = difflib.get_close_matches(part.lower(), lowered, n=1)
    return lowered[alike[0]] if alike else None
