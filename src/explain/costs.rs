//! What the hosts of a deployment cost, as lines beside their release.

use super::Baseline;
use crate::scenario::{
    AddedHost, Capacity, Cluster, Granularity, LicenceCount, PaidHour, PrescaleMode, Scenario,
};
use crate::units::Usd;

/// What one deployment adds to the bill, and what each of its hosts costs beside its instance.
pub(super) fn costs_told(base: &Baseline) -> Vec<String> {
    let scenario = base.scenario;
    let Some(host) = &scenario.prescale.host else {
        return Vec::new();
    };
    let each = base.outcome.cost.per_deployment_usd;
    let mut told = vec![format!(
        "the hosts cost {each} a deployment: from launch to here, {}",
        prices(base, host)
    )];
    told.extend(started_hours(scenario));
    if let Capacity::Hosts(cluster) = &scenario.capacity {
        told.extend(beside(cluster));
        told.extend(committed(cluster));
    }
    if scenario.billing.free_hours_per_month > 0.0 {
        told.push(format!(
            "{} instance hours of a month are free, the listed hosts first",
            scenario.billing.free_hours_per_month
        ));
    }
    told
}

/// What a stopped host of a warm pool costs between deployments.
pub(super) fn warm_pool_told(scenario: &Scenario) -> Option<String> {
    let is_pool = scenario.prescale.mode == PrescaleMode::WarmPool && scenario.prescale.hosts > 0;
    is_pool.then(|| {
        format!(
            "stopped between deployments: each costs its disk, {} a month; prescale.boot is its start from there",
            scenario.prescale.storage_per_host_month
        )
    })
}

fn prices(base: &Baseline, host: &AddedHost) -> String {
    let instance_type = &host.shape.instance_type;
    let on_demand = format!("{:.4} USD an hour for {instance_type}", host.on_demand.0);
    let spot = base.plan.spot_hosts.min(base.plan.prescale_hosts);
    match host.spot.filter(|_| spot > 0) {
        Some(price) if spot == base.plan.prescale_hosts => {
            format!("{:.4} USD an hour for {instance_type} as spot", price.0)
        }
        Some(price) if spot == 1 => format!("{on_demand}, {:.4} for the spot one", price.0),
        Some(price) => format!("{on_demand}, {:.4} for the {spot} spot ones", price.0),
        None => on_demand,
    }
}

fn started_hours(scenario: &Scenario) -> Option<String> {
    let billing = &scenario.billing;
    (billing.granularity == Granularity::Hour).then(|| {
        let rest = match billing.paid_hour {
            PaidHour::Lost => "the rest of it is lost",
            PaidHour::Reused => "a deployment that begins in it uses the host again",
        };
        format!("each started hour is billed whole; {rest}")
    })
}

/// Disk and address, licences of agents, and the pull of the image.
fn beside(cluster: &Cluster) -> Vec<String> {
    let mut told = Vec::new();
    if cluster.host_extra.0 > 0.0 {
        told.push(format!(
            "{:.4} USD an hour more for disk and address of each",
            cluster.host_extra.0
        ));
    }
    for daemon in &cluster.daemons {
        if daemon.usd_per_host_month <= Usd(0.0) {
            continue;
        }
        let (name, licence) = (&daemon.name, daemon.usd_per_host_month);
        told.push(match daemon.counted {
            LicenceCount::Hours => {
                format!("the licence of {name}, {licence} a host and month, by the hours")
            }
            LicenceCount::HighWater => format!(
                "the licence of {name}, {licence} a host, for a whole month: it counts the most \
                 hosts of a month"
            ),
        });
    }
    let pull = cluster.cold_pull_gib * cluster.nat_usd_per_gib;
    if pull > 0.0 {
        told.push(format!(
            "{} GiB of images through NAT for each, {}",
            cluster.cold_pull_gib,
            Usd(pull)
        ));
    }
    told
}

fn committed(cluster: &Cluster) -> Option<String> {
    let listed: u32 = cluster.hosts.iter().map(|group| group.count).sum();
    match cluster.committed_hosts {
        0 => None,
        hosts if hosts <= listed => Some(format!(
            "the {hosts} committed of the {listed} listed hosts are paid in any case: none is left \
             for added ones"
        )),
        hosts => Some(format!(
            "{hosts} hosts are committed to and paid in any case: {} of them beyond the listed ones \
             {} free here",
            hosts - listed,
            if hosts - listed == 1 { "is" } else { "are" }
        )),
    }
}
