//! How a plan's tasks are exposed to interruptions and lost zones, during a deployment and between
//! two.

use std::cell::RefCell;
use std::collections::HashMap;

mod course;
mod durations;
mod struck;

pub use durations::Durations;

use self::struck::Courses;
use super::estimate::Plan;
use super::interruption::{Cause, Recovery, Source, chance_of_missing_more, sources};
use super::placement::{Placement, between_deployments};
use crate::rollout::{Joining, Moves, bounds};
use crate::scenario::{Capacity, Scenario};
use crate::units::PerHour;

/// What may strike the tasks of a plan, and how likely too few are healthy at rest.
#[derive(Debug, Clone)]
pub struct Exposure {
    /// A deployment on these hosts.
    courses: Courses,
    /// By bounds, what joins, and how long the deployment takes.
    known: RefCell<HashMap<(u32, u32, Joining, u64), Struck>>,
    /// Probability at any moment between deployments that fewer than the required tasks are
    /// healthy, by interruptions alone.
    pub short_by_spot: f64,
    /// The same by zones, beside what interruptions do.
    pub short_by_zone: f64,
}

/// What interruptions and lost zones do to one deployment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Struck {
    /// Probability that fewer than the required tasks are healthy at any time.
    pub chance: f64,
    /// Expected time of that by interruptions \[s\].
    pub seconds_by_spot: f64,
    /// The same by zones \[s\].
    pub seconds_by_zone: f64,
}

impl Struck {
    fn add(&mut self, cause: Cause, seconds: f64) {
        match cause {
            Cause::Spot => self.seconds_by_spot += seconds,
            Cause::Zone => self.seconds_by_zone += seconds,
        }
    }
}

/// Whether anything of a plan may be taken back or lost.
#[must_use]
pub fn is_exposed(scenario: &Scenario, plan: &Plan) -> bool {
    let host = scenario.prescale.host.as_ref();
    let added_may =
        plan.spot_hosts > 0 && host.is_some_and(|host| host.interruption > PerHour::ZERO);
    let listed_may = matches!(&scenario.capacity, Capacity::Hosts(cluster)
        if cluster.zone_loss.hazard > PerHour::ZERO
            || cluster.hosts.iter().any(|group| group.interruption > PerHour::ZERO));
    added_may || listed_may
}

/// How many tasks may start while as many that are lost still stop: the upper bound counts both.
#[must_use]
pub fn starts_beside(scenario: &Scenario, plan: &Plan) -> u32 {
    let desired = scenario.service.desired_count;
    if !scenario.deployment.stopping_counts {
        return desired;
    }
    bounds(desired, plan.minimum_healthy_percent, plan.maximum_percent)
        .upper
        .saturating_sub(desired)
        .min(desired)
}

impl Exposure {
    /// How a plan's tasks are exposed. The required tasks are at most the desired ones.
    #[must_use]
    pub fn of(scenario: &Scenario, plan: &Plan, required: u32, recovery: &Recovery) -> Self {
        let desired = scenario.service.desired_count;
        let surplus = desired.saturating_sub(required);
        let beside = starts_beside(scenario, plan);
        let under =
            |placement: &Placement| sources(scenario, placement, recovery, beside, surplus + 1);
        let rest = between_deployments(scenario, plan);
        let between = under(&Placement::spread(desired, rest, Vec::new()));
        let by_spot: Vec<&Source> = of_spot(&between).collect();
        let short_by_spot = chance_of_missing_more(&by_spot, surplus);
        let all: Vec<&Source> = between.iter().collect();
        let short = if all.len() == by_spot.len() {
            short_by_spot
        } else {
            chance_of_missing_more(&all, surplus)
        };
        Self {
            known: RefCell::default(),
            courses: Courses::of(scenario, plan, required, recovery.durations()),
            short_by_spot,
            short_by_zone: (short - short_by_spot).max(0.0),
        }
    }

    /// What happens to a deployment of so many seconds.
    ///
    /// # Formula
    /// See `Courses::struck`. Tasks that are missing at the request by strikes before it count in the
    /// probability.
    #[must_use]
    pub fn during(&self, moves: &Moves, joins_after: f64, seconds: f64) -> Struck {
        let key = (
            moves.bounds.lower,
            moves.bounds.upper,
            moves.joining,
            seconds.to_bits(),
        );
        let mut known = self.known.borrow_mut();
        let mut struck = *known
            .entry(key)
            .or_insert_with(|| self.courses.struck(moves, joins_after, seconds));
        let at_the_request = self.short_by_spot + self.short_by_zone;
        struck.chance += at_the_request * (1.0 - struck.chance);
        struck
    }
}

fn of_spot(sources: &[Source]) -> impl Iterator<Item = &Source> {
    sources.iter().filter(|source| source.cause == Cause::Spot)
}
