//! Reference values for a comparison by eye: printed on demand, some minutes each.
//!
//! `cargo test --release --test it table -- --ignored --nocapture --test-threads 1`

use prescale::scenario::{DurationLaw, Family, LoadBalancer};
use prescale::units::Seconds;

use super::cases::two_tasks;
use super::{Clock, Params, run};

const RUNS: u32 = 200_000;

#[test]
#[ignore = "prints reference values"]
fn table_of_the_case_the_project_began_from() {
    print_block(
        "ALB defaults",
        &two_tasks(1, 2),
        &[1, 2, 3, 4, 5, 10, 20, 50, 100],
    );
}

#[test]
#[ignore = "prints reference values"]
fn table_with_wide_laws() {
    let mut params = two_tasks(1, 2);
    params.timing.start = law(45.0, 0.8, Family::Gamma);
    params.timing.ready = law(75.0, 0.8, Family::Weibull);
    params.load_balancer = params.load_balancer.map(|balancer| LoadBalancer {
        deregistration_delay: Seconds::ZERO,
        ..balancer
    });
    print_block(
        "deregistration 0 s, start gamma cv 0.8, ready weibull cv 0.8",
        &params,
        &[1, 2, 3, 4, 5, 10, 20, 50, 100],
    );
}

#[test]
#[ignore = "prints reference values"]
fn table_without_load_balancer() {
    let mut params = two_tasks(1, 2);
    params.load_balancer = None;
    params.timing.start = DurationLaw::lognormal(Seconds(30.0), 0.5);
    params.timing.stop = DurationLaw::lognormal(Seconds(10.0), 0.5);
    print_block(
        "no load balancer, start 30 s cv 0.5, stop 10 s cv 0.5",
        &params,
        &[1, 2, 3, 4, 5, 10, 20, 50, 100],
    );
}

#[test]
#[ignore = "prints reference values"]
fn table_where_stopping_tasks_do_not_count() {
    let params = Params {
        stopping_counts: false,
        ..two_tasks(1, 2)
    };
    print_block(
        "ALB defaults, stopping tasks do not count, unlimited room",
        &params,
        &[1, 2, 3, 4, 5, 10],
    );
}

fn law(mean: f64, cv: f64, family: Family) -> DurationLaw {
    DurationLaw {
        mean: Seconds(mean),
        cv,
        family,
    }
}

#[expect(clippy::print_stdout, reason = "printing is what these are for")]
fn print_block(title: &str, template: &Params, counts: &[u32]) {
    println!("# {title}");
    println!(
        "{:>4} {:>4} {:>4} {:>5} {} {} {:>9} {:>11}",
        "d",
        "s",
        "k",
        "stopc",
        clock_header("new_version"),
        clock_header("completed"),
        "short_s",
        "excess_s"
    );
    for &desired in counts {
        for (surge, slack) in bounds_of(desired) {
            let upper = desired + surge;
            let params = Params {
                desired,
                lower: desired - slack,
                upper,
                // Where stopping tasks do not count: more places than can ever be taken.
                warm_places: if template.stopping_counts {
                    surge
                } else {
                    upper
                },
                required: desired,
                ..template.clone()
            };
            let summary = run(&params, RUNS, 1);
            println!(
                "{desired:>4} {surge:>4} {slack:>4} {:>5} {} {} {:>9.2} {:>11.2}",
                params.stopping_counts,
                clock_columns(&summary.new_version),
                clock_columns(&summary.completed),
                summary.short_seconds,
                summary.excess_task_seconds
            );
        }
    }
}

/// The pairs of surge above and slack below the desired count that are looked at.
fn bounds_of(desired: u32) -> Vec<(u32, u32)> {
    let half = desired / 2;
    let mut pairs = vec![
        (1, 0),
        (2, 0),
        (0, 1),
        (0, 2),
        (1, 1),
        (2, 2),
        (3, 1),
        (half, 0),
        (0, half),
        (half, half),
        (desired, 0),
        (0, desired),
        (desired, desired),
        (desired - 1, 0),
    ];
    pairs.retain(|&(surge, slack)| surge + slack > 0 && surge <= desired && slack <= desired);
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

fn clock_header(name: &str) -> String {
    format!(
        "{name:>11} {:>6} {:>8} {:>8} {:>8}",
        "se", "p50", "p95", "p99"
    )
}

fn clock_columns(clock: &Clock) -> String {
    format!(
        "{:>11.2} {:>6.3} {:>8.1} {:>8.1} {:>8.1}",
        clock.mean, clock.standard_error, clock.p50, clock.p95, clock.p99
    )
}
