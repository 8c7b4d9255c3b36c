//! A law from its distribution function at a few points.

use crate::model::law::Law;

/// Points at which the law is computed.
const POINTS: u32 = 40;

/// The last point that fulfils a condition and the first that does not.
pub(super) fn bisect(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> (f64, f64) {
    let enough = (high - low) * 1e-4;
    while high - low > enough {
        let middle = f64::midpoint(low, high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low, high)
}

/// The law on an interval from its distribution function.
pub(super) fn law_between(low: f64, high: f64, chance: impl Fn(f64) -> f64) -> Law {
    const SCAN: u32 = 12;
    let width = (high - low) / f64::from(SCAN);
    let (mut from, mut to) = (low, high);
    for i in 1..SCAN {
        let z = low + f64::from(i) * width;
        let p = chance(z);
        if p < 1e-8 {
            from = z;
        } else if p > 1.0 - 1e-7 {
            to = z;
            break;
        }
    }
    let step = (to - from) / f64::from(POINTS);
    let mut before = 0.0;
    let cells = (1..=POINTS).map(|i| {
        let up_to = if i == POINTS {
            1.0
        } else {
            chance(from + f64::from(i) * step).clamp(before, 1.0)
        };
        let mass = up_to - before;
        before = up_to;
        (from + (f64::from(i) - 0.5) * step, mass)
    });
    Law::from_points(cells, step)
}
