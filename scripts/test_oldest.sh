#!/bin/sh
# Runs tests with the oldest release of every direct dependency that pyproject.toml allows, in an environment of its own.
# Arguments go to pytest; without any a selection runs that reads, checks, scores, serves and fetches.
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd -P)
VENV=${VENV:-$ROOT/.venv}
case $VENV in /*) ;; *) VENV=$ROOT/$VENV ;; esac
cd "$ROOT"
[ $# -gt 0 ] || set -- tests/batch tests/config tests/features tests/models tests/scoring tests/api/test_agreement.py tests/intake
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$VENV/bin/python" -m venv --without-pip "$scratch/env"
UV_SYSTEM_CERTS=1 "$VENV/bin/uv" pip install --quiet --python "$scratch/env/bin/python" --resolution lowest-direct \
  --only-binary :all: --no-binary aml-miner-template --editable '.[dev]'
"$scratch/env/bin/python" -m pytest -q --no-cov -p no:cacheprovider "$@"
