//! The report in short, for a comment on a pull request.

use super::{Report, words};
use crate::model::{Duration, Durations};
use crate::recommend::PlanReport;

/// So many levers are worth a line.
const LEVERS: usize = 3;

/// The decision, both plans, what changes, and the largest levers.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let recommendation = &report.recommendation;
    let mut text = format!(
        "**{}**\n\nService {}\n\n",
        plain(&report.decision.line),
        plain(&report.service)
    );
    text +=
        "| | percents | added hosts | new version | completed | USD a month | full capacity |\n";
    text += "| --- | --- | --- | --- | --- | --- | --- |\n";
    text += &row("now", &recommendation.current);
    let changed = recommendation
        .recommended
        .iter()
        .filter(|plan| !plan.changed.is_empty());
    for plan in changed {
        text += &row("recommended", plan);
        text += "\nChange:\n";
        for change in &plan.changed {
            text += &format!(
                "- `{}`: {} → {}\n",
                change.key.replace(['`', '\n', '\r'], " "),
                plain(&words::value(&change.from)),
                plain(&words::value(&change.to))
            );
        }
    }
    let levers = &report.now.explanation.levers;
    if !levers.is_empty() {
        text += "\nLargest levers, each alone:\n";
    }
    for lever in levers.iter().take(LEVERS) {
        text += &format!(
            "- {}: {} → {} saves {}\n",
            plain(&lever.key),
            plain(&lever.from),
            plain(&lever.to),
            lever.saves.with_lead(report.clock)
        );
    }
    text
}

fn row(name: &str, plan: &PlanReport) -> String {
    let spread = |of: fn(&Durations) -> Duration| {
        let durations = plan.estimate.duration.as_ref();
        durations.map_or_else(|| "stuck".to_owned(), |all| words::with_p95(&of(all)))
    };
    format!(
        "| {name} | {} | {} | {} | {} | {} | {} |\n",
        words::percents(plan),
        words::added_hosts(plan),
        spread(|all| all.new_version_s),
        spread(|all| all.completed_s),
        words::total(&plan.estimate),
        words::full_capacity(&plan.estimate.availability)
    )
}

/// A text that Markdown shows as it is.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\`*_[]<>|#~&@".contains(character) {
            plain.push('\\');
        }
        plain.push(if character.is_control() {
            ' '
        } else {
            character
        });
    }
    plain
}
