//! What `prescale report` answers: a page, a comment, or data, on standard output or in a file.

use super::arguments::{OfReport, ReportFormat};
use super::columns;
use super::fleet::each::is_fleet;
use super::fleet::{load_from, within_a_minute};
use super::input::{self, Input};
use super::output::{Answer, Complaint};
use super::whole_file::{self, Existing};
use super::words;
use crate::fleet::yearly::{ClusterMonth, YearlyPlan};
use crate::import::Source;
use crate::report::{fleet, html, markdown, report};
use crate::scenario::read::Purpose;

/// The report, written where it was asked for.
pub fn answer(asked: &OfReport) -> Result<Answer, Complaint> {
    let format = format(asked)?;
    for path in [&asked.output, &asked.yearly_plan] {
        path.as_deref().map_or(Ok(()), whole_file::probe)?;
    }
    let source = input::source(&asked.scenario)?;
    if is_fleet(&source) {
        return of_fleet(asked, format, &source);
    }
    if asked.yearly_plan.is_some() {
        let hint =
            "give a fleet, whose file has [[service]] and [plan], or leave --yearly-plan out";
        let problem = "one service has no yearly plan";
        return Err(Complaint::about(&source.name, &problem, hint));
    }
    let input = Input::of(source, Purpose::MonthlyFigures)?.with_effects();
    let report = report(&input.scenario).map_err(|few| input.too_few_places(&few))?;
    let text = match format {
        ReportFormat::Html => html(&report),
        ReportFormat::Markdown => markdown(&report),
        ReportFormat::Json => words::json(&report)?,
    };
    given(asked, text, &report.decision.line)
}

fn of_fleet(asked: &OfReport, format: ReportFormat, source: &Source) -> Result<Answer, Complaint> {
    let all = load_from(&asked.scenario, source)?;
    if asked.yearly_plan.is_some() && all.file.growth.is_none() {
        let hint = "state [plan] with months, growth_percent_per_year and peak_factor";
        let problem = "the fleet states no growth for a yearly plan";
        return Err(Complaint::about(&source.name, &problem, hint));
    }
    let report = within_a_minute(|settings, hooks| fleet::report(&all, settings, hooks));
    if let Some(path) = &asked.yearly_plan {
        let Some(plan) = &report.yearly else {
            let hint = "run it without --yearly-plan: it tells what would have to give";
            return Err(Complaint::about(&source.name, &"there is no plan", hint));
        };
        whole_file::write(path, &yearly(plan)?, Existing::Replaced)?;
    }
    let text = match format {
        ReportFormat::Html => fleet::html(&report),
        ReportFormat::Markdown => fleet::markdown(&report),
        ReportFormat::Json => words::json(&report)?,
    };
    given(asked, text, &report.decision.line)
}

/// A row for each month and cluster.
fn yearly(plan: &YearlyPlan) -> Result<String, Complaint> {
    let header = [
        "month",
        "cluster",
        "load_factor",
        "hosts_p50",
        "committed_p50",
        "on_demand_p50",
        "spot_p50",
        "usd_per_month_p50",
        "hosts_p95",
        "committed_p95",
        "on_demand_p95",
        "spot_p95",
        "usd_per_month_p95",
    ];
    let row = |row: &ClusterMonth| {
        let mut cells = vec![
            row.month.to_string(),
            columns::text(row.cluster.as_deref().unwrap_or_default()),
            row.load_factor.to_string(),
        ];
        for need in [row.p50, row.p95] {
            let hosts = [need.hosts, need.committed, need.on_demand, need.spot];
            cells.extend(hosts.map(|hosts| hosts.to_string()));
            cells.push(need.usd_per_month.to_string());
        }
        cells
    };
    columns::csv(&header, &plan.rows.iter().map(row).collect::<Vec<_>>())
}

/// The text on standard output, or in a file and what it decides beside it.
fn given(asked: &OfReport, text: String, line: &str) -> Result<Answer, Complaint> {
    let Some(path) = &asked.output else {
        return Ok(Answer::done(text));
    };
    whole_file::write(path, &text, Existing::Replaced)?;
    Ok(Answer {
        notes: format!("{line}\nwritten to {}\n", path.display()),
        ..Answer::done(String::new())
    })
}

/// As asked; else by the ending of the file; else a page.
fn format(asked: &OfReport) -> Result<ReportFormat, Complaint> {
    if let Some(format) = asked.format {
        return Ok(format);
    }
    let Some(path) = &asked.output else {
        return Ok(ReportFormat::Html);
    };
    let ending = path.extension().and_then(|ending| ending.to_str());
    match ending.map(str::to_ascii_lowercase).as_deref() {
        None | Some("html" | "htm") => Ok(ReportFormat::Html),
        Some("md" | "markdown") => Ok(ReportFormat::Markdown),
        Some("json") => Ok(ReportFormat::Json),
        Some(_) => Err(Complaint::about(
            &path.display(),
            &"the ending names no format",
            "end it in .html, .md or .json, or give --format",
        )),
    }
}
