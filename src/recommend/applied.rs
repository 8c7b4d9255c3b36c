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
    let Some(balancer) = &mut planned.service.load_balancer else {
        return planned;
    };
    for change in &plan.changed {
        let seconds = change.to.as_str().and_then(duration);
        let count = change
            .to
            .as_u64()
            .and_then(|count| u32::try_from(count).ok());
        match (
            change.key.strip_prefix("service.load_balancer."),
            seconds,
            count,
        ) {
            (Some("deregistration_delay"), Some(delay), _) => balancer.deregistration_delay = delay,
            (Some("health_check_interval"), Some(interval), _) => {
                balancer.health_check_interval = interval;
            }
            (Some("healthy_threshold"), _, Some(passes)) => balancer.healthy_threshold = passes,
            (Some("unhealthy_threshold"), _, Some(failures)) => {
                balancer.unhealthy_threshold = failures;
            }
            _ => {}
        }
    }
    planned
}
