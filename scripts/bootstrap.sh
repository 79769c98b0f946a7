#!/bin/sh
# Makes .venv with the locked dependencies and this project (editable); does nothing when both are up to date.
#
# Works from any directory and with any default python3: a Python 3.13 is found by running candidates,
# because one on PATH can exist and fail (a pyenv shim does), and as a last resort uv fetches one.
#
# PYTHON=/path/to/python3.13   the one to use
# VENV=.venv                   where to make it; a relative path starts at the root of the repository
# USE_UV=0                     install with plain pip: slower, the same files and hashes
set -eu

WANT=3.13
LOCK=requirements/dev.lock
UV_LOCK=requirements/uv.lock
ROOT=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$ROOT"
VENV=${VENV:-.venv}
case $VENV in /*) ;; *) VENV=$ROOT/$VENV ;; esac

say() { printf 'bootstrap: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
runs() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' >/dev/null 2>&1; }
pip() { "$VENV/bin/python" -m pip --disable-pip-version-check "$@"; }

find_installed() {
  for candidate in "python$WANT" python3 python \
    "${PYENV_ROOT:-$HOME/.pyenv}/versions/$WANT".*/bin/"python$WANT" \
    "/usr/bin/python$WANT" "/usr/local/bin/python$WANT" "/opt/homebrew/bin/python$WANT" \
    "/Library/Frameworks/Python.framework/Versions/$WANT/bin/python$WANT"; do
    if runs "$candidate"; then echo "$candidate"; return; fi
  done
  return 1
}

find_with_uv() {  # $1: a uv, which may be missing
  "$1" --version >/dev/null 2>&1 || return 1
  found=$("$1" python find "$WANT" 2>/dev/null) && runs "$found" && echo "$found" && return
  UV_HTTP_RETRIES=1 "$1" python install --quiet "$WANT" >/dev/null 2>&1 && "$1" python find "$WANT" 2>/dev/null
}

find_with_borrowed_uv() {  # any Python 3 that can make a virtual environment can fetch uv
  borrowed=$(mktemp -d)
  found=
  for any in python3 /usr/bin/python3; do
    if "$any" -m venv "$borrowed" && "$borrowed/bin/python" -m pip install --quiet \
      --disable-pip-version-check --retries 1 --require-hashes --only-binary :all: -r "$UV_LOCK"; then
      found=$(find_with_uv "$borrowed/bin/uv") || found=
      break
    fi >/dev/null 2>&1
  done
  rm -rf "$borrowed"
  [ -n "$found" ] && echo "$found"
}

find_python() {
  if [ -n "${PYTHON:-}" ]; then
    if runs "$PYTHON"; then echo "$PYTHON"; return; fi
    die "PYTHON=$PYTHON is not a Python $WANT that runs."
  fi
  find_installed || find_with_uv uv || find_with_uv "${HOME:-}/.local/bin/uv" || find_with_borrowed_uv ||
    die "no Python $WANT found and none could be fetched: install one (apt install python$WANT" \
      "python$WANT-venv, brew install python@$WANT or pyenv install $WANT) or set PYTHON=/path/to/python$WANT."
}

make_venv() {
  python=$(find_python) || exit 1
  if [ "$VENV" != "$ROOT/.venv" ] && [ -e "$VENV" ] && [ ! -f "$VENV/pyvenv.cfg" ]; then
    die "$VENV exists and is not a virtual environment: move it away or set VENV to another path."
  fi
  say "making $VENV with $("$python" -c 'import sys; print(sys.executable, sys.version.split()[0])')"
  rm -f "$VENV/.stamp"  # first, so that an interrupted removal never looks finished
  rm -rf "$VENV"
  "$python" -m venv "$VENV" >/dev/null 2>&1 ||
    die "'$python -m venv $VENV' failed: on Debian and Ubuntu, apt install python$WANT-venv."
}

install_locked() {
  set -- --require-hashes --only-binary :all:
  if [ "${USE_UV:-1}" = 1 ] && pip install -qq "$@" -r "$UV_LOCK"; then
    # SYSTEM_CERTS: trust what the machine trusts, as pip does; compiled once, as pip does, and not at every start
    if UV_SYSTEM_CERTS=1 "$VENV/bin/uv" pip install --quiet --compile-bytecode --python "$VENV/bin/python" "$@" -r "$LOCK"; then
      return
    fi
    say "uv could not install the lock: trying pip, which reads this machine's pip settings"
  fi
  pip install -qq "$@" -r "$LOCK" || die "the packages in $LOCK could not be installed: pip's message above says why."
}

install_project() {  # with the locked setuptools and no index: nothing unlocked is fetched
  pip install -qq --no-deps --no-build-isolation --no-index --editable . ||
    die "the project itself could not be installed: pip's message above says why."
  pip check --quiet || die "$LOCK does not fit pyproject.toml: run 'make lock', then this again."
}

# A moved repository needs a new environment, and so does a changed lock; a changed pyproject.toml
# only needs the project installed again.
locked=$({ printf '%s\n' "$ROOT" "$VENV"; cat "$LOCK" "$UV_LOCK" scripts/bootstrap.sh; } | cksum)
complete="$locked / $(cksum <pyproject.toml)"
stamp=
if [ -f "$VENV/.stamp" ] && runs "$VENV/bin/python"; then stamp=$(cat "$VENV/.stamp"); fi
if [ "$stamp" = "$complete" ]; then exit 0; fi
case $stamp in
  "$locked"*) ;;
  *)
    make_venv
    install_locked
    echo "$locked" >"$VENV/.stamp"
    ;;
esac
install_project
echo "$complete" >"$VENV/.stamp"
say "ready: $VENV"
