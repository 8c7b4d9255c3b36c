//! The health check's grace period: set where it is too short, as it costs nothing.

use crate::model::phases::verdict_of;
use crate::scenario::Scenario;

/// Up to this share of killed starts the grace period stays as it is.
const TOLERABLE_KILLS: f64 = 0.01;

/// The scenario with the smallest sufficient grace period where its own has more new tasks killed
/// than 1 %.
pub fn sufficient(scenario: Scenario) -> Scenario {
    if scenario.service.health_check_grace_period.is_none() {
        return scenario;
    }
    let verdict = verdict_of(&scenario);
    if verdict.kill_probability <= TOLERABLE_KILLS {
        return scenario;
    }
    let mut longer = scenario;
    longer.service.health_check_grace_period = Some(verdict.sufficient_grace);
    longer
}

/// Why the grace period is changed, if it is.
pub fn reason(scenario: &Scenario, planned: &Scenario) -> Option<String> {
    let (from, to) = (
        scenario.service.health_check_grace_period?,
        planned.service.health_check_grace_period?,
    );
    (from != to).then(|| {
        let killed = verdict_of(scenario).kill_probability;
        format!(
            "A grace period of {:.0} s has {:.0} % of new tasks killed before they are ready; {:.0} s is enough for 99.9 % of them and costs nothing.",
            from.0,
            killed * 100.0,
            to.0
        )
    })
}
