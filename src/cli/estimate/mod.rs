//! What `prescale estimate` answers.

mod markdown;
mod text;

use super::arguments::Format;
use super::columns;
use super::output::{Answer, Complaint, Ending, Terminal};
use super::page::Page;
use super::words;
use crate::model::{Estimate, EstimateVerdict};
use crate::scenario::Scenario;

/// The answer in a format.
pub fn answer(
    scenario: &Scenario,
    estimate: &Estimate,
    format: Format,
    terminal: Terminal,
) -> Result<Answer, Complaint> {
    let data = match format {
        Format::Text => text::text(scenario, estimate, terminal),
        Format::Json => words::json(estimate)?,
        Format::Csv => columns::csv(&columns::ESTIMATE, &[columns::estimate(estimate)])?,
        Format::Markdown => markdown::markdown(scenario, estimate),
    };
    Ok(Answer {
        ending: ending(estimate),
        ..Answer::done(data)
    })
}

/// Whether the deployment ends.
pub fn ending(estimate: &Estimate) -> Ending {
    match estimate.verdict {
        EstimateVerdict::Completes => Ending::Done,
        EstimateVerdict::Stuck => Ending::NotMet,
    }
}

/// The answer in a sentence and all warnings, laid out, and an empty line.
pub fn headline_text(scenario: &Scenario, estimate: &Estimate, terminal: Terminal) -> String {
    let mut page = Page::new(terminal);
    page.headline(&headline(scenario, estimate));
    for warning in &estimate.warnings {
        page.title(&format!("Warning: {warning}"));
    }
    page.into_text() + "\n"
}

/// The answer in a sentence.
fn headline(scenario: &Scenario, estimate: &Estimate) -> String {
    let name = &scenario.service.name;
    match (&estimate.duration, &estimate.stuck) {
        (Some(durations), _) => {
            let lead = match durations.lead_s.mean {
                lead if lead.0 > 0.0 => format!(
                    "; {lead} lead for {} before",
                    words::counted(scenario.prescale.hosts, "host")
                ),
                _ => String::new(),
            };
            format!(
                "{name}: new version live in {}, completed after {}{lead}{}",
                words::with_p95(&durations.new_version_s),
                words::with_p95(&durations.completed_s),
                words::lock_wait(durations)
            )
        }
        (None, Some(stuck)) => {
            format!(
                "{name}: stuck ({}), the deployment never moves: {}",
                words::name(stuck.bound),
                stuck.reason
            )
        }
        (None, None) => format!("{name}: stuck"),
    }
}
