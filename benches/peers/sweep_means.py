#!/usr/bin/env python3
"""The grid of a million rows by prescale, numpy and DuckDB, each as a process of its own.

    sweep_means.py [PRESCALE]

min 0-100 x max 100-200 x desired 1-100, 1,020,100 rows. With fixed phases the mean of a rollout has
a formula that vectors can do, and all three have to agree on every row. Then the same formula with
means in the place of laws is held against the laws of the same scenario with spread, on every tenth
value of each key: how far such a notebook is off.

Needs numpy and duckdb from pip.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
INPUTS = FOLDER.parent / "inputs"

# Of inputs/million-rows-fixed.toml [s]. Without a load balancer a task counts as healthy 40 s after
# it runs; the rest is as stated there.
START, CHECKED, STOP, REACTION = 45.0, 40.0, 5.0, 20.0

# Of inputs/million-rows.toml, in the mean: a target is healthy at the first check that passes, half
# an interval after it is ready and, where two failed before, four checks later; it drains for 300 s.
# Ready after 75 s with checks every 30 s, two have always failed but for the quickest starts.
BALANCED = 75.0 + 15.0 + 4 * 30.0
DRAINED = 300.0


def by_numpy(out):
    import numpy as np

    minimum, maximum, desired = np.meshgrid(
        np.arange(101), np.arange(100, 201), np.arange(1, 101), indexing="ij")
    new, done = means(np, minimum, maximum, desired, START + CHECKED, STOP)
    np.save(out, np.stack([column.ravel() for column in (minimum, maximum, desired, new, done)]))


def means(np, minimum, maximum, desired, healthy, drain):
    """Means of both clocks [s]; NaN where nothing can move."""
    lower = -(-desired * minimum // 100)
    surge = np.minimum(desired * maximum // 100 - desired, desired)
    slack = desired - lower
    units = np.maximum(surge + slack, 1)
    cycle = healthy + REACTION + drain + REACTION

    def begins(n):
        """Start of the n-th task: surge units begin with one, slack units with a drain."""
        return (n - 1) // units * cycle + np.where((n - 1) % units < surge, 0.0, drain + REACTION)

    last_healthy = begins(desired) + healthy
    stops = desired - slack
    last_stop = np.where(stops > 0, begins(np.maximum(stops, 1)) + healthy + REACTION, 0.0) + drain
    moves = surge + slack > 0
    new = np.where(moves, REACTION + last_healthy, np.nan)
    done = np.where(moves, np.maximum(last_healthy, last_stop) + 2 * REACTION, np.nan)
    return new, done


def by_duckdb(out):
    import duckdb

    duckdb.sql("set threads = 2")
    healthy, drain = START + CHECKED, STOP
    cycle = healthy + REACTION + drain + REACTION
    begins = f"""((n - 1) // units * {cycle}
        + case when (n - 1) % units < surge then 0.0 else {drain + REACTION} end)"""
    duckdb.sql(f"""
        create macro begins(n, units, surge) as {begins};
        copy (
            with bounds as (
                select minimum, maximum, desired,
                    least(desired * maximum // 100 - desired, desired) as surge,
                    desired - (desired * minimum + 99) // 100 as slack,
                    greatest(surge + slack, 1) as units,
                from range(0, 101) a(minimum), range(100, 201) b(maximum), range(1, 101) c(desired)
            ), ends as (
                select *, begins(desired, units, surge) + {healthy} as last_healthy,
                    case when desired > slack
                        then begins(desired - slack, units, surge) + {healthy + REACTION}
                        else 0.0 end + {drain} as last_stop,
                from bounds
            )
            select minimum, maximum, desired,
                case when surge + slack > 0 then {REACTION} + last_healthy end as new_version,
                case when surge + slack > 0
                    then greatest(last_healthy, last_stop) + {2 * REACTION} end as completed,
            from ends order by all
        ) to '{out}' (format parquet, compression snappy)""")


def measured(name, command):
    begin = time.perf_counter()
    child = subprocess.Popen(command)
    _, status, usage = os.wait4(child.pid, 0)
    elapsed = time.perf_counter() - begin
    if status:
        sys.exit(f"{name}: failed")
    rows = 101 * 101 * 100
    print(f"{name:28} {elapsed:8.2f} s {usage.ru_utime + usage.ru_stime:8.2f} s of processors"
          f" {rows / elapsed / 1e6:8.3f} million rows/s {usage.ru_maxrss / 1024:7.0f} MiB",
          flush=True)


def sweep(prescale, scenario, out, step=1):
    return [prescale, "sweep", str(INPUTS / scenario),
            "--vary", f"deployment.minimum_healthy_percent=0..100:{step}",
            "--vary", f"deployment.maximum_percent=100..200:{step}",
            "--vary", f"service.desired_count=1..100:{step}", "-o", out]


def main():
    if sys.argv[1:2] == ["--numpy"]:
        return by_numpy(sys.argv[2])
    if sys.argv[1:2] == ["--duckdb"]:
        return by_duckdb(sys.argv[2])
    import duckdb
    import numpy as np

    prescale = sys.argv[1] if len(sys.argv) > 1 else "prescale"
    with tempfile.TemporaryDirectory() as folder:
        ours, csv, theirs, arrays, spread = (
            f"{folder}/{name}"
            for name in ["p.parquet", "p.csv", "d.parquet", "n.npy", "s.parquet"])
        measured("prescale, CSV", sweep(prescale, "million-rows-fixed.toml", csv))
        measured("prescale, Parquet", sweep(prescale, "million-rows-fixed.toml", ours))
        measured("numpy, means to npy", [sys.executable, __file__, "--numpy", arrays])
        measured("DuckDB, means to Parquet", [sys.executable, __file__, "--duckdb", theirs])

        keys = ('"deployment.minimum_healthy_percent"', '"deployment.maximum_percent"',
                '"service.desired_count"')
        clocks = "new_version_s_mean, completed_s_mean"
        read = lambda path, columns: np.stack([
            np.ma.filled(column.astype(float), np.nan) for column in duckdb.sql(
                f"select {columns} from '{path}' order by {columns.split(', new')[0]}"
            ).fetchnumpy().values()])
        found = {
            "prescale": read(ours, f"{', '.join(keys)}, {clocks}"),
            "DuckDB": read(theirs, "minimum, maximum, desired, new_version, completed"),
            "numpy": np.load(arrays),
        }
        for name in ["numpy", "DuckDB"]:
            difference = np.abs(found[name] - found["prescale"])
            both_empty = np.isnan(found[name]) & np.isnan(found["prescale"])
            worst = np.where(both_empty, 0.0, difference).max()
            print(f"{name} differs from prescale by at most {worst:.1e} s over"
                  f" {difference.shape[1]:,} rows")
            if not worst < 1e-6:
                sys.exit("they do not agree")

        subprocess.run(sweep(prescale, "million-rows.toml", spread, 10), check=True)
        minimum, maximum, desired, new, done = read(spread, f"{', '.join(keys)}, {clocks}")
        told = means(np, minimum.astype(int), maximum.astype(int), desired.astype(int),
                     START + BALANCED, DRAINED + STOP)
        for name, law, mean in [("new version", new, told[0]), ("completed", done, told[1])]:
            off = (mean - law) / law
            off = off[~np.isnan(off)]
            print(f"means in the place of laws, {name}: {100 * off.min():+.1f} % to"
                  f" {100 * off.max():+.1f} %, {100 * np.abs(off).mean():.1f} % in the mean"
                  f" over {len(off):,} rows")


if __name__ == "__main__":
    main()
