"""No trivial column tells the guilty: what is learned from these economies must be how money moves."""

import numpy as np
import polars as pl
import pytest

from aml_miner.simulation import SimulationConfig, simulate_economy
from tests.simulation.shortcuts import (
    LIMIT,
    address_columns,
    auc_alone,
    auc_of_order,
    transfer_columns,
)

ADDRESS_COLUMNS = (
    "fee_mean",
    "fee_max",
    "trailing_zeros_mean",
    "leading_digit_mean",
    "cents_mean",
    "hour_mean",
    "night_share",
    "weekend_share",
    "component_size",
    "age",
    "idle",
    "lifetime",
    "labelled",  # whoever is in the file, the publicly warned of too
    "warned_of",
    "address_text",
)
TRANSFER_COLUMNS = (
    "fee_paid",
    "trailing_zeros",
    "leading_digit",
    "cents",
    "hour",
    "weekday",
    "component_size",
    "sender_age",
    "sender_labelled",
    "receiver_labelled",
    "sender_warned_of",
    "receiver_warned_of",
)


def economies(seeds: range, persistence: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The columns of several economies, one after the other: of addresses, and of transfers."""
    knobs = SimulationConfig(accounts=6_000, days=60, base_rate=0.04, persistence=persistence)
    each = [simulate_economy(knobs.model_copy(update={"seed": seed})) for seed in seeds]
    return (
        pl.concat(address_columns(economy) for economy in each),
        pl.concat(transfer_columns(economy) for economy in each),
    )


@pytest.fixture(scope="module", params=[0.0, 0.5], ids=["once", "going on"])
def persistence(request: pytest.FixtureRequest) -> float:
    share: float = request.param
    return share


@pytest.fixture(scope="module")
def learned(persistence: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    return economies(range(3), persistence)


@pytest.fixture(scope="module")
def judged(persistence: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    return economies(range(10, 13), persistence)


Pair = tuple[pl.DataFrame, pl.DataFrame]


def test_there_are_guilty_enough_to_measure(judged: Pair) -> None:
    addresses, transfers = judged
    assert addresses["illicit"].sum() > 600
    assert transfers["illicit"].sum() > 1_500


@pytest.mark.parametrize("column", ADDRESS_COLUMNS)
def test_no_column_of_an_address_gives_the_schemes_away(
    learned: Pair, judged: Pair, column: str
) -> None:
    assert auc_alone(learned[0], judged[0], column) < LIMIT
    assert auc_of_order(judged[0], column) < LIMIT


@pytest.mark.parametrize("column", TRANSFER_COLUMNS)
def test_no_column_of_a_transfer_gives_the_schemes_away(
    learned: Pair, judged: Pair, column: str
) -> None:
    assert auc_alone(learned[1], judged[1], column) < LIMIT
    assert auc_of_order(judged[1], column) < LIMIT


@pytest.mark.parametrize(
    ("column", "planted"),
    [
        # half of the launderers never pay a fee; the others pay what everybody pays
        ("fee_mean", pl.when(pl.col("illicit") & (pl.col("address_text") % 2 == 0)).then(0.0)),
        # their wallets are younger, on average only
        ("age", pl.when("illicit").then(pl.col("age") / 3)),
        # and their hours are in a band in the middle, which no order shows
        ("hour_mean", pl.when("illicit").then(13.0 + pl.col("hour_mean") / 100)),
    ],
)
def test_a_planted_shortcut_is_found(
    learned: Pair, judged: Pair, column: str, planted: pl.Expr
) -> None:
    marked = [
        each[0].with_columns(planted.otherwise(pl.col(column)).alias(column))
        for each in (learned, judged)
    ]
    assert auc_alone(marked[0], marked[1], column) > LIMIT


def test_auc_by_hand() -> None:
    table = pl.DataFrame({"illicit": [False, True, False, True], "x": [1.0, 2.0, 3.0, 4.0]})
    assert auc_of_order(table, "x") == 0.75  # three of four pairs
    assert auc_of_order(table.with_columns(-pl.col("x")), "x") == 0.75
    assert auc_of_order(table.with_columns(x=pl.lit(5)), "x") == 0.5


def test_a_tree_finds_what_an_order_does_not() -> None:
    x = np.tile(np.arange(100.0), 4)
    table = pl.DataFrame({"illicit": (x > 40) & (x < 60), "x": x})
    assert auc_of_order(table, "x") < 0.55
    assert auc_alone(table, table, "x") == 1.0
