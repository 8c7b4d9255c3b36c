//! What hosts and tasks cost in a month, from the hours that the runs came to.

use serde::Serialize;

use super::run::Outcome;
use super::setup::{Origin, Setup};
use crate::scenario::{Capacity, Cluster, LicenceCount, PrescaleMode, Purchase, Scenario};
use crate::units::{HOURS_PER_MONTH, Usd};

/// Cost of a month and of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cost {
    /// All listed hosts, or the service's tasks on Fargate \[USD/month\].
    pub serving_usd_per_month: Usd,
    /// Standing hosts beyond them \[USD/month\].
    pub headroom_usd_per_month: Usd,
    /// What one deployment adds \[USD\].
    pub per_deployment_usd: Usd,
    /// Serving, headroom and all deployments \[USD/month\]; absent without deployments per day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_usd_per_month: Option<Usd>,
}

/// Hours that cost nothing, taken up in turn.
struct Free {
    hours: f64,
    hosts: f64,
}

impl Free {
    fn pays(&mut self, hours: f64) -> f64 {
        let free = self.hours.min(hours);
        self.hours -= free;
        hours - free
    }

    /// Of so many hosts those that are not committed to.
    fn uncommitted(&mut self, hosts: f64) -> f64 {
        let free = self.hosts.min(hosts);
        self.hosts -= free;
        hosts - free
    }
}

/// The cost of a scenario whose deployments came to such averages, and to such hours of added hosts
/// where these use paid hours again.
#[must_use]
pub fn cost(
    scenario: &Scenario,
    setup: &Setup,
    average: impl Fn(&dyn Fn(&Outcome) -> f64) -> f64,
    reused: Option<[f64; 2]>,
) -> Cost {
    let deployments = scenario.deployment.per_month();
    let mut serving = 0.0;
    let mut headroom = 0.0;
    let mut each = 0.0;
    if let Some(fargate) = scenario
        .fargate
        .filter(|_| scenario.capacity == Capacity::Unlimited)
    {
        let usd_per_hour = fargate.usd_per_task_hour.0;
        serving = usd_per_hour * HOURS_PER_MONTH * f64::from(setup.desired);
        each = usd_per_hour * average(&|run| run.excess_task_seconds) / 3600.0;
    }
    let cluster = match &scenario.capacity {
        Capacity::Hosts(cluster) => Some(cluster),
        Capacity::FreeTasks(_) | Capacity::Unlimited => None,
    };
    let groups = || cluster.iter().flat_map(|cluster| &cluster.hosts);
    let listed: f64 = groups().map(|group| f64::from(group.count)).sum();
    let mut free = Free {
        hours: scenario.billing.free_hours_per_month,
        hosts: cluster.map_or(0.0, |c| (f64::from(c.committed_hosts) - listed).max(0.0)),
    };
    let extra = cluster.map_or(0.0, |cluster| cluster.host_extra.0);
    let by_hours = licences(cluster, LicenceCount::Hours);
    let by_mark = licences(cluster, LicenceCount::HighWater);
    let beside = extra * HOURS_PER_MONTH + by_hours + by_mark;
    for group in groups() {
        let hosts = f64::from(group.count);
        serving += group.usd_per_hour.0 * free.pays(hosts * HOURS_PER_MONTH) + beside * hosts;
    }
    if let Some(host) = &scenario.prescale.host {
        for (kind, purchase) in [(0, Purchase::OnDemand), (1, Purchase::Spot)] {
            let usd_per_hour = match purchase {
                Purchase::OnDemand => host.on_demand.0,
                Purchase::Spot => host.spot.unwrap_or(host.on_demand).0,
            };
            let standing = setup
                .hosts
                .iter()
                .filter(|host| host.origin == Origin::Standing && host.purchase == purchase);
            let standing: f64 = standing.map(|_| 1.0).sum();
            let paid = free.uncommitted(standing) * HOURS_PER_MONTH;
            headroom += usd_per_hour * free.pays(paid) + beside * standing;

            let added = average(&|run| f64::from(run.added_hosts[kind]));
            let hours = reused.map_or_else(
                || average(&|run| run.billed_hours[kind]),
                |hours| hours[kind],
            );
            let uncommitted = if added > 0.0 {
                free.uncommitted(added) / added
            } else {
                0.0
            };
            let paid = match deployments.filter(|&deployments| deployments > 0.0) {
                Some(deployments) => free.pays(hours * uncommitted * deployments) / deployments,
                None => hours * uncommitted,
            };
            each += usd_per_hour * paid + (extra + by_hours / HOURS_PER_MONTH) * hours;
            if let Some(deployments) = deployments.filter(|&deployments| deployments > 0.0) {
                each += by_mark * added / deployments;
            }
            each += cluster.map_or(0.0, |c| c.cold_pull_gib * c.nat_usd_per_gib) * added;
        }
    }
    // The hosts of a warm pool keep their disks.
    let stopped = match scenario.prescale.mode {
        PrescaleMode::WarmPool => f64::from(scenario.prescale.hosts),
        PrescaleMode::Before | PrescaleMode::Standing => 0.0,
    };
    headroom += stopped * scenario.prescale.storage_per_host_month.0;
    Cost {
        serving_usd_per_month: Usd(serving),
        headroom_usd_per_month: Usd(headroom),
        per_deployment_usd: Usd(each),
        total_usd_per_month: deployments
            .map(|deployments| Usd(serving + headroom + each * deployments)),
    }
}

/// The month's licences of the daemons on one host that are counted so \[USD\].
fn licences(cluster: Option<&Cluster>, counted: LicenceCount) -> f64 {
    let daemons = cluster.iter().flat_map(|cluster| &cluster.daemons);
    daemons
        .filter(|daemon| daemon.counted == counted)
        .map(|daemon| daemon.usd_per_host_month.0)
        .sum()
}
