//! Starts and marks of a sum of units: their moments, and the number of marks given the starts.

use statrs::function::beta::checked_beta_reg;

/// Starts and marks of one unit, or of a sum of independent ones: first and second moments.
#[derive(Default)]
pub(super) struct Joint {
    /// Total of what the moments were taken of.
    pub(super) weight: f64,
    pub(super) starts: f64,
    pub(super) starts_variance: f64,
    pub(super) marked: f64,
    pub(super) marked_variance: f64,
    pub(super) covariance: f64,
}

impl Joint {
    /// So many units more, each with these moments beyond its first count.
    pub(super) fn add(&mut self, units: u32, first: u32, one: &Self) {
        let units = f64::from(units);
        self.starts += units * (f64::from(first) + one.starts);
        self.starts_variance += units * one.starts_variance;
        self.marked += units * one.marked;
        self.marked_variance += units * one.marked_variance;
        self.covariance += units * one.covariance;
    }

    /// The number of marked units, given the total of starts: by linear regression.
    pub(super) fn marked_given(&self, starts: f64) -> Number {
        let slope = if self.starts_variance > 1e-12 {
            self.covariance / self.starts_variance
        } else {
            0.0
        };
        Number {
            mean: self.marked + slope * (starts - self.starts),
            variance: self.marked_variance - slope * self.covariance,
        }
    }
}

/// A random number of units, by its mean and variance.
#[derive(Clone, Copy)]
pub(super) struct Number {
    pub(super) mean: f64,
    pub(super) variance: f64,
}

impl Number {
    /// Probability of at most `limit`.
    ///
    /// # Formula
    /// As a binomial number with this mean and variance, its number of trials n = mean / p with
    /// 1 − p = variance / mean not necessarily whole: the regularised incomplete beta function
    /// `I₁₋ₚ(n − limit, limit + 1)`.
    pub(super) fn at_most(self, limit: u32) -> f64 {
        let limit = f64::from(limit);
        if self.mean <= 0.0 {
            return 1.0;
        }
        let p = (1.0 - self.variance / self.mean).clamp(1e-6, 1.0);
        let trials = self.mean / p;
        if trials <= limit {
            return 1.0;
        }
        checked_beta_reg(trials - limit, limit + 1.0, 1.0 - p).unwrap_or(0.0)
    }
}
