"""A mean over batches is as sure as its batches are many and alike, not as their addresses are many."""

import numpy as np
import polars as pl
import pytest

from aml_miner.training.rows import LabelledRows
from benchmarks.beside import Judged, print_beside


def batch(*, right: bool) -> Judged:
    """Two hundred alerts, each on an address of its own, ordered rightly or all wrong."""
    illicit = np.arange(200) < 40
    keys = pl.DataFrame(
        {
            "address": [f"address-{n}" for n in range(200)],
            "label": illicit,
            "grade": illicit.astype(np.int64),
        }
    )
    rows = LabelledRows(pl.DataFrame({"severity_level": np.zeros(200)}), keys)
    scores = np.where(illicit, 0.9, 0.1)
    return Judged(rows, {"alert_scorer": scores if right else 1.0 - scores, "other": scores})


def test_interval_of_a_mean_draws_batches(capsys: pytest.CaptureFixture[str]) -> None:
    measured = print_beside([batch(right=True), batch(right=False)])
    assert [each["alert_scorer"]["auc"][0].value for each in measured] == [1.0, 0.0]
    assert "| alert scorer | .500 (.000–1.00) |" in capsys.readouterr().out


def test_differences_are_paired_on_the_same_batches(capsys: pytest.CaptureFixture[str]) -> None:
    """The other is right in every batch, and the scorer in none: whichever are drawn."""
    print_beside([batch(right=False), batch(right=False)])
    assert "| other | 1.00 (1.00–1.00)* |" in capsys.readouterr().out
