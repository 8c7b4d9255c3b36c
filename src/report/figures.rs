//! The numbers behind the heat map and the break-even chart.

use serde::Serialize;

use crate::model::{Model, Plan};
use crate::recommend::{AlternativeKind, PlanReport, Recommendation};
use crate::rollout::{
    TooFewPlaces, bounds, distinct_lower_bounds, distinct_upper_bounds, room,
    roundest_maximum_percent, roundest_minimum_healthy_percent,
};
use crate::scenario::Scenario;
use crate::units::{DAYS_PER_MONTH, Seconds, Usd};

/// More rows or columns than these are not read; steps of ten percent stand for all.
const MOST_VALUES: usize = 11;

/// Mean time over both percents.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeatMap {
    /// Minimum healthy percents, the lowest first, one for each lower bound.
    pub minimum_healthy_percents: Vec<u32>,
    /// Maximum percents, the lowest first, one for each upper bound.
    pub maximum_percents: Vec<u32>,
    /// Rows by minimum healthy percent, cells by maximum percent.
    pub cells: Vec<Vec<Cell>>,
}

/// What comes of a pair of percents.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cell {
    /// Lead plus clock \[s\]; absent where it is stuck.
    pub time_s: Option<Seconds>,
    /// The smallest healthy count by the scheduler's own moves.
    pub lower_bound: u32,
    /// Total cost \[USD/month\]; absent where it is not known.
    pub total_usd_per_month: Option<Usd>,
}

/// Mean time over both percents, with all other settings as in a scenario.
///
/// # Errors
/// Not even the desired count fits on the hosts.
pub fn heat_map(scenario: &Scenario) -> Result<HeatMap, TooFewPlaces> {
    let desired = scenario.service.desired_count;
    let model = Model::of(scenario);
    let plan = Plan::of(scenario);
    let room = room(scenario, plan.added())?;
    let tens = |from: u32, to: u32| (from..=to).step_by(10).collect::<Vec<u32>>();
    let minimum_healthy_percents = few_or(
        distinct_lower_bounds(desired)
            .into_iter()
            .filter_map(|lower| roundest_minimum_healthy_percent(desired, lower)),
        tens(0, 100),
    );
    let maximum_percents = few_or(
        distinct_upper_bounds(desired)
            .into_iter()
            .filter_map(|upper| roundest_maximum_percent(desired, upper)),
        tens(100, 200),
    );
    let cell = |minimum_healthy_percent: u32, maximum_percent: u32| {
        let plan = Plan {
            minimum_healthy_percent,
            maximum_percent,
            ..plan
        };
        let found = model.time_and_cost(scenario, &plan, room);
        Cell {
            time_s: found.map(|found| found.time),
            lower_bound: bounds(desired, minimum_healthy_percent, maximum_percent).lower,
            total_usd_per_month: found.and_then(|found| found.cost.total_usd_per_month),
        }
    };
    let cells = minimum_healthy_percents
        .iter()
        .map(|&minimum| {
            maximum_percents
                .iter()
                .map(|&maximum| cell(minimum, maximum))
                .collect()
        })
        .collect();
    Ok(HeatMap {
        minimum_healthy_percents,
        maximum_percents,
        cells,
    })
}

fn few_or(each: impl Iterator<Item = u32>, steps: Vec<u32>) -> Vec<u32> {
    let mut each: Vec<u32> = each.collect();
    each.sort_unstable();
    each.dedup();
    if each.len() > MOST_VALUES {
        steps
    } else {
        each
    }
}

/// Total cost as a straight line over deployments per day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CostLine {
    /// Which way to get room.
    pub kind: AlternativeKind,
    /// Without any deployment \[USD/month\].
    pub fixed_usd_per_month: Usd,
    /// What one deployment on each day with deployments adds \[USD/month\].
    pub usd_per_month_per_daily_deployment: Usd,
    /// Lead plus clock \[s\]; absent where it is stuck.
    pub time_s: Option<Seconds>,
}

impl CostLine {
    /// Total cost at so many deployments per day \[USD/month\].
    #[must_use]
    pub fn at(&self, per_day: f64) -> Usd {
        self.fixed_usd_per_month + self.usd_per_month_per_daily_deployment * per_day
    }
}

/// Total cost over deployments per day of each alternative that has a plan.
///
/// # Formula
/// serving + headroom + `per_day` × days in the month × `per_deployment`
pub fn cost_lines(scenario: &Scenario, recommendation: &Recommendation) -> Vec<CostLine> {
    let days = scenario.deployment.days_per_month.unwrap_or(DAYS_PER_MONTH);
    let line = |kind: AlternativeKind, plan: &PlanReport| {
        let cost = plan.estimate.cost;
        CostLine {
            kind,
            fixed_usd_per_month: cost.serving_usd_per_month + cost.headroom_usd_per_month,
            usd_per_month_per_daily_deployment: cost.per_deployment_usd * days,
            time_s: plan
                .estimate
                .duration
                .map(|all| all.with_lead(scenario.recommend.clock)),
        }
    };
    recommendation
        .hosts_answer
        .alternatives
        .iter()
        .filter_map(|alternative| Some(line(alternative.kind, alternative.plan.as_ref()?)))
        .collect()
}
