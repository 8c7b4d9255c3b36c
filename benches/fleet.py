#!/usr/bin/env python3
"""How close to the best plan, how soon, in how much memory: the whole process, reading included.

    benches/fleet.py [--seeds 1 2 3 4 5] [--sizes xs s m l xl] [--cargo-options ...]

Builds prescale twice, by default and with the feature `highs` (in target/highs), draws the tables
once (in target/fleet-tables), and prints for each row of the goals and each table the gap, the time
elapsed, the time on processors (what counts while other work runs beside it) and the memory; then
the median against the goal. Ends with 1 where a median misses its goal or a run takes more than
three times as long. Needs numpy.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "target"
# Size, build, the gap asked for, the seconds that are the goal, and MiB where they are one.
GOALS = [
    ("xs", "default", 0.0, 0.1, None),
    ("s", "default", 1e-3, 0.3, None),
    ("s", "highs", 1e-6, 2.5, None),
    ("m", "default", 1e-3, 0.5, None),
    ("m", "highs", 1e-4, 6.0, None),
    ("l", "default", 1e-3, 2.0, None),
    ("l", "default", 5e-4, 10.0, None),
    ("xl", "default", 1e-3, 8.0, 1536),
]


def build(features, folder, options):
    command = ["cargo", "build", "--release", "--bin", "prescale", "--target-dir", folder]
    subprocess.run([*command, *features, *options], cwd=HERE.parent, check=True)
    return folder / "release" / "prescale"


def table(size, seed):
    folder = TARGET / "fleet-tables" / f"{size}-{seed}"
    if not (folder / "limits.toml").exists():
        subprocess.run([sys.executable, HERE / "fleet_tables.py", size, str(seed), folder], check=True)
    return folder


def run(binary, folder, gap, limit):
    """The answer, seconds elapsed, seconds on processors, MiB."""
    asked = ["--options", folder / "options.csv", "--limits", folder / "limits.toml"]
    asked += ["--gap", repr(gap), "--time-limit", f"{limit}s", "--format", "json"]
    start = time.perf_counter()
    process = subprocess.Popen([binary, "fleet", *asked], stdout=subprocess.PIPE)
    answer = process.stdout.read()
    _, _, used = os.wait4(process.pid, 0)
    elapsed = time.perf_counter() - start
    return json.loads(answer), elapsed, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--sizes", nargs="+", default=["xs", "s", "m", "l", "xl"])
    parser.add_argument("--cargo-options", nargs="*", default=[], help="more options of cargo build")
    asked = parser.parse_args()
    goals = [goal for goal in GOALS if goal[0] in asked.sizes]
    binaries = {"default": build([], TARGET, asked.cargo_options)}
    if any(goal[1] == "highs" for goal in goals):
        features = ["--features", "highs"]
        binaries["highs"] = build(features, TARGET / "highs", asked.cargo_options)

    missed = False
    print("size build    asked    seed  gap      elapsed_s  cpu_s   MiB")
    for size, name, gap, seconds, memory in goals:
        times, processor, peaks, proven = [], [], [], True
        for seed in asked.seeds:
            # Three times the goal is more than any run may take.
            answer, elapsed, cpu, mib = run(binaries[name], table(size, seed), gap, 3 * seconds)
            times.append(elapsed)
            processor.append(cpu)
            peaks.append(mib)
            proven = proven and answer["status"] == "optimal"
            shown = "-" if answer["gap"] is None else f"{answer['gap']:.1e}"
            print(f"{size:4} {name:8} {gap:<8.0e} {seed:4}  {shown:8} {elapsed:9.3f}  {cpu:5.2f} {mib:5.0f}", flush=True)
        median = statistics.median(times)
        kept = proven and median <= seconds and max(times) <= 3 * seconds
        kept = kept and (memory is None or max(peaks) <= memory)
        missed = missed or not kept
        print(f"{size:4} {name:8} {gap:<8.0e}       {'reached' if kept else 'MISSED'}: median {median:.3f} s"
              f" ({statistics.median(processor):.2f} s on processors), goal {seconds} s", flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
