"""Importance, dependence and reasons by typology, worked out by hand; and the laws of their sums."""

from xml.etree import ElementTree as ET

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from aml_miner.batch.batch import Batch
from aml_miner.models import Models
from aml_miner.models.contributions import Contributions
from aml_miner.scoring.bars_svg import Bar, signed_bars
from aml_miner.scoring.overview import Overview, make_overview
from aml_miner.scoring.overview_svg import overview_svgs

FEATURES = pl.DataFrame(
    {
        "degree_out": [1.0, 1.0, 5.0, None],
        "is_in_pattern": [0.0, 1.0, 1.0, 0.0],
        "pattern_type": ["cycle", "fan_in", "cycle", None],
    }
)
VALUES = np.array([[1.0, 0.0, 0.5], [-1.0, 0.0, 0.0], [3.0, 0.25, -0.5], [-1.0, 0.25, 1.0]])
FOUND = Contributions(VALUES, 0.0, VALUES.sum(axis=1))
GROUPS = pl.Series(["B", "A", "B", None])


@pytest.fixture(scope="module")
def overview() -> Overview:
    return make_overview(FEATURES, FOUND, GROUPS)


def test_importance_is_the_mean_absolute_contribution(overview: Overview) -> None:
    assert overview.importance.rows() == [
        ("degree_out", "network", 1.5, 0.5, 0.705882352941176471),
        ("pattern_type", "alert", 0.5, 0.25, 0.235294117647058824),
        ("is_in_pattern", "alert", 0.125, 0.125, 0.058823529411764705),
    ]


def test_dependence_of_a_number_goes_by_its_values_and_tells_the_absent(overview: Overview) -> None:
    table = overview.dependence.filter(pl.col("feature") == "degree_out").drop("feature")
    assert table.rows() == [
        (0, "1", 1.0, 1.0, 2, 0.0, -1.0, 1.0),
        (1, "5", 5.0, 5.0, 1, 3.0, 3.0, 3.0),
        (2, "not known", None, None, 1, -1.0, -1.0, -1.0),
    ]


def test_dependence_of_a_category_goes_by_how_often_it_occurs(overview: Overview) -> None:
    table = overview.dependence.filter(pl.col("feature") == "pattern_type")
    assert table.select("label", "rows", "mean").rows() == [
        ("cycle", 2, 0.0),
        ("fan_in", 1, 0.0),
        ("not known", 1, 1.0),
    ]


def test_flag_is_told_as_yes_and_no(overview: Overview) -> None:
    table = overview.dependence.filter(pl.col("feature") == "is_in_pattern")
    assert table.select("label", "rows", "mean").rows() == [("no", 2, 0.125), ("yes", 2, 0.125)]


def test_reasons_of_each_group(overview: Overview) -> None:
    rows = overview.by_group.filter(pl.col("feature") == "degree_out").drop("feature").rows()
    assert rows == [
        ("A", 1, -1.0, 1.0, 1.0),
        ("B", 2, 2.0, 2.0, 1.0),
        ("not known", 1, -1.0, 1.0, 1.0),
    ]
    first = overview.by_group.filter(pl.col("group") == "B")["feature"].to_list()
    assert first == ["degree_out", "pattern_type", "is_in_pattern"]


def test_many_values_are_cut_into_bins_of_nearly_as_many_rows_each() -> None:
    features = pl.DataFrame({"degree_out": np.arange(80.0)})
    values = np.arange(80.0)[:, None]
    table = make_overview(
        features, Contributions(values, 0.0, values[:, 0]), pl.repeat("A", 80, eager=True)
    )
    assert table.dependence["rows"].to_list() == [10] * 8
    assert table.dependence["label"].to_list()[:2] == ["0 to 9", "10 to 19"]
    assert table.dependence["mean"].to_list()[:2] == [4.5, 14.5]
    assert (table.dependence["low_contribution"][0], table.dependence["high_contribution"][0]) == (
        0.0,
        8.0,
    )


def test_rare_categories_are_told_together() -> None:
    kinds = [f"kind-{n:02d}" for n in range(14)]
    features = pl.DataFrame({"pattern_type": [*kinds, "kind-13"]})
    values = np.ones((15, 1))
    table = make_overview(
        features, Contributions(values, 0.0, values[:, 0]), pl.repeat("A", 15, eager=True)
    )
    assert table.dependence["label"].to_list() == ["kind-13", *kinds[:11], "others"]
    assert table.dependence["rows"].to_list() == [2, *[1] * 11, 2]


def test_no_rows_give_empty_tables() -> None:
    empty = make_overview(
        FEATURES.clear(), Contributions(VALUES[:0], 0.0, VALUES[:0, 0]), GROUPS.clear()
    )
    assert (empty.rows, empty.dependence.height, empty.by_group.height) == (0, 0, 0)
    assert empty.importance["mean_absolute"].to_list() == [0.0] * 3
    assert overview_svgs(empty).keys() == {"importance", "groups"}


def test_order_of_rows_does_not_matter(odd_batch: Batch, models: Models) -> None:
    model = models.alert_scorer
    features, groups = model.prepare_features(odd_batch), odd_batch.alerts["typology_type"]
    order = np.random.Generator(np.random.PCG64(3)).permutation(features.height)
    one = make_overview(features, model.contributions(features), groups)
    mixed = features[order]
    two = make_overview(mixed, model.contributions(mixed), groups[order])
    for name in ("importance", "dependence", "by_group"):
        assert_frame_equal(getattr(one, name), getattr(two, name), check_exact=True)
    assert overview_svgs(one) == overview_svgs(two)


def test_means_of_all_features_add_up_to_the_mean_raw_score(
    odd_batch: Batch, models: Models
) -> None:
    model = models.cluster_scorer
    features = model.prepare_features(odd_batch)
    found = model.contributions(features)
    told = make_overview(features, found, odd_batch.clusters["cluster_type"])
    mean = float(found.raw_scores.mean()) - found.base_value
    assert told.importance["mean"].sum() == pytest.approx(mean, abs=1e-6)
    of_groups = told.by_group.group_by("group").agg(
        (pl.col("mean") * pl.col("rows")).sum(), pl.col("rows").first()
    )
    assert of_groups["mean"].sum() / of_groups["rows"].sum() == pytest.approx(mean, abs=1e-6)
    listed = told.by_group.group_by("group").agg(pl.col("listed_ratio").sum())
    assert listed["listed_ratio"].to_list() == pytest.approx([5.0] * listed.height)


def test_pictures_are_well_formed_and_say_what_they_show(overview: Overview) -> None:
    drawn = overview_svgs(overview)
    assert list(drawn) == [
        "importance", "dependence of degree_out", "dependence of pattern_type", "dependence of is_in_pattern", "groups",
    ]  # fmt: skip
    told = {name: ET.fromstring(picture).findtext("{*}desc") for name, picture in drawn.items()}  # noqa: S314 - ours
    assert "degree out 1.500, pattern type 0.500" in str(told["importance"])
    assert "1 (2) +0.000, 5 (1) +3.000, not known (1) −1.000" in str(
        told["dependence of degree_out"]
    )
    assert "B (2): degree out +2.000, 100%" in str(told["groups"])


@pytest.mark.parametrize("number", ["+1.0", "+123,456.000, 100%"])
def test_bars_and_their_numbers_stay_within_the_picture(number: str) -> None:
    bars = [Bar("x" * 99, -3.0, number, -4.0, -1.0), Bar("y", 9.0, number, 8.0, 12.0)]
    root = ET.fromstring("<svg>" + "".join(signed_bars("h", bars).shapes) + "</svg>")  # noqa: S314 - ours
    for box in root.iter("rect"):
        left, width = float(box.attrib["x"]), float(box.attrib["width"])
        assert left >= 0
        assert left + width <= 800
    for text in root.iter("text"):
        letters = len(str(text.text)) * 7.28
        x = float(text.attrib["x"])
        left, right = (x - letters, x) if text.get("text-anchor") == "end" else (x, x + letters)
        assert left >= 0
        assert right <= 800
