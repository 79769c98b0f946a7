"""The machine: what runs here beside what the models were trained with."""

import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Final

import polars as pl

from aml_miner.models import RiskModel
from aml_miner.utils.threads import processors
from aml_miner.validator.doctor.examination import Examination

_LEAST_PYTHON: Final = (3, 13)
_VECTORS: Final = ("avx2", "fma", "avx512f", "neon")


def examine_environment(models: Sequence[RiskModel]) -> Iterator[Examination]:
    """Yield what is found of Python, processor, libraries, compiler and threads."""
    yield _python(sys.version_info[:2])
    yield Examination("environment", "processor", "pass", _processor())
    yield _libraries(models)
    yield _compiler()
    yield Examination("environment", "threads", "pass", _threads())


def _python(found: tuple[int, int]) -> Examination:
    told = f"{platform.python_implementation()} {platform.python_version()}"
    if found >= _LEAST_PYTHON:
        return Examination("environment", "python", "pass", told)
    wanted = ".".join(map(str, _LEAST_PYTHON))
    remedy = f"run make setup, which finds or fetches a Python {wanted}"
    return Examination("environment", "python", "fail", f"{told}, needs {wanted}", remedy)


def _processor() -> str:
    """Say which vectors compiled code may use; no bit depends on it, as the golden batch shows."""
    machine = platform.machine() or "unknown"
    if find_spec("llvmlite") is None:
        return machine
    from llvmlite.binding import get_host_cpu_features  # here: Numba brings it

    features = get_host_cpu_features()
    return ", ".join([machine, *(name for name in _VECTORS if features.get(name))])


def _libraries(models: Sequence[RiskModel]) -> Examination:
    """Compare versions; another one may grow other trees, and what it does to scores the golden batch says."""
    trained = {
        name: own for model in models for name, own in model.metadata.library_versions.items()
    }
    if not trained:
        found = (
            "no models to compare with" if not models else "the models do not say what trained them"
        )
        return Examination("environment", "libraries", "skipped", found)
    here = installed(trained)
    other = [
        f"{name} {here[name] or 'absent'} (trained with {own})"
        for name, own in sorted(trained.items())
        if here[name] != own
    ]
    if not other:
        told = ", ".join(f"{name} {own}" for name, own in sorted(trained.items()))
        return Examination("environment", "libraries", "pass", f"{told}, as in training")
    remedy = (
        "scores must still be equal, and the golden batch says whether they are; to train the same trees again, "
        "install these versions"
    )
    return Examination("environment", "libraries", "warn", "; ".join(other), remedy)


def installed(names: Mapping[str, str] | Sequence[str]) -> dict[str, str | None]:
    """Return the versions of Python and libraries here; None of what is not installed."""
    return {name: _installed(name) for name in names}


def _installed(name: str) -> str | None:
    if name == "python":
        return platform.python_version()
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _compiler() -> Examination:
    if find_spec("numba") is not None:
        return Examination("environment", "compiler", "pass", f"Numba {version('numba')}")
    return Examination(
        "environment",
        "compiler",
        "warn",
        "Numba is not installed: LightGBM explains, about 100 times slower, with other last digits",
        "install numba: reasons then have the bits other machines give",
    )


def _threads() -> str:
    return f"{processors()} processors, {pl.thread_pool_size()} threads of Polars"
