//! Mean time over minimum healthy and maximum percent.

use super::super::figures::{Cell, HeatMap};
use super::super::svg::{Axis, Chart, Margins, Side, legend};
use super::super::words;
use super::{Figure, coordinate, row_middle};

/// Shades from the fastest to the slowest.
const SHADES: [&str; 5] = ["h0", "h1", "h2", "h3", "h4"];

/// The map, with the plan's own cell framed.
pub fn heat(map: &HeatMap, chosen: Option<(u32, u32)>) -> Figure {
    let times = || map.cells.iter().flatten().filter_map(|cell| cell.time_s);
    let (low, high) = times().fold((f64::INFINITY, 0.0_f64), |(low, high), time| {
        (low.min(time.0), high.max(time.0))
    });
    if high - low < 1.0 || !low.is_finite() {
        let every = times().next();
        return Figure::Nothing(match every {
            Some(time) => format!("The percents make no difference here: always {time}."),
            None => "No percents get this deployment going.".to_owned(),
        });
    }
    let rows = map.minimum_healthy_percents.len();
    let names = |percents: &[u32]| percents.iter().map(u32::to_string).collect::<Vec<_>>();
    let mut chart = Chart::new(
        "Mean time over both percents",
        64.0 + (32.0 * coordinate(rows)).max(180.0),
        Margins {
            left: 72.0,
            right: 16.0,
        },
        Axis::of_names("Maximum percent [%]", names(&map.maximum_percents)),
        Axis::of_names(
            "Minimum healthy percent [%]",
            names(&map.minimum_healthy_percents),
        ),
    );
    let labelled = map.minimum_healthy_percents.iter().zip(&map.cells);
    for (row, (&minimum, cells)) in labelled.enumerate() {
        let middle = row_middle(row, rows);
        for (column, (&maximum, cell)) in map.maximum_percents.iter().zip(cells).enumerate() {
            let left = coordinate(column);
            let chosen = chosen == Some((minimum, maximum));
            let shade = shade(cell, low, high);
            let class = format!("{shade} cell{}", if chosen { " chosen" } else { "" });
            // The frame of the chosen one is inside of its cell.
            let inset = if chosen { 2.0 } else { 0.5 };
            let (aside, half) = (chart.units_x(inset), 0.5 - chart.units_y(inset));
            chart.rectangle(
                &class,
                [
                    (left + aside, middle + half),
                    (left + 1.0 - aside, middle - half),
                ],
                &tip(cell, minimum, maximum),
            );
            let text = cell.time_s.map_or_else(
                || "stuck".to_owned(),
                |time| format!("{:.1}", time.minutes()),
            );
            let class = format!("cell-text t-{shade}");
            chart.text(Side::Middle, &class, (left + 0.5, middle), &text);
        }
    }
    let span = |time: f64| words::duration(crate::units::Seconds(time));
    let legend = legend(&[
        (SHADES[0], &format!("fastest, {}", span(low))),
        (SHADES[4], &format!("slowest, {}", span(high))),
        ("stuck", "stuck"),
        ("frame", "recommended"),
    ]);
    Figure::Drawn(format!(
        "{}{legend}<p class=\"note\">In the cells: mean lead plus clock [min].</p>",
        chart.into_svg()
    ))
}

fn shade(cell: &Cell, low: f64, high: f64) -> &'static str {
    let Some(time) = cell.time_s else {
        return "stuck";
    };
    let part = (time.0 - low) / (high - low);
    let upper = [0.1, 0.3, 0.6, 0.85];
    let index = upper.iter().filter(|&&edge| part > edge).count();
    SHADES[index]
}

fn tip(cell: &Cell, minimum: u32, maximum: u32) -> String {
    let time = cell
        .time_s
        .map_or_else(|| "stuck".to_owned(), words::duration);
    let cost = cell
        .total_usd_per_month
        .map_or_else(String::new, |usd| format!(", {usd}/month"));
    format!(
        "{minimum}/{maximum}: {time}, at least {} healthy{cost}",
        cell.lower_bound
    )
}
