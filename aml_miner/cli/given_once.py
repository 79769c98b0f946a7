"""A command that refuses an option of one value given twice, where the last would count and the others go unseen."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperOption

_TWO_TRUTHS: Final = " To use two truths, put the rows of both into one file."
_INSTEAD: Final[Mapping[str, str]] = {"truth": _TWO_TRUTHS, "learned_truth": _TWO_TRUTHS}
"""By an option's name: how what was meant can be had."""


class GivenOnce(TyperCommand):
    """A command whose options are given once, but for those that take a list, and flags, of which the last counts."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - as its base has it
        """Parse the arguments.

        Raises
        ------
        typer.BadParameter
            If an option of one value is given more than once.
        """
        if ctx.resilient_parsing:  # the shell completes a line that is not whole yet
            return super().parse_args(ctx, args)
        _, _, given = self.make_parser(ctx).parse_args(list(args))
        for parameter, times in Counter(given).items():
            if isinstance(parameter, TyperOption) and times > 1 and _takes_one(parameter):
                message = (
                    f"{parameter.opts[0]} is given {times} times and takes one value: give it once."
                    f"{_INSTEAD.get(parameter.name or '', '')}"
                )
                raise typer.BadParameter(message, ctx=ctx)
        return super().parse_args(ctx, args)


def _takes_one(option: TyperOption) -> bool:
    return not (option.multiple or option.is_flag or option.count)
