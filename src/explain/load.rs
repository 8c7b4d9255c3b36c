//! What load, placement and starts that share a host do, as lines beside the steps.

use super::Baseline;
use crate::model::crowd::Crowd;
use crate::model::phases::Phases;
use crate::model::start_limits::held_back;
use crate::model::starvation::first_try_after;
use crate::model::walk::{joins, walk};
use crate::scenario::{Placement, Scenario, erlang};
use crate::units::Seconds;

/// From which waiting target the required tasks follow.
pub(super) fn waiting_told(scenario: &Scenario) -> Option<String> {
    let waiting = scenario.service.waiting?;
    let required = scenario.service.required_tasks?;
    let longer = |tasks: u32| erlang::wait_longer(&waiting, tasks) * 100.0;
    let fewer = required.saturating_sub(1);
    Some(format!(
        "{required} tasks are required: with them {:.1} % of requests wait longer than {} s, with {fewer} {:.1} % (Erlang C)",
        longer(required),
        waiting.target.0,
        longer(fewer)
    ))
}

/// Where tasks are placed, if not evenly.
pub(super) fn placement_told(scenario: &Scenario) -> Option<String> {
    (scenario.service.placement == Placement::Binpack).then(|| {
        "binpack: the fullest hosts first, added hosts only for what fits nowhere else".to_owned()
    })
}

/// What tasks that start together on a host lose.
pub(super) fn crowd_told(base: &Baseline) -> Option<String> {
    let moves = &base.outcome.moves;
    let killed_alone = base.model.phases().verdict.kill_probability;
    let killed_together = base.verdict().kill_probability > killed_alone;
    let told = |crowd: &Crowd| {
        // Survivors of a grace that kills are no later than ones that start alone.
        if crowd.first <= 0.0 && killed_together {
            return Some(format!(
                "up to {} tasks start together on a host and share pull and processors: ready later than one alone, of which the times here tell, and killed for it",
                crowd.together
            ));
        }
        let later = if moves.desired > moves.surge.saturating_add(moves.slack) {
            format!(", {} with each later round", Seconds(crowd.later.max(0.0)))
        } else {
            String::new()
        };
        (crowd.first > 0.0).then(|| {
            format!(
                "up to {} tasks start together on a host and share pull and processors: {} more for the last of them at first{later}; these clock times count the mean of all",
                crowd.together,
                Seconds(crowd.first)
            )
        })
    };
    base.model
        .crowd(base.scenario, (&base.plan, moves), told)
        .flatten()
}

/// How a new task comes to its share of load.
pub(super) fn slow_start_told(scenario: &Scenario) -> Option<String> {
    let ramp = scenario.service.load_balancer?.slow_start;
    (ramp > Seconds::ZERO).then(|| {
        format!(
            "slow start: its full share of load only {:.0} s later; that counts for capacity, not for the clocks",
            ramp.0
        )
    })
}

/// What waiting for the hosts before the request avoids.
pub(super) fn starvation_told(base: &Baseline, lead: Seconds) -> String {
    let reaction = Seconds(base.model.phases().reaction.mean());
    format!(
        "requested at once, tasks without a place would be tried for {} before the hosts are found: after 50 s only every 300 s",
        first_try_after(lead, reaction)
    )
}

/// What the rate limits on starts hold back; nothing where they are far away.
pub(super) fn start_limits_told(base: &Baseline, phases: &Phases) -> Option<String> {
    let (scenario, moves) = (base.scenario, &base.outcome.moves);
    let at_once = walk(moves, phases, &[], &joins(scenario, moves));
    let held = held_back(scenario.service.launch_type, &at_once)?;
    let (at_once, refill) = (held.limit.at_once, held.limit.per_second * 60.0);
    let limit = format!("{at_once:.0} starts at once, {refill:.0} a minute after");
    if held.longest.0 >= 0.5 {
        Some(format!(
            "rate limit of {limit}: of {} starts at a moment the last is held back by {}",
            held.starts, held.longest
        ))
    } else {
        (f64::from(held.starts) * 2.0 >= at_once).then(|| {
            format!(
                "rate limit of {limit}: {} at a moment are within it",
                held.starts
            )
        })
    }
}
