"""A file of trials: one line of JSON each, so that a run that was stopped goes on where it was.

The file holds no time and no name of a machine: the same data, configuration and seed give the same bytes, however
often the run was stopped in between.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from aml_miner.errors import ConfigurationError, OutputError
from aml_miner.models.metadata import Kind

type Values = Mapping[str, float | int]


@dataclass(frozen=True, slots=True)
class Trial:
    """One try: what was tried for which model, and how good it was out of fold."""

    kind: Kind
    values: Values
    score: float


@dataclass(frozen=True, slots=True)
class TrialFile:
    """Where trials are kept, and what they are trials of.

    Attributes
    ----------
    path
        The file.
    subject
        SHA-256 over everything the outcome of a trial depends on.
    """

    path: Path
    subject: str

    def read(self) -> list[Trial]:
        """Return the trials that are there; a last line that was cut off is dropped from the file.

        Raises
        ------
        ConfigurationError
            If the file is of other data, another configuration or seed, or is no file of trials.
        OutputError
            If it cannot be read or written.
        """
        try:
            lines = self.path.read_bytes().splitlines(keepends=True) if self.path.exists() else []
            if lines and not lines[-1].endswith(b"\n"):
                lines = lines[:-1]
                self.path.write_bytes(b"".join(lines))
            if not lines:
                self.path.write_bytes(_line({"subject": self.subject}))
                return []
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written: {error}") from error
        self._check_subject(lines[0])
        return [self._trial(line, number) for number, line in enumerate(lines[1:], start=2)]

    def append(self, trial: Trial) -> None:
        """Write a trial at the end.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        line = {"kind": trial.kind, "values": dict(trial.values), "score": trial.score}
        try:
            with self.path.open("ab") as file:
                file.write(_line(line))
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written: {error}") from error

    def _trial(self, line: bytes, number: int) -> Trial:
        try:
            return Trial(**orjson.loads(line))
        except (orjson.JSONDecodeError, TypeError) as error:
            raise ConfigurationError(
                f"{self.path}: line {number} is no trial: {error}; remove the file, or restore it."
            ) from error

    def _check_subject(self, line: bytes) -> None:
        try:
            found = orjson.loads(line)["subject"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise ConfigurationError(
                f"{self.path}: is no file of trials; name another one."
            ) from error
        if found != self.subject:
            raise ConfigurationError(
                f"{self.path}: its trials are of other data, another configuration or another seed; "
                f"name another file, or go on with what they were begun with."
            )


def _line(content: Mapping[str, object]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
