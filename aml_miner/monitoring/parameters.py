"""The base of every group of parameters in a monitoring profile."""

from pydantic import BaseModel, ConfigDict


class Parameters(BaseModel):
    """Parameters of one detector or rule: frozen, and a misspelt name is refused.

    A number's default is in ``profiles/default.yaml``, or at its field where that file does not name it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
