//! What other limits would bring: one more unit of what binds, the smallest changes that make a
//! plan possible, and the fewest minutes for every budget.
//!
//! Everything is found by solving again with one limit changed, not read off the dual prices.

use serde::Serialize;

use super::members::{PARTS, cluster_of_open_pool};
use super::problem::{Hooks, Plan, Problem, Settings, Solution, Status};
use super::solve::solve;

/// A limit of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The budget \[USD/month\].
    Budget,
    /// The sum of shortfalls \[min/month\].
    Shortfall,
    /// The extra hosts of a cluster, by its index.
    Cluster(usize),
    /// The hosts of a pool of spot hosts, by its index.
    Pool(usize),
}

impl Limit {
    /// All limits that a problem sets.
    #[must_use]
    pub fn of(problem: &Problem) -> Vec<Self> {
        let clusters = (0..problem.clusters.len()).map(Self::Cluster);
        let pools = (0..problem.pools.len()).map(Self::Pool);
        [Self::Budget, Self::Shortfall]
            .into_iter()
            .chain(clusters)
            .chain(pools)
            .filter(|limit| limit.value(problem).is_some())
            .collect()
    }

    /// What a problem sets it to.
    #[must_use]
    pub fn value(self, problem: &Problem) -> Option<f64> {
        match self {
            Self::Budget => problem.limits.budget_usd,
            Self::Shortfall => problem.limits.shortfall_minutes,
            Self::Cluster(i) => problem.clusters[i].extra_hosts_max.map(f64::from),
            Self::Pool(i) => problem.pools[i].spot_hosts_max.map(f64::from),
        }
    }

    /// What a plan uses of it.
    #[must_use]
    pub fn used(self, plan: &Plan) -> f64 {
        match self {
            Self::Budget => plan.usd,
            Self::Shortfall => plan.shortfall_minutes,
            Self::Cluster(i) => f64::from(plan.extra_hosts[i]),
            Self::Pool(i) => f64::from(plan.spot_hosts[i]),
        }
    }

    /// Its key in a fleet file.
    #[must_use]
    pub fn key(self, problem: &Problem) -> String {
        match self {
            Self::Budget => "limits.budget_usd_per_month".to_owned(),
            Self::Shortfall => "limits.shortfall_minutes_per_month".to_owned(),
            Self::Cluster(i) => format!("clusters.{}.extra_hosts_max", problem.clusters[i].name),
            Self::Pool(i) => {
                let name = &problem.pools[i].name;
                match cluster_of_open_pool(name) {
                    Some(cluster) => format!("clusters.{cluster}.extra_hosts_max"),
                    None => format!("pools.{name}.spot_hosts_max"),
                }
            }
        }
    }

    /// What it is counted in.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Budget => "USD a month",
            Self::Shortfall => "minutes a month",
            Self::Cluster(_) => "hosts",
            Self::Pool(_) => "spot hosts",
        }
    }

    /// In how many parts a host of it is counted.
    #[must_use]
    pub fn parts_of_a_host(self, problem: &Problem) -> f64 {
        match self {
            Self::Pool(i) if cluster_of_open_pool(&problem.pools[i].name).is_some() => PARTS,
            _ => 1.0,
        }
    }

    /// Whether it counts hosts.
    #[must_use]
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Cluster(_) | Self::Pool(_))
    }

    /// The problem with another value of it; none: not limited.
    #[must_use]
    pub fn set(self, problem: &Problem, value: Option<f64>) -> Problem {
        let mut problem = problem.clone();
        let hosts = value.map(|value| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "hosts are far below 2^32, and the cast saturates"
            )]
            let hosts = value.round() as u32;
            hosts
        });
        match self {
            Self::Budget => problem.limits.budget_usd = value,
            Self::Shortfall => problem.limits.shortfall_minutes = value,
            Self::Cluster(i) => problem.clusters[i].extra_hosts_max = hosts,
            Self::Pool(i) => problem.pools[i].spot_hosts_max = hosts,
        }
        problem
    }
}

/// Solves with the whole of the time limit, whatever was searched before.
fn again(problem: &Problem, settings: &Settings, hooks: &Hooks<'_>) -> Solution {
    let start = (hooks.elapsed)();
    let limit = settings.time_limit.map(|limit| start + limit);
    let settings = Settings {
        time_limit: limit,
        ..settings.clone()
    };
    solve(problem, &settings, hooks)
}

/// What a little more of a limit wins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Which limit.
    pub limit: Limit,
    /// What it is now.
    pub now: f64,
    /// What the plan uses of it.
    pub used: f64,
    /// How much more was allowed.
    pub more: f64,
    /// Weighted minutes that this wins, by solving again \[min/month\].
    pub wins: f64,
    /// The same by the dual price of the relaxation \[min/month\].
    pub dual: f64,
}

/// What a little more of each limit that binds would win, the most first.
///
/// A limit binds where less than `more(limit)` of it is left, or where its dual price is not zero.
#[must_use]
pub fn steps(
    problem: &Problem,
    solution: &Solution,
    more: impl Fn(Limit) -> f64,
    settings: &Settings,
    hooks: &Hooks<'_>,
) -> Vec<Step> {
    let Some(plan) = &solution.plan else {
        return Vec::new();
    };
    let price = |limit| match limit {
        Limit::Budget => solution.prices.budget,
        Limit::Shortfall => solution.prices.shortfall,
        Limit::Cluster(i) => solution.prices.clusters.get(i).copied().unwrap_or(0.0),
        Limit::Pool(i) => solution.prices.pools.get(i).copied().unwrap_or(0.0),
    };
    let mut steps = Vec::new();
    for limit in Limit::of(problem) {
        let (Some(now), used, more) = (limit.value(problem), limit.used(plan), more(limit)) else {
            continue;
        };
        if now - used >= more && price(limit) <= 0.0 {
            continue;
        }
        let wider = again(&limit.set(problem, Some(now + more)), settings, hooks);
        let fewer = wider
            .plan
            .map_or(0.0, |wider| plan.weighted_minutes - wider.weighted_minutes);
        steps.push(Step {
            limit,
            now,
            used,
            more,
            wins: fewer.max(0.0),
            dual: price(limit) * more,
        });
    }
    steps.sort_by(|a, b| b.wins.total_cmp(&a.wins).then(b.dual.total_cmp(&a.dual)));
    steps
}

/// A limit that has to give way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relaxed {
    /// Which limit.
    pub limit: Limit,
    /// What it is now.
    pub from: f64,
    /// The least that makes a plan possible, the other limits as they are.
    pub to: f64,
}

/// What would have to change so that there is a plan.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// Limits each of which is enough to change alone, the smallest change first.
    pub each: Vec<Relaxed>,
    /// Where none is: limits to change together.
    pub together: Vec<Relaxed>,
}

/// The smallest changes of limits that make a plan possible.
///
/// Found by bisection, to a cent, a thousandth of a minute or a host. Where no change of one limit
/// is enough, one after the other is brought as near to what it is as the ones before allow, the
/// budget first: none of them can be smaller while the others stay.
#[must_use]
pub fn smallest_changes(problem: &Problem, settings: &Settings, hooks: &Hooks<'_>) -> Changes {
    let limits = Limit::of(problem);
    let mut each: Vec<Relaxed> = limits
        .iter()
        .filter_map(|limit| {
            let free = limit.set(problem, None);
            smallest(problem, &free, *limit, settings, hooks)
        })
        .collect();
    each.sort_by(|a, b| share(a).total_cmp(&share(b)));
    let mut together = Vec::new();
    if each.is_empty() {
        let free = |problem: Problem, limit: &Limit| limit.set(&problem, None);
        let mut wider = limits.iter().fold(problem.clone(), free);
        for limit in limits {
            let Some(relaxed) = smallest(problem, &wider, limit, settings, hooks) else {
                return Changes {
                    each,
                    together: Vec::new(),
                };
            };
            wider = limit.set(&wider, Some(relaxed.to));
            if relaxed.to > relaxed.from {
                together.push(relaxed);
            }
        }
    }
    Changes { each, together }
}

/// The least that a limit of a problem must become with the others as in `wider`, which does not
/// limit it; none where even that is not enough.
fn smallest(
    problem: &Problem,
    wider: &Problem,
    limit: Limit,
    settings: &Settings,
    hooks: &Hooks<'_>,
) -> Option<Relaxed> {
    let from = limit.value(problem)?;
    let to = least_within(wider, limit, from, settings, hooks)?;
    Some(Relaxed { limit, from, to })
}

/// The least of a limit, not below `from`, that makes a plan possible with the other limits as they
/// are; none where no value of it does.
pub(super) fn least(
    problem: &Problem,
    limit: Limit,
    from: f64,
    settings: &Settings,
    hooks: &Hooks<'_>,
) -> Option<f64> {
    least_within(&limit.set(problem, None), limit, from, settings, hooks)
}

/// The same where the limit is open in the problem.
fn least_within(
    wider: &Problem,
    limit: Limit,
    from: f64,
    settings: &Settings,
    hooks: &Hooks<'_>,
) -> Option<f64> {
    // Whether there is a plan at all is asked, not which is the best.
    let any_plan = Settings {
        gap: f64::INFINITY,
        ..settings.clone()
    };
    let feasible = |value| {
        let solution = again(&limit.set(wider, value), &any_plan, hooks);
        solution
            .plan
            .filter(|_| solution.status != Status::Infeasible)
    };
    let plan = feasible(None)?;
    let resolution = match limit {
        Limit::Budget => 0.01,
        Limit::Shortfall => 0.001,
        Limit::Cluster(_) | Limit::Pool(_) => 1.0,
    };
    let mut enough = limit.used(&plan).max(from);
    if enough > from && feasible(Some(from)).is_some() {
        enough = from;
    }
    let mut too_small = from;
    while enough - too_small > resolution && !(hooks.interrupted)() {
        let mut middle = f64::midpoint(too_small, enough);
        if limit.is_whole() {
            middle = middle.floor();
        }
        match feasible(Some(middle)) {
            Some(plan) => enough = limit.used(&plan).min(middle),
            None => too_small = middle,
        }
    }
    Some(enough)
}

/// How much a change is of what the limit is now.
fn share(relaxed: &Relaxed) -> f64 {
    (relaxed.to - relaxed.from) / relaxed.from.abs().max(1.0)
}

/// One budget, and the fewest minutes within it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurvePoint {
    /// The budget \[USD/month\].
    pub budget: f64,
    /// Fewest weighted minutes found; none where no plan meets the limits \[min/month\].
    pub weighted_minutes: Option<f64>,
    /// No plan has fewer \[min/month\].
    pub bound: Option<f64>,
    /// What the plan costs \[USD/month\].
    pub usd: Option<f64>,
}

/// The fewest minutes over budgets from nothing to what the fastest plan costs, evenly spaced.
///
/// A larger budget never shows more minutes than a smaller one: its plan is one within it.
#[must_use]
pub fn budget_curve(
    problem: &Problem,
    points: u32,
    settings: &Settings,
    hooks: &Hooks<'_>,
) -> Vec<CurvePoint> {
    let fastest = again(&Limit::Budget.set(problem, None), settings, hooks);
    let Some(most) = fastest.plan.map(|plan| plan.usd) else {
        return Vec::new();
    };
    let cheapest: f64 = problem
        .services
        .iter()
        .filter_map(|service| {
            service
                .options
                .iter()
                .map(|option| option.usd)
                .reduce(f64::min)
        })
        .sum();
    let from = cheapest.min(most);
    let last = points.max(2) - 1;
    let mut curve: Vec<CurvePoint> = Vec::new();
    for i in 0..=last {
        let budget = from + (most - from) * f64::from(i) / f64::from(last);
        let found = again(&Limit::Budget.set(problem, Some(budget)), settings, hooks);
        let mut point = CurvePoint {
            budget,
            weighted_minutes: found.plan.as_ref().map(|plan| plan.weighted_minutes),
            bound: found.bound,
            usd: found.plan.as_ref().map(|plan| plan.usd),
        };
        if let Some(before) = curve.last() {
            let worse = match (point.weighted_minutes, before.weighted_minutes) {
                (Some(now), Some(before)) => now > before,
                (None, Some(_)) => true,
                (_, None) => false,
            };
            if worse {
                point.weighted_minutes = before.weighted_minutes;
                point.usd = before.usd;
            }
        }
        curve.push(point);
    }
    curve
}

#[cfg(test)]
mod tests {
    use super::super::problem::{Cluster, Limits, Service, ServiceOption};
    use super::*;

    fn option(name: &str, minutes: f64, usd: f64, hosts: u32, short: f64) -> ServiceOption {
        ServiceOption {
            name: name.into(),
            cluster: Some(0),
            window: 0,
            pool: None,
            weighted_minutes: minutes,
            usd,
            hosts,
            spot_hosts: 0,
            shortfall_minutes: short,
        }
    }

    /// Two services in one window: each 100 minutes for nothing, or 40 with 2 hosts for 5 USD.
    fn problem(budget: f64, hosts: u32) -> Problem {
        let service = |name: &str| Service {
            name: name.into(),
            options: vec![
                option("today", 100.0, 0.0, 0, 1.0),
                option("fast", 40.0, 5.0, 2, 3.0),
            ],
        };
        Problem {
            services: vec![service("a"), service("b")],
            clusters: vec![Cluster {
                name: "c".into(),
                extra_hosts_max: Some(hosts),
                usd_per_extra_host: 10.0,
            }],
            windows: vec!["w".into()],
            pools: Vec::new(),
            limits: Limits {
                budget_usd: Some(budget),
                shortfall_minutes: Some(10.0),
            },
        }
    }

    fn exactly() -> Settings {
        Settings {
            gap: 0.0,
            ..Settings::default()
        }
    }

    #[test]
    fn one_more_unit_of_what_binds_is_found_by_solving_again() {
        // 25 USD buy one fast service with its two hosts; 50 would buy both. Two hosts bind too.
        let problem = problem(50.0, 2);
        let solution = solve(&problem, &exactly(), &Hooks::none());
        let more = |limit: Limit| if limit == Limit::Cluster(0) { 2.0 } else { 1.0 };
        let steps = steps(&problem, &solution, more, &exactly(), &Hooks::none());
        let hosts = steps
            .iter()
            .find(|step| step.limit == Limit::Cluster(0))
            .unwrap();
        assert!((hosts.wins - 60.0).abs() < 1e-9, "{steps:?}");
        assert!(steps.iter().all(|step| step.limit != Limit::Shortfall));
    }

    #[test]
    fn the_smallest_change_makes_a_plan_possible() {
        let mut problem = problem(4.0, 2);
        // Without today's settings both must be fast: 10 USD and 4 hosts for 40 USD.
        for service in &mut problem.services {
            service.options.remove(0);
        }
        problem.clusters[0].extra_hosts_max = Some(9);
        let changes = smallest_changes(&problem, &exactly(), &Hooks::none());
        assert_eq!(changes.each.len(), 1, "{changes:?}");
        assert_eq!(changes.each[0].limit, Limit::Budget);
        assert!((changes.each[0].to - 50.0).abs() <= 0.01, "{changes:?}");
        assert_eq!(changes.together, []);
    }

    #[test]
    fn where_no_change_of_one_limit_is_enough_they_change_together() {
        let mut problem = problem(4.0, 2);
        for service in &mut problem.services {
            service.options.remove(0);
        }
        // 4 hosts where 2 are allowed, 50 USD where 4 are; the shortfall is kept.
        let changes = smallest_changes(&problem, &exactly(), &Hooks::none());
        assert_eq!(changes.each, []);
        let [budget, hosts] = changes.together.as_slice() else {
            panic!("two limits change: {changes:?}");
        };
        assert_eq!(
            (budget.limit, hosts.limit),
            (Limit::Budget, Limit::Cluster(0))
        );
        assert!((budget.to - 50.0).abs() <= 0.01, "{budget:?}");
        assert!((hosts.to - 4.0).abs() < 1e-9, "{hosts:?}");
    }

    #[test]
    fn more_budget_never_shows_more_minutes() {
        let curve = budget_curve(&problem(0.0, 9), 6, &exactly(), &Hooks::none());
        let minutes: Vec<f64> = curve.iter().filter_map(|p| p.weighted_minutes).collect();
        // From 0 to 50 USD in steps of 10: one fast service from 25 USD, two from 50.
        assert_eq!(minutes, [200.0, 200.0, 200.0, 140.0, 140.0, 80.0]);
    }
}
