//! What the model costs: preparing a service, one more option of it, the time short, one whole
//! estimate and one recommendation.
//!
//! `cargo bench --bench model`; every line is the quickest of several repetitions.

#![expect(clippy::print_stdout, reason = "printing is what a benchmark is for")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use prescale::model::rolling::{Families, Reuse, Rolling, Rollout, Wanted};
use prescale::model::start_limits::limits;
use prescale::model::{Model, phases::Phases};
use prescale::scenario::read::{Purpose, Syntax, scenario};
use prescale::scenario::{LaunchType, Scenario};

/// A service behind a load balancer with its defaults.
fn service(desired: u32, balancer: &str) -> Scenario {
    let text = format!(
        "[service]
        desired_count = {desired}
        host_port = \"static\"
        [service.timing]
        start = {{ mean = \"45s\", cv = 0.2 }}
        ready = {{ mean = \"75s\", cv = 0.2 }}
        [service.load_balancer]
        type = \"{balancer}\"
        [deployment]
        per_day = 1
        [cluster]
        free_tasks = {desired}"
    );
    scenario(&text, Syntax::Toml, Purpose::MonthlyFigures).expect("the scenario is valid")
}

/// The quickest of so many repetitions.
fn quickest<T>(repetitions: u32, mut work: impl FnMut() -> T) -> Duration {
    (0..repetitions)
        .map(|_| {
            let start = Instant::now();
            black_box(work());
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

fn rollout(replacements: u32, surge: u32, slack: u32) -> Rollout {
    Rollout {
        replacements,
        surge,
        slack,
        cold: 0,
        held: 0,
    }
}

/// Mean and quantiles of both clocks.
fn clocks(rolling: &Rolling, rollout: Rollout) -> f64 {
    let laws = [rolling.new_version(rollout), rolling.completed(rollout)];
    laws.iter()
        .map(|law| law.mean() + law.quantile(0.5) + law.quantile(0.95) + law.quantile(0.99))
        .sum()
}

fn main() {
    let alb = service(100, "alb");
    let prepare = || {
        Rolling::new(
            Phases::of(&alb),
            Reuse::AfterStopped,
            limits(LaunchType::Ec2),
        )
    };
    println!("prepare: {:?}", quickest(20, prepare));
    for (replacements, surge, slack) in [
        (2, 0, 1),
        (2, 1, 1),
        (10, 2, 0),
        (100, 1, 0),
        (100, 50, 50),
        (100, 5, 10),
        (500, 250, 50),
        (5_000, 2_500, 2_500),
        (5_000, 1, 0),
        (5_000, 0, 2_500),
        (5_000, 5_000, 2_500),
    ] {
        let option = rollout(replacements, surge, slack);
        let first = quickest(2, || clocks(&prepare(), option)).saturating_sub(quickest(2, prepare));
        let short = quickest(2, || {
            let rolling = prepare();
            clocks(&rolling, option);
            let start = Instant::now();
            black_box(rolling.mean_short(option, 1 + slack / 2));
            start.elapsed()
        });
        println!(
            "{replacements:>5} tasks, surge {surge:>4}, slack {slack:>4}: first option {first:?}, with time short {short:?}"
        );
    }
    let model = Model::of(&alb);
    let rolling = prepare();
    let mut options = 0;
    let start = Instant::now();
    'all: for replacements in (5..=100).step_by(5) {
        for surge in (0..=replacements).step_by(3) {
            for slack in (0..=replacements).step_by(3) {
                if surge + slack > 0 {
                    black_box(clocks(&rolling, rollout(replacements, surge, slack)));
                    options += 1;
                }
                if start.elapsed() > Duration::from_secs(20) {
                    break 'all;
                }
            }
        }
    }
    println!(
        "{options} options of one service: {:?} each",
        start.elapsed() / options
    );
    black_box(&model);
    worked_out_together(&prepare());
}

/// All options of up to a hundred tasks, those with the same room worked out together.
fn worked_out_together(rolling: &Rolling) {
    let start = Instant::now();
    let tasks = 1..=100;
    let rooms = |tasks| (tasks, (0..=tasks).collect(), (0..=tasks).collect());
    let wanted = Wanted::of(&tasks.clone().map(rooms).collect::<Vec<_>>());
    let families = Families::of(rolling, wanted).expect("phases vary, and room comes back");
    let mut options = 0;
    for replacements in tasks {
        for surge in 0..=replacements {
            for slack in 0..=replacements {
                let option = rollout(replacements, surge, slack);
                options += u32::from(black_box(families.figures(rolling, option)).is_some());
            }
        }
    }
    println!(
        "{options} options worked out together, with the time short: {:?} each",
        start.elapsed() / options
    );
}
