//! Settings as the tools that deploy want them: Terraform, `CloudFormation`, the AWS command line.
//!
//! A fragment names what the plan sets, ready to be merged into a resource that exists. Percents
//! are always there; of the target group and the service only what the plan changes or the
//! scenario states, so that an assumption never overwrites what is really set.

mod cli;
mod cloudformation;
mod names;
mod terraform;

pub use cli::cli;
pub use cloudformation::cloudformation;
pub use terraform::terraform;

use crate::model::Plan;
use crate::scenario::{LoadBalancerKind, Scenario};
use crate::units::Seconds;

/// What a tool is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The service's name.
    pub service: String,
    /// Minimum healthy percent.
    pub minimum_healthy_percent: u32,
    /// Maximum percent.
    pub maximum_percent: u32,
    /// How long a verdict "unhealthy" is ignored after the start \[whole s\].
    pub grace_period: Option<u32>,
    /// What is set of the target group, or of the classic load balancer.
    pub balancer: Option<BalancerSettings>,
    /// Hosts beyond the listed ones.
    pub hosts: Option<AddedHosts>,
}

/// What is set of the target group, or of the classic load balancer. Absent: left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BalancerSettings {
    /// Which generation.
    pub kind: LoadBalancerKind,
    /// How long a target drains \[whole s\].
    pub deregistration_delay: Option<u32>,
    /// Between two checks of a target \[whole s\].
    pub health_check_interval: Option<u32>,
    /// Passes in a row that make a target healthy.
    pub healthy_threshold: Option<u32>,
    /// Failures in a row that make a target unhealthy.
    pub unhealthy_threshold: Option<u32>,
}

impl BalancerSettings {
    /// Whether any of the health check is set.
    fn sets_checks(&self) -> bool {
        self.health_check_interval.is_some()
            || self.healthy_threshold.is_some()
            || self.unhealthy_threshold.is_some()
    }
}

/// Hosts beyond the listed ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedHosts {
    /// When they are there.
    pub presence: Presence,
    /// How many.
    pub count: u32,
    /// How many of them are spot.
    pub spot: u32,
    /// Their type, where the scenario names one.
    pub instance_type: Option<String>,
}

/// When added hosts are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Launched before each deployment, released after it.
    AroundDeployments,
    /// Always.
    Always,
}

/// What to tell a tool so that a service is deployed as planned.
///
/// `current` is the scenario as it stands, `planned` the one with the plan's settings: the same
/// where nothing is to change.
#[must_use]
pub fn settings(current: &Scenario, planned: &Scenario) -> Settings {
    let plan = Plan::of(planned);
    Settings {
        service: planned.service.name.clone(),
        minimum_healthy_percent: plan.minimum_healthy_percent,
        maximum_percent: plan.maximum_percent,
        grace_period: planned.service.health_check_grace_period.map(whole_seconds),
        balancer: balancer(current, planned),
        hosts: added_hosts(planned, &plan),
    }
}

fn balancer(current: &Scenario, planned: &Scenario) -> Option<BalancerSettings> {
    let to = planned.service.load_balancer?;
    let from = current.service.load_balancer;
    let told = |key: &str, changed: bool| {
        let key = format!("service.load_balancer.{key}");
        let assumed = current.assumptions.iter().any(|one| one.key == key);
        changed || !assumed
    };
    let changed = |differs: &dyn Fn(&crate::scenario::LoadBalancer) -> bool| {
        from.as_ref().is_none_or(differs)
    };
    let set = BalancerSettings {
        kind: to.kind,
        deregistration_delay: told(
            "deregistration_delay",
            changed(&|from| from.deregistration_delay != to.deregistration_delay),
        )
        .then(|| whole_seconds(to.deregistration_delay)),
        health_check_interval: told(
            "health_check_interval",
            changed(&|from| from.health_check_interval != to.health_check_interval),
        )
        .then(|| whole_seconds(to.health_check_interval)),
        healthy_threshold: told(
            "healthy_threshold",
            changed(&|from| from.healthy_threshold != to.healthy_threshold),
        )
        .then_some(to.healthy_threshold),
        unhealthy_threshold: told(
            "unhealthy_threshold",
            changed(&|from| from.unhealthy_threshold != to.unhealthy_threshold),
        )
        .then_some(to.unhealthy_threshold),
    };
    (set.deregistration_delay.is_some() || set.sets_checks()).then_some(set)
}

fn added_hosts(planned: &Scenario, plan: &Plan) -> Option<AddedHosts> {
    let (presence, count) = match (plan.prescale_hosts, plan.headroom_hosts) {
        (0, 0) => return None,
        (0, standing) => (Presence::Always, standing),
        (before, _) => (Presence::AroundDeployments, before),
    };
    Some(AddedHosts {
        presence,
        count,
        spot: plan.spot_hosts,
        instance_type: planned
            .prescale
            .host
            .as_ref()
            .map(|host| host.shape.instance_type.clone()),
    })
}

/// A duration as the API takes it: whole seconds, rounded up \[s\].
fn whole_seconds(duration: Seconds) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates; a scenario's durations are not negative"
    )]
    let seconds = duration.0.ceil() as u32;
    seconds
}

/// What is to be known about added hosts, as lines of comment.
fn hosts_comment(hosts: &AddedHosts) -> String {
    let AddedHosts {
        presence,
        count,
        spot,
        instance_type,
    } = hosts;
    let noun = if *count == 1 { "host" } else { "hosts" };
    let bought = match spot {
        0 => String::new(),
        spot if spot == count => " (spot)".to_owned(),
        spot => format!(" ({spot} of them spot)"),
    };
    let of_type = instance_type
        .as_ref()
        .map(|name| format!(" {}", names::one_line(name)))
        .unwrap_or_default();
    match presence {
        Presence::Always => format!(
            "# {count} standing{of_type} {noun}{bought}: raise the group's minimum and desired\n\
             # size by {count}.\n"
        ),
        Presence::AroundDeployments => format!(
            "# {count} pre-scaled{of_type} {noun}{bought}: added before a deployment and released\n\
             # after it, not declared here; `prescale emit cli` writes the commands.\n"
        ),
    }
}

#[cfg(test)]
mod tests;
