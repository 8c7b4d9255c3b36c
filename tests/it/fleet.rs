//! Plans of whole fleets: against every possible plan, and against what more of a limit must do.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use proptest::prelude::*;

use prescale::fleet::check::{check, plan};
use prescale::fleet::{
    Cluster, Hooks, Limits, Pool, Problem, Service, ServiceOption, Settings, Status, solve,
};

/// The fewest weighted minutes of all plans within the limits, by trying every one of them.
fn best_of_all(problem: &Problem) -> Option<f64> {
    let mut choices = vec![0_u32; problem.services.len()];
    let mut best: Option<f64> = None;
    loop {
        let found = plan(problem, &choices).expect("the choices exist");
        if check(problem, &found).is_ok() && best.is_none_or(|best| found.weighted_minutes < best) {
            best = Some(found.weighted_minutes);
        }
        let mut at = 0;
        loop {
            let Some(service) = problem.services.get(at) else {
                return best;
            };
            choices[at] += 1;
            if (choices[at] as usize) < service.options.len() {
                break;
            }
            choices[at] = 0;
            at += 1;
        }
    }
}

const CLUSTERS: u32 = 2;
const WINDOWS: u32 = 2;
const POOLS: u32 = 2;

/// An option; `place` is the cluster and window of its service, which it mostly keeps.
fn option(number: usize, place: (u32, u32)) -> impl Strategy<Value = ServiceOption> {
    let amounts = (0..40_u32, -5..30_i32, 0..5_u32, 0..5_u32, 0..20_u32);
    let elsewhere = proptest::option::weighted(0.15, (0..CLUSTERS, 0..WINDOWS));
    let pool = proptest::option::of(0..POOLS);
    (amounts, elsewhere, pool, any::<bool>()).prop_map(
        move |((minutes, usd, hosts, spot, shortfall), elsewhere, pool, clustered)| {
            let (cluster, window) = elsewhere.unwrap_or(place);
            ServiceOption {
                name: format!("o{number}").into(),
                cluster: (clustered || number.is_multiple_of(2)).then_some(cluster),
                window,
                pool,
                weighted_minutes: f64::from(minutes) / 4.0,
                usd: f64::from(usd) / 10.0,
                hosts,
                spot_hosts: spot.min(hosts),
                shortfall_minutes: f64::from(shortfall) / 100.0,
            }
        },
    )
}

fn service(number: usize) -> impl Strategy<Value = Service> {
    (0..CLUSTERS, 0..WINDOWS).prop_flat_map(move |place| {
        let options: Vec<_> = (0..4).map(|number| option(number, place)).collect();
        (options, 1..=4_usize).prop_map(move |(mut options, count)| {
            options.truncate(count);
            Service {
                name: format!("s{number}").into(),
                options,
            }
        })
    })
}

fn fleet() -> impl Strategy<Value = Problem> {
    let services: Vec<_> = (0..6).map(service).collect();
    let limits = (
        proptest::option::of(0..100_i32),
        proptest::option::of(20..80_u32),
    );
    let clusters = proptest::collection::vec((proptest::option::of(0..9_u32), 0..3_u32), 2);
    let pools = proptest::collection::vec(proptest::option::of(0..6_u32), 2);
    (services, 1..=6_usize, limits, clusters, pools).prop_map(
        |(mut services, count, (budget, shortfall), clusters, pools)| {
            services.truncate(count);
            let cluster = |(number, (most, price))| Cluster {
                name: format!("c{number}").into(),
                extra_hosts_max: most,
                usd_per_extra_host: f64::from(price) / 2.0,
            };
            let pool = |(number, most)| Pool {
                name: format!("p{number}").into(),
                spot_hosts_max: most,
            };
            let numbered = |count| 0..count;
            Problem {
                services,
                clusters: numbered(CLUSTERS).zip(clusters).map(cluster).collect(),
                windows: vec!["day".into(), "night".into()],
                pools: numbered(POOLS).zip(pools).map(pool).collect(),
                limits: Limits {
                    budget_usd: budget.map(|usd| f64::from(usd) / 10.0),
                    shortfall_minutes: shortfall.map(|minutes| f64::from(minutes) / 100.0),
                },
            }
        },
    )
}

fn exactly() -> Settings {
    Settings {
        gap: 0.0,
        ..Settings::default()
    }
}

/// The proven optimum; none where the limits cannot be met.
fn optimum(problem: &Problem) -> Option<f64> {
    let solution = solve(problem, &exactly(), &Hooks::none());
    match solution.status {
        Status::Optimal => {
            let plan = solution.plan.expect("an optimum is a plan");
            assert_eq!(check(problem, &plan), Ok(()));
            Some(plan.weighted_minutes)
        }
        Status::Infeasible => None,
        Status::Gap | Status::Unknown => panic!("not proven: {solution:?}"),
    }
}

fn same(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-6,
        (None, None) => true,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_best_plan_is_the_best_of_all_plans(problem in fleet()) {
        let best = best_of_all(&problem);
        let found = optimum(&problem);
        prop_assert!(same(found, best), "found {found:?}, the best is {best:?}");
    }

    /// The model as it is written down, solved by another solver.
    #[cfg(feature = "highs")]
    #[test]
    fn highs_finds_the_best_of_all_plans(problem in fleet()) {
        let today = vec![0; problem.services.len()];
        let effort = prescale::fleet::Effort {
            gap: 0.0,
            time_limit: std::time::Duration::from_secs(600),
            nodes: None,
        };
        let found = prescale::fleet::by_highs(&problem, &today, effort);
        if let Some(best) = best_of_all(&problem) {
            let found = found.expect("HiGHS comes to an end");
            let plan = plan(&problem, &found.choices).expect("one option of each");
            prop_assert_eq!(check(&problem, &plan), Ok(()));
            prop_assert!(same(Some(plan.weighted_minutes), Some(best)), "{found:?}, the best is {best}");
            prop_assert!(found.bound <= best + 1e-6, "{found:?}, the best is {best}");
        }
    }

    #[test]
    fn the_bound_is_below_every_plan(problem in fleet()) {
        let loosely = Settings { gap: 0.5, ..Settings::default() };
        let solution = solve(&problem, &loosely, &Hooks::none());
        let best = best_of_all(&problem);
        if let (Some(bound), Some(best)) = (solution.bound, best) {
            prop_assert!(bound <= best + 1e-9, "bound {bound}, the best is {best}");
        }
        prop_assert_eq!(solution.status == Status::Infeasible, best.is_none());
    }

    #[test]
    fn a_plan_has_a_bound_whenever_the_search_is_stopped(problem in fleet(), asked in 0..6_u32) {
        let calls = AtomicU32::new(0);
        let interrupted = || calls.fetch_add(1, Relaxed) >= asked;
        let hooks = Hooks { interrupted: &interrupted, ..Hooks::none() };
        let found = solve(&problem, &exactly(), &hooks);
        if let Some(plan) = &found.plan {
            let bound = found.bound.expect("a plan has a bound");
            prop_assert!(bound <= plan.weighted_minutes, "{bound}");
            prop_assert!(optimum(&problem).is_some_and(|best| bound <= best * (1.0 + 1e-9)));
        }
    }

    #[test]
    fn more_of_anything_is_never_worse(problem in fleet(), which in 0..5_usize) {
        let before = optimum(&problem);
        let mut more = problem.clone();
        match which {
            0 => more.limits.budget_usd = more.limits.budget_usd.map(|usd| usd + 1.0),
            1 => more.limits.shortfall_minutes = more.limits.shortfall_minutes.map(|min| min + 0.1),
            2 => more.clusters[0].extra_hosts_max = more.clusters[0].extra_hosts_max.map(|most| most + 1),
            3 => more.pools[0].spot_hosts_max = more.pools[0].spot_hosts_max.map(|most| most + 1),
            _ => {
                let free = ServiceOption { name: "more".into(), ..more.services[0].options[0].clone() };
                more.services[0].options.push(ServiceOption { usd: free.usd + 1.0, hosts: 0, spot_hosts: 0, ..free });
            }
        }
        let after = optimum(&more);
        if let Some(before) = before {
            prop_assert!(after.is_some_and(|after| after <= before + 1e-6), "{before} became {after:?}");
        }
    }
}
