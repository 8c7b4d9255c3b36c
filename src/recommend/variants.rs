//! The timing settings of the load balancer that a plan may change: deregistration delay and
//! health check.

use serde_json::Value;

use super::Change;
use crate::scenario::{LoadBalancer, Scenario};
use crate::units::Seconds;

/// Checks more often than this are not recommended \[s\].
const SHORTEST_INTERVAL: f64 = 10.0;

/// The fewest passes in a row that a target group accepts.
const FEWEST_PASSES: u32 = 2;

/// The most failures in a row that a target group accepts.
const MOST_FAILURES: u32 = 10;

/// Two ways in which the timing may be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimingLever {
    /// Down to the longest request.
    DeregistrationDelay,
    /// More frequent checks, fewer passes, a dead target found no later.
    HealthCheck,
}

/// The levers that the scenario permits and that change something.
pub fn permitted(scenario: &Scenario) -> Vec<TimingLever> {
    let may = scenario.recommend.may_change;
    [
        (may.deregistration_delay, TimingLever::DeregistrationDelay),
        (may.health_check, TimingLever::HealthCheck),
    ]
    .into_iter()
    .filter(|(permitted, lever)| *permitted && pulled(scenario, *lever).is_some())
    .map(|(_, lever)| lever)
    .collect()
}

/// The scenario with a lever pulled; None where it would change nothing, or a fact is missing.
pub fn pulled(scenario: &Scenario, lever: TimingLever) -> Option<Scenario> {
    let balancer = scenario.service.load_balancer?;
    let changed = match lever {
        TimingLever::DeregistrationDelay => {
            shorter_drain(&balancer, scenario.service.longest_request?)
        }
        TimingLever::HealthCheck => quicker_checks(&balancer),
    };
    (changed != balancer).then(|| with_balancer(scenario, changed))
}

/// The scenario with another load balancer.
pub fn with_balancer(scenario: &Scenario, balancer: LoadBalancer) -> Scenario {
    let mut scenario = scenario.clone();
    scenario.service.load_balancer = Some(balancer);
    scenario
}

/// A deregistration delay that still lets the longest request finish.
pub fn shorter_drain(balancer: &LoadBalancer, longest_request: Seconds) -> LoadBalancer {
    let delay = Seconds(longest_request.0.ceil());
    LoadBalancer {
        deregistration_delay: balancer.deregistration_delay.min(delay),
        ..*balancer
    }
}

/// A health check that passes sooner and finds a dead target no later than now.
fn quicker_checks(balancer: &LoadBalancer) -> LoadBalancer {
    let now = balancer.health_check_interval.0;
    let interval = now.min(SHORTEST_INTERVAL);
    let found_after = now * f64::from(balancer.unhealthy_threshold);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a ratio of settings within the ranges of the API"
    )]
    let failures = (found_after / interval).floor() as u32;
    LoadBalancer {
        health_check_interval: Seconds(interval),
        healthy_threshold: balancer.healthy_threshold.min(FEWEST_PASSES),
        unhealthy_threshold: failures.clamp(
            balancer.unhealthy_threshold,
            MOST_FAILURES.max(balancer.unhealthy_threshold),
        ),
        ..*balancer
    }
}

/// What differs between the timing settings of two scenarios.
pub fn changes(from: &Scenario, to: &Scenario) -> Vec<Change> {
    let mut changes = balancer_changes(from, to);
    let grace = |scenario: &Scenario| scenario.service.health_check_grace_period;
    if let (Some(from), Some(to)) = (grace(from), grace(to))
        && from != to
    {
        changes.push(Change {
            key: "service.health_check_grace_period".to_owned(),
            from: Value::from(format!("{}s", from.0)),
            to: Value::from(format!("{}s", to.0)),
        });
    }
    changes
}

fn balancer_changes(from: &Scenario, to: &Scenario) -> Vec<Change> {
    let (Some(from), Some(to)) = (from.service.load_balancer, to.service.load_balancer) else {
        return Vec::new();
    };
    let seconds = |s: Seconds| Value::from(format!("{}s", s.0));
    let rows = [
        (
            "deregistration_delay",
            seconds(from.deregistration_delay),
            seconds(to.deregistration_delay),
        ),
        (
            "health_check_interval",
            seconds(from.health_check_interval),
            seconds(to.health_check_interval),
        ),
        (
            "healthy_threshold",
            Value::from(from.healthy_threshold),
            Value::from(to.healthy_threshold),
        ),
        (
            "unhealthy_threshold",
            Value::from(from.unhealthy_threshold),
            Value::from(to.unhealthy_threshold),
        ),
    ];
    rows.into_iter()
        .filter(|(_, from, to)| from != to)
        .map(|(key, from, to)| Change {
            key: format!("service.load_balancer.{key}"),
            from,
            to,
        })
        .collect()
}
