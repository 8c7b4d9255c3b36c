//! The plan of a fleet as JSON.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Found;
use super::what_if::WhatIf;
use crate::cli::output::Complaint;
use crate::fleet::{Chosen, ClusterPool, Ended, FleetPlan, SpotPool, Status, Totals, Wave};
use crate::scenario::Assumption;

#[derive(Serialize)]
struct Answer<'a> {
    schema_version: u32,
    status: &'static str,
    ended: &'static str,
    objective: Option<f64>,
    bound: Option<f64>,
    gap: Option<f64>,
    usd_per_month: Option<f64>,
    shortfall_minutes_per_month: Option<f64>,
    clusters: Map<String, Value>,
    pools: Map<String, Value>,
    choices: Vec<Choice<'a>>,
    prices: Value,
    assumptions: &'a [Assumption],
    #[serde(skip_serializing_if = "WhatIf::is_empty")]
    what_if: &'a WhatIf,
    #[serde(flatten)]
    planned: Option<Planned<'a>>,
}

#[derive(Serialize)]
struct Choice<'a> {
    service: &'a str,
    option: &'a str,
}

/// The plan and what is proven of it.
pub(super) fn json(found: &Found<'_>) -> Result<String, Complaint> {
    let Found {
        problem, solution, ..
    } = *found;
    let plan = solution.plan.as_ref();
    let mut clusters = Map::new();
    let mut pools = Map::new();
    let mut choices = Vec::new();
    if let Some(plan) = plan {
        for (cluster, hosts) in problem.clusters.iter().zip(&plan.extra_hosts) {
            clusters.insert(cluster.name.to_string(), json!({ "extra_hosts": hosts }));
        }
        for (pool, hosts) in problem.pools.iter().zip(&plan.spot_hosts) {
            pools.insert(pool.name.to_string(), json!({ "spot_hosts": hosts }));
        }
        // Where pools are open at any time, they are counted in parts of hosts there.
        if let Some(planned) = found.planned {
            for pool in &planned.clusters {
                let hosts = json!({ "extra_hosts": pool.extra_hosts });
                clusters.insert(pool.cluster.clone(), hosts);
            }
            pools = planned
                .spot_pools
                .iter()
                .map(|pool| (pool.pool.clone(), json!({ "spot_hosts": pool.spot_hosts })))
                .collect();
        }
        for (service, choice) in problem.services.iter().zip(&plan.choices) {
            choices.push(Choice {
                service: &service.name,
                option: &service.options[*choice as usize].name,
            });
        }
    }
    let answer = Answer {
        schema_version: 1,
        status: status(solution.status),
        ended: ended(solution.ended),
        objective: plan.map(|plan| plan.weighted_minutes),
        bound: solution.bound,
        gap: solution.gap(),
        usd_per_month: plan.map(|plan| {
            let modelled = found.planned.map(|planned| planned.total.usd_per_month);
            modelled.unwrap_or(plan.usd)
        }),
        shortfall_minutes_per_month: plan.map(|plan| plan.shortfall_minutes),
        clusters,
        pools,
        choices,
        prices: prices(found),
        assumptions: found.assumptions,
        what_if: found.what_if,
        planned: found.planned.map(Planned::of),
    };
    crate::cli::words::json(&answer)
}

/// What the plan means for services that were modelled.
#[derive(Serialize)]
struct Planned<'a> {
    today: &'a Totals,
    total: &'a Totals,
    services: &'a [Chosen],
    cluster_pools: &'a [ClusterPool],
    spot_pools: &'a [SpotPool],
    waves: &'a [Wave],
}

impl<'a> Planned<'a> {
    fn of(plan: &'a FleetPlan) -> Self {
        Self {
            today: &plan.today,
            total: &plan.total,
            services: &plan.services,
            cluster_pools: &plan.clusters,
            spot_pools: &plan.spot_pools,
            waves: &plan.waves,
        }
    }
}

fn prices(found: &Found<'_>) -> Value {
    let Found {
        problem, solution, ..
    } = *found;
    let prices = &solution.prices;
    let mut pools = Map::new();
    for (pool, price) in problem.pools.iter().zip(&prices.pools) {
        pools.insert(pool.name.to_string(), json!(price));
    }
    json!({
        "budget": prices.budget,
        "shortfall": prices.shortfall,
        "pools": pools,
    })
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Optimal => "optimal",
        Status::Gap => "gap",
        Status::Infeasible => "infeasible",
        Status::Unknown => "unknown",
    }
}

fn ended(ended: Ended) -> &'static str {
    match ended {
        Ended::Proven => "proven",
        Ended::TimeLimit => "time_limit",
        Ended::Interrupted => "interrupted",
        Ended::Exhausted => "exhausted",
    }
}
