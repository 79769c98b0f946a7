#!/bin/sh
# Asks a public database (PyPI's, or OSV's with ARGS="--vulnerability-service osv") for known weaknesses of everything locked.
# Exits with 0 where none is known, 1 where one is, and 3 where the database could not be asked, so that nothing is known.
# pip-audit comes from a lock of its own into an environment of its own; arguments go to it.
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd -P)
VENV=${VENV:-$ROOT/.venv}
case $VENV in /*) ;; *) VENV=$ROOT/$VENV ;; esac
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$VENV/bin/python" -m venv --without-pip "$scratch/env"
UV_SYSTEM_CERTS=1 "$VENV/bin/uv" pip install --quiet --python "$scratch/env/bin/python" --require-hashes --only-binary :all: \
  -r "$ROOT/requirements/audit.lock"
found=0
for lock in runtime dev uv audit; do
  if ! "$scratch/env/bin/python" -m pip_audit --disable-pip --require-hashes --strict --progress-spinner off --desc on \
    --format columns --output "$scratch/$lock.txt" --requirement "$ROOT/requirements/$lock.lock" "$@" 2>"$scratch/$lock.log"; then
    if ! grep -q '^Found .* known vulnerabilit' "$scratch/$lock.log"; then
      tail -3 "$scratch/$lock.log" >&2
      echo "audit: requirements/$lock.lock was NOT audited: the database could not be asked (see above)." >&2
      exit 3
    fi
    cat "$scratch/$lock.txt"
    found=1
  fi
  echo "audit: requirements/$lock.lock: $(tail -1 "$scratch/$lock.log")"
done
exit $found
