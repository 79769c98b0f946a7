"""A scoring process: loads the models, says so, and answers one question after the other until the server hangs up.

Started as ``python -m aml_miner.api.worker DESCRIPTOR``, a program of its own: LightGBM and Numba do not survive a
fork once they have threads. It reads the same settings as the server, from the server's environment.
"""

import contextlib
import gc
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Final

import orjson
import polars as pl
from loguru import logger

from aml_miner.api import wire
from aml_miner.api.answering import Answerer
from aml_miner.api.encoding import JSON
from aml_miner.api.failures import Failure
from aml_miner.api.log import log_fault, start_log
from aml_miner.api.references import Holdings
from aml_miner.api.worker_environment import told_settings
from aml_miner.config.settings import Settings
from aml_miner.errors import AmlMinerError
from aml_miner.models import Models, load_models
from aml_miner.scoring.golden import check_golden, golden_rows

_UNTOLD: Final = frozenset({"feature_names_sha256", "code_tables"})
"""What of a model's metadata is not handed out: values that training saw."""


def main(descriptor: int, settings: Settings) -> None:
    """Answer questions over a socket that is open already."""
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # the server decides when a worker ends: accepted work is done first
        signal.signal(number, signal.SIG_IGN)
    start_log(settings.log_level, settings.log_format)
    with socket.socket(fileno=descriptor) as connection:
        try:
            answerer = _load(settings)
        except AmlMinerError as error:
            wire.send(connection, wire.Hello(complaint=str(error)))
            return
        gc.freeze()  # what is loaded stays: no collection in the middle of a request walks over it
        _limit_memory(settings.max_memory_mb)
        wire.send(connection, _hello(answerer.models))
        with contextlib.suppress(wire.HungUpError, BrokenPipeError, ConnectionResetError):
            _answer_all(connection, answerer)


def _load(settings: Settings) -> Answerer:
    """Load the models, see that they score as they did when they were saved, and run every path once."""
    models = load_models(settings.models_dir)
    if not check_golden(models, settings.models_dir):
        logger.warning(
            "no golden.json beside the models: nothing shows that they score as they did"
        )
    answerer = Answerer(
        models,
        Holdings(settings.batches_dir),
        settings.batch_size,
        settings.api_max_body_mb << 20,
    )
    rows = golden_rows()
    few = {**rows, "alerts": rows["alerts"][:1], "clusters": rows["clusters"][:1]}
    for body in (orjson.dumps(rows), orjson.dumps(few)):
        for form in ("json", "arrow", "parquet"):
            for route in ("score_alerts", "rank_alerts", "score_clusters"):
                answerer.answer(wire.Question(route, form=form), body, lambda: True)
    return answerer


def _hello(models: Models) -> wire.Hello:
    each = (models.alert_scorer, models.alert_ranker, models.cluster_scorer)
    return wire.Hello(
        versions={model.kind: model.version for model in each},
        metadata={
            model.kind: model.metadata.model_dump(mode="json", exclude=set(_UNTOLD))
            for model in each
        },
    )


def _answer_all(connection: socket.socket, answerer: Answerer) -> None:
    while True:
        header, body = wire.receive(connection)
        question = wire.Question(**header)
        if question.stop:  # the answer it was about is on its way already
            continue
        with logger.contextualize(request_id=question.request_id):
            answer, content = _answer(answerer, question, body, connection)
        del body
        wire.send(connection, answer, content)


def _answer(
    answerer: Answerer, question: wire.Question, body: bytearray, connection: socket.socket
) -> tuple[wire.Answer, bytes]:
    def is_wanted() -> bool:
        return not select.select([connection], [], [], 0)[0]  # the server only speaks to say stop

    try:
        return answerer.answer(question, body, is_wanted)
    except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001 - the last door: one request must not end the others
        log_fault(error)
        failure = Failure.of_ours()
        return wire.Answer(failure.status, JSON, failure.error), failure.content


def _limit_memory(megabytes: int) -> None:
    """Let this process take so much more than it has: beyond that an allocation fails, and the request is refused."""
    if sys.platform != "linux":
        return
    import resource

    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    taken = int(status["VmData"].split()[0]) << 10
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (taken + (megabytes << 20), hard))


if __name__ == "__main__":
    main(int(sys.argv[1]), told_settings())
