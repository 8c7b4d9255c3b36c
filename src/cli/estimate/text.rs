//! An estimate for a terminal: the answer, then what it is made of, assumptions last.

use super::super::output::Terminal;
use super::super::page::{Align, Page};
use super::super::range::show_ends;
use super::super::words;
use crate::model::{Cost, Duration, Durations, Estimate};
use crate::rollout::Stuck;
use crate::scenario::Scenario;
use crate::units::Usd;

/// The whole answer.
pub fn text(scenario: &Scenario, estimate: &Estimate, terminal: Terminal) -> String {
    let mut page = Page::new(terminal);
    page.headline(&super::headline(scenario, estimate));
    if let Some(stuck) = &estimate.stuck {
        page.title("Each of these alone frees it, the smallest change first:");
        page.table(&[Align::Left, Align::Left], &fixes(stuck));
    }
    for warning in &estimate.warnings {
        page.title(&format!("Warning: {warning}"));
    }
    page.title("Tasks");
    page.table(&[Align::Left, Align::Left], &tasks(scenario, estimate));
    if let Some(durations) = &estimate.duration {
        page.title("Durations");
        let numbers = [
            Align::Left,
            Align::Right,
            Align::Right,
            Align::Right,
            Align::Right,
        ];
        page.table(&numbers, &duration_rows(scenario, durations));
        if durations.evacuation_s.mean.0 > 0.0 {
            page.paragraph(&format!(
                "Release is a second rollout: for {} of it tasks move off the hosts that go.",
                durations.evacuation_s.mean
            ));
        }
    }
    page.title("Cost");
    page.table(
        &[Align::Left, Align::Right, Align::Left],
        &costs(scenario, &estimate.cost),
    );
    show_ends(&mut page, estimate);
    page.title("Availability");
    page.paragraph(&words::availability(estimate));
    page.title(&words::not_counted(scenario));
    if !estimate.assumptions.is_empty() {
        page.title("Assumed, as the scenario does not say it:");
        page.points(
            words::assumptions(&estimate.assumptions)
                .iter()
                .map(String::as_str),
        );
    }
    page.into_text()
}

fn row<const CELLS: usize>(cells: [&str; CELLS]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

fn fixes(stuck: &Stuck) -> Vec<Vec<String>> {
    let fixes = stuck.fix.iter();
    fixes
        .map(|fix| vec![format!("{}:", fix.key), words::from_to_of_fix(fix)])
        .collect()
}

fn tasks(scenario: &Scenario, estimate: &Estimate) -> Vec<Vec<String>> {
    let tasks = &estimate.tasks;
    let deployment = &scenario.deployment;
    let bounds = format!(
        "{} to {} (minimum healthy {} %, maximum {} %)",
        tasks.lower_bound,
        tasks.upper_bound,
        deployment.minimum_healthy_percent,
        deployment.maximum_percent
    );
    let room = match (tasks.room, scenario.prescale.hosts) {
        (None, _) => "unlimited".to_owned(),
        (Some(0), _) => "none".to_owned(),
        (Some(room), 0) => format!("for {room} more"),
        (Some(room), _) => format!("for {room} more, added hosts included"),
    };
    let mut rows = vec![
        row(["desired", &tasks.desired.to_string()]),
        row(["bounds", &bounds]),
        row(["room", &room]),
        row(["healthy", &format!("{} at least", tasks.min_healthy)]),
        row([
            "peak",
            &format!("{} pending, running and stopping", tasks.peak),
        ]),
    ];
    rows.extend(
        tasks
            .hosts_on_demand
            .map(|hosts| row(["reactive", &words::joining(hosts)])),
    );
    rows
}

fn duration_rows(scenario: &Scenario, durations: &Durations) -> Vec<Vec<String>> {
    let clock = |name: &str, duration: &Duration| {
        let Duration {
            mean,
            p50,
            p95,
            p99,
        } = duration;
        [name.to_owned()]
            .into_iter()
            .chain([mean, p50, p95, p99].map(ToString::to_string))
            .collect::<Vec<String>>()
    };
    let mut rows = vec![row(["", "mean", "p50", "p95", "p99"])];
    rows.extend(
        durations
            .lock_wait_s
            .map(|wait| row(["wait for the lock", &words::none_or(wait.mean)])),
    );
    rows.extend([
        row(["lead", &words::none_or(durations.lead_s.mean)]),
        clock("new version", &durations.new_version_s),
        clock("completed", &durations.completed_s),
        row(["release", &words::none_or(durations.release_s.mean)]),
    ]);
    if scenario.deployment.failure.rate > 0.0 {
        rows.push(clock("rollback", &durations.rollback_s));
    }
    rows
}

fn costs(scenario: &Scenario, cost: &Cost) -> Vec<Vec<String>> {
    let line =
        |name: &str, usd: Usd, of: &str| vec![name.to_owned(), usd.to_string(), of.to_owned()];
    let each = match scenario.deployment.per_month() {
        Some(deployments) => format!("each, {} a month", words::number(deployments)),
        None => "each".to_owned(),
    };
    let mut rows = vec![
        line("serving", cost.serving_usd_per_month, "a month"),
        line("headroom", cost.headroom_usd_per_month, "a month"),
        line("deployments", cost.per_deployment_usd, &each),
    ];
    rows.extend(
        cost.total_usd_per_month
            .map(|total| line("total", total, "a month")),
    );
    rows.extend(cost.sunk_usd_per_month.map(|sunk| {
        let of = "a month for committed hosts beside these, at list price, in any case";
        line("sunk", sunk, of)
    }));
    rows
}
