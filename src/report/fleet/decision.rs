//! The decision about a fleet in money, hours and risk.

use serde::Serialize;

use super::super::words;
use super::ServiceLine;
use crate::fleet::{Fleet, FleetPlan, Status};
use crate::units::{Seconds, Usd};

/// What to do, and what it brings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// The whole of it in a line.
    pub line: String,
    /// Hours of waiting for deployments as it stands, stuck services left out \[h/month\].
    pub from_hours_per_month: f64,
    /// The same services under the plan \[h/month\]; absent where there is none.
    pub to_hours_per_month: Option<f64>,
    /// What the plan costs more, pools included \[USD/month\]; absent where there is none.
    pub costs_usd_per_month: Option<Usd>,
    /// What it does to the tasks that stay healthy, and how it is taken back.
    pub risk: String,
    /// What is proven of the plan.
    pub proof: String,
}

impl Decision {
    /// The decision of a plan.
    ///
    /// # Formula
    /// Hours = lead plus clock × deployments per month, summed over the services, as one person
    /// waits for each deployment; no weights.
    pub fn of(fleet: &Fleet, plan: &FleetPlan, services: &[ServiceLine]) -> Self {
        let from_hours_per_month = fleet
            .members
            .iter()
            .zip(&fleet.offers)
            .filter_map(|(member, offers)| {
                let today = offers.today.as_ref()?;
                Some(today.plan.time.hours() * member.deployments())
            })
            .sum();
        if !plan.is_planned() {
            let line = match plan.solution.status {
                Status::Infeasible => "No plan meets the limits of the fleet; this is proven",
                _ => "No plan was found in the time, and it is not proven that there is none",
            };
            return Self {
                line: line.to_owned(),
                from_hours_per_month,
                to_hours_per_month: None,
                costs_usd_per_month: None,
                risk: "no plan to judge".to_owned(),
                proof: String::new(),
            };
        }
        let saves: f64 = services
            .iter()
            .filter_map(|one| one.saves_hours_per_month)
            .sum();
        let changing = services.iter().filter(|one| !one.chosen.changed.is_empty());
        let changing = changing.count();
        let costs = plan.added_cost();
        let risk = risk(plan, services);
        let order = match (changing, plan.waves.len()) {
            (0, _) => "Change nothing".to_owned(),
            (_, 1) => format!("Change {changing} of {} services", services.len()),
            (_, waves) => {
                format!(
                    "Change {changing} of {} services in {waves} waves",
                    services.len()
                )
            }
        };
        let line = format!(
            "{order}: {} → {} engineer-hours of waiting a month, {} a month; {risk}",
            hours(from_hours_per_month),
            hours(from_hours_per_month - saves),
            words::signed(costs),
        );
        Self {
            line,
            from_hours_per_month,
            to_hours_per_month: Some(from_hours_per_month - saves),
            costs_usd_per_month: Some(costs),
            risk,
            proof: proof(plan),
        }
    }
}

/// Hours as a reader takes them in.
pub(super) fn hours(hours: f64) -> String {
    if hours.abs() < 9.95 {
        format!("{hours:.1}")
    } else {
        format!("{hours:.0}")
    }
}

/// What may go wrong with a plan, and what takes it back.
fn risk(plan: &FleetPlan, services: &[ServiceLine]) -> String {
    let mut risks = Vec::new();
    let stuck = services.iter().filter(|one| one.chosen.from_s.is_none());
    match stuck.count() {
        0 => {}
        1 => risks.push("1 stuck service moves again".to_owned()),
        several => risks.push(format!("{several} stuck services move again")),
    }
    let short = |totals: &crate::fleet::Totals| Seconds(totals.shortfall_minutes_per_month * 60.0);
    let (from, to) = (short(&plan.today), short(&plan.total));
    if from.max(to).0 >= 0.5 {
        risks.push(format!(
            "below the required tasks {} → {} a month",
            long(from),
            long(to)
        ));
    }
    if !plan.waves.is_empty() {
        risks.push("reversible service by service".to_owned());
    }
    if risks.is_empty() {
        risks.push("nothing to undo".to_owned());
    }
    risks.join("; ")
}

/// A duration that may be many hours.
fn long(duration: Seconds) -> String {
    let hours = duration.hours();
    if hours < 2.0 {
        words::duration(duration)
    } else {
        format!("{hours:.1} h")
    }
}

fn proof(plan: &FleetPlan) -> String {
    match plan.solution.gap() {
        Some(gap) if gap <= 1e-9 => "Proven: no plan within the limits waits less.".to_owned(),
        Some(gap) => {
            // Rounded up, so that what is proven stays true.
            let percent = (gap * 1e5 - 1e-9).ceil() / 1e3;
            format!("Proven: no plan within the limits waits more than {percent} % less.")
        }
        None => "How much better another plan could be is not known.".to_owned(),
    }
}
