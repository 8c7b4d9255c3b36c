//! `[cluster.concurrent_deployments]`: what other services deploy in the same cluster.

use super::Sections;
use crate::scenario::{DurationLaw, LaunchType, Order, Overlap};
use crate::units::Seconds;

/// No cluster has more deployments on a day.
const MOST_A_DAY: f64 = 100_000.0;

/// The deployments of others; absent where none are given.
pub(super) fn read(sections: &Sections<'_>) -> Option<Overlap> {
    let table = sections.cluster.table("concurrent_deployments");
    if !table.is_given() {
        assume_none(sections);
        return None;
    }
    if sections.launch_type == Some(LaunchType::Fargate) {
        let expected = "no other deployments: on Fargate they do not share the room";
        sections
            .cluster
            .reject("concurrent_deployments", expected, "remove it");
        return None;
    }
    let per_day = table.number("per_day", 0.0..=MOST_A_DAY, "a number, 0 or more");
    let expected = "how many deployments the other services of the cluster have on a day";
    let per_day = table.need("per_day", per_day, expected, "give per_day");
    let duration = table.law("duration");
    let expected = "how long one of them needs its room";
    let duration = table.need("duration", duration, expected, "give it as \"14m\"");
    let order = match table.flag("lock") {
        Some(true) => Order::Queued,
        Some(false) | None => Order::AtOnce,
    };
    let tasks = if order == Order::AtOnce {
        let why = "not given: each of them needs room for one task";
        table.integer_or("tasks", 0..=100_000, 1, why)
    } else {
        // Under a lock they are never there at the same time.
        table.integer("tasks", 0..=100_000).unwrap_or(0)
    };
    if !table.has("lock") {
        table.assume("lock", false, "they may run at the same time");
    }
    if !sections.deployment.has("window_hours") {
        let why = "not given: deployments around the clock";
        sections.deployment.assume("window_hours", 24, why);
    }
    Some(Overlap {
        per_day: per_day?,
        duration: duration.unwrap_or(DurationLaw::fixed(Seconds::ZERO)),
        tasks,
        order,
    })
}

/// Where others run on the hosts, that they are never deployed at the same time is a guess.
fn assume_none(sections: &Sections<'_>) {
    let shared = ["used_cpu", "used_memory_mib", "used_interfaces"];
    let is_shared = |host: &super::table::Table<'_>| shared.iter().any(|key| host.has(key));
    if sections.hosts.iter().any(is_shared) {
        let why = "not given: the others on these hosts are not deployed at the same time";
        let cluster = &sections.cluster;
        cluster.assume("concurrent_deployments", "none", why);
    }
}
