"""The shipped models are judged on economies they cannot have learned from."""

import runpy
from itertools import product
from pathlib import Path

import pytest

from aml_miner.simulation import SimulationConfig
from benchmarks.pretrained import JUDGED, LINE

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "train_models.py"


def test_no_economy_learned_from_is_judged() -> None:
    script = runpy.run_path(str(SCRIPT))
    learned = range(1, script["_WORLDS"] + 1)
    judged = [world.seed for world in (*JUDGED, *LINE)]
    assert len(set(judged)) == len(judged)
    assert min(judged) >= script["_FIRST_JUDGED_SEED"] > max(learned)
    assert {world.base_rate for world in JUDGED} == {0.01, 0.03, 0.05, 0.1}


def test_every_set_of_knobs_is_judged_at_every_rate() -> None:
    judged = [(str(world.knobs), world.base_rate) for world in JUDGED]
    knobs, rates = ({pair[place] for pair in judged} for place in (0, 1))
    assert sorted(judged) == sorted(product(knobs, rates))
    assert len(knobs) == 8


@pytest.mark.parametrize("seed", range(1, 251))
def test_knobs_of_a_seed_are_always_the_same_and_those_of_an_economy(seed: int) -> None:
    draw = runpy.run_path(str(SCRIPT))["draw_world"]
    world = draw(seed)
    assert draw(seed) == world
    assert draw(seed + 1) != world
    habits = SimulationConfig().habits.model_dump() | world.knobs.pop("habits")
    economy = SimulationConfig(seed=seed, days=world.days, habits=habits, **world.knobs)
    assert 0.01 <= economy.base_rate <= 0.1
    assert world.window < world.days
    assert 0.33 < world.size < 2.0
    quiet = seed > 200
    assert (economy.persistence > 0.0) == quiet
    usual = SimulationConfig().habits
    assert quiet == (economy.habits.employed_share < usual.employed_share)
    assert quiet == (economy.habits.rent_median_usd_per_month < usual.rent_median_usd_per_month)


def test_four_in_ten_kinds_are_missing_in_quiet_economies() -> None:
    draw = runpy.run_path(str(SCRIPT))["draw_world"]
    shares = [draw(seed).knobs["population"] for seed in range(201, 251)]
    assert all(each["households"] > 0.0 for each in shares)
    others = [share for each in shares for kind, share in each.items() if kind != "households"]
    assert 0.35 < others.count(0.0) / len(others) < 0.45
