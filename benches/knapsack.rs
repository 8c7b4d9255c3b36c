//! How long a million services with twenty options each take that share nothing but a budget.
//!
//! Generated in memory; the time is that of `solve`, from options to a plan that was checked.

use std::time::Instant;

use prescale::fleet::{Hooks, Limits, Problem, Service, ServiceOption, Settings, solve};

const SERVICES: usize = 1_000_000;
const OPTIONS: usize = 20;
/// The budget, as a share of what all the fastest options cost.
const TIGHTNESS: f64 = 0.3;

/// Steele and others 2014: a generator whose numbers are the same everywhere.
struct SplitMix(u64);

impl SplitMix {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bits = u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or(0);
        f64::from(bits) / 4_294_967_296.0
    }
}

/// Minutes that fall with what is spent, less and less, with noise: so that options are dominated.
fn fleet(seed: u64) -> Problem {
    let mut random = SplitMix(seed);
    let name: std::sync::Arc<str> = "any".into();
    let mut fastest = 0.0;
    let services = (0..SERVICES).map(|_| {
        let size = 1.0 / (0.02 + random.unit());
        let options: Vec<ServiceOption> = (0..OPTIONS)
            .map(|number| {
                let spent = if number == 0 { 0.0 } else { random.unit() };
                let noise = 1.0 + 0.2 * random.unit();
                let minutes = size * 20.0 * (0.2 + 0.8 / (1.0 + 6.0 * spent)) * noise;
                ServiceOption {
                    name: name.clone(),
                    cluster: None,
                    window: 0,
                    pool: None,
                    weighted_minutes: (minutes * 1e3).round() / 1e3,
                    usd: (size * 5.0 * spent * 1e2).round() / 1e2,
                    hosts: 0,
                    spot_hosts: 0,
                    shortfall_minutes: 0.0,
                }
            })
            .collect();
        fastest += options.iter().map(|option| option.usd).fold(0.0, f64::max);
        Service {
            name: name.clone(),
            options,
        }
    });
    let services = services.collect();
    Problem {
        services,
        windows: vec![name],
        limits: Limits {
            budget_usd: Some(TIGHTNESS * fastest),
            shortfall_minutes: None,
        },
        ..Problem::default()
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark tells its times")]
fn main() {
    // `cargo test --benches` runs it too, where nobody wants to wait.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!("seed  time_s  gap");
    for seed in 1..=3 {
        let problem = fleet(seed);
        let start = Instant::now();
        let settings = Settings {
            gap: 1e-6,
            threads: 2,
            ..Settings::default()
        };
        let solution = solve(&problem, &settings, &Hooks::none());
        let time = start.elapsed().as_secs_f64();
        let gap = solution.gap().unwrap_or(1.0);
        println!("{seed:>4}  {time:>6.3}  {gap:.1e}");
    }
}
