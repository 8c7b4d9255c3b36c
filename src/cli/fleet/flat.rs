//! A fleet as the flat table that anyone can make, with its limits; and the curve of budgets.

use crate::cli::columns;
use crate::cli::output::Complaint;
use crate::fleet::Problem;
use crate::fleet::read::OPTION_COLUMNS;
use crate::fleet::what_if::CurvePoint;

/// One row per option; names as a spreadsheet takes them, which are read as they were.
pub(super) fn options(problem: &Problem) -> Result<String, Complaint> {
    let mut rows = Vec::new();
    for service in &problem.services {
        for option in &service.options {
            let cluster = option.cluster.map(|i| &*problem.clusters[i as usize].name);
            let pool = option.pool.map(|i| &*problem.pools[i as usize].name);
            rows.push(vec![
                columns::text(&service.name),
                columns::text(&option.name),
                columns::text(cluster.unwrap_or_default()),
                columns::text(&problem.windows[option.window as usize]),
                columns::text(pool.unwrap_or_default()),
                option.weighted_minutes.to_string(),
                option.usd.to_string(),
                option.hosts.to_string(),
                option.spot_hosts.to_string(),
                option.shortfall_minutes.to_string(),
            ]);
        }
    }
    columns::csv(&OPTION_COLUMNS, &rows)
}

/// The limits that belong to the table, as TOML.
pub(super) fn limits(problem: &Problem) -> String {
    let mut text = String::new();
    if let Some(budget) = problem.limits.budget_usd {
        text += &format!("budget_usd_per_month = {budget:?}\n");
    }
    if let Some(minutes) = problem.limits.shortfall_minutes {
        text += &format!("shortfall_minutes_per_month = {minutes:?}\n");
    }
    for cluster in &problem.clusters {
        text += &format!("\n[clusters.{}]\n", quoted(&cluster.name));
        if let Some(most) = cluster.extra_hosts_max {
            text += &format!("extra_hosts_max = {most}\n");
        }
        let price = cluster.usd_per_extra_host;
        text += &format!("usd_per_extra_host_per_month = {price:?}\n");
    }
    for pool in &problem.pools {
        text += &format!("\n[pools.{}]\n", quoted(&pool.name));
        if let Some(most) = pool.spot_hosts_max {
            text += &format!("spot_hosts_max = {most}\n");
        }
    }
    text
}

/// A name as a key of TOML: a basic string, whose escapes are those of JSON.
fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

/// The fewest minutes for every budget.
pub(super) fn curve(curve: &[CurvePoint]) -> Result<String, Complaint> {
    let header = [
        "budget_usd_per_month",
        "weighted_minutes_per_month",
        "bound",
        "usd_per_month",
    ];
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    let row = |point: &CurvePoint| {
        vec![
            point.budget.to_string(),
            number(point.weighted_minutes),
            number(point.bound),
            number(point.usd),
        ]
    };
    columns::csv(&header, &curve.iter().map(row).collect::<Vec<_>>())
}
