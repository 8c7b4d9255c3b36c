//! An end that is reached with some new tasks still missing: perhaps before the last start.

use super::joint::{Joint, Number};
use super::mixture::{Compatible, MULTIPLIED_OUT, Mixture};
use super::short::sum_through;
use super::{End, Kind, Rolling};
use crate::model::counts::{Counts, Product};

impl Rolling {
    /// Probability that the last start is yet to come at `z`, and all new tasks but `missing` are
    /// healthy.
    ///
    /// # Formula
    /// P(S < d, S − M ≥ d − missing) with S starts, of which M are the last of a unit and not yet
    /// healthy: multiplied out for a few units, else M given S by its mean and variance.
    pub(super) fn chance_before_last_start(&self, mixture: &Mixture, missing: u32, z: f64) -> f64 {
        let least = mixture.target.saturating_sub(missing);
        let units: Vec<(u32, u32, Compatible)> = mixture
            .groups
            .iter()
            .map(|&(kind, size)| {
                let counts = self.counts(kind, z);
                (size, counts.first, self.not_yet_healthy(kind, &counts, z))
            })
            .collect();
        let base: u32 = units.iter().map(|(size, first, _)| size * first).sum();
        let totals = least.max(base)..mixture.target;
        if units.iter().map(|unit| unit.0).sum::<u32>() <= MULTIPLIED_OUT {
            let mut product = Product::one(base, mixture.target.max(base), missing as usize);
            for (size, _, unit) in &units {
                for _ in 0..*size {
                    product.multiply(&unit.plain, &unit.excused);
                }
            }
            return totals
                .map(|total| product.at(total, (total - least) as usize))
                .sum();
        }
        let mut sum = Joint::default();
        for (size, first, unit) in &units {
            sum.add(*size, *first, &unit.tilted(0..unit.plain.len(), 1.0));
        }
        let beyond_base = Number {
            mean: sum.starts - f64::from(base),
            variance: sum.starts_variance,
        };
        totals
            .map(|total| {
                let fewer = match total.checked_sub(base + 1) {
                    Some(below) => beyond_base.at_most(below),
                    None => 0.0,
                };
                let exactly = beyond_base.at_most(total - base) - fewer;
                exactly * sum.marked_given(f64::from(total)).at_most(total - least)
            })
            .sum()
    }

    /// A unit's counts of starts at a moment, those marked of which the last is not yet healthy.
    pub(super) fn not_yet_healthy(&self, kind: Kind, counts: &Counts, at: f64) -> Compatible {
        let mut unit = Compatible::default();
        for (n, &mass) in (counts.first..).zip(&counts.mass) {
            let marked = if n == 0 {
                0.0
            } else {
                let issue = self.issue(kind, n);
                let begun = if n <= kind.begun() {
                    1.0
                } else {
                    issue.smooth_cdf(at)
                };
                let healthy = self.chain(kind, n, End::HealthyBut(0));
                (begun - sum_through(healthy, at, &issue)).clamp(0.0, mass)
            };
            unit.excused.push(marked);
            unit.plain.push(mass - marked);
        }
        unit
    }
}
