//! A simulation for a terminal: the answer, how sure it is, and one deployment as a picture.

use super::super::output::Terminal;
use super::super::page::{Align, Page};
use super::super::words;
use super::picture::picture;
use super::{figures, headline, runs};
use crate::rollout::Fix;
use crate::scenario::Scenario;
use crate::simulate::{Row, Simulation};
use crate::units::{Seconds, Share};

/// The whole answer.
pub fn text(
    scenario: &Scenario,
    simulation: &Simulation,
    fixes: &[Fix],
    rows: &[Row],
    terminal: Terminal,
) -> String {
    let mut page = Page::new(terminal);
    page.headline(&headline(scenario, simulation));
    if !fixes.is_empty() {
        page.title("Each of these alone frees it, the smallest change first:");
        let rows: Vec<Vec<String>> = fixes
            .iter()
            .map(|fix| vec![format!("{}:", fix.key), words::from_to_of_fix(fix)])
            .collect();
        page.table(&[Align::Left, Align::Left], &rows);
    }
    if simulation.duration.is_some() {
        page.title(&runs(simulation));
        page.table(&[Align::Left; 5], &durations(simulation));
    }
    if simulation.failed_starts > 0.0 && simulation.duration.is_some() {
        page.title(&format!(
            "{} of the starts failed or were killed as unhealthy, and were made again.",
            Share(simulation.failed_starts)
        ));
    }
    if simulation.duration.is_some() {
        page.title("The first run; beside the clock, how many tasks are healthy:");
        let mut picture = picture(rows).into_iter();
        if let Some(legend) = picture.next() {
            page.paragraph(&legend);
        }
        let lines: Vec<Vec<String>> = picture.map(|line| vec![line]).collect();
        page.verbatim(lines.into_iter().flatten());
    }
    page.title("Tasks");
    page.table(&[Align::Left, Align::Left], &tasks(simulation));
    page.title("Cost");
    page.table(
        &[Align::Left, Align::Right, Align::Left],
        &costs(scenario, simulation),
    );
    page.title("Availability");
    page.paragraph(&availability(simulation));
    if !simulation.assumptions.is_empty() {
        page.title("Assumed, as the scenario does not say it:");
        page.points(
            words::assumptions(&simulation.assumptions)
                .iter()
                .map(String::as_str),
        );
    }
    page.into_text()
}

fn durations(simulation: &Simulation) -> Vec<Vec<String>> {
    let Some((durations, errors)) = simulation.duration.zip(simulation.standard_errors) else {
        return Vec::new();
    };
    let clock = |name: &str, value, error| {
        let mut row = vec![name.to_owned()];
        row.extend(figures(value, error));
        row
    };
    let single = |name: &str, mean: f64| {
        let minutes = match mean {
            mean if mean < 0.5 => "0".to_owned(),
            mean => format!("{:.1}", Seconds(mean).minutes()),
        };
        vec![name.to_owned(), minutes]
    };
    let mut rows = vec![
        ["", "mean", "p50", "p95", "p99"]
            .map(str::to_owned)
            .to_vec(),
    ];
    let lock = durations.lock_wait_s;
    rows.extend(lock.map(|wait| single("wait for the lock", wait.mean)));
    rows.extend([
        single("lead", durations.lead_s.mean),
        clock("new version", durations.new_version_s, errors.new_version_s),
        clock("completed", durations.completed_s, errors.completed_s),
        single("release", durations.release_s.mean),
    ]);
    let rollback = durations.rollback_s.zip(errors.rollback_s);
    rows.extend(rollback.map(|(value, error)| clock("rollback", value, error)));
    rows
}

fn tasks(simulation: &Simulation) -> Vec<Vec<String>> {
    let tasks = &simulation.tasks;
    let room = match tasks.room {
        None => "unlimited".to_owned(),
        Some(0) => "none".to_owned(),
        Some(room) => format!("for {room} more"),
    };
    let row = |name: &str, text: String| vec![name.to_owned(), text];
    let mut rows = vec![
        row("desired", tasks.desired.to_string()),
        row(
            "bounds",
            format!("{} to {}", tasks.lower_bound, tasks.upper_bound),
        ),
        row("room", room),
        row("healthy", format!("{} at least", tasks.min_healthy)),
        row(
            "peak",
            format!("{} pending, running and stopping", tasks.peak),
        ),
    ];
    rows.extend(
        tasks
            .hosts_on_demand
            .map(|hosts| row("reactive", words::joining(hosts))),
    );
    rows
}

fn costs(scenario: &Scenario, simulation: &Simulation) -> Vec<Vec<String>> {
    let cost = &simulation.cost;
    let each = match scenario.deployment.per_month() {
        Some(deployments) => format!("each, {} a month", words::number(deployments)),
        None => "each".to_owned(),
    };
    let line = |name: &str, usd: crate::units::Usd, of: &str| {
        vec![name.to_owned(), usd.to_string(), of.to_owned()]
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
    rows
}

fn availability(simulation: &Simulation) -> String {
    let availability = &simulation.availability;
    let mut text = format!(
        "{} required; {} of the deployments go below that.",
        words::counted(availability.required_tasks, "task"),
        Share(availability.shortfall_probability)
    );
    if let Some(minutes) = availability.shortfall_minutes_per_month {
        let between = availability
            .shortfall_minutes_between_deployments
            .filter(|&between| between > 0.0)
            .map(|between| format!(", {} of them between deployments", words::number(between)))
            .unwrap_or_default();
        text += &format!(" {} min a month below it{between}.", words::amount(minutes));
    }
    if let Some(monthly) = availability.monthly {
        text += &format!(" Time with full capacity: {}.", Share(monthly));
    }
    text
}
