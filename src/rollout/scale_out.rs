//! Hosts that a capacity provider adds: on demand while a deployment runs, and those that it keeps
//! beyond what is in use.

use super::bounds::Bounds;
use super::leaving;
use super::places::{Room, places_on, places_on_added};
use crate::scenario::{Capacity, ManagedScaling, Scenario, Used};

/// Hosts that join while a deployment runs, because tasks wait in PROVISIONING.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Joining {
    /// How many hosts are launched.
    pub hosts: u32,
    /// Tasks that one of them holds.
    pub each: u32,
    /// Places on them that the deployment uses: further units of surge.
    pub places: u32,
}

/// The hosts that managed scaling adds for what the bounds allow and the room does not hold.
///
/// # Formula
/// Tasks that wait: min(U − d, d) less the surge that has room; where the first stops are over when
/// the alarm goes off, by means, the slack has given its places to some of them, and of the d new
/// tasks no more wait than have none. Hosts: ⌈waiting / places per host⌉, at least the minimum step.
#[must_use]
pub fn joining(scenario: &Scenario, bounds: Bounds, room: Room) -> Joining {
    let none = Joining::default();
    let (Some(scaling), Some(room)) = (managed_scaling(scenario), room.total()) else {
        return none;
    };
    let each = places_on_added(scenario).map_or(0, |places| places.count);
    let desired = scenario.service.desired_count;
    let waiting = bounds
        .upper
        .saturating_sub(desired)
        .min(desired)
        .saturating_sub(room);
    let placed = if leaving(scenario) <= scaling.alarm.0 {
        room.saturating_add(desired.saturating_sub(bounds.lower))
    } else {
        room
    };
    let waiting = waiting.min(desired.saturating_sub(placed));
    if waiting == 0 || each == 0 {
        return none;
    }
    let needed = waiting.div_ceil(each).max(scaling.minimum_step);
    let hosts = needed.min(scaling.most_hosts.unwrap_or(needed));
    Joining {
        hosts,
        each,
        places: hosts.saturating_mul(each).min(waiting),
    }
}

/// The sizes of the steps in which so many hosts are launched, one warm-up apart.
#[must_use]
pub fn steps(scaling: &ManagedScaling, hosts: u32) -> Vec<u32> {
    let mut left = hosts;
    let mut steps = Vec::new();
    while left > 0 {
        let step = left.min(scaling.maximum_step.max(1));
        steps.push(step);
        left -= step;
    }
    steps
}

/// Managed scaling, where a capacity provider has it on.
#[must_use]
pub fn managed_scaling(scenario: &Scenario) -> Option<ManagedScaling> {
    scenario.capacity_provider?.scaling
}

/// Hosts that a target capacity below 100 keeps beyond the listed ones.
///
/// # Formula
/// With M hosts in use and a target of t percent, managed scaling holds N = ⌈100 M / t⌉ hosts; what
/// is listed counts towards these. Tasks are placed by spread, each on a host of its own while
/// there are hosts without one.
#[must_use]
pub fn target_headroom(scenario: &Scenario) -> u32 {
    let Some(provider) = scenario
        .capacity_provider
        .filter(|provider| provider.scaling.is_some())
    else {
        return 0;
    };
    let (listed, in_use) = hosts_in_use(scenario);
    held(in_use, provider.target_capacity).saturating_sub(listed)
}

/// Hosts beyond the listed ones that stand always, where so many are added by hand: those that the
/// target keeps are among them.
#[must_use]
pub fn standing_hosts(scenario: &Scenario, added: u32) -> u32 {
    added.max(target_headroom(scenario))
}

/// The highest target capacity under which managed scaling keeps so many hosts beyond the listed
/// ones by itself; absent where it does not scale, or none does \[%\].
#[must_use]
pub fn target_for(scenario: &Scenario, beyond_listed: u32) -> Option<u32> {
    managed_scaling(scenario)?;
    let (listed, in_use) = hosts_in_use(scenario);
    let wanted = listed.saturating_add(beyond_listed);
    (1..=100)
        .rev()
        .find(|&target| held(in_use, target) >= wanted)
        .filter(|&target| held(in_use, target) == wanted)
}

/// Hosts that managed scaling holds for so many in use.
fn held(in_use: u32, target: u32) -> u32 {
    let held = (u64::from(in_use) * 100).div_ceil(u64::from(target.max(1)));
    u32::try_from(held).unwrap_or(u32::MAX)
}

/// Listed hosts that take tasks, and those of them that have some.
fn hosts_in_use(scenario: &Scenario) -> (u32, u32) {
    let Capacity::Hosts(cluster) = &scenario.capacity else {
        return (0, 0);
    };
    let mut own = scenario.service.desired_count;
    let (mut listed, mut in_use) = (0_u32, 0_u32);
    for group in cluster.hosts.iter().filter(|group| group.accepts_tasks) {
        listed = listed.saturating_add(group.count);
        let places = places_on(
            &group.shape,
            group.used,
            &cluster.daemons,
            &scenario.service,
        );
        let with_own = if places.count > 0 {
            group.count.min(own)
        } else {
            0
        };
        own -= with_own;
        in_use = in_use.saturating_add(if group.used == Used::default() {
            with_own
        } else {
            group.count
        });
    }
    (listed, in_use)
}
