from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from aml_miner.batch.schemas import GROUND_TRUTH_BY_ADDRESS
from aml_miner.simulation import Economy, SimulationConfig, simulate_economy
from aml_miner.simulation.config import TruthHabits
from aml_miner.simulation.planting import Planted
from aml_miner.simulation.population import World, build_world, name_addresses
from aml_miner.simulation.rhythm import MS_PER_DAY
from aml_miner.simulation.truth import build_truth, warnings_of


@pytest.fixture(scope="module")
def truth(economy: Economy) -> pl.DataFrame:
    return economy.ground_truth


def with_habits(world: World, schemes: list[Planted], **habits: Any) -> pl.DataFrame:  # noqa: ANN401
    changed = TruthHabits.model_validate(world.config.truth.model_dump() | habits)
    config = world.config.model_copy(update={"truth": changed})
    return build_truth(
        World(config, world.rhythm, world.population, world.market),
        schemes,
        [],
        name_addresses(config),
    )


def test_the_truth_keeps_the_contract(truth: pl.DataFrame) -> None:
    assert truth.schema == GROUND_TRUTH_BY_ADDRESS.schema
    assert truth["address"].is_sorted()
    assert truth["is_illicit"].null_count() == 0


def test_every_member_is_listed_by_its_role_once(
    truth: pl.DataFrame, schemes: list[Planted], config: SimulationConfig
) -> None:
    addresses = name_addresses(config)
    expected = {
        (addresses[int(account)], f"{each.kind}_{role}", each.kind, each.instance_id)
        for each in schemes
        for account, role, is_member in zip(
            each.group.accounts, each.group.roles, each.group.is_member, strict=True
        )
        if is_member
    }
    guilty = truth.filter("is_illicit")
    names = ("address", "role", "pattern_type", "pattern_instance_id")
    assert set(guilty.select(names).rows()) == expected
    assert guilty.height == len(expected)


def test_who_was_paid_or_paid_unwittingly_is_innocent(truth: pl.DataFrame) -> None:
    guilty = truth.filter("is_illicit")["address"].implode()
    outsiders = truth.filter(~pl.col("is_illicit") & (pl.col("pattern_type") != ""))
    assert outsiders.height > 50
    assert not outsiders["address"].is_in(guilty).any()
    assert outsiders["role"].str.contains("_(victim|customer)$").all()


def test_a_quarter_of_the_schemes_and_some_members_are_never_found(truth: pl.DataFrame) -> None:
    guilty = truth.filter("is_illicit")
    looked_into = pl.col("confirmed_illicit").is_not_null()
    by_scheme = guilty.group_by("pattern_instance_id").agg(found=looked_into.mean())
    undiscovered = (by_scheme["found"] == 0).mean()
    assert undiscovered is not None
    assert 0.1 < undiscovered < 0.45
    found = guilty.filter(looked_into)
    missed = by_scheme.filter(pl.col("found") > 0)["found"].mean()
    assert 0.8 < float(missed or 0) < 0.97  # type: ignore[arg-type]
    assert 0.9 < float(found["confirmed_illicit"].mean() or 0) < 1  # type: ignore[arg-type]


def test_a_few_innocent_are_found_guilty_and_many_cleared(truth: pl.DataFrame) -> None:
    innocent = truth.filter(~pl.col("is_illicit"))
    accused = innocent["confirmed_illicit"].sum()
    right = truth.filter(pl.col("is_illicit") & pl.col("confirmed_illicit")).height
    assert accused == round(0.03 * right)
    assert innocent.filter(~pl.col("confirmed_illicit")).height > 200


def test_verdicts_come_a_week_to_a_month_after_the_last_payment(
    schemes: list[Planted], truth: pl.DataFrame
) -> None:
    ends = {
        each.instance_id: int(each.group.payments.times_ms.max()) // MS_PER_DAY for each in schemes
    }
    found = truth.filter(pl.col("confirmation_date").is_not_null() & pl.col("is_illicit"))
    delays = [
        (day - date(1970, 1, 1)).days - ends[instance]
        for instance, day in found.select("pattern_instance_id", "confirmation_date").rows()
    ]
    assert (min(delays), max(delays)) >= (7, 30)
    assert max(delays) == 30
    assert len(set(delays)) > 10


def test_what_nobody_looked_into_has_no_verdict_at_all(truth: pl.DataFrame) -> None:
    verdict = ("confirmed_illicit", "confirmation_date", "confidence")
    unknown = truth.filter(pl.col("confirmed_illicit").is_null())
    assert unknown.height > 100
    assert unknown.select(verdict).null_count().row(0) == (unknown.height,) * 3
    known = truth.filter(pl.col("confirmed_illicit").is_not_null())
    assert sum(known.select(verdict).null_count().row(0)) == 0
    assert known["confidence"].is_between(0.4, 1.0).all()


def test_wrong_verdicts_are_less_sure_on_average_and_not_always(truth: pl.DataFrame) -> None:
    known = truth.filter(pl.col("confirmed_illicit").is_not_null())
    wrong = known.filter(pl.col("confirmed_illicit") != pl.col("is_illicit"))["confidence"]
    right = known.filter(pl.col("confirmed_illicit") == pl.col("is_illicit"))["confidence"]
    assert np.median(wrong.to_numpy()) < np.median(right.to_numpy())
    assert wrong.to_numpy().max() > right.to_numpy().min()


def test_everything_comes_out_where_the_habits_say_so(world: World, schemes: list[Planted]) -> None:
    truth = with_habits(
        world,
        schemes,
        undiscovered_share=0,
        missed_member_share=0,
        wrongly_cleared_share=0,
        wrongly_confirmed_share=0,
        delay_days=(0, 0),
    )
    guilty = truth.filter("is_illicit")
    assert guilty["confirmed_illicit"].all(ignore_nulls=False)
    assert not truth.filter(~pl.col("is_illicit"))["confirmed_illicit"].any()


def test_nothing_comes_out_where_the_habits_say_so(world: World, schemes: list[Planted]) -> None:
    truth = with_habits(world, schemes, undiscovered_share=1, cleared_bystander_share=0)
    assert truth["confirmed_illicit"].null_count() == truth.height


def test_an_economy_without_schemes_has_innocent_people_only() -> None:
    truth = simulate_economy(SimulationConfig(accounts=300, days=7, base_rate=0)).ground_truth
    assert truth.height > 0
    assert not truth["is_illicit"].any()
    assert set(truth["role"]) == {"bystander"}


def test_an_economy_nobody_looks_into_has_no_rows() -> None:
    config = SimulationConfig(accounts=300, days=7, base_rate=0)
    world = build_world(config)
    truth = with_habits(world, [], cleared_bystander_share=0)
    assert truth.is_empty()
    assert warnings_of(world, truth).is_empty()


def test_warnings_are_of_the_found_on_the_day_they_are_found(
    economy: Economy, world: World
) -> None:
    warned = economy.labels.filter(pl.col("address_type") == "scam")
    found = economy.ground_truth.filter("confirmed_illicit")
    assert 0 < warned.height < 0.2 * found.height
    dated = warned.join(found, on="address").select(
        "created_timestamp", day=pl.col("confirmation_date").cast(pl.Datetime("ms")).dt.epoch("ms")
    )
    assert dated.height == warned.height
    assert (dated["created_timestamp"].cast(pl.Int64) == dated["day"]).all()
    assert warned["created_timestamp"].cast(pl.Int64).max() < world.rhythm.end_ms  # type: ignore[operator]
