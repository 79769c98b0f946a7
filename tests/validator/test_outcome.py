"""What two outcomes part in is said in one sentence."""

from dataclasses import replace

import polars as pl

from aml_miner.validator.outcome import Outcome, joined, told_difference

OUTCOME = Outcome(
    pl.Series(["a", "b"]),
    pl.DataFrame({"degree": [1.0, None], "kind": ["x", "y"]}),
    pl.DataFrame({"score": [0.25, 0.5], "explain_json": ['{"top":"degree"}', '{"top":"kind"}']}),
)


def test_the_same_outcome_is_not_told() -> None:
    assert told_difference(OUTCOME, joined([OUTCOME.take([0]), OUTCOME.take([1])])) is None


def test_feature_and_score_of_the_first_row_are_told() -> None:
    other = Outcome(
        OUTCOME.ids,
        pl.DataFrame({"degree": [1.0, 2.0], "kind": ["x", "y"]}),
        OUTCOME.scores.with_columns(score=pl.Series([0.25, 0.75])),
    )
    assert told_difference(OUTCOME, other) == (
        "1 of 2 scores or reasons differ; first row 'b': feature 'degree' is 2.0 (0x1.0000000000000p+1), "
        "expected unknown, 'score' is 0.75 (0x1.8000000000000p-1), expected 0.5 (0x1.0000000000000p-1)"
    )


def test_reasons_are_told_from_where_they_part() -> None:
    reasons = pl.Series("explain_json", ['{"top":"kind"}', '{"top":"kind"}'])
    other = replace(OUTCOME, scores=OUTCOME.scores.with_columns(reasons))
    assert told_difference(OUTCOME, other) == (
        "1 of 2 scores or reasons differ; first row 'a': 'explain_json' goes on with 'kind\"}' "
        "from character 9, expected 'degree\"}'"
    )


def test_rows_that_are_lost_are_told() -> None:
    assert told_difference(OUTCOME, OUTCOME.take([0])) == "1 rows came out, expected 2"


def test_the_table_can_be_asked_for_twice() -> None:
    assert OUTCOME.table().columns == OUTCOME.table().columns == ["id", "score", "explain_json"]
