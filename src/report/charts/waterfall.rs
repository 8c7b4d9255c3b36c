//! Where the time of a deployment goes.

use super::super::svg::{Axis, Chart, Margins, Rows, for_screens, legend};
use super::super::words;
use super::{Figure, short};
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
    let names = bars.iter().map(|(name, ..)| name.clone());
    let names: Vec<String> = names.chain(["whole deployment".to_owned()]).collect();
    let ends = bars.iter().scan(0.0, |end, (_, _, share)| {
        *end += share.minutes();
        Some(*end)
    });
    let ends: Vec<f64> = ends.chain([total.minutes()]).collect();
    let drawn = for_screens(|screen| {
        let x = Axis::from_zero("Lead plus clock [min]", ends.iter().copied());
        let rows = Rows {
            title: "Setting",
            names: names.clone(),
            height: 26.0,
            margins: Margins {
                left: 270.0,
                right: 70.0,
            },
        };
        let mut chart = Chart::of_rows(screen, "Where the time goes", x, &rows);
        let mut from = 0.0;
        for (row, (_, what, share)) in bars.iter().enumerate() {
            let to = ends[row];
            let class = if share.0 < 0.0 { "c-purple" } else { "c-blue" };
            let tip = format!("{what}: {} s", words::number(share.0.round()));
            chart.bar(row, class, [from, to], &tip);
            chart.label(row, from.max(to), &signed(*share));
            from = to;
        }
        let tip = format!("whole deployment: {total}");
        chart.bar(bars.len(), "c-ink", [0.0, total.minutes()], &tip);
        chart.label(bars.len(), total.minutes(), &signed(total));
        chart
    });
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
    Figure::Drawn(drawn + &legend(entries))
}

/// A duration with a sign where it is negative.
fn signed(share: Seconds) -> String {
    if share.0 < 0.0 {
        format!("−{}", words::duration(Seconds(-share.0)))
    } else {
        words::duration(share)
    }
}
