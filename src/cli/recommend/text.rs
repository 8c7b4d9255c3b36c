//! A recommendation for a terminal: the decision, how to carry it out, why, and against what.

use super::super::output::Terminal;
use super::super::page::{Align, Page};
use super::super::range::show_ends;
use super::super::words;
use super::{calibration, headline, is_recommended, limit, not_calibrated};
use crate::model::{Durations, Estimate};
use crate::recommend::{Infeasible, NextStep, PlanReport, Recommendation};
use crate::scenario::{Order, Scenario};
use crate::units::{Seconds, Share};

/// What the row of the wait for the lock is called.
const LOCK: &str = "wait for the lock";

/// What the row of the minutes without full capacity is called.
const BELOW: &str = "minutes a month below it";

/// As many plans of the front as a reader takes in at once.
const MOST_PLANS: usize = 8;

/// The whole answer.
pub fn text(scenario: &Scenario, recommendation: &Recommendation, terminal: Terminal) -> String {
    let mut page = Page::new(terminal);
    page.headline(&headline(scenario, recommendation));
    if let Some(line) = not_calibrated(recommendation) {
        page.paragraph(&line);
    }
    if let Some(plan) = &recommendation.recommended {
        show_changes(&mut page, plan);
    }
    if let Some(infeasible) = &recommendation.infeasible {
        show_infeasible(&mut page, infeasible);
    }
    if !recommendation.reasons.is_empty() {
        page.title("Why");
        page.points(recommendation.reasons.iter().map(String::as_str));
    }
    show_comparison(&mut page, scenario, recommendation);
    show_front(&mut page, recommendation);
    show_next(&mut page, recommendation);
    show_conditional(&mut page, recommendation);
    show_background(&mut page, scenario, recommendation);
    page.into_text()
}

fn row<const CELLS: usize>(cells: [&str; CELLS]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

fn show_changes(page: &mut Page, plan: &PlanReport) {
    if plan.changed.is_empty() {
        return;
    }
    page.title("Change");
    let rows: Vec<Vec<String>> = plan
        .changed
        .iter()
        .map(|change| {
            let values = format!(
                "{} → {}",
                words::value(&change.from),
                words::value(&change.to)
            );
            vec![format!("{}:", change.key), values]
        })
        .collect();
    page.table(&[Align::Left, Align::Left], &rows);
}

fn show_infeasible(page: &mut Page, infeasible: &Infeasible) {
    page.title("Limits, and the best of any plan for each alone");
    let mut rows = vec![row(["", "wanted", "best"])];
    rows.extend(infeasible.limits.iter().map(|missed| {
        vec![
            missed.key.clone(),
            limit(&missed.key, missed.wanted),
            limit(&missed.key, missed.best),
        ]
    }));
    page.table(&[Align::Left, Align::Right, Align::Right], &rows);
    if infeasible.nearest.is_empty() {
        return;
    }
    page.title("Nearest plans, each of which misses one limit");
    let nearest: Vec<String> = infeasible
        .nearest
        .iter()
        .map(|nearest| {
            format!(
                "{}: {}; {} would be {} instead of {}",
                words::plan(&nearest.plan),
                words::clocks(&nearest.plan.estimate),
                nearest.misses,
                limit(&nearest.misses, nearest.reaches),
                limit(&nearest.misses, nearest.wanted)
            )
        })
        .collect();
    page.points(nearest.iter().map(String::as_str));
}

fn show_comparison(page: &mut Page, scenario: &Scenario, recommendation: &Recommendation) {
    let mut plans = vec![("now", &recommendation.current)];
    if let Some(recommended) = recommendation
        .recommended
        .as_ref()
        .filter(|plan| !plan.changed.is_empty())
    {
        plans.push(("recommended", recommended));
    }
    page.title(match plans.len() {
        1 => "As it stands",
        _ => "Now and as recommended",
    });
    let line = |name: &str, cell: &dyn Fn(&PlanReport) -> String| {
        let cells = plans.iter().map(|(_, plan)| cell(plan));
        std::iter::once(name.to_owned()).chain(cells).collect()
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    if plans.len() > 1 {
        let names = plans.iter().map(|(name, _)| (*name).to_owned());
        rows.push(std::iter::once(String::new()).chain(names).collect());
    }
    let with_p95 = |of: fn(&Durations) -> crate::model::Duration| {
        move |plan: &PlanReport| {
            let durations = plan.estimate.duration.as_ref();
            durations.map_or_else(
                || "stuck".to_owned(),
                |durations| words::with_p95(&of(durations)),
            )
        }
    };
    rows.extend([
        line("min healthy / max percent", &words::percents),
        line("added hosts", &words::added_hosts),
        line(LOCK, &|plan| {
            let wait = plan.estimate.duration.and_then(|d| d.lock_wait_s);
            wait.map_or_else(|| "–".to_owned(), |wait| words::none_or(wait.mean))
        }),
        line("lead", &|plan| mean(&plan.estimate, |d| d.lead_s.mean)),
        line(
            "new version",
            &with_p95(|durations| durations.new_version_s),
        ),
        line("completed", &with_p95(|durations| durations.completed_s)),
        line("release", &|plan| {
            mean(&plan.estimate, |d| d.release_s.mean)
        }),
        line("rollback", &with_p95(|durations| durations.rollback_s)),
        line("USD a month", &|plan| words::usd_per_month(&plan.estimate)),
        line("healthy / required tasks", &|plan| {
            format!(
                "{} / {}",
                plan.estimate.tasks.min_healthy, plan.estimate.availability.required_tasks
            )
        }),
        line("time with full capacity", &|plan| {
            availability(&plan.estimate)
        }),
        line(BELOW, &|plan| {
            let minutes = plan.estimate.availability.shortfall_minutes_per_month;
            minutes.map_or_else(|| "–".to_owned(), words::amount)
        }),
    ]);
    let below = |plan: &PlanReport| plan.estimate.availability.shortfall_minutes_per_month;
    if plans
        .iter()
        .all(|(_, plan)| below(plan).is_none_or(|minutes| minutes <= 0.0))
    {
        rows.retain(|row| row[0] != BELOW);
    }
    if scenario.deployment.failure.rate <= 0.0 {
        rows.retain(|row| row[0] != "rollback");
    }
    if !is_locked(scenario) {
        rows.retain(|row| row[0] != LOCK);
    }
    page.table(&[Align::Left, Align::Right, Align::Right], &rows);
}

/// Whether deployments of the cluster wait for a lock.
fn is_locked(scenario: &Scenario) -> bool {
    scenario
        .overlap
        .is_some_and(|overlap| overlap.order == Order::Queued)
}

fn mean(estimate: &Estimate, of: fn(&Durations) -> Seconds) -> String {
    let durations = estimate.duration.as_ref();
    durations.map_or_else(|| "–".to_owned(), |durations| words::none_or(of(durations)))
}

fn availability(estimate: &Estimate) -> String {
    let monthly = estimate.availability.monthly;
    monthly.map_or_else(|| "–".to_owned(), |share| Share(share).to_string())
}

/// The same where it is worst, at the desired count or at an end of its range.
fn worst_availability(estimate: &Estimate) -> String {
    let worst = estimate.worst_monthly();
    worst.map_or_else(|| "–".to_owned(), |share| Share(share).to_string())
}

fn show_front(page: &mut Page, recommendation: &Recommendation) {
    let front = &recommendation.front;
    if front.is_empty() {
        return;
    }
    let shown = spread(recommendation);
    let shown_plans = shown.len();
    page.title("Plans worth a choice, the fastest first (minutes; USD a month)");
    let mut rows = vec![row([
        "",
        "percents",
        "added hosts",
        "lead",
        "live",
        "completed",
        "USD",
        "capacity",
    ])];
    rows.extend(shown.into_iter().map(|plan| {
        vec![
            if is_recommended(recommendation, plan) {
                "*".to_owned()
            } else {
                String::new()
            },
            words::percents(plan),
            words::added_hosts(plan),
            words::minutes(&plan.estimate, |durations| durations.lead_s.mean),
            words::minutes(&plan.estimate, |durations| durations.new_version_s.mean),
            words::minutes(&plan.estimate, |durations| durations.completed_s.mean),
            words::usd_per_month(&plan.estimate),
            worst_availability(&plan.estimate),
        ]
    }));
    let right = Align::Right;
    page.table(
        &[
            Align::Left,
            Align::Left,
            Align::Left,
            right,
            right,
            right,
            right,
            right,
        ],
        &rows,
    );
    if recommendation.recommended.is_some() {
        page.paragraph("* recommended");
    }
    if let Some(range) = &recommendation.current.estimate.range {
        let desired = recommendation.current.estimate.tasks.desired;
        page.paragraph(&format!(
            "Time and cost at {desired} tasks; capacity where it is worst, at {desired} or at an end of \
             service.desired_range = [{}, {}].",
            range.low.desired, range.high.desired
        ));
    }
    if shown_plans < front.len() {
        page.paragraph(&format!(
            "{shown_plans} of {} plans; all of them with --format csv",
            front.len()
        ));
    }
}

/// Plans of the front at even steps from the first to the last, and the recommended one.
fn spread(recommendation: &Recommendation) -> Vec<&PlanReport> {
    let front = &recommendation.front;
    if front.len() <= MOST_PLANS {
        return front.iter().collect();
    }
    let recommended = front
        .iter()
        .position(|plan| is_recommended(recommendation, plan));
    let steps = MOST_PLANS - 1 - usize::from(recommended.is_some());
    let mut chosen: Vec<usize> = (0..=steps)
        .map(|step| step * (front.len() - 1) / steps)
        .chain(recommended)
        .collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen.into_iter().map(|index| &front[index]).collect()
}

fn show_next(page: &mut Page, recommendation: &Recommendation) {
    if recommendation.next.is_empty() {
        return;
    }
    page.title("What the next dollar or minute would buy");
    let steps: Vec<String> = recommendation.next.iter().map(next_step).collect();
    page.points(steps.iter().map(String::as_str));
}

fn next_step(step: &NextStep) -> String {
    let saves = if step.saves_s.0 < 0.0 {
        format!("takes {} longer", Seconds::ZERO - step.saves_s)
    } else {
        format!("saves {}", step.saves_s)
    };
    let gives_way = match step.limit.as_str() {
        "time" => "Cheaper".to_owned(),
        limit => format!(
            "With {limit} {} instead of {}",
            words::value(&step.to),
            words::value(&step.from)
        ),
    };
    format!(
        "{gives_way}: {} {saves} a deployment, {}",
        words::plan(&step.plan),
        words::for_a_month(step.costs_usd_per_month),
    )
}

fn show_conditional(page: &mut Page, recommendation: &Recommendation) {
    if recommendation.conditional.is_empty() {
        return;
    }
    page.title("Not taken, as a fact is missing");
    let savings: Vec<String> = recommendation
        .conditional
        .iter()
        .map(|saving| {
            format!(
                "{} would save {} a deployment, {}",
                words::change(&saving.change),
                saving.saves_s,
                saving.condition
            )
        })
        .collect();
    page.points(savings.iter().map(String::as_str));
}

/// What stands behind the answer: warnings, calibration, what is not counted, assumptions.
pub fn show_background(page: &mut Page, scenario: &Scenario, recommendation: &Recommendation) {
    let estimate = recommendation
        .recommended
        .as_ref()
        .map_or(&recommendation.current.estimate, |plan| &plan.estimate);
    for warning in &estimate.warnings {
        page.title(&format!("Warning: {warning}"));
    }
    show_ends(page, estimate);
    page.title(&words::not_counted(scenario));
    match &recommendation.calibration {
        Some(found) if found.calibrated => {
            page.paragraph(&format!("Calibrated: {}.", calibration(found)));
        }
        Some(_) => {}
        None => page
            .paragraph("Compared with no recorded deployment: the scenario has no [[recorded]]."),
    }
    if !estimate.assumptions.is_empty() {
        page.title("Assumed, as the scenario does not say it:");
        page.points(
            words::assumptions(&estimate.assumptions)
                .iter()
                .map(String::as_str),
        );
    }
}
