//! What hosts cost in a month: serving, standing headroom, and the hosts added for deployments.

use serde::Serialize;

use super::estimate::Plan;
use super::law::Law;
use super::paid_hour::{Arrivals, hours_with_reuse};
use crate::rollout::standing_hosts;
use crate::scenario::{
    Billing, Capacity, Cluster, Fallback, Granularity, LicenceCount, PaidHour, PrescaleMode,
    Scenario,
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
    /// Of what all deployments of a month add, the part that is due once however many there are:
    /// licences of added hosts by the monthly high-water mark \[USD/month\].
    #[serde(skip)]
    pub due_once_usd_per_month: Usd,
    /// Committed hosts beyond the listed ones, at list price: paid in any case, and in no other
    /// figure \[USD/month\]; absent without them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sunk_usd_per_month: Option<Usd>,
    /// serving + headroom + deployments × `per_deployment` \[USD/month\]; absent without
    /// deployments per day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_usd_per_month: Option<Usd>,
    /// What 95 % of the deployments add at most \[USD\]; absent where only means are asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_deployment_p95_usd: Option<Usd>,
    /// What 95 % of the months cost at most \[USD/month\]; absent where only means are asked, and
    /// without deployments per day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_p95_usd_per_month: Option<Usd>,
}

/// What the cost depends on beside the scenario.
#[derive(Debug, Clone, Copy)]
pub struct Use<'a> {
    /// Which hosts are added.
    pub plan: &'a Plan,
    /// Hours that are billed for each pre-scaled on-demand host.
    pub hours_each: Billed,
    /// Hours that are billed for each pre-scaled spot host, which comes a fulfilment time later.
    pub spot_hours_each: Billed,
    /// Hosts that join while it runs, and hours billed for all of them together \[h\].
    pub joined: Option<(u32, f64)>,
    /// Tasks beyond the desired count during a deployment, in hours.
    pub excess_task_hours: Billed,
}

/// Billed hours of one deployment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Billed {
    /// Mean \[h\].
    pub mean: f64,
    /// How they vary; absent where only means are asked.
    pub spread: Option<HoursSpread>,
}

impl Billed {
    /// With a share of the deployments that need another, fixed time \[h\].
    #[must_use]
    pub fn or_else_with(self, share: f64, other: f64) -> Self {
        let apart = self.mean - other;
        Self {
            mean: (1.0 - share) * self.mean + share * other,
            spread: self.spread.map(|spread| HoursSpread {
                deviation: (1.0 - share)
                    .mul_add(
                        spread.deviation * spread.deviation,
                        share * (1.0 - share) * apart * apart,
                    )
                    .sqrt(),
                p95: if share > 0.05 {
                    spread.p95.max(other)
                } else {
                    spread.p95
                },
                ..spread
            }),
        }
    }
}

/// How billed hours vary.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HoursSpread {
    /// Standard deviation \[h\].
    pub deviation: f64,
    /// Third central moment over the cube of the deviation.
    pub skewness: f64,
    /// Reached by 95 % \[h\].
    pub p95: f64,
}

/// The 95 % quantile of the standard normal law.
pub const NORMAL_P95: f64 = 1.644_853_626_951_472_2;

/// What one deployment adds, as a law known by a few figures.
#[derive(Debug, Clone, Copy, Default)]
struct Each {
    mean: Usd,
    spread: Option<EachSpread>,
}

#[derive(Debug, Clone, Copy, Default)]
struct EachSpread {
    deviation: f64,
    skewness: f64,
    p95: Usd,
}

impl Each {
    fn nothing() -> Self {
        Self {
            mean: Usd::ZERO,
            spread: Some(EachSpread::default()),
        }
    }

    /// More cost whose hours rise and fall with the others': so do deviation and quantile.
    fn add(&mut self, rate: Usd, hours: Billed) {
        self.mean += rate * hours.mean;
        self.spread = self.spread.zip(hours.spread).map(|(so_far, more)| {
            let deviation = so_far.deviation + rate.0 * more.deviation;
            EachSpread {
                deviation,
                skewness: if more.deviation * rate.0 > so_far.deviation {
                    more.skewness
                } else {
                    so_far.skewness
                },
                p95: so_far.p95 + rate * more.p95,
            }
        });
    }

    /// More cost that does not vary.
    fn add_fixed(&mut self, cost: Usd) {
        self.mean += cost;
        if let Some(spread) = &mut self.spread {
            spread.p95 += cost;
        }
    }
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
    let mut each = Each::nothing();
    each.add(price.for_hours(1.0), usage.excess_task_hours);
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
    for (count, price) in priced(scenario, plan.headroom_hosts, standing_spot, Seconds::ZERO) {
        let free = committed.min(count);
        committed -= free;
        let hours = f64::from(count - free) * HOURS_PER_MONTH;
        let paid = hours - take(&mut free_hours, hours);
        headroom += price.for_hours(paid);
        headroom += (extra.for_month() + licences.per_month()) * f64::from(count);
    }

    // What stands by hand is among what the target keeps.
    let kept = standing_hosts(scenario, plan.headroom_hosts) - plan.headroom_hosts;
    for (count, price) in priced(scenario, kept, 0, Seconds::ZERO) {
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
    let mut each = Each::nothing();
    let mut due_once = Usd(0.0);
    let unbilled = Seconds(usage.spot_hours_each.mean.min(1.0) * 3600.0);
    let added = priced(scenario, plan.prescale_hosts, added_spot, unbilled)
        .into_iter()
        .zip([usage.hours_each, usage.spot_hours_each]);
    let (joined, joined_hours) = usage.joined.unwrap_or((0, 0.0));
    let joined_spot = Plan::spot_hosts(joined, scenario.prescale.spot_share);
    // Of hosts that join only the mean is known.
    let joined_each = Billed {
        mean: joined_hours / f64::from(joined.max(1)),
        spread: None,
    };
    let joined = priced(scenario, joined, joined_spot, Seconds::ZERO)
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|priced| (priced, joined_each));
    for ((count, price), billed) in added.chain(joined) {
        let hours_each = billed.mean;
        let free = committed.min(count);
        committed -= free;
        let hours = f64::from(count - free) * hours_each;
        let paid = match deployments {
            Some(deployments) if deployments > 0.0 => {
                hours - take(&mut free_hours, hours * deployments) / deployments
            }
            _ => hours,
        };
        // Hours that are paid, of each hour that the host is there.
        let share = if hours_each > 0.0 {
            paid / hours_each
        } else {
            0.0
        };
        let count = f64::from(count);
        let by_hours = (extra + licences.hourly).for_hours(count);
        each.add(price.for_hours(share) + by_hours, billed);
        if let Some(deployments) = deployments.filter(|&deployments| deployments > 0.0) {
            each.add_fixed(licences.high_water * (count / deployments));
            due_once += licences.high_water * count;
        }
        if let Some(cluster) = cluster {
            each.add_fixed(Usd(cluster.cold_pull_gib * cluster.nat_usd_per_gib) * count);
        }
    }
    Cost {
        sunk_usd_per_month: sunk(scenario, beyond_listed),
        due_once_usd_per_month: due_once,
        ..total(serving, headroom, each, deployments)
    }
}

/// Cost of a month from its parts.
///
/// # Formula
/// The sum of n deployments of mean m, deviation s and skewness g: 95 % quantile
/// nm + √n s (z + (z² − 1) g / (6 √n)) with z that of the normal law (Cornish and Fisher, 1938).
fn total(serving: Usd, headroom: Usd, each: Each, deployments: Option<f64>) -> Cost {
    let always = serving + headroom;
    let total_usd_per_month = deployments.map(|deployments| always + each.mean * deployments);
    let month = |spread: EachSpread| {
        let deployments = deployments?;
        let skewed = (NORMAL_P95 * NORMAL_P95 - 1.0) * spread.skewness / 6.0;
        let beyond = spread.deviation * (deployments.sqrt() * NORMAL_P95 + skewed);
        Some(always + each.mean * deployments + Usd(beyond.max(0.0)))
    };
    let each_spread = each.spread;
    let each = each.mean;
    Cost {
        serving_usd_per_month: serving,
        headroom_usd_per_month: headroom,
        per_deployment_usd: each,
        due_once_usd_per_month: Usd(0.0),
        sunk_usd_per_month: None,
        total_usd_per_month,
        per_deployment_p95_usd: each_spread.map(|spread| spread.p95),
        total_p95_usd_per_month: each_spread.and_then(month),
    }
}

/// What committed hosts beyond the listed ones cost, whether they are used or not.
fn sunk(scenario: &Scenario, hosts: u32) -> Option<Usd> {
    let host = scenario.prescale.host.as_ref().filter(|_| hosts > 0)?;
    Some(host.on_demand.for_month() * f64::from(hosts))
}

/// Added hosts with their price: on demand and spot.
///
/// # Formula
/// A request for spot that is not met becomes an on-demand host: with probability p of being met
/// the price is p times the spot price and 1 − p times the other. A spot host that is taken back in
/// its first hour is not billed (Amazon EC2, billing for interrupted spot instances); of those
/// that stay for a deployment only this is counted.
fn priced(
    scenario: &Scenario,
    hosts: u32,
    spot_hosts: u32,
    unbilled: Seconds,
) -> Vec<(u32, UsdPerHour)> {
    let Some(host) = &scenario.prescale.host else {
        return Vec::new();
    };
    let spot_hosts = spot_hosts.min(hosts);
    let spot = host.spot.unwrap_or(host.on_demand);
    let met = match scenario.spot.fallback {
        Fallback::OnDemand => scenario.spot.fulfilment,
        Fallback::Wait => 1.0,
    };
    let billed = 1.0 - host.interruption.strikes_within(unbilled);
    vec![
        (hosts - spot_hosts, host.on_demand),
        (
            spot_hosts,
            spot * (met * billed) + host.on_demand * (1.0 - met),
        ),
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
    let reused = paid_hour == PaidHour::Reused && scenario.deployment.per_day.is_some();
    if granularity == Granularity::Hour
        && !reused
        && let Some(hours) = sure_hours(there_for)
    {
        return hours;
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
                let window = scenario.deployment.window_hours();
                hours_with_reuse(&there_for, Arrivals { per_day, window })
            }
            _ => expected_started_hours(&there_for),
        },
    }
}

/// Started hours where all that may happen ends within the same one; else None.
fn sure_hours(there_for: &[&Law]) -> Option<f64> {
    let sum = |of: fn(&Law) -> f64| there_for.iter().map(|law| of(law)).sum::<f64>();
    let cells = sum(Law::step);
    let (least, most) = (sum(|law| law.support().0), sum(|law| law.support().1));
    let hours = ((most + cells) / 3600.0).ceil();
    (hours > 0.0 && least - cells > 3600.0 * (hours - 1.0)).then_some(hours)
}

/// How the hours vary that are billed for one added host which is there for all of these.
#[must_use]
pub fn hours_spread(granularity: Granularity, there_for: &[&Law]) -> HoursSpread {
    let Some(there_for) = there_for
        .iter()
        .map(|&law| law.clone())
        .reduce(|sum, law| sum.plus(&law))
    else {
        return HoursSpread::default();
    };
    let hours: Vec<(f64, f64)> = match granularity {
        Granularity::Second => there_for
            .points()
            .map(|(s, chance)| (s.max(MINIMUM_BILLED) / 3600.0, chance))
            .collect(),
        Granularity::Hour => started_hours(&there_for),
    };
    let moment = |about: f64, power: i32| -> f64 {
        let terms = hours.iter();
        terms
            .map(|&(h, chance)| chance * (h - about).powi(power))
            .sum()
    };
    let mean = moment(0.0, 1);
    let deviation = moment(mean, 2).max(0.0).sqrt();
    let p95 = match granularity {
        Granularity::Second => there_for.quantile(0.95).max(MINIMUM_BILLED) / 3600.0,
        Granularity::Hour => (there_for.quantile(0.95) / 3600.0).ceil(),
    };
    HoursSpread {
        deviation,
        skewness: if deviation > 0.0 {
            moment(mean, 3) / deviation.powi(3)
        } else {
            0.0
        },
        p95,
    }
}

/// Started hours with their probabilities.
fn started_hours(there_for: &Law) -> Vec<(f64, f64)> {
    let last = there_for.support().1 + there_for.step();
    let mut hours = Vec::new();
    let (mut n, mut below) = (1.0, 0.0);
    while below < 1.0 && (n - 1.0) * 3600.0 <= last {
        let so_far = there_for.cdf(n * 3600.0);
        hours.push((n, so_far - below));
        below = so_far;
        n += 1.0;
    }
    hours
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_in_the_same_hour_is_billed_without_a_sum() {
        let (early, late) = (Law::uniform(600.0, 1.0), Law::uniform(1800.0, 1.0));
        for shift in [10.0, 1100.0, 1300.0, 3700.0, 7000.0] {
            let parts = [&early, &late.shifted(shift)];
            let summed = expected_started_hours(&parts[0].plus(parts[1]));
            match sure_hours(&parts) {
                Some(hours) => assert!((hours - summed).abs() < 1e-9, "{hours} not {summed}"),
                None => assert!(
                    summed.fract() > 1e-9 && summed.fract() < 1.0 - 1e-9,
                    "{summed}"
                ),
            }
        }
        assert_eq!(sure_hours(&[]), None);
    }
}
