"""A full day of tables drawn at random, every column of the contract filled: for measuring speed alone."""

from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from aml_miner.batch.meta import Meta
from aml_miner.batch.schemas import ALERTS, CLUSTERS, FEATURES, MONEY, MONEY_FLOWS, Column, Table
from aml_miner.batch.writing import write_batch

DAY: Final = date(2025, 6, 30)
_WINDOW_DAYS: Final = 30
_END_MS: Final = 1_751_328_000_000  # the end of DAY
_TYPOLOGIES: Final = (
    "CYCLE_DETECTION",
    "LAYERING_PATH",
    "MOTIF_FANIN",
    "MOTIF_FANOUT",
    "STRUCTURING",
)


def write_day(
    folder: Path, *, alerts: int, addresses: int, clusters: int, flows: int = 0, seed: int = 42
) -> None:
    """Write a batch with as many alerts, addresses, clusters and pairs of money flows."""
    random = np.random.Generator(np.random.PCG64(seed))
    names = pl.Series("address", [f"5{place:047d}" for place in random.permutation(addresses)])
    chosen = random.integers(0, max(1, addresses * 8 // 100), alerts)
    tables = {
        "alerts": _alerts(random, names, chosen),
        "features": _drawn(random, FEATURES, addresses, {"address": names}),
        "clusters": _clusters(random, names, clusters, alerts),
    }
    if flows:
        tables["money_flows"] = _flows(random, names, flows)
    write_batch(tables, Meta("drawn", DAY, _WINDOW_DAYS), folder)


def write_truth(batch: Path, path: Path, seed: int = 42) -> None:
    """Write what is true of each alert: drawn too, but not without regard to some columns, so that trees can grow."""
    random = np.random.Generator(np.random.PCG64(seed))
    features = pl.read_parquet(batch / FEATURES.file_name)
    rows = pl.read_parquet(batch / ALERTS.file_name).join(features, on="address", how="left")
    parts = rows.select(
        pl.col("alert_confidence_score").cast(pl.Float64),
        pl.col("structuring_score", "reciprocity_ratio", "night_transaction_ratio", "pagerank"),
        usd=pl.col("total_in_usd").cast(pl.Float64).log1p() / 20,
    )
    risk = parts.to_numpy().sum(axis=1) + random.normal(0, 0.4, rows.height)
    rows.select(
        "alert_id",
        "processing_date",
        confirmed_illicit=pl.Series(risk > np.quantile(risk, 0.9)),
        confidence=pl.lit(1.0, pl.Float32),
    ).unique("alert_id", keep="first", maintain_order=True).write_parquet(path)


def _alerts(random: np.random.Generator, names: pl.Series, chosen: np.ndarray) -> pl.DataFrame:
    count = len(chosen)
    known = {
        "alert_id": pl.Series([f"alert-{place:08d}" for place in range(count)]),
        "address": names.gather(chosen),
        "typology_type": pl.Series(random.choice(_TYPOLOGIES, count)),
        "severity": pl.Series(random.choice(["low", "medium", "high", "critical"], count)),
        "description": pl.Series(["Drawn at random, to measure speed."] * count),
        "evidence_json": pl.Series(['{"transfers":[]}'] * count),
        "risk_indicators": pl.Series([["burst", "fan"][: n % 3] for n in range(count)]),
    }
    return _drawn(random, ALERTS, count, known)


def _clusters(
    random: np.random.Generator, names: pl.Series, count: int, alerts: int
) -> pl.DataFrame:
    sizes = random.integers(2, 8, count).tolist()
    involved = [names.gather(random.integers(0, len(names), size)).to_list() for size in sizes]
    related = [[f"alert-{n:08d}" for n in random.integers(0, alerts, size)] for size in sizes]
    known = {
        "cluster_id": pl.Series([f"cluster-{place:06d}" for place in range(count)]),
        "cluster_type": pl.Series(random.choice(["same_entity", "same_pattern"], count)),
        "primary_alert_id": pl.Series([ids[0] for ids in related], dtype=pl.String),
        "related_alert_ids": pl.Series(related, dtype=pl.List(pl.String)),
        "addresses_involved": pl.Series(involved, dtype=pl.List(pl.String)),
    }
    return _drawn(random, CLUSTERS, count, known)


def _flows(random: np.random.Generator, names: pl.Series, count: int) -> pl.DataFrame:
    pairs = random.choice(len(names) ** 2, count, replace=False) if len(names) < 4000 else None
    if pairs is None:  # of so many pairs hardly any is drawn twice
        pairs = np.unique(random.integers(0, len(names) ** 2, count + count // 100))
        pairs = random.permutation(pairs)[:count]
    known = {
        "from_address": names.gather(pairs // len(names)),
        "to_address": names.gather(pairs % len(names)),
    }
    return _drawn(random, MONEY_FLOWS, len(pairs), known)


def _drawn(
    random: np.random.Generator, table: Table, rows: int, known: dict[str, pl.Series]
) -> pl.DataFrame:
    return pl.DataFrame(
        [
            (known[c.name] if c.name in known else _column(random, c, rows)).alias(c.name)
            for c in table.columns
        ]
    ).cast(dict(table.schema))


def _column(random: np.random.Generator, column: Column, rows: int) -> pl.Series:
    constant = {"processing_date": DAY, "window_days": _WINDOW_DAYS}
    if column.name in constant or column.dtype == pl.String:
        value = constant.get(column.name, column.default or "")
        return pl.Series([value], dtype=column.dtype).new_from_index(0, rows)
    if column.name.endswith("timestamp"):
        return pl.Series(_END_MS - random.integers(0, 30 * 86_400_000, rows))
    if isinstance(column.dtype, pl.List):
        return pl.Series(random.integers(0, 9, (rows, column.length or 0))).arr.to_list()
    if column.dtype == pl.Boolean:
        return pl.Series(random.random(rows) < 0.1)
    return _numbers(random, column, rows)


def _numbers(random: np.random.Generator, column: Column, rows: int) -> pl.Series:
    bounded = random.random(rows) * (column.maximum or 0.0)
    values = random.lognormal(3.0, 2.0, rows) if column.maximum is None else bounded
    if column.dtype == MONEY:
        return pl.Series(np.round(values * 100)).cast(pl.Int64).cast(MONEY) / 100
    return pl.Series(np.floor(values) if column.dtype.is_integer() else values)
