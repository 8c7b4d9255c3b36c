//! The report of a fleet in short, for a comment on a pull request.

use super::super::markdown::plain;
use super::super::words;
use super::decision::hours;
use super::{FleetReport, Subtotal};
use crate::fleet::yearly::{ClusterMonth, Need};
use crate::units::Usd;

/// So many services of a wave are named.
const MOST_NAMED: usize = 6;

/// The decision, the waves, subtotals, pools, and the first and last month.
#[must_use]
pub fn markdown(report: &FleetReport) -> String {
    let mut text = format!("**{}**\n", plain(&report.decision.line));
    if !report.decision.proof.is_empty() {
        text += &format!("\n{}\n", plain(&report.decision.proof));
    }
    if !report.relaxed.is_empty() {
        text += "\nEach of these changes alone makes a plan possible:\n";
    }
    for relaxed in &report.relaxed {
        text += &format!(
            "- {}: {} instead of {} {}\n",
            plain(&relaxed.limit),
            words::number(relaxed.to),
            words::number(relaxed.from),
            relaxed.unit
        );
    }
    text += &waves(report);
    if !report.services.is_empty() {
        text += "\n| team | change | saves h/month | USD/month |\n| --- | --- | --- | --- |\n";
        for team in &report.teams {
            text += &row(team.name.as_deref().unwrap_or("no team"), team);
        }
        text += &row("all", &report.sum());
    }
    for pool in report
        .cluster_pools
        .iter()
        .filter(|pool| pool.extra_hosts > 0)
    {
        let windows: Vec<String> = pool
            .windows
            .iter()
            .map(|(window, hosts)| format!("{hosts} in {window}"))
            .collect();
        text += &format!(
            "\nPool of {}: {} for {} a month ({}).\n",
            plain(&pool.cluster),
            words::counted(pool.extra_hosts as usize, "host"),
            Usd(pool.usd_per_month),
            plain(&windows.join(", "))
        );
    }
    text + &months(report)
}

fn waves(report: &FleetReport) -> String {
    let mut text = String::new();
    let mut before = 0.0;
    for (number, wave) in (1..).zip(&report.waves) {
        if number == 1 {
            text.push('\n');
        }
        let named = wave.services.len().min(MOST_NAMED);
        let mut services = wave.services[..named].join(", ");
        if let further @ 1.. = wave.services.len() - named {
            services += &format!(" and {further} more");
        }
        text += &format!(
            "{number}. {}: {:.0} % of the minutes, {} a month\n",
            plain(&services),
            100.0 * (wave.share_of_minutes - before),
            words::signed(Usd(wave.usd_per_month))
        );
        before = wave.share_of_minutes;
    }
    text
}

fn row(name: &str, sum: &Subtotal) -> String {
    format!(
        "| {} | {} of {} | {} | {} |\n",
        plain(name),
        sum.changing,
        sum.services,
        hours(sum.saves_hours_per_month),
        words::signed(Usd(sum.usd_per_month))
    )
}

fn months(report: &FleetReport) -> String {
    let Some(plan) = &report.yearly else {
        return String::new();
    };
    let last = plan.growth.months;
    let mut text = format!(
        "\n| hosts | now p50 | now p95 | month {last} p50 | month {last} p95 | USD/month then, p50 – p95 |\n\
         | --- | --- | --- | --- | --- | --- |\n"
    );
    let rows = |month: u32| plan.rows.iter().filter(move |row| row.month == month);
    let line = |name: &str, now: (Need, Need), then: (Need, Need)| {
        format!(
            "| {} | {} | {} | {} | {} | {:.0} – {:.0} |\n",
            plain(name),
            now.0.hosts,
            now.1.hosts,
            then.0.hosts,
            then.1.hosts,
            then.0.usd_per_month,
            then.1.usd_per_month
        )
    };
    let mut all = [(Need::default(), Need::default()); 2];
    for (now, then) in plan.today.iter().zip(rows(last)) {
        let both = |row: &ClusterMonth| (row.p50, row.p95);
        let name = now.cluster.as_deref().unwrap_or("no cluster");
        text += &line(name, both(now), both(then));
        for (sum, row) in all.iter_mut().zip([now, then]) {
            *sum = (sum.0.plus(row.p50), sum.1.plus(row.p95));
        }
    }
    text + &line("all", all[0], all[1])
}
