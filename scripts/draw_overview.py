#!/usr/bin/env python3
"""Draw ``docs/images/overview.svg``: the way from transfers to explained alerts, with what ``make demo`` left.

``make demo``, then this; another folder can be named. The same folder gives the same bytes.
"""

import argparse
from pathlib import Path
from typing import Any, Final

import polars as pl

from aml_miner.batch.batch import Batch
from aml_miner.batch.reading import read_batch
from aml_miner.models import load_models
from aml_miner.scoring import first_alerts, score_batch
from aml_miner.utils.svg import Drawing, document, line, rectangle, stacked, text_at, wrapped

_IMAGE = Path(__file__).resolve().parents[1] / "docs" / "images" / "overview.svg"
_WIDTH: Final = 800.0
_MARGIN: Final = 24.0
_BOX: Final = (156.0, 84.0)
_LINE: Final = 17.0
_SHOWN: Final = 3

type Box = tuple[str, str, str]
"""What stands in a box: its heading and two lines."""


def overview(transfers: pl.DataFrame, batch: Batch, first: pl.DataFrame) -> str:
    """Return the picture of a day: its transfers, its batch, and the alerts to open first."""
    addresses = pl.concat([transfers["from_address"], transfers["to_address"]]).n_unique()
    boxes: list[Box] = [
        ("transfers", f"{transfers.height:,} transfers", f"{addresses:,} addresses"),
        ("monitor", f"{batch.alerts.height:,} alerts", f"{batch.clusters.height:,} clusters"),
        ("score", "0 to 1 for each alert", "by itself, to the bit"),
        ("rank and explain", "which to open first", "and why, in words"),
    ]
    drawing = stacked([_boxes(boxes), *(_alert(row) for row in first.iter_rows(named=True))])
    title = "From transfers to ranked, explained alerts"
    told = "; ".join(" ".join(box) for box in boxes)
    reasons = "; ".join(
        f"rank {row['rank']}: {row['reasons'][0]}" for row in first.iter_rows(named=True)
    )
    return document(drawing, _WIDTH, title, f"{told}. Opened first: {reasons}.")


def _boxes(boxes: list[Box]) -> Drawing:
    width, height = _BOX
    step = (_WIDTH - 2 * _MARGIN - width) / (len(boxes) - 1)
    shapes: list[str] = []
    for place, (heading, *lines) in enumerate(boxes):
        left = _MARGIN + place * step
        middle = left + width / 2
        shapes += [
            rectangle(left, _MARGIN, _BOX, "band"),
            text_at(middle, _MARGIN + 26, heading, "head", "middle"),
            *(
                text_at(middle, _MARGIN + 50 + _LINE * n, said, "ink", "middle")
                for n, said in enumerate(lines)
            ),
        ]
        if place:
            end, level = left - 4, _MARGIN + height / 2
            shapes += [
                line((end - step + width + 8, level), (end, level)),
                *(line((end - 7, level + rise), (end, level)) for rise in (-4, 4)),
            ]
    return Drawing(tuple(shapes), _MARGIN + height + 12)


def _alert(row: dict[str, Any]) -> Drawing:
    head = f"{row['rank']}.  {row['typology_type']}, score {row['score']:.3f}, {row['address']}"
    shapes = [text_at(_MARGIN, 20, head, "head")]
    told = [line for reason in row["reasons"][:2] for line in wrapped(reason, 700)]
    shapes += [text_at(_MARGIN + 20, 20 + _LINE * (n + 1), said) for n, said in enumerate(told)]
    return Drawing(tuple(shapes), 20 + _LINE * (len(told) + 1) - 4)


def main() -> None:
    """Draw what a demo left."""
    parser = argparse.ArgumentParser(description="Draw the overview of what a demo left.")
    parser.add_argument("demo", type=Path, nargs="?", default=Path("demo-output"))
    demo = parser.parse_args().demo
    transfers = pl.read_parquet(demo / "transfers" / "today" / "transfers.parquet")
    batch = read_batch(demo / "batches" / "today")
    first = first_alerts(score_batch(batch, load_models(demo / "models")), batch, _SHOWN)
    _IMAGE.write_text(overview(transfers, batch, first), encoding="utf-8")


if __name__ == "__main__":
    main()
