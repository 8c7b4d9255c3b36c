//! The largest levers, and what the assumptions could change.

use std::collections::HashSet;

use super::super::svg::{Axis, Chart, Margins, Rows, for_screens, legend};
use super::super::words;
use super::{Figure, short};
use crate::explain::{Explanation, LeverKind};
use crate::scenario::Clock;
use crate::units::Seconds;

/// As many bars as a reader takes in at once.
const MOST: usize = 10;

/// Smaller changes are no bar \[s\].
const LEAST: f64 = 1.0;

/// Bars to the left shorten a deployment, bars to the right lengthen it; the largest at the top.
pub fn tornado(explanation: &Explanation, clock: Clock) -> Figure {
    let levers = explanation.levers.iter().map(|lever| {
        let class = match lever.kind {
            LeverKind::Setting => "c-blue",
            LeverKind::Application => "c-sky",
            LeverKind::Money => "c-orange",
        };
        let name = format!("{}: {} → {}", short(&lever.key), lever.from, lever.to);
        let change = Seconds(-lever.saves.with_lead(clock).0);
        (
            class,
            name,
            change,
            format!("{}; {}", lever.key, lever.caution),
        )
    });
    let effects = explanation.effects.iter().filter_map(|effect| {
        let change = effect.difference?.with_lead(clock);
        let name = format!(
            "{}: {} → {}",
            short(&effect.key),
            effect.assumed,
            effect.instead
        );
        Some((
            "c-purple",
            name,
            change,
            format!("{}, an assumption", effect.key),
        ))
    });
    let mut bars: Vec<(&str, String, Seconds, String)> = levers
        .chain(effects)
        .filter(|(_, _, change, _)| change.0.abs() >= LEAST)
        .collect();
    // What is tried as a lever and as another value of an assumption is one bar.
    let mut names = HashSet::new();
    bars.retain(|(_, name, ..)| names.insert(name.clone()));
    bars.sort_by(|a, b| b.2.0.abs().total_cmp(&a.2.0.abs()));
    bars.truncate(MOST);
    if bars.is_empty() {
        return Figure::nothing(
            "No single change of a setting or an assumption matters by a second.",
        );
    }
    let minutes: Vec<f64> = bars.iter().map(|bar| bar.2.minutes()).collect();
    let drawn = for_screens(|screen| {
        let x = Axis::from_zero("Change of lead plus clock [min]", minutes.iter().copied());
        let rows = Rows {
            title: "Change",
            names: bars.iter().map(|bar| cut(&bar.1)).collect(),
            height: 28.0,
            margins: Margins {
                left: 330.0,
                right: 56.0,
            },
        };
        let mut chart = Chart::of_rows(screen, "The largest levers", x, &rows);
        for (row, (class, name, change, about)) in bars.iter().enumerate() {
            let end = change.minutes();
            let size = words::duration(Seconds(change.0.abs()));
            let said = format!("{}{size}", if change.0 < 0.0 { "−" } else { "+" });
            let tip = format!("{name}: {said} ({about})");
            chart.bar(row, class, [0.0, end], &tip);
            chart.label(row, end.max(0.0), &said);
        }
        chart
    });
    let entries = [
        ("c-blue", "setting"),
        ("c-sky", "application"),
        ("c-orange", "money"),
        ("c-purple", "another value of an assumption"),
    ];
    let used: Vec<(&str, &str)> = entries
        .into_iter()
        .filter(|(class, _)| bars.iter().any(|bar| bar.0 == *class))
        .collect();
    Figure::Drawn(drawn + &legend(&used))
}

/// A name that fits beside its bar.
fn cut(name: &str) -> String {
    const MOST: usize = 44;
    if name.chars().count() <= MOST {
        return name.to_owned();
    }
    let start: String = name.chars().take(MOST - 1).collect();
    start + "…"
}
