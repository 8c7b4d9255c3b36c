#!/usr/bin/env python3
"""prescale beside general solvers on the same fleets: objective, gap, time and memory.

    benches/peers/fleet.py [--seeds 1] [--sizes xs s m l xl] [--time-limit 60] [--gap 1e-4]
    benches/peers/fleet.py --options options.csv --limits limits.toml

One after the other on one processor, with one thread and the same limit and gap. `elapsed_s` is the
whole process, reading the table included, which the peers do in Python; `solving_s` is what they
need after that, with building their model. Needs target/release/prescale and, where it is there,
target/highs/release/prescale (`benches/fleet.py` builds both); CBC from Debian (coinor-cbc), and
numpy highspy ortools pyscipopt from pip.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent.parent / "target"
PEERS = ["highs", "cp-sat", "scip", "cbc"]


def one_processor():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def run(command, patience):
    """The JSON that a command prints, the seconds elapsed, and its MiB; none where it gives none."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        preexec_fn=one_processor, start_new_session=True,
    )
    try:
        text, _ = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        # Also what it has started itself.
        os.killpg(process.pid, 9)
        process.communicate()
        return None, time.perf_counter() - start
    elapsed = time.perf_counter() - start
    # Some greet before.
    lines = [line for line in text.splitlines() if line.startswith("{")]
    try:
        return json.loads(lines[-1] if lines else ""), elapsed
    except ValueError:
        return None, elapsed


def row(name, objective, bound, elapsed, solving, mib):
    known = objective is not None and bound is not None
    gap = "-" if not known else f"{max(0.0, (objective - bound) / objective) if objective else 0.0:.1e}"
    shown = lambda value, form: "-" if value is None else format(value, form)
    print(f"  {name:14} {shown(objective, '.3f'):>14}  {gap:>8} {elapsed:9.2f} {shown(solving, '.2f'):>9}"
          f" {shown(mib, '.0f'):>6}", flush=True)


def compare(options, limits, asked):
    print(f"  {'solver':14} {'objective':>14}  {'gap':>8} {'elapsed_s':>9} {'solving_s':>9} {'MiB':>6}")
    ours = [("prescale", TARGET / "release" / "prescale")]
    ours += [("prescale+highs", TARGET / "highs" / "release" / "prescale")]
    for name, binary in ours:
        if not binary.exists():
            print(f"  {name}: {binary} is not there")
            continue
        peak = "import json, os, resource, subprocess, sys\n" \
            "answer = json.loads(subprocess.run(sys.argv[1:], stdout=subprocess.PIPE).stdout)\n" \
            "answer['mib'] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024\n" \
            "print(json.dumps(answer))"
        command = [binary, "fleet", "--options", options, "--limits", limits, "--gap", repr(asked.gap)]
        command += ["--time-limit", f"{asked.time_limit}s", "--threads", "1", "--format", "json"]
        answer, elapsed = run([sys.executable, "-c", peak, *command], asked.time_limit * 3 + 120)
        answer = answer or {}
        row(name, answer.get("objective"), answer.get("bound"), elapsed, None, answer.get("mib"))
    for name in PEERS:
        command = [sys.executable, HERE / "solve.py", name, options, limits]
        command += ["--time-limit", str(asked.time_limit), "--gap", repr(asked.gap)]
        # Some build their model for longer than they may solve.
        answer, elapsed = run(command, asked.time_limit * 3 + 120)
        answer = answer or {}
        row(name, answer.get("objective"), answer.get("bound"), elapsed, answer.get("solving_s"), answer.get("mib"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--options", type=Path)
    parser.add_argument("--limits", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--sizes", nargs="+", default=["xs", "s", "m", "l", "xl"])
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--gap", type=float, default=1e-4)
    asked = parser.parse_args()
    if asked.options and asked.limits:
        print(asked.options)
        return compare(asked.options, asked.limits, asked)
    for size in asked.sizes:
        for seed in asked.seeds:
            folder = TARGET / "fleet-tables" / f"{size}-{seed}"
            if not (folder / "limits.toml").exists():
                tables = HERE.parent / "fleet_tables.py"
                subprocess.run([sys.executable, tables, size, str(seed), folder], check=True)
            print(f"{size}, seed {seed}")
            compare(folder / "options.csv", folder / "limits.toml", asked)


if __name__ == "__main__":
    main()
