"""Would the offline container take these models: which files it allows, how large, and how much memory."""

from collections.abc import Iterator
from pathlib import Path

from aml_miner.models.artifact import METADATA_FILE, MODEL_FILE
from aml_miner.scoring.golden import GOLDEN_FILE
from aml_miner.validator.doctor.examination import Examination
from aml_miner.validator.doctor.limits import ContainerLimits

_NEEDED = {MODEL_FILE, METADATA_FILE, GOLDEN_FILE}
"""What a program reads of a models' folder; the rest is for people, and can stay outside."""


def examine_files(folder: Path, limits: ContainerLimits) -> Iterator[Examination]:
    """Yield whether every file that is needed is allowed, by its ending and its size."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    needed = [path for path in files if path.name in _NEEDED]
    wrong = [path for path in needed if path.suffix not in limits.suffixes]
    others = [
        path.relative_to(folder).as_posix() for path in files if path.suffix not in limits.suffixes
    ]
    told = f"{len(needed)} files needed, all {', '.join(limits.suffixes)}"
    if others:
        told += f"; leave out {_few(others)}"
    yield _judged("endings of files", wrong, folder, told, f"only {', '.join(limits.suffixes)}")
    large = [path for path in needed if path.stat().st_size > limits.file_megabytes * 1e6]
    largest = max((path.stat().st_size for path in needed), default=0) / 1e6
    told = f"the largest has {largest:.2f} MB, at most {limits.file_megabytes:g} allowed"
    yield _judged("sizes of files", large, folder, told, f"at most {limits.file_megabytes:g} MB")


def examine_memory(peak_memory_mb: float, rows: int, limits: ContainerLimits) -> Examination:
    """Say whether a fresh process scored within the container's memory."""
    told = f"{peak_memory_mb:,.0f} of {limits.memory_megabytes:,.0f} MB at most, with {rows:,} alerts and clusters"
    if peak_memory_mb <= limits.memory_megabytes:
        return Examination("container", "memory", "pass", told)
    remedy = "score the batch in parts, which gives the same bits, or grow smaller models"
    return Examination("container", "memory", "fail", told, remedy)


def _judged(name: str, wrong: list[Path], folder: Path, told: str, allowed: str) -> Examination:
    if not wrong:
        return Examination("container", name, "pass", told)
    found = _few([path.relative_to(folder).as_posix() for path in wrong])
    remedy = f"the container takes {allowed}: grow fewer trees or leaves, or leave the file out"
    return Examination("container", name, "fail", f"not allowed: {found}", remedy)


def _few(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
