"""A seeded batch with every oddity that is legal, and small models to train on it."""

from datetime import date

import lightgbm
import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.meta import Meta
from aml_miner.features.builder import build_all_features, build_cluster_features
from aml_miner.models import (
    AlertRankerModel,
    AlertScorerModel,
    ClusterScorerModel,
    ModelMetadata,
    Models,
    RiskModel,
)
from aml_miner.models.encoding import encode, fit_code_tables
from aml_miner.models.metadata import digest_names

DAY = date(2025, 11, 20)
ADDRESSES, ALERTS, CLUSTERS = 60, 140, 70
META = Meta(network="torus", processing_date=DAY, window_days=30)


def _addresses(random: np.random.Generator) -> pl.DataFrame:
    received, sent = random.gamma(1.0, 5000.0, (2, ADDRESSES))
    sent[:3], received[:2] = 0.0, 0.0  # 0/0 and 1/0 occur
    reciprocity = random.random(ADDRESSES)
    return pl.DataFrame({
        "address": [f"address-{n:02d}" for n in range(ADDRESSES)],
        "processing_date": [DAY] * ADDRESSES,
        "window_days": [30] * ADDRESSES,
        "degree_in": random.integers(0, 9, ADDRESSES),
        "degree_out": random.integers(0, 30, ADDRESSES),
        "unique_counterparties": random.integers(1, 40, ADDRESSES),
        "total_in_usd": received,
        "total_out_usd": sent,
        "net_flow_usd": received - sent,
        "total_volume_usd": received + sent,
        "reciprocity_ratio": [None if n % 7 == 0 else float(reciprocity[n]) for n in range(60)],
        "burst_factor": random.random(ADDRESSES) * 24,
        "structuring_score": random.random(ADDRESSES),
        "is_new_address": random.random(ADDRESSES) < 0.5,
    })  # fmt: skip


def _alerts(random: np.random.Generator) -> pl.DataFrame:
    ids = [f"alert-{n:03d}" for n in range(ALERTS)]
    ids[5] = ids[4]  # an id may occur twice
    at = random.integers(0, ADDRESSES + 4, ALERTS)  # the last four addresses are unknown
    at[5] = at[4]
    typologies = random.choice(["CYCLE_DETECTION", "PING_PONG", "STRUCTURING"], ALERTS)
    return pl.DataFrame({
        "window_days": [30] * ALERTS,
        "processing_date": [DAY] * ALERTS,
        "alert_id": ids,
        "address": [f"address-{n:02d}" for n in at],
        "typology_type": typologies,
        "severity": random.choice(["low", "medium", "HIGH", "critical"], ALERTS),
        "alert_confidence_score": random.random(ALERTS),
        "description": [""] * ALERTS,
        "volume_usd": random.gamma(1.0, 3000.0, ALERTS),
        "evidence_json": ["{}"] * ALERTS,
        "risk_indicators": [["burst"] * int(n) for n in random.integers(0, 4, ALERTS)],
    })  # fmt: skip


def _clusters(random: np.random.Generator) -> pl.DataFrame:
    involved = [
        [f"address-{n:02d}" for n in random.integers(0, ADDRESSES + 4, 1 + k % 6)]
        for k in range(CLUSTERS)
    ]
    return pl.DataFrame({
        "window_days": [30] * CLUSTERS,
        "processing_date": [DAY] * CLUSTERS,
        "cluster_id": [f"cluster-{n:02d}" for n in range(CLUSTERS)],
        "cluster_type": random.choice(["same_entity", "same_pattern"], CLUSTERS),
        "primary_alert_id": ["alert-000"] * CLUSTERS,
        "related_alert_ids": [["alert-000", "alert-001"]] * CLUSTERS,
        "addresses_involved": involved,
        "total_alerts": random.integers(2, 9, CLUSTERS),
        "total_volume_usd": random.gamma(1.0, 9000.0, CLUSTERS),
        "confidence_avg": random.random(CLUSTERS),
        "earliest_alert_timestamp": [0] * CLUSTERS,
        "latest_alert_timestamp": random.integers(0, 10**9, CLUSTERS),
    })  # fmt: skip


def odd_tables() -> dict[str, pl.DataFrame]:
    random = np.random.Generator(np.random.PCG64(7))
    return {
        "alerts": _alerts(random),
        "features": _addresses(random),
        "clusters": _clusters(random),
    }


def odd_batch() -> Batch:
    return make_batch(odd_tables(), META)


def train_small[Model: RiskModel](
    kind: type[Model], features: pl.DataFrame, labels: NDArray[np.int64], objective: str
) -> Model:
    names = tuple(features.columns)
    code_tables = fit_code_tables(features)
    dataset = lightgbm.Dataset(
        encode(features, names, code_tables),
        labels,
        feature_name=list(names),
        categorical_feature=sorted(code_tables),
        group=[len(labels)] if objective == "lambdarank" else None,
    )
    parameters = {
        "objective": objective, "num_leaves": 7, "min_data_in_leaf": 3, "seed": 1,
        "min_data_per_group": 3, "cat_smooth": 1.0,
        "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbose": -1,
    }  # fmt: skip
    booster = lightgbm.train(parameters, dataset, 12)
    metadata = ModelMetadata(
        kind=kind.kind,
        feature_names=names,
        feature_names_sha256=digest_names(names),
        code_tables=code_tables,
        parameters=parameters,
        data_digest="",
        rows=len(labels),
        positives=int(labels.sum()),
        library_versions={},
        model_sha256="",
    )
    return kind.from_text(booster.model_to_string(), metadata)


def small_models(batch: Batch) -> Models:
    """One model of each kind, of a few small trees."""
    alerts, clusters = build_all_features(batch), build_cluster_features(batch)
    is_cycle = alerts["typology_type"].to_numpy() == "CYCLE_DETECTION"
    passed = alerts["pass_through_ratio"].fill_null(0.5).to_numpy()
    risky = (is_cycle + passed + alerts["alert_confidence_score"].to_numpy() > 1.3).astype(int)
    large = (
        clusters["cluster_volume_usd"].to_numpy()
        + 1000.0 * clusters["cluster_address_count"].to_numpy()
    )
    return Models(
        train_small(AlertScorerModel, alerts, risky, "binary"),
        train_small(AlertRankerModel, alerts, risky, "lambdarank"),
        train_small(ClusterScorerModel, clusters, (large > np.median(large)).astype(int), "binary"),
    )
