//! What `prescale report` answers: a page, a comment, or data, on standard output or in a file.

use std::path::Path;

use super::arguments::{OfReport, ReportFormat};
use super::input::Input;
use super::output::{Answer, Complaint};
use super::whole_file::{self, Existing};
use super::words;
use crate::report::{html, markdown, report};

/// The report, written where it was asked for.
pub fn answer(asked: &OfReport) -> Result<Answer, Complaint> {
    if let Some(path) = &asked.output {
        whole_file::probe(path)?;
    }
    let input = Input::read_with_effects(&asked.scenario)?;
    let report = report(&input.scenario).map_err(|few| input.too_few_places(&few))?;
    let text = match format(asked) {
        ReportFormat::Html => html(&report),
        ReportFormat::Markdown => markdown(&report),
        ReportFormat::Json => words::json(&report)?,
    };
    let Some(path) = &asked.output else {
        return Ok(Answer::done(text));
    };
    whole_file::write(path, &text, Existing::Replaced)?;
    Ok(Answer {
        notes: format!("{}\nwritten to {}\n", report.decision.line, path.display()),
        ..Answer::done(String::new())
    })
}

/// As asked; else by the ending of the file; else a page.
fn format(asked: &OfReport) -> ReportFormat {
    let ending = asked.output.as_deref().and_then(Path::extension);
    asked
        .format
        .unwrap_or(match ending.and_then(|ending| ending.to_str()) {
            Some("md" | "markdown") => ReportFormat::Markdown,
            Some("json") => ReportFormat::Json,
            _ => ReportFormat::Html,
        })
}
