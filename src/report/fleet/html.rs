//! The report of a fleet as one page of HTML that asks no other host for anything.

use super::super::escape::html as escaped;
use super::super::page::{self, figure, note, paragraph, points, section};
use super::super::table::{Cell, Order, number, table, words as cell};
use super::super::words;
use super::decision::hours;
use super::{FleetReport, ServiceLine, Subtotal, charts};
use crate::fleet::ClusterPool;
use crate::fleet::yearly::{ClusterMonth, Need};
use crate::scenario::Grade;
use crate::units::Usd;

/// More services than these in a wave are counted and not named.
const MOST_NAMED: usize = 12;

/// The whole page.
#[must_use]
pub fn html(report: &FleetReport) -> String {
    let mut page = page::head("Deployments of a fleet");
    page += &decision(report);
    if report.services.is_empty() {
        page += &relaxed(report);
    } else {
        page += &waves(report);
        page += &by_team(report);
        page += &by_cluster(report);
        page += &by_service(report);
        page += &pools(report);
    }
    page += &section(
        "What other budgets would bring",
        &(figure(charts::budget(report))
            + &note(
                "Minutes of deployments × the weights of their services, lead included; each point is \
             a plan of the whole fleet within all its other limits.",
            )),
    );
    if !report.services.is_empty() {
        page += &yearly(report);
    }
    page += &assumptions(report);
    page + &page::foot()
}

fn decision(report: &FleetReport) -> String {
    let services = match report.services.len() {
        0 => String::new(),
        many => format!("{}; ", words::counted(many, "service")),
    };
    format!(
        "<div class=\"decision\"><h1>{}</h1>\n<p class=\"sub\">{}hours are those of one person who \
         waits for each deployment, lead included; dollars are beyond what serving costs{}. {}\
         </p></div>\n",
        escaped(&report.decision.line),
        escaped(&services),
        escaped(&spent(report)),
        escaped(&report.decision.proof)
    )
}

/// What the plan spends of the budget.
fn spent(report: &FleetReport) -> String {
    match report.budget_usd_per_month {
        Some(budget) if report.decision.to_hours_per_month.is_some() => {
            let usd = Usd(report.total.usd_per_month);
            format!(": {usd} of {} a month", Usd(budget))
        }
        _ => String::new(),
    }
}

fn relaxed(report: &FleetReport) -> String {
    let lines = report.relaxed.iter().map(|relaxed| {
        format!(
            "{}: {} instead of {} {}",
            relaxed.limit,
            words::number(relaxed.to),
            words::number(relaxed.from),
            relaxed.unit
        )
    });
    let told = points(lines);
    let body = if told.is_empty() {
        paragraph("No change of one limit alone makes a plan possible.")
    } else {
        paragraph("Each of these changes alone makes a plan possible, the smallest first:") + &told
    };
    section("What would have to give", &body)
}

fn waves(report: &FleetReport) -> String {
    let mut before = 0.0;
    let rows: Vec<Vec<Cell>> = (1_u32..)
        .zip(&report.waves)
        .map(|(index, wave)| {
            let share = wave.share_of_minutes - before;
            before = wave.share_of_minutes;
            vec![
                number(index.to_string(), Some(f64::from(index))),
                cell(named(&wave.services)),
                count(wave.saves_weighted_minutes),
                percent(share),
                percent(wave.share_of_minutes),
                signed(wave.usd_per_month),
            ]
        })
        .collect();
    let body = if rows.is_empty() {
        paragraph("No service changes.")
    } else {
        table(
            Order::Fixed,
            &[
                "Wave",
                "Services, those that bring the most first",
                "Saves [weighted min/month]",
                "Share",
                "So far",
                "USD/month",
            ],
            &rows,
            None,
        ) + &note("Dollars without the pools, which serve several services at once.")
    };
    section("In this order", &body)
}

fn named(services: &[String]) -> String {
    if services.len() <= MOST_NAMED {
        return services.join(", ");
    }
    format!(
        "{} and {} more",
        services[..MOST_NAMED].join(", "),
        services.len() - MOST_NAMED
    )
}

fn count(value: f64) -> Cell {
    number(format!("{value:.0}"), Some(value))
}

fn percent(share: f64) -> Cell {
    number(format!("{:.0}\u{a0}%", 100.0 * share), Some(share))
}

fn signed(usd: f64) -> Cell {
    let text = words::signed(Usd(usd));
    let bare = text.strip_suffix(" USD").unwrap_or(&text).to_owned();
    number(bare, Some(usd))
}

fn hours_cell(value: f64) -> Cell {
    number(hours(value), Some(value))
}

fn subtotal(name: &str, sum: &Subtotal) -> Vec<Cell> {
    let stuck = match sum.stuck {
        0 => String::new(),
        stuck => format!(", {stuck}\u{a0}stuck"),
    };
    vec![
        cell(name),
        number(
            format!("{} of {}{stuck}", sum.changing, sum.services),
            Some(f64::from(sum.changing)),
        ),
        hours_cell(sum.saves_hours_per_month),
        count(sum.saves_weighted_minutes),
        signed(sum.usd_per_month),
    ]
}

/// The columns of a subtotal, the first of them with its own name.
fn header(first: &'static str) -> Vec<&'static str> {
    vec![
        first,
        "Services that change",
        "Saves [h/month]",
        "Saves [weighted min/month]",
        "USD/month",
    ]
}

fn by_team(report: &FleetReport) -> String {
    let mut rows: Vec<Vec<Cell>> = report
        .teams
        .iter()
        .map(|team| subtotal(team.name.as_deref().unwrap_or("no\u{a0}team"), team))
        .collect();
    rows.push(subtotal("All\u{a0}services", &report.sum()));
    let last = rows.len() - 1;
    let body = table(Order::Fixed, &header("Team"), &rows, Some(last))
        + &note(&format!(
            "Without the pools of the clusters, {} a month, which the teams of a cluster share.",
            report.pools_usd_per_month()
        ));
    section("By team", &body)
}

fn by_cluster(report: &FleetReport) -> String {
    let pool_of = |name: Option<&str>| {
        let pools = report.cluster_pools.iter();
        pools
            .clone()
            .find(|pool| Some(pool.cluster.as_str()) == name)
    };
    let with_pool = |mut row: Vec<Cell>, pool: Option<&ClusterPool>, usd: f64| {
        let hosts = pool.map(|pool| f64::from(pool.extra_hosts));
        let of = pool.map_or_else(String::new, |pool| {
            let most = pool.extra_hosts_max;
            let most = most.map_or_else(String::new, |most| format!(" of {most}"));
            format!("{}{most}", pool.extra_hosts)
        });
        let cost = pool.map_or(0.0, |pool| pool.usd_per_month);
        row.push(number(of, hosts));
        row.push(signed(cost));
        row.push(signed(usd + cost));
        row
    };
    let mut rows: Vec<Vec<Cell>> = report
        .clusters
        .iter()
        .map(|cluster| {
            let name = cluster.name.as_deref();
            let row = subtotal(name.unwrap_or("no\u{a0}cluster"), cluster);
            with_pool(row, pool_of(name), cluster.usd_per_month)
        })
        .collect();
    let sum = report.sum();
    let mut all = subtotal("All\u{a0}clusters", &sum);
    let hosts: u32 = report
        .cluster_pools
        .iter()
        .map(|pool| pool.extra_hosts)
        .sum();
    let pools = report.pools_usd_per_month().0;
    all.push(number(hosts.to_string(), Some(f64::from(hosts))));
    all.push(signed(pools));
    all.push(signed(sum.usd_per_month + pools));
    rows.push(all);
    let last = rows.len() - 1;
    let mut head = header("Cluster");
    head.extend(["Pool [hosts]", "Pool [USD/month]", "In all [USD/month]"]);
    section("By cluster", &table(Order::Fixed, &head, &rows, Some(last)))
}

fn by_service(report: &FleetReport) -> String {
    let rows: Vec<Vec<Cell>> = report.services.iter().map(service).collect();
    let body = table(
        Order::Sortable,
        &[
            "Service",
            "Team",
            "Cluster",
            "Wave",
            "Today [min]",
            "Then [min]",
            "Saves [h/month]",
            "USD/month",
            "Plan",
        ],
        &rows,
        None,
    );
    let note = note(
        "Minutes of one deployment, lead included. A plan reads minimum healthy/maximum percent \
         and the hosts it adds.",
    );
    section("By service", &(body + &note))
}

fn service(line: &ServiceLine) -> Vec<Cell> {
    let chosen = &line.chosen;
    let minutes = |seconds: crate::units::Seconds| {
        let minutes = seconds.minutes();
        number(format!("{minutes:.1}"), Some(minutes))
    };
    vec![
        cell(&chosen.service),
        cell(chosen.team.as_deref().unwrap_or("–")),
        cell(chosen.cluster.as_deref().unwrap_or("–")),
        number(
            line.wave
                .map_or_else(|| "–".to_owned(), |wave| wave.to_string()),
            line.wave.map(f64::from),
        ),
        chosen.from_s.map_or_else(|| number("stuck", None), minutes),
        minutes(chosen.to_s),
        line.saves_hours_per_month
            .map_or_else(|| number("–", None), hours_cell),
        signed(chosen.usd_per_month),
        cell(chosen.settings()),
    ]
}

fn pools(report: &FleetReport) -> String {
    let mut body = figure(charts::pools(report));
    let rows: Vec<Vec<Cell>> = report
        .spot_pools
        .iter()
        .map(|pool| {
            let most = pool.spot_hosts_max;
            vec![
                cell(&pool.pool),
                number(
                    pool.spot_hosts.to_string(),
                    Some(f64::from(pool.spot_hosts)),
                ),
                number(
                    most.map_or_else(|| "not limited".to_owned(), |most| most.to_string()),
                    most.map(f64::from),
                ),
            ]
        })
        .collect();
    if !rows.is_empty() {
        body += "<h3>Pools of spot hosts</h3>\n";
        body += &table(
            Order::Fixed,
            &["Pool", "Used [hosts]", "At most"],
            &rows,
            None,
        );
    }
    section("Pools over windows", &body)
}

fn yearly(report: &FleetReport) -> String {
    let mut body = figure(charts::months(report));
    let Some(plan) = &report.yearly else {
        return section("The months ahead", &body);
    };
    let need = |need: &Need| {
        let usd = need.usd_per_month;
        [
            number(need.hosts.to_string(), Some(f64::from(need.hosts))),
            cell(format!(
                "{} / {} / {}",
                need.committed, need.on_demand, need.spot
            )),
            number(format!("{usd:.0}"), Some(usd)),
        ]
    };
    let row = |row: &ClusterMonth| {
        let month = match row.month {
            0 => "today".to_owned(),
            month => month.to_string(),
        };
        let mut cells = vec![
            number(month, Some(f64::from(row.month))),
            cell(row.cluster.as_deref().unwrap_or("no\u{a0}cluster")),
        ];
        cells.extend(need(&row.p50));
        cells.extend(need(&row.p95));
        cells
    };
    let rows: Vec<Vec<Cell>> = plan.today.iter().chain(&plan.rows).map(row).collect();
    body += &table(
        Order::Sortable,
        &[
            "Month",
            "Cluster",
            "p50 [hosts]",
            "committed / on demand / spot",
            "p50 [USD/month]",
            "p95 [hosts]",
            "committed / on demand / spot",
            "p95 [USD/month]",
        ],
        &rows,
        None,
    );
    body += &note(
        "Today's hosts × (1 + growth)^(month/12), rounded up for each kind of host of a cluster; \
         for the p95 × the peak factor. Committed hosts are used first; spot beyond its pool is on demand. \
         Hosts are those that serve, those that the plan keeps standing and the pools; dollars \
         also hold what deployments cost. Everything is at list price.",
    );
    section("The months ahead", &body)
}

fn assumptions(report: &FleetReport) -> String {
    let rows: Vec<Vec<Cell>> = report
        .assumptions
        .iter()
        .map(|one| {
            let told = &one.assumption;
            let whose = if one.services.is_empty() {
                "the fleet".to_owned()
            } else {
                named(&one.services)
            };
            vec![
                cell(&told.key),
                cell(format!("{}: {}", told.value, told.why)),
                cell(whose),
            ]
        })
        .collect();
    let body = if rows.is_empty() {
        paragraph("Nothing had to be assumed.")
    } else {
        paragraph("Everything that is not listed here is stated by the fleet or its services.")
            + &table(Order::Sortable, &["Input", "Taken", "For"], &rows, None)
    };
    let graded = report.graded.iter().map(|graded| {
        let grade = match graded.grade {
            Grade::Measured => "measured",
            Grade::Imported => "imported",
            Grade::Assumed => "assumed",
        };
        let services = words::counted(graded.services, "service");
        format!(
            "{} of {services} {grade}",
            words::counted(graded.values, "value")
        )
    });
    section("What is assumed", &(body + &points(graded)))
}
