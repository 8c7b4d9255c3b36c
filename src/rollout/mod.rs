//! What a rolling update on ECS may do at once and whether it can move at all, from the desired
//! count, the percents and the hosts. Integers only, no time.
//!
//! The scheduler keeps at least the lower bound healthy and at most the upper bound in existence;
//! a task that is stopping holds its place on its host until it is gone. Whenever a bound allows,
//! it starts what it may and stops what it may at the same moment. Nothing fails by itself here.

mod bounds;
mod lockstep;
mod overlap;
mod places;
mod range;
mod scale_out;
mod stuck;
#[cfg(test)]
mod tests;

pub use bounds::{
    Bounds, bounds, distinct_lower_bounds, distinct_upper_bounds, roundest_maximum_percent,
    roundest_minimum_healthy_percent, roundness,
};
pub use lockstep::{Step, lockstep};
pub use overlap::{Others, others};
pub use places::{
    Added, Limit, Places, Room, TooFewPlaces, places_on, places_on_added, room, scenario_added,
};
pub use range::{RangeCheck, moves_over_range, over_range};
pub use scale_out::{
    Joining, joining, managed_scaling, standing_hosts, steps, target_for, target_headroom,
};
pub use stuck::{Bound, Fix, Stuck};

use crate::scenario::{LoadBalancerKind, Placement, Scenario, Service};

/// Without any check a task counts as healthy so long after RUNNING \[s\].
const HEALTHY_WITHOUT_CHECK: f64 = 40.0;

/// What the scheduler may do at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moves {
    /// Desired count.
    pub desired: u32,
    /// By the percents alone.
    pub bounds: Bounds,
    /// Further tasks that the hosts can place.
    pub room: Room,
    /// Places on pre-scaled hosts that are taken by new tasks.
    pub on_added: u32,
    /// Starts there that find a host without the image.
    pub cold: u32,
    /// Whether tasks that are stopping count towards the upper bound.
    pub stopping_counts: bool,
    /// New tasks that may run beside all the old ones, at most the desired count.
    pub surge: u32,
    /// Hosts that join while it runs, and the surge that has to wait for them.
    pub joining: Joining,
    /// Old tasks that may stop before any new one is healthy.
    pub slack: u32,
    /// The smallest healthy count by the scheduler's own moves; the desired count when stuck.
    pub min_healthy: u32,
    /// The most tasks in existence at once, pending, running and stopping, in the worst order of
    /// events; the desired count when stuck.
    pub peak: u32,
}

impl Moves {
    /// Whether no move ever makes progress.
    ///
    /// # Formula
    /// With all old tasks and the whole surge healthy, still none may stop: desired + surge ≤ lower;
    /// or the new tasks can never all run: upper < desired. With percents of 0–100 and 100–200 this
    /// is surge = 0 and slack = 0.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.desired
            .saturating_add(self.surge)
            .saturating_add(self.joining.places)
            <= self.bounds.lower
            || self.bounds.upper < self.desired
    }
}

/// Whether a deployment can complete.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It moves, and so ends.
    Completes(Moves),
    /// It never moves.
    Stuck(Stuck),
}

/// Whether the scenario's deployment can complete.
///
/// # Errors
/// Not even the desired count fits on the listed and standing hosts.
pub fn verdict(scenario: &Scenario) -> Result<Verdict, TooFewPlaces> {
    let moves = scenario_moves(scenario)?;
    Ok(if moves.is_stuck() {
        Verdict::Stuck(stuck::explained(scenario, &moves))
    } else {
        Verdict::Completes(moves)
    })
}

/// What the scheduler may do at once in the scenario as it stands.
///
/// # Errors
/// Not even the desired count fits on the listed and standing hosts.
pub fn scenario_moves(scenario: &Scenario) -> Result<Moves, TooFewPlaces> {
    let bounds = bounds(
        scenario.service.desired_count,
        scenario.deployment.minimum_healthy_percent,
        scenario.deployment.maximum_percent,
    );
    Ok(moves(
        scenario,
        bounds,
        room(scenario, scenario_added(scenario))?,
    ))
}

/// Starts on added hosts where tasks are packed: the fullest hosts come first, added ones after
/// listed ones that are as full.
///
/// # Formula
/// So many as fit nowhere else beside the old tasks. The last added host is then partly full, and is
/// filled up before listed hosts that stops have left emptier: those of the slack come at once, and
/// from one host after another.
fn on_added_when_packed(scenario: &Scenario, room: Room, beside: u32, slack: u32) -> u32 {
    let each = places_on_added(scenario).map_or(0, |places| places.count);
    let first = beside.saturating_sub(room.warm.unwrap_or(u32::MAX));
    let on_the_last = first.checked_rem(each).unwrap_or(0);
    let more = if on_the_last > 0 && on_the_last + slack > each {
        slack.min(each - on_the_last)
    } else {
        0
    };
    room.cold.min(first.saturating_add(more))
}

/// Of the new tasks on added hosts those that find no image there.
///
/// # Formula
/// A host has the image once its first task is RUNNING. Without it are the first task of each added
/// host, and what starts with the first moves; with slack also what follows its stops, where these
/// come before a cold start is RUNNING. Packed, listed hosts take what they hold first. By means.
fn without_image(scenario: &Scenario, bounds: Bounds, room: Room, on_added: u32) -> u32 {
    let desired = scenario.service.desired_count;
    let timing = &scenario.service.timing;
    let running = timing.start.mean.0 + timing.cold_start_extra.mean.0;
    let surge = bounds.upper.saturating_sub(desired);
    let slack = desired.saturating_sub(bounds.lower);
    let begun = if surge == 0 || leaving(scenario) < running || !scenario.deployment.stopping_counts
    {
        surge.saturating_add(slack)
    } else {
        surge
    };
    let elsewhere = match scenario.service.placement {
        Placement::Spread => 0,
        Placement::Binpack => room.warm.unwrap_or(u32::MAX),
    };
    let each = places_on_added(scenario).map_or(1, |places| places.count.max(1));
    on_added.min(begun.saturating_sub(elsewhere).max(on_added.div_ceil(each)))
}

/// From the order to stop until the scheduler sees that a task is gone: mean \[s\].
fn leaving(scenario: &Scenario) -> f64 {
    let timing = &scenario.service.timing;
    let balancer = scenario.service.load_balancer.as_ref();
    balancer.map_or(0.0, |balancer| balancer.drain().0)
        + timing.stop.mean.0.min(timing.stop_timeout.0)
        + scenario.deployment.reaction.mean.0
}

/// From RUNNING to counted healthy, where all takes its mean \[s\].
///
/// # Formula
/// At the load balancer the first pass comes half an interval after readiness or the clock's start, at
/// an NLB the registration delay, whichever is later; if more checks failed before than it takes to be
/// unhealthy, (`healthy_threshold` − 1) more pass. At the container the first probe at or after
/// readiness. Without any check 40 s.
fn until_healthy(service: &Service) -> f64 {
    let ready = service.timing.ready.mean.0;
    let by_balancer = service.load_balancer.as_ref().map(|balancer| {
        let interval = balancer.health_check_interval.0;
        let clock = match balancer.kind {
            LoadBalancerKind::Nlb => balancer.registration_delay.mean.0,
            LoadBalancerKind::Alb | LoadBalancerKind::Clb => 0.0,
        };
        let passes = ready.max(clock) + interval / 2.0;
        let fatal = f64::from(balancer.unhealthy_threshold) * interval;
        let more = if balancer.always_waits_for_threshold() || passes - clock > fatal {
            f64::from(balancer.healthy_threshold.saturating_sub(1)) * interval
        } else {
            0.0
        };
        passes + more
    });
    let by_container = service.health_check.as_ref().map(|check| {
        let probes = (ready / check.interval.0).ceil().max(1.0);
        probes * check.interval.0
    });
    let checked = by_balancer.into_iter().chain(by_container);
    checked.reduce(f64::max).unwrap_or(HEALTHY_WITHOUT_CHECK)
}

/// Tasks beside the desired count where stopping ones do not count and hosts have room for all.
///
/// # Formula
/// B = U − L start with the first moves. Later each healthy one lets a start go ahead while the old
/// task that it tells to stop keeps its place for a drain and a reaction: U − d, and of B starts in
/// each time to healthy and a reaction those of one drain and a reaction. By means.
fn beside_stopping(scenario: &Scenario, bounds: Bounds) -> u32 {
    let service = &scenario.service;
    let timing = &service.timing;
    let reaction = scenario.deployment.reaction.mean.0;
    let turn = timing.start.mean.0 + until_healthy(service) + reaction;
    let at_once = bounds.upper.saturating_sub(bounds.lower);
    let surge = bounds.upper.saturating_sub(service.desired_count);
    let stopping = (f64::from(at_once) * leaving(scenario) / turn.max(1e-9)).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates, and is cut to the room"
    )]
    let stopping = stopping as u32;
    at_once.max(surge.saturating_add(stopping))
}

/// What the scheduler may do at once within other bounds or with other room than the scenario's.
///
/// # Formula
/// With desired count d, bounds L and U, and room r for further tasks:
/// surge = min(U − d, r, d), slack = d − L, neither below 0. The first act starts the surge and
/// stops the slack, hence `min_healthy` = min(L, d).
///
/// `peak` where stopping tasks count: d + surge, reached in the first act and never exceeded, as a
/// start waits for a task to be gone.
///
/// `peak` where they do not: with n new tasks started, h of them healthy, j old ones told to stop
/// and none of these gone yet, n ≤ U − d + j and j ≤ d − L + h, hence n ≤ U − L + h. The deployment
/// is not stuck, so U > L, and every new task that becomes healthy permits the next: while the old
/// ones drain, only the hosts and the desired count hold n back, so that peak = d + min(r, d).
#[must_use]
pub fn moves(scenario: &Scenario, bounds: Bounds, room: Room) -> Moves {
    let desired = scenario.service.desired_count;
    let stopping_counts = scenario.deployment.stopping_counts;
    let beside = room.total().map_or(desired, |total| total.min(desired));
    let joining = joining(scenario, bounds, room);
    let surge = beside.min(bounds.upper.saturating_sub(desired));
    let slack = desired.saturating_sub(bounds.lower);
    let on_added = match scenario.service.placement {
        // The emptiest hosts first.
        Placement::Spread => room.cold,
        Placement::Binpack => {
            let beside = if stopping_counts {
                surge
            } else {
                beside.min(beside_stopping(scenario, bounds))
            };
            on_added_when_packed(scenario, room, beside, slack)
        }
    };
    let at_rest = Moves {
        desired,
        bounds,
        room,
        on_added,
        cold: without_image(scenario, bounds, room, on_added),
        stopping_counts,
        surge,
        joining,
        slack,
        min_healthy: desired,
        peak: desired,
    };
    if at_rest.is_stuck() {
        return at_rest;
    }
    Moves {
        min_healthy: desired.min(bounds.lower),
        peak: desired
            .saturating_add(if stopping_counts { surge } else { beside })
            .saturating_add(joining.places),
        ..at_rest
    }
}
