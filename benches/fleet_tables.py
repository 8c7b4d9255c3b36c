#!/usr/bin/env python3
"""Tables of options with their limits, drawn from a seed: needs numpy.

    fleet_tables.py SIZE SEED FOLDER        SIZE: xs | s | m | l | xl

Writes FOLDER/options.csv and FOLDER/limits.toml. Few services are large and many small; more hosts
bring less and less; some options are dominated. The limits bind: each cluster may have 45 to 90 % of
the hosts that its fastest options need at once, a pool of spot hosts 35 to 80 % of the mean use, and
the budget covers 30 % of what the fastest options cost.
"""

import csv
import os
import sys

import numpy as np

# Services, options of each, clusters, pools of spot hosts, windows.
SIZES = {
    "xs": (10, 20, 2, 3, 4),
    "s": (100, 50, 5, 8, 8),
    "m": (1000, 50, 20, 20, 24),
    "l": (5000, 80, 50, 40, 24),
    "xl": (20000, 60, 200, 60, 24),
}
COLUMNS = (
    "service,option,cluster,window,pool,weighted_minutes_per_month,usd_per_month,hosts,spot_hosts,"
    "shortfall_minutes_per_month"
).split(",")


def write(size, seed, folder):
    services, options, clusters, pools, windows = shape = SIZES[size]
    random = np.random.default_rng([seed, *shape])
    each = (services, options)

    share = 1.0 / (1 + np.arange(clusters)) ** 0.5
    cluster = random.choice(clusters, services, p=share / share.sum())
    # More deployments in office hours.
    share = np.exp(-0.5 * ((np.arange(windows) - windows * 0.45) / (windows * 0.22 + 0.3)) ** 2) + 0.15
    window = random.choice(windows, services, p=share / share.sum())
    # Two pools to choose from.
    near = [(cluster * 7 + random.integers(0, 3, services)) % pools for _ in range(2)]
    replicas = np.ceil(np.minimum(400, random.pareto(1.2, services) * 4 + 2)).astype(int)
    deployments = np.ceil(np.minimum(300, random.lognormal(2.8, 0.9, services)))
    weight = np.round(random.choice([1, 1, 1, 2, 4], services) * random.uniform(0.7, 1.3, services), 2)
    today = random.uniform(2, 8, services) + 0.6 * np.sqrt(replicas) * random.uniform(1, 4, services)
    usd_per_hour = random.choice([0.17, 0.34, 0.68], services)[:, None]

    # How much surge an option buys: none with the settings of today, which are the first.
    surge = np.sort(random.uniform(0, 1, each), 1)
    surge[:, 0] = 0
    least = random.uniform(0.12, 0.4, services)[:, None]
    curve = least + (1 - least) / (1 + random.uniform(3, 12, services)[:, None] * surge)
    noise = 1 + np.abs(random.normal(0, 0.12, each)) * (random.random(each) < 0.7)
    noise[:, 0] = 1.0
    spot_share = np.where(random.random(each) < 0.4, random.choice([0.5, 1.0], each), 0.0)
    spot_share[:, 0] = 0
    hosts = surge * replicas[:, None] * random.uniform(0.3, 1.0, (services, 1)) * noise / 2
    hosts = np.ceil(hosts).astype(int)
    hosts[:, 0] = 0
    spot = np.floor(hosts * spot_share).astype(int)
    pool = np.where(random.random(each) < 0.6, near[0][:, None], near[1][:, None])
    minutes = today[:, None] * curve * np.where(surge == 0, 1, noise**0.7) * deployments[:, None]
    minutes *= 1 + 0.05 * (spot > 0)
    usd = (hosts - 0.65 * spot) * usd_per_hour * (minutes / 60 + 0.25 * deployments[:, None]) * noise
    usd += surge * 6.0 * noise + random.uniform(0, 0.5, each) * (surge > 0)
    usd[:, 0] = 0
    shortfall = surge * 0.2 + (spot > 0) * spot / (1 + replicas[:, None]) + random.exponential(0.05, each)
    shortfall[:, 0] = 0.01
    usd, minutes, shortfall = np.round(usd, 2), np.round(minutes, 2), np.round(shortfall, 3)
    weighted = np.round(weight[:, None] * minutes + 5.0 * shortfall, 3)

    fastest = weighted.argmin(1)
    all_services = np.arange(services)
    price = np.round(random.uniform(8, 30, clusters), 2)
    need = np.zeros((clusters, windows))
    np.add.at(need, (cluster, window), hosts[all_services, fastest])
    peak = need.max(1)
    hosts_max = np.maximum(1, np.floor(peak * random.uniform(0.45, 0.9, clusters))).astype(int)
    mean_use = np.zeros(pools)
    np.add.at(mean_use, pool.ravel(), spot.ravel() / options)
    spot_max = np.maximum(1, np.floor(mean_use * random.uniform(0.35, 0.8, pools))).astype(int)
    cheapest = usd.min(1).sum()
    dearest = usd[all_services, fastest].sum() + (price * np.minimum(peak, hosts_max)).sum()
    budget = round(cheapest + 0.30 * (dearest - cheapest), 2)
    safest = shortfall.min(1).sum()
    shortfall_max = round(safest + 0.5 * (shortfall[all_services, fastest].sum() - safest), 3)

    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "options.csv"), "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for i in range(services):
            place = [f"c{cluster[i]}", f"w{window[i]}"]
            for j in range(options):
                amounts = [f"{weighted[i, j]:.3f}", f"{usd[i, j]:.2f}", hosts[i, j], spot[i, j]]
                row = [f"s{i}", f"o{j}", *place, f"p{pool[i, j]}", *amounts, f"{shortfall[i, j]:.3f}"]
                table.writerow(row)
    with open(os.path.join(folder, "limits.toml"), "w") as file:
        file.write(f"budget_usd_per_month = {budget:.2f}\n")
        file.write(f"shortfall_minutes_per_month = {shortfall_max:.3f}\n")
        for c in range(clusters):
            file.write(f"[clusters.c{c}]\nextra_hosts_max = {hosts_max[c]}\n")
            file.write(f"usd_per_extra_host_per_month = {price[c]:.2f}\n")
        for p in range(pools):
            file.write(f"[pools.p{p}]\nspot_hosts_max = {spot_max[p]}\n")


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]), sys.argv[3])
