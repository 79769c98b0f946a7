"""Write docs/tables.md from the schemas: python scripts/write_tables_page.py (with --check: only compare)."""

import argparse
import sys
from pathlib import Path

from aml_miner.batch import schemas
from aml_miner.batch.schemas import Column, Table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "tables.md"

TABLES = (
    (
        "alerts",
        schemas.ALERTS,
        "What is to be scored: one row per alert. The same `alert_id` may occur twice.",
    ),
    ("features", schemas.FEATURES, "What is known of each address on the day, over the window."),
    ("clusters", schemas.CLUSTERS, "Groups of alerts that belong together."),
    ("money_flows", schemas.MONEY_FLOWS, "Optional; one row per directed pair of addresses."),
    (
        "money_flows, per transaction",
        schemas.MONEY_FLOW_TRANSACTIONS,
        "The other shape of the same file, told by its `source_address`; summed into pairs when it is read.",
    ),
    (
        "address_labels",
        schemas.ADDRESS_LABELS,
        "Optional; an address may have several. Never a model feature: labels are what training predicts.",
    ),
    ("transfers", schemas.TRANSFERS, "What monitoring starts from."),
    (
        "ground_truth, per alert",
        schemas.GROUND_TRUTH_BY_ALERT,
        "For training and for judging; never an input of scoring. An alert that is not listed is unknown.",
    ),
    (
        "ground_truth, per address",
        schemas.GROUND_TRUTH_BY_ADDRESS,
        "The other shape of the same file. "
        "Without `is_illicit` the role decides, and without roles every listed address is illicit.\n\n"
        "`is_illicit`, `role`, `pattern_type` and `pattern_instance_id` say what is so; "
        "`confirmed_illicit`, `confirmation_date` and `confidence` say what somebody found, on which day and how "
        "surely, and are null where nobody looked.\n"
        "The two may contradict each other: an investigation errs.\n"
        "An address may have several rows, one for each pattern it was part of.\n"
        "In a simulated economy an address that is not listed is licit and was never looked into; "
        "the truth of a date is the rows whose `confirmation_date` is not after it.",
    ),
)

INTRODUCTION = f"""\
# Tables

This page is written by `scripts/write_tables_page.py` from `aml_miner/batch/schemas.py`.
Change the schema, then run it.

A batch is a folder of Parquet files with a META.json that gives the SHA-256 of each.
Every file that META.json lists and that is there is verified before one of them is parsed, also one that is not read.
A count in META.json must be the number of rows of the file, where the file is read.
What is said here is `schema_version` {schemas.SCHEMA_VERSION}.
Scoring needs `alerts`, `features` and `clusters`.
A column that is not listed here is ignored and named in the report of the batch.

* **Absent** says what becomes of an absent column, and of a null: *refused*, a default,
  or *unknown*, which stays null and is never 0.
* **Range** is inclusive. No number may be infinite or NaN; in a pandas table NaN stands for an absent value.
  A `Float32` or `Float64` may pass its bound by {schemas.ROUNDING:g}, as sums of shares do, and is kept as it is.
  There is a bound only where the published definition of a column cannot pass it.
* `Decimal(38, 18)` is an exact amount of at most 20 digits before the point.
  Texts and finer decimals are rounded half to even at the 18th place.
  A float becomes the shortest decimal that reads back as the same float: 0.1 is 0.1.
* A list may come as a list, an array or the text of a JSON array.
  Where a number of values is given, an empty list is read as null.
* Whole numbers may come in any integer type, or as floats without a fraction.
  A timestamp is in milliseconds since 1970 (UTC) and may come as a datetime.
* Severities are read in lower case.
  One that is none of {", ".join(schemas.SEVERITIES)} is legal, unknown to the models, and counted
  in the report of the batch.
"""


def page() -> str:
    """Return the whole page as Markdown."""
    return INTRODUCTION + "".join(_section(*entry) for entry in TABLES)


def _section(title: str, table: Table, sentence: str) -> str:
    key = ", ".join(f"`{name}`" for name in table.key)
    grouped = any(column.group for column in table.columns)
    heads = ["Column", "Type", "Absent", "Range"] + ["Group"] * grouped
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(_cells(c) + [c.group] * grouped)} |" for c in table.columns]
    unique = "unique" if table.unique else "may repeat"
    return (
        f"\n## {title}\n\n{sentence}\nFile `{table.file_name}`; key {key} ({unique}).\n\n"
        + "".join(f"{line}\n" for line in lines)
    )


def _cells(column: Column) -> list[str]:
    return [f"`{column.name}`", f"`{_type(column)}`", _absence(column), _range(column)]


def _type(column: Column) -> str:
    return "Decimal(38, 18)" if column.dtype == schemas.MONEY else str(column.dtype)


def _absence(column: Column) -> str:
    if column.required:
        return "refused"
    return "unknown" if column.default is None else f"`{column.default!r}`"


def _range(column: Column) -> str:
    if column.content != "any":
        return {"filled": "not empty", "json": "valid JSON"}[column.content]
    if column.length is not None:
        return f"{column.length} values"
    if column.minimum is not None and column.maximum is not None:
        return f"{column.minimum:g} to {column.maximum:g}"
    if column.minimum is not None:
        return f"{column.minimum:g} or more"
    return "" if column.maximum is None else f"{column.maximum:g} or less"


def main() -> int:
    """Write the page, or with --check say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail when it is out of date"
    )
    if parser.parse_args().check:
        current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page()
        print(
            "up to date" if current else f"{PAGE} is out of date: run scripts/write_tables_page.py"
        )
        return 0 if current else 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
