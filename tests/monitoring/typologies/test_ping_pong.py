import pytest

from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.typologies.finding import Finding
from aml_miner.monitoring.typologies.ping_pong import detect_ping_pong
from tests.monitoring.graphs import Line
from tests.monitoring.typologies.found import findings

PARAMETERS = load_profile().ping_pong
RALLY: list[Line] = [
    (*("pq" if i % 2 else "qp"), 800.0, 5.0 * i)  # 8 payments, to and fro in turn
    for i in range(8)
]


def found(*lines: Line) -> list[Finding]:
    return findings(lambda a, f: detect_ping_pong(a, f, PARAMETERS), *lines)


def test_money_that_runs_back_and_forth_is_found_on_both_sides() -> None:
    one, other = found(*RALLY, ("z", "p", 5, 9))
    assert {one.address, other.address} == {0, 1}
    assert other.confidence == pytest.approx(0.5 + 0.3 * (1 - 1 / 20) + 0.2 * 6400 / 10_000)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([("p", "q", usd, hour) for _, _, usd, hour in RALLY], "nothing comes back"),
        ([(a, b, 100.0, hour) for a, b, _, hour in RALLY], "800 USD in all are too little"),
        (
            [*RALLY, *(("x", a, 3000.0, 50.0) for a in "pq")],
            "less than seven tenths of the volume runs back and forth",
        ),
        (
            [*RALLY, *((a, f"{a}{i}", 1.0, 50.0 + i) for a in "pq" for i in range(9))],
            "ten counterparties are a life of its own",
        ),
    ],
)
def test_none_when_one_thing_is_changed(lines: list[Line], why: str) -> None:
    assert found(*lines) == [], why
