"""A name that no parameter has is told in full, wherever it stands."""

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from aml_miner.config.unknown_names import unknown_name


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Coin(Closed):
    symbol: str


class Trees(Closed):
    leaves: int = 3


class Parameters(Closed):
    days: int = 7
    trees: Trees | None = None
    coins: tuple[Coin, ...] = ()


def error_of(values: object) -> ValidationError:
    with pytest.raises(ValidationError) as refused:
        Parameters.model_validate(values)
    return refused.value


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"dais": 7}, "there is no knob 'dais'; did you mean 'days'?"),
        ({"trees": {"leafs": 2}}, "there is no knob 'trees.leafs'; did you mean 'trees.leaves'?"),
        (
            {"coins": [{"symbol": "A"}, {"symbl": "B"}]},  # where 'symbol' is missing besides
            "there is no knob 'coins.1.symbl'; did you mean 'coins.symbol'?",
        ),
        ({"trees": {"zzz": 2}}, "there is no knob 'trees.zzz'; see all.yaml for those there are."),
        ({"days": "soon", "zzz": 2}, "there is no knob 'zzz'; see all.yaml for those there are."),
    ],
)
def test_an_unknown_name_is_told_in_full(values: object, sentence: str) -> None:
    assert unknown_name("knob", error_of(values), Parameters, "all.yaml") == sentence


def test_other_errors_are_not_its_business() -> None:
    assert unknown_name("knob", error_of({"days": "soon"}), Parameters, "all.yaml") is None
