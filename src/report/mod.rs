//! A capacity-planning report for one service: the decision in money, hours and risk, and all that
//! it rests on, as one page of HTML, as Markdown for a pull request, or as data.
//!
//! Everything is computed in [`report`]; the pages only lay it out.

mod charts;
mod decision;
mod escape;
mod figures;
pub mod fleet;
mod html;
mod markdown;
mod page;
mod svg;
mod table;
mod words;

use serde::Serialize;

pub use html::html;
pub use markdown::markdown;

use crate::emit;
use crate::explain::{Explanation, Moment, explain, timeline};
use crate::recommend::{BreakEven, Recommendation, applied, recommend};
use crate::rollout::TooFewPlaces;
use crate::scenario::{Clock, Origin, Scenario};
use decision::Decision;
use figures::{CostLine, HeatMap, cost_lines, heat_map};

/// All that a report tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Version of this layout.
    pub schema_version: u32,
    /// Name of the service.
    pub service: String,
    /// The clock that the recommendation minimises, with the lead.
    pub clock: Clock,
    /// Deployments per month, where given.
    pub deployments_per_month: Option<f64>,
    /// The decision in money, hours and risk.
    pub decision: Decision,
    /// Where values that are given come from, where the scenario says so.
    pub origins: Vec<Origin>,
    /// What is recommended, and instead of what.
    pub recommendation: Recommendation,
    /// The deployment as it stands.
    pub now: Course,
    /// The deployment as recommended; absent where nothing is, or where it is as it stands.
    pub then: Option<Course>,
    /// Mean time over minimum healthy and maximum percent, with the other settings as recommended.
    pub heat_map: HeatMap,
    /// Total cost over deployments per day, for each way to get room; empty without prices.
    pub cost_lines: Vec<CostLine>,
    /// From how many deployments on standing hosts are cheaper than pre-scaled ones; absent where
    /// undefined.
    pub break_even: Option<BreakEven>,
    /// The settings to paste.
    pub settings: Settings,
}

/// How a deployment goes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Course {
    /// Its steps, where the time goes, the levers.
    pub explanation: Explanation,
    /// Its tasks over time if every phase took its mean.
    pub timeline: Vec<Moment>,
}

/// The settings as tools want them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// For Terraform.
    pub terraform: String,
    /// For `CloudFormation`.
    pub cloudformation: String,
    /// For the AWS command line.
    pub cli: String,
}

/// Everything about one service's deployments.
///
/// # Errors
/// Not even the desired count fits on the listed and standing hosts.
pub fn report(scenario: &Scenario) -> Result<Report, TooFewPlaces> {
    let recommendation = recommend(scenario)?;
    let plan = recommendation.recommended.as_ref();
    let planned = plan.map_or_else(|| scenario.clone(), |plan| applied(scenario, plan));
    let changed = plan.is_some_and(|plan| !plan.changed.is_empty());
    let settings = emit::settings(scenario, &planned);
    Ok(Report {
        schema_version: 1,
        service: scenario.service.name.clone(),
        clock: scenario.recommend.clock,
        origins: scenario.origins.clone(),
        deployments_per_month: scenario.deployment.per_month(),
        decision: Decision::of(scenario, &recommendation),
        now: course(scenario)?,
        then: changed.then(|| course(&planned)).transpose()?,
        heat_map: heat_map(&planned)?,
        cost_lines: cost_lines(scenario, &recommendation),
        break_even: BreakEven::of(scenario, &recommendation.hosts_answer),
        settings: Settings {
            terraform: emit::terraform(&settings),
            cloudformation: emit::cloudformation(&settings),
            cli: emit::cli(&settings),
        },
        recommendation,
    })
}

fn course(scenario: &Scenario) -> Result<Course, TooFewPlaces> {
    Ok(Course {
        explanation: explain(scenario)?,
        timeline: timeline(scenario)?,
    })
}
