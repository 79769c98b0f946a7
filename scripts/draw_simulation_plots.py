"""Compare the simulated economy with real and published transfers, in numbers and plots for docs/simulation.md.

python scripts/draw_simulation_plots.py FOLDER measures anew: FOLDER holds the data sets torus and amlsim_fanin_cycle.
Without FOLDER the plots are drawn, and the page's table written, from the numbers that are there,
docs/simulation_distributions.csv. With --check nothing is written: only the table is compared.
"""

import argparse
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib import pyplot as plt
from numpy.typing import NDArray

from aml_miner.simulation import SimulationConfig, simulate_economy

DOCS = Path(__file__).resolve().parent.parent / "docs"
NUMBERS = DOCS / "simulation_distributions.csv"
PAGE = DOCS / "simulation.md"
BEGIN, END = (
    "<!-- quantiles, written by scripts/draw_simulation_plots.py -->\n\n",
    "\n\n<!-- end -->",
)
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)
UNITS = {
    "degree": "counterparties of an address",
    "amount": "amount of a transfer, USD",
    "gap": "hours between two transfers of an address",
}
GRIDS = {
    "degree": np.unique(np.rint(np.logspace(0, 4, 60))),
    "amount": np.logspace(-2, 7, 91),
    "gap": np.logspace(-2.5, 3.6, 62),
}
# distinct in grey as well, as they come one after the other in lightness
STYLES = {
    "torus": ("#000000", "-"),
    "AMLSim": ("#1b6ca8", "--"),
    "simulated": ("#d1495b", "-"),
    "simulated, schemes only": ("#edae49", ":"),
}


def main() -> None:
    """Measure if there is something to measure, then draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="the folder of the data sets")
    parser.add_argument("--check", action="store_true", help="compare the page's table alone")
    chosen = parser.parse_args()
    if chosen.folder is not None:
        measure(chosen.folder).write_csv(NUMBERS, float_precision=6)
    numbers = pl.read_csv(NUMBERS)
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    written = before + BEGIN + "\n".join(quantile_table(numbers)) + END + after
    if chosen.check:
        sys.exit(0 if written == page else f"{PAGE.name} is not what {NUMBERS.name} says: run me.")
    PAGE.write_text(written, encoding="utf-8")
    for what in UNITS:
        _draw(numbers, what)


def measure(folder: Path) -> pl.DataFrame:
    """Return the share of values at or above each point of a grid, and quantiles, per data set."""
    rows = []
    for name, transfers in _sets(folder).items():
        for what, values in _values(transfers).items():
            above = 1 - np.searchsorted(np.sort(values), GRIDS[what]) / values.size
            rows += [(what, name, "share", x, y) for x, y in zip(GRIDS[what], above, strict=True)]
            ends = np.quantile(values, QUANTILES)
            rows += [(what, name, "quantile", q, x) for q, x in zip(QUANTILES, ends, strict=True)]
    return pl.DataFrame(rows, schema=["what", "set", "kind", "x", "y"], orient="row")


def _sets(folder: Path) -> dict[str, pl.DataFrame]:
    economy = simulate_economy(SimulationConfig(accounts=20_000, days=150))
    return {
        "torus": pl.read_parquet(folder / "torus" / "transfers.parquet"),
        "AMLSim": pl.read_parquet(folder / "amlsim_fanin_cycle" / "transfers.parquet"),
        "simulated": economy.transfers,
        "simulated, schemes only": economy.transfers.filter(pl.Series(economy.ledger.planted >= 0)),
    }


def _values(transfers: pl.DataFrame) -> dict[str, NDArray[np.float64]]:
    ends = [
        transfers.select(
            pl.col(side).alias("address"),
            pl.col(other).alias("other"),
            pl.col("block_timestamp").cast(pl.Int64),
        )
        for side, other in (("from_address", "to_address"), ("to_address", "from_address"))
    ]
    sides = pl.concat(ends).sort("address", "block_timestamp")
    gap = pl.col("block_timestamp").diff().over("address") / 3_600_000
    return {
        "degree": sides.group_by("address")
        .agg(pl.col("other").n_unique())["other"]
        .to_numpy()
        .astype(float),
        "amount": transfers["amount_usd"].cast(pl.Float64).to_numpy(),
        "gap": sides.select(gap.drop_nulls()).to_series().to_numpy(),
    }


def _draw(numbers: pl.DataFrame, what: str) -> None:
    mpl.rcParams.update({"svg.hashsalt": "aml-miner", "svg.fonttype": "none", "font.size": 10})
    figure, axes = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
    for name, (colour, line) in STYLES.items():
        own = numbers.filter(what=what, set=name, kind="share").filter(pl.col("y") > 0)
        axes.plot(own["x"], own["y"], color=colour, linestyle=line, label=name)
    axes.set(xscale="log", yscale="log", xlabel=UNITS[what], ylabel="share at or above")
    axes.set_ylim(bottom=1e-5)
    axes.grid(visible=True, color="#dddddd", linewidth=0.5)
    axes.legend(frameon=False, fontsize=9)
    path = DOCS / "images" / f"simulation_{what}.svg"
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)


def quantile_table(numbers: pl.DataFrame) -> list[str]:
    """Return the quantiles as lines of a Markdown table."""
    names = [f"{q:.1%}".replace(".0%", "%") for q in QUANTILES]
    lines = [f"| | | {' | '.join(names)} |", "|---|---|" + "---|" * len(names)]
    for what, unit in UNITS.items():
        for name in STYLES:
            own = numbers.filter(what=what, set=name, kind="quantile")["y"]
            lines.append(f"| {unit} | {name} | {' | '.join(f'{x:,.4g}' for x in own)} |")
    return lines


if __name__ == "__main__":
    main()
