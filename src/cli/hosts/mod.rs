//! What `prescale hosts` answers: whether to pre-scale.

mod text;

use super::arguments::Format;
use super::columns;
use super::markdown::{self, table};
use super::output::{Answer, Complaint, Terminal};
use super::recommend::{PLAN_COLUMNS, not_calibrated, plan_row};
use super::words;
use crate::recommend::{Alternative, AlternativeKind, HostsReason, Recommendation, YesNo};
use crate::scenario::Scenario;

/// The answer in a format. Whether anything is stuck is part of it.
pub fn answer(
    scenario: &Scenario,
    recommendation: &Recommendation,
    format: Format,
    terminal: Terminal,
) -> Result<Answer, Complaint> {
    Ok(Answer::done(match format {
        Format::Text => text::text(scenario, recommendation, terminal),
        Format::Json => words::json(&recommendation.hosts_answer)?,
        Format::Csv => csv(recommendation)?,
        Format::Markdown => markdown(scenario, recommendation),
    }))
}

/// The answer in a few sentences: yes or no, what instead, both clocks and the lead.
fn headline(scenario: &Scenario, recommendation: &Recommendation) -> String {
    let hosts = &recommendation.hosts_answer;
    let Some(plan) = &recommendation.recommended else {
        return format!(
            "No. Nothing meets the limits, with or without added hosts. {} as it stands: {}.",
            scenario.service.name,
            words::clocks(&recommendation.current.estimate)
        );
    };
    let clocks = words::clocks_from_to(&recommendation.current.estimate, &plan.estimate);
    let name = &scenario.service.name;
    let settings = words::settings(plan);
    let answer = match (hosts.answer, hosts.reason) {
        (YesNo::Yes, _) => {
            let price = hosts
                .costs_usd_per_month
                .map(|usd| format!(", {}", words::for_a_month(usd)))
                .unwrap_or_default();
            let spot = words::spot(plan);
            format!(
                "Yes: pre-scale {}{spot}, with {settings}. {name}: {clocks}{price}.",
                words::counted(plan.prescale_hosts, "host")
            )
        }
        (YesNo::No, HostsReason::SettingsFirst) => {
            format!("No. Settings first: {settings}. {name}: {clocks}.")
        }
        (YesNo::No, HostsReason::RoomAlreadyThere) => {
            format!("No. The hosts have the room already: {settings}. {name}: {clocks}.")
        }
        (YesNo::No, HostsReason::StandingCheaper) => {
            format!(
                "No. Rather keep {}, with {settings}. {name}: {clocks}.",
                words::hosts(plan)
            )
        }
        (YesNo::No, HostsReason::ReactiveSuffices) => {
            format!("No. Managed scaling is enough: {settings}. {name}: {clocks}.")
        }
        (YesNo::No, HostsReason::OverBudget) => format!(
            "No. It would be faster but is over the budget. Within it: {settings}. {name}: \
             {clocks}."
        ),
        (YesNo::No, HostsReason::NoGain | HostsReason::Pays | HostsReason::NoFeasible) => format!(
            "No. Pre-scaled hosts make no material difference: {settings}. {name}: {clocks}."
        ),
    };
    answer + &words::loss(plan)
}

/// What an alternative is called.
fn called(kind: AlternativeKind) -> &'static str {
    match kind {
        AlternativeKind::AsIs => "as is",
        AlternativeKind::SettingsOnly => "settings only",
        AlternativeKind::OnDemand => "reactive",
        AlternativeKind::Prescaled => "pre-scaled",
        AlternativeKind::Standing => "standing",
        AlternativeKind::Fargate => "Fargate",
    }
}

/// One row per alternative.
fn csv(recommendation: &Recommendation) -> Result<String, Complaint> {
    let header: Vec<&str> = ["alternative", "remark"]
        .into_iter()
        .chain(columns::PLAN)
        .chain(columns::ESTIMATE)
        .collect();
    let rows: Vec<Vec<String>> = recommendation
        .hosts_answer
        .alternatives
        .iter()
        .map(|alternative| {
            let Alternative { kind, plan, remark } = alternative;
            let mut cells = vec![words::name(kind), columns::text(remark)];
            match plan {
                Some(plan) => {
                    cells.extend(columns::plan(plan));
                    cells.extend(columns::estimate(&plan.estimate));
                }
                None => cells.resize(header.len(), String::new()),
            }
            cells
        })
        .collect();
    columns::csv(&header, &rows)
}

/// For a comment on a pull request.
fn markdown(scenario: &Scenario, recommendation: &Recommendation) -> String {
    let mut text = markdown::headline(&headline(scenario, recommendation));
    if let Some(line) = not_calibrated(recommendation) {
        text += &markdown::paragraph(&line);
    }
    let header: Vec<&str> = [""]
        .into_iter()
        .chain(PLAN_COLUMNS)
        .chain(["remark"])
        .collect();
    let rows: Vec<Vec<String>> = recommendation
        .hosts_answer
        .alternatives
        .iter()
        .map(|Alternative { kind, plan, remark }| {
            let mut cells = match plan {
                Some(plan) => plan_row(called(*kind), plan),
                None => vec![called(*kind).to_owned()],
            };
            cells.resize(header.len() - 1, "–".to_owned());
            cells.push(remark.clone());
            cells
        })
        .collect();
    text + &table(&header, &rows)
}
