from collections.abc import Callable, Sequence
from datetime import date

import polars as pl
import pytest

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import build_address_features, flag
from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.transfers import make_transfers

type MakeActivity = Callable[[Sequence[tuple[str, ...]]], Activity]
type MakeTable = Callable[[Sequence[tuple[str, ...]]], pl.DataFrame]

PARAMETERS = load_profile().address_features.model_copy(
    update={"anomaly": load_profile().address_features.anomaly.model_copy(update={"trees": 1})}
)
"""Those of the default profile, but for the forests, which no flag looks at."""
LIKENESS = ("is_exchange_like", "is_whale", "is_mixer_like", "is_contract_like")


def flags_of_a(activity: Activity) -> set[str]:
    names = {column.__name__ for column in flag.COLUMNS} - set(LIKENESS)
    a = build_address_features(activity, PARAMETERS).row(0, named=True)
    return {name for name in names if a[name]}


def likeness_of_a(activity: Activity) -> set[str]:
    a = build_address_features(activity, PARAMETERS).row(0, named=True)
    return {name for name in LIKENESS if a[name]}


def paid_in_turn(transfers: int, usd: str) -> list[tuple[str, ...]]:
    """As many transfers from a to b, minute by minute."""
    return [
        ("a", "b", "1", usd, f"{1 + i // 1440} {i // 60 % 24}:{i % 60:02}")
        for i in range(transfers)
    ]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("is_exchange_like", [False, False, False, False]),
        ("is_whale", [False, False, False, False]),
        ("is_mixer_like", [False, False, False, False]),
        ("is_contract_like", [False, False, False, False]),
        ("is_new_address", [None, None, None, None]),  # the transfers begin with the window
        ("is_dormant_reactivated", [None, None, None, None]),
        ("is_high_volume_trader", [False, False, False, False]),
        ("is_hub_address", [False, False, False, False]),
        ("is_retail_active", [False, False, False, False]),
        ("is_whale_inactive", [False, False, False, False]),
        ("is_retail_inactive", [False, False, False, True]),
        ("is_regular_user", [True, True, True, False]),
    ],
)
def test_flag(week_features: pl.DataFrame, column: str, expected: list[bool | None]) -> None:
    assert week_features[column].to_list() == expected


@pytest.mark.parametrize(
    ("transfers", "usd", "expected"),
    [
        (1_000, "10", "is_high_volume_trader"),
        (999, "11", "is_regular_user"),
        (1_000, "9.999999999999999999", "is_regular_user"),  # 10 000 but for 1e-15
        (100, "9.99", "is_retail_active"),
        (100, "10", "is_regular_user"),
        (99, "1", "is_regular_user"),
        (1, "10000", "is_whale_inactive"),
        (1, "9999.999999999999999999", "is_regular_user"),
        (9, "2000", "is_whale_inactive"),
        (10, "2000", "is_regular_user"),
        (9, "11", "is_retail_inactive"),
        (1, "100", "is_regular_user"),
        (10, "1", "is_regular_user"),
    ],
)
def test_size_classes_and_their_limits(
    activity_of: MakeActivity, transfers: int, usd: str, expected: str
) -> None:
    assert flags_of_a(activity_of(paid_in_turn(transfers, usd))) == {expected}


@pytest.mark.parametrize(("senders", "expected"), [(49, "is_regular_user"), (50, "is_hub_address")])
def test_a_hub_has_fifty_senders_and_fifty_recipients(
    activity_of: MakeActivity, senders: int, expected: str
) -> None:
    received = [(f"s{i}", "a", "1", "50", f"1 00:{i}") for i in range(senders)]
    sent = [("a", f"t{i}", "1", "50", f"1 01:{i}") for i in range(50)]
    assert flags_of_a(activity_of(received + sent)) == {expected}


# What an address behaves like


@pytest.mark.parametrize(
    ("transfers", "usd", "expected"),
    [
        (1, "1000000", {"is_whale"}),
        (1, "999999.999999999999999999", set()),
        (4, "250000", {"is_whale"}),
    ],
)
def test_a_whale_moves_a_million(
    activity_of: MakeActivity, transfers: int, usd: str, expected: set[str]
) -> None:
    assert likeness_of_a(activity_of(paid_in_turn(transfers, usd))) == expected


def test_what_a_whale_is_is_a_network_s_choice(week: Activity) -> None:
    smaller = PARAMETERS.model_copy(
        update={"flag": PARAMETERS.flag.model_copy(update={"whale_usd": 1_600})}
    )
    features = build_address_features(week, smaller)
    assert features["is_whale"].to_list() == [True, False, False, False]


@pytest.mark.parametrize(
    ("senders", "rounds", "usd", "expected"),
    [
        (50, 10, "10", {"is_exchange_like"}),
        (49, 11, "10", set()),  # too few pay it
        (50, 9, "20", set()),  # 950 transfers
        (50, 10, "9.9", set()),  # 9 900 dollars
    ],
)
def test_an_exchange_is_a_hub_with_much_trade(
    activity_of: MakeActivity, senders: int, rounds: int, usd: str, expected: set[str]
) -> None:
    rows = [
        (f"s{i}", "a", "1", usd, f"{day + 1} 00:{i}")
        for i in range(senders)
        for day in range(rounds)
    ] + [("a", f"t{i}", "1", usd, f"{day + 1} 01:{i}") for i in range(50) for day in range(10)]
    assert likeness_of_a(activity_of(rows)) - {"is_mixer_like"} == expected


def mixed(
    *,
    senders: int = 10,
    recipients: int = 10,
    amounts: Sequence[str] = ("1",),
    paid: str = "100",
    back_to: int = 0,
    assets: Sequence[str] = ("TOR",),
) -> list[tuple[str, ...]]:
    """Amounts into "a" and out again, to others but for as many senders."""
    received = [
        (f"s{i}", "a", amounts[i % len(amounts)], "100", f"1 00:{i}", assets[i % len(assets)])
        for i in range(senders)
    ]
    sent = [
        ("a", f"s{i}" if i < back_to else f"t{i}", amounts[i % len(amounts)], paid, f"1 01:{i}")
        for i in range(recipients)
    ]
    return received + sent


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (mixed(), {"is_mixer_like"}),
        (mixed(senders=9), set()),
        (mixed(recipients=9), set()),
        (mixed(back_to=1), {"is_mixer_like"}),  # 1 of 19 counterparties
        (mixed(back_to=2), set()),  # 2 of 18
        (mixed(paid="82"), {"is_mixer_like"}),  # 180 of 1 820 are kept
        (mixed(paid="81"), set()),  # 190 of 1 810
        (mixed(amounts=("1", "2", "3")), {"is_mixer_like"}),  # 4, 3 and 3 times
        (
            mixed(amounts=("1", "2", "3", "4")),
            {"is_mixer_like"},
        ),  # 3 and 3 times, and two twice: 6 of 10
        (mixed(amounts=("1", "2", "3", "4", "5")), set()),  # each twice
        (mixed(amounts=[str(i) for i in range(1, 11)]), set()),
        (mixed(assets=("TOR", "XYZ", "ABC", "DEF", "GHI")), set()),  # one amount of five assets
    ],
)
def test_a_mixer_takes_and_gives_the_same_amounts(
    activity_of: MakeActivity, rows: list[tuple[str, ...]], expected: set[str]
) -> None:
    assert likeness_of_a(activity_of(rows)) == expected


def called(times: int, *, sent_alone: int = 0, later: str = "") -> pl.DataFrame:
    """Transactions that pay "a" and in which it pays on, and some in which it only pays."""
    rows = []
    for i in range(times + sent_alone):
        if i < times:
            rows.append((f"tx-{i}", "0", "s", "a", f"1 00:{i:02}"))
        rows.append((f"tx-{i}", "1", "a", "t", f"1 00:{i:02}{later}"))
    names = ("tx_id", "event_index", "from_address", "to_address", "when")
    moment = pl.format("2024-01-0{}", "when").str.to_datetime("%Y-%m-%d %H:%M", time_unit="ms")
    return pl.DataFrame(rows, schema=names, orient="row").select(
        pl.exclude("when"), block_timestamp=moment, amount=1, amount_usd=1
    )


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (called(10), [True, False, False]),
        (called(9), [False] * 3),  # too few to tell
        (called(9, sent_alone=1), [True, False, False]),
        (called(9, sent_alone=2), [False] * 3),
    ],
)
def test_a_contract_pays_in_the_transactions_that_pay_it(
    table: pl.DataFrame, expected: list[bool]
) -> None:
    activity = Activity.of(make_transfers(table))
    features = build_address_features(activity, PARAMETERS)
    assert features["is_contract_like"].to_list() == expected


def test_who_only_pays_or_is_only_paid_in_a_shared_transaction_is_no_contract() -> None:
    """Twenty transactions of two transfers each, from one sender to two recipients."""
    table = called(20).with_columns(from_address=pl.lit("s"))
    features = build_address_features(Activity.of(make_transfers(table)), PARAMETERS)
    assert not features["is_contract_like"].any()


# New and dormant


def in_window(table: pl.DataFrame, day: int, window_days: int) -> dict[str, tuple[object, object]]:
    """What is said of newness and dormancy, by address."""
    transfers = make_transfers(table, date(2024, 1, day), window_days)
    features = build_address_features(Activity.of(transfers), PARAMETERS)
    names = ("address", "is_new_address", "is_dormant_reactivated")
    return {address: (new, dormant) for address, new, dormant in features.select(names).rows()}


def test_an_address_is_new_without_a_transfer_before_the_window(transfers_table: MakeTable) -> None:
    table = transfers_table(
        [
            ("a", "b", "1", "1", "1 00:00"),
            ("a", "c", "1", "1", "5 00:00"),
            ("d", "c", "1", "1", "5 01:00"),
            ("d", "b", "1", "1", "9 00:00"),  # after the window
        ]
    )
    known = in_window(table, 5, 2)
    assert {address: new for address, (new, _) in known.items()} == {
        "a": False,
        "c": True,
        "d": True,
    }


def test_nobody_is_said_to_be_new_or_not_when_nothing_is_known_from_before(
    transfers_table: MakeTable,
) -> None:
    table = transfers_table([("a", "b", "1", "1", "1 00:00"), ("a", "b", "1", "1", "2 00:00")])
    assert in_window(table, 2, 2) == {"a": (None, None), "b": (None, None)}
    assert in_window(table, 2, 1) == {"a": (False, False), "b": (False, False)}


def after_silence(ms: int) -> pl.DataFrame:
    """Transfers of "a" on 1 January and so long afterwards, and one of others before."""
    first = 1_704_067_200_000
    return pl.DataFrame(
        {
            "tx_id": ["0", "1", "2"],
            "block_timestamp": [first - 1, first, first + ms],
            "from_address": ["x", "a", "a"],
            "to_address": ["y", "b", "c"],
            "amount": 1,
            "amount_usd": 1,
        }
    )


@pytest.mark.parametrize("window_days", [2, 30, 91])  # the silence begins before it, or in it
@pytest.mark.parametrize(("beyond", "expected"), [(0, [True]), (-1, [False])])
def test_an_address_is_dormant_after_ninety_days_of_silence(
    window_days: int, beyond: int, expected: list[bool]
) -> None:
    table = after_silence(90 * 86_400_000 + beyond)
    transfers = make_transfers(table, date(2024, 3, 31), window_days)
    features = build_address_features(Activity.of(transfers), PARAMETERS)
    dormant = features.filter(pl.col("address") == "a")["is_dormant_reactivated"]
    assert dormant.to_list() == expected
    assert not features.filter(pl.col("address") != "a")["is_dormant_reactivated"].any()


def test_the_silence_between_two_addresses_is_nobody_s() -> None:
    """The last transfer of "b" is side by side with the first of "c", and 200 days before it."""
    far = after_silence(200 * 86_400_000).with_columns(from_address=pl.lit("a") + pl.col("tx_id"))
    features = build_address_features(
        Activity.of(make_transfers(far, date(2024, 7, 19), 201)), PARAMETERS
    )
    assert features["address"].to_list() == ["a1", "a2", "b", "c"]
    assert not features["is_dormant_reactivated"].any()
