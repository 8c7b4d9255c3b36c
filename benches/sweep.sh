#!/usr/bin/env bash
# Rows per second of a sweep over min 0-100, max 100-200 and desired 1-100, whole process.
# Usage: benches/sweep.sh [STEP]: every STEP-th value of each key; 1 is 1,020,100 rows.
set -euo pipefail
cd "$(dirname "$0")/.."
step=${1:-1}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
TIMEFORMAT='%R s elapsed, %U s user, %S s system'
time target/release/prescale sweep benches/inputs/million-rows.toml \
    --vary "deployment.minimum_healthy_percent=0..100:$step" \
    --vary "deployment.maximum_percent=100..200:$step" \
    --vary "service.desired_count=1..100:$step" -o "$out/rows.csv"
tail -n +2 "$out/rows.csv" | awk -F, '
    { rows++; if (!(($3, $6, $7) in seen)) { seen[$3, $6, $7]; bounds++ } }
    END { print rows " rows, " bounds " distinct bounds" }'
printf '%s bytes\n' "$(stat -c %s "$out/rows.csv")"
