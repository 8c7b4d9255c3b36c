//! The best plan of a fleet, and what is proven of it.

use super::check::{check, plan};
use super::model::{Exact, model};
use super::problem::{
    Ended, Hooks, Plan, Prices, Problem, Progress, Settings, Solution, Status, gap,
};

/// The plan with the fewest weighted minutes, as far as the settings let it be searched and proven.
///
/// The solver is not trusted: a plan is only taken when the independent check finds nothing.
#[must_use]
pub fn solve(problem: &Problem, settings: &Settings, hooks: &Hooks<'_>) -> Solution {
    let exact = model(problem).solve_small();
    let plan = match &exact {
        Exact::Best(choices) => checked(problem, choices),
        Exact::Infeasible | Exact::Failed => None,
    };
    let bound = plan.as_ref().map(|plan| plan.weighted_minutes);
    (hooks.progress)(&Progress {
        elapsed: (hooks.elapsed)(),
        objective: bound,
        bound,
    });
    let status = match (&plan, bound) {
        (Some(plan), Some(bound)) if gap(plan.weighted_minutes, bound) <= settings.gap => {
            Status::Optimal
        }
        (Some(_), _) => Status::Gap,
        (None, _) if exact == Exact::Infeasible => Status::Infeasible,
        (None, _) => Status::Unknown,
    };
    let ended = match status {
        Status::Optimal | Status::Infeasible => Ended::Proven,
        Status::Gap | Status::Unknown => Ended::Exhausted,
    };
    Solution {
        status,
        plan,
        bound,
        prices: Prices::default(),
        ended,
    }
}

fn checked(problem: &Problem, choices: &[u32]) -> Option<Plan> {
    let plan = plan(problem, choices).ok()?;
    check(problem, &plan).ok()?;
    Some(plan)
}

#[cfg(test)]
mod tests {
    use super::super::problem::{Cluster, Limits, Service, ServiceOption};
    use super::*;

    /// Two services of one cluster that deploy in different windows share its hosts.
    #[test]
    fn windows_share_the_hosts_of_a_cluster() {
        let option = |name: &str, window, weighted_minutes, hosts| ServiceOption {
            name: name.into(),
            cluster: Some(0),
            window,
            pool: None,
            weighted_minutes,
            usd: 0.0,
            hosts,
            spot_hosts: 0,
            shortfall_minutes: 0.0,
        };
        let service = |name: &str, window| Service {
            name: name.into(),
            options: vec![
                option("now", window, 10.0, 0),
                option("fast", window, 4.0, 2),
            ],
        };
        let problem = Problem {
            services: vec![service("a", 0), service("b", 1), service("c", 1)],
            clusters: vec![Cluster {
                name: "x".into(),
                extra_hosts_max: None,
                usd_per_extra_host: 5.0,
            }],
            windows: vec!["day".into(), "night".into()],
            pools: vec![],
            limits: Limits {
                budget_usd: Some(10.0),
                shortfall_minutes: None,
            },
        };
        let solution = solve(&problem, &Settings::default(), &Hooks::none());
        // Two hosts are paid: one service per window. A third fast one would need four.
        assert_eq!(solution.status, Status::Optimal);
        let plan = solution.plan.expect("there is a plan");
        assert!((plan.weighted_minutes - 18.0).abs() < 1e-9);
        assert_eq!(plan.extra_hosts, [2]);
    }
}
