"""A small batch whose scores are written down beside the models, so that a program can show it gets the same bits.

The batch is part of the package, made up and the same for everybody; what is kept with models is only what they made
of it. Scores, ranks and explanations are compared whole: a processor, a library or a file that changes one bit shows.
"""

from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import orjson
import polars as pl

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.schemas import SCORED_TABLES
from aml_miner.errors import ModelRejectedError
from aml_miner.models import Models
from aml_miner.scoring.scoring import rank_alerts, score_alerts, score_clusters

GOLDEN_FILE: Final = "golden.json"
"""Where, in a folder of models, is written what they make of the golden batch."""

_BATCH_FILE: Final = "golden_batch.json"

type GoldenResults = dict[str, list[dict[str, Any]]]
"""By kind of result, a row for each alert or cluster; floats are written as hexadecimal, so that no bit is lost."""


def golden_rows() -> dict[str, list[dict[str, Any]]]:
    """Return the golden batch as rows by table, as a request's body holds them."""
    content = files(__package__).joinpath(_BATCH_FILE).read_bytes()
    return orjson.loads(content)  # type: ignore[no-any-return]


def golden_batch() -> Batch:
    """Return the golden batch."""
    rows = golden_rows()
    tables = {
        str(t.name): pl.DataFrame(rows[t.name], infer_schema_length=None) for t in SCORED_TABLES
    }
    return make_batch(tables)


def golden_results(models: Models) -> GoldenResults:
    """Return what some models make of the golden batch."""
    batch = golden_batch()
    return {
        "alert_scores": _written(score_alerts(batch, models.alert_scorer), "alert_id"),
        "alert_rankings": _written(rank_alerts(batch, models.alert_ranker), "alert_id"),
        "cluster_scores": _written(score_clusters(batch, models.cluster_scorer), "cluster_id"),
    }


def golden_documents(models: Models) -> dict[str, bytes]:
    """Return what is written beside some models: ``golden.json``, by its name."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return {GOLDEN_FILE: orjson.dumps(golden_results(models), option=options)}


def check_golden(models: Models, folder: Path) -> bool:
    """Check that models score the golden batch to the bit as is written in their folder.

    Returns
    -------
    bool
        False when nothing is written there: the models were saved without it.

    Raises
    ------
    ModelRejectedError
        If a row differs; the first one is named.
    """
    path = folder / GOLDEN_FILE
    if not path.is_file():
        return False
    try:
        expected = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise ModelRejectedError(
            f"{path}: must be JSON; found {error}. Train the models again."
        ) from error
    found = golden_results(models)
    for name, rows in found.items():
        kept = expected.get(name) if isinstance(expected, dict) else None
        if kept != rows:
            raise ModelRejectedError(f"{path}: {_difference(name, kept, rows)}")
    return True


def _written(table: pl.DataFrame, key: str) -> list[dict[str, Any]]:
    kept = [key, "score", "rank", "explain_json", "model_version"]
    rows = table.select(name for name in kept if name in table.columns).to_dicts()
    return [row | {"score": row["score"].hex()} for row in rows]


def _difference(name: str, kept: object, rows: list[dict[str, Any]]) -> str:
    expected = kept if isinstance(kept, list) and len(kept) == len(rows) else [None] * len(rows)
    first, other = next((r, k) for r, k in zip(rows, expected, strict=True) if r != k)
    return (
        f"{name} of the golden batch must be to the bit as when the models were saved; first difference: "
        f"expected {_shown(other)}, found {_shown(first)}. The models, a library or the processor is another: "
        f"train here, or serve where they were trained."
    )


def _shown(row: object) -> str:
    return f"{row!r:.160}"
