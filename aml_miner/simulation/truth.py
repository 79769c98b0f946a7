"""The truth about an economy, and how much of it comes out, when, and how wrongly."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from aml_miner.batch.schemas import GROUND_TRUTH_BY_ADDRESS
from aml_miner.simulation.planting import Planted
from aml_miner.simulation.population import Accounts, World
from aml_miner.simulation.rhythm import MS_PER_DAY
from aml_miner.simulation.schemes.sketch import OUTSIDERS
from aml_miner.simulation.streams import open_stream

_SURE = (8.0, 2.0)
_UNSURE = (5.0, 3.0)
"""Shapes of the beta distributions of a verdict's confidence, when it is right and when it is wrong: our choice."""


def build_truth(
    world: World, schemes: Sequence[Planted], lookalikes: Sequence[Planted], addresses: pl.Series
) -> pl.DataFrame:
    """Say of each address what it was, and what was found out of it.

    Returns
    -------
    polars.DataFrame
        ``GROUND_TRUTH_BY_ADDRESS``, sorted by (address, pattern_instance_id): the members of every scheme, its victims
        and customers, and innocent accounts that were looked into. ``is_illicit``, ``role``, ``pattern_type`` and
        ``pattern_instance_id`` are what is so; ``confirmed_illicit``, ``confirmation_date`` and ``confidence`` what
        somebody found, and null where nobody looked.
    """
    rng = open_stream(world.config.seed, "truth")
    seats = pl.concat([_seats(each) for each in schemes]) if schemes else _seat_frame([], [], [])
    members = _judge_members(world, rng, seats.filter("is_illicit"), len(schemes))
    outsiders = seats.filter(~pl.col("is_illicit")).unique(
        "account", keep="first", maintain_order=True
    )
    outsiders = outsiders.join(members, on="account", how="anti", maintain_order="left")
    outsiders = _accuse(world, rng, outsiders, members)
    cleared = _clear(world, rng, lookalikes, [members, outsiders])
    rows = pl.concat([members, outsiders, cleared], how="diagonal")
    return _as_table(rows, addresses)


def warnings_of(world: World, truth: pl.DataFrame) -> pl.DataFrame:
    """Draw which of those found guilty become a public label on the day of the verdict, if it falls into the period.

    Returns
    -------
    polars.DataFrame
        ``address`` and ``created_timestamp`` in ms, sorted by address.
    """
    rng = open_stream(world.config.seed, "warnings")
    at = pl.col("confirmation_date").cast(pl.Datetime("ms")).dt.epoch("ms")
    found = truth.filter(pl.col("confirmed_illicit")).select("address", created_timestamp=at)
    warned = rng.random(found.height) < world.config.truth.public_warning_share
    return found.filter(pl.Series(warned, dtype=pl.Boolean)).filter(
        pl.col("created_timestamp") < world.rhythm.end_ms
    )


def _seats(planted: Planted) -> pl.DataFrame:
    """One row per member and per outsider of a scheme, with the time of its last payment there."""
    group = planted.group
    wanted = np.flatnonzero(group.is_member | np.isin(group.roles, list(OUTSIDERS)))
    frame = _seat_frame(
        group.accounts[wanted], [group.roles[seat] for seat in wanted], group.is_member[wanted]
    )
    return frame.with_columns(
        pl.lit(planted.kind).alias("pattern_type"),
        pl.lit(planted.instance_id).alias("pattern_instance_id"),
        pl.lit(int(group.payments.times_ms.max())).alias("ends_ms"),
        role=pl.format("{}_{}", pl.lit(planted.kind), "role"),
    )


def _seat_frame(
    accounts: Sequence[int] | Accounts,
    roles: Sequence[str],
    illicit: Sequence[bool] | NDArray[np.bool_],
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "account": pl.Series(accounts, dtype=pl.Int64),
            "role": pl.Series(roles, dtype=pl.String),
            "is_illicit": pl.Series(illicit, dtype=pl.Boolean),
        }
    )


def _judge_members(
    world: World, rng: Generator, members: pl.DataFrame, schemes: int
) -> pl.DataFrame:
    """Find out some of the schemes, late, and most of their members; clear a few by mistake."""
    habits, count = world.config.truth, members.height
    if not count:
        return members
    scheme = members["pattern_instance_id"].rle_id().to_numpy()
    discovered = rng.random(schemes) >= habits.undiscovered_share
    seen = discovered[scheme] & (rng.random(count) >= habits.missed_member_share)
    guilty = rng.random(count) >= habits.wrongly_cleared_share
    delay = _draw_delays(world, rng, schemes)[scheme] + rng.integers(0, 4, count)
    delay = np.minimum(delay, habits.delay_days[1])
    return _with_verdict(rng, members, seen, guilty, delay)


def _accuse(
    world: World, rng: Generator, outsiders: pl.DataFrame, members: pl.DataFrame
) -> pl.DataFrame:
    """Find a few who merely dealt with a scheme guilty; nobody looks into the others."""
    if not outsiders.height:
        return outsiders
    found = members["confirmed_illicit"].sum()
    wrong = round(world.config.truth.wrongly_confirmed_share * float(found))
    accused = np.zeros(outsiders.height, bool)
    accused[rng.permutation(outsiders.height)[:wrong]] = True
    delay = _draw_delays(world, rng, outsiders.height)
    return _with_verdict(rng, outsiders, accused, accused, delay)


def _clear(
    world: World, rng: Generator, lookalikes: Sequence[Planted], judged: Sequence[pl.DataFrame]
) -> pl.DataFrame:
    """Look into some of the innocent, members of look-alikes above all, and clear them."""
    habits, accounts = world.config.truth, world.config.accounts
    chance = np.full(accounts, habits.cleared_bystander_share)
    ends_ms = rng.integers(world.rhythm.start_ms, world.rhythm.end_ms, accounts)
    for each in lookalikes:
        members = each.group.accounts[each.group.is_member]
        chance[members] = habits.cleared_lookalike_share
        ends_ms[members] = each.group.payments.times_ms.max()
    for known in judged:
        chance[known["account"].to_numpy()] = 0.0
    cleared = np.flatnonzero(rng.random(accounts) < chance)
    frame = _seat_frame(cleared, ["bystander"] * cleared.size, np.zeros(cleared.size, bool))
    frame = frame.with_columns(
        pl.lit("").alias("pattern_type"),
        pl.lit("").alias("pattern_instance_id"),
        pl.Series("ends_ms", ends_ms[cleared]),
    )
    everybody = np.ones(cleared.size, bool)
    delay = _draw_delays(world, rng, cleared.size)
    return _with_verdict(rng, frame, everybody, ~everybody, delay)


def _draw_delays(world: World, rng: Generator, count: int) -> NDArray[np.int64]:
    earliest, latest = world.config.truth.delay_days
    return rng.integers(earliest, latest + 1, count)


def _with_verdict(
    rng: Generator,
    rows: pl.DataFrame,
    seen: NDArray[np.bool_],
    guilty: NDArray[np.bool_],
    delay_days: NDArray[np.int64],
) -> pl.DataFrame:
    right = rows["is_illicit"].to_numpy() == guilty
    confidence = np.where(right, rng.beta(*_SURE, rows.height), rng.beta(*_UNSURE, rows.height))
    days = pl.Series((rows["ends_ms"].to_numpy() // MS_PER_DAY + delay_days).astype(np.int32))
    looked_into = pl.Series(seen)
    return rows.with_columns(
        confirmed_illicit=pl.when(looked_into).then(pl.Series(guilty)),
        confirmation_date=pl.when(looked_into).then(days.cast(pl.Date)),
        confidence=pl.when(looked_into).then(pl.Series(np.round(0.4 + 0.6 * confidence, 3))),
    )


def _as_table(rows: pl.DataFrame, addresses: pl.Series) -> pl.DataFrame:
    named = rows.with_columns(
        addresses.gather(rows["account"]).alias("address"),
        hop_distance=pl.lit(-1),
        flagged_address=pl.lit(""),
        flag_type=pl.lit(""),
    )
    return named.select(
        pl.col(name).cast(dtype) for name, dtype in GROUND_TRUTH_BY_ADDRESS.schema.items()
    ).sort("address", "pattern_instance_id")
