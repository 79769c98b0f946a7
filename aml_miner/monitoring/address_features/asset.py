"""Assets: in what an address was paid and paid. Two assets are one when symbol and contract agree."""

import numpy as np
import polars as pl

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features.values import Values, floats
from aml_miner.monitoring.groups import Groups, Integers, divide
from aml_miner.utils.elementary import log2


def unique_assets_in(activity: Activity) -> Values:
    """How many assets it received.

    Formula: number of distinct (asset_symbol, asset_contract) of the transfers to it.
    Unit: assets.
    Source: our choice; the reference is always 1.
    """
    return _assets(activity, incoming=True)


def unique_assets_out(activity: Activity) -> Values:
    """How many assets it sent.

    Formula: number of distinct (asset_symbol, asset_contract) of the transfers from it.
    Unit: assets.
    Source: our choice; the reference is always 1.
    """
    return _assets(activity, incoming=False)


def dominant_asset_in(activity: Activity) -> Values:
    """The asset it received most of.

    Formula: asset_symbol with the most USD received; of several the first by symbol, then contract;
    null when it received nothing.
    Unit: category.
    Source: our choice; the reference is always NATIVE.
    """
    return _dominant(activity, incoming=True)


def dominant_asset_out(activity: Activity) -> Values:
    """The asset it sent most of.

    Formula: asset_symbol with the most USD sent; of several the first by symbol, then contract;
    null when it sent nothing.
    Unit: category.
    Source: our choice; the reference is always NATIVE.
    """
    return _dominant(activity, incoming=False)


def asset_diversity_score(activity: Activity) -> Values:
    """How evenly its volume is spread over the assets it dealt in: 1 evenly, 0 all in one.

    Formula: Shannon entropy of the assets' shares of its USD in and out / log2 of the number of assets;
    0 for one asset.
    Unit: 0 to 1.
    Source: our choice, as flow_diversity; the reference is always 0.
    """
    key = ["owner", "asset"]
    rows = activity.asset_flows.group_by(key).agg(pl.col("amount_usd").sum()).sort(key)
    assets = Groups(rows["owner"].to_numpy(), activity.count)
    return divide(assets.entropy(floats(rows["amount_usd"])), log2(assets.count))


def _one_way(activity: Activity, *, incoming: bool) -> pl.DataFrame:
    return activity.asset_flows.filter(pl.col("incoming") == incoming)


def _assets(activity: Activity, *, incoming: bool) -> Integers:
    owner = _one_way(activity, incoming=incoming)["owner"]
    return np.bincount(owner, minlength=activity.count)


def _dominant(activity: Activity, *, incoming: bool) -> pl.Series:
    order = ["owner", "amount_usd", "asset"]
    rows = _one_way(activity, incoming=incoming).sort(order, descending=[False, True, False])
    largest = rows.unique("owner", keep="first", maintain_order=True)
    every = pl.DataFrame({"owner": pl.int_range(activity.count, eager=True)})
    asset = every.join(largest, on="owner", how="left", maintain_order="left")["asset"]
    return activity.assets["asset_symbol"].gather(asset)


COLUMNS = (
    unique_assets_in,
    unique_assets_out,
    dominant_asset_in,
    dominant_asset_out,
    asset_diversity_score,
)
