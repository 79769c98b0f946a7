"""The micro-audit: some alerts and clusters of stored results are scored again, each alone, and compared bit by bit.

A validator sends a few alerts again and asks for the same bits. What can differ is a changed score, another model, or a
score that depends on the rows it was scored among; the last shows only when a row is scored alone. A rank depends on
the other alerts as it should, so ranks are looked at all together, with the whole batch.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import polars as pl

from aml_miner.batch.batch import Batch
from aml_miner.batch.digests import digest_table
from aml_miner.batch.reading import read_parquet
from aml_miner.errors import InvalidBatchError
from aml_miner.models import Models, RiskModel
from aml_miner.scoring import rank_alerts, score_alerts, score_clusters
from aml_miner.utils.percentiles import percentile
from aml_miner.validator.audited import Audit, AuditedDifference, AuditedTable, How
from aml_miner.validator.difference import count_differing, first_difference
from aml_miner.validator.sample import draw_ids, key_of, request_of, rows_of
from aml_miner.validator.submission import RANKINGS_FILE, RESULTS_FILE, read_submission

CLUSTERS_FILE = "cluster_scores.parquet"

_COMPARED = ("model_version", "rank", "score", "explain_json")
"""In this order: of another model everything else differs too."""

_ROW, _PLACE = "row", "place"
"""Columns added on the way: the row of the request, and which of an identifier's rows it is."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredScores:
    """What was answered: alert scores, and cluster scores and rankings where there are any, each as they lie.

    Attributes
    ----------
    absent
        Tables that should be there and are not, by their names.
    """

    alert_scores: pl.DataFrame
    cluster_scores: pl.DataFrame | None = None
    alert_rankings: pl.DataFrame | None = None
    absent: tuple[str, ...] = ()


def read_stored(path: Path) -> StoredScores:
    """Read what is to be audited: a results folder, a package, or a Parquet file of scores.

    Of a results folder `StoredScores.absent` names what it lacks; a package and a file hold alert scores alone.

    Raises
    ------
    InvalidBatchError
        As `read_submission`; and if reasons or versions are no text, clusters have no id or score, or rankings no id,
        score or rank.
    """
    alerts = read_submission(path).rows
    _check_types(alerts, path, "alert_id", "score")
    clusters = _read_beside(path / CLUSTERS_FILE, "cluster_id", "score")
    rankings = _read_beside(path / RANKINGS_FILE, "alert_id", "score", "rank")
    beside = {CLUSTERS_FILE: clusters, RANKINGS_FILE: rankings}
    absent = [Path(name).stem for name, table in beside.items() if table is None]
    is_whole = (path / RESULTS_FILE).is_file()
    return StoredScores(alerts, clusters, rankings, tuple(absent) if is_whole else ())


def _read_beside(file: Path, *needed: str) -> pl.DataFrame | None:
    if not file.is_file():
        return None
    table = read_parquet(file)
    _check_types(table, file, *needed)
    return table


def audit_results(
    stored: StoredScores,
    batch: Batch,
    models: Models,
    *,
    share: float,
    seed: int,
    clock: Callable[[], float] = time.perf_counter,
) -> Audit:
    """Score some alerts and clusters again, each alone and all of them together, and compare every bit.

    Rankings are compared whole: every alert of the batch is ranked again.

    Parameters
    ----------
    stored, batch, models
        What was answered, to what, by what.
    share, seed
        Share of the identifiers to draw, and which; see `draw_ids`.
    clock
        Seconds from some start; read for the times alone.

    Raises
    ------
    ConfigurationError
        If the share is out of range.
    FeatureComputationError, PredictionError
        If the models need a feature that cannot be built.
    """
    scorer, ranker, clusters = models.alert_scorer, models.alert_ranker, models.cluster_scorer
    score: Callable[[Batch], pl.DataFrame] = partial(score_alerts, scorer=scorer)
    levels = [_level("alert_scores", stored.alert_scores, batch, scorer, score)]
    if stored.cluster_scores is not None:
        score = partial(score_clusters, model=clusters)
        levels.append(_level("cluster_scores", stored.cluster_scores, batch, clusters, score))
    tables = [_audit(level, share, seed, clock) for level in levels]
    if stored.alert_rankings is not None:
        score = partial(rank_alerts, ranker=ranker)
        tables.append(
            _audit_whole(_level("alert_rankings", stored.alert_rankings, batch, ranker, score))
        )
    return Audit(share, seed, tuple(tables), stored.absent)


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """A table of alerts or clusters: what is stored of them, what they are, and how they are asked for and scored."""

    table: str
    key: str
    stored: pl.DataFrame
    rows: pl.DataFrame
    model: RiskModel
    request: Callable[[pl.DataFrame], Batch]
    score: Callable[[Batch], pl.DataFrame]

    @property
    def columns(self) -> list[str]:
        """The columns to compare: a package has no reasons, and scores have no rank."""
        left_out = "explain_json" if self.table == "alert_rankings" else "rank"
        return [name for name in _COMPARED if name in self.stored.columns and name != left_out]


def _level(
    table: str,
    stored: pl.DataFrame,
    batch: Batch,
    model: RiskModel,
    score: Callable[[Batch], pl.DataFrame],
) -> _Level:
    request = partial(request_of, model, batch)
    return _Level(table, key_of(model), stored, rows_of(model, batch), model, request, score)


def _audit(level: _Level, share: float, seed: int, clock: Callable[[], float]) -> AuditedTable:
    drawn = draw_ids(_ids(level), share, seed)
    rows = level.rows.filter(pl.col(level.key).is_in(drawn))
    alone, taken = _scored_alone(level, rows, clock)
    together = level.score(level.request(rows))
    scored: dict[How, pl.DataFrame] = {"alone": alone, "together": together}
    found = _compared(level, rows, level.stored.filter(pl.col(level.key).is_in(drawn)), scored)
    return replace(found, whole=False, drawn=len(drawn), milliseconds=taken)


def _audit_whole(level: _Level) -> AuditedTable:
    return _compared(
        level, level.rows, level.stored, {"together": level.score(level.request(level.rows))}
    )


def _ids(level: _Level) -> set[str]:
    return {*level.rows[level.key], *level.stored[level.key]}


def _compared(
    level: _Level, rows: pl.DataFrame, stored: pl.DataFrame, scored: Mapping[How, pl.DataFrame]
) -> AuditedTable:
    """Compare stored rows with the same ones scored anew, in each way they were; the first way gives the digest."""
    key, ids, stored = level.key, len(_ids(level)), _numbered(stored, level)
    tables = {how: _numbered(table, level) for how, table in scored.items()}
    pairs = {how: _paired(stored, table, level) for how, table in tables.items()}
    differ = {how: count_differing(*pair, level.columns) for how, pair in pairs.items()}
    numbered, place = next(iter(tables.values())), [key, _PLACE]
    return AuditedTable(
        table=level.table,
        whole=True,
        ids=ids,
        drawn=ids,
        rows=rows.height,
        missing=tuple(numbered.join(stored, on=place, how="anti")[key]),
        extra=tuple(stored.join(numbered, on=place, how="anti")[key]),
        differ_alone=differ.get("alone", 0),
        differ_together=differ.get("together", 0),
        sha256=digest_table(numbered.select(key, *level.columns)),
        first=next(_differences(level, rows, pairs), None),
        milliseconds={},
    )


def _scored_alone(
    level: _Level, rows: pl.DataFrame, clock: Callable[[], float]
) -> tuple[pl.DataFrame, Mapping[str, float]]:
    """Score each row in a request of its own; what is made once is made before the clock is read."""
    level.model.explainer.warm()
    scored, taken = [level.score(level.request(rows.clear()))], []
    for row in rows.iter_slices(1):
        request = level.request(row)
        began = clock()
        scored.append(level.score(request))
        taken.append((clock() - began) * 1000.0)
    percentiles = {f"p{percent}": percentile(taken, percent) for percent in (50, 99) if taken}
    return pl.concat(scored), percentiles


def _numbered(table: pl.DataFrame, level: _Level) -> pl.DataFrame:
    """Sort rows by identifier and number those that share one: by address where it is known, then by value."""
    order = [name for name in (level.key, "address", *level.columns) if name in table.columns]
    return (
        table.select(order)
        .with_row_index(_ROW)
        .sort(order, nulls_last=True)
        .with_columns(pl.int_range(pl.len()).over(level.key).alias(_PLACE))
    )


def _paired(
    stored: pl.DataFrame, computed: pl.DataFrame, level: _Level
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows both sides have, side by side."""
    place = [level.key, _PLACE]
    return (
        stored.join(computed, on=place, how="semi", maintain_order="left"),
        computed.join(stored, on=place, how="semi", maintain_order="left"),
    )


def _differences(
    level: _Level, rows: pl.DataFrame, pairs: Mapping[How, tuple[pl.DataFrame, pl.DataFrame]]
) -> Iterator[AuditedDifference]:
    """Yield the first difference of each way to score, with what went into the model."""
    for how, (stored, computed) in pairs.items():
        found = first_difference(stored, computed, level.columns)
        if found is None:
            continue
        row = computed[found.row]
        request = level.request(rows[row[_ROW].item()] if how == "alone" else rows)
        features = level.model.prepare_features(request)
        own = features[0 if how == "alone" else row[_ROW].item()]
        yield AuditedDifference(
            table=level.table,
            id=str(row[level.key].item()),
            how=how,
            difference=found,
            features={name: own[name].item() for name in level.model.feature_names},
        )


def _check_types(table: pl.DataFrame, where: Path, *needed: str) -> None:
    """Refuse a table in which something other than numbers and texts is to be compared."""
    lacking = [name for name in needed if name not in table.columns]
    if lacking:
        message = (
            f"{where}: required column(s) missing: {', '.join(lacking)}; score the batch again."
        )
        raise InvalidBatchError(message)
    for name, series in (
        table.select(pl.col("^(model_version|explain_json|.*_id)$")).to_dict().items()
    ):
        if series.dtype not in (pl.String, pl.Null):
            message = (
                f"{where}: '{name}' must hold text; found {series.dtype}; score the batch again."
            )
            raise InvalidBatchError(message)
