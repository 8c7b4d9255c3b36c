//! Time against cost of the plans that no other plan beats.

use super::super::svg::{Axis, Chart, Margins, for_screens, legend};
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
    let recommended = recommendation.recommended.as_ref();
    let recommended = recommended.and_then(|plan| Some((plan, place(plan)?)));
    let is_short = |plan: &PlanReport| plan.estimate.availability.shortfall_probability > 0.0;
    let all = || front.iter().map(|(_, place)| *place).chain(current);
    let (minutes, usd): (Vec<f64>, Vec<f64>) = all().unzip();
    let tip = |name: &str, plan: &PlanReport, (minutes, usd): (f64, f64)| {
        let available = &plan.estimate.availability;
        let full = available.monthly.map_or_else(String::new, |_| {
            format!(
                ", time with full capacity {}",
                words::full_capacity(available)
            )
        });
        format!(
            "{name}{}: {minutes:.1} min, {usd:.2} USD/month{full}",
            words::plan(plan)
        )
    };
    let drawn = for_screens(|screen| {
        let margins = Margins {
            left: 72.0,
            right: 24.0,
        };
        let x = Axis::around("Lead plus clock [min]", minutes.iter().copied());
        let y = Axis::around("Total cost [USD/month]", usd.iter().copied());
        let title = "Time and cost of the plans worth a choice";
        let mut chart = Chart::new(screen, title, 340.0, margins, (x, y));
        if let Some(at) = current {
            let tip = tip("as it stands, ", &recommendation.current, at);
            chart.dot("c-vermillion", at, 7.0, &tip);
        }
        for &(plan, at) in &front {
            let class = if is_short(plan) { "c-orange" } else { "c-blue" };
            chart.dot(class, at, 5.5, &tip("", plan, at));
        }
        if let Some((plan, at)) = recommended {
            chart.dot("ring", at, 10.0, &tip("recommended, ", plan, at));
        }
        chart
    });
    let entries: Vec<(&str, &str)> = [
        (recommended.is_some(), "ring", "recommended"),
        (current.is_some(), "c-vermillion", "as it stands"),
        (
            front.iter().any(|(plan, _)| !is_short(plan)),
            "c-blue",
            "always the required tasks",
        ),
        (
            front.iter().any(|(plan, _)| is_short(plan)),
            "c-orange",
            "deployments go below the required tasks",
        ),
    ]
    .into_iter()
    .filter_map(|(shown, class, name)| shown.then_some((class, name)))
    .collect();
    Figure::Drawn(drawn + &legend(&entries))
}
