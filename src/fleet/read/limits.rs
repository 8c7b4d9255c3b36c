//! The limits that the services of a fleet share: budget, shortfall, clusters and pools.

use std::collections::BTreeMap;

use crate::fleet::problem::{Cluster, Limits, Pool};
use crate::scenario::Assumption;
use crate::scenario::read::{KnownTable, Problem, Syntax, Table, document};

/// What the services of a fleet share.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shared {
    /// Limits on sums over all services.
    pub limits: Limits,
    /// In the order of their names.
    pub clusters: Vec<Cluster>,
    /// In the order of their names.
    pub pools: Vec<Pool>,
    /// What was taken where nothing was given.
    pub assumptions: Vec<Assumption>,
}

/// What is said of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ClusterLimits {
    /// Most extra hosts; absent: not limited.
    pub extra_hosts_max: Option<u32>,
    /// Price of each \[USD/month\]; absent: not said.
    pub usd_per_extra_host_per_month: Option<f64>,
}

/// The tables of the limits of a flat table.
pub(super) const TABLES: &[KnownTable] = &[
    KnownTable {
        header: "",
        supported: &[BUDGET, SHORTFALL, "clusters", "pools"],
        not_yet: &[],
    },
    CLUSTER,
    POOL,
];

/// The table of a cluster.
pub(super) const CLUSTER: KnownTable = KnownTable {
    header: "[clusters.NAME]",
    supported: &[HOSTS, PRICE],
    not_yet: &[],
};

/// The table of a pool of spot hosts.
pub(super) const POOL: KnownTable = KnownTable {
    header: "[pools.NAME]",
    supported: &[SPOT],
    not_yet: &[],
};

pub(super) const BUDGET: &str = "budget_usd_per_month";
pub(super) const SHORTFALL: &str = "shortfall_minutes_per_month";
const HOSTS: &str = "extra_hosts_max";
const PRICE: &str = "usd_per_extra_host_per_month";
const SPOT: &str = "spot_hosts_max";

/// Reads limits from TOML.
///
/// # Errors
/// All problems of the text, in the order of their places.
pub fn limits(text: &str) -> Result<Shared, Vec<Problem>> {
    let (shared, assumptions) = document(text, Syntax::Toml, TABLES, |root| Some(shared(root)))?;
    Ok(Shared {
        assumptions,
        ..shared
    })
}

fn shared(root: &Table<'_>) -> Shared {
    let clusters = clusters(root).into_iter().map(|(name, limits)| {
        if limits.usd_per_extra_host_per_month.is_none() {
            let table = root.table("clusters").table(&name);
            table.assume(PRICE, 0, "not given: its extra hosts are not paid for");
        }
        Cluster {
            name: name.into(),
            extra_hosts_max: limits.extra_hosts_max,
            usd_per_extra_host: limits.usd_per_extra_host_per_month.unwrap_or(0.0),
        }
    });
    Shared {
        limits: sums(root),
        clusters: clusters.collect(),
        pools: pools(root)
            .into_iter()
            .map(|(name, spot_hosts_max)| Pool {
                name: name.into(),
                spot_hosts_max,
            })
            .collect(),
        assumptions: Vec::new(),
    }
}

/// The limits on sums that a table states. A budget may be below zero: options may save.
pub(super) fn sums(table: &Table<'_>) -> Limits {
    let expected = "a number from -1000000000000 to 1000000000000";
    Limits {
        budget_usd: table.number(BUDGET, -1e12..=1e12, expected),
        shortfall_minutes: table.number(SHORTFALL, 0.0..=1e12, "a number that is 0 or more"),
    }
}

/// The clusters below a table, by name.
pub(super) fn clusters(parent: &Table<'_>) -> BTreeMap<String, ClusterLimits> {
    let clusters = parent.table("clusters");
    let limits = |name: &str| {
        let table = clusters.table(name);
        let price = "a price that is 0 or more, in USD a month";
        ClusterLimits {
            extra_hosts_max: table.integer(HOSTS, 0..=u32::MAX),
            usd_per_extra_host_per_month: table.number(PRICE, 0.0..=1e12, price),
        }
    };
    clusters
        .names()
        .map(|name| (name.to_owned(), limits(name)))
        .collect()
}

/// The most hosts of the pools below a table, by name; absent: not limited.
pub(super) fn pools(parent: &Table<'_>) -> BTreeMap<String, Option<u32>> {
    let pools = parent.table("pools");
    pools
        .names()
        .map(|name| {
            (
                name.to_owned(),
                pools.table(name).integer(SPOT, 0..=u32::MAX),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_limits_are_read() {
        let text = "budget_usd_per_month = -5.5\nshortfall_minutes_per_month = 50\n\
            [clusters.\"a b\"]\nextra_hosts_max = 12\nusd_per_extra_host_per_month = 20.0\n\
            [clusters.c]\n[pools.m5-1a]\nspot_hosts_max = 40\n[pools.free]\n";
        let shared = limits(text).unwrap();
        assert_eq!(shared.limits.budget_usd, Some(-5.5));
        assert_eq!(shared.limits.shortfall_minutes, Some(50.0));
        assert_eq!(shared.clusters[0].name.as_ref(), "a b");
        assert_eq!(shared.clusters[0].extra_hosts_max, Some(12));
        assert_eq!(shared.clusters[1].extra_hosts_max, None);
        let pools: Vec<Option<u32>> = shared.pools.iter().map(|p| p.spot_hosts_max).collect();
        assert_eq!(pools, [None, Some(40)]);
        let keys: Vec<&str> = shared.assumptions.iter().map(|a| a.key.as_str()).collect();
        assert_eq!(keys, ["clusters.c.usd_per_extra_host_per_month"]);
    }

    #[test]
    fn all_problems_of_limits_are_told_with_their_places() {
        let text = "budget_usd_per_month = \"9\"\n[clusters.a]\nextra_hosts = 3\n[pools]\np = 4\n";
        let told: Vec<String> = limits(text)
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(told.len(), 3, "{told:#?}");
        assert!(told[0].starts_with("line 1, column 24: budget_usd_per_month: found \"9\""));
        assert!(
            told[1].contains("did you mean `extra_hosts_max`?"),
            "{told:#?}"
        );
        assert!(told[2].starts_with("line 5, column 5: pools.p: found 4, expected a table"));
    }
}
