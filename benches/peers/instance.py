"""Reads a table of options and its limits for the peers."""

import csv
import tomllib
from collections import defaultdict


class Instance:
    def __init__(self, options, limits):
        with open(limits, "rb") as file:
            shared = tomllib.load(file)
        self.budget = shared.get("budget_usd_per_month")
        self.shortfall = shared.get("shortfall_minutes_per_month")
        self.clusters = shared.get("clusters", {})
        self.pools = shared.get("pools", {})
        self.minutes, self.usd, self.short = [], [], []
        services, needs, spot = defaultdict(list), defaultdict(list), defaultdict(list)
        with open(options, newline="") as file:
            for i, row in enumerate(csv.DictReader(file)):
                self.minutes.append(float(row["weighted_minutes_per_month"]))
                self.usd.append(float(row["usd_per_month"]))
                self.short.append(float(row["shortfall_minutes_per_month"]))
                services[row["service"]].append(i)
                if row["cluster"] and int(row["hosts"]):
                    needs[row["cluster"], row["window"]].append((i, int(row["hosts"])))
                if row["pool"] and int(row["spot_hosts"]):
                    spot[row["pool"]].append((i, int(row["spot_hosts"])))
        self.services = list(services.values())
        # Extra hosts of each cluster are the variables after those of the options.
        names = list(self.clusters)
        count = len(self.minutes)
        self.hosts = {name: count + i for i, name in enumerate(names)}
        largest = 10_000_000
        self.hosts_max = [self.clusters[name].get("extra_hosts_max", largest) for name in names]
        # Rows: list of (index, coefficient), lower, upper.
        infinite = float("inf")
        self.rows = [([(i, 1.0) for i in own], 1.0, 1.0) for own in self.services]
        if self.budget is not None:
            row = [(i, usd) for i, usd in enumerate(self.usd) if usd]
            for name in names:
                price = self.clusters[name].get("usd_per_extra_host_per_month", 0.0)
                if price:
                    row.append((self.hosts[name], price))
            self.rows.append((row, -infinite, self.budget))
        if self.shortfall is not None:
            row = [(i, short) for i, short in enumerate(self.short) if short]
            self.rows.append((row, -infinite, self.shortfall))
        for name, used in spot.items():
            most = self.pools[name].get("spot_hosts_max")
            if most is not None:
                self.rows.append(([(i, float(n)) for i, n in used], -infinite, float(most)))
        for (cluster, _), need in needs.items():
            row = [(i, float(n)) for i, n in need] + [(self.hosts[cluster], -1.0)]
            self.rows.append((row, -infinite, 0.0))
