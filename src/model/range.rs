//! A desired count that moves: where its percents are stuck, and time and cost at both ends.

use serde::Serialize;

use super::availability::{Availability, required_tasks};
use super::estimate::{Duration, Mean, Model, Plan};
use crate::rollout::{Added, Room, TooFewPlaces, managed_scaling, over_range, room};
use crate::scenario::{Capacity, Clock, DesiredRange, Scenario, Service};
use crate::units::{Seconds, Usd};

/// A deployment at both ends of the range in which the desired count moves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RangeEnds {
    /// With the fewest tasks.
    pub low: End,
    /// With the most tasks.
    pub high: End,
    /// Counts at which the deployment never moves, ascending.
    pub stuck_at: Vec<u32>,
}

/// A deployment at one end of the range.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct End {
    /// The desired count there.
    pub desired: u32,
    /// Why there is no answer; absent where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// From the launch of the pre-scaled hosts to the request \[s\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_s: Option<Mean>,
    /// From the request to the last new task healthy \[s\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_version_s: Option<Duration>,
    /// From the request to "completed" \[s\].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_s: Option<Duration>,
    /// On the same hosts \[USD/month\]; absent without deployments per day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_usd_per_month: Option<Usd>,
    /// The smallest healthy count by the scheduler's own moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_healthy: Option<u32>,
    /// Against the required tasks, which follow the desired count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability: Option<Availability>,
}

impl RangeEnds {
    /// The lowest monthly availability at both ends; absent where neither has one.
    #[must_use]
    pub fn worst_monthly(&self) -> Option<f64> {
        let ends = [&self.low, &self.high].into_iter();
        let monthly = ends.filter_map(|end| end.availability.and_then(|found| found.monthly));
        monthly.reduce(f64::min)
    }

    /// Counts at which the deployment never moves, in short; absent where it moves at all.
    #[must_use]
    pub fn stuck_in_short(&self) -> Option<String> {
        (!self.stuck_at.is_empty()).then(|| in_runs(&self.stuck_at))
    }
}

impl End {
    /// Lead plus the mean of a clock \[s\]; absent where there is no answer.
    #[must_use]
    pub fn with_lead(&self, clock: Clock) -> Option<Seconds> {
        let of_clock = match clock {
            Clock::NewVersion => self.new_version_s,
            Clock::Completed => self.completed_s,
        };
        Some(self.lead_s?.mean + of_clock?.mean)
    }
}

/// Both ends of a scenario's range; absent where the desired count does not move.
#[must_use]
pub fn range_ends(model: &Model, scenario: &Scenario) -> Option<RangeEnds> {
    let range = scenario.service.desired_range?;
    Some(RangeEnds {
        low: end(model, scenario, range.low),
        high: end(model, scenario, range.high),
        stuck_at: stuck_at(scenario, range),
    })
}

fn end(model: &Model, scenario: &Scenario, desired: u32) -> End {
    let without = |problem: String| End {
        desired,
        problem: Some(problem),
        lead_s: None,
        new_version_s: None,
        completed_s: None,
        total_usd_per_month: None,
        min_healthy: None,
        availability: None,
    };
    let plan = Plan::of(scenario);
    let (there, room) = match at_count(scenario, desired, plan.added()) {
        Ok(found) => found,
        Err(too_few) => return without(format!("{} places", too_few.places)),
    };
    let found = model.brief(&there, &plan, room);
    let Some(clocks) = found.clocks else {
        return without("stuck".to_owned());
    };
    End {
        desired,
        problem: None,
        lead_s: Some(Mean { mean: clocks.lead }),
        new_version_s: Some(clocks.new_version),
        completed_s: Some(clocks.completed),
        total_usd_per_month: found.cost.total_usd_per_month,
        min_healthy: Some(found.tasks.min_healthy),
        availability: Some(found.availability),
    }
}

/// A scenario at another desired count on the same hosts, with the room there.
///
/// # Formula
/// Of the scenario's r required and d desired tasks ceil(r · count / d) are required there, unless
/// the tasks required at the ends l and h of its range are given: then the straight line through
/// them, rounded up.
///
/// # Errors
/// The listed and standing hosts do not hold so many tasks.
fn at_count(
    scenario: &Scenario,
    desired: u32,
    added: Added,
) -> Result<(Scenario, Room), TooFewPlaces> {
    let now = &scenario.service;
    let mut there = scenario.clone();
    there.service.desired_count = desired;
    if now.required_tasks.is_some() || now.required_range.is_some() {
        there.service.required_tasks = required_at(now, desired);
    }
    // Where only the room is known, the places stay the same as well.
    if let Capacity::FreeTasks(free) = &mut there.capacity {
        let places = free.saturating_add(now.desired_count);
        *free = places.checked_sub(desired).ok_or(TooFewPlaces {
            places,
            desired,
            limited_by: None,
        })?;
    }
    let room = room(&there, added)?;
    Ok((there, room))
}

/// The required tasks at another desired count: see [`at_count`].
fn required_at(service: &Service, desired: u32) -> Option<u32> {
    let given = service.required_range.zip(service.desired_range);
    let required = if let Some((required, range)) = given {
        let (above, width) = (desired.saturating_sub(range.low), range.high - range.low);
        let rise = u64::from(required.high.saturating_sub(required.low)) * u64::from(above);
        u64::from(required.low) + rise.div_ceil(u64::from(width.max(1)))
    } else {
        let required = u64::from(required_tasks(service)) * u64::from(desired);
        required.div_ceil(u64::from(service.desired_count.max(1)))
    };
    u32::try_from(required).ok()
}

/// A scenario at the other counts of its range that a plan has to serve, with the room there: both
/// ends, and where the hosts do not hold the upper one, as many tasks as they hold.
#[must_use]
pub fn at_ends(scenario: &Scenario, added: Added) -> Vec<(Scenario, Room)> {
    let now = scenario.service.desired_count;
    let ends = scenario.service.desired_range.into_iter();
    ends.flat_map(|range| [range.low, range.high])
        .filter(|&count| count != now)
        .filter_map(|count| match at_count(scenario, count, added) {
            Ok(found) => Some(found),
            Err(TooFewPlaces { places, .. }) if places > now => {
                at_count(scenario, places, added).ok()
            }
            Err(_) => None,
        })
        .collect()
}

fn stuck_at(scenario: &Scenario, range: DesiredRange) -> Vec<u32> {
    let plan = Plan::of(scenario);
    let percents = (plan.minimum_healthy_percent, plan.maximum_percent);
    room(scenario, plan.added()).map_or_else(
        |_| Vec::new(),
        |room| over_range(scenario, range, percents, room).stuck,
    )
}

/// What is wrong within the range: counts that are stuck, counts without places.
#[must_use]
pub fn range_warnings(scenario: &Scenario) -> Vec<String> {
    let Some(range) = scenario.service.desired_range else {
        return Vec::new();
    };
    let plan = Plan::of(scenario);
    let percents = (plan.minimum_healthy_percent, plan.maximum_percent);
    let Ok(room) = room(scenario, plan.added()) else {
        return Vec::new();
    };
    let found = over_range(scenario, range, percents, room);
    let mut warnings = Vec::new();
    if !found.stuck.is_empty() {
        warnings.push(format!(
            "with {}/{} a deployment never moves while the desired count is {}; change the percents, or correct service.desired_range = [{}, {}]",
            percents.0,
            percents.1,
            in_runs(&found.stuck),
            range.low,
            range.high
        ));
    }
    if let Some(places) = found.places {
        let above = match managed_scaling(scenario) {
            Some(_) => {
                "above that managed scaling adds hosts, which neither times nor cost here know; list those of the highest count in [[cluster.hosts]]"
            }
            None => "above that the desired count cannot rise without more hosts; list them",
        };
        warnings.push(format!(
            "the hosts hold {places} tasks: {above}, or correct service.desired_range = [{}, {}]",
            range.low, range.high
        ));
    }
    warnings
}

/// Ascending counts in short: `2–3, 5`.
fn in_runs(counts: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &count in counts {
        match runs.last_mut() {
            Some(run) if run.1 + 1 == count => run.1 = count,
            _ => runs.push((count, count)),
        }
    }
    let told: Vec<String> = runs
        .iter()
        .map(|&(from, to)| match to - from {
            0 => from.to_string(),
            1 => format!("{from}, {to}"),
            _ => format!("{from}–{to}"),
        })
        .collect();
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use super::in_runs;

    #[test]
    fn counts_are_told_in_runs() {
        assert_eq!(in_runs(&[2]), "2");
        assert_eq!(in_runs(&[2, 3, 5, 7, 8, 9]), "2, 3, 5, 7–9");
    }
}
