"""Every check of the doctor, one after the other; a check that cannot be made is skipped with its reason."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl
from loguru import logger

from aml_miner.batch.batch import Batch
from aml_miner.errors import AmlMinerError
from aml_miner.models import (
    AlertRankerModel,
    AlertScorerModel,
    ClusterScorerModel,
    Models,
    RiskModel,
)
from aml_miner.scoring.golden import golden_batch
from aml_miner.validator.doctor.container import examine_files, examine_memory
from aml_miner.validator.doctor.environment import examine_environment
from aml_miner.validator.doctor.examination import Examination, Section
from aml_miner.validator.doctor.explaining import examine_explaining
from aml_miner.validator.doctor.limits import load_limits
from aml_miner.validator.doctor.models import examine_golden, examine_models, load_each
from aml_miner.validator.draws import (
    Draw,
    digest_plain,
    draw_afresh,
    draw_here,
    laid_out,
    make_draws,
)
from aml_miner.validator.laws import LAWS, Law
from aml_miner.validator.sample import draw_ids, rows_of

ROWS: Final = 2_500
"""Alerts, and clusters, that laws are asked of: more than go through the trees together, so that threads share them."""
QUICK_ROWS: Final = 200
_TOLD_EVERY: Final = 100

_NO_MODEL: Final = "no model could be loaded, or the batch has no rows for any"
_QUICK: Final = "left out, as --quick was asked for"


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined, and how thoroughly.

    Attributes
    ----------
    models
        Folder of the models.
    batch
        Where the laws are tried; the golden batch, over and over, when None.
    draws, seed
        Random draws of (shuffle, split, threads, process), and their seed.
    quick
        Fewer rows, no process of its own, nothing measured.
    """

    models: Path
    batch: Batch | None = None
    draws: int = 20
    seed: int = 42
    quick: bool = False


def examine(patient: Patient, laws: Sequence[Law] = LAWS) -> Iterator[Examination]:
    """Yield every check as it is made.

    Parameters
    ----------
    patient
        What is examined.
    laws
        The laws to try; a fork may hand over its own.
    """
    models, loaded = load_each(patient.models)
    yield from examine_environment(models)
    yield from loaded
    yield from examine_models(models, patient.models)
    yield _golden(models, patient.models)
    batch = examined_batch(patient)
    asked = [model for model in models if rows_of(model, batch).height]
    idle = [model for model in models if not rows_of(model, batch).height]
    yield from (_rowless(model, is_any_asked=bool(asked)) for model in idle)
    for law in laws:
        yield _law(law, asked, batch, quick=patient.quick)
    yield from _draws(asked, batch, patient)
    yield from _explaining(asked, batch, quick=patient.quick)
    if patient.models.is_dir():
        yield from examine_files(patient.models, load_limits().container)


def examined_batch(patient: Patient) -> Batch:
    """Return the rows laws are tried on: a seeded part of the patient's batch, or the golden batch often enough."""
    most = QUICK_ROWS if patient.quick else ROWS
    if patient.batch is None:
        golden = golden_batch()
        return replace(
            golden,
            alerts=_repeated(golden.alerts, "alert_id", most),
            clusters=_repeated(golden.clusters, "cluster_id", most),
        )
    batch = patient.batch
    return replace(
        batch,
        alerts=_part(batch.alerts, "alert_id", most, patient.seed),
        clusters=_part(batch.clusters, "cluster_id", most, patient.seed),
    )


def _repeated(rows: pl.DataFrame, key: str, most: int) -> pl.DataFrame:
    """Repeat rows under identifiers of their own."""
    times = -(-most // rows.height)
    parts = [rows.with_columns(pl.format("{}-{}", key, pl.lit(n)).alias(key)) for n in range(times)]
    return pl.concat(parts)[:most]


def _part(rows: pl.DataFrame, key: str, most: int, seed: int) -> pl.DataFrame:
    """Draw rows by their identifiers; rows that share one are drawn together."""
    if rows.height <= most:
        return rows
    drawn = draw_ids(rows[key].to_list(), most / rows.height, seed)
    return rows.filter(pl.col(key).is_in(drawn))


def _golden(models: Sequence[RiskModel], folder: Path) -> Examination:
    scorer = next((model for model in models if isinstance(model, AlertScorerModel)), None)
    ranker = next((model for model in models if isinstance(model, AlertRankerModel)), None)
    clusters = next((model for model in models if isinstance(model, ClusterScorerModel)), None)
    if scorer is None or ranker is None or clusters is None:
        return Examination(
            "golden batch", "scores as when saved", "skipped", "not every model could be loaded"
        )
    return examine_golden(Models(scorer, ranker, clusters), folder)


def _rowless(model: RiskModel, *, is_any_asked: bool) -> Examination:
    """Every law holds for no rows at all, which says nothing of a model; of no model, nothing was examined."""
    name = f"rows for the {model.kind}"
    told = "the batch has no rows for this model: no law or draw is asked of it, and explaining is not measured"
    remedy = "give a batch with alerts and clusters, or none, for the golden batch"
    if is_any_asked:
        return Examination("laws", name, "skipped", f"{told}; {remedy}")
    return Examination("laws", name, "fail", told, remedy)


def _law(law: Law, models: Sequence[RiskModel], batch: Batch, *, quick: bool) -> Examination:
    if not models:
        return Examination("laws", law.name, "skipped", _NO_MODEL)
    if quick and law.starts_process:
        return Examination("laws", law.name, "skipped", _QUICK)
    breaches = [f"{model.kind}: {told}" for model in models if (told := _breach(law, model, batch))]
    if breaches:
        return Examination("laws", law.name, "fail", "; ".join(breaches), law.remedy)
    told = " and ".join(
        f"{table.height:,} {name}"
        for name, table in (("alerts", batch.alerts), ("clusters", batch.clusters))
        if table.height
    )
    noun = "model" if len(models) == 1 else "models"
    return Examination("laws", law.name, "pass", f"{len(models)} {noun}, {told}")


def _breach(law: Law, model: RiskModel, batch: Batch) -> str | None:
    try:
        return law.breach(model, batch)
    except AmlMinerError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - a fork's law is code of its own, and may raise anything: that is what
        # is to be told of it, and the other checks are to be made all the same
        return f"the law '{law.name}' raised {type(error).__name__}: {error}"


def _draws(models: Sequence[RiskModel], batch: Batch, patient: Patient) -> Iterator[Examination]:
    section: Section = "laws"
    name = "random draws"
    reason = _NO_MODEL if not models else _QUICK if patient.quick else "none were asked for"
    if not models or patient.quick or not patient.draws:
        yield Examination(section, name, "skipped", reason)
        yield Examination("container", "memory", "skipped", "no fresh process was started")
        return
    try:
        expected = digest_plain(models, batch)
        digests, peak = _scored_draws(models, batch, patient)
    except AmlMinerError as error:
        yield Examination(section, name, "fail", str(error), "see which law fails above")
        return
    yield _judged_draws(digests, expected)
    rows = batch.alerts.height + batch.clusters.height
    if peak is None:
        yield Examination("container", "memory", "skipped", "no draw was in a fresh process")
    else:
        yield examine_memory(peak, rows, load_limits().container)


def _scored_draws(
    models: Sequence[RiskModel], batch: Batch, patient: Patient
) -> tuple[list[tuple[Draw, str]], float | None]:
    digests: list[tuple[Draw, str]] = []
    peak: float | None = None
    with laid_out(models, batch) as folder:
        for number, draw in enumerate(make_draws(patient.draws, patient.seed)):
            if draw.fresh:
                drawn = draw_afresh(folder, draw)
                peak = max(peak or 0.0, drawn.peak_memory_mb or 0.0)
                digests.append((draw, drawn.sha256))
            else:
                digests.append((draw, draw_here(models, batch, draw)))
            if (number + 1) % _TOLD_EVERY == 0:
                logger.info("{:,} of {:,} draws", number + 1, patient.draws)
    return digests, peak


def _judged_draws(digests: Sequence[tuple[Draw, str]], expected: str) -> Examination:
    """Compare with the batch as it lies, so that one draw alone can fail, and all of them together."""
    others = [draw for draw, digest in digests if digest != expected]
    fresh = sum(draw.fresh for draw, _ in digests)
    told = (
        f"{len(digests) - len(others):,} of {len(digests):,} draws gave the digest {expected} of the batch as it "
        f"lies, {fresh:,} were in a fresh process"
    )
    if not others:
        return Examination("laws", "random draws", "pass", told)
    count = len({digest for _, digest in digests} | {expected})
    found = f"{told}; {count} digests in all, another one first with {others[0]}"
    remedy = (
        "see which law fails above; if none does, score the batch as this draw did, and compare"
    )
    return Examination("laws", "random draws", "fail", found, remedy)


def _explaining(models: Sequence[RiskModel], batch: Batch, *, quick: bool) -> Iterator[Examination]:
    if quick or not models:
        yield Examination("explaining", "speed", "skipped", _QUICK if models else _NO_MODEL)
        return
    try:
        yield from examine_explaining(models, batch)
    except AmlMinerError as error:
        yield Examination("explaining", "speed", "fail", str(error))
