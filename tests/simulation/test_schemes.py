from collections import Counter

import numpy as np
import polars as pl
import pytest

from aml_miner.batch.schemas import GROUND_TRUTH_BY_ADDRESS
from aml_miner.simulation import Economy, SimulationConfig, simulate_economy
from aml_miner.simulation.groups import Group
from aml_miner.simulation.payments import MS_PER_BLOCK, Payments
from aml_miner.simulation.population import World, build_world, name_addresses
from aml_miner.simulation.schemes import SCHEMES, Scheme, build_ground_truth, plant_schemes


@pytest.fixture(scope="module")
def schemes(world: World) -> list[Scheme]:
    return plant_schemes(world)


def payments_of(schemes: list[Scheme], kind: str) -> list[Payments]:
    return [scheme.group.payments for scheme in schemes if scheme.group.kind == kind]


def by_block(payments: Payments) -> np.ndarray:
    return payments.times_ms // MS_PER_BLOCK


def test_every_kind_is_planted_and_numbered(schemes: list[Scheme]) -> None:
    ids = [scheme.instance_id for scheme in schemes]
    assert len(set(ids)) == len(ids)
    assert {f"{kind}-0000" for kind in SCHEMES} <= set(ids)


def test_the_members_are_about_the_illicit_share(schemes: list[Scheme]) -> None:
    members = np.concatenate([scheme.group.members for scheme in schemes])
    assert np.unique(members).size == members.size
    # 5 % of 2 000, and each of the five kinds may overshoot by one group
    assert 100 <= members.size <= 150


def test_every_kind_has_an_equal_part_of_the_members(schemes: list[Scheme]) -> None:
    members: Counter[str] = Counter()
    for scheme in schemes:
        members[scheme.group.kind] += scheme.group.members.size
    assert set(members) == set(SCHEMES)
    assert all(20 <= count < 20 + 32 for count in members.values())


def test_every_planted_payment_is_a_transfer(schemes: list[Scheme], economy: Economy) -> None:
    addresses = name_addresses(SimulationConfig())
    planted = [scheme.group.payments for scheme in schemes]
    wanted = pl.DataFrame(
        {
            "from_address": addresses.gather(np.concatenate([p.senders for p in planted])),
            "to_address": addresses.gather(np.concatenate([p.receivers for p in planted])),
            "block_height": np.concatenate([by_block(p) for p in planted]),
            "cents": np.concatenate([p.cents for p in planted]),
        }
    )
    transfers = economy.transfers.with_columns(
        pl.col("block_height").cast(pl.Int64), cents=(pl.col("amount") * 100).cast(pl.Int64)
    )
    assert wanted.join(transfers, on=wanted.columns, how="anti").is_empty()


def test_structuring_repeats_amounts_just_below_ten_thousand(schemes: list[Scheme]) -> None:
    for payments in payments_of(schemes, "structuring"):
        assert payments.cents.size >= 8
        assert np.unique(payments.senders).size == 1
        assert 1 <= np.unique(payments.receivers).size <= 3
        assert payments.cents.min() >= 800_000
        assert payments.cents.max() < 1_000_000
        assert np.ptp(payments.times_ms) > 86_400_000


def test_fan_in_gathers_alike_amounts_and_leaves_by_one_exit(schemes: list[Scheme]) -> None:
    for payments in payments_of(schemes, "fan_in"):
        sources, collector = payments.senders[:-1], payments.receivers[:-1]
        assert np.unique(sources).size == sources.size >= 5
        assert np.unique(collector).size == 1
        assert payments.senders[-1] == collector[0]
        assert by_block(payments)[-1] > by_block(payments)[:-1].max()
        assert payments.cents[:-1].std() < 0.4 * payments.cents[:-1].mean()


def test_fan_out_enters_at_one_and_scatters_alike_amounts(schemes: list[Scheme]) -> None:
    for payments in payments_of(schemes, "fan_out"):
        targets, distributor = payments.receivers[1:], payments.senders[1:]
        assert np.unique(targets).size == targets.size >= 5
        assert np.unique(distributor).size == 1
        assert payments.receivers[0] == distributor[0]
        assert by_block(payments)[0] < by_block(payments)[1:].min()
        assert payments.cents[1:].std() < 0.4 * payments.cents[1:].mean()


def test_cycles_close_and_each_hop_follows_the_one_before(schemes: list[Scheme]) -> None:
    for payments in payments_of(schemes, "cycle"):
        assert 3 <= payments.senders.size <= 8
        np.testing.assert_array_equal(payments.receivers, np.roll(payments.senders, -1))
        assert (np.diff(by_block(payments)) > 0).all()
        assert (np.diff(payments.cents) < 0).all()
        assert payments.cents[-1] > 0.75 * payments.cents[0]


def test_layering_is_a_chain_in_time_with_small_fees(schemes: list[Scheme]) -> None:
    for payments in payments_of(schemes, "layering"):
        assert 3 <= payments.senders.size <= 7
        np.testing.assert_array_equal(payments.senders[1:], payments.receivers[:-1])
        assert np.unique(payments.receivers).size == payments.receivers.size
        assert (np.diff(by_block(payments)) > 0).all()
        assert (np.diff(payments.cents) < 0).all()
        assert payments.cents[-1] > 0.75 * payments.cents[0]


@pytest.mark.parametrize("seed", range(10))
def test_hops_are_in_order_of_blocks_even_in_the_shortest_economy(seed: int) -> None:
    world = build_world(SimulationConfig(accounts=200, days=7, seed=seed, illicit_share=0.15))
    for kind in ("cycle", "layering"):
        for payments in payments_of(plant_schemes(world), kind):
            assert (np.diff(by_block(payments)) > 0).all()


def test_truth_has_a_row_per_member() -> None:
    nothing = np.empty(0, np.int64)
    group = Group(
        "layering",
        np.array([1, 0, 2]),
        ("source", "intermediary", "destination"),
        Payments(nothing, nothing, nothing, nothing),
    )
    truth = build_ground_truth([Scheme("layering-0007", group)], pl.Series(["ann", "bob", "cid"]))
    said = {"is_illicit", "confirmed_illicit", "confirmation_date", "confidence"}
    assert truth.columns == [name for name in GROUND_TRUTH_BY_ADDRESS.schema if name not in said]
    assert truth.rows() == [
        ("ann", "layering_intermediary", "layering", "layering-0007", -1, "", ""),
        ("bob", "layering_source", "layering", "layering-0007", -1, "", ""),
        ("cid", "layering_destination", "layering", "layering-0007", -1, "", ""),
    ]


def test_no_share_no_schemes() -> None:
    economy = simulate_economy(SimulationConfig(accounts=200, days=7, illicit_share=0))
    assert economy.ground_truth.is_empty()
    assert economy.transfers.height > 0


def test_schemes_leave_ordinary_life_as_it_was() -> None:
    honest = simulate_economy(SimulationConfig(accounts=200, days=7, illicit_share=0)).transfers
    mixed = simulate_economy(SimulationConfig(accounts=200, days=7)).transfers
    content = [name for name in honest.columns if name != "tx_id"]
    assert honest.join(mixed, on=content, how="anti").is_empty()
