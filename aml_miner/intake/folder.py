"""Files of a folder of this machine, or of one that is mounted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aml_miner.errors import SourceError
from aml_miner.intake.effort import PassingError
from aml_miner.intake.files import Told

_CHUNK: Final = 2**20


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """The files below a folder."""

    root: Path

    def where(self, name: str) -> str:
        """Return the path of a file."""
        return str(self.root / name)

    def copy(self, name: str, to: Path, told: Told, limit: int | None = None) -> bool:
        """Copy a file from where an earlier try ended; see `aml_miner.intake.files.Files`."""
        path = self.root / name
        if not path.is_file():
            return False
        try:
            source = path.open("rb")
        except PermissionError as error:
            raise SourceError(
                f"{path}: cannot be read: {error.strerror}; see to its rights."
            ) from error
        except OSError as error:  # a mounted folder may come back
            raise PassingError(f"cannot be read: {error.strerror}") from error
        with source, to.open("ab") as target:
            source.seek(target.tell())
            while chunk := source.read(_CHUNK):
                if limit is not None and target.tell() + len(chunk) > limit:
                    raise SourceError(f"{path}: has more than {limit} bytes; it is no META.json.")
                target.write(chunk)
                told(len(chunk))
        return True
