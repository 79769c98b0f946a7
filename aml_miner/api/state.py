"""What the routes of one application share: settings, the pool, the door, the figures, and what is stored."""

import time
from dataclasses import dataclass
from typing import Self

from starlette.requests import Request

from aml_miner.api.metrics import Metrics
from aml_miner.api.pool import ScoringPool
from aml_miner.api.receiving import Doorkeeper
from aml_miner.api.stored_replies import StoredReplies
from aml_miner.config.settings import Settings
from aml_miner.errors import ServerNotReadyError


@dataclass(eq=False, slots=True)
class State:
    """What the routes of one application share.

    Attributes
    ----------
    draining
        Whether the server was told to stop: what was accepted is answered, and nothing else.
    """

    settings: Settings
    pool: ScoringPool
    door: Doorkeeper
    metrics: Metrics
    stored: StoredReplies
    started_at: float
    draining: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the state of an application that has not begun to start its workers."""
        pool = ScoringPool(settings)
        metrics = Metrics(
            queue_depth=lambda: pool.waiting_count,
            workers_ready=lambda: pool.ready_count,
            model_versions=lambda: pool.versions,
        )
        door = Doorkeeper(settings.api_max_body_mb << 20, settings.api_body_timeout)
        stored = StoredReplies(settings.results_dir)
        return cls(settings, pool, door, metrics, stored, time.monotonic())

    def check_open(self) -> None:
        """Check that the server has not been told to stop.

        Raises
        ------
        ServerNotReadyError
            If it has.
        """
        if self.draining:
            raise ServerNotReadyError("The server is stopping; ask another one, or later.")


def state_of(request: Request) -> State:
    """Return the state of the application a request came to."""
    state: State = request.app.state.shared
    return state
