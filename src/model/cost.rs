//! What hosts cost in a month: serving, standing headroom, and the hosts added for deployments.

use serde::Serialize;

use super::estimate::Plan;
use super::law::Law;
use super::paid_hour::hours_with_reuse;
use crate::rollout::target_headroom;
use crate::scenario::{
    Billing, Capacity, Cluster, Granularity, LicenceCount, PaidHour, PrescaleMode, Scenario,
};
use crate::units::{HOURS_PER_MONTH, Seconds, Usd, UsdPerHour};

/// Cost of a month and of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cost {
    /// All listed hosts, or the service's tasks on Fargate \[USD/month\].
    pub serving_usd_per_month: Usd,
    /// Standing hosts beyond them \[USD/month\].
    pub headroom_usd_per_month: Usd,
    /// What one deployment adds \[USD\].
    pub per_deployment_usd: Usd,
    /// Committed hosts beyond the listed ones, at list price: paid in any case, and in no other
    /// figure \[USD/month\]; absent without them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sunk_usd_per_month: Option<Usd>,
    /// serving + headroom + deployments × `per_deployment` \[USD/month\]; absent without
    /// deployments per day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_usd_per_month: Option<Usd>,
}

/// What the cost depends on beside the scenario.
#[derive(Debug, Clone, Copy)]
pub struct Use<'a> {
    /// Which hosts are added.
    pub plan: &'a Plan,
    /// Hours that are billed for each pre-scaled host \[h\].
    pub hours_each: f64,
    /// Hosts that join while it runs, and hours billed for all of them together \[h\].
    pub joined: Option<(u32, f64)>,
    /// Tasks beyond the desired count during a deployment \[s\].
    pub excess_task_seconds: f64,
}

/// The shortest time that is billed per launch \[s\].
const MINIMUM_BILLED: f64 = 60.0;

/// Cost of a scenario under a plan.
///
/// # Formula
/// An added host is billed from launch to release, per second with at least 60 s, or
/// E\[⌈hours⌉\] started hours. Committed hosts beyond the listed ones are free at the margin, first
/// for headroom, then for deployments; free hours likewise, first for the listed hosts.
#[must_use]
pub fn cost(scenario: &Scenario, usage: Use) -> Cost {
    let deployments = scenario.deployment.per_month();
    match &scenario.capacity {
        Capacity::Unlimited => fargate(scenario, usage, deployments),
        Capacity::FreeTasks(_) => hosts(scenario, None, usage, deployments),
        Capacity::Hosts(cluster) => hosts(scenario, Some(cluster), usage, deployments),
    }
}

fn fargate(scenario: &Scenario, usage: Use, deployments: Option<f64>) -> Cost {
    let price = scenario
        .fargate
        .map_or(UsdPerHour::ZERO, |fargate| fargate.usd_per_task_hour);
    let serving = price.for_month() * f64::from(scenario.service.desired_count);
    let each = price.for_hours(Seconds(usage.excess_task_seconds).hours());
    total(serving, Usd::ZERO, each, deployments)
}

fn hosts(
    scenario: &Scenario,
    cluster: Option<&Cluster>,
    usage: Use,
    deployments: Option<f64>,
) -> Cost {
    let plan = usage.plan;
    let extra = cluster.map_or(UsdPerHour::ZERO, |cluster| cluster.host_extra);
    let licences = Licences::of(cluster);
    let mut free_hours = scenario.billing.free_hours_per_month;
    let mut serving = Usd::ZERO;
    let mut listed = 0;
    for group in cluster.iter().flat_map(|cluster| &cluster.hosts) {
        let count = f64::from(group.count);
        let hours = count * HOURS_PER_MONTH;
        let paid = hours - take(&mut free_hours, hours);
        serving += group.usd_per_hour.for_hours(paid);
        serving += (extra.for_month() + licences.per_month()) * count;
        listed += group.count;
    }
    let mut committed = cluster
        .map_or(0, |cluster| cluster.committed_hosts)
        .saturating_sub(listed);
    let beyond_listed = committed;

    let mut headroom = Usd::ZERO;
    let standing_spot = if plan.headroom_hosts > 0 {
        plan.spot_hosts
    } else {
        0
    };
    for (count, price) in priced(scenario, plan.headroom_hosts, standing_spot) {
        let free = committed.min(count);
        committed -= free;
        let hours = f64::from(count - free) * HOURS_PER_MONTH;
        let paid = hours - take(&mut free_hours, hours);
        headroom += price.for_hours(paid);
        headroom += (extra.for_month() + licences.per_month()) * f64::from(count);
    }

    for (count, price) in priced(scenario, target_headroom(scenario), 0) {
        let free = committed.min(count);
        committed -= free;
        let hours = f64::from(count - free) * HOURS_PER_MONTH;
        let paid = hours - take(&mut free_hours, hours);
        headroom += price.for_hours(paid);
        headroom += (extra.for_month() + licences.per_month()) * f64::from(count);
    }
    if scenario.prescale.mode == PrescaleMode::WarmPool {
        headroom += scenario.prescale.storage_per_host_month * f64::from(plan.prescale_hosts);
    }

    let added_spot = if plan.headroom_hosts > 0 {
        0
    } else {
        plan.spot_hosts
    };
    let mut each = Usd::ZERO;
    let (joined, joined_hours) = usage.joined.unwrap_or((0, 0.0));
    let joined_spot = Plan::spot_hosts(joined, scenario.prescale.spot_share);
    let added = priced(scenario, plan.prescale_hosts, added_spot)
        .into_iter()
        .map(|(count, price)| (count, price, usage.hours_each));
    let joined = priced(scenario, joined, joined_spot)
        .into_iter()
        .map(|(count, price)| (count, price, joined_hours / f64::from(joined.max(1))));
    for (count, price, hours_each) in added.chain(joined) {
        let free = committed.min(count);
        committed -= free;
        let hours = f64::from(count - free) * hours_each;
        let paid = match deployments {
            Some(deployments) if deployments > 0.0 => {
                hours - take(&mut free_hours, hours * deployments) / deployments
            }
            _ => hours,
        };
        each += price.for_hours(paid);
        let count = f64::from(count);
        each += extra.for_hours(hours_each) * count;
        each += licences.hourly.for_hours(hours_each) * count;
        if let Some(deployments) = deployments.filter(|&deployments| deployments > 0.0) {
            each += licences.high_water * (count / deployments);
        }
        if let Some(cluster) = cluster {
            each += Usd(cluster.cold_pull_gib * cluster.nat_usd_per_gib) * count;
        }
    }
    Cost {
        sunk_usd_per_month: sunk(scenario, beyond_listed),
        ..total(serving, headroom, each, deployments)
    }
}

fn total(serving: Usd, headroom: Usd, each: Usd, deployments: Option<f64>) -> Cost {
    Cost {
        serving_usd_per_month: serving,
        headroom_usd_per_month: headroom,
        per_deployment_usd: each,
        sunk_usd_per_month: None,
        total_usd_per_month: deployments.map(|deployments| serving + headroom + each * deployments),
    }
}

/// What committed hosts beyond the listed ones cost, whether they are used or not.
fn sunk(scenario: &Scenario, hosts: u32) -> Option<Usd> {
    let host = scenario.prescale.host.as_ref().filter(|_| hosts > 0)?;
    Some(host.on_demand.for_month() * f64::from(hosts))
}

/// Added hosts with their price: on demand and spot.
fn priced(scenario: &Scenario, hosts: u32, spot_hosts: u32) -> Vec<(u32, UsdPerHour)> {
    let Some(host) = &scenario.prescale.host else {
        return Vec::new();
    };
    let spot_hosts = spot_hosts.min(hosts);
    vec![
        (hosts - spot_hosts, host.on_demand),
        (spot_hosts, host.spot.unwrap_or(host.on_demand)),
    ]
}

/// Takes up to `wanted` from what is left, and says how much it was.
fn take(left: &mut f64, wanted: f64) -> f64 {
    let taken = left.min(wanted);
    *left -= taken;
    taken
}

/// Hours that are billed for one added host that is there for all of these, one after another
/// \[h\].
#[must_use]
pub fn billed_hours(scenario: &Scenario, there_for: &[&Law]) -> f64 {
    let Billing {
        granularity,
        paid_hour,
        ..
    } = scenario.billing;
    let least: f64 = there_for.iter().map(|law| law.support().0).sum();
    if granularity == Granularity::Second && least >= MINIMUM_BILLED {
        return there_for.iter().map(|law| law.mean()).sum::<f64>() / 3600.0;
    }
    let Some(there_for) = there_for
        .iter()
        .map(|&law| law.clone())
        .reduce(|sum, law| sum.plus(&law))
    else {
        return 0.0;
    };
    match granularity {
        Granularity::Second => there_for.expectation(|s| s.max(MINIMUM_BILLED)) / 3600.0,
        Granularity::Hour => match (paid_hour, scenario.deployment.per_day) {
            (PaidHour::Reused, Some(per_day)) => {
                hours_with_reuse(&there_for, per_day / scenario.deployment.window_hours())
            }
            _ => expected_started_hours(&there_for),
        },
    }
}

/// Expected started hours, the mass of a point spread over its cell.
///
/// # Formula
/// E\[⌈x⌉\] = Σ P(x > n) over n = 0, 1, …
fn expected_started_hours(added_for: &Law) -> f64 {
    let last = added_for.support().1 + added_for.step();
    let mut hours = 0.0;
    let mut n = 0.0;
    while n * 3600.0 <= last {
        let over = 1.0 - added_for.cdf(n * 3600.0);
        hours += if n == 0.0 { 1.0 } else { over };
        n += 1.0;
    }
    hours
}

/// What the daemons' licences cost for a host.
struct Licences {
    /// Counted by the hours a host runs.
    hourly: UsdPerHour,
    /// Counted by the month's high-water mark of hosts.
    high_water: Usd,
}

impl Licences {
    fn of(cluster: Option<&Cluster>) -> Self {
        let sum = |counted: LicenceCount| -> Usd {
            cluster
                .iter()
                .flat_map(|cluster| &cluster.daemons)
                .filter(|daemon| daemon.counted == counted)
                .map(|daemon| daemon.usd_per_host_month)
                .sum()
        };
        Self {
            hourly: UsdPerHour(sum(LicenceCount::Hours).0 / HOURS_PER_MONTH),
            high_water: sum(LicenceCount::HighWater),
        }
    }

    fn per_month(&self) -> Usd {
        self.hourly.for_month() + self.high_water
    }
}
