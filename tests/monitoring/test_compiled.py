import subprocess
import sys
from pathlib import Path

from aml_miner.simulation import SimulationConfig, simulate_economy

TWICE = """
import pkgutil, sys
import polars as pl
import aml_miner.monitoring
from aml_miner.monitoring.monitoring import monitor_transfers
from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.transfers import make_transfers
monitor_transfers(make_transfers(pl.read_parquet(sys.argv[1])), load_profile(), network="n")
compiled = {
    f"{name}.{each.__name__}": each
    for name, module in sys.modules.items()
    if name.startswith("aml_miner.monitoring")
    for each in vars(module).values()
    if hasattr(each, "nopython_signatures") and each.__module__ == name
}
loaded = {name: len(each.nopython_signatures) for name, each in compiled.items()}
print(len([name for name, times in loaded.items() if times]), [n for n, times in loaded.items() if times > 1])
"""


def test_no_compiled_function_is_loaded_for_two_kinds_of_arrays(tmp_path: Path) -> None:
    """Each load takes milliseconds, and torus is monitored in some hundred."""
    economy = simulate_economy(SimulationConfig(accounts=300, days=7))
    economy.transfers.write_parquet(tmp_path / "transfers.parquet")
    command = [sys.executable, "-c", TWICE, str(tmp_path / "transfers.parquet")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    count, twice = done.stdout.split(maxsplit=1)
    assert int(count) > 20
    assert twice.strip() == "[]"
