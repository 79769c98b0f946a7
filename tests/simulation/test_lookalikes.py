import pytest

from aml_miner.simulation import SimulationConfig
from aml_miner.simulation.lookalikes import LOOKALIKES, pay_lookalikes
from aml_miner.simulation.population import World, build_world
from aml_miner.simulation.schemes import SCHEMES, plant_schemes


@pytest.mark.parametrize(
    ("kind", "lookalike"),
    list(zip(SCHEMES, LOOKALIKES, strict=True)),
)
def test_every_scheme_has_an_innocent_lookalike_of_its_shape(kind: str, lookalike: str) -> None:
    assert type(SCHEMES[kind]) is type(LOOKALIKES[lookalike])


def test_lookalikes_outnumber_schemes(world: World) -> None:
    planted = sum(scheme.group.payments.cents.size for scheme in plant_schemes(world))
    innocent = sum(payments.cents.size for payments in pay_lookalikes(world).values())
    assert innocent > 3 * planted


def test_no_share_no_lookalikes() -> None:
    world = build_world(SimulationConfig(accounts=200, days=7, lookalike_share=0))
    assert all(payments.cents.size == 0 for payments in pay_lookalikes(world).values())


def test_everybody_may_take_part() -> None:
    world = build_world(SimulationConfig(accounts=200, days=7, lookalike_share=1))
    assert all(payments.cents.size > 20 for payments in pay_lookalikes(world).values())
