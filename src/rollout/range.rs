//! At which desired counts a deployment never moves, where the count moves within a range.
//!
//! The hosts stay as they are: at another count as many places are left as there are tasks fewer
//! or more. Counts beyond the places cannot run here at all, and are no stuck ones.

use super::{Room, bounds, managed_scaling, places_on_added};
use crate::scenario::{DesiredRange, Scenario};

/// Counts of a range that share a fate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RangeCheck {
    /// Counts at which the deployment never moves, ascending.
    pub stuck: Vec<u32>,
    /// The most tasks that the hosts hold, where the range goes beyond.
    pub places: Option<u32>,
}

/// What becomes of percents at each count of a range, with the room at the scenario's own count.
///
/// # Formula
/// At count c with bounds L and U and room r: stuck iff c + min(U − c, r, c) ≤ L or U < c, as at
/// the scenario's own count. With P places on the listed and standing hosts r = P − c, and what
/// pre-scaled hosts add, and those of managed scaling.
#[must_use]
pub fn over_range(
    scenario: &Scenario,
    range: DesiredRange,
    percents: (u32, u32),
    room: Room,
) -> RangeCheck {
    let places = places(scenario, room);
    let added = places_added(scenario, room);
    let counts = range.low..=places.map_or(range.high, |places| places.min(range.high));
    RangeCheck {
        stuck: counts
            .filter(|&count| is_stuck_at(count, percents, places, added))
            .collect(),
        places: places.filter(|&places| places < range.high),
    }
}

/// Whether percents move at every count of a range.
#[must_use]
pub fn moves_over_range(
    scenario: &Scenario,
    range: DesiredRange,
    percents: (u32, u32),
    room: Room,
) -> bool {
    let places = places(scenario, room);
    let added = places_added(scenario, room);
    let most = places.map_or(range.high, |places| places.min(range.high));
    !(range.low..=most).any(|count| is_stuck_at(count, percents, places, added))
}

/// Places on listed and standing hosts; absent: unlimited.
fn places(scenario: &Scenario, room: Room) -> Option<u32> {
    room.warm
        .map(|warm| scenario.service.desired_count.saturating_add(warm))
}

/// Places on pre-scaled hosts, and on those that managed scaling adds for tasks that wait.
fn places_added(scenario: &Scenario, room: Room) -> u32 {
    let each = places_on_added(scenario).map_or(0, |places| places.count);
    let joining = managed_scaling(scenario).map_or(0, |scaling| {
        each.saturating_mul(scaling.most_hosts.unwrap_or(u32::MAX))
    });
    room.cold.saturating_add(joining)
}

fn is_stuck_at(count: u32, percents: (u32, u32), places: Option<u32>, added: u32) -> bool {
    let bounds = bounds(count, percents.0, percents.1);
    let beside = places.map_or(count, |places| {
        places
            .saturating_sub(count)
            .saturating_add(added)
            .min(count)
    });
    let surge = beside.min(bounds.upper.saturating_sub(count));
    count.saturating_add(surge) <= bounds.lower || bounds.upper < count
}
