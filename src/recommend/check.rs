//! Whether a scenario as it stands keeps to its limits, and the cheapest change that mends it.

use serde::Serialize;

use super::decision::Timing;
use super::search::Limit;
use super::{Infeasible, PlanReport, recommend, report};
use crate::model::{End, Estimate};
use crate::rollout::TooFewPlaces;
use crate::scenario::{Clock, Limits, Scenario};
use crate::units::Usd;

/// Costs that differ by less are the same \[USD/month\].
const SAME_COST: f64 = 0.005;

/// How a scenario stands against its limits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// Version of this layout.
    pub schema_version: u32,
    /// Whether all limits are met and the deployment is stuck at no desired count of its range.
    pub passed: bool,
    /// Each limit that is set.
    pub limits: Vec<Checked>,
    /// The scenario as it stands.
    pub current: PlanReport,
    /// The plan within all limits that costs least; of those the fewest changes, then the fastest.
    /// Absent where nothing has to be mended, and where no plan is within the limits.
    pub mend: Option<PlanReport>,
    /// Why no plan mends it; absent where one does or none has to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub infeasible: Option<Infeasible>,
}

/// A limit and what the scenario reaches.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checked {
    /// The limit's key.
    pub key: String,
    /// What is asked, in its own unit: dollars a month, a share of 1, seconds.
    pub wanted: f64,
    /// What the scenario reaches; absent where it is stuck and has no duration.
    pub reached: Option<f64>,
    /// Whether it is met.
    pub met: bool,
    /// The desired count at which that is reached, where it is the worst of the range and not the
    /// scenario's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_tasks: Option<u32>,
}

/// A scenario as it stands, with what it reaches of each limit; nothing is looked for.
///
/// # Errors
/// Not even the desired count fits on the listed hosts.
pub fn standing(scenario: &Scenario) -> Result<(PlanReport, Vec<Checked>), TooFewPlaces> {
    let current = report::current(&Timing::of(scenario.clone()))?;
    let limits = checked(
        &scenario.limits,
        scenario.recommend.clock,
        &current.estimate,
    );
    Ok((current, limits))
}

/// How a scenario stands against its limits.
///
/// # Errors
/// Not even the desired count fits on the listed hosts.
pub fn check(scenario: &Scenario) -> Result<Check, TooFewPlaces> {
    let (current, limits) = standing(scenario)?;
    let passed = moves(&current.estimate) && limits.iter().all(|limit| limit.met);
    let mut check = Check {
        schema_version: 1,
        passed,
        limits,
        current,
        mend: None,
        infeasible: None,
    };
    if !passed {
        let recommendation = recommend(scenario)?;
        let plans = recommendation.front.into_iter();
        check.mend = cheapest(scenario, plans.chain(recommendation.recommended));
        if check.mend.is_none() {
            check.infeasible = recommendation.infeasible;
        }
    }
    Ok(check)
}

fn checked(limits: &Limits, clock: Clock, estimate: &Estimate) -> Vec<Checked> {
    let now = |limit: Limit| match limit {
        Limit::Budget => estimate.cost.total_usd_per_month.map(|usd| usd.0),
        Limit::Availability => estimate.availability.monthly,
        Limit::MaxDuration => {
            let durations = estimate.duration.as_ref();
            durations.map(|durations| durations.with_lead(clock).0)
        }
    };
    let there = |limit: Limit, end: &End| match limit {
        Limit::Budget => end.total_usd_per_month.map(|usd| usd.0),
        Limit::Availability => end.availability.and_then(|found| found.monthly),
        Limit::MaxDuration => end.with_lead(clock).map(|seconds| seconds.0),
    };
    Limit::ALL
        .into_iter()
        .filter_map(|limit| {
            let wanted = limit.wanted(limits)?;
            let mut worst = Checked {
                key: limit.key().to_owned(),
                wanted,
                reached: now(limit),
                met: now(limit).is_some_and(|reached| limit.meets(reached, wanted)),
                at_tasks: None,
            };
            let ends = estimate
                .range
                .iter()
                .flat_map(|range| [&range.low, &range.high]);
            // What is stuck, or without places, at an end is told of by itself.
            for (end, reached) in ends.filter_map(|end| Some((end, there(limit, end)?))) {
                let so_far = worst.reached.map(|so_far| limit.beyond(so_far, wanted));
                if so_far.is_some_and(|so_far| limit.beyond(reached, wanted) > so_far) {
                    worst.reached = Some(reached);
                    worst.met = limit.meets(reached, wanted);
                    worst.at_tasks = Some(end.desired);
                }
            }
            Some(worst)
        })
        .collect()
}

/// Whether a deployment moves, at every desired count of its range.
fn moves(estimate: &Estimate) -> bool {
    let range = estimate.range.as_ref();
    estimate.stuck.is_none() && range.is_none_or(|range| range.stuck_at.is_empty())
}

fn cheapest(scenario: &Scenario, plans: impl Iterator<Item = PlanReport>) -> Option<PlanReport> {
    let clock = scenario.recommend.clock;
    let total = |plan: &PlanReport| {
        plan.estimate
            .cost
            .total_usd_per_month
            .map_or(0.0, |usd| usd.0)
    };
    let time = |plan: &PlanReport| {
        let durations = plan.estimate.duration.as_ref();
        durations.map_or(f64::INFINITY, |durations| durations.with_lead(clock).0)
    };
    let within: Vec<PlanReport> = plans
        .filter(|plan| moves(&plan.estimate))
        .filter(|plan| {
            let limits = checked(&scenario.limits, clock, &plan.estimate);
            limits.iter().all(|limit| limit.met)
        })
        .collect();
    let least = within.iter().map(&total).min_by(f64::total_cmp)?;
    within
        .into_iter()
        .filter(|plan| total(plan) <= least + SAME_COST)
        .min_by(|one, other| {
            (one.changed.len().cmp(&other.changed.len())).then(time(one).total_cmp(&time(other)))
        })
}

impl Check {
    /// What the mend costs more or less \[USD/month\].
    #[must_use]
    pub fn mend_costs(&self) -> Option<Usd> {
        let total = |plan: &PlanReport| plan.estimate.cost.total_usd_per_month;
        Some(total(self.mend.as_ref()?)? - total(&self.current)?)
    }
}
