"""What the doctor measures against, read from ``limits.yaml``: numbers of others, or of other machines, with a date."""

from functools import cache
from importlib.resources import files
from typing import Annotated

import yaml
from pydantic import Field

from aml_miner.validator.check import Closed


class ContainerLimits(Closed):
    """The offline container a neighbouring tournament runs a submission in.

    Attributes
    ----------
    suffixes
        Endings of the files it takes.
    file_megabytes
        Largest file, in 10**6 bytes.
    memory_megabytes
        Memory it gives, in 2**20 bytes.
    """

    suffixes: tuple[Annotated[str, Field(pattern=r"^\.[a-z]+$")], ...] = Field(min_length=1)
    file_megabytes: float = Field(gt=0)
    memory_megabytes: float = Field(gt=0)


class ExplainingLimits(Closed):
    """What explaining should cost.

    Attributes
    ----------
    least_times_lightgbm
        How many times as fast as LightGBM's own contributions, in the same run.
    table_megabytes
        Memory of one model's tables, in 10**6 bytes.
    """

    least_times_lightgbm: float = Field(gt=0)
    table_megabytes: float = Field(gt=0)


class Limits(Closed):
    """Every limit, and when they were last looked at."""

    dated: str = Field(pattern=r"^\d{4}-\d{2}$")
    container: ContainerLimits
    explaining: ExplainingLimits


@cache
def load_limits() -> Limits:
    """Return the limits.

    Examples
    --------
    >>> load_limits().container.file_megabytes
    10.0
    """
    content = (files(__package__) / "limits.yaml").read_text(encoding="utf-8")
    return Limits.model_validate(yaml.safe_load(content))
