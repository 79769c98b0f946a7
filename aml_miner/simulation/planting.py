"""Planting schemes and innocent arrangements of the same shapes into an economy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from aml_miner.simulation.groups import Group, Manner, Recruits, form_groups, with_terms
from aml_miner.simulation.population import FRESH_SHARE, INNOCENT_FRESH_SHARE, World
from aml_miner.simulation.schemes import TYPOLOGIES
from aml_miner.simulation.streams import open_stream

# Launderers hire strangers a little more often than others do: our choice, and so small that it is no proof.
_NEIGHBOURLY_SHARE = 0.4
_INNOCENT_NEIGHBOURLY_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Planted:
    """One group and what it is: its kind, and an id that only the truth knows."""

    kind: str
    instance_id: str
    group: Group


def plant_schemes(world: World) -> list[Planted]:
    """Plant schemes until ``base_rate`` of the accounts are members; nobody is in two of them.

    They are the same whatever innocent arrangements there are. The kinds take turns in an order of chance, so that a
    small economy has some of them and a large one all. At least one is planted unless the share is 0, or the accounts
    are too few.
    """
    config, camouflage = world.config, world.config.camouflage
    population = world.population
    recruits = Recruits(world, population.fresh[: population.fresh_of_schemes])
    sources = {}
    for kind, each in TYPOLOGIES.items():
        terms = each.laundering.terms.toward(each.innocent.terms, camouflage)
        manner = Manner(
            purpose=kind,
            fresh_share=_between(FRESH_SHARE, INNOCENT_FRESH_SHARE, camouflage),
            neighbourly_share=_between(_NEIGHBOURLY_SHARE, _INNOCENT_NEIGHBOURLY_SHARE, camouflage),
            recurrence=each.laundered_again,
            drift=config.drift,
        )
        sources[kind] = form_groups(world, with_terms(each.laundering, terms), manner, recruits)
    return _plant(world, sources, seats=config.base_rate * config.accounts, deck="schemes")


def plant_lookalikes(world: World) -> list[Planted]:
    """Plant innocent arrangements until ``lookalike_share`` of the accounts are members, nobody in two of them.

    Their members may be in a scheme as well: launderers have presents to pay for, too.
    """
    population = world.population
    recruits = Recruits(world, population.fresh[population.fresh_of_schemes :])
    sources = {
        kind: form_groups(
            world,
            each.innocent,
            Manner(
                purpose=each.lookalike,
                fresh_share=INNOCENT_FRESH_SHARE,
                neighbourly_share=_INNOCENT_NEIGHBOURLY_SHARE,
                recurrence=each.done_again,
            ),
            recruits,
        )
        for kind, each in TYPOLOGIES.items()
    }
    seats = world.config.lookalike_share * world.config.accounts
    planted = _plant(world, sources, seats=seats, deck="lookalikes")
    return [
        Planted(TYPOLOGIES[each.kind].lookalike, each.instance_id, each.group) for each in planted
    ]


def _plant(
    world: World, sources: Mapping[str, Iterator[Group]], *, seats: float, deck: str
) -> list[Planted]:
    planted: list[Planted] = []
    open_kinds = {kind for kind in sources if _weight(world, kind)}
    left = seats
    for kind in _deal(world, deck) if seats else ():
        group = next(sources[kind], None)
        if group is None:  # too few are left to recruit
            open_kinds.discard(kind)
            if not open_kinds:
                break
            continue
        members = int(np.count_nonzero(group.is_member))
        if planted and members > 2 * left:
            break
        planted.append(Planted(kind, f"{kind}-{len(planted):05d}", group))
        left -= members
        if left <= 0:
            break
    return planted


def _deal(world: World, deck: str) -> Iterator[str]:
    """Yield kinds for ever, each as often as its weight says."""
    rng = open_stream(world.config.seed, f"deck/{deck}")
    weights = np.array([_weight(world, kind) for kind in TYPOLOGIES])
    if not weights.any():
        return
    kinds, shares = list(TYPOLOGIES), weights / weights.max()
    while True:
        drawn = rng.permutation(len(kinds))
        chances = rng.random(len(kinds))
        yield from (kinds[place] for place in drawn if chances[place] < shares[place])


def _weight(world: World, kind: str) -> float:
    return world.config.typologies.get(kind, 1.0)


def _between(own: float, other: float, share: float) -> float:
    return own + (other - own) * share
