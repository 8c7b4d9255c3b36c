//! Whether a scenario as it stands keeps to its limits, and the cheapest change that mends it.

use serde::Serialize;

use super::decision::Timing;
use super::search::Limit;
use super::{Infeasible, PlanReport, recommend, report};
use crate::model::Estimate;
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
    /// Whether all limits are met and the deployment is not stuck.
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
    let passed = current.estimate.stuck.is_none() && limits.iter().all(|limit| limit.met);
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
    let reached = |limit: Limit| match limit {
        Limit::Budget => estimate.cost.total_usd_per_month.map(|usd| usd.0),
        Limit::Availability => estimate.availability.monthly,
        Limit::MaxDuration => {
            let durations = estimate.duration.as_ref();
            durations.map(|durations| durations.with_lead(clock).0)
        }
    };
    Limit::ALL
        .into_iter()
        .filter_map(|limit| {
            let wanted = limit.wanted(limits)?;
            let reached = reached(limit);
            Some(Checked {
                key: limit.key().to_owned(),
                wanted,
                reached,
                met: reached.is_some_and(|reached| limit.meets(reached, wanted)),
            })
        })
        .collect()
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
        .filter(|plan| plan.estimate.stuck.is_none())
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
