//! What `prescale recommend` answers.

mod markdown;
mod text;

pub use markdown::{PLAN_COLUMNS, plan_row};
pub use text::show_background;

use super::arguments::Format;
use super::columns;
use super::output::{Answer, Complaint, Terminal};
use super::words;
use crate::recommend::{Calibration, Infeasible, Missed, PlanReport, Recommendation};
use crate::scenario::Scenario;
use crate::units::{Seconds, Share, Usd};

/// The answer in a format.
pub fn answer(
    scenario: &Scenario,
    recommendation: &Recommendation,
    format: Format,
    terminal: Terminal,
) -> Result<Answer, Complaint> {
    let data = match format {
        Format::Text => text::text(scenario, recommendation, terminal),
        Format::Json => words::json(recommendation)?,
        Format::Csv => front(recommendation)?,
        Format::Markdown => markdown::markdown(scenario, recommendation),
    };
    Ok(Answer::judged(data, recommendation.recommended.is_some()))
}

/// The prediction against recorded deployments, in words.
pub fn calibration(calibration: &Calibration) -> String {
    let Calibration {
        deployments,
        recorded_s,
        predicted_s,
        ..
    } = calibration;
    let noun = match deployments {
        1 => "deployment",
        _ => "deployments",
    };
    format!(
        "{deployments} recorded {noun} took {recorded_s} (median), predicted as it stands are \
         {predicted_s}"
    )
}

/// The line that must not be missed where the prediction is off; absent where it is not.
pub fn not_calibrated(recommendation: &Recommendation) -> Option<String> {
    recommendation
        .calibration
        .as_ref()
        .filter(|found| !found.calibrated)
        .map(|found| format!("not calibrated: {}", calibration(found)))
}

/// The front as CSV, one row per plan.
fn front(recommendation: &Recommendation) -> Result<String, Complaint> {
    let header: Vec<&str> = ["recommended"]
        .into_iter()
        .chain(columns::PLAN)
        .chain(columns::ESTIMATE)
        .collect();
    let rows: Vec<Vec<String>> = recommendation
        .front
        .iter()
        .map(|plan| {
            let recommended = is_recommended(recommendation, plan).to_string();
            [
                vec![recommended],
                columns::plan(plan),
                columns::estimate(&plan.estimate),
            ]
            .concat()
        })
        .collect();
    columns::csv(&header, &rows)
}

fn is_recommended(recommendation: &Recommendation, plan: &PlanReport) -> bool {
    recommendation.recommended.as_ref() == Some(plan)
}

/// The decision in a sentence.
fn headline(scenario: &Scenario, recommendation: &Recommendation) -> String {
    let name = &scenario.service.name;
    let current = &recommendation.current;
    match (&recommendation.recommended, &recommendation.infeasible) {
        (Some(plan), _) if plan.changed.is_empty() => format!(
            "{name}: keep your settings, nothing is better within the limits: {}",
            words::clocks(&plan.estimate)
        ),
        (Some(plan), _) => format!(
            "{name}: {}: {}{}{}",
            decision(current, plan),
            words::clocks_from_to(&current.estimate, &plan.estimate),
            price(current, plan),
            words::loss(plan).replace(" Every", ". Every")
        ),
        (None, infeasible) => format!(
            "{name}: nothing meets the limits{}; as it stands: {}",
            infeasible.as_ref().map(first_missed).unwrap_or_default(),
            words::clocks(&current.estimate)
        ),
    }
}

/// What to do, as an order: `set 100/200 and pre-scale 2 hosts`.
fn decision(current: &PlanReport, plan: &PlanReport) -> String {
    let mut orders = Vec::new();
    if words::percents(current) != words::percents(plan) {
        orders.push(format!("set {}", words::percents(plan)));
    }
    let spot = words::spot(plan);
    if (current.prescale_hosts, current.spot_hosts) != (plan.prescale_hosts, plan.spot_hosts) {
        match (current.prescale_hosts, plan.prescale_hosts) {
            (0, 0) => {}
            (_, 0) => orders.push("stop pre-scaling".to_owned()),
            (_, hosts) => orders.push(format!("pre-scale {}{spot}", words::counted(hosts, "host"))),
        }
    }
    if (current.headroom_hosts, current.spot_hosts) != (plan.headroom_hosts, plan.spot_hosts) {
        match (current.headroom_hosts, plan.headroom_hosts) {
            (0, 0) => {}
            (_, 0) => orders.push("give up the standing hosts".to_owned()),
            (_, hosts) => orders.push(format!(
                "keep {}{spot}",
                words::counted(hosts, "standing host")
            )),
        }
    }
    let others: Vec<String> = words::other_changes(plan)
        .into_iter()
        .map(words::short_change)
        .collect();
    if !others.is_empty() {
        orders.push(format!("set {}", others.join(", ")));
    }
    match orders.split_last() {
        None => "keep your settings".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// `, for +2.42 USD a month`.
fn price(current: &PlanReport, plan: &PlanReport) -> String {
    let total = |plan: &PlanReport| plan.estimate.cost.total_usd_per_month;
    match total(current).zip(total(plan)) {
        Some((from, to)) => format!(", {}", words::for_a_month(to - from)),
        None => String::new(),
    }
}

/// Which limit no plan reaches; none where each alone is within reach.
fn first_missed(infeasible: &Infeasible) -> String {
    let out_of_reach = |missed: &&Missed| match missed.key.as_str() {
        "limits.availability" => missed.best < missed.wanted,
        _ => missed.best > missed.wanted,
    };
    match infeasible.limits.iter().find(out_of_reach) {
        Some(missed) => format!(
            ": {} is {}, the best of any plan is {}",
            missed.key,
            limit(&missed.key, missed.wanted),
            limit(&missed.key, missed.best)
        ),
        None => ", of which each alone can be met".to_owned(),
    }
}

/// A limit's value in its own unit.
fn limit(key: &str, value: f64) -> String {
    match key.rsplit('.').next().unwrap_or(key) {
        "max_duration" => Seconds(value).to_string(),
        "budget_usd_per_month" => format!("{} a month", Usd(value)),
        "availability" => format!("{:#}", Share(value)),
        _ => words::number(value),
    }
}
