#!/bin/sh
# Writes requirements/*.lock from pyproject.toml: every version and hash, for every platform, without an index address.
# Pins that still fit are kept. Arguments go to uv: `make lock ARGS=--upgrade` takes the newest of everything,
# `make lock ARGS='--upgrade-package polars'` of one package.
set -eu

ROOT=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$ROOT"
VENV=${VENV:-.venv}

for uv in "$VENV/bin/uv" uv "${HOME:-}/.local/bin/uv" ''; do
  if [ -z "$uv" ]; then echo "lock: no uv found: run 'make setup' first." >&2; exit 1; fi
  if "$uv" --version >/dev/null 2>&1; then break; fi
done

compile() {  # $1: the lock to write; then its sources and options
  lock=requirements/$1
  shift
  UV_SYSTEM_CERTS=1 "$uv" --no-config pip compile --quiet --universal --python-version 3.13 \
    --generate-hashes --only-binary :all: --no-header --no-annotate --output-file "$lock" "$@"
  if grep -nE '://|file:|^[[:space:]]*-(-index|-extra|-find|-trusted|[ief])' "$lock"; then
    echo "lock: $lock names a place (see above); it may hold only names, versions, markers and hashes." >&2
    exit 1
  fi
  echo "lock: $lock, $(grep -c '==' "$lock") packages"
}

compile dev.lock --extra dev pyproject.toml "$@"
compile runtime.lock --constraints requirements/dev.lock pyproject.toml "$@"
echo uv | compile uv.lock - "$@"
echo pip-audit | compile audit.lock - "$@"
