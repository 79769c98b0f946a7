#!/bin/sh
# Runs tests in an environment of its own, with other dependencies than the locked ones: scripts/test_versions.sh WHICH [TEST ...]
# WHICH is `oldest`, the oldest release of every direct dependency that pyproject.toml allows, or `newest`, the newest of all.
# Without tests a selection runs that reads, checks, scores, serves and fetches; arguments go to pytest.
set -eu
case ${1:-} in
  oldest) resolution=lowest-direct ;;
  newest) resolution=highest ;;
  *) echo "usage: $0 oldest|newest [TEST ...]" >&2; exit 2 ;;
esac
which=$1
shift
ROOT=$(cd "$(dirname "$0")/.." && pwd -P)
VENV=${VENV:-$ROOT/.venv}
case $VENV in /*) ;; *) VENV=$ROOT/$VENV ;; esac
cd "$ROOT"
[ $# -gt 0 ] || set -- tests/batch tests/config tests/features tests/models tests/scoring tests/api/test_agreement.py tests/intake
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
uv() { UV_SYSTEM_CERTS=1 "$VENV/bin/uv" --quiet pip "$@" --python "$scratch/env/bin/python"; }
"$VENV/bin/python" -m venv --without-pip "$scratch/env"
uv install --resolution "$resolution" --only-binary :all: --no-binary aml-miner-template --editable '.[dev]'
echo "$which: releases that differ from requirements/dev.lock:"
uv freeze --exclude-editable | sort >"$scratch/installed"
grep -oE '^[^ ]+==[^ ;]+' requirements/dev.lock | sort | comm -23 "$scratch/installed" - | sed 's/^/  /'
"$scratch/env/bin/python" -m pytest -q --no-cov -p no:cacheprovider "$@"
