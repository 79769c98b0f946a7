"""A hint that compiled code may give the processor: what will be read soon."""

from collections.abc import Callable
from typing import Any, Final, cast

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from aml_miner.models.splits import Reals

_READ, _KEEP_NEAR, _DATA = 0, 3, 1


def _generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401 - Numba's own types
    array, place = arguments
    first = context.make_array(signature.args[0])(context, builder, array).data
    byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
    instruction = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")  # type: ignore[no-untyped-call]
    element = builder.bitcast(builder.gep(first, [place]), byte)
    builder.call(instruction, [element, number(_READ), number(_KEEP_NEAR), number(_DATA)])
    return context.get_dummy_value()


def _typed(_: Any, array: Any, place: Any) -> Any:  # noqa: ANN401
    return types.void(array, place), _generate


prefetch: Final = cast("Callable[[Reals, int], None]", intrinsic(_typed))
"""Ask for the element at a place of a one-dimensional array, and go on without it: nothing depends on it but time.

LLVM's instruction of this name, which Numba does not have. Only compiled code can give it.
"""
