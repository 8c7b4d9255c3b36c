//! An estimate for a comment on a pull request.

use super::super::markdown::{self, headline, table};
use super::super::words;
use crate::model::Estimate;
use crate::scenario::Scenario;

/// The answer in a sentence, and a table of two rows.
pub fn markdown(scenario: &Scenario, estimate: &Estimate) -> String {
    let duration = |of: fn(&crate::model::Durations) -> String| {
        estimate
            .duration
            .as_ref()
            .map_or_else(|| "stuck".to_owned(), of)
    };
    let total = estimate.cost.total_usd_per_month;
    let row = vec![
        duration(|durations| words::none_or(durations.lead_s.mean)),
        duration(|durations| words::with_p95(&durations.new_version_s)),
        duration(|durations| words::with_p95(&durations.completed_s)),
        total.map_or_else(|| "–".to_owned(), |usd| usd.to_string()),
        estimate.tasks.min_healthy.to_string(),
        estimate.availability.required_tasks.to_string(),
    ];
    let header = [
        "lead",
        "new version",
        "completed",
        "cost of a month",
        "healthy at least",
        "required",
    ];
    let mut text = headline(&super::headline(scenario, estimate));
    text += &table(&header, &[row]);
    if let Some(stuck) = &estimate.stuck {
        text += "\nEach of these alone frees it:\n\n";
        for fix in &stuck.fix {
            text += &markdown::fix(fix);
        }
    }
    text
}
