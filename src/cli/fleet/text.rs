//! The plan of a fleet for a terminal: what it brings, what is proven, what it uses.

use super::{Found, services, what_if};
use crate::cli::output::Terminal;
use crate::cli::page::{Align, Page};
use crate::fleet::{Ended, Plan, Status};

/// The whole answer.
pub(super) fn text(found: &Found<'_>, terminal: Terminal) -> String {
    let mut page = Page::new(terminal);
    match (found.planned, &found.solution.plan) {
        (Some(planned), Some(_)) => services::show(&mut page, found, planned),
        (None, Some(plan)) => {
            page.headline(&headline(found));
            show_limits(&mut page, found, plan);
            show_services(&mut page, found, plan);
        }
        (_, None) => page.headline(&headline(found)),
    }
    what_if::show(&mut page, found);
    let assumptions = &found.assumptions;
    if !assumptions.is_empty() {
        page.title("Assumed");
        let rows = assumptions.iter().map(|assumption| {
            let key = format!("{} = {}", assumption.key, assumption.value);
            vec![key, assumption.why.clone()]
        });
        page.table(&[Align::Left, Align::Left], &rows.collect::<Vec<_>>());
    }
    page.into_text()
}

pub(super) fn headline(found: &Found<'_>) -> String {
    let services = match found.problem.services.len() {
        1 => "1 service".to_owned(),
        several => format!("{several} services"),
    };
    let solution = found.solution;
    let why = match solution.ended {
        Ended::Proven => "",
        Ended::TimeLimit => " The time was over before more was proven.",
        Ended::Interrupted => " Interrupted before more was proven.",
        Ended::Exhausted => " The search has nothing left to try.",
    };
    let Some(plan) = &solution.plan else {
        return match solution.status {
            Status::Infeasible => format!("{services}: no plan meets the limits; this is proven."),
            _ => format!("{services}: no plan found, and not proven that there is none.{why}"),
        };
    };
    let proven = proven(found);
    format!(
        "{services}: {:.2} weighted minutes a month for {:.2} USD a month; {proven}.{why}",
        plan.weighted_minutes, plan.usd
    )
}

/// What is proven of a plan.
pub(super) fn proven(found: &Found<'_>) -> String {
    match found.solution.gap() {
        Some(0.0) => "no plan has fewer".to_owned(),
        Some(gap) => format!(
            "no plan has {} % fewer (proven; {} % was asked for)",
            percent(gap),
            percent(found.settings.gap)
        ),
        None => "nothing is proven".to_owned(),
    }
}

/// A share of 1 as a percentage that is not rounded down: what is proven stays true.
pub(super) fn percent(share: f64) -> String {
    let mut digits = 2;
    while digits < 9 && share * 100.0 < 10.0_f64.powi(2 - digits) {
        digits += 1;
    }
    let scale = 10.0_f64.powi(digits);
    // Adding nothing turns a negative zero into zero.
    let up = (share * 100.0 * scale - 1e-9).ceil() / scale + 0.0;
    format!("{up}")
}

fn show_limits(page: &mut Page, found: &Found<'_>, plan: &Plan) {
    let problem = found.problem;
    let prices = &found.solution.prices;
    let none = || "none".to_owned();
    let mut rows = vec![row(["", "used", "limit", "one more wins"])];
    rows.push(vec![
        "USD a month".to_owned(),
        format!("{:.2}", plan.usd),
        problem
            .limits
            .budget_usd
            .map_or_else(none, |usd| format!("{usd:.2}")),
        wins(prices.budget),
    ]);
    rows.push(vec![
        "shortfall minutes a month".to_owned(),
        format!("{:.2}", plan.shortfall_minutes),
        problem
            .limits
            .shortfall_minutes
            .map_or_else(none, |minutes| format!("{minutes:.2}")),
        wins(prices.shortfall),
    ]);
    for (i, (cluster, hosts)) in problem.clusters.iter().zip(&plan.extra_hosts).enumerate() {
        rows.push(vec![
            format!("extra hosts of {}", cluster.name),
            hosts.to_string(),
            cluster
                .extra_hosts_max
                .map_or_else(none, |most| most.to_string()),
            prices
                .clusters
                .get(i)
                .copied()
                .map_or_else(String::new, wins),
        ]);
    }
    for (i, (pool, hosts)) in problem.pools.iter().zip(&plan.spot_hosts).enumerate() {
        rows.push(vec![
            format!("spot hosts of {}", pool.name),
            hosts.to_string(),
            pool.spot_hosts_max
                .map_or_else(none, |most| most.to_string()),
            prices.pools.get(i).copied().map_or_else(String::new, wins),
        ]);
    }
    page.title("Limits (weighted minutes that one more of each would win)");
    let right = Align::Right;
    page.table(&[Align::Left, right, right, right], &rows);
}

fn wins(price: f64) -> String {
    if price < 5e-7 {
        "0".to_owned()
    } else {
        format!("{price:.4}")
    }
}

fn show_services(page: &mut Page, found: &Found<'_>, plan: &Plan) {
    let mut chosen: Vec<_> = found
        .problem
        .services
        .iter()
        .zip(&plan.choices)
        .map(|(service, choice)| (service, &service.options[*choice as usize]))
        .collect();
    chosen.sort_by(|a, b| b.1.weighted_minutes.total_cmp(&a.1.weighted_minutes));
    let mut rows = vec![row([
        "service", "option", "hosts", "spot", "USD", "minutes",
    ])];
    rows.extend(chosen.iter().take(found.top).map(|(service, option)| {
        vec![
            service.name.to_string(),
            option.name.to_string(),
            option.hosts.to_string(),
            option.spot_hosts.to_string(),
            format!("{:.2}", option.usd),
            format!("{:.2}", option.weighted_minutes),
        ]
    }));
    page.title("Options chosen, most weighted minutes a month first");
    let (left, right) = (Align::Left, Align::Right);
    page.table(&[left, left, right, right, right, right], &rows);
    if let further @ 1.. = chosen.len().saturating_sub(found.top) {
        page.paragraph(&format!(
            "… and {further} more: --format json has them all."
        ));
    }
}

pub(super) fn row<const CELLS: usize>(cells: [&str; CELLS]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_proven_percentage_is_never_rounded_down() {
        assert_eq!(percent(0.001), "0.1");
        assert_eq!(percent(0.000_123_4), "0.0124");
        assert_eq!(percent(1e-4), "0.01");
        assert_eq!(percent(2.345e-7), "0.0000235");
        assert_eq!(percent(0.0), "0");
    }
}
