//! Mean time over minimum healthy and maximum percent.

use std::ops::Range;

use super::super::figures::{Cell, HeatMap};
use super::super::svg::{Axis, Chart, Margins, Screen, Side, for_screens, legend};
use super::super::words;
use super::{Figure, coordinate, row_middle};

/// Shades from the fastest to the slowest.
const SHADES: [&str; 5] = ["h0", "h1", "h2", "h3", "h4"];

/// How wide a character of a cell's text is, in units of the drawing.
const CHARACTER: f64 = 6.6;

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
    let drawn = for_screens(|screen| {
        let height = 64.0 + (32.0 * coordinate(rows)).max(180.0);
        let margins = match screen {
            Screen::Wide => Margins {
                left: 72.0,
                right: 16.0,
            },
            Screen::Narrow => Margins {
                left: 48.0,
                right: 4.0,
            },
        };
        let x = Axis::of_names("Maximum percent [%]", names(&map.maximum_percents));
        let y = Axis::of_names(
            "Minimum healthy percent [%]",
            names(&map.minimum_healthy_percents),
        );
        let title = "Mean time over both percents";
        let mut chart = Chart::new(screen, title, height, margins, (x, y));
        fill(&mut chart, map, chosen, low..high);
        chart
    });
    let span = |time: f64| words::duration(crate::units::Seconds(time));
    let legend = legend(&[
        (SHADES[0], &format!("fastest, {}", span(low))),
        (SHADES[4], &format!("slowest, {}", span(high))),
        ("stuck", "stuck"),
        ("frame", "recommended"),
    ]);
    Figure::Drawn(format!(
        "{drawn}{legend}<p class=\"note\">In the cells: mean lead plus clock [min].</p>"
    ))
}

/// Draws the cells, each with its time as far as there is place for it.
fn fill(chart: &mut Chart, map: &HeatMap, chosen: Option<(u32, u32)>, times: Range<f64>) {
    let rows = map.minimum_healthy_percents.len();
    let labelled = map.minimum_healthy_percents.iter().zip(&map.cells);
    for (row, (&minimum, cells)) in labelled.enumerate() {
        let middle = row_middle(row, rows);
        for (column, (&maximum, cell)) in map.maximum_percents.iter().zip(cells).enumerate() {
            let left = coordinate(column);
            let chosen = chosen == Some((minimum, maximum));
            let shade = shade(cell, &times);
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
            let fits = |text: &str| {
                let units = CHARACTER * coordinate(text.chars().count());
                chart.units_x(units) < 0.9
            };
            let class = format!("cell-text t-{shade}");
            if let Some(text) = texts(cell).into_iter().find(|text| fits(text)) {
                chart.text(Side::Middle, &class, (left + 0.5, middle), &text);
            }
        }
    }
}

/// What a cell would say, the longest first \[min\].
fn texts(cell: &Cell) -> [String; 2] {
    match cell.time_s {
        None => ["stuck", "–"].map(str::to_owned),
        Some(time) => [1, 0].map(|decimals| format!("{:.decimals$}", time.minutes())),
    }
}

fn shade(cell: &Cell, times: &Range<f64>) -> &'static str {
    let Some(time) = cell.time_s else {
        return "stuck";
    };
    let part = (time.0 - times.start) / (times.end - times.start);
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
