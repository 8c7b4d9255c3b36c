//! A scenario in which a recommended plan is carried out.

use super::PlanReport;
use super::report::with_plan;
use crate::model::Plan;
use crate::scenario::Scenario;
use crate::scenario::read::duration;

/// The scenario with everything set that a plan sets.
#[must_use]
pub fn applied(scenario: &Scenario, plan: &PlanReport) -> Scenario {
    let mut planned = with_plan(
        scenario,
        &Plan {
            minimum_healthy_percent: plan.minimum_healthy_percent,
            maximum_percent: plan.maximum_percent,
            prescale_hosts: plan.prescale_hosts,
            spot_hosts: plan.spot_hosts,
            headroom_hosts: plan.headroom_hosts,
        },
    );
    for change in &plan.changed {
        let seconds = change.to.as_str().and_then(duration);
        let count = change
            .to
            .as_u64()
            .and_then(|count| u32::try_from(count).ok());
        let service = &mut planned.service;
        let balancer = service.load_balancer.as_mut();
        let key = change.key.strip_prefix("service.").unwrap_or_default();
        match (key, balancer, seconds, count) {
            ("health_check_grace_period", _, Some(grace), _) => {
                service.health_check_grace_period = Some(grace);
            }
            ("load_balancer.deregistration_delay", Some(balancer), Some(delay), _) => {
                balancer.deregistration_delay = delay;
            }
            ("load_balancer.health_check_interval", Some(balancer), Some(interval), _) => {
                balancer.health_check_interval = interval;
            }
            ("load_balancer.healthy_threshold", Some(balancer), _, Some(passes)) => {
                balancer.healthy_threshold = passes;
            }
            ("load_balancer.unhealthy_threshold", Some(balancer), _, Some(failures)) => {
                balancer.unhealthy_threshold = failures;
            }
            _ => {}
        }
    }
    planned
}
