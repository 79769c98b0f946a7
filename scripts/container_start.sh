#!/bin/sh
# What a container starts: the program, with the functions that were compiled when the image was built at hand.
# They are copied, because the program adds to them and the image's own files are read-only.
set -eu
if [ ! -d "$NUMBA_CACHE_DIR" ] && [ -d /opt/compiled ]; then
  cp -R /opt/compiled "$NUMBA_CACHE_DIR.$$" && mv "$NUMBA_CACHE_DIR.$$" "$NUMBA_CACHE_DIR"
fi
exec aml-miner "$@"
