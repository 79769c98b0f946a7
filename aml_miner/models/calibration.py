"""From a raw score to a share: a rising line through knots, fitted out of fold and stored with the model.

Only + − × ÷ and comparisons are used, each exactly rounded everywhere: the same knots and raw score
give the same bits on any machine, and of two raw scores the higher never gets the lower share.
"""

from bisect import bisect_right
from itertools import pairwise
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Calibration(BaseModel):
    """The knots of a calibration.

    Attributes
    ----------
    method
        What the knots were fitted by.
    raw, share
        Raw scores and the share of illicit rows found at them; both strictly rising, the shares between 0 and 1.
    rows, positives
        Out-of-fold rows the knots were fitted to, and the illicit among them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    method: Literal["isotonic", "platt"]
    raw: tuple[float, ...] = Field(min_length=1, max_length=10_000)
    share: tuple[float, ...]
    rows: int
    positives: int

    @model_validator(mode="after")
    def _check_knots(self) -> Self:
        if len(self.raw) != len(self.share):
            message = f"must have a share per raw score; found {len(self.share)} of {len(self.raw)}"
            raise ValueError(message)
        for name, values in (("raw", self.raw), ("share", self.share)):
            if any(low >= high for low, high in pairwise(values)):
                message = f"'{name}' must rise from knot to knot"
                raise ValueError(message)
        if not (self.share[0] > 0.0 and self.share[-1] < 1.0):
            message = "'share' must lie between 0 and 1"
            raise ValueError(message)
        return self

    def share_of(self, raw: float) -> float:
        """Return the share of illicit rows promised at a raw score, above 0 and below 1.

        On the straight line between two knots. Below the first knot the share falls towards 0 as
        share / (1 + distance), above the last it rises towards 1 alike: order is kept where no row was seen.

        Examples
        --------
        >>> knots = Calibration(method="platt", raw=(-1, 1), share=(0.1, 0.5), rows=9, positives=3)
        >>> [round(knots.share_of(raw), 3) for raw in (-2.0, -1.0, 0.0, 1.0, 2.0)]
        [0.05, 0.1, 0.3, 0.5, 0.75]
        """
        place = bisect_right(self.raw, raw)
        if place == 0:
            return self.share[0] / (1.0 + (self.raw[0] - raw))
        if place == len(self.raw):
            rising = 1.0 - (1.0 - self.share[-1]) / (1.0 + (raw - self.raw[-1]))
            return max(rising, self.share[-1])  # rounding may fall below the last knot by a bit
        left, right = self.raw[place - 1], self.raw[place]
        low, high = self.share[place - 1], self.share[place]
        on_line = low + (high - low) * ((raw - left) / (right - left))
        return min(on_line, high)  # rounding may pass the next knot by a bit
