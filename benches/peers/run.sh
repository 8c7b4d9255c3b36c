#!/usr/bin/env bash
# prescale beside general solvers on one fleet: objective, gap, time, memory of the whole process.
#   run.sh OPTIONS LIMITS [SECONDS] [GAP]
# Needs prescale on the path, CBC from Debian (coinor-cbc), and from pip: highspy ortools pyscipopt.
set -euo pipefail
folder=$(cd "$(dirname "$0")" && pwd)
options=$1 limits=$2 seconds=${3:-60} gap=${4:-1e-4}

python3 - "$options" "$limits" "$seconds" "$gap" <<'PYTHON'
import json, resource, subprocess, sys, time
options, limits, seconds, gap = sys.argv[1:]
start = time.perf_counter()
run = subprocess.run(
    ["prescale", "fleet", "--options", options, "--limits", limits, "--time-limit", f"{seconds}s",
     "--gap", gap, "--format", "json"], capture_output=True, text=True, check=False)
seconds = time.perf_counter() - start
answer = json.loads(run.stdout)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
shown = lambda value, form: "-" if value is None else format(value, form)
print(f"{'prescale':8} {shown(answer['objective'], '.3f'):>14} {shown(answer['gap'], '.1e'):>8}"
      f" {seconds:8.2f} s {peak:8.0f} MiB")
PYTHON
for solver in highs cp-sat scip cbc; do
    # A peer that runs out of time while it builds its model has nothing to say.
    timeout "$((seconds * 2 + 30))" python3 "$folder/solve.py" "$solver" "$options" "$limits" \
        --time-limit "$seconds" --gap "$gap" || echo "$solver: no answer"
done
