//! How time and cost at both ends of a moving desired count are shown.

use super::page::{Align, Page};
use super::words;
use crate::model::{End, Estimate};

/// A table of the two ends; nothing where the desired count does not move.
pub fn show_ends(page: &mut Page, estimate: &Estimate) {
    let Some(range) = &estimate.range else {
        return;
    };
    page.title("Where the desired count moves, on the same hosts (USD a month)");
    let header = ["tasks", "lead", "new version", "completed", "USD"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend([row(&range.low), row(&range.high)]);
    let alignment = [
        Align::Right,
        Align::Right,
        Align::Right,
        Align::Right,
        Align::Right,
    ];
    page.table(&alignment, &rows);
}

fn row(end: &End) -> Vec<String> {
    let problem = end.problem.clone().unwrap_or_else(|| "–".to_owned());
    let or_problem = |text: Option<String>| text.unwrap_or_else(|| problem.clone());
    vec![
        end.desired.to_string(),
        end.lead_s
            .map_or_else(|| "–".to_owned(), |lead| words::none_or(lead.mean)),
        or_problem(end.new_version_s.map(|duration| words::with_p95(&duration))),
        or_problem(end.completed_s.map(|duration| words::with_p95(&duration))),
        end.total_usd_per_month
            .map_or_else(|| "–".to_owned(), |usd| words::number(usd.0)),
    ]
}
