#!/usr/bin/env python3
"""Write docs/address_features.md from the columns' docstrings and the table of agreement."""

import argparse
import inspect
import re
from pathlib import Path

from aml_miner.batch.schemas import FEATURES
from aml_miner.monitoring.address_features import DERIVED_FAMILIES, FAMILIES
from aml_miner.monitoring.address_features.agreement import AGREEMENT
from aml_miner.monitoring.address_features.values import Column, DerivedColumn

PAGE = Path(__file__).resolve().parents[1] / "docs" / "address_features.md"

LABELS = ("Formula", "Unit", "Source", "Note")
_LABEL = re.compile(rf"^({'|'.join(LABELS)}): ", re.MULTILINE)

_HEAD = """\
# Address features

<!-- Written by scripts/write_address_features_page.py from the docstrings; change those, then run it. -->

`build_address_features` makes one row per address of a window from the window's transfers.
A column that carries a name of the data contract carries its value too, even where the name misleads; notes say where.
An *edge* is all transfers from one address to another, summed.
The source *reference* is the package `chainswarm-analyzers-baseline` 0.1.3.
Columns that hold money are exact decimals, other measures doubles.
An amount in "the asset's own unit" is added over assets as if they were one, as the reference does.
Hours and days are UTC.
Transfers an address makes to itself are left out.
"""

_AGREEMENT_HEAD = """\
## Agreement with the reference

Compared on the published transfers of the network "torus" and the reference's output for them.
*Equal* is within a relative 1e-9.
The data contract holds some forty measures in 32 bits, which would show no difference of 1e-9; here they have 64.
Money is exact decimals here and doubles in the reference's output, so tests of our own show that it is exact.

A test checks the columns said to be equal: in every clone on a small sample of our own, and on that data where it is.

| column | verdict |
|---|---|
"""


def page() -> str:
    """Return the whole page."""
    families = [_family(name, columns) for name, columns in _families().items()]
    verdicts = "".join(f"| `{name}` | {verdict} |\n" for name, verdict in AGREEMENT.items())
    return "\n".join([_HEAD, *families, _to_come(), _AGREEMENT_HEAD + verdicts])


def _families() -> dict[str, tuple[Column | DerivedColumn, ...]]:
    """Put the columns of a family together, however they are made."""
    names = dict.fromkeys([*FAMILIES, *DERIVED_FAMILIES])
    return {name: (*FAMILIES.get(name, ()), *DERIVED_FAMILIES.get(name, ())) for name in names}


def _family(name: str, columns: tuple[Column | DerivedColumn, ...]) -> str:
    lines = "".join(_row(column) for column in columns)
    head = "| column | what it is | formula | unit | source |\n|---|---|---|---|---|\n"
    return f"## {name.capitalize()}\n\n{head}{lines}"


def _row(column: Column | DerivedColumn) -> str:
    first, parts = described(column)
    what = f"{first} *Note: {parts['Note']}*" if "Note" in parts else first
    cells = [f"`{column.__name__}`", what, *(parts[label].rstrip(".") for label in LABELS[:3])]
    return f"| {' | '.join(cell.replace('|', '\\|') for cell in cells)} |\n"


def described(column: Column | DerivedColumn) -> tuple[str, dict[str, str]]:
    """Split a column's docstring into its first line and its labelled parts."""
    first, _, rest = inspect.cleandoc(column.__doc__ or "").partition("\n")
    pieces = _LABEL.split(rest.strip())[1:]
    texts = (" ".join(text.split()) for text in pieces[1::2])
    return first, dict(zip(pieces[::2], texts, strict=True))


def _to_come() -> str:
    built = {column.__name__ for columns in _families().values() for column in columns}
    missing = [c.name for c in FEATURES.columns if c.group and c.name not in built]
    if not missing:
        return "Every column of the contract is built.\n"
    names = ", ".join(f"`{name}`" for name in missing)
    return (
        f"## Not built yet\n\nColumns of the contract that are absent from the result:\n{names}.\n"
    )


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
