"""Bodies nobody would send, to a running server: no code of 500 or more, and every refusal in the one shape.

Rows with values put in the place of others, arbitrary JSON, arbitrary bytes, and Arrow and Parquet with bytes changed,
cut out or doubled. Every case follows from the seed.
"""

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import httpx
import polars as pl

from aml_miner.client.calls import Form, scoring_call
from aml_miner.scoring.golden import golden_batch, golden_rows
from benchmarks.record import circumstances

_ROUTES = ("/score/alerts", "/rank/alerts", "/score/clusters")
_ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 255, 256, 65_536, 2**31, 2**32, 2**63, 2**64, 10**40, -(2**70)),
    *(0.5, -0.0, 1e308, -1e308, 5e-324, 1e-30, float("nan"), float("inf"), float("-inf")),
    *(
        "",
        " ",
        "x" * 3000,
        "ä🦊",
        "\x00",
        "NaN",
        "1e999",
        "-1",
        "2025-01-20",
        "2025-13-01",
        "0x10",
        "١٢",
    ),
    *(
        [],
        [[]],
        [None],
        [1] * 24,
        ["a"] * 7,
        [0.5] * 24,
        [-1] * 24,
        [70_000] * 24,
        {},
        {"a": {"b": []}},
    ),
)


def main() -> None:
    """Send every case and print one JSON record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="a running server, as http://127.0.0.1:8000")
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=42)
    chosen = parser.parse_args()
    random_source = random.Random(chosen.seed)  # noqa: S311 - cases, no secrets
    codes: Counter[int] = Counter()
    shapeless: list[str] = []
    began = time.perf_counter()
    with httpx.Client(base_url=chosen.url, timeout=180) as client:
        before = client.get("/health").json()
        for _ in range(chosen.cases):
            body, content_type = case(random_source)
            headers = {"Content-Type": content_type}
            reply = client.post(random_source.choice(_ROUTES), content=body, headers=headers)
            codes[reply.status_code] += 1
            if not is_lawful(reply.status_code, reply.content):
                shapeless.append(f"{reply.status_code} {reply.text[:200]} to {body[:200]!r}")
        after = client.get("/health").json()
    record = {
        "cases": chosen.cases,
        "seed": chosen.seed,
        "codes": dict(sorted(codes.items())),
        "unlawful": shapeless[:5],
        "memory_mb": [before["memory_mb"], after["memory_mb"]],
        "seconds": round(time.perf_counter() - began, 1),
    }
    print(json.dumps({**record, **circumstances()}, indent=2))
    raise SystemExit(1 if shapeless else 0)


def is_lawful(code: int, content: bytes) -> bool:
    """Whether a reply is an answer, or a refusal in the one shape that names a place."""
    if code == 200:
        return isinstance(json.loads(content), list)
    if code >= 500:
        return False
    told = json.loads(content)
    return set(told) == {"error", "detail"} and ":" in told["detail"]


def case(source: random.Random) -> tuple[bytes, str]:
    """Return a body and its content type."""
    kind = source.choice([_changed_rows, _changed_rows, _any_json, _any_bytes, _damaged_parts])
    return kind(source)


def _changed_rows(source: random.Random) -> tuple[bytes, str]:
    rows = deepcopy(golden_rows())
    for _ in range(source.randint(1, 4)):
        table = source.choice(sorted(rows))
        row = source.choice(rows[table])
        name = source.choice([*row, "money_flows", "reference", "unknown"])
        change = source.choice(["put", "put", "put", "drop", "double", "table"])
        if change == "drop":
            row.pop(name, None)
        elif change == "double":
            rows[table].append(dict(row))
        elif change == "table":
            rows[source.choice([table, "money_flows", "reference"])] = source.choice(_ODD)
            break
        else:
            row[name] = source.choice(_ODD)
    return json.dumps(rows).encode(errors="surrogatepass"), "application/json"


def _any_json(source: random.Random, depth: int = 0) -> tuple[bytes, str]:
    def value(depth: int) -> Any:  # noqa: ANN401 - any JSON
        if depth > 5 or source.random() < 0.4:
            return source.choice(_ODD)
        if source.random() < 0.5:
            return [value(depth + 1) for _ in range(source.randint(0, 4))]
        names = ["alerts", "features", "clusters", "reference", "alert_id", "network", "x"]
        return {source.choice(names): value(depth + 1) for _ in range(source.randint(0, 4))}

    return json.dumps(value(depth)).encode(errors="surrogatepass"), "application/json"


def _any_bytes(source: random.Random) -> tuple[bytes, str]:
    content = source.randbytes(source.choice([0, 1, 10, 1000, 100_000]))
    if source.random() < 0.3:
        content = source.choice([b"[", b'{"alerts":[', b'{"a":', b"9", b'"\\u']) * source.randint(
            1, 50_000
        )
    kinds = [
        "application/json",
        "multipart/form-data; boundary=x",
        "text/csv",
        "",
        "application/json; charset=utf-16",
    ]
    return content, source.choice(kinds)


def _damaged_parts(source: random.Random) -> tuple[bytes, str]:
    forms: list[Form] = ["arrow", "parquet"]
    batch = golden_batch()
    tables = {"alerts": batch.alerts, "features": batch.features, "clusters": batch.clusters}
    name = source.choice(sorted(tables))
    tables[name] = source.choice(_TABLE_CHANGES)(tables[name], source)
    call = scoring_call("/score/alerts", tables, source.choice(forms))
    request = httpx.Request("POST", "http://x/", **call.options)
    content = bytearray(request.read())
    for _ in range(source.choice([0, 1, 1, 3, 20])):
        at = source.randrange(len(content))
        change = source.choice(["bit", "byte", "cut", "double"])
        if change == "bit":
            content[at] ^= 1 << source.randrange(8)
        elif change == "byte":
            content[at] = source.randrange(256)
        elif change == "cut":
            del content[at : at + source.randint(1, 64)]
        else:
            content[at:at] = content[at : at + source.randint(1, 64)]
    return bytes(content), request.headers["content-type"]


def _as_it_is(table: pl.DataFrame, source: random.Random) -> pl.DataFrame:
    del source
    return table


def _another_type(table: pl.DataFrame, source: random.Random) -> pl.DataFrame:
    name = source.choice(table.columns)
    kinds = [
        pl.String,
        pl.Float64,
        pl.Int8,
        pl.Boolean,
        pl.Binary,
        pl.Date,
        pl.List(pl.Int64),
        pl.Null,
        pl.Datetime,
    ]
    return table.with_columns(pl.lit(None, source.choice(kinds)).alias(name))


def _without_a_column(table: pl.DataFrame, source: random.Random) -> pl.DataFrame:
    return table.drop(source.choice(table.columns))


def _odd_numbers(table: pl.DataFrame, source: random.Random) -> pl.DataFrame:
    name = source.choice(table.columns)
    return table.with_columns(
        pl.lit(source.choice([float("nan"), float("inf"), -1.0, 1e300])).alias(name)
    )


_TABLE_CHANGES: tuple[Callable[[pl.DataFrame, random.Random], pl.DataFrame], ...] = (
    *(_as_it_is, _as_it_is, _another_type),
    *(_without_a_column, _odd_numbers),
)

if __name__ == "__main__":
    main()
