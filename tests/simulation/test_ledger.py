from decimal import Decimal

import numpy as np
import polars as pl

from aml_miner.batch.schemas import TRANSFERS
from aml_miner.simulation.ledger import settle
from aml_miner.simulation.payments import Payments, make_payments
from aml_miner.simulation.population import World

MIDNIGHT_MS = 1_735_689_600_000
ADDRESSES = pl.Series("address", ["ann", "bob", "cid"])
USDX, TAUR = 0, 1


def in_asset(asset: int, *rows: tuple[int, int, int, int]) -> Payments:
    columns = [np.array(column, np.int64) for column in zip(*rows, strict=True)]
    return make_payments(*columns, assets=np.full(len(rows), asset, np.int8))


def test_transfers_are_ordered_numbered_and_exact(small_world: World) -> None:
    parts = {
        "late": in_asset(USDX, (0, 1, 1_999, MIDNIGHT_MS + 25_000)),
        "early": in_asset(
            USDX, (1, 2, 3, MIDNIGHT_MS + 11_999), (2, 0, 10**11 + 1, MIDNIGHT_MS + 1)
        ),
    }
    ledger = settle(parts, small_world, np.array([7, 8], np.int32))
    transfers = ledger.transfers(small_world.market, ADDRESSES)
    assert transfers.schema == TRANSFERS.schema
    assert transfers["tx_id"].to_list() == ["t0000000000", "t0000000001", "t0000000002"]
    assert transfers["from_address"].to_list() == ["cid", "bob", "ann"]
    assert transfers["to_address"].to_list() == ["ann", "cid", "bob"]
    assert transfers["asset_symbol"].to_list() == ["USDX"] * 3
    amounts = [Decimal("1000000000.01"), Decimal("0.03"), Decimal("19.99")]
    assert transfers["amount"].to_list() == amounts
    assert transfers["amount_usd"].to_list() == amounts
    # blocks of 12 s: the first two share one
    assert transfers["block_timestamp"].to_list() == [
        MIDNIGHT_MS,
        MIDNIGHT_MS,
        MIDNIGHT_MS + 24_000,
    ]
    assert transfers["block_height"].to_list() == [144_640_800, 144_640_800, 144_640_802]
    assert ledger.planted.tolist() == [8, 7, -1]  # the last part's, in order of time


def test_money_passed_on_is_the_same_number_of_coins(small_world: World) -> None:
    later = MIDNIGHT_MS + 3 * 86_400_000
    row = tuple(np.array([each], np.int64) for each in (0, 1, 10_000, later))
    passed_on = make_payments(
        *row, assets=np.array([TAUR], np.int8), quoted_ms=np.array([MIDNIGHT_MS])
    )
    ledger = settle({"it": passed_on}, small_world)
    assert ledger.coins.tolist() == [250_000_000]  # 100 USD at .40
    price = small_world.market.prices[TAUR, 3]
    assert price != 400_000
    assert ledger.usd.tolist() == [250 * price]


def test_round_coins_have_two_digits(small_world: World) -> None:
    row = tuple(np.array([each], np.int64) for each in (0, 1, 4_938, MIDNIGHT_MS))
    thought_in_coins = make_payments(*row, assets=np.array([TAUR], np.int8), in_round_coins=True)
    # 49.38 USD are 123.45 coins
    assert settle({"it": thought_in_coins}, small_world).coins.tolist() == [120_000_000]


def test_a_new_part_changes_nothing_of_the_others(small_world: World) -> None:
    times = range(MIDNIGHT_MS, MIDNIGHT_MS + 400_000, 20_000)
    rents = make_payments(*np.array([(0, 1, 700 + at % 977, at) for at in times]).T)
    gifts = in_asset(USDX, (1, 2, 900, MIDNIGHT_MS))
    before = settle({"rents": rents}, small_world)
    after = settle({"gifts": gifts, "rents": rents}, small_world)
    kept = after.receivers == 1
    for column in ("coins", "usd", "fees", "assets"):
        np.testing.assert_array_equal(getattr(after, column)[kept], getattr(before, column))


def test_fees_are_small_and_say_nothing(small_world: World) -> None:
    rows = [(0, 1, 10 ** (place % 7), MIDNIGHT_MS + place) for place in range(2_000)]
    ledger = settle({"it": in_asset(USDX, *rows)}, small_world)
    assert 0 < ledger.fees.min() < ledger.fees.max() < 10_000  # below a cent
    assert abs(np.corrcoef(ledger.fees, np.log(ledger.usd))[0, 1]) < 0.1


def test_pieces_are_the_whole(small_world: World) -> None:
    rows = [(0, 1, 100 + place, MIDNIGHT_MS + place * 20_000) for place in range(5)]
    ledger = settle({"it": in_asset(USDX, *rows)}, small_world)
    pieces = [
        ledger.transfers(small_world.market, ADDRESSES, first, count)
        for first, count in ledger.slices(2)
    ]
    assert [piece.height for piece in pieces] == [2, 2, 1]
    assert pl.concat(pieces).equals(ledger.transfers(small_world.market, ADDRESSES))
