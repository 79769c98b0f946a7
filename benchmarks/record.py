"""What every record of a measurement says besides its figures."""

import platform
import subprocess
from importlib.metadata import version


def circumstances() -> dict[str, object]:
    """Return the commit, machine and versions a figure was measured with."""
    return {
        "commit": _commit(),
        "machine": f"{platform.machine()} {platform.system()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("lightgbm", "polars", "numpy", "numba")},
    }


def _commit() -> str:
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or "unknown"
