"""Labelled rows whose risk a tree can learn, and a batch with truth large enough to train on."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.config.model_config import Minimum, ModelConfig, load_model_config
from aml_miner.training.rows import LabelledRows
from aml_miner.training.truth import Truth, check_truth

DAY = date(2025, 11, 20)

type MakeRows = Callable[..., LabelledRows]
type MakeBatch = Callable[..., Batch]


@pytest.fixture(scope="session")
def make_rows() -> MakeRows:
    """Rows with the given labels; an owner, a tie, a date and a batch as given ("" is no tie), or one owner each."""

    def make(
        labels: Sequence[bool],
        owners: Sequence[str] | None = None,
        dates: Sequence[date] | None = None,
        batches: Sequence[str] | None = None,
        *,
        ties: Sequence[str] | None = None,
        signal: float = 2.0,
        window_days: int = 1,
    ) -> LabelledRows:
        random = np.random.Generator(np.random.PCG64(11))
        count = len(labels)
        illicit = np.array(labels, np.bool_)
        noise = random.normal(size=(2, count))
        features = pl.DataFrame(
            {
                "velocity": noise[0] + signal * illicit,
                "burst": [None if n % 9 == 0 else value for n, value in enumerate(noise[1])],
                "typology": random.choice(["cycle", "fan_in", "structuring"], count),
            }
        )
        names = [f"row-{n:04d}" for n in range(count)]
        keys = pl.DataFrame(
            {
                "id": names,
                "address": names,
                "processing_date": dates or [DAY] * count,
                "batch": batches or ["batch"] * count,
                "owners": [[owner] for owner in owners or names],
                "ties": [[tie] if tie else [] for tie in ties or [""] * count],
                "label": illicit,
                "grade": (3 * illicit).astype(np.uint8),
                "weight": 1.0,
                "confidence": random.random(count),
                "volume_usd": random.random(count),
                "window_days": window_days,
            },
            schema_overrides={"ties": pl.List(pl.String)},
        )
        return LabelledRows.of(features, keys)

    return make


@pytest.fixture(scope="session")
def rows(make_rows: MakeRows) -> LabelledRows:
    """200 rows, every fourth illicit."""
    return make_rows([n % 4 == 0 for n in range(200)])


@pytest.fixture(scope="session")
def minimum() -> Minimum:
    return Minimum(rows=20, per_class=5)


@pytest.fixture(scope="session")
def quick_config() -> ModelConfig:
    """The default configuration with few trees and few resamples."""
    config = load_model_config()
    return config.model_copy(
        update={
            name: getattr(config, name).model_copy(update={"n_estimators": 10})
            for name in ("scorer", "ranker", "cluster")
        }
        | {"evaluation": config.evaluation.model_copy(update={"bootstrap_resamples": 30})}
    )


@pytest.fixture(scope="session")
def truth() -> Truth:
    """Every fourth address is illicit; four at a time are one pattern instance."""
    illicit = range(0, 120, 4)
    return check_truth(
        pl.DataFrame(
            {
                "address": [f"address-{n:03d}" for n in illicit],
                "pattern_instance_id": [f"instance-{n // 16}" for n in illicit],
            }
        )
    )


@pytest.fixture(scope="session")
def make_world() -> MakeBatch:
    """A batch of 160 alerts on 120 addresses and 40 clusters; most illicit addresses forward what they receive."""

    def make(days_later: int = 0) -> Batch:
        random = np.random.Generator(np.random.PCG64(21 + days_later))
        day = DAY + timedelta(days=days_later)
        window = {"processing_date": day, "window_days": 30}
        of_alert = [n % 120 for n in range(160)]
        received = random.gamma(2.0, 5000.0, 120)
        forwards = [
            n % 4 == (0 if n % 10 else 1) for n in range(120)
        ]  # a tenth is the other way round
        sent = [
            r * (0.98 if all_of_it else 0.4)
            for all_of_it, r in zip(forwards, received, strict=True)
        ]
        addresses = pl.DataFrame(
            {
                "address": [f"address-{n:03d}" for n in range(120)],
                "total_in_usd": received,
                "total_out_usd": sent,
                "degree_in": random.integers(1, 20, 120),
                "degree_out": random.integers(1, 20, 120),
            }
        )
        alerts = pl.DataFrame(
            {
                "alert_id": [f"alert-{day}-{n:03d}" for n in range(160)],
                "address": [f"address-{n:03d}" for n in of_alert],
                "typology_type": random.choice(["PING_PONG", "STRUCTURING"], 160),
                "alert_confidence_score": random.random(160),
                "volume_usd": random.gamma(2.0, 900.0, 160),
                "description": "",
                "evidence_json": "{}",
                "risk_indicators": [[]] * 160,
            },
            schema_overrides={"risk_indicators": pl.List(pl.String)},
        )
        clusters = pl.DataFrame(
            {
                "cluster_id": [f"cluster-{n:02d}" for n in range(40)],
                "cluster_type": "same_entity",
                "primary_address": [f"address-{n:03d}" for n in range(40)],
                "primary_alert_id": [f"alert-{day}-{n:03d}" for n in range(40)],
                "related_alert_ids": [
                    [f"alert-{day}-{n:03d}", f"alert-{day}-{n + 120:03d}"] for n in range(40)
                ],
                "addresses_involved": [[f"address-{n:03d}"] for n in range(40)],
                "total_alerts": 2,
                "total_volume_usd": random.gamma(2.0, 900.0, 40),
                "confidence_avg": random.random(40),
                "earliest_alert_timestamp": 1,
                "latest_alert_timestamp": 2,
            }
        )
        tables = {"alerts": alerts, "features": addresses, "clusters": clusters}
        constants = [pl.lit(value).alias(name) for name, value in window.items()]
        return make_batch({name: table.with_columns(constants) for name, table in tables.items()})

    return make


@pytest.fixture(scope="session")
def world(make_world: MakeBatch) -> Batch:
    return make_world()
