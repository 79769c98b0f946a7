#!/bin/sh
# Tries the wheel of dist/ where no source is: from a folder of its own, in environments that hold the wheel and locked packages alone.
# With the runtime lock every module is imported, every route answers by the models that come along, and the demo runs;
# what only developers have is not there to be imported. With the dev lock tests run against the installed wheel.
# Arguments go to pytest instead of the selection of tests.
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd -P)
VENV=${VENV:-$ROOT/.venv}
case $VENV in /*) ;; *) VENV=$ROOT/$VENV ;; esac
[ $# -gt 0 ] || set -- tests/batch tests/features tests/models tests/scoring tests/api/test_agreement.py
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
wheel=$(ls "$ROOT"/dist/*.whl)
environment() {  # $1: its folder; $2: the lock
  "$VENV/bin/python" -m venv --without-pip "$1"
  UV_SYSTEM_CERTS=1 "$VENV/bin/uv" pip install --quiet --python "$1/bin/python" --require-hashes --only-binary :all: -r "$2"
  UV_SYSTEM_CERTS=1 "$VENV/bin/uv" pip install --quiet --python "$1/bin/python" --no-deps --no-index "$wheel"
}

environment "$scratch/user" "$ROOT/requirements/runtime.lock"
mkdir "$scratch/empty"
cd "$scratch/empty"
program=$scratch/user/bin/aml-miner
"$program" --version
"$scratch/user/bin/python" -c '
import importlib, pkgutil, sys
import aml_miner
assert aml_miner.__file__.startswith(sys.prefix), aml_miner.__file__
names = [found.name for found in pkgutil.walk_packages(aml_miner.__path__, "aml_miner.")]
for name in names:
    if name != "aml_miner.__main__":
        importlib.import_module(name)
print(len(names), "modules imported with the runtime lock alone")
'
"$program" validate-api --calls 3 >report.md || { cat report.md; exit 1; }
"$program" demo --out demo >demo.txt || { tail -5 demo.txt; exit 1; }
echo "demo: $(grep -c . demo.txt) lines, $("$program" digest demo/results | tail -1)"

environment "$scratch/developer" "$ROOT/requirements/dev.lock"
git -C "$ROOT" ls-files -z -- . ':!aml_miner' | (cd "$ROOT" && tar --null --files-from - -cf -) | tar -xf - -C "$scratch/empty"
[ ! -e aml_miner ]
"$scratch/developer/bin/python" -m pytest -q --no-cov -p no:cacheprovider --override-ini testpaths=tests "$@"
echo "the wheel works"
