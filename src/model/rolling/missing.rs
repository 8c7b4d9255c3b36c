//! An end that is reached with some new tasks still missing: perhaps before the last start.

use super::Rolling;
use super::joint::{Joint, Number};
use super::last_start::LastStart;
use super::outstanding::{Compatible, are_few};
use super::product::Product;

/// Totals of starts that are told apart; beyond, neighbours are taken together.
const TOTALS: usize = 16;

impl Rolling {
    /// Probability that the last start is yet to come at a point of the grid, and all new tasks
    /// but `missing` are healthy.
    ///
    /// # Formula
    /// P(S < d, S − M ≥ d − missing) with S starts, of which M are the last of a unit and not yet
    /// healthy: multiplied out for a few units, else M given S by its mean and variance.
    pub(super) fn chance_before_last_start(
        &self,
        last: &LastStart,
        missing: u32,
        by: usize,
    ) -> f64 {
        let fewest = last.target.saturating_sub(missing);
        let (mut base, mut most) = (0, 0);
        let units: Vec<(u32, u32, Compatible)> = last
            .kinds
            .iter()
            .map(|(table, size)| {
                let point = table.point(self, by);
                base += size * point.first;
                most += size * point.largest();
                let mut unit = Compatible {
                    plain: table.healthy(self, by).to_vec(),
                    ..Compatible::default()
                };
                unit.excused.extend(
                    point
                        .masses()
                        .iter()
                        .zip(&unit.plain)
                        .map(|(mass, plain)| mass - plain),
                );
                (*size, point.first, unit)
            })
            .collect();
        let totals = fewest.max(base)..last.target.min(most + 1);
        if totals.is_empty() {
            return 0.0;
        }
        if are_few(last.units()) {
            let mut product = Product::default();
            product.reset(totals.end - base, missing);
            for (size, _, unit) in &units {
                for _ in 0..*size {
                    product.multiply(&unit.plain, &unit.excused);
                }
            }
            return totals
                .map(|total| product.at(total - base, total - fewest))
                .sum();
        }
        let mut sum = Joint::default();
        for (size, first, unit) in &units {
            sum.add(f64::from(*size), *first, &unit.moments());
        }
        let beyond_base = Number {
            mean: sum.starts - f64::from(base),
            variance: sum.starts_variance,
        };
        let up_to = |total: u32| match total.checked_sub(base) {
            Some(beyond) => beyond_base.at_most(f64::from(beyond)),
            None => 0.0,
        };
        let stride = totals.len().div_ceil(TOTALS);
        let mut before = totals.start.checked_sub(1).map_or(0.0, up_to);
        let mut chance = 0.0;
        for from in totals.clone().step_by(stride) {
            let to = (from + u32::try_from(stride).unwrap_or(1)).min(totals.end) - 1;
            let so_far = up_to(to);
            let exactly = so_far - before;
            before = so_far;
            if exactly > 1e-12 {
                let total = f64::midpoint(f64::from(from), f64::from(to));
                let healthy = sum.marked_given(total);
                chance += exactly * healthy.at_most(total - f64::from(fewest));
            }
        }
        chance
    }
}
