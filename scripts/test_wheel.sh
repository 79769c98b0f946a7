#!/bin/sh
# Installs the wheel of dist/ with the locked runtime alone and tries it from a folder of its own, where no source is:
# every route answers by the models that come along, no development package is imported, and with the extra the demo runs.
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd -P)
VENV=${VENV:-$ROOT/.venv}
case $VENV in /*) ;; *) VENV=$ROOT/$VENV ;; esac
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
wheel=$(ls "$ROOT"/dist/*.whl)
"$VENV/bin/python" -m venv --without-pip "$scratch/env"
UV_SYSTEM_CERTS=1 "$VENV/bin/uv" pip install --quiet --python "$scratch/env/bin/python" --require-hashes --only-binary :all: \
  -r "$ROOT/requirements/runtime.lock"
UV_SYSTEM_CERTS=1 "$VENV/bin/uv" pip install --quiet --python "$scratch/env/bin/python" --no-deps --no-index "$wheel"
cd "$scratch"
program=$scratch/env/bin/aml-miner
"$program" --version
"$program" validate-api --calls 3 >report.md || { cat report.md; exit 1; }
env/bin/python -c '
import sys
import aml_miner.cli.commands, aml_miner.scoring, aml_miner.api.app
assert aml_miner.__file__.startswith(sys.prefix), aml_miner.__file__
extra = {"pytest", "hypothesis", "mypy", "matplotlib", "shap", "moto", "pandas", "sklearn", "optuna"} & set(sys.modules)
assert not extra, extra
'
# the demo monitors and trains, which the extra `train` is for
grep -E '^[^ ]+==' "$ROOT/requirements/dev.lock" | sed 's/ *\\$//' >constraints.txt
UV_SYSTEM_CERTS=1 "$VENV/bin/uv" pip install --quiet --python "$scratch/env/bin/python" --constraint constraints.txt "$wheel[train]"
"$program" demo --out demo >demo.txt || { tail -5 demo.txt; exit 1; }
echo "the wheel works"
