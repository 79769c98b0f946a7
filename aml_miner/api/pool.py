"""The workers, and the requests that wait for one: so many and no more, so long and no longer.

A request whose client is gone gives its place back at once. The worker that was scoring it is told to stop, looks
between two slices of rows, and is replaced when it does not stop in time. A worker that ends over a request gets
replaced too, and the request is tried once more: whatever was sent, the others are answered.
"""

import asyncio
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from loguru import logger

from aml_miner.api import wire
from aml_miner.api.worker_environment import worker_environment
from aml_miner.config.settings import Settings
from aml_miner.errors import (
    InvalidBatchError,
    ServerBusyError,
    ServerNotReadyError,
    TimeLimitError,
)

_SECONDS_TO_STOP: Final = 5.0
"""How long a worker may take to notice that nobody waits; then it is replaced."""

_SECONDS_TO_LOAD: Final = 120
"""How long a worker may take to load the models; on a busy machine it takes ten seconds."""

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
"""Pauses before a worker that could not load the models is started again."""


@dataclass(eq=False, repr=False, slots=True)  # to write a body out takes seconds
class _Work:
    question: wire.Question
    body: bytes | bytearray
    answered: asyncio.Future[tuple[wire.Answer, bytearray]]
    is_sent: bool = False
    tries: int = 0


@dataclass(eq=False, slots=True)
class _Worker:
    """A running process and the socket to it."""

    process: subprocess.Popen[bytes]
    connection: socket.socket


@dataclass(eq=False, slots=True)
class ScoringPool:
    """Starts workers, keeps them running, and gives each one question at a time.

    Attributes
    ----------
    versions, metadata
        Of the models all workers hold; empty until the first has loaded them.
    complaint
        Why the models are not usable, in a sentence; empty when they are.
    """

    settings: Settings
    versions: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    complaint: str = ""
    _waiting: deque[_Work] = field(default_factory=deque)
    _idle: deque[asyncio.Future[_Work | None]] = field(default_factory=deque)
    _ready: dict[int, _Worker] = field(default_factory=dict)
    _keepers: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def ready_count(self) -> int:
        """Workers that have loaded the models."""
        return len(self._ready)

    @property
    def can_answer(self) -> bool:
        """Whether a request is worth its place: a worker is there, or one that ended is being replaced."""
        return bool(self._ready) or (bool(self.versions) and not self.complaint)

    @property
    def waiting_count(self) -> int:
        """Requests that no worker has begun."""
        return len(self._waiting)

    @property
    def process_ids(self) -> list[int]:
        """Of the workers that have loaded the models."""
        return [worker.process.pid for worker in self._ready.values()]

    def start(self) -> None:
        """Begin to start the workers."""
        slots = range(self.settings.api_workers)
        self._keepers += [asyncio.create_task(self._keep(slot)) for slot in slots]

    async def stop(self) -> None:
        """End every worker; what they were doing is lost."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    def check_room(self) -> None:
        """Check that one more request may wait; asked before its body is read, and again before it waits.

        Raises
        ------
        ServerNotReadyError
            If no worker has loaded the models.
        ServerBusyError
            If as many requests wait as may.
        """
        if not self.can_answer:
            raise ServerNotReadyError(self.complaint or "The models are being loaded; ask again.")
        if self.waiting_count >= self.settings.api_queue_limit:
            message = f"{self.waiting_count} requests wait already, as many as may; ask again."
            raise ServerBusyError(message)

    async def answer(
        self, question: wire.Question, body: bytes | bytearray
    ) -> tuple[wire.Answer, bytearray]:
        """Wait for a worker's answer.

        Raises
        ------
        ServerNotReadyError
            If no worker has loaded the models.
        ServerBusyError
            If as many requests wait as may.
        TimeLimitError
            If waiting and scoring take longer than they may.
        InvalidBatchError
            If the body ended two workers.
        """
        self.check_room()
        work = _Work(question, body, asyncio.get_running_loop().create_future())
        try:
            async with asyncio.timeout(self.settings.api_timeout):
                self._waiting.append(work)
                self._hand_out()
                return await work.answered
        except TimeoutError as error:
            message = (
                f"No answer after {self.settings.api_timeout:g} s; send fewer rows, or ask again."
            )
            raise TimeLimitError(message) from error
        finally:
            work.answered.cancel()
            if work in self._waiting:
                self._waiting.remove(work)

    def _hand_out(self) -> None:
        """Give what waits to workers that wait for it, both in the order they came."""
        while self._waiting and self._idle:
            wanted = self._idle.popleft()
            if not wanted.done():
                wanted.set_result(self._waiting.popleft())

    async def _keep(self, slot: int) -> None:
        """Keep a worker running, for ever."""
        pause = _FIRST_PAUSE
        while True:
            async with _running(self.settings) as worker:
                if await self._greet(worker):
                    pause = _FIRST_PAUSE
                    self._ready[slot] = worker
                    try:
                        await self._serve(worker)
                    finally:
                        del self._ready[slot]
                    continue
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _greet(self, worker: _Worker) -> bool:
        """Hear whether a worker has loaded the models, the same ones as the others."""
        try:
            async with asyncio.timeout(_SECONDS_TO_LOAD):
                header, _ = await wire.receive_async(worker.connection)
        except ConnectionError:
            self._complain("A scoring process ended while it loaded the models.")
            return False
        except TimeoutError:
            self._complain(f"A scoring process has not loaded the models in {_SECONDS_TO_LOAD} s.")
            return False
        hello = wire.Hello(**header)
        if hello.complaint:
            self._complain(hello.complaint)
            return False
        if self.versions and hello.versions != self.versions:
            self._complain("The models were replaced while others are served; restart the server.")
            return False
        self.versions, self.metadata, self.complaint = hello.versions, hello.metadata, ""
        return True

    def _complain(self, sentence: str) -> None:
        """Remember why there are no models; a reply names no folder of this machine."""
        logger.error("{}", sentence)
        root = str(self.settings.models_dir)
        self.complaint = sentence.replace(f"{root}{os.sep}", "").replace(root, "models")

    async def _serve(self, worker: _Worker) -> None:
        """Give a worker one question after the other, until it ends."""
        while True:
            work = await self._next_or_end(worker)
            if work is None:
                logger.error("a scoring process ended; another one is started")
                return
            if work.answered.done():
                continue
            try:
                if not await _ask(worker, work):
                    logger.warning("a scoring process did not stop; another one is started")
                    return
            except ConnectionError:
                self._lose(work)
                return
            del work  # and its body, while the next one is waited for

    async def _next_or_end(self, worker: _Worker) -> _Work | None:
        """Wait for work, or for the worker's end: None."""
        loop = asyncio.get_running_loop()
        wanted: asyncio.Future[_Work | None] = loop.create_future()
        loop.add_reader(worker.connection, _end, wanted)  # a worker without work says its last
        self._idle.append(wanted)
        self._hand_out()
        try:
            return await wanted
        finally:
            loop.remove_reader(worker.connection)
            wanted.cancel()

    def _lose(self, work: _Work) -> None:
        """Try once more what was being scored when its worker ended; a body that ends two is to blame."""
        logger.error("a scoring process ended over a request; another one is started")
        work.tries += work.is_sent  # who ended before the body was there did not end over it
        if work.answered.done():
            return
        if work.tries < 2:
            work.is_sent = False
            self._waiting.appendleft(work)
            self._hand_out()
            return
        message = "body: it ended the process that scored it, twice; nothing of it was scored."
        work.answered.set_exception(InvalidBatchError(message))


async def _ask(worker: _Worker, work: _Work) -> bool:
    """Let a worker answer; False when it did not stop although nobody waited any longer."""
    talking = asyncio.create_task(_talk(worker, work))
    try:
        ends: set[asyncio.Future[Any]] = {talking, work.answered}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if not talking.done() and not await _stop(worker, work, talking):
            return False
        header, content = talking.result()
    finally:
        if not talking.done():  # it lets go of the socket before somebody closes it
            talking.cancel()
            await asyncio.wait({talking})
    if not work.answered.done():
        work.answered.set_result((wire.answer_of(header), content))
    return True


async def _talk(worker: _Worker, work: _Work) -> tuple[dict[str, Any], bytearray]:
    await wire.send_async(worker.connection, work.question, work.body)
    work.is_sent = True
    return await wire.receive_async(worker.connection)


async def _stop(worker: _Worker, work: _Work, talking: asyncio.Task[Any]) -> bool:
    """Tell a worker that nobody waits, and say whether it is done in time.

    In the middle of a question nothing can be told: the word would be taken for a piece of the body.
    """
    try:
        async with asyncio.timeout(_SECONDS_TO_STOP):
            if work.is_sent:
                await wire.send_async(worker.connection, wire.Question(stop=True), b"")
            await asyncio.wait({talking})
    except TimeoutError:
        return False
    return True


def _end(wanted: asyncio.Future[_Work | None]) -> None:
    if not wanted.done():
        wanted.set_result(None)


@asynccontextmanager
async def _running(settings: Settings) -> AsyncIterator[_Worker]:
    """Start a worker, and end it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)  # noqa: FBT003 - the standard library's
        process = _start(settings, theirs)
        theirs.close()
        try:
            yield _Worker(process, ours)
        finally:
            process.kill()
            process.wait()  # milliseconds: it cannot refuse, and waiting elsewhere could be cancelled


def _start(settings: Settings, theirs: socket.socket) -> subprocess.Popen[bytes]:
    descriptor = theirs.fileno()
    command = [sys.executable, "-m", "aml_miner.api.worker", str(descriptor)]
    environment = os.environ | worker_environment(settings)
    return subprocess.Popen(  # noqa: S603 - this program's own
        command, pass_fds=[descriptor], env=environment, stdin=subprocess.DEVNULL
    )
