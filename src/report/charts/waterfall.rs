//! Where the time of a deployment goes.

use super::super::svg::{Axis, Chart, Margins, Side, legend};
use super::super::words;
use super::{Figure, coordinate, row_middle, short};
use crate::explain::Waterfall;
use crate::scenario::Clock;
use crate::units::Seconds;

/// Contributions one after the other, up to the whole.
pub fn waterfall(waterfall: Option<&Waterfall>, clock: Clock) -> Figure {
    let Some(waterfall) = waterfall else {
        return Figure::nothing("The deployment is stuck: no time to divide.");
    };
    let mut bars: Vec<(String, String, Seconds)> = waterfall
        .contributions
        .iter()
        .filter(|one| one.share.with_lead(clock).0.abs() >= 0.5)
        .map(|one| {
            let name = format!("{} {}", short(&one.key), one.from);
            let tip = format!("{}: {} instead of {}", one.key, one.from, one.to);
            (name, tip, one.share.with_lead(clock))
        })
        .collect();
    if bars.is_empty() {
        return Figure::nothing("No single setting contributes a second or more.");
    }
    let remainder = waterfall.remainder.with_lead(clock);
    if remainder.0.abs() >= 0.5 {
        bars.push((
            "together".to_owned(),
            "of no setting alone (positive), or counted more than once (negative)".to_owned(),
            remainder,
        ));
    }
    let total = waterfall.total.with_lead(clock);
    let rows = bars.len() + 1;
    let names = bars.iter().map(|(name, ..)| name.clone());
    let names = names.chain(["whole deployment".to_owned()]).collect();
    let ends = bars.iter().scan(0.0, |end, (_, _, share)| {
        *end += share.minutes();
        Some(*end)
    });
    let ends: Vec<f64> = ends.chain([total.minutes()]).collect();
    let mut chart = Chart::new(
        "Where the time goes",
        60.0 + 26.0 * coordinate(rows),
        Margins {
            left: 270.0,
            right: 70.0,
        },
        Axis::from_zero("Lead plus clock [min]", ends.iter().copied()),
        Axis::of_names("Setting", names),
    );
    let mut bar = |row: usize, from: f64, to: f64, class: &str, tip: &str, said: Seconds| {
        let middle = row_middle(row, rows);
        chart.rectangle(class, [(from, middle + 0.36), (to, middle - 0.36)], tip);
        let label = if said.0 < 0.0 {
            format!("−{}", words::duration(Seconds(-said.0)))
        } else {
            words::duration(said)
        };
        chart.text(Side::Right, "value", (from.max(to), middle), &label);
    };
    let mut from = 0.0;
    for (row, (_, what, share)) in bars.iter().enumerate() {
        let to = ends[row];
        let class = if share.0 < 0.0 { "c-purple" } else { "c-blue" };
        let seconds = words::number(share.0.round());
        bar(
            row,
            from,
            to,
            class,
            &format!("{what}: {seconds} s"),
            *share,
        );
        from = to;
    }
    let tip = format!("whole deployment: {total}");
    bar(rows - 1, 0.0, total.minutes(), "c-ink", &tip, total);
    let entries = [
        (
            "c-blue",
            "the deployment would be this much shorter with the setting at its least",
        ),
        ("c-purple", "counted more than once"),
    ];
    let entries = if remainder.0 < 0.0 {
        &entries[..]
    } else {
        &entries[..1]
    };
    Figure::Drawn(chart.into_svg() + &legend(entries))
}
