"""The features of an address, counted anew from its transfers in plain Python, apart from the code that is checked.

Every formula is written after its sentence in docs/address_features.md and docs/features.md, one address at a time, and
shares nothing with ``aml_miner.monitoring`` or ``aml_miner.features``. What the alert itself says (typology, severity,
confidence) has no transfers to be counted from.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import combinations, pairwise
from math import cbrt, floor, log2, sqrt
from statistics import mean, median, pstdev

import polars as pl

type Value = float | None

_DAY_MS = 86_400_000
IN, OUT = True, False


@dataclass(frozen=True)
class Payment:
    """One transfer as an address sees it: when, with whom, whether it came in, and how much."""

    at: int
    other: str
    incoming: bool
    amount: float
    usd: float

    @property
    def moment(self) -> datetime:
        """Return when it was, UTC."""
        return datetime.fromtimestamp(self.at / 1000, UTC)


class Ledger:
    """The transfers of a window, by address."""

    def __init__(self, transfers: pl.DataFrame, processing_date: date, window_days: int) -> None:
        end = datetime.combine(processing_date, datetime.min.time(), UTC) + timedelta(days=1)
        self.window_days = window_days
        self.end = int(end.timestamp() * 1000)
        start = self.end - window_days * _DAY_MS
        rows = transfers.unique().filter(
            pl.col("block_timestamp").is_between(start, self.end, closed="left"),
            pl.col("from_address") != pl.col("to_address"),
        )
        self.payments: dict[str, list[Payment]] = defaultdict(list)
        self.sent: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
        columns = rows.select(
            "block_timestamp", "from_address", "to_address", "amount", "amount_usd"
        )
        for at, sender, recipient, amount, usd in columns.sort(columns.columns).iter_rows():
            numbers = float(amount), float(usd)
            self.payments[sender].append(Payment(at, recipient, OUT, *numbers))
            self.payments[recipient].append(Payment(at, sender, IN, *numbers))
            self.sent[sender][recipient] += Fraction(usd)
        self.earlier = bool((transfers["block_timestamp"] < start).any())

    @cached_property
    def neighbours(self) -> Mapping[str, set[str]]:
        """Return whom each address dealt with."""
        return {name: {p.other for p in own} for name, own in self.payments.items()}

    @cached_property
    def pageranks(self) -> Mapping[str, float]:
        """Return the share of money passed on at random that lies with each address."""
        count = len(self.payments)
        totals = {name: float(sum(to.values())) for name, to in self.sent.items()}
        rank, change = dict.fromkeys(self.payments, 1 / count), 1.0
        while change >= count * 1e-6:
            kept = sum(share for name, share in rank.items() if not totals.get(name))
            after = dict.fromkeys(rank, 0.15 / count + 0.85 * kept / count)
            for sender, to in self.sent.items():
                for recipient, usd in to.items():
                    if totals[sender]:
                        after[recipient] += 0.85 * rank[sender] * float(usd) / totals[sender]
            change = sum(abs(after[name] - rank[name]) for name in rank)
            rank = after
        return rank

    @cached_property
    def cores(self) -> Mapping[str, int]:
        """Return the core number of each address: whoever has the fewest neighbours left is taken out in turn."""
        left = {name: set(others) for name, others in self.neighbours.items()}
        cores: dict[str, int] = {}
        core = 0
        while left:
            core = max(core, min(len(others) for others in left.values()))
            while going := [name for name, others in left.items() if len(others) <= core]:
                for name in going:
                    cores[name] = core
                    for other in left.pop(name):
                        if other in left:
                            left[other].discard(name)
        return cores

    @cached_property
    def exchanged(self) -> Mapping[frozenset[str], float]:
        """Return what each pair exchanged in USD: of two directions the one whose sender is mentioned later.

        Mentioned in the edges sorted by sender and recipient, sender before recipient.
        """
        mentions = (
            name
            for one, to in sorted(self.sent.items())
            for two in sorted(to)
            for name in (one, two)
        )
        order = {name: place for place, name in enumerate(dict.fromkeys(mentions))}
        kept: dict[frozenset[str], tuple[int, float]] = {}
        for one, to in self.sent.items():
            for two, usd in to.items():
                pair = frozenset((one, two))
                kept[pair] = max(kept.get(pair, (-1, 0.0)), (order[one], float(usd)))
        return {pair: usd for pair, (_, usd) in kept.items()}

    @cached_property
    def most_exchanged(self) -> float:
        """Return the most any two exchanged so."""
        return max(self.exchanged.values())

    def weight(self, one: str, two: str) -> float:
        """Return what two addresses exchanged beside the most any two did."""
        return self.exchanged[frozenset((one, two))] / self.most_exchanged

    def reached(self, address: str, steps: int) -> int:
        """Return how many others money of an address can reach."""
        seen, front = {address}, {address}
        for _ in range(steps):
            front = {to for name in front for to in self.sent.get(name, {})} - seen
            seen |= front
        return len(seen) - 1


@dataclass(frozen=True)
class Address:
    """One address of a ledger, and sums that several features share."""

    ledger: Ledger
    name: str

    @cached_property
    def own(self) -> list[Payment]:
        """Return its transfers in the order of time."""
        return sorted(self.ledger.payments[self.name], key=lambda p: p.at)

    def others(self, *, incoming: bool) -> set[str]:
        """Return its senders, or its recipients."""
        return {p.other for p in self.own if p.incoming is incoming}

    def count(self, *, incoming: bool) -> int:
        """Return how many transfers came in, or went out."""
        return sum(p.incoming is incoming for p in self.own)

    def usd(self, *, incoming: bool) -> float:
        """Return what came in, or went out."""
        return float(sum(Fraction(p.usd) for p in self.own if p.incoming is incoming))

    @property
    def total(self) -> float:
        """Return what passed either way."""
        return self.usd(incoming=True) + self.usd(incoming=False)

    @property
    def mutual(self) -> set[str]:
        """Return who both sent and received."""
        return self.others(incoming=True) & self.others(incoming=False)

    def flows(self, *, incoming: bool) -> list[float]:
        """Return what each sender sent, or each recipient got, in USD."""
        sums: dict[str, Fraction] = defaultdict(Fraction)
        for p in self.own:
            if p.incoming is incoming:
                sums[p.other] += Fraction(p.usd)
        return [float(value) for value in sums.values()]

    @property
    def edges(self) -> list[float]:
        """Return all flows, one way each."""
        return [*self.flows(incoming=True), *self.flows(incoming=False)]

    def by(
        self, key: Callable[[Payment], object], value: Callable[[Payment], float]
    ) -> list[float]:
        """Return sums over its transfers by a key."""
        sums: dict[object, Fraction] = defaultdict(Fraction)
        for p in self.own:
            sums[key(p)] += Fraction(value(p))
        return [float(each) for each in sums.values()]

    @property
    def days(self) -> int:
        """Return on how many days it was active."""
        return len({p.moment.date() for p in self.own})

    @property
    def span(self) -> int:
        """Return whole days from first to last transfer, at least 1."""
        return max(1, (self.own[-1].at - self.own[0].at) // _DAY_MS)


def over(part: float, whole: float) -> Value:
    """Return a quotient; None over 0."""
    return part / whole if whole else None


def entropy(values: Iterable[float]) -> float:
    """Return the Shannon entropy of shares, in bits."""
    known = [value for value in values if value]
    whole = sum(known)
    return 0.0 - sum(value / whole * log2(value / whole) for value in known)


def evenness(values: Iterable[float]) -> float:
    """Return 1 − Gini coefficient; 0 below two values."""
    ordered = sorted(values)
    n, whole = len(ordered), sum(ordered)
    if n < 2 or not whole:
        return 0.0
    weighted = sum((place + 1) * value for place, value in enumerate(ordered))
    return 1 - (2 * weighted / (n * whole) - (n + 1) / n)


def standardised(values: list[float], power: int, fewest: int) -> float:
    """Return a standardised moment; 0 of few values, and where all are alike."""
    middle, spread = mean(values), pstdev(values)
    if len(values) < fewest or not spread:
        return 0.0
    return mean(((value - middle) / spread) ** power for value in values)


def quantile(ordered: list[float], share: float) -> float:
    """Return a quantile, interpolated."""
    at = share * (len(ordered) - 1)
    low = floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


def variance(a: Address) -> float:
    """Return the variance of its amounts over n − 1."""
    amounts = [Fraction(p.amount) for p in a.own]
    n = len(amounts)
    if n < 2:
        return 0.0
    squares = sum((amount * amount for amount in amounts), Fraction())
    return float((squares - sum(amounts) ** 2 / n) / (n - 1))


def clustering(a: Address) -> float:
    """Return how much its counterparties deal with each other."""
    others = sorted(a.ledger.neighbours[a.name])
    pairs = len(others) * (len(others) - 1) / 2
    weight = a.ledger.weight
    closed = sum(
        cbrt(weight(a.name, one) * weight(one, two) * weight(two, a.name))
        for one, two in combinations(others, 2)
        if two in a.ledger.neighbours[one]
    )
    return closed / pairs if pairs else 0.0


def burstiness(a: Address) -> float:
    """Return (σ − μ) / (σ + μ) of its pauses, σ over n − 1, cut to 0 and 1."""
    gaps = [(two.at - one.at) / 1000 for one, two in pairwise(a.own)]
    if len(gaps) < 2:
        return 0.0
    middle = mean(gaps)
    spread = sqrt(sum((gap - middle) ** 2 for gap in gaps) / (len(gaps) - 1))
    return min(max((spread - middle) / (spread + middle), 0.0), 1.0) if spread + middle else 0.0


def structuring(a: Address) -> float:
    """Return the share of amounts below 1000, raised by half where most are, and at least three."""
    small = sum(p.amount < 1000 for p in a.own)
    share = small / len(a.own)
    return min(1.5 * share, 1.0) if share > 0.5 and small >= 3 else share


def outliers(a: Address) -> float:
    """Return the share of amounts in USD beyond three quartile distances."""
    values = sorted(p.usd for p in a.own)
    first, third = quantile(values, 0.25), quantile(values, 0.75)
    reach = 3 * (third - first)
    return sum(value < first - reach or value > third + reach for value in values) / len(values)


def predictability(a: Address) -> float:
    """Return how alike its flows are."""
    if len(a.edges) < 2:
        return 0.0
    return max(0.0, 1 - min(1.0, pstdev(a.edges) / max(mean(a.edges), 1.0)))


def direction_entropy(a: Address) -> float:
    """Return how mixed its flows are between in and out."""
    return entropy([len(a.others(incoming=True)), len(a.others(incoming=False))])


def diversity(a: Address) -> float:
    """Return how evenly its volume is spread over its flows."""
    return entropy(a.edges) / log2(len(a.edges)) if len(a.edges) > 1 else 0.0


def reciprocity(a: Address) -> Value:
    """Return the share of its volume with those who both sent and received."""
    mutual = a.mutual
    return over(sum(p.amount for p in a.own if p.other in mutual), sum(p.amount for p in a.own))


def _hour(p: Payment) -> object:
    return p.moment.hour


def _pair(a: Address) -> tuple[float, float]:
    return a.usd(incoming=True), a.usd(incoming=False)


def _medians(a: Address) -> tuple[float, float]:
    flows = a.flows(incoming=True), a.flows(incoming=False)
    return median(flows[0] or [0.0]), median(flows[1] or [0.0])


def _busiest(a: Address) -> float:
    return max(Counter(map(_hour, a.own)).values()) / len(a.own)


RECOUNTS: Mapping[str, Callable[[Address], Value]] = {
    "degree_in": lambda a: len(a.others(incoming=True)),
    "degree_out": lambda a: len(a.others(incoming=False)),
    "unique_counterparties": lambda a: len(a.ledger.neighbours[a.name]),
    "tx_in_count": lambda a: a.count(incoming=True),
    "tx_out_count": lambda a: a.count(incoming=False),
    "total_in_usd": lambda a: a.usd(incoming=True),
    "total_out_usd": lambda a: a.usd(incoming=False),
    "net_flow_ratio": lambda a: over(_pair(a)[0] - _pair(a)[1], a.total),
    "pass_through_ratio": lambda a: over(min(_pair(a)), max(_pair(a))),
    "fan_in_ratio": lambda a: len(a.others(incoming=True)) / max(len(a.others(incoming=False)), 1),
    "fan_out_ratio": lambda a: len(a.others(incoming=False)) / max(len(a.others(incoming=True)), 1),
    "incoming_transfer_ratio": lambda a: a.count(incoming=True) / len(a.own),
    "transfers_per_counterparty_ratio": lambda a: len(a.own) / len(a.ledger.neighbours[a.name]),
    "reciprocity_ratio": reciprocity,
    "counterparty_overlap_ratio": lambda a: len(a.mutual) / len(a.ledger.neighbours[a.name]),
    "largest_counterparty_ratio": lambda a: max(a.by(lambda p: p.other, lambda p: p.usd)) / a.total,
    "counterparty_evenness": lambda a: evenness(a.by(lambda p: p.other, lambda p: p.usd)),
    "flow_diversity": diversity,
    "flow_direction_entropy": direction_entropy,
    "pagerank": lambda a: a.ledger.pageranks[a.name],
    "clustering_coefficient": clustering,
    "kcore": lambda a: a.ledger.cores[a.name],
    "khop2_count": lambda a: a.ledger.reached(a.name, 2),
    "khop3_count": lambda a: a.ledger.reached(a.name, 3),
    "khop_growth_ratio": lambda a: over(a.ledger.reached(a.name, 2), a.ledger.reached(a.name, 1)),
    "activity_days": lambda a: a.days,
    "activity_span_days": lambda a: a.span,
    "activity_density_ratio": lambda a: a.days / max(a.span, a.days),
    "activity_window_ratio": lambda a: a.span / a.ledger.window_days,
    "transfers_per_active_day_ratio": lambda a: len(a.own) / a.days,
    "volume_per_active_day_usd": lambda a: a.total / a.days,
    "burst_ratio": _busiest,
    "night_transaction_ratio": lambda a: sum(p.moment.hour < 6 for p in a.own) / len(a.own),
    "weekend_transaction_ratio": lambda a: mean(p.moment.weekday() >= 5 for p in a.own),
    "regularity_score": lambda a: 1 - entropy(Counter(map(_hour, a.own)).values()) / log2(24),
    "daily_entropy": lambda a: entropy(Counter(p.moment.weekday() for p in a.own).values()),
    "flow_burstiness": burstiness,
    "peak_hour_volume_ratio": lambda a: over(
        max(a.by(_hour, lambda p: p.amount)), sum(p.amount for p in a.own)
    ),
    "days_since_first_activity": lambda a: (a.ledger.end - a.own[0].at) / _DAY_MS,
    "days_since_last_activity": lambda a: (a.ledger.end - a.own[-1].at) / _DAY_MS,
    "received_per_sender_usd": lambda a: mean(a.flows(incoming=True) or [0.0]),
    "sent_per_recipient_usd": lambda a: mean(a.flows(incoming=False) or [0.0]),
    "amount_variance": variance,
    "volume_cv": lambda a: sqrt(variance(a)) / max(mean(p.amount for p in a.own), 1.0),
    "amount_skewness": lambda a: standardised(a.edges, 3, 3),
    "amount_kurtosis": lambda a: (standardised(a.edges, 4, 4) or 3.0) - 3.0,
    "mean_to_median_in_ratio": lambda a: over(
        mean(a.flows(incoming=True) or [0.0]), _medians(a)[0]
    ),
    "mean_to_median_out_ratio": lambda a: over(
        mean(a.flows(incoming=False) or [0.0]), _medians(a)[1]
    ),
    "max_to_median_ratio": lambda a: over(max(a.edges), max(_medians(a))),
    "amount_predictability": predictability,
    "hourly_volume_evenness": lambda a: evenness(filter(None, a.by(_hour, lambda p: p.amount))),
    "structuring_score": structuring,
    "round_number_ratio": lambda a: mean(
        p.amount >= 100 and floor(p.amount) % 100 == 0 for p in a.own
    ),
    "outlier_transfer_ratio": outliers,
    "is_high_volume_trader": lambda a: a.total >= 10_000 and len(a.own) >= 1000,
    "is_hub_address": lambda a: (
        min(map(len, (a.others(incoming=True), a.others(incoming=False)))) >= 50
    ),
    "is_whale_inactive": lambda a: len(a.own) < 10 and a.total >= 10_000,
    "is_retail_active": lambda a: len(a.own) >= 100 and a.total < 1000,
    "is_retail_inactive": lambda a: len(a.own) < 10 and a.total < 100,
}
"""Per feature of an address, how its value is counted."""
