//! The law of a duration as mass on an evenly spaced grid: what sums, maxima, means and quantiles
//! are all computed from.
//!
//! A law keeps an exact offset and the exact mean of what it was made from: discretising splits
//! every bit of mass between its two neighbours on the grid in proportion, so that fixed parts and
//! means carry no error, and the variance grows by less than a sixth of the squared step.

use std::borrow::Cow;

use statrs::distribution::{ContinuousCDF, Gamma, LogNormal, Weibull};
use statrs::function::gamma::{checked_gamma_lr, gamma};

use crate::scenario::{DurationLaw, Family};

/// Mass below this is dropped from a tail.
const NEGLIGIBLE: f64 = 1e-10;

/// Mass that is left out of a sum.
const LEFT_OUT: f64 = 1e-10;

/// Points that a law has at most: heavier tails than fit are cut, or the grid gets coarser.
const MOST_POINTS: usize = 768;

/// Points that a sum has at most.
const MOST_POINTS_OF_SUM: usize = 384;

/// Probability of what comes by a moment below which it is not told apart.
const HARDLY_ANY: f64 = 1e-4;

/// A law on the points `start + i · step` \[s\].
#[derive(Debug, Clone, PartialEq)]
pub struct Law {
    /// The first point \[s\].
    start: f64,
    /// Distance of two points \[s\].
    step: f64,
    /// Probability of each point; they sum to one.
    mass: Cow<'static, [f64]>,
    /// Running sum of `mass`: `below[i]` lies below point `i`.
    below: Cow<'static, [f64]>,
    /// Mean number of steps from the first point.
    steps: f64,
}

impl Law {
    /// From the mass of each point.
    pub(super) fn from_mass(start: f64, step: f64, mut mass: Vec<f64>) -> Self {
        let each = 1.0 / mass.iter().sum::<f64>();
        let mut below = Vec::with_capacity(mass.len());
        let (mut sum, mut steps, mut i) = (0.0, 0.0, 0.0);
        for m in &mut mass {
            *m *= each;
            below.push(sum);
            sum += *m;
            steps += i * *m;
            i += 1.0;
        }
        Self {
            start,
            step,
            mass: mass.into(),
            below: below.into(),
            steps,
        }
    }

    /// Always `value` \[s\].
    #[must_use]
    pub fn fixed(value: f64, step: f64) -> Self {
        Self {
            start: value,
            step,
            mass: Cow::Borrowed(&[1.0]),
            below: Cow::Borrowed(&[0.0]),
            steps: 0.0,
        }
    }

    /// A duration of a scenario.
    #[must_use]
    pub fn of(duration: DurationLaw, step: f64) -> Self {
        Self::cut_at(duration, f64::INFINITY, step)
    }

    /// The smaller of a duration and a timeout \[s\].
    #[must_use]
    pub fn cut_at(duration: DurationLaw, timeout: f64, step: f64) -> Self {
        let mean = duration.mean.0;
        let Some(spread) = Spread::of(duration) else {
            return Self::fixed(mean.min(timeout), step);
        };
        let (low, high) = spread.support();
        if timeout <= low {
            return Self::fixed(timeout, step);
        }
        let integral = |x: f64| {
            if x < timeout {
                spread.integrated_cdf(x)
            } else {
                x - timeout + spread.integrated_cdf(timeout)
            }
        };
        Self::discretised(integral, low, high.min(timeout), step)
    }

    /// Uniform on (0, `width`\] \[s\].
    #[must_use]
    pub fn uniform(width: f64, step: f64) -> Self {
        let integral = |x: f64| {
            if x <= 0.0 {
                0.0
            } else if x < width {
                x * x / (2.0 * width)
            } else {
                x - width / 2.0
            }
        };
        Self::discretised(integral, 0.0, width, step)
    }

    /// Mass on the grid from the integral of a cumulative distribution function.
    ///
    /// # Formula
    /// The mass at a point is the expectation of the hat function around it, which is the second
    /// difference of G(x) = ∫ F over the grid, divided by the step.
    fn discretised(integral: impl Fn(f64) -> f64, low: f64, high: f64, step: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small count of cells"
        )]
        let cells = (((high - low) / step).ceil().max(1.0) as usize).min(MOST_POINTS);
        let at: Vec<f64> = (0..=cells + 2)
            .map(|i| integral(low + (as_f64(i) - 1.0) * step))
            .collect();
        let mass = at
            .windows(3)
            .map(|g| ((g[2] - 2.0 * g[1] + g[0]) / step).max(0.0))
            .collect();
        Self::from_mass(low, step, mass)
    }

    /// The law of `value` where the probability that it is at most x is given at the points
    /// of a grid.
    #[must_use]
    pub fn from_points(points: impl Iterator<Item = (f64, f64)>, step: f64) -> Self {
        let points: Vec<(f64, f64)> = points.filter(|&(_, mass)| mass > 0.0).collect();
        let low = points.iter().map(|p| p.0).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(|p| p.0).fold(f64::NEG_INFINITY, f64::max);
        if points.is_empty() {
            return Self::fixed(0.0, step);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small count of cells"
        )]
        let mut mass = vec![0.0; ((high - low) / step).ceil() as usize + 2];
        for (value, weight) in points {
            let (cell, part) = split((value - low) / step);
            mass[cell] += weight * (1.0 - part);
            mass[cell + 1] += weight * part;
        }
        while mass.len() > 1 && mass.last().is_some_and(|&m| m <= 0.0) {
            mass.pop();
        }
        Self::from_mass(low, step, mass)
    }

    /// The law of those that come by a moment; all of them where almost none does.
    #[must_use]
    pub fn no_later(&self, moment: f64) -> Self {
        let there = || self.points().filter(|&(value, _)| value <= moment);
        let kept: f64 = there().map(|(_, mass)| mass).sum();
        if kept < HARDLY_ANY {
            return self.clone();
        }
        Self::from_points(there().map(|(value, mass)| (value, mass / kept)), self.step)
    }

    /// The law of the sum of two independent durations, on the finer grid of the two while that
    /// leaves few enough points.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        if self.is_fixed() {
            return other.shifted(self.start);
        }
        if other.is_fixed() {
            return self.shifted(other.start);
        }
        let width = |law: &Self| as_f64(law.mass.len() - 1) * law.step;
        let coarsest = (width(self) + width(other)) / as_f64(MOST_POINTS_OF_SUM);
        let step = self.step.min(other.step).max(coarsest);
        self.on_grid_of(step).convolved(&other.on_grid_of(step))
    }

    /// The law of the sum of two independent durations, on the coarser grid of the two.
    #[must_use]
    pub fn roughly_plus(&self, other: &Self) -> Self {
        if self.is_fixed() || other.is_fixed() {
            return self.plus(other);
        }
        let step = self.step.max(other.step);
        self.on_grid_of(step).convolved(&other.on_grid_of(step))
    }

    /// The law of this duration and one after it, whose law depends on this one: given for a few
    /// durations \[s\], in order, and between them mixed in proportion.
    #[must_use]
    pub fn followed_by(&self, after: &[(f64, Self)]) -> Self {
        let Some((_, one)) = after.first() else {
            return self.clone();
        };
        let step = self.step.max(one.step);
        let begun = self.on_multiples(step, self.start);
        let earliest = |low: f64, law: &Self| low.min(law.start);
        let origin = after
            .iter()
            .fold(f64::INFINITY, |low, (_, law)| earliest(low, law));
        let aligned: Vec<Cow<'_, Self>> = after
            .iter()
            .map(|(_, law)| law.on_multiples(step, origin))
            .collect();
        // What is aligned may begin before it did.
        let low = aligned
            .iter()
            .fold(f64::INFINITY, |low, law| earliest(low, law));
        let laws: Vec<(usize, Cow<'_, Self>)> = aligned
            .into_iter()
            .map(|law| (split((law.start - low) / step + 0.5).0, law))
            .collect();
        let end = laws.iter().map(|(first, law)| first + law.mass.len()).max();
        let mut mass = vec![0.0; begun.mass.len() + end.unwrap_or(0)];
        for (which, (first, law)) in laws.iter().enumerate() {
            for (i, &begun_then) in begun.mass.iter().enumerate() {
                let at = begun.start + as_f64(i) * step;
                let share = begun_then * share_of(after, which, at);
                if share.abs() > LEFT_OUT {
                    for (to, m) in mass[i + first..].iter_mut().zip(&*law.mass) {
                        *to += share * m;
                    }
                }
            }
        }
        Self::from_sum(begun.start + low, step, &mass)
    }

    /// From the mass of each point of a sum, without its negligible tails.
    fn from_sum(start: f64, step: f64, mass: &[f64]) -> Self {
        let (mut low, mut high) = (0, mass.len() - 1);
        let (mut below, mut above) = (0.0, 0.0);
        // A summand may have had points with less than no mass.
        while low < high && below + mass[low].abs() < NEGLIGIBLE {
            below += mass[low].abs();
            low += 1;
        }
        while high > low && above + mass[high].abs() < NEGLIGIBLE {
            above += mass[high].abs();
            high -= 1;
        }
        Self::from_mass(start + as_f64(low) * step, step, mass[low..=high].to_vec())
    }

    /// The same law on points that are multiples of a step from an origin, as a summand: mean and
    /// variance are kept, and a point may have less than no mass.
    pub(super) fn on_multiples(&self, step: f64, origin: f64) -> Cow<'_, Self> {
        let off = (self.start - origin) / step;
        if (self.step / step - 1.0).abs() < 1e-9 && (off - off.round()).abs() < 1e-6 {
            return Cow::Borrowed(self);
        }
        // A point before the first one, which may get a share of it.
        let low = origin + (off.floor() - 1.0) * step;
        let width = as_f64(self.mass.len()) * self.step;
        let mut mass = vec![0.0; split(width / step).0 + 5];
        for (at, m) in self.points() {
            let (cell, part) = split((at - low) / step + 0.5);
            // From the nearest point, half a cell at most.
            let off = part - 0.5;
            mass[cell - 1] += m * off * (off - 1.0) / 2.0;
            mass[cell] += m * (1.0 - off * off);
            mass[cell + 1] += m * off * (off + 1.0) / 2.0;
        }
        let there = |m: &f64| *m != 0.0;
        let last = mass.iter().rposition(there).unwrap_or(0);
        mass.truncate(last + 1);
        let first = mass.iter().position(there).unwrap_or(0);
        mass.drain(..first);
        Cow::Owned(Self::from_mass(low + as_f64(first) * step, step, mass))
    }

    /// The law of the sum of two independent durations on grids of the same distance.
    fn convolved(&self, other: &Self) -> Self {
        let (long, short) = if self.mass.len() >= other.mass.len() {
            (self, other)
        } else {
            (other, self)
        };
        let mut mass = vec![0.0; long.mass.len() + short.mass.len() - 1];
        for (i, &m) in short.mass.iter().enumerate() {
            for (to, &n) in mass[i..].iter_mut().zip(&*long.mass) {
                *to += m * n;
            }
        }
        Self::from_sum(self.start + other.start, self.step, &mass)
    }

    /// The same law, later by `seconds`.
    #[must_use]
    pub fn shifted(&self, seconds: f64) -> Self {
        Self {
            start: self.start + seconds,
            ..self.clone()
        }
    }

    /// The same law on a finer grid, the mass of each point spread evenly over its cell.
    fn refined(&self, step: f64) -> Self {
        let low = self.start - self.step / 2.0;
        let cells = ((as_f64(self.mass.len()) * self.step) / step).ceil();
        let first = low + step / 2.0;
        let mut before = 0.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small count of cells"
        )]
        let mass = (1..=cells as usize)
            .map(|i| {
                let up_to = self.smooth_cdf(low + as_f64(i) * step);
                let here = up_to - before;
                before = up_to;
                here
            })
            .collect();
        let fine = Self::from_mass(first, step, mass);
        let off = self.mean() - fine.mean();
        fine.shifted(off)
    }

    /// The same law on a grid with another distance, mean kept.
    pub(super) fn on_grid_of(&self, step: f64) -> Cow<'_, Self> {
        let ratio = self.step / step;
        if (ratio - 1.0).abs() < 1e-9 {
            Cow::Borrowed(self)
        } else if ratio > 1.0 {
            Cow::Owned(self.refined(step))
        } else {
            Cow::Owned(self.spread_over(step))
        }
    }

    /// The same law on at most `cells` points, mean kept.
    #[must_use]
    pub fn coarsened(&self, cells: usize) -> Self {
        if self.mass.len() <= cells {
            return self.clone();
        }
        let step = self.step * as_f64(self.mass.len() - 1) / as_f64(cells - 1);
        self.spread_over(step)
    }

    /// The same law on a coarser grid: as [`Law::from_points`] of its points.
    fn spread_over(&self, step: f64) -> Self {
        let there = |mass: &f64| *mass > 0.0;
        let first = self.mass.iter().position(there).unwrap_or(0);
        let last = self.mass.iter().rposition(there).unwrap_or(0);
        let at = |i: usize| self.start + as_f64(i) * self.step;
        let low = at(first);
        let (cells, _) = split(((at(last) - low) / step).ceil());
        let mut mass = vec![0.0; cells + 2];
        for i in first..=last {
            let (cell, part) = split((at(i) - low) / step);
            mass[cell] += self.mass[i] * (1.0 - part);
            mass[cell + 1] += self.mass[i] * part;
        }
        while mass.len() > 1 && mass.last().is_some_and(|&m| m <= 0.0) {
            mass.pop();
        }
        Self::from_mass(low, step, mass)
    }

    /// Every point with its probability.
    pub fn points(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.mass
            .iter()
            .enumerate()
            .map(|(i, &m)| (self.start + as_f64(i) * self.step, m))
    }

    /// How many points there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.mass.len()
    }

    /// Never: a law has at least one point.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.mass.is_empty()
    }

    /// Whether there is no spread at all.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        self.mass.len() == 1
    }

    /// Distance of two points \[s\].
    #[must_use]
    pub fn step(&self) -> f64 {
        self.step
    }

    /// Mean \[s\].
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.start + self.steps * self.step
    }

    /// Variance \[s²\].
    #[must_use]
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        self.points().map(|(x, m)| m * (x - mean).powi(2)).sum()
    }

    /// The smallest and the largest value \[s\].
    #[must_use]
    pub fn support(&self) -> (f64, f64) {
        let last = as_f64(self.mass.len() - 1);
        (self.start, self.start + last * self.step)
    }

    /// Probability of at most `value`, the mass of each point spread evenly over its cell; a
    /// fixed law steps.
    #[must_use]
    pub fn cdf(&self, value: f64) -> f64 {
        if self.is_fixed() {
            return if value >= self.start { 1.0 } else { 0.0 };
        }
        self.smooth_cdf(value)
    }

    /// As [`Law::cdf`], with the mass of a fixed law spread over its cell too.
    #[must_use]
    pub fn smooth_cdf(&self, value: f64) -> f64 {
        let cell = (value - self.start) / self.step + 0.5;
        if cell <= 0.0 {
            return 0.0;
        }
        let (i, part) = split(cell);
        match self.mass.get(i) {
            Some(m) => self.below[i] + part * m,
            None => 1.0,
        }
    }

    /// Σ of mass times the probability that this law, begun at the point of the mass, is through
    /// by `value`: after each number of points of `begun`, from none on.
    #[must_use]
    pub fn through_by(&self, value: f64, begun: &Self) -> Vec<f64> {
        let mut sums = Vec::with_capacity(begun.mass.len() + 1);
        let mut sum = 0.0;
        sums.push(sum);
        if self.is_fixed() {
            for (at, mass) in begun.points() {
                sum += mass * self.cdf(value - at);
                sums.push(sum);
            }
            return sums;
        }
        let (own, below) = (&*self.mass, &*self.below);
        let mut cell = (value - begun.start - self.start) / self.step + 0.5;
        let each = begun.step / self.step;
        // What began long before is through for sure.
        while cell >= as_f64(self.mass.len()) && sums.len() < begun.mass.len() {
            sum = begun.below[sums.len()];
            sums.push(sum);
            cell -= each;
        }
        for mass in &begun.mass[sums.len() - 1..] {
            if cell <= 0.0 {
                break;
            }
            let (i, part) = split(cell);
            sum += mass * own.get(i).map_or(1.0, |m| below[i] + part * m);
            sums.push(sum);
            cell -= each;
        }
        sums.resize(begun.mass.len() + 1, sum);
        sums
    }

    /// Density at `value`, linear between the points \[1/s\].
    #[must_use]
    pub fn density(&self, value: f64) -> f64 {
        if self.is_fixed() {
            let inside = (value - self.start).abs() <= self.step / 2.0;
            return if inside { 1.0 / self.step } else { 0.0 };
        }
        let cell = (value - self.start) / self.step + 1.0;
        if cell <= 0.0 {
            return 0.0;
        }
        let (i, part) = split(cell);
        let left = if i == 0 {
            0.0
        } else {
            self.mass.get(i - 1).copied().unwrap_or(0.0)
        };
        let right = self.mass.get(i).copied().unwrap_or(0.0);
        (left * (1.0 - part) + right * part) / self.step
    }

    /// The smallest value that is reached with probability `p` \[s\].
    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        if self.is_fixed() {
            return self.start;
        }
        let i = self
            .below
            .partition_point(|&below| below <= p)
            .saturating_sub(1);
        let part = if self.mass[i] > 0.0 {
            ((p - self.below[i]) / self.mass[i]).clamp(0.0, 1.0)
        } else {
            0.0
        };
        self.start + (as_f64(i) + part - 0.5) * self.step
    }

    /// The law of the largest of `count` independent durations.
    #[must_use]
    pub fn largest_of(&self, count: u32) -> Self {
        self.with_power(f64::from(count))
    }

    /// The law of each of `count` independent durations of which this is the largest.
    #[must_use]
    pub fn each_of(&self, count: f64) -> Self {
        self.with_power(1.0 / count)
    }

    /// The law whose probability to be at most x is a power of this one's.
    fn with_power(&self, power: f64) -> Self {
        if self.is_fixed() {
            return self.clone();
        }
        let mut before = 0.0;
        let mass = self
            .mass
            .iter()
            .zip(&*self.below)
            .map(|(m, below)| {
                let up_to = (below + m).powf(power);
                let here = up_to - before;
                before = up_to;
                here
            })
            .collect();
        Self::from_mass(self.start, self.step, mass)
    }

    /// The law of the larger of two independent durations.
    #[must_use]
    pub fn later_of(&self, other: &Self) -> Self {
        let step = self.step;
        let (low, high) = self.support();
        let (other_low, other_high) = other.support();
        if self.is_fixed() && other.is_fixed() {
            return Self::fixed(low.max(other_low), step);
        }
        let mut before = 0.0;
        let cells = std::iter::successors(Some(low.max(other_low)), |at| Some(at + step))
            .take_while(|at| *at < high.max(other_high) + step)
            .map(|at| {
                let up_to = self.cdf(at + step / 2.0) * other.cdf(at + step / 2.0);
                let here = up_to - before;
                before = up_to;
                (at, here)
            });
        Self::from_points(cells, step)
    }

    /// This law, or with a probability the other, on the finer grid of the two.
    #[must_use]
    pub fn or_with(&self, chance: f64, other: &Self) -> Self {
        let weighed = |law: &Self, chance: f64| {
            let points = law.points().map(|(at, mass)| (at, mass * chance));
            points.collect::<Vec<_>>()
        };
        let points = weighed(self, 1.0 - chance)
            .into_iter()
            .chain(weighed(other, chance));
        Self::from_points(points, self.step.min(other.step))
    }

    /// The law of those durations that belong to the shortest ones, which are such a share of all.
    #[must_use]
    pub fn shortest(&self, share: f64) -> Self {
        let points = self
            .points()
            .zip(&*self.below)
            .map(|((at, mass), below)| (at, mass.min(share - below)));
        Self::from_points(points, self.step)
    }

    /// Mean of the smallest of `count` independent durations \[s\].
    #[must_use]
    pub fn mean_of_smallest(&self, count: u32) -> f64 {
        let mut beyond = 1.0;
        let mut mean = 0.0;
        for ((x, m), below) in self.points().zip(&*self.below) {
            let left = (1.0 - below - m).max(0.0).powf(f64::from(count));
            mean += (beyond - left) * x;
            beyond = left;
        }
        mean
    }

    /// Expectation of a function of the duration.
    pub fn expectation(&self, value: impl Fn(f64) -> f64) -> f64 {
        self.points().map(|(x, m)| m * value(x)).sum()
    }

    /// The sum of `count` independent durations of this law, by its first three moments.
    ///
    /// # Formula
    /// A shifted lognormal law with the sum's mean, variance and skewness, which the sum comes
    /// close to sooner than to the normal one.
    #[must_use]
    pub fn sum_by_moments(&self, count: u32) -> Self {
        let n = f64::from(count);
        let (mean, variance) = (self.mean(), self.variance());
        let third: f64 = self.points().map(|(x, m)| m * (x - mean).powi(3)).sum();
        let sd = (variance * n).sqrt();
        if sd <= 0.0 {
            return Self::fixed(mean * n, self.step);
        }
        let skewness = (third / variance.powf(1.5) / n.sqrt()).max(1e-3);
        // skewness = cv³ + 3 cv, by Newton's method from below.
        let mut cv = skewness / 3.0;
        for _ in 0..20 {
            cv -= (cv.powi(3) + 3.0 * cv - skewness) / (3.0 * cv * cv + 3.0);
        }
        let spread = DurationLaw::lognormal(crate::units::Seconds(sd / cv), cv);
        let shift = mean * n - spread.mean.0;
        Self::of(spread, sd / 16.0).shifted(shift)
    }
}

/// The part of one of several laws, each given for a moment, at another moment.
fn share_of(laws: &[(f64, Law)], which: usize, at: f64) -> f64 {
    let moment = |i: usize| laws.get(i).map(|law| law.0);
    let own = laws[which].0;
    let beside = if at < own {
        which.checked_sub(1).and_then(moment)
    } else {
        moment(which + 1)
    };
    beside.map_or(1.0, |beside| {
        (1.0 - (at - own) / (beside - own)).clamp(0.0, 1.0)
    })
}

/// Standard deviation of a scenario's duration \[s\].
#[must_use]
pub fn standard_deviation(duration: DurationLaw) -> f64 {
    match duration.family {
        Family::Fixed => 0.0,
        _ => duration.mean.0 * duration.cv,
    }
}

/// What a duration's spread counts for when a grid is chosen: its standard deviation, less where
/// that is due to a long tail \[s\].
#[must_use]
pub fn spread_for_grid(duration: DurationLaw) -> f64 {
    standard_deviation(duration) / duration.cv.max(1.0).sqrt()
}

/// A continuous law with closed forms for its distribution function and partial mean.
enum Spread {
    Lognormal {
        law: LogNormal,
        weighted: LogNormal,
        mean: f64,
        median: f64,
        sigma: f64,
    },
    Gamma {
        law: Gamma,
        weighted: Gamma,
        mean: f64,
    },
    Weibull {
        law: Weibull,
        shape: f64,
        scale: f64,
        mean: f64,
    },
}

impl Spread {
    /// None for a fixed duration.
    fn of(duration: DurationLaw) -> Option<Self> {
        let (mean, cv) = (duration.mean.0, duration.cv);
        if cv <= 0.0 || mean <= 0.0 {
            return None;
        }
        match duration.family {
            Family::Fixed => None,
            Family::Lognormal => {
                let sigma = (1.0 + cv * cv).ln().sqrt();
                let location = mean.ln() - sigma * sigma / 2.0;
                Some(Self::Lognormal {
                    law: LogNormal::new(location, sigma).ok()?,
                    weighted: LogNormal::new(location + sigma * sigma, sigma).ok()?,
                    mean,
                    median: location.exp(),
                    sigma,
                })
            }
            Family::Gamma => {
                let shape = 1.0 / (cv * cv);
                let rate = shape / mean;
                Some(Self::Gamma {
                    law: Gamma::new(shape, rate).ok()?,
                    weighted: Gamma::new(shape + 1.0, rate).ok()?,
                    mean,
                })
            }
            Family::Weibull => {
                let shape = weibull_shape(cv);
                let scale = mean / gamma(1.0 + 1.0 / shape);
                Some(Self::Weibull {
                    law: Weibull::new(shape, scale).ok()?,
                    shape,
                    scale,
                    mean,
                })
            }
        }
    }

    /// ∫ F up to x = x · F(x) − E\[X; X ≤ x\] \[s\].
    fn integrated_cdf(&self, x: f64) -> f64 {
        if x <= 0.0 {
            return 0.0;
        }
        match self {
            Self::Lognormal {
                law,
                weighted,
                mean,
                ..
            } => x * law.cdf(x) - mean * weighted.cdf(x),
            Self::Gamma {
                law,
                weighted,
                mean,
            } => x * law.cdf(x) - mean * weighted.cdf(x),
            Self::Weibull {
                law,
                shape,
                scale,
                mean,
            } => {
                let part = checked_gamma_lr(1.0 + 1.0 / shape, (x / scale).powf(*shape));
                x * law.cdf(x) - mean * part.unwrap_or(1.0)
            }
        }
    }

    /// Outside of this there is negligible mass \[s\].
    fn support(&self) -> (f64, f64) {
        match self {
            Self::Lognormal { median, sigma, .. } => {
                (median * (-6.0 * sigma).exp(), median * (5.6 * sigma).exp())
            }
            Self::Gamma { law, mean, .. } => (
                bracket(*mean, 0.5, |x| law.cdf(x) > NEGLIGIBLE),
                bracket(*mean, 1.25, |x| law.sf(x) > NEGLIGIBLE),
            ),
            Self::Weibull { law, mean, .. } => (
                bracket(*mean, 0.5, |x| law.cdf(x) > NEGLIGIBLE),
                bracket(*mean, 1.25, |x| law.sf(x) > NEGLIGIBLE),
            ),
        }
    }
}

/// The first point of a geometric walk from `from` where the mass beyond is negligible; the walk
/// ends near zero in any case.
fn bracket(from: f64, factor: f64, mass_beyond: impl Fn(f64) -> bool) -> f64 {
    let mut x = from;
    while x > from * 1e-3 && mass_beyond(x) {
        x *= factor;
    }
    if x <= from * 1e-3 { 0.0 } else { x }
}

/// The shape of a Weibull law with a coefficient of variation.
///
/// # Formula
/// 1 + cv² = Γ(1 + 2/k) / Γ(1 + 1/k)², solved for k by bisection.
fn weibull_shape(cv: f64) -> f64 {
    let excess = |k: f64| {
        let g = gamma(1.0 + 1.0 / k);
        gamma(1.0 + 2.0 / k) / (g * g) - 1.0 - cv * cv
    };
    let (mut low, mut high) = (0.1_f64, 400.0_f64);
    for _ in 0..80 {
        let middle = (low * high).sqrt();
        if excess(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low * high).sqrt()
}

/// Whole part and fraction of a cell number that is not negative.
pub(super) fn split(cell: f64) -> (usize, f64) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "cells are few and not negative"
    )]
    let whole = cell as u32;
    (whole as usize, cell - f64::from(whole))
}

/// A count of cells as a number.
pub(super) fn as_f64(count: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "cells are few")]
    {
        count as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Seconds;
    use proptest::prelude::*;

    fn duration(mean: f64, cv: f64, family: Family) -> DurationLaw {
        DurationLaw {
            mean: Seconds(mean),
            cv,
            family,
        }
    }

    #[test]
    fn fixed_parts_carry_no_error() {
        let sum = Law::fixed(300.0, 1.0).plus(&Law::fixed(0.25, 1.0));
        assert!((sum.mean() - 300.25).abs() < 1e-12);
        assert!(sum.variance() < 1e-12);
        assert!(sum.cdf(300.249) < 0.5 && sum.cdf(300.25) > 0.5);
    }

    #[test]
    fn a_coarser_grid_is_that_of_the_points() {
        let law = Law::uniform(30.0, 0.7).shifted(3.0);
        for step in [0.7, 1.0, 2.5, 40.0] {
            let found = law.spread_over(step);
            assert_eq!(found, Law::from_points(law.points(), step));
            assert!((found.mean() - law.mean()).abs() < 1e-9);
        }
        let fixed = Law::fixed(5.0, 1.0);
        assert_eq!(
            fixed.spread_over(2.0),
            Law::from_points(fixed.points(), 2.0)
        );
    }

    #[test]
    fn what_is_through_is_summed_from_the_chances_of_each_point() {
        let (chain, begun) = (
            Law::uniform(20.0, 0.5).shifted(4.0),
            Law::uniform(12.0, 0.8),
        );
        for value in [0.0, 3.0, 9.0, 21.0, 60.0] {
            let sums = chain.through_by(value, &begun);
            let mut sum = 0.0;
            for (i, (at, mass)) in begun.points().enumerate() {
                assert!((sums[i] - sum).abs() < 1e-12, "{value} {i}");
                sum += mass * chain.cdf(value - at);
            }
            assert!((sums[begun.len()] - sum).abs() < 1e-12, "{value}");
        }
    }

    #[test]
    fn largest_of_two_uniform_has_mean_two_thirds() {
        let largest = Law::uniform(30.0, 0.05).largest_of(2);
        assert!((largest.mean() - 20.0).abs() < 0.03, "{}", largest.mean());
    }

    #[test]
    fn each_of_some_has_the_law_whose_largest_is_given() {
        let each = Law::uniform(30.0, 0.1);
        let found = each.largest_of(4).each_of(4.0);
        assert!((found.mean() - 15.0).abs() < 0.01, "{}", found.mean());
        assert!((found.quantile(0.9) - 27.0).abs() < 0.1);
    }

    #[test]
    fn cut_stop_has_the_mean_of_the_minimum() {
        // Exponential of mean 10 cut at 10: 10 · (1 − 1/e).
        let cut = Law::cut_at(duration(10.0, 1.0, Family::Gamma), 10.0, 0.05);
        assert!((cut.mean() - 10.0 * (1.0 - (-1.0_f64).exp())).abs() < 1e-6);
    }

    #[test]
    fn sum_by_moments_agrees_with_convolution() {
        let law = Law::of(duration(45.0, 0.8, Family::Lognormal), 2.0);
        let mut sum = law.clone();
        for _ in 1..24 {
            sum = sum.plus(&law);
        }
        let quick = law.sum_by_moments(24);
        assert!((quick.mean() - sum.mean()).abs() < 0.5);
        for p in [0.05, 0.5, 0.95, 0.99] {
            let ratio = quick.quantile(p) / sum.quantile(p);
            assert!((ratio - 1.0).abs() < 0.01, "{p}: {ratio}");
        }
    }

    proptest! {
        #[test]
        fn discretising_keeps_mean_and_spread(
            mean in 1.0..600.0_f64,
            cv in 0.02..0.9_f64,
            family in prop_oneof![
                Just(Family::Lognormal), Just(Family::Gamma), Just(Family::Weibull)
            ],
        ) {
            let sd = mean * cv;
            let law = Law::of(duration(mean, cv, family), sd / 16.0);
            prop_assert!((law.mean() / mean - 1.0).abs() < 1e-5, "mean {}", law.mean());
            prop_assert!((law.variance().sqrt() / sd - 1.0).abs() < 0.01);
            let median = law.quantile(0.5);
            prop_assert!((law.cdf(median) - 0.5).abs() < 1e-9);
        }
    }

    #[test]
    fn what_follows_is_mixed_between_two_moments() {
        let law = |points: &[(f64, f64)]| Law::from_points(points.iter().copied(), 1.0);
        let first = law(&[(0.0, 0.25), (5.0, 0.5), (10.0, 0.25)]);
        let after = [
            (0.0, law(&[(2.0, 0.5), (3.0, 0.5)])),
            (10.0, law(&[(4.0, 1.0), (5.0, 0.0)])),
        ];
        let sum = first.followed_by(&after);
        let at = |value: f64| {
            sum.points()
                .find(|p| (p.0 - value).abs() < 1e-9)
                .map_or(0.0, |p| p.1)
        };
        // 0.25 from 0; a half of what is at 5 as from 0, a half as from 10; 0.25 from 10.
        let expected = [
            (2.0, 0.125),
            (3.0, 0.125),
            (7.0, 0.125),
            (8.0, 0.125),
            (9.0, 0.25),
            (14.0, 0.25),
        ];
        for (value, chance) in expected {
            assert!((at(value) - chance).abs() < 1e-12, "{value}: {}", at(value));
        }
    }

    #[test]
    fn what_follows_may_be_on_coarser_and_on_finer_points() {
        let law = |points: &[(f64, f64)], step| Law::from_points(points.iter().copied(), step);
        let first = law(&[(0.0, 0.25), (5.0, 0.5), (10.0, 0.25)], 1.0);
        let coarse = law(&[(21.5, 0.5), (29.5, 0.5)], 4.0);
        let fine = Law::of(DurationLaw::lognormal(Seconds(30.0), 0.1), 1.0);
        // The mean of what follows is mixed half and half.
        let expected = 5.0 + f64::midpoint(coarse.mean(), fine.mean());
        for after in [
            [(-20.0, coarse.clone()), (30.0, fine.clone())],
            [(-20.0, fine), (30.0, coarse)],
        ] {
            let found = first.followed_by(&after).mean();
            assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
        }
    }

    #[test]
    fn on_coarser_points_mean_and_variance_are_kept() {
        let law = Law::of(DurationLaw::lognormal(Seconds(40.0), 0.1), 0.5);
        for (step, origin) in [(3.0, 0.0), (3.0, 1.25), (7.0, -2.0)] {
            let coarse = law.on_multiples(step, origin);
            assert!((coarse.mean() - law.mean()).abs() < 1e-9);
            assert!((coarse.variance() - law.variance()).abs() < 1e-6);
            let off = (coarse.support().0 - origin) / step;
            assert!((off - off.round()).abs() < 1e-9);
        }
    }
}
