//! The report as one page of HTML that asks no other host for anything.

use std::fmt::Write as _;

use super::charts;
use super::escape::html as escaped;
use super::page::{self, figure, paragraph, points, section};
use super::table::{Order, number, table, words as cell};
use super::{Course, Report, words};
use crate::model::Durations;
use crate::recommend::{PlanReport, Range};
use crate::scenario::{Clock, Grade};
use crate::units::{Seconds, Share};

/// The whole page.
#[must_use]
pub fn html(report: &Report) -> String {
    let mut page = page::head(&format!("Deployments of {}", report.service));
    page += &decision(report);
    page += &where_time_goes(report);
    page += &comparison(report);
    page += &front(report);
    page += &timelines(report);
    page += &heat_map(report);
    page += &costs(report);
    page += &levers(report);
    page += &break_even(report);
    page += &ranges(report);
    page += &assumptions(report);
    page += &settings(report);
    page + &page::foot()
}

fn clock_name(clock: Clock) -> &'static str {
    match clock {
        Clock::NewVersion => "the new version live",
        Clock::Completed => "completed",
    }
}

fn decision(report: &Report) -> String {
    let mut body = format!(
        "<div class=\"decision\"><h1>{}</h1>\n<p class=\"sub\">Service {}; durations are means of \
         lead plus the time to {}{}.</p></div>\n",
        escaped(&report.decision.line),
        escaped(&report.service),
        clock_name(report.clock),
        report
            .deployments_per_month
            .map_or_else(String::new, |many| format!(
                ", at {} deployments a month; hours are those of one person who waits",
                words::number(many)
            ))
    );
    if let Some(found) = &report.recommendation.calibration {
        let told = format!(
            "{}: {} took {} (median), predicted as it stands {}.",
            if found.calibrated {
                "Measured"
            } else {
                "Not calibrated"
            },
            words::counted(found.deployments, "recorded deployment"),
            found.recorded_s,
            found.predicted_s
        );
        let class = if found.calibrated { "sub" } else { "warning" };
        let _ = writeln!(body, "<p class=\"{class}\">{}</p>", escaped(&told));
    }
    for warning in &report.now.explanation.estimate.warnings {
        let _ = writeln!(body, "<p class=\"warning\">{}</p>", escaped(warning));
    }
    body + &points(report.recommendation.reasons.iter().cloned())
}

fn where_time_goes(report: &Report) -> String {
    let explanation = &report.now.explanation;
    let mut body = figure(charts::waterfall(
        explanation.waterfall.as_ref(),
        report.clock,
    ));
    if let Some(stuck) = &explanation.estimate.stuck {
        body += &paragraph(&format!("Stuck: {}.", stuck.reason));
    }
    section("Where the time goes, as it stands", &body)
}

/// The plans that are compared: as it stands, and as recommended where that differs.
fn plans(report: &Report) -> Vec<(&'static str, &PlanReport)> {
    let recommended = report.recommendation.recommended.as_ref();
    let recommended = recommended.filter(|plan| !plan.changed.is_empty());
    [("now", &report.recommendation.current)]
        .into_iter()
        .chain(recommended.map(|plan| ("recommended", plan)))
        .collect()
}

fn comparison(report: &Report) -> String {
    let plans = plans(report);
    let row = |name: &str, value: &dyn Fn(&PlanReport) -> String| {
        let values = plans.iter().map(|(_, plan)| cell(value(plan)));
        [cell(name)].into_iter().chain(values).collect::<Vec<_>>()
    };
    let spread = |of: fn(&Durations) -> crate::model::Duration| {
        move |plan: &PlanReport| {
            let durations = plan.estimate.duration.as_ref();
            durations.map_or_else(|| "stuck".to_owned(), |all| words::with_p95(&of(all)))
        }
    };
    let mean =
        |of: fn(&Durations) -> Seconds| move |plan: &PlanReport| words::of(&plan.estimate, of);
    let rows = [
        row("Minimum healthy / maximum percent", &words::percents),
        row("Added hosts", &words::added_hosts),
        row(
            "Lead: wait for hosts before the request",
            &mean(|all| all.lead_s.mean),
        ),
        row("New version live", &spread(|all| all.new_version_s)),
        row("Completed", &spread(|all| all.completed_s)),
        row(
            "Release of added hosts after it",
            &mean(|all| all.release_s.mean),
        ),
        row(
            "Rollback by hand: the old version live again",
            &spread(|all| all.new_version_s),
        ),
        row(
            "Rollback of a version that never gets healthy",
            &spread(|all| all.rollback_s),
        ),
        row("Healthy during a deployment / required tasks", &|plan| {
            let required = plan.estimate.availability.required_tasks;
            format!("{} / {required}", plan.estimate.tasks.min_healthy)
        }),
        row("Cost of a month", &|plan| words::total(&plan.estimate)),
    ];
    let header: Vec<&str> = ["Means, p95 in brackets"]
        .into_iter()
        .chain(plans.iter().map(|(name, _)| *name))
        .collect();
    let mut body = table(Order::Fixed, &header, &rows, None);
    body += "<p class=\"note\">A rollback by hand is a deployment of the old version under the same \
             settings, counted from its request; where added hosts are gone it waits for the lead \
             again. A version that never gets healthy is noticed by the circuit breaker, or after the \
             time that is stated for it: counted from its request until the old one is back.</p>\n";
    let changes = report
        .recommendation
        .recommended
        .iter()
        .flat_map(|plan| &plan.changed);
    let rows: Vec<_> = changes
        .map(|change| {
            vec![
                cell(&change.key),
                cell(words::value(&change.from)),
                cell(words::value(&change.to)),
            ]
        })
        .collect();
    if rows.is_empty() {
        body += &paragraph("No setting changes.");
    } else {
        body += "<h3>What changes</h3>\n";
        body += &table(Order::Fixed, &["Setting", "from", "to"], &rows, None);
    }
    section("Now and as recommended", &body)
}

fn front(report: &Report) -> String {
    let recommendation = &report.recommendation;
    let mut body = figure(charts::front(recommendation, report.clock));
    let rows: Vec<_> = recommendation
        .front
        .iter()
        .map(|plan| {
            let estimate = &plan.estimate;
            let minutes = |of: fn(&Durations) -> Seconds| {
                let minutes = estimate.duration.as_ref().map(|all| of(all).minutes());
                let text = minutes.map_or_else(|| "stuck".to_owned(), |min| format!("{min:.1}"));
                number(text, minutes)
            };
            let total = estimate.cost.total_usd_per_month.map(|usd| usd.0);
            let available = estimate.worst_monthly();
            vec![
                cell(words::plan(plan)),
                minutes(|all| all.lead_s.mean),
                minutes(|all| all.new_version_s.mean),
                minutes(|all| all.completed_s.mean),
                number(
                    total.map_or_else(|| "–".to_owned(), |usd| format!("{usd:.2}")),
                    total,
                ),
                number(
                    available.map_or_else(|| "–".to_owned(), |share| Share(share).to_string()),
                    available,
                ),
            ]
        })
        .collect();
    let chosen = recommendation
        .recommended
        .as_ref()
        .and_then(|plan| recommendation.front.iter().position(|other| other == plan));
    body += &table(
        Order::Sortable,
        &[
            "Plan",
            "Lead [min]",
            "New version [min]",
            "Completed [min]",
            "USD/month",
            "Time with full capacity",
        ],
        &rows,
        chosen,
    );
    section("Time and cost: the plans that no other beats", &body)
}

fn timelines(report: &Report) -> String {
    let one = |title: &str, course: &Course| {
        let drawn = charts::tasks(&course.timeline, &course.explanation);
        format!("<h3>{title}</h3>\n{}", figure(drawn))
    };
    let mut body = one("As it stands", &report.now);
    if let Some(then) = &report.then {
        body += &one("As recommended", then);
    }
    section("A deployment over time", &body)
}

fn heat_map(report: &Report) -> String {
    let chosen = report.recommendation.recommended.as_ref();
    let chosen = chosen.map(|plan| (plan.minimum_healthy_percent, plan.maximum_percent));
    section(
        "Percents: every choice of minimum and maximum",
        &figure(charts::heat(&report.heat_map, chosen)),
    )
}

fn costs(report: &Report) -> String {
    let plans = plans(report);
    let mut body = figure(charts::cost_parts(&plans));
    let rows: Vec<_> = plans
        .iter()
        .map(|(name, plan)| {
            let available = &plan.estimate.availability;
            let short = available.shortfall_minutes_per_month;
            vec![
                cell(*name),
                number(
                    plan.estimate.cost.per_deployment_usd.to_string(),
                    Some(plan.estimate.cost.per_deployment_usd.0),
                ),
                number(
                    format!(
                        "{} / {}",
                        plan.estimate.tasks.min_healthy, available.required_tasks
                    ),
                    Some(f64::from(plan.estimate.tasks.min_healthy)),
                ),
                number(
                    Share(available.shortfall_probability).to_string(),
                    Some(available.shortfall_probability),
                ),
                number(short.map_or_else(|| "–".to_owned(), words::amount), short),
                number(
                    available
                        .monthly
                        .map_or_else(|| "–".to_owned(), |share| Share(share).to_string()),
                    available.monthly,
                ),
            ]
        })
        .collect();
    body += "<h3>Cost of a deployment, and time with full capacity</h3>\n";
    body += &table(
        Order::Fixed,
        &[
            "Plan",
            "Each deployment adds",
            "Healthy / required",
            "Deployments below",
            "Below [min/month]",
            "Time with full capacity",
        ],
        &rows,
        None,
    );
    section("Cost and capacity", &body)
}

fn levers(report: &Report) -> String {
    section(
        "The largest levers, each alone, on the deployment as it stands",
        &figure(charts::tornado(&report.now.explanation, report.clock)),
    )
}

fn break_even(report: &Report) -> String {
    let recommendation = &report.recommendation;
    let now = recommendation
        .hosts_answer
        .robust_while
        .iter()
        .find(|range| range.key == "deployment.per_day")
        .map(|range| range.now);
    section(
        "Deployments per day against cost",
        &figure(charts::break_even(
            &report.cost_lines,
            now,
            report.break_even,
        )),
    )
}

fn ranges(report: &Report) -> String {
    let ranges = &report.recommendation.hosts_answer.robust_while;
    if ranges.is_empty() {
        return section(
            "How far the answer holds",
            &paragraph("No input of this scenario could turn the answer."),
        );
    }
    let edge =
        |value: Option<f64>, open: &str| value.map_or_else(|| open.to_owned(), words::number);
    let rows: Vec<_> = ranges
        .iter()
        .map(|range: &Range| {
            vec![
                cell(&range.key),
                number(words::number(range.now), Some(range.now)),
                cell(range.unit),
                number(edge(range.from, "any less"), range.from.or(Some(f64::MIN))),
                number(edge(range.to, "any more"), range.to),
            ]
        })
        .collect();
    let body = paragraph(
        "Whether to pre-scale stays the same answer while one input alone moves from … to:",
    ) + &table(
        Order::Sortable,
        &["Input", "Now", "Unit", "From", "To"],
        &rows,
        None,
    );
    section("How far the answer holds", &body)
}

fn assumptions(report: &Report) -> String {
    let estimate = &report.now.explanation.estimate;
    let mut rows: Vec<_> = estimate
        .assumptions
        .iter()
        .map(|one| {
            let effects = report.now.explanation.effects.iter();
            let effects: Vec<&str> = effects
                .filter(|effect| effect.key == one.key)
                .map(|effect| effect.text.as_str())
                .collect();
            let effect = if effects.is_empty() {
                "no other value tried".to_owned()
            } else {
                effects.join("; ")
            };
            let value = format!("{}: {}", one.value, one.why);
            vec![cell("assumed"), cell(&one.key), cell(value), cell(effect)]
        })
        .collect();
    let known = |wanted: Grade, name: &'static str| {
        let origins = report.origins.iter();
        origins
            .filter(move |origin| origin.grade == wanted)
            .map(move |origin| {
                vec![
                    cell(name),
                    cell(&origin.key),
                    cell(&origin.value),
                    cell("–"),
                ]
            })
    };
    let recorded = report.recommendation.calibration.as_ref().map(|found| {
        let deployments = words::counted(found.deployments, "deployment");
        let taken = format!("{deployments} of {} (median)", found.recorded_s);
        let effect = format!("predicted {}", found.predicted_s);
        vec![
            cell("measured"),
            cell("recorded"),
            cell(taken),
            cell(effect),
        ]
    });
    rows.splice(
        0..0,
        recorded
            .into_iter()
            .chain(known(Grade::Measured, "measured")),
    );
    rows.extend(known(Grade::Imported, "imported"));
    let intro = paragraph(
        "Everything that is not listed here is stated in the scenario. With another plausible value:",
    );
    let body = if rows.is_empty() {
        paragraph("Nothing had to be assumed.")
    } else {
        intro
            + &table(
                Order::Sortable,
                &["Grade", "Input", "Taken", "Effect"],
                &rows,
                None,
            )
    };
    section("What is assumed, and what it matters", &body)
}

fn settings(report: &Report) -> String {
    let body: String = [
        ("Terraform", &report.settings.terraform),
        ("CloudFormation", &report.settings.cloudformation),
        ("AWS command line", &report.settings.cli),
    ]
    .into_iter()
    .map(|(tool, text)| {
        format!(
            "<h3>{tool}</h3>\n<pre tabindex=\"0\"><code>{}</code></pre>\n",
            escaped(text)
        )
    })
    .collect();
    let title = match &report.then {
        Some(_) => "The recommended settings, to paste",
        None => "The settings as they stand, to paste",
    };
    section(title, &body)
}
