"""Trivial columns, and how well each alone tells the guilty in an economy it was not learned from."""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier

from aml_miner.simulation import Economy

LIMIT = 0.70
"""A trivial column may tell the guilty no better than this, in either direction."""


def auc_alone(learned: pl.DataFrame, judged: pl.DataFrame, column: str, seed: int = 0) -> float:
    """AUC of a small tree that learned from one column of one economy, on another economy; .5 or more.

    A tree finds what is extreme, and bands, and not just what is more or less.
    """
    tree = DecisionTreeClassifier(
        max_leaf_nodes=12, min_samples_leaf=20, class_weight="balanced", random_state=seed
    )
    tree.fit(_values(learned, column), learned["illicit"].to_numpy())
    scores = tree.predict_proba(_values(judged, column))[:, 1]
    return _either_way(judged, scores)


def auc_of_order(judged: pl.DataFrame, column: str) -> float:
    """AUC of the column as it is, or upside down; .5 or more."""
    return _either_way(judged, _values(judged, column)[:, 0])


def _either_way(judged: pl.DataFrame, scores: NDArray[np.float64]) -> float:
    auc = float(roc_auc_score(judged["illicit"].to_numpy(), scores))
    return max(auc, 1 - auc)


def _values(table: pl.DataFrame, column: str) -> NDArray[np.float64]:
    return table.select(pl.col(column).cast(pl.Float64)).to_numpy()


def transfer_columns(economy: Economy) -> pl.DataFrame:
    """One row per transfer: whether a scheme made it, and its trivial columns."""
    amount = pl.col("amount").cast(pl.Float64)
    micro = (pl.col("amount") * 1_000_000).cast(pl.Int64)
    usd_cents = (pl.col("amount_usd").cast(pl.Float64) * 100).round().cast(pl.Int64)
    time = pl.from_epoch("block_timestamp", time_unit="ms")
    first_seen = _first_seen(economy.transfers)
    labelled = economy.labels["address"].unique().implode()
    warned = economy.labels.filter(address_type="scam")["address"].implode()
    sizes = _component_sizes(economy.transfers)
    return (
        economy.transfers.with_columns(
            illicit=pl.Series(economy.ledger.planted >= 0),
            fee_paid=pl.col("fee").cast(pl.Float64),
            trailing_zeros=pl.sum_horizontal(micro % 10**place == 0 for place in range(1, 13)),
            leading_digit=10 ** (amount.log10() - amount.log10().floor()),
            cents=usd_cents % 100,
            hour=time.dt.hour(),
            weekday=time.dt.weekday(),
        )
        .join(
            first_seen,
            left_on="from_address",
            right_on="address",
            how="left",
            maintain_order="left",
        )
        .join(sizes, left_on="from_address", right_on="address", how="left", maintain_order="left")
        .with_columns(
            sender_age=pl.col("block_timestamp") - pl.col("first_seen"),
            sender_labelled=pl.col("from_address").is_in(labelled),
            receiver_labelled=pl.col("to_address").is_in(labelled),
            sender_warned_of=pl.col("from_address").is_in(warned),
            receiver_warned_of=pl.col("to_address").is_in(warned),
        )
    )


def address_columns(economy: Economy) -> pl.DataFrame:
    """One row per address: whether it is in a scheme, and its trivial columns."""
    transfers = transfer_columns(economy)
    sides = [
        transfers.select(
            pl.col(side).alias("address"),
            "fee_paid",
            "trailing_zeros",
            "leading_digit",
            "cents",
            "hour",
            "weekday",
            "block_timestamp",
        )
        for side in ("from_address", "to_address")
    ]
    guilty = economy.ground_truth.filter("is_illicit")["address"].implode()
    labelled = economy.labels["address"].unique().implode()
    warned = economy.labels.filter(address_type="scam")["address"].implode()
    end = transfers["block_timestamp"].max()
    return (
        pl.concat(sides)
        .group_by("address", maintain_order=True)
        .agg(
            fee_mean=pl.col("fee_paid").mean(),
            fee_max=pl.col("fee_paid").max(),
            trailing_zeros_mean=pl.col("trailing_zeros").mean(),
            leading_digit_mean=pl.col("leading_digit").mean(),
            cents_mean=pl.col("cents").mean(),
            hour_mean=pl.col("hour").mean(),
            night_share=(pl.col("hour") < 6).mean(),
            weekend_share=(pl.col("weekday") > 5).mean(),
            age=end - pl.col("block_timestamp").min(),
            idle=end - pl.col("block_timestamp").max(),
            lifetime=pl.col("block_timestamp").max() - pl.col("block_timestamp").min(),
            address_text=pl.col("address").first().str.slice(2, 12).str.to_integer(base=16),
        )
        .join(_component_sizes(economy.transfers), on="address", how="left", maintain_order="left")
        .with_columns(
            illicit=pl.col("address").is_in(guilty),
            labelled=pl.col("address").is_in(labelled),
            warned_of=pl.col("address").is_in(warned),
        )
    )


def _first_seen(transfers: pl.DataFrame) -> pl.DataFrame:
    sides = [
        transfers.select(pl.col(side).alias("address"), "block_timestamp")
        for side in ("from_address", "to_address")
    ]
    return pl.concat(sides).group_by("address").agg(first_seen=pl.col("block_timestamp").min())


def _component_sizes(transfers: pl.DataFrame) -> pl.DataFrame:
    """Addresses that are joined by payments, in whatever direction, and how many they are."""
    ends = pl.concat([transfers["from_address"], transfers["to_address"]])
    addresses = ends.unique().sort()
    number = pl.DataFrame({"address": addresses}).with_row_index("number")
    one, other = (
        transfers.select(address=side).join(number, on="address", maintain_order="left")["number"]
        for side in ("from_address", "to_address")
    )
    size = addresses.len()
    graph = coo_array((np.ones(one.len()), (one.to_numpy(), other.to_numpy())), (size, size))
    _, component = connected_components(graph, directed=False)
    return pl.DataFrame({"address": addresses, "component_size": np.bincount(component)[component]})
