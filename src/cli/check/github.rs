//! A check for a pull request: annotations as workflow commands, and a Markdown summary.
//!
//! The commands are those of GitHub Actions ("Workflow commands", setting an error message).

use super::super::markdown::{change, headline, paragraph, table};
use super::super::words;
use super::{Report, quantity, words_of_key};
use crate::scenario::read::Place;

/// One line for each limit that is violated, and for a deployment that is stuck.
pub fn annotations(report: &Report) -> String {
    let mut text = String::new();
    let mend = mend(report);
    if let Some(stuck) = &report.check.current.estimate.stuck {
        let keys: Vec<&str> = stuck.fix.iter().map(|fix| fix.key.as_str()).collect();
        let fixes: Vec<String> = stuck
            .fix
            .iter()
            .map(|fix| format!("{}: {}", fix.key, words::from_to_of_fix(fix)))
            .collect();
        let message = format!(
            "The deployment never moves: {}. Each of these alone frees it: {}",
            stuck.reason,
            fixes.join("; ")
        );
        text += &error(report, &keys, "The deployment is stuck", &message);
    }
    for limit in report.violated() {
        let now = limit
            .reached
            .map_or_else(|| "stuck".to_owned(), |now| quantity(&limit.key, now));
        let message = format!(
            "{} is {}, as it stands it is {now}. {mend}",
            limit.key,
            quantity(&limit.key, limit.wanted)
        );
        let title = format!("{} is violated", words_of_key(&limit.key));
        text += &error(report, &[&limit.key], &title, &message);
    }
    text
}

/// For the page of a run or a comment.
pub fn summary(report: &Report) -> String {
    let mark = if report.check.passed { "✅" } else { "❌" };
    let mut text = format!("{mark} {}", headline(&report.headline()));
    let header = ["limit", "asked", "now", ""];
    text += &table(&header, &report.limit_rows());
    if let Some(heading) = report.mend_heading() {
        text.push('\n');
        text += &paragraph(&format!("{heading}:"));
        if let Some(plan) = &report.check.mend {
            for changed in &plan.changed {
                text += &change(&changed.key, &changed.from, &changed.to);
            }
            text.push('\n');
            text += &paragraph(&format!("Then: {}.", words::clocks(&plan.estimate)));
        }
        for nearest in report.nearest() {
            text += &paragraph(&nearest);
        }
    }
    if let Some(before) = report.before {
        text.push('\n');
        text += &table(&["", "before", "after"], &report.before_rows(before));
        text.push('\n');
        for changed in &before.changed {
            text += &change(&changed.key, &changed.from, &changed.to);
        }
    }
    text.trim_end().to_owned() + "\n"
}

fn mend(report: &Report) -> String {
    match &report.check.mend {
        Some(plan) => {
            let changes: Vec<String> = plan.changed.iter().map(words::change).collect();
            let costs = report.check.mend_costs().map(words::for_a_month);
            format!(
                "The cheapest change that mends it{}: {}",
                costs.map_or_else(String::new, |costs| format!(", {costs}")),
                changes.join("; ")
            )
        }
        None => "No settings that may be changed meet all limits.".to_owned(),
    }
}

fn error(report: &Report, keys: &[&str], title: &str, message: &str) -> String {
    annotation(report.file, report.place(keys), title, message)
}

/// An error at a place of a file.
pub fn annotation(file: &str, place: Option<Place>, title: &str, message: &str) -> String {
    let place = place.map_or_else(String::new, |place| {
        format!(",line={},col={}", place.line, place.column)
    });
    format!(
        "::error file={}{place},title={}::{}\n",
        property(file),
        property(title),
        data(message)
    )
}

/// A message cannot end its command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property cannot begin another one.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_steer_the_workflow() {
        assert_eq!(data("100 %\n::stop"), "100 %25%0A::stop");
        assert_eq!(property("a,b:c"), "a%2Cb%3Ac");
    }
}
