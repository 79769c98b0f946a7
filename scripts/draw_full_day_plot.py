#!/usr/bin/env python3
"""Draw time and peak memory against the number of alerts, of a record that ``python -m benchmarks.full_day`` printed.

``python -m benchmarks.full_day --sizes 1000 10000 50000 500000 > record.json``, then this with ``record.json``.
"""

import argparse
import json
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

_IMAGE = Path(__file__).resolve().parents[1] / "docs" / "images" / "full_day.svg"


def main() -> None:
    """Write ``docs/images/full_day.svg``; the same record gives the same bytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("record", type=Path, help="what the benchmark printed")
    days = json.loads(parser.parse_args().record.read_text(encoding="utf-8"))["days"]
    mpl.rcParams["svg.hashsalt"] = "aml-miner"
    draw(days).savefig(_IMAGE, metadata={"Date": None})


def draw(days: list[dict[str, object]]) -> Figure:
    """Draw two plots with logarithmic axes, each beside a line that grows as the alerts do."""
    alerts = [float(str(day["alerts"])) for day in days]
    plots = {
        "seconds, whole process": [day["seconds"]["median"] for day in days],  # type: ignore[index]
        "peak memory, MB": [day["peak_memory_mb"] for day in days],
    }
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    for axes, (name, values) in zip(figure.subplots(1, 2), plots.items(), strict=True):
        axes.loglog(alerts, values, marker="o", color="#0a58ca", label="measured")
        last = float(values[-1])
        line = [last * each / alerts[-1] for each in alerts]
        axes.loglog(alerts, line, linestyle="--", color="#8c959f", label="as the alerts")
        axes.set_xlabel("alerts")
        axes.set_ylabel(name)
        axes.legend(frameon=False)
    return figure


if __name__ == "__main__":
    main()
