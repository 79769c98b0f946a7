"""Load on a server: latency, throughput, a full day, twice what it can take, and being stopped and killed meanwhile.

The server is a program of its own with two scoring processes; this process is the client, on the same machine. Bodies
are made beforehand. ``--seconds`` is how long each load lasts, ``--overload`` how long requests come at twice the rate
that was served before, whether they are answered or not, and ``--soak`` how long one load goes on while memory is
looked at every ten seconds.
"""

import argparse
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import orjson
import polars as pl

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.digests import digest_folder
from aml_miner.batch.reading import read_batch
from aml_miner.client.calls import Call, scoring_call
from aml_miner.models import load_models
from aml_miner.scoring import score_batch, write_results
from benchmarks.record import circumstances
from benchmarks.scoring import make_day, make_models

_ARROW = "application/vnd.apache.arrow.stream"


@dataclass(frozen=True, slots=True)
class _Body:
    """A request's body, made beforehand."""

    content: bytes
    content_type: str
    accept: str
    alerts: int

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Type": self.content_type, "Accept": self.accept}


@dataclass(slots=True)
class _Load:
    """What came back of a load: codes, and milliseconds of what was answered."""

    codes: Counter[int] = field(default_factory=Counter)
    taken: list[float] = field(default_factory=list)
    without_retry_after: int = 0
    seconds: float = 0.0

    def note(self, code: int, headers: set[str], seconds: float) -> None:
        self.codes[code] += 1
        if code == 200:
            self.taken.append(seconds * 1000.0)
        self.without_retry_after += code == 429 and "retry-after" not in headers


def main() -> None:
    """Measure and print one JSON record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=50_000)
    parser.add_argument("--addresses", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--overload", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--soak", type=float, default=0.0, metavar="SECONDS", help="30 or more")
    parser.add_argument("--requests", type=int, default=1_000, help="of one alert, one by one")
    parser.add_argument(
        "--data", type=Path, help="a folder with batch/ and models/, made if absent"
    )
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = chosen.data or Path(scratch)
        if not (root / "batch").is_dir():
            make_day(root / "batch", chosen.alerts, chosen.addresses)
        if not (root / "models").is_dir():
            make_models(root / "models")
        batch = read_batch(root / "batch")
        _store(root, batch)
        record = _measure(root, batch, chosen)
    print(json.dumps({**record, "workers": chosen.workers, **circumstances()}, indent=2))


def _store(root: Path, batch: Batch) -> None:
    """Write results for the server to hand out, of a tenth of the alerts."""
    some = _first(batch, max(1, batch.alerts.height // 10))
    write_results(score_batch(some, load_models(root / "models")), root / "results" / "stored")


def _measure(root: Path, batch: Batch, chosen: argparse.Namespace) -> dict[str, object]:
    workers, seconds, requests = chosen.workers, chosen.seconds, chosen.requests
    one, few, thousand = _first(batch, 1), _json(_first(batch, 20)), _json(_first(batch, 1_000))
    server = _Server(root, workers)
    record: dict[str, object] = {"load_average": os.getloadavg()}
    try:
        record["memory_mb_at_rest"] = server.memory()
        record["one_alert_json"] = _milliseconds(server, _json(one), requests)
        record["one_alert_arrow"] = _milliseconds(server, _arrow(one), requests)
        record["livez_at_rest"] = _milliseconds(server, None, requests)
        for name, body in (("json_1000", thousand), ("arrow_1000", _arrow(_first(batch, 1_000)))):
            record[name] = _throughput(server.load(body, workers + 1, seconds), body)
        record["day"] = _full_day(server, _arrow(batch))
        record["memory_mb_after_days"] = server.memory()
        record["overload"] = _overload(server, few, workers, chosen.overload)
        record["one_alert_json_after_overload"] = _milliseconds(server, _json(one), requests)
        record["flood"] = _flood(server, few, seconds)
        record["one_alert_json_after_flood"] = _milliseconds(server, _json(one), requests)
        if chosen.soak:
            record["soak"] = _soak(server, thousand, workers + 1, chosen.soak)
        record["memory_mb_in_the_end"] = server.memory()
        record["terminated"] = _stopped(server, thousand, signal.SIGTERM)
        record |= _killed(root, workers, thousand)
    finally:
        server.stop()
    return record


def _killed(root: Path, workers: int, body: _Body) -> dict[str, object]:
    """Kill a server under load, and look at the results it hands out when it is started again."""
    before = digest_folder(root / "results" / "stored")
    killed = _stopped(_Server(root, workers), body, signal.SIGKILL)
    equal = digest_folder(root / "results" / "stored") == before
    restarted = _Server(root, workers)
    try:
        stored = restarted.stored()
    finally:
        restarted.stop()
    return {
        "killed": killed,
        "stored_results_equal_after_kill": equal,
        "stored_scores_after_restart": stored,
    }


class _Server:
    """A server that was started for this."""

    def __init__(self, root: Path, workers: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        environment = {
            **os.environ,
            "MODELS_DIR": str(root / "models"),
            "RESULTS_DIR": str(root / "results"),
            "API_WORKERS": str(workers),
            "API_QUEUE_LIMIT": "8",
            "LOG_LEVEL": "ERROR",
        }
        command = [sys.executable, "-m", "aml_miner", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(command, env=environment)
        self._wait()

    def _wait(self) -> None:
        while self.process.poll() is None:
            with suppress(httpx.TransportError):
                told = httpx.get(f"http://127.0.0.1:{self.port}/health").json()
                if told["workers_ready"] == told["workers_wanted"]:
                    return
            time.sleep(0.2)
        raise SystemExit(f"the server ended with {self.process.returncode}")

    def memory(self) -> dict[str, float]:
        """Resident memory of the server and of each worker, in 2**20 bytes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        named = {"server": self.process.pid}
        named |= {f"worker {n}": int(pid) for n, pid in enumerate(children.split(), start=1)}
        page = os.sysconf("SC_PAGE_SIZE") / 2**20
        return {
            name: round(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page)
            for name, pid in named.items()
        }

    def stored(self) -> int:
        told = httpx.get(f"http://127.0.0.1:{self.port}/scores/alerts/latest", timeout=60).json()
        return len(told["scores"])

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=180)

    def load(self, body: _Body, clients: int, seconds: float) -> _Load:
        """Let some clients ask, each as soon as it is answered, for so long."""
        load, lock = _Load(), threading.Lock()
        until = time.perf_counter() + seconds

        def ask(number: int) -> None:
            del number
            connection = self.connect()
            while time.perf_counter() < until:
                began = time.perf_counter()
                code, headers = _ask(connection, body)
                with lock:
                    load.note(code, headers, time.perf_counter() - began)
            connection.close()

        began = time.perf_counter()
        with ThreadPoolExecutor(clients) as crowd:
            list(crowd.map(ask, range(clients)))
        load.seconds = time.perf_counter() - began
        return load

    def load_at(self, body: _Body, rate: float, seconds: float) -> tuple[_Load, int]:
        """Let requests come at so many a second; return also how many could not be sent at their time."""
        load, lock = _Load(), threading.Lock()
        turns, late = iter(range(int(rate * seconds))), 0
        began = time.perf_counter()

        def send(number: int) -> None:
            nonlocal late
            del number
            connection = self.connect()
            while True:
                with lock:
                    turn = next(turns, None)
                if turn is None:
                    break
                due = began + turn / rate
                time.sleep(max(0.0, due - time.perf_counter()))
                sent = time.perf_counter()
                code, headers = _ask(connection, body)
                with lock:
                    load.note(code, headers, time.perf_counter() - sent)
                    late += sent - due > 0.05
            connection.close()

        with ThreadPoolExecutor(64) as crowd:
            list(crowd.map(send, range(64)))
        load.seconds = time.perf_counter() - began
        return load, late


def _ask(connection: http.client.HTTPConnection, body: _Body | None) -> tuple[int, set[str]]:
    if body is None:
        connection.request("GET", "/livez")
    else:
        connection.request("POST", "/score/alerts", body.content, body.headers)
    reply = connection.getresponse()
    reply.read()
    return reply.status, {name.lower() for name, _ in reply.getheaders()}


def _milliseconds(server: _Server, body: _Body | None, times: int) -> dict[str, float]:
    connection = server.connect()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        code, _ = _ask(connection, body)
        taken.append((time.perf_counter() - began) * 1000.0)
        if code != 200:
            raise SystemExit(f"answered {code}")
    connection.close()
    return _percentiles(taken)


def _percentiles(taken: list[float]) -> dict[str, float]:
    if not taken:
        return {}
    ordered = sorted(taken)
    at = {f"p{p}": ordered[min(len(ordered) - 1, len(ordered) * p // 100)] for p in (50, 90, 99)}
    return {name: round(value, 2) for name, value in {**at, "most": ordered[-1]}.items()}


def _throughput(load: _Load, body: _Body) -> dict[str, object]:
    return {
        "alerts_per_second": round(load.codes[200] * body.alerts / load.seconds),
        "request_ms": _percentiles(load.taken),
        "codes": dict(load.codes),
        "body_mb": round(len(body.content) / 2**20, 2),
    }


def _full_day(server: _Server, day: _Body) -> dict[str, object]:
    """Ask for a full day three times, and whether the server lives every 10 ms meanwhile."""
    alive: list[float] = []
    done = threading.Event()

    def ask_alive() -> None:
        connection = server.connect()
        while not done.is_set():
            began = time.perf_counter()
            _ask(connection, None)
            alive.append((time.perf_counter() - began) * 1000.0)
            time.sleep(0.01)
        connection.close()

    asking = threading.Thread(target=ask_alive)
    asking.start()
    try:
        taken = [round(_seconds(server, day), 2) for _ in range(3)]
    finally:
        done.set()
        asking.join()
    return {
        "alerts": day.alerts,
        "seconds": taken,
        "body_mb": round(len(day.content) / 2**20),
        "livez_meanwhile_ms": _percentiles(alive),
    }


def _seconds(server: _Server, body: _Body) -> float:
    """Ask once, over a connection of its own."""
    connection = server.connect()
    began = time.perf_counter()
    code, _ = _ask(connection, body)
    if code != 200:
        raise SystemExit(f"answered {code}")
    connection.close()
    return time.perf_counter() - began


def _overload(server: _Server, body: _Body, workers: int, seconds: float) -> dict[str, object]:
    """Send requests at twice the rate that is served, each at its time, whatever became of those before."""
    calm = server.load(body, workers + 1, 5.0)
    rate = 2.0 * calm.codes[200] / calm.seconds
    load, late = server.load_at(body, rate, seconds)
    return {"served_per_second_before": round(rate / 2.0), "sent_per_second": round(rate)} | {
        **_became(load, body),
        "sent_more_than_50_ms_late": late,
    }


def _flood(server: _Server, body: _Body, seconds: float) -> dict[str, object]:
    """Ask with four times as many clients as there are places; each comes back at once when it is refused."""
    return _became(server.load(body, 40, seconds), body)


def _became(load: _Load, body: _Body) -> dict[str, object]:
    return {
        "codes": dict(load.codes),
        "accepted_ms": _percentiles(load.taken),
        "alerts_per_second": round(load.codes[200] * body.alerts / load.seconds),
        "refused_without_retry_after": load.without_retry_after,
        "seconds": round(load.seconds, 1),
    }


def _soak(server: _Server, body: _Body, clients: int, seconds: float) -> dict[str, object]:
    """Look at the memory of every process every ten seconds of one long load."""
    seen: list[dict[str, float]] = []
    done = threading.Event()

    def look() -> None:
        while not done.wait(10.0):
            seen.append(server.memory())

    looking = threading.Thread(target=look)
    looking.start()
    load = server.load(body, clients, seconds)
    done.set()
    looking.join()
    half = len(seen) // 2
    return _throughput(load, body) | {
        "memory_mb": {
            name: {
                "after_10_s": seen[0][name],
                "most_of_first_half": max(each[name] for each in seen[:half]),
                "most_of_second_half": max(each[name] for each in seen[half:]),
                "last": seen[-1][name],
            }
            for name in seen[0]
        },
        "seconds": round(load.seconds, 1),
    }


def _stopped(server: _Server, body: _Body, number: signal.Signals) -> dict[str, object]:
    """Stop a server under load, and count what became of the requests."""
    became: Counter[str] = Counter()
    lock = threading.Lock()
    stopping = threading.Event()

    def ask(place: int) -> None:
        del place
        while not stopping.is_set():
            connection = server.connect()
            sent = False
            try:
                connection.connect()
                connection.request("POST", "/score/alerts", body.content, body.headers)
                sent = True
                reply = connection.getresponse()
                whole = reply.read()
                outcome = f"answered {reply.status}" if whole else "empty"
            except (OSError, http.client.HTTPException):
                outcome = "sent and not answered" if sent else "not accepted"
                stopping.set()
            with lock:
                became[outcome] += 1
            connection.close()

    with ThreadPoolExecutor(8) as crowd:
        asking = [crowd.submit(ask, place) for place in range(8)]
        time.sleep(3.0)
        server.process.send_signal(number)
        server.process.wait()
        stopping.set()
        for each in asking:
            each.result()
    return {"exit_code": server.process.returncode, **dict(became)}


def _first(batch: Batch, count: int) -> Batch:
    alerts = batch.alerts.head(count)
    known = pl.col("address").is_in(alerts["address"].unique().implode())
    tables = {"alerts": alerts, "features": batch.features.filter(known)}
    return make_batch({**tables, "clusters": batch.clusters.clear()})


def _json(batch: Batch) -> _Body:
    call = scoring_call("/score/alerts", batch, "json")
    rows = orjson.loads(call.options["content"])  # as others send them: without nulls
    kept = {
        name: [{k: v for k, v in row.items() if v is not None} for row in table]
        for name, table in rows.items()
    }
    return _Body(orjson.dumps(kept), "application/json", "application/json", batch.alerts.height)


def _arrow(batch: Batch) -> _Body:
    call: Call = scoring_call("/score/alerts", batch, "arrow")
    request = httpx.Request("POST", "http://x/", **call.options)
    content_type = request.headers["content-type"]
    return _Body(request.read(), content_type, _ARROW, batch.alerts.height)


if __name__ == "__main__":
    main()
