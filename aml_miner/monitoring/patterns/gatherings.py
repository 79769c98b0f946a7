"""Gatherings: several transfers an address received, and a later one that may have passed their sum on."""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from aml_miner.monitoring.groups import Integers
from aml_miner.monitoring.patterns.columns import ByAddress, Columns, as_array
from aml_miner.monitoring.patterns.passages import PassageLimits


class Gatherings(NamedTuple):
    """What transfers passed on: those of ``sent[i]`` are ``received[start[i] : start[i + 1]]``, the latest first.

    ``cut_off`` is at how many addresses more was received within the holding time than is looked at or added up.
    """

    sent: Integers
    start: Integers
    received: Integers
    cut_off: int


@numba.njit(cache=True)
def search_gatherings(  # noqa: PLR0917 - a compiled kernel takes arrays
    columns: Columns,
    receipts: ByAddress,
    asked: NDArray[np.bool_],
    used: NDArray[np.bool_],
    limits: PassageLimits,
    min_part_share: float,
) -> Gatherings:
    """Search, for each transfer `asked` about, the last two and more that its sender received and it may pass on.

    Going back from it through the `receipts` of the sender before, for the holding time at most and not from whom it
    pays, they are added up, at most `max_fitting`, until the transfer is no more than is allowed beside the sum. At
    most `max_onward` are looked at for each transfer, so whoever asks leaves dust out of them.
    Each is passed on once: what is `used` is left out, and what is found becomes it, so the earlier transfer comes
    first.
    """
    sent = numba.typed.List.empty_list(numba.int64)
    starts = numba.typed.List.empty_list(numba.int64)
    received = numba.typed.List.empty_list(numba.int64)
    latest = np.empty(limits.max_fitting, np.int64)
    cut_off = np.zeros(len(receipts.start) - 1, np.bool_)
    for i in range(len(asked)):
        if not asked[i]:
            continue
        agent = columns.source[i]
        own = receipts.transfer[receipts.start[agent] : receipts.start[agent + 1]]
        count, total, left_over = add_up(columns, own, i, used, limits, latest, min_part_share)
        cut_off[agent] |= left_over
        if count > 1 and limits.least * total <= columns.amount[i] <= limits.most * total:
            sent.append(i)
            starts.append(len(received))
            for receipt in latest[:count]:
                received.append(receipt)
                used[receipt] = True
    starts.append(len(received))
    return Gatherings(as_array(sent), as_array(starts), as_array(received), int(cut_off.sum()))


@numba.njit(cache=True)
def add_up(  # noqa: PLR0917 - a compiled kernel takes arrays
    columns: Columns,
    own: Integers,
    sent: int,
    used: NDArray[np.bool_],
    limits: PassageLimits,
    latest: Integers,
    min_part_share: float,
) -> tuple[int, float, bool]:
    """Fill `latest` with receipts of one's `own` before what was `sent`.

    Left out are parts smaller than a share of what was sent: they would take the place of the others. Returns how many
    there are, their sum, and whether more were there to be looked at, or to be added, than the bounds allow.
    """
    now, amount = columns.timestamp[sent], columns.amount[sent]
    count, total = 0, 0.0
    last = np.searchsorted(own, sent)
    for place in range(last - 1, -1, -1):
        receipt = own[place]
        late = columns.timestamp[receipt] < now - limits.holding_ms
        if late or amount <= limits.most * total:
            break
        if last - place > limits.max_onward:
            return count, total, True
        back = columns.source[receipt] == columns.target[sent]
        small = columns.amount[receipt] < min_part_share * amount
        if not (used[receipt] or back or small or columns.timestamp[receipt] == now):
            if count == len(latest):
                return count, total, True
            latest[count] = receipt
            count, total = count + 1, total + columns.amount[receipt]
    return count, total, False
