//! The decision in money, hours and risk.

use serde::Serialize;

use super::words;
use crate::recommend::{PlanReport, Recommendation, YesNo};
use crate::scenario::Scenario;
use crate::units::{Seconds, Usd};

/// What to do, and what it brings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// The whole of it in a line.
    pub line: String,
    /// Lead plus clock as it stands \[s\]; absent where it is stuck.
    pub from_s: Option<Seconds>,
    /// Lead plus clock as recommended \[s\]; absent where nothing is.
    pub to_s: Option<Seconds>,
    /// Hours of waiting for deployments that it saves \[h/month\]; absent where either is unknown.
    pub saves_hours_per_month: Option<f64>,
    /// What it costs more \[USD/month\]; absent where unknown.
    pub costs_usd_per_month: Option<Usd>,
    /// What it does to the tasks that stay healthy, and how it is taken back.
    pub risk: String,
}

impl Decision {
    /// The decision of a recommendation.
    ///
    /// # Formula
    /// Hours saved = (lead plus clock now − as recommended) × deployments per month, as one person
    /// waits for each deployment.
    pub fn of(scenario: &Scenario, recommendation: &Recommendation) -> Self {
        let clock = scenario.recommend.clock;
        let time = |plan: &PlanReport| plan.estimate.duration.map(|all| all.with_lead(clock));
        let current = &recommendation.current;
        let from_s = time(current);
        let Some(plan) = &recommendation.recommended else {
            let now = from_s.map_or_else(|| "stuck".to_owned(), words::duration);
            let missed: Vec<&str> = recommendation
                .infeasible
                .iter()
                .flat_map(|why| &why.limits)
                .map(|missed| missed.key.as_str())
                .collect();
            return Self {
                line: format!(
                    "Nothing meets the limits ({}). Deployments as they stand: {now}",
                    missed.join(", ")
                ),
                from_s,
                to_s: None,
                saves_hours_per_month: None,
                costs_usd_per_month: None,
                risk: "no plan to judge".to_owned(),
            };
        };
        let to_s = time(plan);
        let saves_hours_per_month = from_s
            .zip(to_s)
            .zip(scenario.deployment.per_month())
            .map(|((from, to), deployments)| (from - to).hours() * deployments);
        let cost = |plan: &PlanReport| plan.estimate.cost.total_usd_per_month;
        let costs_usd_per_month = cost(plan).zip(cost(current)).map(|(to, from)| to - from);
        let risk = risk(current, plan);
        let mut parts = vec![format!("deployments {}", from_to(from_s, to_s))];
        if !plan.changed.is_empty() {
            parts.extend(saves_hours_per_month.map(hours));
            parts.extend(costs_usd_per_month.map(a_month));
        }
        Self {
            line: format!(
                "{} {}: {}; {risk}",
                hosts_order(recommendation, plan),
                settings_order(plan),
                parts.join(", ")
            ),
            from_s,
            to_s,
            saves_hours_per_month,
            costs_usd_per_month,
            risk,
        }
    }
}

fn hosts_order(recommendation: &Recommendation, plan: &PlanReport) -> String {
    let hosts = |count: u32, kind: &str| {
        let noun = if count == 1 { "host" } else { "hosts" };
        let spot = match plan.spot_hosts {
            0 => String::new(),
            spot if spot == count => " (spot)".to_owned(),
            spot => format!(" ({spot} spot)"),
        };
        format!("{count} {kind}{noun}{spot}")
    };
    match recommendation.hosts_answer.answer {
        YesNo::Yes => format!("Pre-scale {}.", hosts(plan.prescale_hosts, "")),
        YesNo::No if plan.headroom_hosts > 0 => format!(
            "Do not pre-scale; keep {}.",
            hosts(plan.headroom_hosts, "standing ")
        ),
        YesNo::No => "Do not pre-scale.".to_owned(),
    }
}

fn settings_order(plan: &PlanReport) -> String {
    const WORDS: [&str; 10] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    ];
    let count = plan
        .changed
        .iter()
        .filter(|change| !change.key.starts_with("prescale."))
        .count();
    match count {
        0 => "Keep the other settings".to_owned(),
        1 => "Change one setting".to_owned(),
        many => {
            let word = WORDS
                .get(many)
                .map_or_else(|| many.to_string(), |&word| word.to_owned());
            format!("Change {word} settings")
        }
    }
}

fn from_to(from: Option<Seconds>, to: Option<Seconds>) -> String {
    let text = |time: Option<Seconds>| time.map_or_else(|| "stuck".to_owned(), words::duration);
    let (from, to) = (text(from), text(to));
    if from == to {
        return format!("stay at {to}");
    }
    match from.rsplit_once(' ').zip(to.rsplit_once(' ')) {
        Some(((number, unit), (_, same))) if unit == same => format!("{number} → {to}"),
        _ => format!("{from} → {to}"),
    }
}

fn hours(saved: f64) -> String {
    if saved.abs() < 0.05 {
        return "no engineer-hours".to_owned();
    }
    let amount = if saved.abs() < 10.0 {
        format!("{:.1}", saved.abs())
    } else {
        format!("{:.0}", saved.abs())
    };
    let more = if saved < 0.0 { " more" } else { "" };
    format!("{amount} engineer-hours a month{more}")
}

fn a_month(more: Usd) -> String {
    if more.0.abs() < 0.005 {
        "0 USD".to_owned()
    } else {
        format!("{} a month", words::signed(more))
    }
}

/// What may go wrong with a plan, and what takes it back.
fn risk(current: &PlanReport, plan: &PlanReport) -> String {
    let required = plan.estimate.availability.required_tasks;
    let healthy = plan.estimate.tasks.min_healthy;
    let mut risks = Vec::new();
    if healthy < required {
        let before = current.estimate.tasks.min_healthy;
        let today = if before == healthy {
            ", as today".to_owned()
        } else {
            format!(" (today {before})")
        };
        let noun = if required == 1 { "task" } else { "tasks" };
        risks.push(format!(
            "each deployment goes down to {healthy} healthy of {required} required {noun}{today}"
        ));
    }
    let hosts_change = plan.changed.iter().any(|c| c.key.starts_with("prescale."));
    let settings_change = plan.changed.iter().any(|c| !c.key.starts_with("prescale."));
    risks.extend(match (settings_change, hosts_change) {
        (true, false) => Some("reversible in one pull request".to_owned()),
        (true, true) => {
            Some("settings reversible in one pull request, hosts at any time".to_owned())
        }
        (false, true) => Some("the hosts can go at any time".to_owned()),
        (false, false) => Some("nothing to undo".to_owned()),
    });
    risks.join("; ")
}
