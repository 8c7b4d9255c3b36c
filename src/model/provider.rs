//! Where a capacity provider works against what is done by hand.

use super::estimate::Outcome;
use crate::rollout::{managed_scaling, target_for, target_headroom};
use crate::scenario::{PrescaleMode, Scenario, TerminationProtection};

/// What to look out for, each with the key that settles it.
#[must_use]
pub fn warnings(scenario: &Scenario, outcome: &Outcome) -> Vec<String> {
    fight(scenario)
        .into_iter()
        .chain(standing_taken(scenario))
        .chain(lingering(scenario, outcome))
        .collect()
}

/// Managed scaling against hosts that are added by hand.
fn fight(scenario: &Scenario) -> Option<String> {
    managed_scaling(scenario)?;
    let target = scenario.capacity_provider?.target_capacity;
    let by_hand = scenario.prescale.hosts > 0 && scenario.prescale.mode != PrescaleMode::Standing;
    by_hand.then(|| {
        let launches = if target < 100 {
            format!(", and launches more of them during the surge to get back to {target} %")
        } else {
            String::new()
        };
        format!(
            "managed scaling takes an added host that is idle for 15 min{launches}; set cluster.capacity_provider.managed_scaling = false while a deployment runs, or leave it the work: prescale.mode = \"reactive\", or a target_capacity below 100"
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
            "cluster.capacity_provider.managed_termination_protection keeps hosts with tasks, and tasks are on all of them: {stay}. Drain them, then terminate them with the desired capacity decremented; lowering it takes any host. Counted here as drained"
        )
    })
}
