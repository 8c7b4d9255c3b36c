//! What the simulation costs: events per second on one core, and the time to 1 % error of the p95
//! of `completed`, for 100 tasks behind a load balancer with its defaults, 50/150.
//!
//! `cargo bench --bench simulate`; the quickest of several repetitions. The peer that plays the
//! same rules: `benches/peers/simpy_rollout.py`.

#![expect(clippy::print_stdout, reason = "printing is what a benchmark is for")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use prescale::scenario::read::{Purpose, Syntax, scenario};
use prescale::simulate::{Asked, Outcome, Prepared, Setup, outcomes, statistics};

const SCENARIO: &str = "
    [service]
    desired_count = 100
    [service.timing]
    start = { mean = \"45s\", cv = 0.2 }
    ready = { mean = \"75s\", cv = 0.2 }
    [service.load_balancer]
    type = \"alb\"
    [deployment]
    minimum_healthy_percent = 50
    maximum_percent = 150
    per_day = 1
    [cluster]
    free_tasks = 50
";

const RUNS: u32 = 2_000;

fn main() {
    let scenario =
        scenario(SCENARIO, Syntax::Toml, Purpose::MonthlyFigures).expect("the scenario is valid");
    let setup = Setup::of(&scenario);
    let prepared = Prepared::of(&setup).expect("the tasks have places");
    let mut quickest = Duration::MAX;
    let mut all: Vec<Outcome> = Vec::new();
    for _ in 0..7 {
        let asked = Asked {
            runs: RUNS,
            seed: 1,
            threads: 1,
        };
        let start = Instant::now();
        all = black_box(outcomes(&prepared, asked).expect("it completes"));
        quickest = quickest.min(start.elapsed());
    }
    let events: u64 = all.iter().map(|run| run.events).sum();
    let seconds = quickest.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a count of events")]
    let rate = events as f64 / seconds;
    println!(
        "{RUNS} runs, {events} events: {quickest:?}, {:.1} million events a second",
        rate / 1e6
    );
    let completed = statistics::sampled(all.iter().map(|run| run.completed).collect());
    let share = statistics::CONFIDENCE * completed.standard_error.p95 / completed.value.p95;
    println!(
        "completed: mean {:.1} s, p95 {:.1} s, within {:.3} % at 95 % confidence",
        completed.value.mean,
        completed.value.p95,
        share * 100.0
    );
    // The error falls with the root of the runs.
    let runs_needed = (share / 0.01).powi(2) * f64::from(RUNS);
    println!(
        "time to 1 % error of the p95: {:.1} ms ({:.0} runs)",
        seconds / f64::from(RUNS) * runs_needed * 1e3,
        runs_needed
    );
}
