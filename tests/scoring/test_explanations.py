"""Reasons by hand: which features, in what order, in which words, and what the rest comes to."""

import json
import math

import numpy as np
import polars as pl
import pytest

from aml_miner.errors import PredictionError
from aml_miner.features.feature import Feature
from aml_miner.models.contributions import Contributions
from aml_miner.scoring.explanations import Narrator

pytestmark = pytest.mark.usefixtures("each_way")


type Told = dict[str, float | list[dict[str, object]]]

NAMES = ("c", "a", "b", "kind", "hub", "e")
DECLARED = {
    "a": Feature("a", pl.col("a"), "count", "sent to {value:,.0f} recipients"),
    "b": Feature("b", pl.col("b"), "ratio", "{value:.0%} was sent on"),
    "c": Feature("c", pl.col("c"), "usd", "received {value:,.0f} USD"),
    "e": Feature("e", pl.col("e"), "score", "scores {value:.1f}"),
    "hub": Feature("hub", pl.col("hub"), "flag", "is {value}a hub"),
    "kind": Feature("kind", pl.col("kind"), "category", "is of type {value}"),
}
FAMILY = {"a": "flows", "b": "flows", "c": "flows", "e": "timing", "hub": "alert", "kind": "alert"}
ROW = {"a": 1200.0, "b": 0.25, "c": None, "e": 1.0, "hub": 0.0, "kind": "cycle"}
SCHEMA = {name: pl.String if name == "kind" else pl.Float64 for name in ROW}


def explain(
    features: pl.DataFrame,
    found: Contributions,
    names: tuple[str, ...] = NAMES,
    usual: dict[str, tuple[float, float]] | None = None,
) -> pl.Series:
    return Narrator.of(names, DECLARED, FAMILY, usual or {}).explain(features, found)


def text_of(
    values: list[float], base: float = 0.5, usual: dict[str, tuple[float, float]] | None = None
) -> str:
    """Explain one row with these contributions, in the order of NAMES."""
    found = Contributions(np.array([values]), base, np.array([base + sum(values)]))
    explained = explain(pl.DataFrame([ROW], schema=SCHEMA), found, usual=usual)
    return str(explained.item())


def names_of(values: list[float]) -> list[str]:
    return [feature["name"] for feature in json.loads(text_of(values))["top_features"]]


def test_explanation_in_full() -> None:
    assert text_of([-2.0, 1.0, 0.5, 0.25, -0.125, 0.0625]) == (
        '{"base_value":0.5,"top_features":['
        '{"name":"c","value":null,"contribution":-2.0,"direction":"lowers","reason":"c is not known"},'
        '{"name":"a","value":1200.0,"contribution":1.0,"direction":"raises",'
        '"reason":"sent to 1,200 recipients"},'
        '{"name":"b","value":0.25,"contribution":0.5,"direction":"raises","reason":"25% was sent on"},'
        '{"name":"kind","value":"cycle","contribution":0.25,"direction":"raises",'
        '"reason":"is of type cycle"},'
        '{"name":"hub","value":0.0,"contribution":-0.125,"direction":"lowers",'
        '"reason":"is not a hub"}],'
        '"other":0.0625,"against":['
        '{"name":"c","value":null,"contribution":-2.0,"direction":"lowers","reason":"c is not known"},'
        '{"name":"hub","value":0.0,"contribution":-0.125,"direction":"lowers",'
        '"reason":"is not a hub"}],'
        '"families":{"alert":0.125,"flows":-0.5,"timing":0.0625}}'
    )


def test_nothing_against_gives_an_empty_list() -> None:
    assert json.loads(text_of([1.0, 1.0, 0.0, 1.0, 1.0, 1.0]))["against"] == []


def test_one_against_gives_one() -> None:
    told = json.loads(text_of([1.0, 1.0, -1e-9, 1.0, 1.0, 1.0]))["against"]
    assert [feature["name"] for feature in told] == ["b"]


def test_usual_ranges_stand_behind_the_value_in_its_own_places() -> None:
    usual = {"a": (1.0, 12_000.4), "b": (0.1, 0.1), "hub": (0.0, 0.0), "e": (0.0, 2.0)}
    told = json.loads(text_of([0.0, 4.0, 3.0, 0.0, 2.0, 1.0], usual=usual))["top_features"]
    assert [feature["reason"] for feature in told[:4]] == [
        "sent to 1,200 recipients (usually 1 to 12,000)",
        "25% was sent on (usually 10%)",
        "is not a hub",
        "scores 1.0 (usually 0.0 to 2.0)",
    ]


def test_a_feature_nobody_declares_is_refused_by_its_name() -> None:
    with pytest.raises(
        PredictionError, match="needs 3; 1 of them are not declared here, first 'z'"
    ):
        Narrator.of(("a", "z", "b"), DECLARED, FAMILY, {})


def test_words_of_one_of_levels_of_scales_and_of_absence() -> None:
    declared = {
        "days": Feature(
            "days", pl.col("days"), "days", "on {value:,.0f} days (a)", one="one day (b)"
        ),
        "kind": Feature("kind", pl.col("kind"), "category", "is {value}", absent='of "no" kind'),
        "level": Feature("level", pl.col("l"), "score", "is {value}", levels=("low", "high")),
        "rank": Feature("rank", pl.col("r"), "score", "{value:,.0f} millionths", scale=1e6),
    }
    usual = {"days": (1.0, 9.0), "level": (0.0, 1.0), "rank": (1e-6, 0.002)}
    narrator = Narrator.of(tuple(declared), declared, dict.fromkeys(declared, "flows"), usual)
    features = pl.DataFrame(
        {
            "days": [1.0, 3.0],
            "kind": pl.Series([None, "odd"], dtype=pl.String),
            "level": [1.0, 0.0],
            "rank": [0.00005, None],
        }
    )
    found = Contributions(np.array([[4.0, 3.0, 2.0, 1.0]] * 2), 0.0, np.array([10.0, 10.0]))
    told = [json.loads(text)["top_features"] for text in narrator.explain(features, found)]
    assert [[feature["reason"] for feature in row] for row in told] == [
        [
            "one day (b; usually 1 to 9)",
            'of "no" kind',
            "is high (usually low to high)",
            "50 millionths (usually 1 to 2,000)",
        ],
        [
            "on 3 days (a; usually 1 to 9)",
            "is odd",
            "is low (usually low to high)",
            "rank is not known",
        ],
    ]


def test_what_an_alert_does_not_say_is_not_blamed_on_its_address() -> None:
    nothing = pl.DataFrame([{}], schema=SCHEMA)
    found = Contributions(np.array([[3.0, 0.0, 0.0, 2.0, 0.0, 0.0]]), 0.0, np.array([5.0]))
    told = json.loads(explain(nothing, found).item())["top_features"][:2]
    assert [feature["reason"] for feature in told] == [
        "c is not known: there are no features for this address",
        "kind is not known",
    ]


def test_of_an_address_without_features_every_reason_says_so() -> None:
    found = Contributions(np.array([[3.0, 2.0, 1.0, 0.5, 0.0, 0.0]]), 0.0, np.array([6.5]))
    nothing = pl.DataFrame([{"kind": 'a "quoted" kind'}], schema=SCHEMA)
    told = json.loads(explain(nothing, found).item())["top_features"]
    assert [(feature["value"], feature["reason"]) for feature in told[:4]] == [
        (None, "c is not known: there are no features for this address"),
        (None, "a is not known: there are no features for this address"),
        (None, "b is not known: there are no features for this address"),
        ('a "quoted" kind', 'is of type a "quoted" kind'),
    ]


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([1.0, 1.0, 1.0, 1.0, 1.0, 1.0], ["a", "b", "c", "e", "hub"]),  # ties: by name
        ([-1.0, 1.0, 2.0, 0.0, 0.0, 3.0], ["e", "b", "a", "c", "hub"]),  # the sign is no tie-break
        # alike to nine decimals is alike: the last bits may not choose
        ([1.0 + 1e-12, 1.0, 0.5, 0.4, 0.3, 0.2], ["a", "c", "b", "kind", "hub"]),
        ([1.0 + 1e-8, 1.0, 0.5, 0.4, 0.3, 0.2], ["c", "a", "b", "kind", "hub"]),
    ],
)
def test_order(values: list[float], names: list[str]) -> None:
    assert names_of(values) == names


def test_contributions_have_nine_decimals_and_rounding_goes_to_other() -> None:
    third = 1.0 / 3.0
    told = json.loads(text_of([third] * 6, base=third))
    assert told["base_value"] == 0.333333333
    assert [feature["contribution"] for feature in told["top_features"]] == [0.333333333] * 5
    assert told["other"] == 0.333333335  # 7/3 − 6 × 0.333333333


def test_no_minus_zero_is_told() -> None:
    assert "-0.0" not in text_of([-0.0, -1e-12, 0.0, 0.0, 0.0, -1e-13])


def test_model_of_two_features_lists_two() -> None:
    found = Contributions(np.array([[1.0, -2.0]]), 0.0, np.array([-1.0]))
    features = pl.DataFrame({"a": [1.0], "e": [2.0]})
    told = json.loads(explain(features, found, ("a", "e")).item())
    assert [feature["name"] for feature in told["top_features"]] == ["e", "a"]
    assert told["other"] == 0.0


def test_nan_is_not_known() -> None:
    found = Contributions(np.array([[1.0, -2.0]]), 0.0, np.array([-1.0]))
    told = json.loads(explain(pl.DataFrame({"a": [math.nan], "e": [2]}), found, ("a", "e")).item())
    assert [(feature["name"], feature["value"]) for feature in told["top_features"]] == [
        ("e", 2.0),
        ("a", None),
    ]


def test_no_rows_give_an_empty_text_series() -> None:
    found = Contributions(np.zeros((0, 6)), 0.0, np.zeros(0))
    explained = explain(pl.DataFrame(schema=SCHEMA), found)
    assert (explained.name, explained.dtype, len(explained)) == ("explain_json", pl.String, 0)


def test_rows_beyond_one_slice_keep_their_place() -> None:
    count = 20_000
    values = np.zeros((count, 6))
    values[:, 1] = 1.0
    features = pl.concat([pl.DataFrame([ROW], schema=SCHEMA)] * count).with_columns(
        a=pl.int_range(count).cast(pl.Float64)
    )
    explained = explain(features, Contributions(values, 0.0, values.sum(axis=1)))
    first = explained.str.json_path_match("$.top_features[0].value").cast(pl.Float64)
    assert first.to_list() == features["a"].to_list()
