"""A mean over batches is as sure as its batches are many and alike, not as their addresses are many."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from aml_miner.training.rows import LabelledRows
from benchmarks.beside import Judged, print_beside, print_means

ILLICIT = np.arange(200) < 40


def rows(schemes: int = 40) -> LabelledRows:
    """Two hundred alerts, each on an address of its own, the first forty illicit and of so many schemes."""
    keys = pl.DataFrame(
        {
            "address": [f"address-{n}" for n in range(200)],
            "batch": "batch",
            "owners": [[f"{n % schemes if n < 40 else n}"] for n in range(200)],
            "ties": [[f"{n % schemes if n < 40 else n}"] for n in range(200)],
            "label": ILLICIT,
            "grade": ILLICIT.astype(np.int64),
        }
    )
    return LabelledRows(pl.DataFrame({"severity_level": np.zeros(200)}), keys)


def below(licit_rows: int) -> np.ndarray:
    """Scores by which so many of the 160 licit alerts come before every illicit one: AUC is the others' share."""
    ahead = (np.arange(200) >= 40) & (np.arange(200) < 40 + licit_rows)
    return np.where(ahead, 0.9, np.where(ILLICIT, 0.5, 0.1))


def batches(*ahead: Sequence[int], strata: Sequence[str] = ("", "")) -> list[Judged]:
    """One batch each, of which the scorer and another put so many licit alerts first."""
    return [
        Judged(rows(), {"alert_scorer": below(scorer), "other": below(other)}, stratum)
        for (scorer, other), stratum in zip(ahead, strata, strict=True)
    ]


def test_interval_of_a_mean_draws_batches(capsys: pytest.CaptureFixture[str]) -> None:
    points = print_means(batches((0, 0), (160, 0)))
    assert [each["alert_scorer"]["auc"] for each in points] == [1.0, 0.0]
    assert "| alert scorer | .500 (.000–1.00) |" in capsys.readouterr().out


def test_batches_are_drawn_within_their_stratum(capsys: pytest.CaptureFixture[str]) -> None:
    """What is fixed by design, here that half of the batches are hard, is no chance."""
    four = batches((0, 0), (0, 0), (160, 0), (160, 0), strata=("easy", "easy", "hard", "hard"))
    print_means(four)
    assert "| alert scorer | .500 (.500–.500) |" in capsys.readouterr().out


def test_differences_are_paired_on_the_same_batches(capsys: pytest.CaptureFixture[str]) -> None:
    """Batches differ far more than scorings do, and the other is better by .05 in each."""
    print_means(batches((16, 8), (112, 104)))
    assert "| other | .650 (.350–.950)* |" in capsys.readouterr().out


def test_calibration_error_of_all_draws_batches(capsys: pytest.CaptureFixture[str]) -> None:
    """Shares of 1 and of 0 for everybody: .8 too high in one batch, .2 too low in the other."""
    ones, zeros = (Judged(rows(), {"alert_scorer": np.full(200, share)}) for share in (1.0, 0.0))
    print_means([ones, zeros])
    assert "all together: .500 (.200–.800)." in capsys.readouterr().out


def test_a_batch_with_one_illicit_row_counts() -> None:
    """Most draws of its addresses would have none, and a mean needs none."""
    one = rows()
    keys = one.keys.with_columns(
        label=pl.col("address") == "address-0", grade=(pl.col("address") == "address-0").cast(int)
    )
    rare = Judged(LabelledRows(one.features, keys), {"alert_scorer": below(80)}, "")
    points = print_means([rare, *batches((80, 80), strata=("",))])
    below_it, as_high = 80, 39  # of the 199 licit rows
    assert points[0]["alert_scorer"]["auc"] == pytest.approx((below_it + as_high / 2) / 199)


def test_stratum_of_one_batch_is_refused() -> None:
    with pytest.raises(ValueError, match="stratum hard: has one batch"):
        print_means(batches((0, 0), (8, 8), (0, 0), strata=("easy", "easy", "hard")))


def test_interval_of_one_batch_draws_addresses(capsys: pytest.CaptureFixture[str]) -> None:
    print_beside(Judged(rows(), {"alert_scorer": below(80)}))
    table = capsys.readouterr().out
    assert "200 labelled, 40 illicit (20.0%)." in table
    assert "| alert scorer | .500 (.4" in table


def test_what_differs_from_the_scorer_and_from_the_ranker_is_marked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    scorings = {"alert_scorer": below(80), "alert_ranker": below(0), "severity": below(80)}
    print_beside(Judged(rows(), scorings))
    cells = {line.split("|")[1].strip(): line.split("|")[2] for line in _table(capsys)}
    assert cells["alert scorer"].endswith(") ")
    assert cells["alert ranker"].endswith("* ")
    assert cells["severity"].endswith("† ")


def _table(capsys: pytest.CaptureFixture[str]) -> list[str]:
    printed = capsys.readouterr().out.split("\n\n")[1]
    return printed.splitlines()[2:]


def test_what_one_scheme_does_is_one_draw(capsys: pytest.CaptureFixture[str]) -> None:
    """The scorer puts every other illicit alert first and the rest last: of two schemes it finds one."""
    scorer = np.where(ILLICIT, np.arange(200) % 2, 0.5)
    told = []
    for schemes in (40, 2):
        scorings = {"alert_scorer": scorer, "severity": below(80)}
        print_beside(Judged(rows(schemes), scorings))
        told.append(capsys.readouterr().out.splitlines()[-1])
    highest = [float(line.split(" to ")[1].split(")")[0].replace("−", "-")) for line in told]
    assert highest[0] < 0.25
    assert highest[1] > 0.45
