"""Places are counted, given back and kept by what is real: workers that are stopped, killed, or late."""

import asyncio
import os
import shutil
import signal
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from aml_miner.api import pool as pool_module
from aml_miner.api.pool import ScoringPool
from aml_miner.api.wire import Answer, Question
from aml_miner.config.settings import Settings
from aml_miner.errors import (
    InvalidBatchError,
    ServerBusyError,
    ServerNotReadyError,
    TimeLimitError,
)
from aml_miner.models.metadata import PROTOCOL
from aml_miner.scoring.golden import GOLDEN_FILE, golden_rows

BODY = orjson.dumps(golden_rows())


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def pool(runner: asyncio.Runner, trained: Path) -> Iterator[ScoringPool]:
    """One worker, one place to wait, and nine alerts in three slices."""
    settings = Settings(
        models_dir=trained / "models",
        api_workers=1,
        api_queue_limit=1,
        api_timeout=60,
        batch_size=3,
    )
    pool = ScoringPool(settings)

    async def start() -> None:
        pool.start()
        await worker_of(pool)

    runner.run(start())
    yield pool
    runner.run(pool.stop())


async def worker_of(pool: ScoringPool, *, but: int = 0) -> int:
    """Wait for the worker, another one than was there, and return its number."""
    async with asyncio.timeout(120):
        while not pool.process_ids or pool.process_ids == [but]:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.02)
    return pool.process_ids[0]


async def idle_worker_of(pool: ScoringPool) -> int:
    """Return the number of the worker once it has ended what it was asked before."""
    process = await worker_of(pool)
    await pool.answer(Question(), BODY)
    return process


def asked(pool: ScoringPool, body: bytes = BODY) -> asyncio.Task[tuple[Answer, bytearray]]:
    return asyncio.create_task(pool.answer(Question(), body))


async def until_begun(pool: ScoringPool) -> None:
    async with asyncio.timeout(10):
        await asyncio.sleep(0.05)
        while pool.waiting_count:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)


def run(runner: asyncio.Runner, test: Coroutine[Any, Any, None]) -> None:
    runner.run(test)


def test_a_worker_answers(runner: asyncio.Runner, pool: ScoringPool) -> None:
    async def test() -> None:
        answer, content = await pool.answer(Question(), BODY)
        assert (answer.status, answer.facts.rows) == (200, 9)
        assert len(orjson.loads(content)) == 9

    run(runner, test())


def test_one_more_than_may_wait_is_refused_at_once(
    runner: asyncio.Runner, pool: ScoringPool
) -> None:
    async def test() -> None:
        process = await idle_worker_of(pool)
        os.kill(process, signal.SIGSTOP)
        begun = asked(pool)
        await until_begun(pool)
        waiting = asked(pool)
        await asyncio.sleep(0.05)
        with pytest.raises(ServerBusyError, match="1 requests wait already, as many as may"):
            await pool.answer(Question(), BODY)
        os.kill(process, signal.SIGCONT)
        assert [(await each)[0].status for each in (begun, waiting)] == [200, 200]

    run(runner, test())


def test_who_goes_away_leaves_its_place_and_the_worker_stops(
    runner: asyncio.Runner, pool: ScoringPool
) -> None:
    async def test() -> None:
        process = await idle_worker_of(pool)
        os.kill(process, signal.SIGSTOP)
        begun = asked(pool)
        await until_begun(pool)
        waiting = asked(pool)
        await asyncio.sleep(0.05)
        waiting.cancel()
        begun.cancel()
        await asyncio.wait({waiting, begun})
        assert pool.waiting_count == 0
        os.kill(process, signal.SIGCONT)
        assert (await pool.answer(Question(), BODY))[0].status == 200
        assert pool.process_ids == [process]  # told to stop in time, it was not replaced

    run(runner, test())


def test_a_worker_that_ends_over_a_request_is_replaced_and_the_request_tried_again(
    runner: asyncio.Runner, pool: ScoringPool
) -> None:
    async def test() -> None:
        process = await idle_worker_of(pool)
        os.kill(process, signal.SIGSTOP)
        begun = asked(pool)
        await until_begun(pool)
        os.kill(process, signal.SIGKILL)
        answer, _ = await begun
        assert answer.status == 200
        assert pool.process_ids != [process]

    run(runner, test())


def test_a_body_that_ends_two_workers_is_refused(runner: asyncio.Runner, pool: ScoringPool) -> None:
    async def test() -> None:
        rows = golden_rows()
        long = orjson.dumps({**rows, "alerts": rows["alerts"] * 500})  # 1 500 slices: seconds
        process = await worker_of(pool)
        begun = asked(pool, long)
        for _ in range(2):
            await until_begun(pool)
            os.kill(process, signal.SIGKILL)
            process = await worker_of(pool, but=process)
        with pytest.raises(InvalidBatchError, match="it ended the process that scored it, twice"):
            await begun

    run(runner, test())


def test_an_answer_that_takes_too_long_is_given_up(
    runner: asyncio.Runner, pool: ScoringPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        process = await idle_worker_of(pool)
        monkeypatch.setattr(pool, "settings", pool.settings.model_copy(update={"api_timeout": 0.2}))
        os.kill(process, signal.SIGSTOP)
        with pytest.raises(TimeLimitError, match=r"No answer after 0\.2 s"):
            await pool.answer(Question(), BODY)
        os.kill(process, signal.SIGCONT)
        assert pool.waiting_count == 0

    run(runner, test())


LONG = b" " * 8_000_000 + BODY
"""A body that no socket takes at once."""


def test_a_worker_that_does_not_take_a_body_is_replaced_once_nobody_waits(
    runner: asyncio.Runner, pool: ScoringPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        monkeypatch.setattr(pool_module, "_SECONDS_TO_STOP", 0.2)
        process = await idle_worker_of(pool)
        os.kill(process, signal.SIGSTOP)
        begun = asked(pool, LONG)
        await until_begun(pool)
        begun.cancel()
        await worker_of(pool, but=process)
        assert (await pool.answer(Question(), LONG))[0].status == 200

    run(runner, test())


def test_who_goes_away_just_as_the_answer_comes_leaves_the_next_one_whole(
    runner: asyncio.Runner, pool: ScoringPool
) -> None:
    async def test() -> None:
        process = await worker_of(pool)
        for step in range(40):
            going = asked(pool)
            await asyncio.sleep(0.0005 * step)
            going.cancel()
            async with asyncio.timeout(10):
                answer, content = await pool.answer(Question(), LONG)
            assert (answer.status, len(orjson.loads(content))) == (200, 9)
        assert pool.process_ids == [process]

    run(runner, test())


def test_an_idle_worker_that_ends_is_replaced(runner: asyncio.Runner, pool: ScoringPool) -> None:
    async def test() -> None:
        process = await worker_of(pool)
        os.kill(process, signal.SIGKILL)
        await worker_of(pool, but=process)
        assert (await pool.answer(Question(), BODY))[0].status == 200

    run(runner, test())


def cut(folder: Path) -> None:
    path = folder / "alert_scorer" / "model.txt"
    path.write_bytes(path.read_bytes()[:5000])


def flip(folder: Path) -> None:
    path = folder / "alert_ranker" / "model.txt"
    content = bytearray(path.read_bytes())
    content[4000] ^= 1
    path.write_bytes(content)


def swap(folder: Path) -> None:
    (folder / "cluster_scorer").rename(folder / "kept")
    shutil.copytree(folder / "alert_scorer", folder / "cluster_scorer")


def age(folder: Path) -> None:
    path = folder / "alert_scorer" / "metadata.json"
    path.write_text(path.read_text().replace(f'"protocol": {PROTOCOL}', '"protocol": 99'))


def forge(folder: Path) -> None:
    path = folder / GOLDEN_FILE
    path.write_text(path.read_text().replace("0x1.", "0x1.0", 1))


DAMAGES = {
    cut: "alert_scorer/model.txt: must have the SHA-256",
    flip: "alert_ranker/model.txt: must have the SHA-256",
    swap: "cluster_scorer: expected a model of kind 'cluster_scorer'; found 'alert_scorer'",
    age: f"alert_scorer/metadata.json: must be of protocol {PROTOCOL}; found 99",
    forge: "golden.json: alert_rankings of the golden batch must be to the bit",
}


def test_bad_models_are_never_ready_and_the_sentence_says_which_and_why_but_no_folder(
    runner: asyncio.Runner, trained: Path, tmp_path: Path
) -> None:
    async def complaint(number: int) -> str:
        damage = list(DAMAGES)[number]
        folder = tmp_path / str(number)
        shutil.copytree(trained / "models", folder)
        damage(folder)
        bad = ScoringPool(Settings(models_dir=folder, api_workers=1))
        bad.start()
        async with asyncio.timeout(120):
            while not bad.complaint:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.05)
        with pytest.raises(ServerNotReadyError) as raised:
            await bad.answer(Question(), BODY)
        await bad.stop()
        return str(raised.value)

    async def all_complaints() -> list[str]:
        return await asyncio.gather(*map(complaint, range(len(DAMAGES))))

    found = runner.run(all_complaints())
    for sentence, expected in zip(found, DAMAGES.values(), strict=True):
        assert sentence.startswith(expected)
        assert str(tmp_path) not in sentence


def test_a_large_body_holds_up_nothing_else(runner: asyncio.Runner, pool: ScoringPool) -> None:
    async def test() -> None:
        body = b'{"unknown": "' + b"\\n" * (20 << 20) + b'"}'
        loop = asyncio.get_running_loop()
        late: list[float] = []
        begun = asked(pool, body)
        while not begun.done():
            due = loop.time() + 0.01
            await asyncio.sleep(0.01)
            late.append(loop.time() - due)
        assert (await begun)[0].status == 422  # of all its bytes none is a row
        assert max(late) < 0.5  # to write the body into a message would take longer

    run(runner, test())
