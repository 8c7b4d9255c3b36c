//! The plans that a service can choose from, where the choice is made elsewhere: for a fleet that
//! shares hosts and a budget.

use super::Change;
use super::decision::Timing;
use super::report::changed;
use super::search::{Candidate, Limit, Search};
use crate::model::Plan;
use crate::rollout::TooFewPlaces;
use crate::scenario::{Limits, Scenario};
use crate::units::{Seconds, Usd};

/// The plans of one service.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// What is paid for serving, whatever the plan \[USD/month\].
    pub serving: Usd,
    /// The scenario as it stands; absent where its deployments are stuck.
    pub today: Option<PlanOption>,
    /// Plans that keep to the scenario's availability and duration.
    pub others: Vec<PlanOption>,
}

/// A plan with what it is chosen by.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanOption {
    /// The plan.
    pub plan: Plan,
    /// Lead plus the mean of the recommendation's clock \[s\].
    pub time: Seconds,
    /// From the request until nothing keeps added hosts: completed, and tasks moved off them \[s\].
    pub held: Seconds,
    /// Total cost of a month \[USD/month\].
    pub total: Usd,
    /// Expected minutes per month below the required tasks \[min\].
    pub shortfall_minutes_per_month: f64,
    /// What has to be set differently from the scenario.
    pub changed: Vec<Change>,
}

/// The plans of a service, under the timing settings that serve it best.
///
/// The scenario's own budget is not applied: where the money goes is what is to be chosen. No plan
/// is listed that another one beats or equals in time, cost, hosts, spot hosts and shortfall.
///
/// # Errors
/// Not even the desired count fits on the listed hosts.
pub fn options(scenario: &Scenario) -> Result<Options, TooFewPlaces> {
    let mut scenario = scenario.clone();
    scenario.limits = Limits {
        budget_usd_per_month: None,
        ..scenario.limits
    };
    let scenario = &scenario;
    let timing = Timing::best(scenario)?;
    let search = Search::new(&timing.scenario, &timing.model)?;
    let limits = &scenario.limits;
    let mut candidates = search.worth_knowing();
    candidates.retain(|candidate| {
        [Limit::Availability, Limit::MaxDuration]
            .iter()
            .all(|limit| limit.met_by(candidate, limits))
    });
    let now = Plan::of(scenario);
    let as_it_stands = timing.also_of(scenario.clone());
    let serving = as_it_stands.model.outcome(scenario, &now)?.cost;
    let others: Result<Vec<Option<PlanOption>>, TooFewPlaces> = undominated(candidates)
        .iter()
        .map(|candidate| {
            option(
                &timing,
                candidate.plan,
                changed(scenario, &timing, &candidate.plan),
            )
        })
        .collect();
    Ok(Options {
        serving: serving.serving_usd_per_month,
        today: option(&as_it_stands, now, Vec::new())?,
        others: others?
            .into_iter()
            .flatten()
            .filter(|option| !option.changed.is_empty())
            .collect(),
    })
}

/// A plan under a timing; None where it is stuck.
fn option(
    timing: &Timing,
    plan: Plan,
    changed: Vec<Change>,
) -> Result<Option<PlanOption>, TooFewPlaces> {
    let outcome = timing.model.outcome(&timing.scenario, &plan)?;
    Ok(outcome.duration.map(|duration| PlanOption {
        plan,
        time: duration.with_lead(timing.scenario.recommend.clock),
        held: duration.completed_s.mean + duration.evacuation_s.mean,
        total: outcome.cost.total_usd_per_month.unwrap_or_default(),
        shortfall_minutes_per_month: outcome
            .availability
            .shortfall_minutes_per_month
            .unwrap_or_default(),
        changed,
    }))
}

/// What a plan is beaten in: the smaller the better.
fn measures(candidate: &Candidate) -> [f64; 5] {
    let score = &candidate.score;
    let short = score.availability.shortfall_minutes_per_month;
    [
        score.time.0,
        candidate.total().0,
        f64::from(candidate.added_hosts()),
        f64::from(candidate.plan.spot_hosts),
        short.unwrap_or_default(),
    ]
}

/// Plans that no other beats or equals in everything; of equals the first.
fn undominated(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.sort_by(|a, b| {
        let pairs = measures(a).into_iter().zip(measures(b));
        pairs
            .map(|(a, b)| a.total_cmp(&b))
            .find(|order| order.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        let mine = measures(&candidate);
        let beaten = kept.iter().any(|other| {
            let theirs = measures(other);
            theirs.iter().zip(mine).all(|(t, m)| *t <= m + 1e-9)
        });
        if !beaten {
            kept.push(candidate);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommend::recommend;
    use crate::scenario::read::{Purpose, Syntax, scenario};

    fn example(name: &str) -> Scenario {
        let path = format!("{}/data/examples/{name}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        scenario(&text, Syntax::Toml, Purpose::MonthlyFigures).unwrap()
    }

    #[test]
    fn the_recommended_plan_is_among_the_options() {
        for name in ["two-tasks-no-room.toml", "prescaling-pays.toml", "web.toml"] {
            let scenario = example(name);
            let chosen = recommend(&scenario).unwrap().recommended.unwrap();
            let time = chosen
                .estimate
                .duration
                .unwrap()
                .with_lead(scenario.recommend.clock);
            let options = options(&scenario).unwrap();
            let as_good = options.others.iter().chain(&options.today).any(|option| {
                option.time.0 <= time.0 + 1.0
                    && option.total.0 <= chosen.estimate.cost.total_usd_per_month.unwrap().0 + 0.01
            });
            assert!(as_good, "{name}");
        }
    }

    #[test]
    fn a_stuck_deployment_is_no_option() {
        let options = options(&example("stuck.toml")).unwrap();
        assert!(options.today.is_none());
        assert!(!options.others.is_empty());
    }

    #[test]
    fn no_option_is_beaten_by_another() {
        let options = options(&example("prescaling-pays.toml")).unwrap();
        for (i, one) in options.others.iter().enumerate() {
            for (j, other) in options.others.iter().enumerate() {
                let beaten = i != j
                    && other.time.0 <= one.time.0
                    && other.total.0 <= one.total.0
                    && other.plan.added() == one.plan.added()
                    && other.shortfall_minutes_per_month <= one.shortfall_minutes_per_month;
                assert!(!beaten, "{one:?} {other:?}");
            }
        }
    }
}
