//! `hosts` and `explain` for a fleet: the answer for every service, and for every cluster.

use std::time::Instant;

use serde::Serialize;

use super::file;
use crate::cli::arguments::{ExplainedFormat, Format, OfExplained, OfScenario};
use crate::cli::columns;
use crate::cli::explain::whole_text;
use crate::cli::input::Input;
use crate::cli::markdown;
use crate::cli::output::{Answer, Complaint, Terminal};
use crate::cli::page::{Align, Page};
use crate::cli::words;
use crate::fleet::{ClusterPool, Fleet, FleetPlan, Hooks, Member, Settings, plan};
use crate::import::Source;
use crate::model::EstimateVerdict;
use crate::recommend::{HostsAnswer, PlanReport, Recommendation, YesNo, recommend};
use crate::scenario::read::{self, Syntax};
use crate::units::Seconds;

/// Whether what was given is a fleet and not one scenario.
pub fn is_fleet(source: &Source) -> bool {
    read::is_fleet(&source.text, Syntax::guess(&source.name, &source.text))
}

/// Whether to pre-scale, for every service by itself and for the pools that they would share.
pub fn hosts(asked: &OfScenario, source: &Source, terminal: Terminal) -> Result<Answer, Complaint> {
    let start = Instant::now();
    let fleet = file::fleet(&asked.scenario, source)?;
    let mut rows = Vec::with_capacity(fleet.members.len());
    for member in &fleet.members {
        let recommendation =
            recommend(&member.scenario).map_err(|few| input(member).too_few_places(&few))?;
        rows.push(Row {
            member,
            recommendation,
        });
    }
    let hooks = Hooks {
        elapsed: &|| start.elapsed(),
        ..Hooks::none()
    };
    let plan = plan(&fleet, &Settings::default(), &hooks);
    Ok(Answer::done(match asked.format {
        Format::Text => text(&rows, &fleet, &plan, terminal),
        Format::Json => json(&rows, &plan)?,
        Format::Csv => columns::csv(&HEADER, &rows.iter().map(Row::cells).collect::<Vec<_>>())?,
        Format::Markdown => {
            let table = markdown::table(&HEADER, &rows.iter().map(Row::cells).collect::<Vec<_>>());
            markdown::headline(&headline(&rows)) + &table
        }
    }))
}

fn input(member: &Member) -> Input {
    Input {
        name: member.name.clone(),
        scenario: member.scenario.clone(),
    }
}

/// A service and what is recommended for it alone.
struct Row<'a> {
    member: &'a Member,
    recommendation: Recommendation,
}

const HEADER: [&str; 7] = [
    "service",
    "answer",
    "reason",
    "minutes_now",
    "minutes",
    "usd_more",
    "plan",
];

impl Row<'_> {
    fn hosts(&self) -> &HostsAnswer {
        &self.recommendation.hosts_answer
    }

    fn time(&self, plan: &PlanReport) -> Option<Seconds> {
        let clock = self.member.scenario.recommend.clock;
        plan.estimate
            .duration
            .map(|duration| duration.with_lead(clock))
    }

    fn times(&self) -> (Option<Seconds>, Option<Seconds>) {
        let now = self.time(&self.recommendation.current);
        let planned = self.recommendation.recommended.as_ref();
        (now, planned.and_then(|plan| self.time(plan)))
    }

    fn usd_more(&self) -> Option<f64> {
        let total = |plan: &PlanReport| plan.estimate.cost.total_usd_per_month;
        let planned = total(self.recommendation.recommended.as_ref()?)?;
        Some((planned - total(&self.recommendation.current)?).0)
    }

    fn plan(&self) -> String {
        let planned = self.recommendation.recommended.as_ref();
        planned.map_or_else(
            || "nothing meets its limits".to_owned(),
            |plan| match words::added_hosts(plan).as_str() {
                "none" => words::settings(plan),
                added => format!("{}, {added}", words::settings(plan)),
            },
        )
    }

    fn cells(&self) -> Vec<String> {
        let (now, planned) = self.times();
        let minutes = |time: Option<Seconds>| {
            time.map_or_else(String::new, |time| format!("{:.1}", time.minutes()))
        };
        vec![
            columns::text(&self.member.name),
            words::name(self.hosts().answer),
            words::name(self.hosts().reason),
            minutes(now),
            minutes(planned),
            self.usd_more()
                .map_or_else(String::new, |usd| format!("{usd:.2}")),
            columns::text(&self.plan()),
        ]
    }
}

fn headline(rows: &[Row]) -> String {
    let yes = rows.iter().filter(|row| row.hosts().answer == YesNo::Yes);
    match yes.count() {
        0 => format!(
            "No: none of the {} services should pre-scale hosts of its own.",
            rows.len()
        ),
        yes => format!(
            "{yes} of {} services should pre-scale hosts of their own.",
            rows.len()
        ),
    }
}

fn text(rows: &[Row], fleet: &Fleet, plan: &FleetPlan, terminal: Terminal) -> String {
    let mut page = Page::new(terminal);
    let pools: Vec<&ClusterPool> = plan.clusters.iter().filter(|p| p.extra_hosts > 0).collect();
    let shared = match pools.as_slice() {
        [] => " No cluster should keep a pool for its deployments.".to_owned(),
        pools => format!(
            " Shared, a pool pays in {} of {} clusters.",
            pools.len(),
            plan.clusters.len()
        ),
    };
    let shared = if plan.clusters.is_empty() {
        String::new()
    } else {
        shared
    };
    page.headline(&(headline(rows) + &shared));
    page.title(
        "Each service by itself, within its own limits (minutes with the lead; USD a month)",
    );
    let mut table = vec![
        ["service", "answer", "takes", "USD", "best plan"]
            .map(str::to_owned)
            .to_vec(),
    ];
    table.extend(rows.iter().map(|row| {
        let (now, planned) = row.times();
        vec![
            row.member.name.clone(),
            words::name(row.hosts().answer),
            match planned {
                Some(_) => words::from_to(now, planned),
                None => "–".to_owned(),
            },
            row.usd_more()
                .map_or_else(|| "–".to_owned(), |usd| format!("{usd:+.2}")),
            row.plan(),
        ]
    }));
    let (left, right) = (Align::Left, Align::Right);
    page.table(&[left, left, right, right, left], &table);
    if !plan.clusters.is_empty() {
        page.title("Each cluster, as the plan of the whole fleet uses its pool");
        let mut table = vec![
            ["cluster", "pool", "USD", "needed"]
                .map(str::to_owned)
                .to_vec(),
        ];
        table.extend(plan.clusters.iter().map(|pool| {
            let windows: Vec<String> = pool
                .windows
                .iter()
                .map(|(window, hosts)| format!("{window}: {hosts}"))
                .collect();
            vec![
                pool.cluster.clone(),
                words::counted(pool.extra_hosts, "host"),
                format!("{:.2}", pool.usd_per_month),
                windows.join(", "),
            ]
        }));
        page.table(&[left, right, right, left], &table);
        page.paragraph(&format!(
            "{} services share these limits: `prescale fleet` tells the whole plan.",
            fleet.members.len()
        ));
    }
    page.into_text()
}

#[derive(Serialize)]
struct Told<'a> {
    schema_version: u32,
    services: Vec<ServiceTold<'a>>,
    clusters: &'a [ClusterPool],
}

#[derive(Serialize)]
struct ServiceTold<'a> {
    service: &'a str,
    #[serde(flatten)]
    hosts_answer: &'a HostsAnswer,
}

fn json(rows: &[Row], plan: &FleetPlan) -> Result<String, Complaint> {
    words::json(&Told {
        schema_version: 1,
        services: rows
            .iter()
            .map(|row| ServiceTold {
                service: &row.member.name,
                hosts_answer: row.hosts(),
            })
            .collect(),
        clusters: &plan.clusters,
    })
}

/// The deployment of every service, one after another.
pub fn explain(
    asked: &OfExplained,
    source: &Source,
    terminal: Terminal,
) -> Result<Answer, Complaint> {
    let fleet = file::fleet(&asked.scenario, source)?;
    let mut explained = Vec::with_capacity(fleet.members.len());
    for member in &fleet.members {
        let explanation = crate::explain::explain(&member.scenario)
            .map_err(|few| input(member).too_few_places(&few))?;
        explained.push((member, explanation));
    }
    let stuck = explained
        .iter()
        .any(|(_, told)| told.estimate.verdict == EstimateVerdict::Stuck);
    let data = match asked.format {
        ExplainedFormat::Text => {
            let texts: Vec<String> = explained
                .iter()
                .map(|(member, told)| {
                    let mut scenario = member.scenario.clone();
                    scenario.service.name.clone_from(&member.name);
                    whole_text(&scenario, told, terminal)
                })
                .collect();
            texts.join("\n")
        }
        ExplainedFormat::Json => {
            let services: Vec<serde_json::Value> = explained
                .iter()
                .map(|(member, told)| {
                    serde_json::json!({ "service": member.name, "explanation": told })
                })
                .collect();
            words::json(&serde_json::json!({ "schema_version": 1, "services": services }))?
        }
    };
    Ok(Answer::judged(data, !stuck))
}
