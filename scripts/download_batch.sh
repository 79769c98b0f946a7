#!/bin/sh
# Fetches the batches of a range of dates: scripts/download_batch.sh START END OUTPUT [option of aml-miner fetch ...]
# Where from, whose and which windows: SOURCE_URL, NETWORK and WINDOWS in the environment or .env, or as options.
set -eu
if [ $# -lt 3 ]; then
  echo "usage: $0 START END OUTPUT [--source URL] [--network NAME] [--window DAYS]; dates as 2025-11-20" >&2
  exit 2
fi
start=$1 end=$2 output=$3
shift 3
here=$(cd "$(dirname "$0")/.." && pwd -P)
program=$here/.venv/bin/aml-miner
[ -x "$program" ] || program=aml-miner
exec "$program" fetch --from "$start" --to "$end" --out "$output" "$@"
