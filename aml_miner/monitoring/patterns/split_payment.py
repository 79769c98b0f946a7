"""Split payments: a sum that one address pays another in pieces, alike and within a day."""

import numpy as np
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Integers
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.bands import cut_into_bands
from aml_miner.monitoring.patterns.burst import busiest_spans
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind
from aml_miner.monitoring.transfers import MS_PER_HOUR

_METHOD = "most_alike_transfers_in_a_span"

SPLIT_PAYMENT = PatternKind(
    pattern_type="split_payment",
    typology="SPLIT_PAYMENT",
    parts={"payer": "Payer", "recipient": "Recipient"},
    description=(
        "{part} of a payment in pieces: {pieces} transfers of alike amounts within {within_hours:g} hours, "
        "{volume:,.2f} USD in all, beside {other_transfers} other transfers this way: check what they paid for, and "
        "why in pieces."
    ),
    ordered=True,
)


class SplitPaymentParameters(Parameters):
    """What makes transfers of one pair the pieces of one payment."""

    within_hours: float = Field(gt=0)
    alike_ratio: float = Field(gt=1)
    min_pieces: int = Field(ge=2)
    full_pieces: int = Field(ge=1)


def detect_split_payments(activity: Activity, parameters: SplitPaymentParameters) -> Detected:
    """Find pairs of which one pays the other several alike amounts within a day.

    The amounts of a pair, ascending, are cut wherever one is larger than `alike_ratio` times the one before; pieces are
    transfers of one such band, at least `min_pieces` of them within `within_hours`. Of a pair the most pieces count,
    then the smallest amounts, then the earliest.

    Risk is .6·pieces / all transfers of the pair this way + .4·min(pieces / `full_pieces`, 1), our choice: who buys
    from somebody all the time does so now and then several times a day.
    """
    bands, transfers = cut_into_bands(activity, parameters.alike_ratio)
    transfers = transfers[np.lexsort((transfers, bands.owner))]
    time = activity.timestamp[transfers]
    count, first = busiest_spans(bands.start, time, int(parameters.within_hours * MS_PER_HOUR))
    chosen = _most_of_each_pair(activity, transfers[bands.start[:-1]], count)
    chosen = chosen[count[chosen] >= parameters.min_pieces]
    pieces = [transfers[first[band] : first[band] + count[band]] for band in chosen]
    every = _transfers_of_pairs(activity, np.array([each[0] for each in pieces], np.int64))
    return Detected(
        [
            _pattern(activity, parameters, each, int(of_pair))
            for each, of_pair in zip(pieces, every, strict=True)
        ]
    )


def _transfers_of_pairs(activity: Activity, one: Integers) -> Integers:
    """Return how many transfers the pair has, of which `one` is one, in the same direction."""
    edges = activity.edges
    key = edges["source"].to_numpy() * activity.count + edges["target"].to_numpy()
    pair = activity.source[one] * activity.count + activity.target[one]
    return edges["tx_count"].to_numpy()[np.searchsorted(key, pair)].astype(np.int64)


def _most_of_each_pair(activity: Activity, one: Integers, count: Integers) -> Integers:
    """Return of each pair the band with the most pieces, the first of equals; `one` is a transfer of each band."""
    pair = activity.source[one] * activity.count + activity.target[one]
    order = np.lexsort((np.arange(len(pair)), -count, pair))
    _, first = np.unique(pair[order], return_index=True)
    return order[first]


def _pattern(
    activity: Activity, parameters: SplitPaymentParameters, pieces: Integers, of_pair: int
) -> Pattern:
    payer, recipient = int(activity.source[pieces[0]]), int(activity.target[pieces[0]])
    return Pattern(
        kind=SPLIT_PAYMENT,
        addresses=(payer, recipient),
        roles=("payer", "recipient"),
        transfers=pieces,
        risk=0.6 * len(pieces) / of_pair + 0.4 * min(len(pieces) / parameters.full_pieces, 1.0),
        detection_method=_METHOD,
        facts={
            "pieces": len(pieces),
            "within_hours": parameters.within_hours,
            "other_transfers": of_pair - len(pieces),
        },
    )
