"""The base of every group of parameters in a monitoring profile."""

from pydantic import BaseModel, ConfigDict


class Parameters(BaseModel):
    """Parameters of one detector or rule: frozen, and a misspelt name is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
