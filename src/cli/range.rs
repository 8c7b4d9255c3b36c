//! How time and cost at both ends of a moving desired count are shown.

use super::page::{Align, Page};
use super::words;
use crate::model::{Duration, End, Estimate};
use crate::units::{Seconds, Share};

/// A table of the two ends; nothing where the desired count does not move.
pub fn show_ends(page: &mut Page, estimate: &Estimate) {
    let Some(range) = &estimate.range else {
        return;
    };
    page.title("Where the desired count moves, on the same hosts (minutes; USD a month)");
    let header = [
        "tasks",
        "lead",
        "live",
        "p95",
        "completed",
        "p95",
        "USD",
        "healthy/req.",
        "capacity",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend([row(&range.low), row(&range.high)]);
    page.table(&[Align::Right; 9], &rows);
}

fn row(end: &End) -> Vec<String> {
    let none = || "–".to_owned();
    let problem = || end.problem.clone().unwrap_or_else(none);
    let minutes = |time: Option<Seconds>| time.map(words::in_minutes);
    let mean = |clock: Option<Duration>| minutes(clock.map(|clock| clock.mean));
    let p95 = |clock: Option<Duration>| minutes(clock.map(|clock| clock.p95));
    let monthly = end.availability.and_then(|available| available.monthly);
    vec![
        end.desired.to_string(),
        minutes(end.lead_s.map(|lead| lead.mean)).unwrap_or_else(none),
        mean(end.new_version_s).unwrap_or_else(problem),
        p95(end.new_version_s).unwrap_or_else(none),
        mean(end.completed_s).unwrap_or_else(none),
        p95(end.completed_s).unwrap_or_else(none),
        end.total_usd_per_month
            .map_or_else(none, |usd| format!("{:.2}", usd.0)),
        healthy(end).unwrap_or_else(none),
        monthly.map_or_else(none, |share| Share(share).to_string()),
    ]
}

/// Tasks that stay healthy against the required ones.
fn healthy(end: &End) -> Option<String> {
    let required = end.availability?.required_tasks;
    Some(format!("{} / {required}", end.min_healthy?))
}
