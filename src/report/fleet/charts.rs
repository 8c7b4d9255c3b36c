//! The charts of a fleet's report. A chart that would say nothing is a sentence instead.

use super::super::charts::{Figure, coordinate};
use super::super::svg::{Axis, Chart, Margins, Rows, Screen, for_screens, legend};
use super::super::words;
use super::FleetReport;
use crate::fleet::yearly::Need;
use crate::units::Usd;

/// What the windows need of each cluster's pool, and what the pool may hold.
pub fn pools(report: &FleetReport) -> Figure {
    let rows: Vec<(String, u32, Option<u32>)> = report
        .cluster_pools
        .iter()
        .flat_map(|pool| {
            pool.windows.iter().map(|(window, hosts)| {
                let name = match window.as_str() {
                    "any" => format!("{}, any time", pool.cluster),
                    window => format!("{}, {window}", pool.cluster),
                };
                (name, *hosts, pool.extra_hosts_max)
            })
        })
        .collect();
    if rows.is_empty() {
        return Figure::nothing("The plan keeps no pool in any cluster.");
    }
    let most = rows.iter().flat_map(|row| [Some(row.1), row.2]);
    let most = most.flatten().max().unwrap_or(0);
    let drawn = for_screens(|screen| {
        let x = Axis::of_counts("Hosts of the pool [hosts]", most);
        let named = Rows {
            title: "Window",
            names: rows.iter().map(|row| short_name(&row.0)).collect(),
            height: 30.0,
            margins: Margins {
                left: 190.0,
                right: 60.0,
            },
        };
        let mut chart = Chart::of_rows(screen, "Hosts of the pools over windows", x, &named);
        for (index, (name, hosts, limit)) in rows.iter().enumerate() {
            let needed = f64::from(*hosts);
            let limited = limit.map_or_else(
                || "not limited".to_owned(),
                |most| format!("at most {most}"),
            );
            let tip = format!("{name}: {hosts} hosts; the pool holds {limited}");
            chart.bar(index, "c-blue", [0.0, needed], &tip);
            chart.label(index, needed, &hosts.to_string());
            if let Some(most) = limit {
                let tip = format!("{name}: at most {most} hosts");
                chart.across(index, "s-vermillion", f64::from(*most), &tip);
            }
        }
        chart
    });
    let entries = [
        ("c-blue", "needed in the window"),
        ("c-vermillion", "the most that the pool may hold"),
    ];
    Figure::Drawn(drawn + &legend(&entries))
}

/// A name that fits beside a chart.
fn short_name(name: &str) -> String {
    const MOST: usize = 24;
    if name.chars().count() <= MOST {
        return name.to_owned();
    }
    let cut: String = name.chars().take(MOST - 1).collect();
    format!("{cut}…")
}

/// A share of the minutes that is not worth showing what it costs.
const LITTLE: f64 = 0.01;

/// The fewest weighted minutes for every budget.
pub fn budget(report: &FleetReport) -> Figure {
    let curve: Vec<(f64, f64)> = report
        .budget_curve
        .iter()
        .filter_map(|point| Some((point.budget, point.weighted_minutes?)))
        .collect();
    let Some((&(_, best), &(first, most_minutes))) = curve.last().zip(curve.first()) else {
        return Figure::nothing("No budget makes a plan possible within the other limits.");
    };
    // Once next to nothing more is won, more budget is not worth the paper.
    let enough = |(_, minutes): &(f64, f64)| *minutes <= best * (1.0 + LITTLE) + 1e-9;
    let last = curve.iter().position(enough).unwrap_or(curve.len() - 1);
    let reached = curve[last].0;
    let budget = report.budget_usd_per_month;
    let shown: Vec<(f64, f64)> = curve[..curve.len().min(last + 2)].to_vec();
    if shown.len() < 2 || most_minutes <= best * (1.0 + LITTLE) {
        return Figure::nothing("More budget does not shorten any deployment.");
    }
    let plan = (
        report.total.usd_per_month,
        report.total.weighted_minutes_per_month,
    );
    let today = (
        report.today.usd_per_month,
        report.today.weighted_minutes_per_month,
    );
    let x: Vec<f64> = shown
        .iter()
        .map(|point| point.0)
        .chain(budget)
        .chain([plan.0, today.0, first])
        .collect();
    let y: Vec<f64> = shown
        .iter()
        .map(|point| point.1)
        .chain([plan.1, today.1])
        .collect();
    // What a smaller budget buys stays bought until a larger one buys more.
    let mut steps = Vec::with_capacity(2 * shown.len());
    for pair in shown.windows(2) {
        steps.extend([pair[0], (pair[1].0, pair[0].1)]);
    }
    steps.extend(shown.last());
    let point = |name: &str, (usd, minutes): (f64, f64)| {
        format!("{name}: {}, {minutes:.0} weighted min a month", Usd(usd))
    };
    let drawn = for_screens(|screen| {
        let margins = Margins {
            left: 78.0,
            right: 24.0,
        };
        let x = Axis::around("Budget beyond serving [USD/month]", x.iter().copied());
        let y = Axis::from_zero("Weighted minutes [min/month]", y.iter().copied());
        let title = "Weighted minutes over the budget";
        let mut chart = Chart::new(screen, title, 330.0, margins, (x, y));
        chart.line("s-blue", &steps, "");
        for (budget, minutes) in &shown {
            let tip = format!("{}: {minutes:.0} weighted min a month", Usd(*budget));
            chart.dot("c-blue", (*budget, *minutes), 3.5, &tip);
        }
        if let Some(budget) = budget {
            let ends = [(budget, chart.bottom_y()), (budget, chart.top_y())];
            let tip = format!("the budget of the fleet: {}", Usd(budget));
            chart.line("s-ink dashed", &ends, &tip);
        }
        chart.dot("c-vermillion", today, 7.0, &point("as it stands", today));
        chart.dot("ring", plan, 9.0, &point("the plan", plan));
        chart
    });
    let entries = [
        ("c-blue", "fewest minutes for a budget"),
        ("ring", "the plan"),
        ("c-vermillion", "as it stands, stuck services left out"),
        ("c-ink", "the fleet's budget (dashed)"),
    ];
    let entries = if budget.is_some() {
        &entries[..]
    } else {
        &entries[..3]
    };
    Figure::Drawn(format!(
        "{drawn}{}<p class=\"note\">A budget above {} wins less than 1 % of the minutes more.</p>",
        legend(entries),
        Usd(reached)
    ))
}

/// Hosts of all clusters over the months: at the p95 of the load, with those of the median.
pub fn months(report: &FleetReport) -> Figure {
    let Some(plan) = &report.yearly else {
        return Figure::nothing(
            "No growth is stated: give [plan] with months, growth_percent_per_year and \
             peak_factor in the fleet's file for hosts and dollars month by month.",
        );
    };
    let months: Vec<(Need, Need)> = (1..=plan.growth.months)
        .map(|month| {
            let rows = plan.rows.iter().filter(|row| row.month == month);
            rows.fold((Need::default(), Need::default()), |all, row| {
                (all.0.plus(row.p50), all.1.plus(row.p95))
            })
        })
        .collect();
    let most = months.iter().map(|(_, p95)| p95.hosts).max().unwrap_or(0);
    if most == 0 {
        return Figure::nothing("The services run on no hosts of their own.");
    }
    let drawn = for_screens(|screen| {
        let every = match (screen, plan.growth.months) {
            (_, 25..) => 12,
            (Screen::Narrow, 13..) => 3,
            _ => 1,
        };
        let name = |month: u32| match month % every {
            0 => month.to_string(),
            _ => String::new(),
        };
        let margins = Margins {
            left: 64.0,
            right: 16.0,
        };
        let names = (1..=plan.growth.months).map(name).collect();
        let x = Axis::of_names("Month [months from now]", names);
        let y = Axis::of_counts("Hosts [hosts]", most);
        let title = "Hosts of all clusters over the months";
        let mut chart = Chart::new(screen, title, 300.0, margins, (x, y));
        fill(&mut chart, &months);
        chart
    });
    let used = |of: fn(&Need) -> u32| months.iter().any(|(_, p95)| of(p95) > 0);
    let entries: Vec<(&str, &str)> = [
        (used(|need| need.committed), "c-green", "committed, p95"),
        (used(|need| need.on_demand), "c-blue", "on demand, p95"),
        (used(|need| need.spot), "c-orange", "spot, p95"),
        (true, "c-ink", "all at the median of the load (dashed)"),
    ]
    .into_iter()
    .filter_map(|(used, class, name)| used.then_some((class, name)))
    .collect();
    let growth = words::number(plan.growth.growth_percent_per_year);
    let peak = words::number(plan.growth.peak_factor);
    Figure::Drawn(format!(
        "{drawn}{}<p class=\"note\">Growth of {growth} % in a year; the p95 of the load is {peak} times its median.</p>",
        legend(&entries)
    ))
}

/// Draws the hosts of each month at the p95 of the load, with those at its median.
fn fill(chart: &mut Chart, months: &[(Need, Need)]) {
    let mut middles = Vec::new();
    for (index, (p50, p95)) in months.iter().enumerate() {
        let left = coordinate(index);
        let mut from = 0_u32;
        for (class, name, hosts) in [
            ("c-green", "committed", p95.committed),
            ("c-blue", "on demand", p95.on_demand),
            ("c-orange", "spot", p95.spot),
        ] {
            if hosts > 0 {
                let (low, high) = (f64::from(from), f64::from(from + hosts));
                let tip = format!(
                    "month {}, p95 of the load: {hosts} {name} of {} hosts, {} a month",
                    index + 1,
                    p95.hosts,
                    Usd(p95.usd_per_month)
                );
                chart.rectangle(class, [(left + 0.12, high), (left + 0.88, low)], &tip);
            }
            from += hosts;
        }
        middles.push((left + 0.5, f64::from(p50.hosts), *p50));
    }
    let line: Vec<(f64, f64)> = middles.iter().map(|(x, y, _)| (*x, *y)).collect();
    chart.line("s-ink dashed", &line, "");
    for (index, (x, y, need)) in middles.iter().enumerate() {
        let tip = format!(
            "month {}, median of the load: {} hosts, {} a month",
            index + 1,
            need.hosts,
            Usd(need.usd_per_month)
        );
        chart.dot("c-ink", (*x, *y), 3.5, &tip);
    }
}
