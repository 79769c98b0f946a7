"""Usual is what nine in ten licit rows have."""

import numpy as np
import polars as pl

from aml_miner.training.usual_ranges import usual_ranges


def test_five_in_a_hundred_lie_outside_on_either_side_and_illicit_rows_do_not_count() -> None:
    licit = pl.DataFrame({"degree_out": [float(n) for n in range(101)]})
    illicit = pl.DataFrame({"degree_out": [1e6] * 50})
    labels = np.array([0] * 101 + [1] * 50)
    assert usual_ranges(pl.concat([licit, illicit]), labels) == {"degree_out": (5.0, 95.0)}


def test_order_of_the_rows_does_not_matter_and_zero_is_a_value() -> None:
    features = pl.DataFrame({"a": [3.0, 0.0, 1.0], "b": [None, None, 2.0]})
    labels = np.array([0, 0, 0])
    assert usual_ranges(features, labels) == {"a": (0.0, 3.0), "b": (2.0, 2.0)}
    assert usual_ranges(features.reverse(), labels) == usual_ranges(features, labels)


def test_what_no_licit_row_has_and_categories_have_no_range() -> None:
    features = pl.DataFrame({"a": [None, 1.0], "kind": ["x", "y"]})
    assert usual_ranges(features, np.array([0, 1])) == {}
