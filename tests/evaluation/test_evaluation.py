"""An evaluation holds every metric of every scoring, of all rows and of each segment."""

import numpy as np
import orjson
import polars as pl
import pytest

from aml_miner.config.model_config import load_model_config
from aml_miner.errors import UndefinedMetricError
from aml_miner.evaluation.bench import Undefined
from aml_miner.evaluation.budget import Budget
from aml_miner.evaluation.evaluation import Evaluation, evaluate
from aml_miner.evaluation.intervals import Interval
from aml_miner.evaluation.judged import Judged
from aml_miner.evaluation.measures import CALIBRATION_METRICS, RANKING_METRICS

PARAMETERS = load_model_config().evaluation.model_copy(update={"bootstrap_resamples": 40})


def judged(scores: "np.typing.NDArray[np.float64] | None" = None) -> Judged:
    """Forty alerts on twenty addresses; the model has skill, the volume has none, and two labels are unknown."""
    random = np.random.Generator(np.random.PCG64(3))
    labels = [n % 4 == 0 for n in range(38)] + [None, None]
    skilled = np.array([0.5 + 0.3 * bool(label) for label in labels]) + random.normal(0, 0.05, 40)
    rows = pl.DataFrame(
        {
            "id": [f"alert-{n}" for n in range(40)],
            "address": [f"address-{n % 20}" for n in range(40)],
            "label": labels,
            "grade": [3 if label else 0 for label in labels],
        }
    )
    segments = {"typology": pl.Series(["fan_in"] * 20 + [None] * 20, dtype=pl.String)}
    scorings = {
        "model": np.clip(skilled, 0, 1) if scores is None else scores,
        "volume": random.random(40) * 1e6,
    }
    return Judged("alerts", rows, segments, scorings, frozenset({"model"}))


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return evaluate(judged(), PARAMETERS, 1, Budget(capacity=5))


def test_counts_are_of_all_rows_and_of_the_labelled(evaluation: Evaluation) -> None:
    assert (evaluation.rows, evaluation.labelled, evaluation.illicit) == (40, 38, 10)
    assert evaluation.addresses == 20
    assert evaluation.base_rate == pytest.approx(10 / 38)
    assert evaluation.notes == ("2 of 40 alerts have no label and are measured nowhere",)


def test_model_stands_beside_its_baselines_in_every_metric(evaluation: Evaluation) -> None:
    metrics = list(evaluation.whole.metrics["model"])
    assert metrics == [
        *RANKING_METRICS, "roc_auc", "precision_at_5", "recall_at_5",
        "precision_at_1_percent", "precision_at_5_percent", "precision_at_10_percent",
        "recall_at_1_percent", "recall_at_5_percent", "recall_at_10_percent",
        "saved_at_recall_80", "saved_at_recall_90", "saved_at_recall_95",
        "ndcg_at_5", "ndcg_at_10", "ndcg_at_20", "ndcg_at_500",
        *CALIBRATION_METRICS,
    ]  # fmt: skip
    ranking = metrics[: -len(CALIBRATION_METRICS)]
    assert list(evaluation.whole.metrics["volume"]) == ranking  # dollars promise no share
    difference = evaluation.whole.differences["volume"]["roc_auc"]
    assert isinstance(difference, Interval)
    assert difference.low > 0.0


def test_segments_are_measured_apart(evaluation: Evaluation) -> None:
    found = {(part.segment, part.value): (part.rows, part.illicit) for part in evaluation.parts}
    assert found == {("typology", "fan_in"): (20, 5), ("typology", "unknown"): (18, 5)}
    recalls = [p.metrics["model"]["recall_in_first_tenth_of_all"] for p in evaluation.parts]
    opened = [r.value * 5 for r in recalls if isinstance(r, Interval)]
    assert sum(opened) == pytest.approx(4)  # a tenth of 38 is 4, and all of them are illicit


def test_reliability_counts_every_labelled_row_once(evaluation: Evaluation) -> None:
    assert sum(one.rows for one in evaluation.reliability) == 38
    found = sum(one.rows * (one.illicit_share or 0.0) for one in evaluation.reliability)
    assert found == pytest.approx(10)
    for one in evaluation.reliability:
        assert one.mean_score is None or one.low <= one.mean_score <= one.high


def test_evaluation_is_the_same_after_json(evaluation: Evaluation) -> None:
    document = evaluation.to_dict()
    assert document["lines"][0]["rule"] == "open at most 5"  # type: ignore[index,call-overload]
    assert orjson.loads(orjson.dumps(document)) == orjson.loads(orjson.dumps(document))
    assert orjson.loads(orjson.dumps(document))["model"] == "model"


def test_scores_that_are_no_shares_are_refused() -> None:
    scores = np.full(40, 0.5)
    scores[3] = 1.5
    with pytest.raises(UndefinedMetricError, match=r"1 of 40 do not, first 'alert-3' with 1\.5"):
        evaluate(judged(scores), PARAMETERS, 1)


def test_without_labels_everything_is_undefined_and_said() -> None:
    one = judged()
    rows = one.rows.with_columns(label=pl.lit(None, pl.Boolean))
    found = evaluate(
        Judged("alerts", rows, one.segments, one.scorings, one.probabilities), PARAMETERS, 1
    )
    assert found.base_rate is None
    assert all(isinstance(m, Undefined) for m in found.whole.metrics["model"].values())
    assert found.parts == ()


def test_rows_that_are_mostly_illicit_are_flagged() -> None:
    one = judged()
    rows = one.rows.with_columns(label=pl.lit(value=True))
    found = evaluate(
        Judged("alerts", rows, one.segments, one.scorings, one.probabilities), PARAMETERS, 1
    )
    assert "most labelled rows are illicit" in found.notes[0]
