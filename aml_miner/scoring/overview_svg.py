"""Pictures of an overview: importance, dependence of the leading features, and reasons by typology."""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from aml_miner.features.builder import feature_reasons
from aml_miner.scoring.bars_svg import MARGIN, WIDTH, Bar, signed_bars
from aml_miner.scoring.overview import Overview
from aml_miner.scoring.waterfall import signed
from aml_miner.utils.svg import Drawing, document, stacked, text_at

_SHOWN: Final = 15
_REASONS: Final = 5


def overview_svgs(overview: Overview) -> Mapping[str, str]:
    """Draw an overview.

    Returns
    -------
    Mapping
        SVG by name: ``importance``, ``dependence of <feature>`` for each leading one, and ``groups``. The same
        overview gives the same bytes.
    """
    drawn = {"importance": importance_svg(overview)}
    for name in overview.dependence["feature"].unique(maintain_order=True):
        drawn[f"dependence of {name}"] = dependence_svg(overview, name)
    return {**drawn, "groups": groups_svg(overview)}


def importance_svg(overview: Overview) -> str:
    """Draw the mean absolute contribution of the leading features."""
    table = overview.importance.head(_SHOWN)
    bars = [
        Bar(
            _words(row["feature"]),
            row["mean_absolute"],
            f"{row['mean_absolute']:.3f}",
            has_sign=False,
        )
        for row in table.to_dicts()
    ]
    title = "What moves the score most: mean absolute contribution"
    return _picture(signed_bars(title, bars), overview, title, _listed(bars))


def dependence_svg(overview: Overview, feature: str) -> str:
    """Draw how the contributions of a feature go with its values: means, and bands of eight in ten rows."""
    bars = [
        Bar(
            f"{row['label']} ({row['rows']:,})",
            row["mean"],
            signed(row["mean"]),
            row["low_contribution"],
            row["high_contribution"],
        )
        for row in overview.dependence.filter(pl.col("feature") == feature).to_dicts()
    ]
    title = f"What {_words(feature)} adds, by its value (rows)"
    return _picture(signed_bars(title, bars), overview, title, _listed(bars))


def groups_svg(overview: Overview) -> str:
    """Draw, for each typology, the mean contribution of the features that move its scores most."""
    grouped = overview.by_group.group_by("group", "rows", maintain_order=True)
    by_group = {f"{group} ({rows:,})": _reasons(table) for (group, rows), table in grouped}
    among = [bar for bars in by_group.values() for bar in bars]
    parts = [signed_bars(heading, bars, among) for heading, bars in by_group.items()]
    listed = "; ".join(f"{heading}: {_listed(bars)}" for heading, bars in by_group.items())
    title = "Reasons by typology: mean contribution, and how often it is among the five reasons"
    return _picture(stacked(parts), overview, title, listed)


def _reasons(table: pl.DataFrame) -> list[Bar]:
    return [
        Bar(
            _words(row["feature"]), row["mean"], f"{signed(row['mean'])}, {row['listed_ratio']:.0%}"
        )
        for row in table.head(_REASONS).to_dicts()
    ]


def _listed(bars: Sequence[Bar]) -> str:
    return ", ".join(f"{bar.label} {bar.number}" for bar in bars)


def _words(name: str) -> str:
    return feature_reasons()[name].words


def _picture(drawing: Drawing, overview: Overview, title: str, listed: str) -> str:
    note = Drawing((text_at(MARGIN, 14.0, f"{overview.rows:,} rows", "dim"),), 26.0)
    return document(stacked([drawing, note]), WIDTH, title, f"{title}: {listed}.")
