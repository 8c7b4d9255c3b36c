#!/usr/bin/env python3
"""Solves a fleet by a general solver, with one thread, and prints a line of JSON.

    solve.py SOLVER OPTIONS LIMITS [--time-limit SECONDS] [--gap SHARE]

SOLVER: highs | cp-sat | scip | cbc. The time limit is the solver's own: reading the files and
building its model come before.
"""

import argparse
import json
import resource
import subprocess
import tempfile
import time

from instance import Instance


def highs(instance, seconds, gap):
    import highspy
    import numpy as np

    model = highspy.Highs()
    for name, value in [("output_flag", False), ("threads", 1), ("mip_rel_gap", gap), ("time_limit", seconds)]:
        model.setOptionValue(name, value)
    count = len(instance.minutes)
    program = highspy.HighsLp()
    program.num_col_ = count + len(instance.hosts)
    program.num_row_ = len(instance.rows)
    program.col_cost_ = np.array(instance.minutes + [0.0] * len(instance.hosts))
    program.col_lower_ = np.zeros(program.num_col_)
    program.col_upper_ = np.array([1.0] * count + [float(most) for most in instance.hosts_max])
    program.row_lower_ = np.array([row[1] for row in instance.rows])
    program.row_upper_ = np.array([row[2] for row in instance.rows])
    starts = np.cumsum([0] + [len(row[0]) for row in instance.rows])
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = starts
    program.a_matrix_.index_ = np.array([i for row in instance.rows for i, _ in row[0]])
    program.a_matrix_.value_ = np.array([value for row in instance.rows for _, value in row[0]])
    program.integrality_ = [highspy.HighsVarType.kInteger] * program.num_col_
    model.passModel(program)
    model.run()
    info = model.getInfo()
    return info.objective_function_value, info.mip_dual_bound


def cp_sat(instance, seconds, gap):
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    weighted = cp_model.LinearExpr.weighted_sum
    variables = [model.new_bool_var("") for _ in instance.minutes]
    variables += [model.new_int_var(0, most, "") for most in instance.hosts_max]
    # Decimals of the table as whole numbers: three of them are exact.
    for row, lower, upper in instance.rows:
        whole = weighted([variables[i] for i, _ in row], [round(value * 1000) for _, value in row])
        if lower == upper:
            model.add(whole == round(upper * 1000))
        else:
            model.add(whole <= round(upper * 1000))
    minutes = [round(minutes * 1000) for minutes in instance.minutes]
    model.minimize(weighted(variables[: len(minutes)], minutes))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.relative_gap_limit = gap
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return solver.objective_value / 1000 if found else None, solver.best_objective_bound / 1000


def scip(instance, seconds, gap):
    from pyscipopt import Model, quicksum

    model = Model()
    model.hideOutput()
    model.setParam("limits/time", seconds)
    model.setParam("limits/gap", gap)
    variables = [model.addVar(vtype="B", obj=minutes) for minutes in instance.minutes]
    variables += [model.addVar(vtype="I", ub=most) for most in instance.hosts_max]
    for row, lower, upper in instance.rows:
        left = quicksum(value * variables[i] for i, value in row)
        model.addCons(left == upper if lower == upper else left <= upper)
    model.optimize()
    return (model.getObjVal() if model.getNSols() else None), model.getDualbound()


def cbc(instance, seconds, gap):
    count = len(instance.minutes)
    with tempfile.NamedTemporaryFile("w", suffix=".lp") as file:
        terms = lambda row: " ".join(f"{value:+.12g} x{i}" for i, value in row)
        file.write("Minimize\n obj: " + terms(enumerate(instance.minutes)) + "\nSubject To\n")
        for number, (row, lower, upper) in enumerate(instance.rows):
            file.write(f" r{number}: {terms(row)} {'=' if lower == upper else '<='} {upper:.12g}\n")
        file.write("Bounds\n")
        for i, most in zip(instance.hosts.values(), instance.hosts_max):
            file.write(f" x{i} <= {most}\n")
        file.write("Binaries\n" + "\n".join(f" x{i}" for i in range(count)))
        file.write("\nGenerals\n" + "\n".join(f" x{i}" for i in instance.hosts.values()) + "\nEnd\n")
        file.flush()
        arguments = ["cbc", file.name, "-timem", "elapsed", "-ratio", str(gap), "-sec", str(seconds), "-solve", "-quit"]
        log = subprocess.run(arguments, capture_output=True, text=True, check=False).stdout
    found = {"objective": None, "bound": None}
    for line in log.splitlines():
        key, _, value = line.partition(":")
        if key == "Objective value":
            found["objective"] = float(value)
        elif key == "Lower bound":
            found["bound"] = float(value)
    optimal = "Optimal solution found" in log and found["bound"] is None
    return found["objective"], found["objective"] if optimal else found["bound"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("solver", choices=["highs", "cp-sat", "scip", "cbc"])
    parser.add_argument("options")
    parser.add_argument("limits")
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--gap", type=float, default=1e-4)
    asked = parser.parse_args()
    instance = Instance(asked.options, asked.limits)
    solve = {"highs": highs, "cp-sat": cp_sat, "scip": scip, "cbc": cbc}[asked.solver]
    start = time.perf_counter()
    objective, bound = solve(instance, asked.time_limit, asked.gap)
    seconds = time.perf_counter() - start
    # Solvers write a number that no fleet comes near where they know none.
    known = lambda value: None if value is None or abs(value) >= 1e20 else value
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    peak = max(own.ru_maxrss, children.ru_maxrss) / 1024
    print(json.dumps({"objective": known(objective), "bound": known(bound), "solving_s": seconds, "mib": peak}))


if __name__ == "__main__":
    main()
