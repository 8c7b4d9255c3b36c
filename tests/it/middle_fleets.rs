//! Fleets of 30 to 120 services, too many to try every plan: other solvers and other threads agree.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt as _, SeedableRng as _};

use prescale::fleet::check::check;
use prescale::fleet::{
    Cluster, Hooks, Limits, Pool, Problem, Service, ServiceOption, Settings, Solution, Status,
    solve,
};

/// What a fleet is drawn from.
pub struct Shape {
    pub services: u32,
    pub options: u32,
    pub clusters: u32,
    pub windows: u32,
    pub pools: u32,
    /// Share of the services that may choose between two windows.
    pub choosing: f64,
}

const SHAPES: [Shape; 5] = [
    Shape {
        services: 30,
        options: 8,
        clusters: 2,
        windows: 3,
        pools: 2,
        choosing: 0.0,
    },
    Shape {
        services: 45,
        options: 6,
        clusters: 3,
        windows: 2,
        pools: 4,
        choosing: 0.3,
    },
    Shape {
        services: 60,
        options: 12,
        clusters: 4,
        windows: 6,
        pools: 3,
        choosing: 0.0,
    },
    Shape {
        services: 80,
        options: 10,
        clusters: 1,
        windows: 5,
        pools: 1,
        choosing: 0.1,
    },
    Shape {
        services: 120,
        options: 10,
        clusters: 6,
        windows: 8,
        pools: 5,
        choosing: 0.0,
    },
];

fn name(kind: &str, number: u32) -> std::sync::Arc<str> {
    format!("{kind}{number}").into()
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Options that bring less and less for more and more hosts and money, some of them dominated; the
/// limits allow about half of what would be fastest.
pub fn fleet(shape: &Shape, seed: u64) -> Problem {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut services = Vec::new();
    let (mut fastest_usd, mut fastest_shortfall) = (0.0, 0.0);
    let mut need = vec![0_u32; (shape.clusters * shape.windows) as usize];
    let mut spot_used = vec![0_u32; shape.pools as usize];
    for number in 0..shape.services {
        let cluster = random.random_range(0..shape.clusters);
        let window = random.random_range(0..shape.windows);
        let other = (window + 1) % shape.windows;
        let windows = if random.random_bool(shape.choosing) {
            vec![window, other]
        } else {
            vec![window]
        };
        let minutes = 5.0 + 300.0 * random.random::<f64>().powi(3);
        let size = random.random_range(2..30_u32);
        let price = random.random_range(1.0..8.0);
        let mut options = vec![ServiceOption {
            name: name("o", 0),
            cluster: Some(cluster),
            window,
            pool: None,
            weighted_minutes: rounded(minutes),
            usd: 0.0,
            hosts: 0,
            spot_hosts: 0,
            shortfall_minutes: 0.0,
        }];
        for number in 1..shape.options {
            let bought: f64 = random.random();
            let noise = 1.0 + 0.15 * random.random::<f64>();
            let hosts = f64::from(size) * bought;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "from 1 to 30"
            )]
            let hosts = hosts.ceil() as u32;
            let spot_hosts = if random.random_bool(0.4) {
                hosts / 2
            } else {
                0
            };
            let pool = random.random_range(0..shape.pools);
            for window in &windows {
                options.push(ServiceOption {
                    name: name(&format!("w{window}-o"), number),
                    cluster: Some(cluster),
                    window: *window,
                    pool: Some(pool),
                    weighted_minutes: rounded(minutes * (0.3 + 0.7 / (1.0 + 6.0 * bought)) * noise),
                    usd: rounded(price * (f64::from(hosts) - 0.6 * f64::from(spot_hosts)) * noise),
                    hosts,
                    spot_hosts,
                    shortfall_minutes: rounded(bought * noise),
                });
            }
        }
        let fastest = options
            .iter()
            .min_by(|a, b| a.weighted_minutes.total_cmp(&b.weighted_minutes))
            .expect("there are options");
        fastest_usd += fastest.usd;
        fastest_shortfall += fastest.shortfall_minutes;
        need[(cluster * shape.windows + fastest.window) as usize] += fastest.hosts;
        if let Some(pool) = fastest.pool {
            spot_used[pool as usize] += fastest.spot_hosts;
        }
        services.push(Service {
            name: name("s", number),
            options,
        });
    }
    let clusters = (0..).zip(need.chunks(shape.windows as usize));
    let pools = (0..).zip(spot_used);
    Problem {
        services,
        clusters: clusters
            .map(|(number, need)| Cluster {
                name: name("c", number),
                extra_hosts_max: Some(need.iter().max().expect("there are windows") * 2 / 3),
                usd_per_extra_host: rounded(random.random_range(4.0..20.0)),
            })
            .collect(),
        windows: (0..shape.windows).map(|number| name("w", number)).collect(),
        pools: pools
            .map(|(number, used)| Pool {
                name: name("p", number),
                spot_hosts_max: Some(used / 2 + 1),
            })
            .collect(),
        limits: Limits {
            budget_usd: Some(rounded(0.5 * fastest_usd)),
            shortfall_minutes: Some(rounded(0.6 * fastest_shortfall)),
        },
    }
}

fn solved(problem: &Problem, gap: f64, threads: usize) -> Solution {
    let settings = Settings {
        gap,
        threads,
        ..Settings::default()
    };
    let solution = solve(problem, &settings, &Hooks::none());
    let plan = solution.plan.as_ref().expect("today's settings are a plan");
    assert_eq!(check(problem, plan), Ok(()));
    solution
}

/// So many options that threads share them.
const LARGE: Shape = Shape {
    services: 800,
    options: 20,
    clusters: 12,
    windows: 8,
    pools: 8,
    choosing: 0.05,
};

#[test]
fn any_number_of_threads_plans_the_same() {
    for (seed, shape) in (0..).zip(SHAPES.iter().chain([&LARGE])) {
        let problem = fleet(shape, seed);
        let one = solved(&problem, 1e-3, 1);
        assert_eq!(one.status, Status::Optimal);
        assert_eq!(one, solved(&problem, 1e-3, 2), "2 threads, seed {seed}");
        assert_eq!(one, solved(&problem, 1e-3, 3), "3 threads, seed {seed}");
    }
}

#[test]
fn any_number_of_threads_spends_a_budget_alone_the_same() {
    let mut problem = fleet(
        &Shape {
            services: 40_000,
            options: 4,
            clusters: 1,
            windows: 1,
            pools: 1,
            choosing: 0.0,
        },
        1,
    );
    problem.clusters[0].extra_hosts_max = None;
    problem.clusters[0].usd_per_extra_host = 0.0;
    problem.pools[0].spot_hosts_max = None;
    problem.limits.shortfall_minutes = None;
    let one = solved(&problem, 1e-4, 1);
    assert_eq!(one.status, Status::Optimal);
    assert_eq!(one, solved(&problem, 1e-4, 2));
    assert_eq!(one, solved(&problem, 1e-4, 3));
}

/// What another solver proves and what this one proves do not contradict each other, and both come
/// as near to the best plan as they say.
#[cfg(feature = "highs")]
#[test]
fn highs_proves_the_same() {
    use prescale::fleet::check::plan;
    use prescale::fleet::{Effort, by_highs};

    let gap = 1e-5;
    for (seed, shape) in (0..).zip(SHAPES.iter().chain(&SHAPES)) {
        let problem = fleet(shape, seed);
        let own = solved(&problem, gap, 1);
        let today = vec![0; problem.services.len()];
        let effort = Effort {
            gap,
            time_limit: std::time::Duration::from_secs(600),
            nodes: None,
        };
        let other = by_highs(&problem, &today, effort).expect("HiGHS comes to an end");
        let plan = plan(&problem, &other.choices).expect("one option of each");
        assert_eq!(check(&problem, &plan), Ok(()));
        let (least, found) = (own.bound.expect("a bound"), own.plan.expect("a plan"));
        let (here, there) = (found.weighted_minutes, plan.weighted_minutes);
        assert!(
            least <= there * (1.0 + 1e-9),
            "bound {least}, HiGHS found {there}"
        );
        assert!(
            other.bound <= here * (1.0 + 1e-9),
            "HiGHS proves {}, found {here}",
            other.bound
        );
        assert!(here - least <= gap * here && there - other.bound <= 1.01 * gap * there);
        assert!(
            (here - there).abs() <= 2.0 * gap * here,
            "found {here}, HiGHS {there}"
        );
    }
}
