"""Every kind of laundering, and the innocent arrangement of its shape, keeps these laws; then each one's own."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.random import PCG64, Generator

from aml_miner.simulation.schemes import TYPOLOGIES
from aml_miner.simulation.schemes.sketch import CUSTOMER, OUTSIDERS, SERVICES, VICTIM, Sketch
from aml_miner.simulation.schemes.structuring import STRUCTURING
from aml_miner.simulation.schemes.typology import Shape

SHAPES = {
    f"{typology.kind if guilty else typology.lookalike}": shape
    for typology in TYPOLOGIES.values()
    for guilty, shape in ((True, typology.laundering), (False, typology.innocent))
}
PER_KIND = 25


def sketches(kind: str, largest: int = 40) -> Iterator[Sketch]:
    shape: Shape = TYPOLOGIES[kind].laundering
    rng = Generator(PCG64(len(kind)))
    for _ in range(PER_KIND):
        yield shape.sketch(rng, largest)


def inner(sketch: Sketch) -> Sketch:
    """Leave out what is paid to or by services, and by customers into the group."""
    outside = np.isin(sketch.roles, [*SERVICES, CUSTOMER])
    kept = ~(outside[sketch.senders] | outside[sketch.receivers])
    return Sketch(
        sketch.roles,
        sketch.senders[kept],
        sketch.receivers[kept],
        sketch.cents[kept],
        sketch.active_hours[kept],
    )


def seats(sketch: Sketch, role: str) -> set[int]:
    return {seat for seat, name in enumerate(sketch.roles) if name == role}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("largest", [8, 60])
def test_sketches_are_payments_between_all_their_seats_in_order(name: str, largest: int) -> None:
    rng = Generator(PCG64(1))
    for _ in range(PER_KIND):
        sketch = SHAPES[name].sketch(rng, largest)
        assert sketch.cents.dtype == np.int64
        assert sketch.cents.min() >= 1
        assert (np.diff(sketch.active_hours) >= 0).all()
        assert sketch.active_hours[0] >= 0
        assert (sketch.senders != sketch.receivers).all()
        used = set(sketch.senders.tolist()) | set(sketch.receivers.tolist())
        assert used == set(range(len(sketch.roles)))


@pytest.mark.parametrize("name", SHAPES)
def test_a_small_economy_gets_small_groups(name: str) -> None:
    rng = Generator(PCG64(2))
    for _ in range(PER_KIND):
        roles = SHAPES[name].sketch(rng, 8).roles
        members = [role for role in roles if role not in SERVICES and role not in OUTSIDERS]
        assert 1 <= len(members) <= 36


@pytest.mark.parametrize("name", SHAPES)
def test_a_large_economy_gets_larger_ones(name: str) -> None:
    sizes = [
        max(len(SHAPES[name].sketch(Generator(PCG64(seed)), largest).roles) for seed in range(40))
        for largest in (8, 100)
    ]
    assert sizes[0] <= sizes[1]


def test_every_kind_is_listed_by_its_name_and_no_name_twice() -> None:
    assert all(kind == typology.kind for kind, typology in TYPOLOGIES.items())
    lookalikes = [typology.lookalike for typology in TYPOLOGIES.values()]
    assert len({*lookalikes, *TYPOLOGIES}) == 2 * len(TYPOLOGIES)


@pytest.mark.parametrize("kind", TYPOLOGIES)
def test_the_innocent_arrangement_has_the_same_shape_on_slower_terms(kind: str) -> None:
    typology = TYPOLOGIES[kind]
    assert type(typology.laundering) is type(typology.innocent)
    guilty, innocent = typology.laundering.terms, typology.innocent.terms
    assert guilty.rest_hours[1] < innocent.rest_hours[1]
    assert guilty.rest_hours[1] > innocent.rest_hours[0]  # and they overlap
    assert guilty.median_usd < 2 * innocent.median_usd


def moved(name: str, scale: float) -> list[int]:
    """What each of some sketches moves in all, in cents; of one name drawn alike whatever the scale."""
    shape = SHAPES[name]
    scaled = replace(shape, terms=shape.terms.scaled(scale))
    return [
        int(scaled.sketch(Generator(PCG64(seed)), 40).cents.sum()) for seed in range(4 * PER_KIND)
    ]


@pytest.mark.parametrize("name", SHAPES)
def test_whatever_is_scaled_moves_so_many_times_as_much(name: str) -> None:
    usual, more, less = (np.median(moved(name, scale)) for scale in (1.0, 4.0, 0.25))
    assert more / usual == pytest.approx(4, rel=0.1)
    if SHAPES[name] not in (STRUCTURING.laundering, STRUCTURING.innocent):
        assert less / usual == pytest.approx(0.25, rel=0.1)


def test_structuring_pays_more_often_instead_of_more_and_less_at_least_a_few_times() -> None:
    terms = STRUCTURING.laundering.terms
    for seed in range(PER_KIND):
        usual, more, less = (
            inner(
                replace(STRUCTURING.laundering, terms=terms.scaled(scale)).sketch(
                    Generator(PCG64(seed)), 40
                )
            ).cents
            for scale in (1.0, 4.0, 0.05)
        )
        assert more.size == 4 * usual.size
        assert less.size == 6 <= usual.size
        assert more.max() < 1_500_000


def test_structuring_stays_below_one_limit() -> None:
    for sketch in sketches("structuring"):
        paid = inner(sketch)
        assert set(paid.senders) == seats(sketch, "source")
        assert set(paid.receivers) == seats(sketch, "collector")
        limits = np.array([100_000, 300_000, 1_000_000, 1_500_000])
        limit = limits[limits > paid.cents.max()][0]
        assert paid.cents.size >= 6
        assert paid.cents.min() > 0.77 * limit


def test_a_fan_in_gathers_alike_amounts_and_passes_on_what_came() -> None:
    for sketch in sketches("fan_in"):
        paid = inner(sketch)
        sources, (collector,) = seats(sketch, "source"), seats(sketch, "collector")
        assert set(paid.senders[:-1]) == sources
        assert len(sources) == paid.cents.size - 1 >= 5
        assert set(paid.receivers[:-1]) == {collector} == {paid.senders[-1]}
        assert paid.cents[:-1].std() < 0.6 * paid.cents[:-1].mean()
        assert 0.94 * paid.cents[:-1].sum() <= paid.cents[-1] <= paid.cents[:-1].sum()


def test_a_fan_out_receives_then_scatters() -> None:
    for sketch in sketches("fan_out"):
        paid = inner(sketch)
        (distributor,) = seats(sketch, "distributor")
        assert paid.receivers[0] == distributor
        assert set(paid.senders[1:]) == {distributor}
        assert set(paid.receivers[1:]) == seats(sketch, "target")
        assert paid.cents[0] >= paid.cents[1:].sum()


def test_scatter_gather_passes_through_middlemen() -> None:
    for sketch in sketches("scatter_gather"):
        paid = inner(sketch)
        middlemen = seats(sketch, "middleman")
        into = dict(zip(paid.receivers, paid.active_hours, strict=True))
        for sender, receiver, hour in zip(
            paid.senders, paid.receivers, paid.active_hours, strict=True
        ):
            if sender in middlemen:
                assert {receiver} == seats(sketch, "destination")
                assert hour > into[sender]


def test_gather_scatter_pays_out_after_all_came_in() -> None:
    for sketch in sketches("gather_scatter"):
        paid, (hub,) = inner(sketch), seats(sketch, "hub")
        into, out = paid.receivers == hub, paid.senders == hub
        assert paid.active_hours[into].max() < paid.active_hours[out].min()
        assert set(paid.senders[into]) == seats(sketch, "source")
        assert set(paid.receivers[out]) == seats(sketch, "target")


def test_a_cycle_closes_and_shrinks() -> None:
    for sketch in sketches("cycle"):
        paid = inner(sketch)
        assert paid.cents.size >= 3
        np.testing.assert_array_equal(paid.receivers, np.roll(paid.senders, -1))
        assert (np.diff(paid.active_hours) > 0).all()
        assert (np.diff(paid.cents) <= 0).all()


def test_bipartite_senders_and_receivers_are_apart() -> None:
    for sketch in sketches("bipartite"):
        paid = inner(sketch)
        assert set(paid.senders) == seats(sketch, "sender")
        assert set(paid.receivers) == seats(sketch, "receiver")
        assert paid.cents.size >= 0.4 * len(set(paid.senders)) * len(set(paid.receivers))


def test_a_stack_pays_from_layer_to_layer_in_time() -> None:
    for sketch in sketches("stack"):
        paid = inner(sketch)
        layer = np.array(
            [int(role.removeprefix("layer_")) if "layer" in role else 0 for role in sketch.roles]
        )
        np.testing.assert_array_equal(layer[paid.receivers], layer[paid.senders] + 1)
        assert layer.max() >= 3
        for account in set(paid.senders) & set(paid.receivers):
            got = paid.active_hours[paid.receivers == account].max()
            assert got < paid.active_hours[paid.senders == account].min()


def test_layering_is_a_chain_in_time_with_a_fee_at_each_hop() -> None:
    for sketch in sketches("layering"):
        paid = inner(sketch)
        np.testing.assert_array_equal(paid.senders[1:], paid.receivers[:-1])
        assert np.unique(paid.receivers).size == paid.receivers.size
        assert (np.diff(paid.active_hours) > 0).all()
        assert (np.diff(paid.cents) <= 0).all()


def test_a_peel_chain_passes_most_on_at_every_hop() -> None:
    for sketch in sketches("peel_chain"):
        hops = [*seats(sketch, "source"), *sorted(seats(sketch, "hop"))]
        kept = np.isin(sketch.senders, hops) & np.isin(sketch.receivers, hops)
        assert hops[1:] == sketch.receivers[kept].tolist()
        assert (np.diff(sketch.cents[kept]) < 0).all() or sketch.cents[kept].min() < 100
        assert len(hops) >= 5


def test_a_mixer_pays_out_one_amount_to_as_many_after_they_paid_in() -> None:
    for sketch in sketches("mixer"):
        (pool,) = seats(sketch, "pool")
        into, out = sketch.receivers == pool, sketch.senders == pool
        assert into.sum() == out.sum() >= 5
        assert len(set(sketch.cents[into])) == len(set(sketch.cents[out])) == 1
        assert (np.sort(sketch.active_hours[out]) > np.sort(sketch.active_hours[into])).all()


def test_mules_are_paid_by_victims_and_pay_the_head() -> None:
    for sketch in sketches("mule_network"):
        paid, mules = inner(sketch), seats(sketch, "mule")
        by_victims = np.isin(paid.senders, list(seats(sketch, VICTIM)))
        assert set(paid.receivers[by_victims]) == mules == set(paid.senders[~by_victims])
        assert set(paid.receivers[~by_victims]) == seats(sketch, "head")


def test_ransom_is_paid_to_addresses_of_its_own_and_gathered() -> None:
    for sketch in sketches("ransomware"):
        paid, (gatherer,) = inner(sketch), seats(sketch, "gatherer")
        addresses = seats(sketch, "address")
        assert {int((paid.receivers == each).sum()) for each in addresses} == {1}
        assert set(paid.senders[paid.receivers == gatherer]) == addresses
        assert (paid.senders == gatherer).sum() == 2  # two parties share


def test_a_rug_pull_empties_what_its_victims_paid_in() -> None:
    for sketch in sketches("rug_pull"):
        paid, (project,) = inner(sketch), seats(sketch, "project")
        victims = np.isin(paid.senders, list(seats(sketch, VICTIM)))
        assert victims.sum() >= 8
        assert set(paid.receivers[victims]) == {project}
        out = paid.cents[paid.senders == project].sum()
        assert 0.85 * paid.cents[victims].sum() < out <= paid.cents[victims].sum() + 10
        assert paid.active_hours[victims].max() < paid.active_hours[paid.senders == project].min()


def test_the_dormant_lie_still_for_two_weeks_at_least() -> None:
    for sketch in sketches("dormant_reactivation"):
        for wallet in seats(sketch, "dormant"):
            (funded,) = sketch.active_hours[sketch.receivers == wallet]
            assert sketch.active_hours[sketch.senders == wallet].min() - funded > 300


def test_a_nested_service_pays_into_an_exchange_between_its_customers() -> None:
    for sketch in sketches("nested_service"):
        for wallet in seats(sketch, "wallet"):
            into = sketch.senders[sketch.receivers == wallet]
            out = sketch.receivers[sketch.senders == wallet]
            assert {sketch.roles[each] for each in into} == {CUSTOMER, "exchange"}
            assert {sketch.roles[each] for each in out} == {CUSTOMER, "deposit"}
            assert len(into) == len(out) >= 4


def test_smurfs_pay_small_sums_to_and_fro_and_nobody_else() -> None:
    for sketch in sketches("smurfing_network"):
        paid, smurfs = inner(sketch), seats(sketch, "smurf")
        assert set(paid.senders) | set(paid.receivers) <= smurfs
        pairs = set(zip(paid.senders.tolist(), paid.receivers.tolist(), strict=True))
        assert len(pairs) == paid.cents.size  # each pays another once in a spell
        assert len(pairs) > 0.2 * len(smurfs) * (len(smurfs) - 1)
        assert paid.cents.std() < 0.6 * paid.cents.mean()
        balance = dict.fromkeys(smurfs, 0)
        for sender, receiver, cents in zip(
            sketch.senders.tolist(), sketch.receivers.tolist(), sketch.cents.tolist(), strict=True
        ):
            if sender in smurfs:
                balance[sender] -= cents
                assert balance[sender] >= 0  # nobody pays what he does not have
            if receiver in smurfs:
                balance[receiver] += cents


def test_sybils_are_funded_by_one_and_pay_the_same_few() -> None:
    for sketch in sketches("sybil_group"):
        paid, addresses = inner(sketch), seats(sketch, "address")
        (funder,), recipients = seats(sketch, "funder"), seats(sketch, "recipient")
        assert len(addresses) >= 10
        assert set(paid.receivers[paid.senders == funder]) == addresses
        by_address = np.isin(paid.senders, list(addresses))
        assert set(paid.receivers[by_address]) == recipients
        for address in set(paid.senders[by_address]):
            assert set(paid.receivers[paid.senders == address]) == recipients
            (funded,) = paid.active_hours[paid.receivers == address]
            assert (paid.active_hours[paid.senders == address] > funded).all()
            assert paid.cents[paid.senders == address].sum() <= paid.cents[
                paid.receivers == address
            ].sum() + len(recipients)
