//! When the last start of a rollout comes, and what is known of the units if it comes at a few
//! moments.
//!
//! The total of starts at a moment is a sum of independent counts. For a few units their
//! generating polynomials are multiplied out; for more, the chance of a total is found at the
//! saddle point of their product: by the formula of Lugannani and Rice, which is close from four
//! units on.

use std::cell::OnceCell;
use std::rc::Rc;

use super::grid::{Point, Table, floor_index};
use super::points::{About, law_about};
use super::product::Product;
use super::units::{Host, Kind};
use super::{Rolling, Rollout};
use crate::model::law::{Law, as_f64};
use crate::model::normal;

/// Up to so many units the products are multiplied out, beyond they are tilted.
pub(super) const MULTIPLIED_OUT: u32 = 3;

/// Chances by which the last start has come at the moments at which the units are looked at.
pub(super) const MOMENTS: [f64; 5] = [0.01, 0.1, 0.5, 0.9, 0.99];

/// Those at which they are looked at first.
pub(super) const FIRST: [usize; 2] = [1, 3];

/// The part of its standard deviation, to each side, in which a start counts as the last one.
const WINDOW: f64 = 0.3;

/// Steps of Newton's method to about the middle.
const NEWTON: u32 = 6;

/// Normal quantile at which a tail is cut.
const CUT: f64 = 4.0;

/// Chance below which an end of that law is cut, as a logarithm.
const LOG_NEGLIGIBLE: f64 = -14.0;

/// The largest tilt, beyond which a count is certain.
const LARGEST_TILT: f64 = 40.0;

/// Fewer starts than this are expected where the last one cannot be.
const HARDLY_ANY: f64 = 0.01;

/// How close to a total the expected one has to be, in its standard deviations.
const CLOSE: f64 = 1e-4;

/// Kinds of units there can be in one rollout.
pub(super) const KINDS: usize = 5;

/// Units of each kind.
pub(super) type Kinds = Vec<(Rc<Table>, u32)>;

/// The units of one rollout, and when its last start comes.
#[derive(Debug)]
pub(super) struct LastStart {
    pub(super) kinds: Kinds,
    /// Starts in all.
    pub(super) target: u32,
    /// When the last one comes \[s\].
    pub(super) when: Law,
    /// Points to each side of a moment in which a start counts as the last one.
    window: usize,
    /// The same as `when`, told apart no further than what follows.
    roughly: OnceCell<Law>,
    /// What is known of the units if it comes at some moments.
    moments: [OnceCell<Option<Moment>>; MOMENTS.len()],
    only: OnceCell<Option<Moment>>,
}

/// A moment at which the last start may come.
#[derive(Debug)]
pub(super) struct Moment {
    /// Point of the grid.
    pub(super) at: usize,
    /// How many starts each kind has had by then.
    pub(super) points: Vec<Rc<Point>>,
    pub(super) given: Given,
}

/// What is known of the units given the moment of the last start.
#[derive(Debug)]
pub(super) enum Given {
    /// Whose start it may be.
    Causes(Vec<Cause>),
    /// Independent units, tilted.
    Tilted {
        /// Expected starts of the units that do not make the last one.
        others: f64,
        units: Vec<Units>,
    },
}

/// The n-th start of a unit of one kind as the last one of all.
#[derive(Debug)]
pub(super) struct Cause {
    pub(super) kind: usize,
    pub(super) n: u32,
    /// Probability of it, divided by the probability that the others have had all other starts.
    pub(super) weight: f64,
}

/// The units of one kind under a tilt.
#[derive(Debug)]
pub(super) struct Units {
    /// The tilt's weight of each number of starts beyond the smallest, the weighed chances
    /// summing to one.
    pub(super) powers: Vec<f64>,
    /// Probability that one of these makes the last start, on a cold host and on a warm one.
    pub(super) makes_last: [f64; 2],
}

/// Points of the grid between which the last start comes, and about where between.
struct Range {
    ends: [usize; 2],
    about: About,
}

/// Cumulants of the total of starts, beyond the smallest one, under a tilt.
#[derive(Default)]
struct Tilted {
    mean: f64,
    variance: f64,
    third: f64,
}

impl Tilted {
    fn of(kinds: &Kinds, points: &[Rc<Point>], tilt: f64) -> Self {
        let base = tilt.exp();
        let mut sum = Self::default();
        for ((_, size), point) in kinds.iter().zip(points) {
            let (mut power, mut n) = (1.0, 0.0);
            let (mut s0, mut s1, mut s2, mut s3) = (0.0, 0.0, 0.0, 0.0);
            for mass in point.masses() {
                let weight = mass * power;
                let first = weight * n;
                s0 += weight;
                s1 += first;
                s2 += first * n;
                s3 += first * n * n;
                power *= base;
                n += 1.0;
            }
            let (mean, square, cube) = (s1 / s0, s2 / s0, s3 / s0);
            let size = f64::from(*size);
            sum.mean += size * mean;
            sum.variance += size * (square - mean * mean);
            sum.third += size * (cube - 3.0 * mean * square + 2.0 * mean * mean * mean);
        }
        sum
    }
}

/// Logarithm of the generating function of the total beyond the smallest one.
fn log_of_tilted(kinds: &Kinds, points: &[Rc<Point>], tilt: f64) -> f64 {
    let base = tilt.exp();
    let of_unit = |point: &Point| {
        let masses = point.masses().iter().rev();
        masses.fold(0.0, |sum, mass| sum * base + mass).ln()
    };
    kinds
        .iter()
        .zip(points)
        .map(|((_, size), point)| f64::from(*size) * of_unit(point))
        .sum()
}

/// A function's value at a point, and its first and second derivative.
type Rising = [f64; 3];

/// The root of a rising function near a point, by Halley's method kept between two bounds that close
/// in, and what else was found there.
fn root<T>(
    near: f64,
    wanted: f64,
    find: impl Fn(f64) -> T,
    rising: impl Fn(&T) -> Rising,
) -> (f64, T) {
    const STEP: f64 = 3.0;
    let (mut low, mut high) = (-LARGEST_TILT, LARGEST_TILT);
    let mut at = near.clamp(-STEP, STEP);
    let mut found = find(at);
    for _ in 0..40 {
        let [value, slope, bend] = rising(&found);
        let off = value - wanted;
        if off.abs() < CLOSE * slope.max(0.0).sqrt().max(CLOSE) || high - low < 1e-3 {
            break;
        }
        if off > 0.0 {
            high = at;
        } else {
            low = at;
        }
        let newton = off / slope.max(1e-12);
        let halley = newton / (1.0 - 0.5 * newton * bend / slope.max(1e-12)).clamp(0.5, 2.0);
        let next = (at - halley).clamp(at - STEP, at + STEP);
        at = if next > low && next < high {
            next
        } else {
            f64::midpoint(low, high)
        };
        found = find(at);
    }
    (at, found)
}

/// Probability that at least `target` starts have come.
///
/// # Formula
/// Lugannani and Rice's, with the continuity correction for whole numbers: with the root u of
/// K'(u) = x − ½, w = ±√(2 (u (x − ½) − K(u))) and v = 2 sinh(u / 2) √K''(u),
/// P(S ≥ x) ≈ 1 − Φ(w) + φ(w) (1 / v − 1 / w).
fn reached_by_tilting(kinds: &Kinds, points: &[Rc<Point>], beyond_least: u32) -> f64 {
    let wanted = f64::from(beyond_least) - 0.5;
    let (mut mean, mut variance) = (0.0, 0.0);
    for ((_, size), point) in kinds.iter().zip(points) {
        mean += f64::from(*size) * point.mean;
        variance += f64::from(*size) * point.variance;
    }
    let (tilt, found) = root(
        (wanted - mean) / variance.max(1e-12),
        wanted,
        |tilt| Tilted::of(kinds, points, tilt),
        |found| [found.mean, found.variance, found.third],
    );
    let log = log_of_tilted(kinds, points, tilt);
    let w = (2.0 * (tilt * wanted - log)).max(0.0).sqrt().copysign(tilt);
    // The limit where both terms grow without bound.
    let correction = if w.abs() < 0.03 {
        -found.third / found.variance.powf(1.5) / 6.0
    } else {
        1.0 / (2.0 * (tilt / 2.0).sinh() * found.variance.sqrt()) - 1.0 / w
    };
    let density = (-w * w / 2.0).exp() / std::f64::consts::TAU.sqrt();
    (normal::below(-w) + density * correction).clamp(0.0, 1.0)
}

/// Near enough the logarithm of the chance that a total of this variance is off its mean by so
/// much.
///
/// # Formula
/// Bennett's inequality for steps of one: exp(−V h(x / V)), h(u) = (1 + u) ln(1 + u) − u.
fn log_chance(off: f64, variance: f64) -> f64 {
    if off <= 0.0 {
        return 0.0;
    }
    let variance = variance.max(1e-12);
    let share = off / variance;
    -variance * ((1.0 + share) * share.ln_1p() - share)
}

impl LastStart {
    /// When the last start of a rollout comes.
    pub(super) fn of(rolling: &Rolling, rollout: Rollout) -> Self {
        let kinds = rolling.tables_of(rollout);
        debug_assert!(
            kinds.len() <= KINDS,
            "one kind has one more cold start, two are cut by a rate limit"
        );
        let mut all = Self {
            kinds,
            target: rollout.replacements,
            when: Law::fixed(0.0, rolling.step()),
            window: 1,
            roughly: OnceCell::new(),
            moments: Default::default(),
            only: OnceCell::new(),
        };
        let range = all.range(rolling);
        let apart = (rolling.lattice().stride / 2).max(1);
        all.when = law_about(range.about, range.ends, apart, rolling.step(), |at| {
            all.chance(rolling, at)
        });
        let deviation = all.when.variance().sqrt() / rolling.step();
        all.window = floor_index(deviation * WINDOW).max(1);
        all
    }

    /// When the last start comes, told apart no further than what follows \[s\].
    pub(super) fn roughly(&self, rolling: &Rolling) -> &Law {
        self.roughly.get_or_init(|| {
            let step = as_f64(rolling.lattice().stride) * rolling.step();
            if self.when.step() >= step {
                return self.when.clone();
            }
            let (start, _) = self.when.support();
            self.when.on_multiples(step, start).into_owned()
        })
    }

    /// The moment by which the last start has come with about one of the chances of `MOMENTS`; None
    /// if it cannot come then.
    pub(super) fn moment_of(&self, rolling: &Rolling, which: usize) -> Option<&Moment> {
        let moment = self.moments[which].get_or_init(|| {
            let at = self.point(rolling, MOMENTS[which]);
            self.moment(rolling, at)
        });
        moment.as_ref()
    }

    /// Where the law is told apart no further than a start may come: the last moment it may.
    pub(super) fn only_moment(&self, rolling: &Rolling) -> Option<&Moment> {
        let moment = self.only.get_or_init(|| {
            let (low, high) = self.when.support();
            let point = |seconds: f64| floor_index(seconds / rolling.step() + 0.5);
            let mut points = (point(low).saturating_sub(1)..=point(high) + 1).rev();
            points.find_map(|at| self.moment(rolling, at))
        });
        moment.as_ref()
    }

    /// The point by which the last start has come with a chance: one of those that many options
    /// share, so that what is known of it is used again.
    fn point(&self, rolling: &Rolling, chance: f64) -> usize {
        let aligned = (self.window + 1).next_power_of_two() / 2;
        let at = self.when.quantile(chance) / rolling.step() / as_f64(aligned);
        floor_index(at + 0.5) * aligned
    }

    /// Units in all.
    pub(super) fn units(&self) -> u32 {
        self.kinds.iter().map(|kind| kind.1).sum()
    }

    /// Mean and variance of the starts that all units have had.
    fn total(&self, points: impl Iterator<Item = impl AsRef<Point>>) -> (f64, f64) {
        let (mut mean, mut variance) = (0.0, 0.0);
        for ((_, size), point) in self.kinds.iter().zip(points) {
            let point = point.as_ref();
            mean += f64::from(*size) * (f64::from(point.first) + point.mean);
            variance += f64::from(*size) * point.variance;
        }
        (mean, variance)
    }

    /// Points of the grid between which the last start comes.
    fn range(&self, rolling: &Rolling) -> Range {
        let moments = |at| self.total(self.kinds.iter().map(|kind| kind.0.point(rolling, at)));
        let (target, units) = (f64::from(self.target), f64::from(self.units()));
        let points_per_start = rolling.cycle[Host::Warm as usize].mean() / rolling.step() / units;
        // By Newton's method, with the slope that the total of starts has in the long run.
        let mut centre = ((target - units / 2.0) * points_per_start).max(0.0);
        let mut spread = 1.0;
        for _ in 0..NEWTON {
            let (mean, variance) = moments(floor_index(centre));
            spread = (variance.sqrt() * points_per_start).max(1.0);
            let off = (target - 0.5 - mean) * points_per_start;
            centre = (centre + off).max(0.0);
            if off.abs() < spread / 4.0 {
                break;
            }
        }
        let reach = |is_beyond: &dyn Fn(usize) -> bool| {
            let mut reach = CUT * spread;
            while !is_beyond(floor_index(reach) + 1) {
                reach *= 1.5;
            }
            floor_index(reach) + 1
        };
        let centre = floor_index(centre);
        let before = reach(&|reach| {
            centre < reach || {
                let (mean, variance) = moments(centre - reach);
                log_chance(target - mean, variance) < LOG_NEGLIGIBLE
            }
        });
        let after = reach(&|reach| {
            let (mean, variance) = moments(centre + reach);
            log_chance(mean - target + 1.0, variance) < LOG_NEGLIGIBLE
        });
        Range {
            ends: [centre.saturating_sub(before), centre + after],
            about: About {
                median: centre,
                spread,
            },
        }
    }

    fn points(&self, rolling: &Rolling, at: usize) -> Vec<Rc<Point>> {
        self.kinds
            .iter()
            .map(|(table, _)| table.point(rolling, at))
            .collect()
    }

    /// Probability that the last start has come by a point of the grid.
    fn chance(&self, rolling: &Rolling, at: usize) -> f64 {
        let points = self.points(rolling, at);
        let (mut least, mut most) = (0, 0);
        for ((_, size), point) in self.kinds.iter().zip(&points) {
            least += size * point.first;
            most += size * point.largest();
        }
        if self.target <= least {
            1.0
        } else if self.target > most {
            0.0
        } else if self.units() <= MULTIPLIED_OUT {
            let mut product = Product::default();
            product.reset(self.target - least, 0);
            for ((_, size), point) in self.kinds.iter().zip(&points) {
                for _ in 0..*size {
                    product.multiply(point.masses(), &[]);
                }
            }
            let fewer: f64 = (0..self.target - least).map(|x| product.at(x, 0)).sum();
            1.0 - fewer
        } else {
            reached_by_tilting(&self.kinds, &points, self.target - least)
        }
    }

    /// What holds if the last start comes at a point; None if it cannot.
    fn moment(&self, rolling: &Rolling, at: usize) -> Option<Moment> {
        let ends =
            [at.saturating_sub(self.window), at + self.window].map(|at| self.points(rolling, at));
        let [early, late] = ends.each_ref().map(|points| self.total(points.iter()).0);
        if late - early < HARDLY_ANY {
            return None;
        }
        let points = self.points(rolling, at);
        let given = if self.units() <= MULTIPLIED_OUT {
            self.causes(&ends, &points)?
        } else {
            self.tilted(&ends, &points)?
        };
        Some(Moment { at, points, given })
    }

    fn causes(&self, ends: &[Vec<Rc<Point>>; 2], points: &[Rc<Point>]) -> Option<Given> {
        let mut causes = Vec::new();
        let mut all = 0.0;
        let mut product = Product::default();
        for (kind, point) in points.iter().enumerate() {
            let least = self.least_of_others(points, kind);
            let most = ends[1][kind]
                .largest()
                .min(self.target.saturating_sub(least));
            let Some(highest) = self.target.checked_sub(least + point.first) else {
                continue;
            };
            product.reset(highest, 0);
            for (other, point) in points.iter().enumerate() {
                for _ in 0..self.others(other, kind) {
                    product.multiply(point.masses(), &[]);
                }
            }
            for n in point.first.max(1)..=most {
                let rate = (ends[1][kind].at_least(n) - ends[0][kind].at_least(n)).max(0.0);
                let weight = f64::from(self.kinds[kind].1) * rate;
                let chance = weight * product.at(self.target - n - least, 0);
                if chance > 0.0 {
                    all += chance;
                    causes.push(Cause { kind, n, weight });
                }
            }
        }
        for cause in &mut causes {
            cause.weight /= all;
        }
        (all > 0.0).then_some(Given::Causes(causes))
    }

    /// Units of one kind besides one of another, or the same.
    pub(super) fn others(&self, kind: usize, besides: usize) -> u32 {
        self.kinds[kind].1 - u32::from(kind == besides)
    }

    /// The fewest starts of all units besides one of a kind.
    pub(super) fn least_of_others(&self, points: &[Rc<Point>], besides: usize) -> u32 {
        (0..points.len())
            .map(|kind| self.others(kind, besides) * points[kind].first)
            .sum()
    }

    fn tilted(&self, ends: &[Vec<Rc<Point>>; 2], points: &[Rc<Point>]) -> Option<Given> {
        let target = f64::from(self.target);
        let (mean, variance) = self.total(points.iter());
        let units: Vec<Unit> = (0..points.len())
            .map(|kind| {
                Unit::of(
                    self.kinds[kind].1,
                    &points[kind],
                    [0, 1].map(|i| &*ends[i][kind]),
                )
            })
            .collect();
        let (tilt, found) = root(
            (target - 0.5 - mean) / variance.max(1e-12),
            target,
            |tilt| WithLast::of(&units, tilt),
            |found| [found.starts, found.variance, 0.0],
        );
        // Does any start come between the ends, as far as can be told?
        (found.rate > 0.0).then(|| Given::Tilted {
            others: target - found.last,
            units: (units.iter().zip(&self.kinds))
                .map(|(unit, (table, _))| unit.tilted(table.kind, tilt, found.rate))
                .collect(),
        })
    }
}

/// The units of one kind, one of which may make the last start.
struct Unit<'a> {
    size: f64,
    point: &'a Point,
    /// For each number of starts from the smallest: the chance that this start comes between two
    /// moments.
    rates: Vec<f64>,
}

impl<'a> Unit<'a> {
    fn of(size: u32, point: &'a Point, [from, to]: [&Point; 2]) -> Self {
        let rate = |n| (to.at_least(n) - from.at_least(n)).max(0.0);
        let numbers = (point.first..).take(point.masses().len());
        Self {
            size: f64::from(size),
            point,
            rates: numbers.map(rate).collect(),
        }
    }

    /// What is known of them under a tilt, where the chance that any makes the last start is all.
    fn tilted(&self, kind: Kind, tilt: f64, all: f64) -> Units {
        let base = tilt.exp();
        let masses = self.point.masses().iter().rev();
        let norm = masses.fold(0.0, |sum, mass| sum * base + mass);
        let mut powers = Vec::with_capacity(self.rates.len());
        let mut power = 1.0 / norm;
        let mut makes_last = [0.0; 2];
        for (n, rate) in (self.point.first..).zip(&self.rates) {
            powers.push(power);
            makes_last[kind.host(n) as usize] += self.size * rate * power / all;
            power *= base;
        }
        Units { powers, makes_last }
    }
}

/// Expected starts of all units under a tilt, one of them making the last start.
struct WithLast {
    /// The chance that one of them makes it.
    rate: f64,
    starts: f64,
    variance: f64,
    /// Expected number of the last start in its unit.
    last: f64,
}

impl WithLast {
    fn of(units: &[Unit], tilt: f64) -> Self {
        let base = tilt.exp();
        let (mut rate, mut rate_n, mut rate_square) = (0.0, 0.0, 0.0);
        let mut moments = [(0.0, 0.0, 0.0, 0.0); KINDS];
        for (unit, moments) in units.iter().zip(&mut moments) {
            let (mut power, mut n) = (1.0, f64::from(unit.point.first));
            let (mut s0, mut s1, mut s2) = (0.0, 0.0, 0.0);
            let (mut r0, mut r1, mut r2) = (0.0, 0.0, 0.0);
            for (mass, rate) in unit.point.masses().iter().zip(&unit.rates) {
                let (weight, rate) = (mass * power, rate * power);
                s0 += weight;
                s1 += weight * n;
                s2 += weight * n * n;
                r0 += rate;
                r1 += rate * n;
                r2 += rate * n * n;
                power *= base;
                n += 1.0;
            }
            let scale = unit.size / s0;
            rate += r0 * scale;
            rate_n += r1 * scale;
            rate_square += r2 * scale;
            *moments = (unit.size, s1 / s0, s2 / s0, r0 * scale);
        }
        let each = 1.0 / rate.max(f64::MIN_POSITIVE);
        let last = rate_n * each;
        let mut starts = last;
        let mut variance = (rate_square * each - last * last).max(0.0);
        for (size, mean, square, rate) in moments.into_iter().take(units.len()) {
            let others = size - rate * each;
            starts += others * mean;
            variance += others * (square - mean * mean);
        }
        Self {
            rate,
            starts,
            variance,
            last,
        }
    }
}
