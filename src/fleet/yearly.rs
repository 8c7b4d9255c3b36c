//! How many hosts the clusters of a fleet need month by month under its plan, and what they cost.
//!
//! # Formula
//! With a growth of r percent in a year the load of month m is f = (1 + r/100)^(m/12) times that of
//! today, reached at the end of the month; its p95 is f × the peak factor. Of n hosts today it takes
//! ⌈n·f⌉, rounded once for each kind of host in a cluster, as its services share them: those that
//! serve, those that the plan keeps standing, and the cluster's pool, as the room that a deployment
//! needs grows with the tasks. Committed hosts are used first, the others are on demand; spot hosts
//! are those listed as such and those of the plan, these at most as many as their pool has, and on
//! demand beyond that. Hosts that are there only while a service deploys are in the dollars and not
//! in the hosts.
//!
//! Dollars of a month are hosts × their prices for 730 h, with disks and licences, committed hosts
//! at list price whether used or not, pool hosts at the pool's price, and what deployments cost
//! today × f. The p50 is the bill at the median load; the p95 that of a month at its peak.
//!
//! A service on whose hosts others run too lists the hosts that the cluster's services share: of
//! each kind those count once, by the longest list. Hosts of services that have them alone add up.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::members::Fleet;
use super::offers::{Hosts, Member, Offer};
use super::plan::FleetPlan;
use super::read::Growth;
use crate::scenario::{Capacity, Cluster, HostGroup, Purchase, Used};
use crate::units::HOURS_PER_MONTH;

/// What is lost in floating point is no reason for one more host.
const ROUNDING: f64 = 1e-9;

/// Hosts and dollars, month by month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct YearlyPlan {
    /// How the load grows.
    #[serde(flatten)]
    pub growth: Growth,
    /// The same for the load of today.
    pub today: Vec<ClusterMonth>,
    /// Month by month, the clusters by name; services without one last.
    pub rows: Vec<ClusterMonth>,
}

/// A cluster in a month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClusterMonth {
    /// Which month, from 1; 0 is today.
    pub month: u32,
    /// Which cluster; absent: services that name none.
    pub cluster: Option<String>,
    /// The median load over that of today.
    pub load_factor: f64,
    /// At the median of the load.
    pub p50: Need,
    /// At its p95.
    pub p95: Need,
}

/// Hosts by how they are bought, and what they cost.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Need {
    /// All of them.
    pub hosts: u32,
    /// Paid for in any case, and used.
    pub committed: u32,
    /// Bought as they are needed.
    pub on_demand: u32,
    /// Interruptible.
    pub spot: u32,
    /// What they and the deployments cost, tasks on Fargate among it \[USD/month\].
    pub usd_per_month: f64,
}

impl Need {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            hosts: self.hosts + other.hosts,
            committed: self.committed + other.committed,
            on_demand: self.on_demand + other.on_demand,
            spot: self.spot + other.spot,
            usd_per_month: self.usd_per_month + other.usd_per_month,
        }
    }
}

/// Hosts and dollars of a fleet under its plan.
#[must_use]
pub fn yearly(fleet: &Fleet, plan: &FleetPlan, growth: Growth) -> YearlyPlan {
    let clusters = clusters(fleet, plan);
    let month = |month: u32| {
        let year = 1.0 + growth.growth_percent_per_year / 100.0;
        let load_factor = year.powf(f64::from(month) / 12.0);
        let median = needs(fleet, &clusters, load_factor);
        let peak = needs(fleet, &clusters, load_factor * growth.peak_factor);
        let rows = clusters.iter().zip(median.into_iter().zip(peak));
        rows.map(|(cluster, (p50, p95))| ClusterMonth {
            month,
            cluster: cluster.name.clone(),
            load_factor,
            p50,
            p95,
        })
        .collect::<Vec<_>>()
    };
    YearlyPlan {
        growth,
        today: month(0),
        rows: (1..=growth.months).flat_map(month).collect(),
    }
}

/// What a cluster has under the load of today.
#[derive(Debug, Clone, PartialEq, Default)]
struct Today {
    name: Option<String>,
    /// Hosts that are rounded up together.
    groups: Vec<Group>,
    /// Tasks on Fargate, each with its price \[USD/month\].
    tasks: Vec<(u32, f64)>,
    /// Spot hosts that are there only during deployments, by their pool: they take of it too.
    passing_spot: Vec<(String, u32)>,
    /// What deployments cost, and whatever else grows with the load \[USD/month\].
    deployments_usd: f64,
    /// Hosts of the pool.
    pool: u32,
    /// Price of each \[USD/month\].
    pool_usd: f64,
}

/// Hosts that take each other's load.
#[derive(Debug, Clone, PartialEq, Default)]
struct Group {
    kinds: BTreeMap<Kind, Count>,
    committed: u32,
    /// What free hours take off the bill \[USD/month\].
    free_usd: f64,
}

/// Which hosts are alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    instance_type: String,
    is_spot: bool,
    /// The pool that they are from, where the plan takes them from one.
    spot_pool: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Count {
    hosts: u32,
    /// Price of all of them \[USD/month\].
    usd: f64,
    /// Price of all of them on demand \[USD/month\].
    on_demand_usd: f64,
}

fn clusters(fleet: &Fleet, plan: &FleetPlan) -> Vec<Today> {
    let used = fleet.members.iter().map(|member| &member.terms.cluster);
    let names: BTreeSet<Option<&String>> = used
        .map(Option::as_ref)
        .chain(fleet.file.clusters.keys().map(Some))
        .collect();
    let mut clusters: Vec<Today> = names
        .iter()
        .map(|name| {
            let pool = plan
                .clusters
                .iter()
                .find(|pool| Some(&pool.cluster) == *name);
            Today {
                name: name.cloned(),
                pool: pool.map_or(0, |pool| pool.extra_hosts),
                pool_usd: name.map_or(0.0, |name| fleet.usd_per_extra_host(name)),
                ..Today::default()
            }
        })
        .collect();
    // Services without a cluster come last.
    clusters.sort_by_key(|cluster| cluster.name.is_none());
    for cluster in &mut clusters {
        fill(cluster, fleet, plan);
    }
    clusters
}

/// The hosts of a cluster's services, and what their deployments cost.
fn fill(cluster: &mut Today, fleet: &Fleet, plan: &FleetPlan) {
    let (mut alone, mut shared) = (Vec::new(), Group::default());
    for (i, member) in fleet.members.iter().enumerate() {
        if member.terms.cluster != cluster.name {
            continue;
        }
        let chosen = plan.services.get(i);
        let offer = chosen.and_then(|chosen| fleet.offers[i].all().nth(chosen.offer));
        let mut standing = Group::default();
        if let Some(offer) = offer {
            cluster.deployments_usd += offer.usd - standing.stand(member, offer);
            let settled = &offer.plan.plan;
            if let Some(pool) = &member.terms.spot_pool
                && settled.headroom_hosts == 0
            {
                let passing = (pool.clone(), settled.spot_hosts);
                cluster.passing_spot.push(passing);
            }
        }
        match &member.scenario.capacity {
            Capacity::Hosts(hosts) => {
                let with_others = |group: &HostGroup| group.used != Used::default();
                let listed = Group::of(member, hosts);
                if member.terms.cluster.is_some() && hosts.hosts.iter().any(with_others) {
                    shared.merge(listed);
                } else {
                    standing.add(listed);
                }
            }
            Capacity::Unlimited => {
                let price = member.scenario.fargate;
                let usd = price.map_or(0.0, |price| price.usd_per_task_hour.for_month().0);
                let tasks = member.scenario.service.desired_count;
                cluster.tasks.push((tasks, usd));
            }
            Capacity::FreeTasks(_) => {}
        }
        alone.push(standing);
    }
    if cluster.name.is_some() {
        for group in alone {
            shared.add(group);
        }
        cluster.groups = vec![shared];
    } else {
        cluster.groups = alone;
    }
}

/// What every host costs beside its own price \[USD/month\].
fn always(cluster: &Cluster) -> f64 {
    let licences = cluster.daemons.iter().map(|one| one.usd_per_host_month.0);
    cluster.host_extra.for_month().0 + licences.sum::<f64>()
}

impl Count {
    fn add(&mut self, other: Self) {
        self.hosts += other.hosts;
        self.usd += other.usd;
        self.on_demand_usd += other.on_demand_usd;
    }

    /// The price of so many \[USD/month\].
    fn price(&self, hosts: u32, of_all: f64) -> f64 {
        of_all / f64::from(self.hosts.max(1)) * f64::from(hosts)
    }
}

impl Group {
    /// The hosts that a service lists.
    fn of(member: &Member, cluster: &Cluster) -> Self {
        let mut listed = Self {
            committed: cluster.committed_hosts,
            ..Self::default()
        };
        let mut free_hours = member.scenario.billing.free_hours_per_month;
        for group in &cluster.hosts {
            let kind = Kind {
                instance_type: group.shape.instance_type.clone(),
                is_spot: group.purchase == Purchase::Spot,
                spot_pool: None,
            };
            let hours = (f64::from(group.count) * HOURS_PER_MONTH).min(free_hours);
            free_hours -= hours;
            listed.free_usd += group.usd_per_hour.for_hours(hours).0;
            let usd = group.usd_per_hour.for_month().0 + always(cluster);
            let usd = usd * f64::from(group.count);
            listed.kinds.entry(kind).or_default().add(Count {
                hosts: group.count,
                usd,
                on_demand_usd: usd,
            });
        }
        listed
    }

    /// Adds the hosts that a service keeps standing; what its offer counts for them
    /// \[USD/month\].
    fn stand(&mut self, member: &Member, offer: &Offer) -> f64 {
        let settled = &offer.plan.plan;
        let (Some(host), Hosts::Own) = (&member.scenario.prescale.host, offer.hosts) else {
            return 0.0;
        };
        let (extra, unlisted) = match &member.scenario.capacity {
            Capacity::Hosts(cluster) => {
                let listed: u32 = cluster.hosts.iter().map(|group| group.count).sum();
                (
                    always(cluster),
                    cluster.committed_hosts.saturating_sub(listed),
                )
            }
            _ => (0.0, 0),
        };
        let spot = settled.spot_hosts.min(settled.headroom_hosts);
        let on_demand = settled.headroom_hosts - spot;
        let own = host.on_demand.for_month().0;
        let price = host.spot.unwrap_or(host.on_demand).for_month().0 + extra;
        let mut paid = 0.0;
        for (hosts, usd, is_spot) in [(on_demand, own + extra, false), (spot, price, true)] {
            let kind = Kind {
                instance_type: host.shape.instance_type.clone(),
                is_spot,
                spot_pool: member.terms.spot_pool.clone().filter(|_| is_spot),
            };
            if hosts > 0 {
                let count = Count {
                    hosts,
                    usd: usd * f64::from(hosts),
                    on_demand_usd: (own + extra) * f64::from(hosts),
                };
                paid += count.usd;
                self.kinds.entry(kind).or_default().add(count);
            }
        }
        // Committed hosts beyond the listed ones are in no figure of the offer.
        paid - own * f64::from(unlisted.min(on_demand))
    }

    /// Other hosts beside these.
    fn add(&mut self, other: Self) {
        for (kind, count) in other.kinds {
            self.kinds.entry(kind).or_default().add(count);
        }
        self.committed += other.committed;
        self.free_usd += other.free_usd;
    }

    /// The same hosts as another service lists them: each kind counts once, by the longer list.
    fn merge(&mut self, other: Self) {
        for (kind, count) in other.kinds {
            let known = self.kinds.entry(kind).or_default();
            if count.hosts > known.hosts {
                *known = count;
            }
        }
        self.committed = self.committed.max(other.committed);
        self.free_usd = self.free_usd.max(other.free_usd);
    }

    fn need(&self, factor: f64, spot_left: &mut BTreeMap<String, u32>) -> Need {
        let (mut usd, mut on_demand, mut spot) = (-self.free_usd, 0, 0);
        let mut dearest: f64 = 0.0;
        for (kind, count) in &self.kinds {
            let wanted = grown(count.hosts, factor);
            let as_spot = match (kind.is_spot, &kind.spot_pool) {
                (false, _) => 0,
                (true, Some(pool)) => take(spot_left, pool, wanted),
                (true, None) => wanted,
            };
            let others = wanted - as_spot;
            spot += as_spot;
            on_demand += others;
            usd += count.price(as_spot, count.usd) + count.price(others, count.on_demand_usd);
            if others > 0 {
                dearest = dearest.max(count.price(1, count.on_demand_usd));
            }
        }
        let committed = self.committed.min(on_demand);
        Need {
            hosts: on_demand + spot,
            committed,
            on_demand: on_demand - committed,
            spot,
            usd_per_month: usd + f64::from(self.committed - committed) * dearest,
        }
    }
}

/// Takes hosts of a pool, as many as are left; all of them where it has no limit.
fn take(left: &mut BTreeMap<String, u32>, pool: &str, wanted: u32) -> u32 {
    match left.get_mut(pool) {
        Some(left) => {
            let taken = wanted.min(*left);
            *left -= taken;
            taken
        }
        None => wanted,
    }
}

/// What each cluster needs at a load.
fn needs(fleet: &Fleet, clusters: &[Today], factor: f64) -> Vec<Need> {
    let pools = fleet.file.pools.iter();
    let mut spot_left: BTreeMap<String, u32> = pools
        .filter_map(|(pool, most)| Some((pool.clone(), (*most)?)))
        .collect();
    clusters
        .iter()
        .map(|cluster| {
            let pool = grown(cluster.pool, factor);
            let tasks = cluster.tasks.iter();
            let tasks = tasks.map(|(tasks, usd)| f64::from(grown(*tasks, factor)) * usd);
            let shared = Need {
                hosts: pool,
                on_demand: pool,
                usd_per_month: cluster.deployments_usd * factor
                    + f64::from(pool) * cluster.pool_usd
                    + tasks.sum::<f64>(),
                ..Need::default()
            };
            for (pool, hosts) in &cluster.passing_spot {
                take(&mut spot_left, pool, grown(*hosts, factor));
            }
            let groups = cluster.groups.iter();
            groups.fold(shared, |all, group| {
                all.plus(group.need(factor, &mut spot_left))
            })
        })
        .collect()
}

/// ⌈n·f⌉.
fn grown(hosts: u32, factor: f64) -> u32 {
    let exact = f64::from(hosts) * factor;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and the cast saturates"
    )]
    let hosts = (exact * (1.0 - ROUNDING)).ceil() as u32;
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(hosts: &[(&str, bool, Option<&str>, u32, f64)], committed: u32) -> Group {
        let mut group = Group {
            committed,
            ..Group::default()
        };
        for (instance_type, is_spot, pool, count, usd) in hosts {
            let kind = Kind {
                instance_type: (*instance_type).to_owned(),
                is_spot: *is_spot,
                spot_pool: pool.map(str::to_owned),
            };
            let usd = usd * f64::from(*count);
            group.kinds.entry(kind).or_default().add(Count {
                hosts: *count,
                usd,
                on_demand_usd: if *is_spot { 2.0 * usd } else { usd },
            });
        }
        group
    }

    #[test]
    fn a_product_that_is_whole_needs_no_further_host() {
        assert_eq!(grown(10, 1.1), 11);
        assert_eq!(grown(10, 1.11), 12);
        assert_eq!(grown(0, 3.0), 0);
        assert_eq!(grown(7, 1.0), 7);
    }

    #[test]
    fn committed_hosts_are_used_first_and_paid_in_any_case() {
        let hosts = group(&[("a", false, None, 10, 20.0)], 12);
        let need = |factor| hosts.need(factor, &mut BTreeMap::new());
        let now = need(1.0);
        assert_eq!((now.hosts, now.committed, now.on_demand), (10, 10, 0));
        assert!((now.usd_per_month - 240.0).abs() < 1e-9);
        let later = need(1.5);
        assert_eq!((later.hosts, later.committed, later.on_demand), (15, 12, 3));
        assert!((later.usd_per_month - 300.0).abs() < 1e-9);
    }

    #[test]
    fn spot_beyond_its_pool_is_on_demand_at_its_price() {
        let hosts = group(
            &[("a", true, Some("p"), 4, 5.0), ("b", true, None, 2, 7.0)],
            0,
        );
        let mut left = BTreeMap::from([("p".to_owned(), 5)]);
        let need = hosts.need(2.0, &mut left);
        // 8 wanted of the pool, which has 5: 3 on demand at 10; 4 of another kind are no pool's.
        assert_eq!((need.hosts, need.spot, need.on_demand), (12, 9, 3));
        assert!((need.usd_per_month - (25.0 + 30.0 + 28.0)).abs() < 1e-9);
        assert_eq!(left["p"], 0);
    }

    #[test]
    fn shared_hosts_count_once_and_others_add_up() {
        let mut shared = group(&[("a", false, None, 8, 10.0)], 2);
        shared.merge(group(
            &[("a", false, None, 6, 10.0), ("b", false, None, 1, 3.0)],
            5,
        ));
        shared.add(group(&[("a", false, None, 2, 10.0)], 1));
        let need = shared.need(1.0, &mut BTreeMap::new());
        assert_eq!((need.hosts, need.committed), (11, 6));
        assert!((need.usd_per_month - 103.0).abs() < 1e-9);
    }
}
