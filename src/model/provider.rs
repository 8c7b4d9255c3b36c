//! Where a capacity provider works against what is done by hand.

use super::estimate::{Outcome, SCALE_IN};
use crate::rollout::{managed_scaling, places_on_added, target_for, target_headroom};
use crate::scenario::{Placement, PrescaleMode, Scenario, TerminationProtection};
use crate::units::Seconds;

/// What to look out for, each with the key that settles it.
#[must_use]
pub fn warnings(scenario: &Scenario, outcome: &Outcome) -> Vec<String> {
    fight(scenario, outcome)
        .into_iter()
        .chain(standing_taken(scenario))
        .chain(lingering(scenario, outcome))
        .collect()
}

/// How long an added host is idle at a stretch, in the mean.
///
/// # Formula
/// One that tasks start on: from its arrival until the scheduler acts, or from the completion until
/// it is gone, less what its tasks take to move off; whichever is longer. One that gets none: all
/// of the time from its arrival.
fn longest_idle(scenario: &Scenario, outcome: &Outcome) -> Option<Seconds> {
    let duration = outcome.duration?;
    let moves = &outcome.moves;
    let with_tasks = match scenario.service.placement {
        Placement::Spread => moves.on_added.min(moves.surge.saturating_add(moves.slack)),
        Placement::Binpack => {
            let each = places_on_added(scenario).map_or(1, |places| places.count.max(1));
            moves.on_added.div_ceil(each)
        }
    };
    let waits = (duration.lead_s.mean - scenario.prescale.boot.mean).max(Seconds::ZERO);
    Some(if with_tasks >= scenario.prescale.hosts {
        let before = waits + scenario.deployment.reaction.mean;
        before.max(duration.release_s.mean - duration.evacuation_s.mean)
    } else {
        waits + duration.completed_s.mean + duration.release_s.mean
    })
}

/// Managed scaling against hosts that are added by hand and idle for long enough to be taken.
fn fight(scenario: &Scenario, outcome: &Outcome) -> Option<String> {
    managed_scaling(scenario)?;
    let idle = longest_idle(scenario, outcome).filter(|&idle| idle >= SCALE_IN)?;
    let target = scenario.capacity_provider?.target_capacity;
    let by_hand = scenario.prescale.hosts > 0 && scenario.prescale.mode != PrescaleMode::Standing;
    by_hand.then(|| {
        let launches = if target < 100 {
            format!(", and launches more of them during the surge to get back to {target} %")
        } else {
            String::new()
        };
        format!(
            "managed scaling takes hosts that are idle for 15 min, and an added one is for {idle}{launches}; set cluster.capacity_provider.managed_scaling = false while a deployment runs, or leave it the work: prescale.mode = \"reactive\""
        )
    })
}

/// Standing hosts that managed scaling does not keep by itself.
fn standing_taken(scenario: &Scenario) -> Option<String> {
    managed_scaling(scenario)?;
    let standing = scenario.prescale.hosts;
    let stands = standing > 0 && scenario.prescale.mode == PrescaleMode::Standing;
    if !stands || target_headroom(scenario) >= standing {
        return None;
    }
    let settled = match target_for(scenario, standing) {
        Some(target) => format!(
            "with cluster.capacity_provider.target_capacity = {target} it keeps {standing} by itself"
        ),
        None => "no cluster.capacity_provider.target_capacity keeps just as many: give a lower one, or set cluster.capacity_provider.managed_scaling = false".to_owned(),
    };
    Some(format!(
        "managed scaling takes a standing host that is idle for 15 min; {settled}"
    ))
}

/// Hosts that termination protection keeps, as tasks are spread over all of them.
fn lingering(scenario: &Scenario, outcome: &Outcome) -> Option<String> {
    let provider = scenario.capacity_provider?;
    let hosts = outcome.moves.joining.hosts + scenario.prescale.hosts;
    let moves_off = outcome.duration?.evacuation_s.mean.0 > 0.0;
    let kept = provider.termination_protection == TerminationProtection::On;
    (kept && moves_off && scenario.prescale.mode != PrescaleMode::Standing).then(|| {
        let stay = if hosts == 1 {
            "1 host more than needed stays until it is drained".to_owned()
        } else {
            format!("{hosts} hosts more than needed stay until they are drained")
        };
        format!(
            "cluster.capacity_provider.managed_termination_protection keeps hosts with tasks, and tasks are on all of them: {stay}. Drain them, then terminate them with the desired capacity decremented: lowering it takes none that is protected. Counted here as drained"
        )
    })
}
