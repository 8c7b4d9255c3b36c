//! The health check's grace period: set where it is too short, as it costs nothing.

use crate::model::phases::verdict_of;
use crate::model::verdict::Verdict;
use crate::model::{Model, Plan};
use crate::rollout::{bounds, moves, room};
use crate::scenario::{Scenario, Together};

/// Up to this share of killed starts the grace period stays as it is.
const TOLERABLE_KILLS: f64 = 0.01;

/// Percents with which most tasks start at once: beside the old ones, and in their places.
const MOST_AT_ONCE: [(u32, u32); 2] = [(100, 200), (0, 100)];

/// The scenario with the smallest sufficient grace period where its own has more new tasks killed
/// than 1 %.
pub fn sufficient(scenario: Scenario) -> Scenario {
    if scenario.service.health_check_grace_period.is_none() {
        return scenario;
    }
    let verdict = judged(&scenario);
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
        let killed = judged(scenario).kill_probability;
        let together = if scenario.service.timing.together == Together::default() {
            ""
        } else {
            ", where as many start together as may"
        };
        format!(
            "A grace period of {:.0} s has {:.0} % of new tasks killed before they are ready{together}; {:.0} s is enough for 99.9 % of them and costs nothing.",
            from.0,
            killed * 100.0,
            to.0
        )
    })
}

/// The verdict on new tasks; where those that start together share a host, when as many do so as the
/// percents allow that may be chosen.
fn judged(scenario: &Scenario) -> Verdict {
    let alone = verdict_of(scenario);
    if scenario.service.timing.together == Together::default() {
        return alone;
    }
    let model = Model::of(scenario);
    let own = Plan::of(scenario);
    let others = MOST_AT_ONCE
        .into_iter()
        .filter(|_| scenario.recommend.may_change.percents)
        .map(|(minimum, maximum)| Plan {
            minimum_healthy_percent: minimum,
            maximum_percent: maximum,
            ..own
        });
    let verdict = |plan: Plan| {
        let room = room(scenario, plan.added()).ok()?;
        let desired = scenario.service.desired_count;
        let bounds = bounds(desired, plan.minimum_healthy_percent, plan.maximum_percent);
        Some(model.verdict(scenario, &plan, &moves(scenario, bounds, room)))
    };
    std::iter::once(own)
        .chain(others)
        .filter_map(verdict)
        .fold(alone, |worst, other| {
            if other.sufficient_grace > worst.sufficient_grace {
                other
            } else {
                worst
            }
        })
}
