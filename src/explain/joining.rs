//! What a capacity provider does during a deployment: hosts that join, and its grip on others.

use super::Baseline;
use super::steps::Step;
use crate::model::walk::launches;
use crate::rollout::{managed_scaling, target_headroom};
use crate::scenario::{Scenario, TerminationProtection};
use crate::units::Seconds;

/// What managed scaling does, at the moments at which hosts are launched.
pub(super) fn steps_told(base: &Baseline) -> Vec<Step> {
    let scenario = base.scenario;
    let joining = base.outcome.moves.joining;
    let (Some(scaling), Some(host)) = (managed_scaling(scenario), &scenario.prescale.host) else {
        return Vec::new();
    };
    if joining.places == 0 {
        return Vec::new();
    }
    let waiting = joining.places;
    let (each, hosts) = (joining.each, joining.hosts);
    let reaction = base.model.phases().reaction.mean();
    let instance_type = &host.shape.instance_type;
    let boot = scenario.prescale.boot.mean.0;
    let launched: Vec<(f64, u32)> = launches(&scaling, hosts).collect();
    let more_steps = launched.len() > 1;
    (0..)
        .zip(launched)
        .map(|(number, (launched, size))| {
            let at = reaction + launched;
            let why = if number > 0 {
                vec![format!("a step a warm-up of {:.0} s later", scaling.warmup.0)]
            } else {
                let mut why = vec![format!(
                    "{} in PROVISIONING: ⌈{waiting} / {each}⌉ hosts after metric and alarm, {:.0} s",
                    if waiting == 1 {
                        "1 task waits".to_owned()
                    } else {
                        format!("{waiting} tasks wait")
                    },
                    scaling.alarm.0
                )];
                if more_steps {
                    why.push(format!(
                        "at most {} in a step, the next {:.0} s later",
                        scaling.maximum_step, scaling.warmup.0
                    ));
                }
                why.push(format!(
                    "a host boots in {boot:.0} s on average; its tasks start a reaction after that"
                ));
                why
            };
            Step {
                at_s: Seconds(at),
                what: format!("managed scaling launches {size} × {instance_type}"),
                why,
                healthy: 0,
                tasks: 0,
            }
        })
        .collect()
}

/// Hosts that a target capacity below 100 keeps free.
pub(super) fn headroom_told(scenario: &Scenario) -> Option<String> {
    let hosts = target_headroom(scenario);
    let target = scenario.capacity_provider?.target_capacity;
    (hosts > 0).then(|| {
        let free = if hosts == 1 {
            "1 host more stands free".to_owned()
        } else {
            format!("{hosts} hosts more stand free")
        };
        format!("{free}: managed scaling keeps {target} % of the hosts in use")
    })
}

/// That managed scaling has its own idea of hosts added by hand.
pub(super) fn fight(scenario: &Scenario) -> Option<String> {
    managed_scaling(scenario)?;
    Some("managed scaling takes them if they are idle for 15 min".to_owned())
}

/// How hosts that are no longer needed go.
pub(super) fn scale_in(base: &Baseline) -> Vec<String> {
    let (Some(provider), Some(_)) = (
        base.scenario.capacity_provider,
        managed_scaling(base.scenario),
    ) else {
        return Vec::new();
    };
    let begins = if base.outcome.moves.joining.hosts > 0 {
        "scale-in begins after 15 min of low reservation"
    } else {
        "drained by hand, then terminated with the desired capacity decremented"
    };
    let mut told = vec![begins.to_owned()];
    told.push(match provider.termination_protection {
        TerminationProtection::On => {
            "managed termination protection: scale-in takes a host only when no tasks but daemons are on it".to_owned()
        }
        TerminationProtection::Off => {
            "without managed termination protection scale-in may take a host with tasks; with draining on they move first".to_owned()
        }
    });
    told
}
