"""What training sees: features on one side, everything that knows the answer on the other."""

from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl
import pytest

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.config.model_config import Minimum
from aml_miner.errors import TrainingRefusedError
from aml_miner.features.builder import ALERT_LEVEL_FEATURES, CLUSTER_LEVEL_FEATURES
from aml_miner.training.labels import address_facts, alert_facts
from aml_miner.training.rows import KEYS, LabelledRows, alert_rows, cluster_rows
from aml_miner.training.truth import Truth, check_truth

type MakeBatch = Callable[..., Batch]
type Build = Callable[[list[Batch], Truth], LabelledRows]

NAMES = ("id", "address", "processing_date")


def test_features_are_those_scoring_builds_and_no_label_is_among_them(
    world: Batch, truth: Truth
) -> None:
    alerts, clusters = alert_rows([world], truth), cluster_rows([world], truth)
    assert alerts.features.columns == [feature.name for feature in ALERT_LEVEL_FEATURES]
    assert clusters.features.columns == [feature.name for feature in CLUSTER_LEVEL_FEATURES]
    assert alerts.keys.columns == clusters.keys.columns == list(KEYS)


def test_address_labels_of_the_batch_change_no_feature(
    tables: dict[str, pl.DataFrame], world: Batch, truth: Truth
) -> None:
    """The publisher's labels are what training predicts: a batch with them is trained on as one without."""
    labels = pl.DataFrame({"address": ["splitter", "courier"], "risk_level": ["critical", "low"]})
    known = check_truth(pl.DataFrame({"address": ["splitter"]}))
    bare, labelled = make_batch(tables), make_batch({**tables, "address_labels": labels})
    for build in (alert_rows, cluster_rows):
        assert build([labelled], known).digest() == build([bare], known).digest()
    flipped = check_truth(truth.rows.with_columns(is_illicit=~pl.col("is_illicit")))
    assert alert_rows([world], flipped).features.equals(alert_rows([world], truth).features)


def test_rows_carry_their_ties_and_those_without_a_label_are_counted(batch: Batch) -> None:
    truth = check_truth(
        pl.DataFrame({"address": ["splitter", "courier"], "pattern_instance_id": "scheme"})
    )
    alerts, clusters = alert_rows([batch], truth), cluster_rows([batch], truth)
    assert dict(alerts.keys.select("id", pl.col("owners").list.join(",")).iter_rows()) == {
        "alert-1": "instance:scheme",
        "alert-2": "address:collector",
        "alert-3": "instance:scheme",
        "alert-4": "address:dormant",
        "alert-5": "address:stranger",
    }
    assert alerts.keys["ties"].list.len().to_list() == [0, 1, 1, 1, 0, 0]
    assert dict(clusters.keys.select("id", pl.col("owners").list.join(",")).iter_rows()) == {
        "cluster-1": "address:collector",
        "cluster-2": "address:collector,instance:scheme",
    }
    assert clusters.unlabelled == 1  # cluster-3 has no known alert


def test_cluster_without_a_primary_address_goes_by_its_id(
    tables: dict[str, pl.DataFrame],
) -> None:
    clusters = tables["clusters"].with_columns(primary_address=pl.lit(""))
    batch = make_batch({**tables, "clusters": clusters})
    rows = cluster_rows([batch], check_truth(pl.DataFrame({"address": ["courier"]})))
    assert rows.keys["address"].to_list() == ["cluster-1", "cluster-2"]
    assert rows.keys["label"].to_list() == [False, False]


def test_owner_is_the_same_in_every_batch(make_world: MakeBatch, truth: Truth) -> None:
    rows = alert_rows([make_world(0), make_world(1)], truth)
    per_address = rows.keys.group_by("address").agg(pl.col("owners").n_unique())
    assert per_address["owners"].to_list() == [1] * 120
    assert rows.keys["batch"].n_unique() == 2
    assert rows.trained_through == date(2025, 11, 21)


def test_order_of_batches_and_rows_does_not_matter(make_world: MakeBatch, truth: Truth) -> None:
    first, second = make_world(0), make_world(1)
    turned = make_batch(
        {
            "alerts": first.alerts.reverse(),
            "features": first.features.reverse(),
            "clusters": first.clusters.reverse(),
        }
    )
    for build in (alert_rows, cluster_rows):
        assert build([second, turned], truth).digest() == build([first, second], truth).digest()


def test_sorted_rows_do_not_depend_on_their_order_even_when_ids_repeat(rows: LabelledRows) -> None:
    same_id = LabelledRows(
        rows.features, rows.keys.with_columns(id=pl.lit("x"), address=pl.lit("y"))
    )
    order = np.random.Generator(np.random.PCG64(4)).permutation(len(rows))
    assert same_id.take(order).sorted().digest() == same_id.sorted().digest()


def test_batch_given_twice_is_refused(world: Batch, truth: Truth) -> None:
    message = "alerts: every batch must be given once; 1 of 2 repeat another one"
    with pytest.raises(TrainingRefusedError, match=message):
        alert_rows([world, world], truth)


def test_no_batch_is_refused(truth: Truth) -> None:
    with pytest.raises(TrainingRefusedError, match="clusters: training needs at least one batch"):
        cluster_rows([], truth)


def test_empty_batch_gives_no_rows(tables: dict[str, pl.DataFrame], truth: Truth) -> None:
    batch = make_batch({name: table.clear() for name, table in tables.items()})
    rows = alert_rows([batch], truth)
    assert len(rows) == 0
    assert rows.trained_through is None


@pytest.mark.parametrize(
    ("minimum", "enough"),
    [
        (Minimum(rows=200, per_class=50), True),
        (Minimum(rows=201, per_class=1), False),
        (Minimum(rows=1 + 1, per_class=51), False),
    ],
)
def test_too_few_rows_are_refused_with_the_counts(
    rows: LabelledRows, minimum: Minimum, *, enough: bool
) -> None:
    if enough:
        rows.check_enough("alert_scorer", minimum)
        return
    message = (
        rf"alert_scorer: training needs at least {minimum.rows} labelled rows with {minimum.per_class} of each class; "
        r"found 200 \(50 illicit, 150 licit\), and 0 without a label\. Add batches"
    )
    with pytest.raises(TrainingRefusedError, match=message + r".* are\. Because\.$"):
        rows.check_enough("alert_scorer", minimum, "Because.")


@pytest.mark.parametrize("build", [alert_rows, cluster_rows])
@pytest.mark.parametrize("per", ["alert", "address"])
def test_rows_of_a_day_have_the_labels_of_the_truth_of_that_day(
    make_world: MakeBatch, build: Build, per: str
) -> None:
    """Facts of five days, surer ones and others among them: no later one leaves a trace in a label, grade or weight."""
    batches = [make_world(), make_world(days_later=30)]
    truth = history_of(batches, per)
    rows, days = build(batches, truth), sorted(truth.rows["confirmation_date"].unique())
    assert len(days) == 5
    changed = 0
    for day in days:
        found, expected = rows.as_of(day), build(batches, truth.as_of(day))
        known = rows.keys.select(NAMES)  # a row without a label today is in no fold
        then = expected.keys.join(known, on=NAMES, how="semi").sort(NAMES)
        laid = found.keys.sort(NAMES)
        for name in (*NAMES, "label", "grade", "weight"):
            assert laid[name].equals(then[name]), name
        assert found.features.height == found.keys.height
        alike = rows.weighing_alike().as_of(day)
        assert alike.labels.tolist() == found.labels.tolist()
        assert set(alike.weights) == {1.0}
        changed += not laid.equals(rows.keys.sort(NAMES))
    assert changed == 4
    assert rows.as_of(days[-1]) is rows
    assert rows.as_of(None) is rows


def history_of(batches: list[Batch], per: str) -> Truth:
    """Facts of every third alert or address, three each: of any of five days, verdict and confidence."""
    random = np.random.Generator(np.random.PCG64(4))
    key = ["alert_id", "processing_date"] if per == "alert" else ["address"]
    named = pl.concat([batch.alerts.select(key) for batch in batches]).unique().sort(key)
    facts = pl.concat([named.gather_every(3)] * 3)
    verdict = "confirmed_illicit" if per == "alert" else "is_illicit"
    days = [date(2025, 11, 1 + day) for day in random.integers(0, 5, facts.height).tolist()]
    table = facts.with_columns(
        pl.Series(verdict, random.random(facts.height) < 0.5),
        pl.Series("confirmation_date", days),
        pl.Series("confidence", random.choice([0.3, 0.7, 0.95], facts.height)),
    )
    return alert_facts(table) if per == "alert" else address_facts(table, unlisted="licit")


def test_confidence_of_a_label_is_its_weight(batch: Batch) -> None:
    known = check_truth(
        pl.DataFrame({"address": ["splitter", "collector"], "confidence": [0.5, None]})
    )
    alerts, clusters = alert_rows([batch], known), cluster_rows([batch], known)
    assert alerts.weights.tolist() == [0.5, 1.0, 1.0, 1.0, 1.0, 1.0]
    assert alerts.weighing_alike().weights.tolist() == [1.0] * 6
    assert clusters.weights.tolist() == [1.0, 1.0]
