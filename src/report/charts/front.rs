//! Time against cost of the plans that no other plan beats.

use super::super::svg::{Axis, Chart, Margins, legend};
use super::super::words;
use super::Figure;
use crate::recommend::{PlanReport, Recommendation};
use crate::scenario::Clock;

/// The front, with the plan of today and the recommended one.
pub fn front(recommendation: &Recommendation, clock: Clock) -> Figure {
    let place = |plan: &PlanReport| {
        let minutes = plan.estimate.duration?.with_lead(clock).minutes();
        Some((minutes, plan.estimate.cost.total_usd_per_month?.0))
    };
    let front: Vec<(&PlanReport, (f64, f64))> = recommendation
        .front
        .iter()
        .filter_map(|plan| Some((plan, place(plan)?)))
        .collect();
    if front.len() < 2 {
        return Figure::nothing(
            "One plan is best in time, cost and availability at once: there is no trade-off to draw.",
        );
    }
    let current = place(&recommendation.current);
    let all = || front.iter().map(|(_, place)| *place).chain(current);
    let mut chart = Chart::new(
        "Time and cost of the plans worth a choice",
        340.0,
        Margins {
            left: 72.0,
            right: 24.0,
        },
        Axis::around(
            "Lead plus clock [min]",
            all().map(|(x, _)| x).collect::<Vec<_>>().into_iter(),
        ),
        Axis::around(
            "Total cost [USD/month]",
            all().map(|(_, y)| y).collect::<Vec<_>>().into_iter(),
        ),
    );
    let tip = |name: &str, plan: &PlanReport, (minutes, usd): (f64, f64)| {
        let available = plan.estimate.availability.monthly;
        let full = available.map_or_else(String::new, |share| {
            format!(", time with full capacity {}", words::share(share))
        });
        format!(
            "{name}{}: {minutes:.1} min, {usd:.2} USD/month{full}",
            words::plan(plan)
        )
    };
    if let Some(at) = current {
        chart.dot(
            "c-vermillion",
            at,
            7.0,
            &tip("as it stands, ", &recommendation.current, at),
        );
    }
    for &(plan, at) in &front {
        let short = plan.estimate.availability.shortfall_probability > 0.0;
        let class = if short { "c-orange" } else { "c-blue" };
        chart.dot(class, at, 5.5, &tip("", plan, at));
    }
    if let Some((plan, at)) = recommendation
        .recommended
        .as_ref()
        .and_then(|plan| Some((plan, place(plan)?)))
    {
        chart.dot("ring", at, 10.0, &tip("recommended, ", plan, at));
    }
    let mut entries = vec![
        ("ring", "recommended"),
        ("c-vermillion", "as it stands"),
        ("c-blue", "always the required tasks"),
        ("c-orange", "deployments go below the required tasks"),
    ];
    entries.retain(|(class, _)| chart.shows(class));
    Figure::Drawn(chart.into_svg() + &legend(&entries))
}
