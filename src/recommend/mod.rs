//! Which settings and hosts one service should deploy with, within its limits, and why; and
//! whether to pre-scale.
//!
//! Every distinct pair of bounds, every useful number of added hosts, spot among them, and the
//! timing settings that may be changed are compared by the model; what cannot be better is left
//! out, nothing is left to chance.

mod applied;
mod break_even;
mod check;
mod decision;
mod grace;
mod hosts;
mod infeasible;
mod options;
mod range;
mod ranges;
mod report;
mod search;
mod variants;

use serde::Serialize;
use serde_json::Value;

use crate::model::Estimate;
use crate::rollout::TooFewPlaces;
use crate::scenario::Scenario;
use crate::units::{Seconds, Usd};
pub use applied::applied;
pub use break_even::BreakEven;
pub use check::{Check, Checked, check, standing};
use decision::{Decision, Timing};
pub use options::{Options, PlanOption, options};
use search::{Candidate, Limit, Search, TIE, front, meets_all};

/// A recorded and a predicted duration that differ by more than this do not agree.
const AGREEMENT: f64 = 0.15;

/// A plan has to save this to be named as a step further \[s\].
const STEP_WORTH_NAMING: f64 = 30.0;

/// Availabilities that differ by less are told as the same.
const TOLD_AVAILABILITY: f64 = 1e-4;

/// Which settings and hosts to deploy with, and whether to pre-scale.
///
/// # Errors
/// Not even the desired count fits on the listed hosts.
pub fn recommend(scenario: &Scenario) -> Result<Recommendation, TooFewPlaces> {
    let timing = Timing::best(scenario)?;
    let search = Search::new(&timing.scenario, &timing.model)?;
    let decision = Decision::of(&search, &timing.scenario);
    let (planned, answer) = (&timing.scenario, decision.answer());
    let may_prescale = search.may_prescale();
    // Another delay needs another model: it is asked beside everything else.
    std::thread::scope(|scope| {
        let of_delay = scope.spawn(|| ranges::of_delay(scenario, planned, may_prescale, answer));
        let mut recommendation = told(scenario, &timing, &search, &decision)?;
        let mut ranges = ranges::of_boot_price_and_rate(&timing, may_prescale, answer)?;
        if let Ok(of_delay) = of_delay.join() {
            ranges.extend(of_delay?);
            recommendation.hosts_answer.robust_while = ranges;
        }
        Ok(recommendation)
    })
}

/// A decision in all its parts, but for the ranges over which it stays.
fn told(
    scenario: &Scenario,
    timing: &Timing,
    search: &Search,
    decision: &Decision,
) -> Result<Recommendation, TooFewPlaces> {
    let known = search.worth_knowing();
    let report = |candidate: &Candidate| report::report(scenario, timing, candidate);
    let current = report::current(&timing.also_of(scenario.clone()))?;
    let front = front(known.iter().copied().chain(decision.chosen).collect());
    let infeasible = match decision.chosen {
        Some(_) => None,
        None => Some(infeasible::infeasible(scenario, timing, search, &known)?),
    };
    Ok(Recommendation {
        schema_version: 1,
        recommended: decision.chosen.as_ref().map(&report).transpose()?,
        front: front.iter().map(&report).collect::<Result<_, _>>()?,
        hosts_answer: hosts::answer(scenario, timing, search, decision, &current)?,
        reasons: report::reasons(scenario, timing, search, decision, &current),
        next: next_steps(scenario, timing, decision, &front)?,
        conditional: report::conditional(scenario, timing, decision)?,
        calibration: calibration(scenario, &current),
        current,
        infeasible,
    })
}

/// The cheapest plan that each limit alone keeps from being faster, and the next cheaper plan.
fn next_steps(
    scenario: &Scenario,
    timing: &Timing,
    decision: &Decision,
    known: &[Candidate],
) -> Result<Vec<NextStep>, TooFewPlaces> {
    let Some(chosen) = &decision.chosen else {
        return Ok(Vec::new());
    };
    let limits = &scenario.limits;
    let step = |limit: &str, from: Value, to: Value, candidate: &Candidate| {
        Ok(NextStep {
            limit: limit.to_owned(),
            from,
            to,
            saves_s: chosen.score.time - candidate.score.time,
            costs_usd_per_month: candidate.total() - chosen.total(),
            plan: report::report(scenario, timing, candidate)?,
        })
    };
    let faster =
        |candidate: &&Candidate| candidate.score.time.0 < chosen.score.time.0 - STEP_WORTH_NAMING;
    let mut steps = Vec::new();
    for limit in Limit::ALL {
        let Some(wanted) = limit.wanted(limits) else {
            continue;
        };
        let others_met = |candidate: &&Candidate| {
            !limit.met_by(candidate, limits)
                && Limit::ALL
                    .iter()
                    .all(|other| *other == limit || other.met_by(candidate, limits))
        };
        let offers: Vec<&Candidate> = known.iter().filter(faster).filter(others_met).collect();
        let least = offers
            .iter()
            .filter(|offer| !offers.iter().any(|other| is_as_good_for_less(other, offer)))
            .min_by(|a, b| limit.excess(a, limits).total_cmp(&limit.excess(b, limits)));
        if let Some(candidate) = least {
            let to = limit.reached(candidate);
            steps.push(step(
                limit.key(),
                Value::from(wanted),
                Value::from(to),
                candidate,
            )?);
        }
    }
    let cheaper = known
        .iter()
        .filter(|candidate| meets_all(candidate, limits))
        .filter(|candidate| candidate.total().0 < chosen.total().0 - 0.01)
        .min_by(|a, b| a.score.time.0.total_cmp(&b.score.time.0));
    if let Some(candidate) = cheaper {
        let (from, to) = (chosen.score.time.0, candidate.score.time.0);
        steps.push(step("time", Value::from(from), Value::from(to), candidate)?);
    }
    Ok(steps)
}

/// Whether a plan costs less than another, and is no slower and no less available by more than is
/// told.
fn is_as_good_for_less(one: &Candidate, other: &Candidate) -> bool {
    one.total().0 < other.total().0 - 0.01
        && one.score.time.0 <= other.score.time.0 + TIE
        && one.availability() >= other.availability() - TOLD_AVAILABILITY
}

/// The prediction against the median of the recorded deployments.
fn calibration(scenario: &Scenario, current: &PlanReport) -> Option<Calibration> {
    let mut recorded: Vec<f64> = scenario.recorded.iter().map(|r| r.completed.0).collect();
    recorded.sort_by(f64::total_cmp);
    let (low, high) = (
        recorded.get(recorded.len().saturating_sub(1) / 2)?,
        recorded.get(recorded.len() / 2)?,
    );
    let recorded_s = f64::midpoint(*low, *high);
    let predicted_s = current.estimate.duration?.completed_s.mean;
    Some(Calibration {
        deployments: recorded.len(),
        recorded_s: Seconds(recorded_s),
        predicted_s,
        calibrated: (predicted_s.0 / recorded_s - 1.0).abs() <= AGREEMENT,
    })
}

/// The answer to "which settings?", and to "should we pre-scale hosts?".
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recommendation {
    /// Version of this layout.
    pub schema_version: u32,
    /// The best plan within the limits; absent where none meets them.
    pub recommended: Option<PlanReport>,
    /// What is not dominated in time, total cost and availability, the fastest first.
    pub front: Vec<PlanReport>,
    /// The scenario as it stands.
    pub current: PlanReport,
    /// "Should we pre-scale hosts?"
    pub hosts_answer: HostsAnswer,
    /// Why this plan, in short sentences.
    pub reasons: Vec<String>,
    /// What one step further would buy.
    pub next: Vec<NextStep>,
    /// Savings that were not taken because a fact is missing.
    pub conditional: Vec<Conditional>,
    /// Why nothing meets the limits; absent where something does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub infeasible: Option<Infeasible>,
    /// The prediction against recorded deployments; absent without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
}

/// One plan with what comes of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanReport {
    /// Minimum healthy percent, the roundest that gives the bound.
    pub minimum_healthy_percent: u32,
    /// Maximum percent, the roundest that gives the bound.
    pub maximum_percent: u32,
    /// Hosts launched before each deployment.
    pub prescale_hosts: u32,
    /// How many of the added hosts are spot.
    pub spot_hosts: u32,
    /// Hosts always on beyond the listed ones.
    pub headroom_hosts: u32,
    /// What has to be set differently from the scenario.
    pub changed: Vec<Change>,
    /// What comes of it.
    pub estimate: Estimate,
}

/// A setting that changes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The scenario's key.
    pub key: String,
    /// What it is now.
    pub from: Value,
    /// What it should be.
    pub to: Value,
}

/// The answer to "should we pre-scale hosts?".
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostsAnswer {
    /// Yes if and only if the recommended plan pre-scales.
    pub answer: YesNo,
    /// In one word.
    pub reason: HostsReason,
    /// Lead plus clock of `against` less those of the recommended plan (of the best plan with
    /// pre-scaled hosts where the answer is no and there is one) \[s\].
    pub saves_s_per_deployment: Option<Seconds>,
    /// Total cost of the same two plans, the other way round \[USD/month\].
    pub costs_usd_per_month: Option<Usd>,
    /// The best plan within the limits without added hosts; the current one if there is none.
    pub against: Option<PlanReport>,
    /// Lead plus clock of the current plan less those of the recommended one \[s\]; absent where
    /// the current one is stuck or nothing is recommended.
    pub saves_vs_current_s: Option<Seconds>,
    /// Above it standing headroom is cheaper than pre-scaling; absent where undefined.
    pub break_even_deployments_per_day: Option<f64>,
    /// What a minute of waiting must be worth for pre-scaling to pay; absent where undefined.
    pub break_even_usd_per_minute: Option<f64>,
    /// The ranges over which the answer stays.
    pub robust_while: Vec<Range>,
    /// The rows of the comparison.
    pub alternatives: Vec<Alternative>,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum YesNo {
    /// Pre-scale.
    Yes,
    /// Do not.
    No,
}

/// Why, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HostsReason {
    /// It is worth its cost.
    Pays,
    /// The hosts have the room already.
    RoomAlreadyThere,
    /// Settings alone bring the gain.
    SettingsFirst,
    /// Hosts that are always on cost less.
    StandingCheaper,
    /// Scaling on demand is enough.
    ReactiveSuffices,
    /// It would be faster but costs too much.
    OverBudget,
    /// It makes no material difference.
    NoGain,
    /// Nothing meets the limits.
    NoFeasible,
}

/// A range of one input over which the answer stays.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Range {
    /// The scenario's key.
    pub key: String,
    /// What it is now, in `unit`.
    pub now: f64,
    /// From here; absent: down to the smallest value looked at.
    pub from: Option<f64>,
    /// To here; absent: up to the largest value looked at.
    pub to: Option<f64>,
    /// Of the three numbers.
    pub unit: &'static str,
    /// How the plan gets its room that is taken below; absent where the answer stays.
    pub below: Option<Taken>,
    /// The same above.
    pub above: Option<Taken>,
}

/// How a plan gets the room for new tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// Hosts are launched before each deployment.
    Prescaled,
    /// Hosts are always on.
    Standing,
    /// Managed scaling adds hosts while it runs.
    OnDemand,
    /// On the hosts that are there.
    Settings,
    /// No plan is within the limits.
    Nothing,
}

/// One row of the comparison that `hosts` shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alternative {
    /// What it is.
    pub kind: AlternativeKind,
    /// The best plan of that kind; absent where there is none within the limits.
    pub plan: Option<PlanReport>,
    /// Why there is none, or what to know about it.
    pub remark: String,
}

/// The ways to get room that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AlternativeKind {
    /// As it stands.
    AsIs,
    /// The best settings without added hosts.
    SettingsOnly,
    /// The best plan with hosts that managed scaling adds while it runs.
    OnDemand,
    /// The best plan with pre-scaled hosts.
    Prescaled,
    /// The best plan with standing hosts.
    Standing,
    /// The same service on Fargate, with the best settings.
    Fargate,
}

/// What one step further along the front would buy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NextStep {
    /// The limit that has to give way, as a scenario key.
    pub limit: String,
    /// What it is now, and what it would have to be.
    pub from: Value,
    /// What it would have to be.
    pub to: Value,
    /// Seconds per deployment that it saves \[s\].
    pub saves_s: Seconds,
    /// What it costs more \[USD/month\].
    pub costs_usd_per_month: Usd,
    /// The plan that it opens.
    pub plan: PlanReport,
}

/// A saving that needs a fact.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conditional {
    /// The key that would state the fact.
    pub key: String,
    /// The settings that could change, and how.
    pub change: Change,
    /// Seconds per deployment that it would save \[s\].
    pub saves_s: Seconds,
    /// Under which condition, in words.
    pub condition: String,
}

/// Why nothing meets the limits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Infeasible {
    /// Each limit that no plan meets, or that cannot be met together with the others.
    pub limits: Vec<Missed>,
    /// For each limit, the best plan that meets all the others.
    pub nearest: Vec<Nearest>,
}

/// A limit against the best that any plan reaches.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Missed {
    /// The limit's key.
    pub key: String,
    /// What is asked.
    pub wanted: f64,
    /// The best of any plan, other limits set aside.
    pub best: f64,
}

/// The best plan that meets all limits but one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Nearest {
    /// The limit that it misses.
    pub misses: String,
    /// What is asked.
    pub wanted: f64,
    /// What it reaches.
    pub reaches: f64,
    /// The plan.
    pub plan: PlanReport,
}

/// The prediction of the scenario as it stands against recorded deployments.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// How many deployments are recorded.
    pub deployments: usize,
    /// Median of the recorded durations to "completed" \[s\].
    pub recorded_s: Seconds,
    /// Predicted mean of the same \[s\].
    pub predicted_s: Seconds,
    /// Whether they differ by at most 15 %.
    pub calibrated: bool,
}
