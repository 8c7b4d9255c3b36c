//! What the plans cost: in parts, and over deployments per day.

use super::super::figures::CostLine;
use super::super::svg::{Axis, Chart, Margins, Side, legend};
use super::super::words;
use super::{Figure, coordinate, row_middle};
use crate::recommend::{AlternativeKind, PlanReport};
use crate::units::Usd;

/// What an alternative is called.
fn name(kind: AlternativeKind) -> &'static str {
    match kind {
        AlternativeKind::AsIs => "as it stands",
        AlternativeKind::SettingsOnly => "settings only",
        AlternativeKind::OnDemand => "reactive",
        AlternativeKind::Prescaled => "pre-scaled hosts",
        AlternativeKind::Standing => "standing hosts",
        AlternativeKind::Fargate => "Fargate",
    }
}

fn colour(kind: AlternativeKind) -> &'static str {
    match kind {
        AlternativeKind::AsIs => "vermillion",
        AlternativeKind::SettingsOnly => "blue",
        AlternativeKind::OnDemand => "sky",
        AlternativeKind::Prescaled => "orange",
        AlternativeKind::Standing => "green",
        AlternativeKind::Fargate => "purple",
    }
}

/// Total cost over deployments per day of each way to get room.
pub fn break_even(lines: &[CostLine], per_day: Option<f64>, turns_at: Option<f64>) -> Figure {
    let grows = |line: &CostLine| line.usd_per_month_per_daily_deployment.0.abs() >= 0.005;
    if !lines.iter().any(grows) {
        return Figure::nothing(
            "No plan pays for single deployments, so that their number does not change the cost.",
        );
    }
    let now = per_day.unwrap_or(1.0);
    let to = match turns_at {
        Some(turn) if turn < 40.0 * now => (1.25 * turn).max(2.0 * now),
        _ => 2.0 * now,
    };
    let ends: Vec<f64> = lines
        .iter()
        .flat_map(|line| [line.at(0.0).0, line.at(to).0])
        .collect();
    let mut chart = Chart::new(
        "Cost over deployments per day",
        300.0,
        Margins {
            left: 72.0,
            right: 20.0,
        },
        Axis::from_zero("Deployments per day", [to].into_iter()),
        Axis::around("Total cost [USD/month]", ends.iter().copied()),
    );
    let (low, high) = (chart.bottom_y(), chart.top_y());
    let last = chart.last_x();
    let mut entries = Vec::new();
    for line in lines {
        let time = line
            .time_s
            .map_or_else(|| "stuck".to_owned(), words::duration);
        let tip = format!(
            "{}: {} without deployments, {} at {} a day; {time} each",
            name(line.kind),
            line.at(0.0),
            line.at(now),
            words::number(now)
        );
        let points = [(0.0, line.at(0.0).0), (last, line.at(last).0)];
        let class = format!("s-{}", colour(line.kind));
        chart.line(&class, &points, &tip);
        entries.push((format!("c-{}", colour(line.kind)), name(line.kind)));
        if per_day.is_some() {
            chart.dot(
                &format!("c-{}", colour(line.kind)),
                (now, line.at(now).0),
                5.0,
                &tip,
            );
        }
    }
    if per_day.is_some() {
        let tip = format!("today: {} deployments a day", words::number(now));
        chart.line("s-ink dashed", &[(now, low), (now, high)], &tip);
    }
    let turn = match turns_at {
        Some(turn) => {
            let turn_text = words::number(turn);
            if turn <= last {
                let tip = format!("break-even: {turn_text} deployments a day");
                chart.line("s-purple dashed", &[(turn, low), (turn, high)], &tip);
            }
            format!(
                "Above {turn_text} deployments a day standing hosts are cheaper than pre-scaling."
            )
        }
        None => "Pre-scaling and standing hosts have no break-even here.".to_owned(),
    };
    let entries: Vec<(&str, &str)> = entries
        .iter()
        .map(|(class, name)| (class.as_str(), *name))
        .collect();
    Figure::Drawn(format!(
        "{}{}<p class=\"note\">{turn} Dashed: today{}.</p>",
        chart.into_svg(),
        legend(&entries),
        if turns_at.is_some_and(|turn| turn <= last) {
            " and the break-even (purple)"
        } else {
            ""
        }
    ))
}

/// The cost of a month in its parts, of each plan.
pub fn cost_parts(plans: &[(&str, &PlanReport)]) -> Figure {
    let parts = |plan: &PlanReport| {
        let cost = plan.estimate.cost;
        let fixed = cost.serving_usd_per_month + cost.headroom_usd_per_month;
        let deployments = cost
            .total_usd_per_month
            .map_or(Usd::ZERO, |total| total - fixed);
        [
            ("c-blue", "serving", cost.serving_usd_per_month),
            ("c-green", "standing headroom", cost.headroom_usd_per_month),
            ("c-orange", "deployments", deployments.max(Usd::ZERO)),
        ]
    };
    let total = |plan: &PlanReport| parts(plan).into_iter().map(|part| part.2).sum::<Usd>();
    if plans.iter().all(|(_, plan)| total(plan).0 < 0.005) {
        return Figure::nothing("No cost is counted: only the room is known.");
    }
    let rows = plans.len();
    let mut chart = Chart::new(
        "Cost of a month in its parts",
        60.0 + 40.0 * coordinate(rows),
        Margins {
            left: 130.0,
            right: 90.0,
        },
        Axis::from_zero(
            "Total cost [USD/month]",
            plans
                .iter()
                .map(|(_, plan)| total(plan).0)
                .collect::<Vec<_>>()
                .into_iter(),
        ),
        Axis::of_names(
            "Plan",
            plans.iter().map(|(name, _)| (*name).to_owned()).collect(),
        ),
    );
    for (row, (name, plan)) in plans.iter().enumerate() {
        let middle = row_middle(row, rows);
        let mut from = 0.0;
        for (class, part, usd) in parts(plan) {
            if usd.0 > 0.0 {
                chart.rectangle(
                    class,
                    [(from, middle + 0.32), (from + usd.0, middle - 0.32)],
                    &format!("{name}: {part} {usd}/month"),
                );
            }
            from += usd.0;
        }
        let said = total(plan).to_string();
        chart.text(Side::Right, "value", (from, middle), &said);
    }
    let entries = [
        ("c-blue", "serving"),
        ("c-green", "standing headroom"),
        ("c-orange", "deployments"),
    ];
    Figure::Drawn(chart.into_svg() + &legend(&entries))
}
