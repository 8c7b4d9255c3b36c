//! The plan of a fleet of services for a terminal: what changes, in which order, what it uses.

use super::Found;
use super::text::{proven, row};
use crate::cli::page::{Align, Page};
use crate::cli::words::from_to;
use crate::fleet::{Chosen, FleetPlan};

/// The whole plan.
pub(super) fn show(page: &mut Page, found: &Found<'_>, plan: &FleetPlan) {
    page.headline(&headline(found, plan));
    show_waves(page, plan);
    show_services(page, plan, found.top);
    show_shared(page, plan, found);
}

fn headline(found: &Found<'_>, plan: &FleetPlan) -> String {
    let changing = plan.services.iter().filter(|s| !s.changed.is_empty());
    let stuck = plan.services.iter().filter(|s| s.from_s.is_none()).count();
    let freed = match stuck {
        0 => String::new(),
        1 => " 1 service that is stuck today moves again.".to_owned(),
        several => format!(" {several} services that are stuck today move again."),
    };
    format!(
        "Change {} of {}: {:.0} → {:.0} weighted minutes a month, for {:+.2} USD a month; {}.{freed}",
        changing.count(),
        match plan.services.len() {
            1 => "1 service".to_owned(),
            services => format!("{services} services"),
        },
        plan.today.weighted_minutes_per_month,
        plan.total.weighted_minutes_per_month,
        plan.added_cost().0,
        proven(found),
    )
}

fn show_waves(page: &mut Page, plan: &FleetPlan) {
    if plan.waves.is_empty() {
        return;
    }
    page.title("In this order");
    let mut before = 0.0;
    let mut told = Vec::new();
    for (number, wave) in (1..).zip(&plan.waves) {
        let services = match wave.services.as_slice() {
            [one] => format!("{one} brings"),
            several if several.len() <= 6 => format!("{} bring", several.join(", ")),
            several => format!(
                "{} and {} more bring",
                several[..5].join(", "),
                several.len() - 5
            ),
        };
        told.push(format!(
            "wave {number}: {services} {:.0} % of the minutes ({:.0} a month) for {:+.2} USD a month without the pools",
            100.0 * (wave.share_of_minutes - before),
            wave.saves_weighted_minutes,
            wave.usd_per_month,
        ));
        before = wave.share_of_minutes;
    }
    page.points(told.iter().map(String::as_str));
}

fn show_services(page: &mut Page, plan: &FleetPlan, top: usize) {
    let saves = |chosen: &Chosen| chosen.saves_weighted_minutes.unwrap_or(f64::INFINITY);
    let mut changing: Vec<&Chosen> = plan
        .services
        .iter()
        .filter(|chosen| !chosen.changed.is_empty())
        .collect();
    changing.sort_by(|a, b| saves(b).total_cmp(&saves(a)));
    if changing.is_empty() {
        return;
    }
    page.title(
        "What changes (minutes of one deployment, lead included; weighted minutes and USD a month)",
    );
    let mut rows = vec![row(["service", "takes", "saves", "USD", "plan"])];
    rows.extend(changing.iter().take(top).map(|chosen| {
        vec![
            chosen.service.clone(),
            from_to(chosen.from_s, Some(chosen.to_s)),
            chosen
                .saves_weighted_minutes
                .map_or_else(|| "stuck".to_owned(), |minutes| format!("{minutes:.0}")),
            format!("{:+.2}", chosen.usd_per_month),
            chosen.settings(),
        ]
    }));
    let (left, right) = (Align::Left, Align::Right);
    page.table(&[left, right, right, right, left], &rows);
    let further = changing.len().saturating_sub(top);
    if further > 0 {
        page.paragraph(&format!(
            "… and {further} more: give --top, or --format json for all."
        ));
    }
}

fn show_shared(page: &mut Page, plan: &FleetPlan, found: &Found<'_>) {
    page.title(
        "What is shared (weighted minutes that one more of it would win, by its dual price)",
    );
    let problem = found.problem;
    let prices = &found.solution.prices;
    let none = || "none".to_owned();
    let mut rows = vec![row(["", "used", "limit", "wins"])];
    let reserve = plan.posed.reserves_usd;
    let budget = problem.limits.budget_usd.map(|budget| budget + reserve);
    rows.push(vec![
        "USD a month".to_owned(),
        format!("{:.2}", plan.total.usd_per_month),
        budget.map_or_else(none, |usd| format!("{usd:.2}")),
        wins(Some(prices.budget)),
    ]);
    rows.push(vec![
        "minutes below required".to_owned(),
        format!("{:.2}", plan.total.shortfall_minutes_per_month),
        problem
            .limits
            .shortfall_minutes
            .map_or_else(none, |minutes| format!("{minutes:.2}")),
        wins(Some(prices.shortfall)),
    ]);
    for (i, pool) in plan.clusters.iter().enumerate() {
        rows.push(vec![
            format!("pool of {}", pool.cluster),
            format!("{} hosts", pool.extra_hosts),
            pool.extra_hosts_max
                .map_or_else(none, |most| most.to_string()),
            wins(prices.clusters.get(i).copied()),
        ]);
    }
    for (i, pool) in plan.spot_pools.iter().enumerate() {
        rows.push(vec![
            format!("spot of {}", pool.pool),
            format!("{} hosts", pool.spot_hosts),
            pool.spot_hosts_max
                .map_or_else(none, |most| most.to_string()),
            wins(prices.pools.get(i).copied()),
        ]);
    }
    let right = Align::Right;
    page.table(&[Align::Left, right, right, right], &rows);
    for pool in plan.clusters.iter().filter(|pool| pool.extra_hosts > 0) {
        let windows: Vec<String> = pool
            .windows
            .iter()
            .map(|(window, hosts)| match window.as_str() {
                "any" => format!("{hosts} at any time (p99)"),
                window => format!("{hosts} in {window}"),
            })
            .collect();
        page.title(&format!(
            "The pool of {} for {:.2} USD a month: {}",
            pool.cluster,
            pool.usd_per_month,
            windows.join(", ")
        ));
    }
}

fn wins(price: Option<f64>) -> String {
    match price {
        None => String::new(),
        Some(price) if price < 5e-5 => "0".to_owned(),
        Some(price) => format!("{price:.3}"),
    }
}
