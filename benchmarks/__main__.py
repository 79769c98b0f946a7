"""Measure the speed of scoring: ``python -m benchmarks [NAME…]``, each in a process of its own, all by default.

``scoring``: 50 000 alerts of a simulated economy; ``full_day``: 50 000 alerts over 500 000 addresses drawn at random;
``one_alert``: calls of the library for one alert; ``explaining``: contributions beside LightGBM's and the shap
package's; ``serving``: load on a server. Each has options of its own: ``python -m benchmarks.full_day --help``.
"""

import argparse
import subprocess
import sys

_NAMES = ("scoring", "full_day", "one_alert", "explaining", "serving")


def main() -> None:
    """Run the benchmarks named, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=" ".join(_NAMES))
    for name in parser.parse_args().names or _NAMES:
        if name not in _NAMES:
            parser.error(f"'{name}' is none of {', '.join(_NAMES)}")
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)


if __name__ == "__main__":
    main()
