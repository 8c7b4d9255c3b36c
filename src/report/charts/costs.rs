//! What the plans cost: in parts, and over deployments per day.

use super::super::figures::CostLine;
use super::super::svg::{Axis, Chart, Margins, Rows, for_screens, legend};
use super::super::words;
use super::Figure;
use crate::recommend::{AlternativeKind, BreakEven, PlanReport};
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
///
/// All deployments per day are those of a day with deployments, as in the scenario; the break-even
/// is also told for a calendar day where that is another number.
pub fn break_even(lines: &[CostLine], per_day: Option<f64>, turns_at: Option<BreakEven>) -> Figure {
    let grows = |line: &CostLine| line.usd_per_month_per_daily_deployment.0.abs() >= 0.005;
    if !lines.iter().any(grows) {
        return Figure::nothing(
            "No plan pays for single deployments, so that their number does not change the cost.",
        );
    }
    let now = per_day.unwrap_or(1.0);
    let turn = turns_at.map(|turns_at| turns_at.per_day);
    let to = match turn {
        Some(turn) if turn < 40.0 * now => (1.25 * turn).max(2.0 * now),
        _ => 2.0 * now,
    };
    let shown_turn = turn.filter(|&turn| turn <= to);
    let ends: Vec<f64> = lines
        .iter()
        .flat_map(|line| [line.at(0.0).0, line.at(to).0])
        .collect();
    let day = turns_at.map_or("day", |turns_at| turns_at.day());
    let drawn = for_screens(|screen| {
        let margins = Margins {
            left: 72.0,
            right: 20.0,
        };
        let x = Axis::from_zero(&format!("Deployments per {day}"), [to].into_iter());
        let y = Axis::around("Total cost [USD/month]", ends.iter().copied());
        let title = "Cost over deployments per day";
        let mut chart = Chart::new(screen, title, 300.0, margins, (x, y));
        let (low, high, last) = (chart.bottom_y(), chart.top_y(), chart.last_x());
        for line in lines {
            let (tip, colour) = (tip(line, now), colour(line.kind));
            let points = [(0.0, line.at(0.0).0), (last, line.at(last).0)];
            chart.line(&format!("s-{colour}"), &points, &tip);
            if per_day.is_some() {
                let at = (now, line.at(now).0);
                chart.dot(&format!("c-{colour}"), at, 5.0, &tip);
            }
        }
        if per_day.is_some() {
            let tip = format!("today: {} deployments a {day}", words::number(now));
            chart.line("s-ink dashed", &[(now, low), (now, high)], &tip);
        }
        if let Some(turn) = shown_turn {
            let tip = format!("break-even: {} deployments a {day}", words::number(turn));
            chart.line("s-purple dashed", &[(turn, low), (turn, high)], &tip);
        }
        chart
    });
    let told = turns_at.map_or_else(
        || "Pre-scaling and standing hosts have no break-even here.".to_owned(),
        |turns_at| {
            let above = turns_at.told(words::number);
            format!("Above {above} standing hosts are cheaper than pre-scaling.")
        },
    );
    let dashed = match (per_day.is_some(), shown_turn.is_some()) {
        (true, true) => " Dashed: today and the break-even (purple).",
        (true, false) => " Dashed: today.",
        (false, true) => " Dashed: the break-even (purple).",
        (false, false) => "",
    };
    let entries: Vec<(String, &str)> = lines
        .iter()
        .map(|line| (format!("c-{}", colour(line.kind)), name(line.kind)))
        .collect();
    let entries: Vec<(&str, &str)> = entries
        .iter()
        .map(|(class, name)| (class.as_str(), *name))
        .collect();
    Figure::Drawn(format!(
        "{drawn}{}<p class=\"note\">{told}{dashed}</p>",
        legend(&entries),
    ))
}

/// What the line of a plan says.
fn tip(line: &CostLine, now: f64) -> String {
    let time = line
        .time_s
        .map_or_else(|| "stuck".to_owned(), words::duration);
    format!(
        "{}: {} without deployments, {} at {} a day; {time} each",
        name(line.kind),
        line.at(0.0),
        line.at(now),
        words::number(now)
    )
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
    let totals: Vec<f64> = plans.iter().map(|(_, plan)| total(plan).0).collect();
    let drawn = for_screens(|screen| {
        let x = Axis::from_zero("Total cost [USD/month]", totals.iter().copied());
        let rows = Rows {
            title: "Plan",
            names: plans.iter().map(|(name, _)| (*name).to_owned()).collect(),
            height: 40.0,
            margins: Margins {
                left: 130.0,
                right: 90.0,
            },
        };
        let mut chart = Chart::of_rows(screen, "Cost of a month in its parts", x, &rows);
        for (row, (name, plan)) in plans.iter().enumerate() {
            let mut from = 0.0;
            for (class, part, usd) in parts(plan) {
                if usd.0 > 0.0 {
                    let tip = format!("{name}: {part} {usd}/month");
                    chart.bar(row, class, [from, from + usd.0], &tip);
                }
                from += usd.0;
            }
            chart.label(row, from, &total(plan).to_string());
        }
        chart
    });
    let entries = [
        ("c-blue", "serving"),
        ("c-green", "standing headroom"),
        ("c-orange", "deployments"),
    ];
    Figure::Drawn(drawn + &legend(&entries))
}
