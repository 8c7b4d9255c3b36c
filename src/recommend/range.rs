//! Percents for a desired count that moves: of those that give a pair of bounds at the scenario's
//! own count, the roundest that are stuck at no count of the range.

use crate::rollout::{Room, bounds, moves_over_range, roundness};
use crate::scenario::{DesiredRange, Scenario};

/// The percents for the bounds that a pair of percents gives; None where all of them are stuck at
/// some count. Without a range the pair itself.
pub fn percents(scenario: &Scenario, percents: (u32, u32), room: Room) -> Option<(u32, u32)> {
    let may_change = scenario.recommend.may_change.percents;
    let Some(range) = scenario.service.desired_range.filter(|_| may_change) else {
        return Some(percents);
    };
    let moves = |percents| moves_over_range(scenario, range, percents, room);
    if moves(percents) {
        return Some(percents);
    }
    same_bounds(scenario, percents, range, room)
}

fn same_bounds(
    scenario: &Scenario,
    (minimum, maximum): (u32, u32),
    range: DesiredRange,
    room: Room,
) -> Option<(u32, u32)> {
    let moves = |percents| moves_over_range(scenario, range, percents, room);
    let desired = scenario.service.desired_count;
    let wanted = bounds(desired, minimum, maximum);
    let of = |minimum, maximum| bounds(desired, minimum, maximum);
    let mut minima: Vec<u32> = (0..=100)
        .filter(|&percent| of(percent, maximum).lower == wanted.lower)
        .collect();
    let mut maxima: Vec<u32> = (100..=200)
        .filter(|&percent| of(minimum, percent).upper == wanted.upper)
        .collect();
    // The lowest minimum and the highest maximum let most move.
    let (lowest, highest) = (*minima.first()?, *maxima.last()?);
    if !moves((lowest, highest)) {
        return None;
    }
    minima.sort_by_key(|&percent| (roundness(percent), percent));
    maxima.sort_by_key(|&percent| (roundness(percent), percent));
    // The minimum stays as round as it can be; then the maximum.
    let minimum = minima
        .into_iter()
        .find(|&minimum| moves((minimum, highest)))?;
    let maximum = maxima
        .into_iter()
        .find(|&maximum| moves((minimum, maximum)))?;
    Some((minimum, maximum))
}
