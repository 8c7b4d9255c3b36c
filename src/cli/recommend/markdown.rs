//! A recommendation for a comment on a pull request.

use super::super::markdown::{change, headline, paragraph, table};
use super::super::words;
use super::not_calibrated;
use crate::recommend::{PlanReport, Recommendation};
use crate::scenario::Scenario;

/// Columns of [`plan_row`], after what the plan is called.
pub const PLAN_COLUMNS: [&str; 6] = [
    "percents",
    "added hosts",
    "lead",
    "new version",
    "completed",
    "cost of a month",
];

/// The decision in a sentence, a table of both plans, and what to change.
pub fn markdown(scenario: &Scenario, recommendation: &Recommendation) -> String {
    let mut text = headline(&super::headline(scenario, recommendation));
    if let Some(line) = not_calibrated(recommendation) {
        text += &paragraph(&line);
    }
    let recommended = recommendation
        .recommended
        .as_ref()
        .map(|plan| plan_row("recommended", plan));
    let rows: Vec<Vec<String>> = [plan_row("now", &recommendation.current)]
        .into_iter()
        .chain(recommended)
        .collect();
    let header: Vec<&str> = [""].into_iter().chain(PLAN_COLUMNS).collect();
    text += &table(&header, &rows);
    let changed = recommendation
        .recommended
        .iter()
        .flat_map(|plan| &plan.changed);
    let lines: Vec<String> = changed
        .map(|changed| change(&changed.key, &changed.from, &changed.to))
        .collect();
    if !lines.is_empty() {
        text.push('\n');
    }
    text + &lines.concat()
}

/// A plan as cells.
pub fn plan_row(name: &str, plan: &PlanReport) -> Vec<String> {
    let estimate = &plan.estimate;
    let duration = |of: fn(&crate::model::Durations) -> String| {
        let durations = estimate.duration.as_ref();
        durations.map_or_else(|| "stuck".to_owned(), of)
    };
    let total = estimate.cost.total_usd_per_month;
    vec![
        name.to_owned(),
        words::percents(plan),
        words::added_hosts(plan),
        duration(|durations| words::none_or(durations.lead_s.mean)),
        duration(|durations| words::with_p95(&durations.new_version_s)),
        duration(|durations| words::with_p95(&durations.completed_s)),
        total.map_or_else(|| "–".to_owned(), |usd| usd.to_string()),
    ]
}
