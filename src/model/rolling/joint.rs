//! Starts and marks of a sum of units: their moments, and the number of marks given the starts.

use crate::model::normal;

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
    /// Of one unit, from sums of the chances of its counts: of all, times the starts and their
    /// squares, of those with a mark and times the starts.
    pub(super) fn of(all: f64, [first, second]: [f64; 2], marked: [f64; 2]) -> Self {
        let each = 1.0 / all;
        let (starts, share) = (first * each, marked[0] * each);
        Self {
            weight: all,
            starts,
            starts_variance: second * each - starts * starts,
            marked: share,
            marked_variance: share * (1.0 - share),
            covariance: marked[1] * each - starts * share,
        }
    }

    /// So many units more, each with these moments beyond its first count.
    pub(super) fn add(&mut self, units: f64, first: u32, one: &Self) {
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

/// Sums over the counts of one unit, of their chances unmarked and marked, each times a weight.
#[derive(Default)]
pub(super) struct Sums {
    n: f64,
    all: f64,
    first: f64,
    second: f64,
    marked: f64,
    marked_first: f64,
}

impl Sums {
    /// The next count.
    pub(super) fn add(&mut self, plain: f64, excused: f64, each: f64) {
        let mark = excused * each;
        let weight = plain * each + mark;
        let first = weight * self.n;
        self.all += weight;
        self.first += first;
        self.second += first * self.n;
        self.marked += mark;
        self.marked_first += mark * self.n;
        self.n += 1.0;
    }

    /// Starts and marks of the unit.
    pub(super) fn joint(&self) -> Joint {
        Joint::of(
            self.all,
            [self.first, self.second],
            [self.marked, self.marked_first],
        )
    }
}

/// A random number of units, by its mean and variance.
#[derive(Clone, Copy)]
pub(super) struct Number {
    pub(super) mean: f64,
    pub(super) variance: f64,
}

impl Number {
    /// Of groups of so many units, each marked with a probability of its own.
    pub(super) fn of(groups: impl Iterator<Item = (u32, f64)>) -> Self {
        let (mut mean, mut variance) = (0.0, 0.0);
        for (size, share) in groups {
            mean += f64::from(size) * share;
            variance += f64::from(size) * share * (1.0 - share);
        }
        Self { mean, variance }
    }

    /// Probability of at most `limit`.
    ///
    /// # Formula
    /// As a binomial number with this mean and variance, its number of trials n = mean / p with
    /// 1 − p = variance / mean not necessarily whole, by Peizer and Pratt's normal approximation,
    /// which is close for few trials too.
    pub(super) fn at_most(self, limit: f64) -> f64 {
        if self.mean <= 0.0 {
            return 1.0;
        }
        if self.is_far_from(limit) {
            return if limit + 0.5 > self.mean { 1.0 } else { 0.0 };
        }
        let q = (self.variance / self.mean).clamp(1e-6, 1.0 - 1e-6);
        let p = 1.0 - q;
        let trials = self.mean / p;
        let left = trials - limit;
        if left <= CERTAIN {
            return 1.0;
        }
        let off = limit + 2.0 / 3.0 - (trials + 1.0 / 3.0) * p
            + 0.02 * (q / (limit + 1.0) - p / left.max(0.5) + (q - 0.5) / (trials + 1.0));
        let low = bend((limit + 0.5) / (trials * p));
        let high = bend((left - 0.5).max(0.0) / (trials * q));
        let spread = (1.0 + q * low + p * high) / ((trials + 1.0 / 6.0) * p * q);
        normal::below(off * spread.max(0.0).sqrt())
    }

    /// Whether it is surely more, or surely at most `limit`.
    pub(super) fn is_far_from(self, limit: f64) -> bool {
        let off = limit + 0.5 - self.mean;
        off * off > FAR * (self.variance.max(0.0) + off.abs() / 3.0)
    }

    /// Probability of at most `limit`, where a random one of the units counted is known to be one.
    ///
    /// # Formula
    /// E\[M; M ≤ limit\] / E M; of a binomial number the others are one with a trial less.
    pub(super) fn at_most_with_one(self, limit: f64) -> f64 {
        if self.mean <= 0.0 {
            return 1.0;
        }
        if limit < 1.0 {
            return 0.0;
        }
        let share = (1.0 - self.variance / self.mean).clamp(0.0, 1.0);
        let others = Self {
            mean: (self.mean - share).max(0.0),
            variance: (self.variance - share * (1.0 - share)).max(0.0),
        };
        others.at_most(limit - 1.0)
    }
}

/// Twice the negative logarithm of a chance that is none, by Bernstein's inequality: 1e-6.
const FAR: f64 = 27.6;

/// Trials beyond a limit that are none: what is left of inexact moments.
const CERTAIN: f64 = 0.02;

/// (1 − x² + 2 x ln x) / (1 − x)², 1 at 0 and 0 at 1.
fn bend(x: f64) -> f64 {
    let off = 1.0 - x;
    if x <= 0.0 {
        1.0
    } else if off.abs() < 1e-3 {
        off / 3.0
    } else {
        (1.0 - x * x + 2.0 * x * x.ln()) / (off * off)
    }
}
