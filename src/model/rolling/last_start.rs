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
use super::parts::parts;
use super::points::{About, law_about};
use super::product::Product;
use super::several::{AT_ONCE, Several};
use super::tilt::{Starts, WithLast};
use super::units::{Host, Kind};
use super::{Rolling, Rollout};
use crate::model::law::{Law, as_f64};

/// Up to so many units the products are multiplied out, beyond they are tilted.
pub(super) const MULTIPLIED_OUT: u32 = 7;

/// Chances by which a last start of one part of its law has come at the moments at which the units
/// are looked at.
pub(super) const MOMENTS: [f64; 5] = [0.01, 0.1, 0.5, 0.9, 0.99];

/// Those at which they are looked at first.
pub(super) const FIRST: [usize; 2] = [1, 3];

/// The part of its standard deviation, to each side, in which a start counts as the last one.
const WINDOW: f64 = 0.3;

/// Steps of Newton's method to about the middle.
const NEWTON: u32 = 6;

/// Fewer starts than this, times the chance of its part, are expected where the last one cannot be.
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
    /// Rounds in which it may come, where these are apart.
    pub(super) parts: Vec<Part>,
    /// The same as `when`, told apart no further than what follows.
    roughly: OnceCell<Law>,
    only: OnceCell<Option<Moment>>,
}

/// A part of the law of the last start.
#[derive(Debug)]
pub(super) struct Part {
    /// Chance of what comes before it, and with it.
    from: f64,
    to: f64,
    /// Points to each side of a moment in which a start counts as the last one.
    window: usize,
    /// What is known of the units if the last start comes at some moments.
    moments: [OnceCell<Option<Moment>>; MOMENTS.len()],
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

impl Part {
    /// Those of a law on points so far apart \[s\].
    fn all(when: &Law, step: f64) -> Vec<Self> {
        let values: Vec<(f64, f64)> = when.points().collect();
        let mut from = 0.0;
        parts(values.iter().map(|point| point.1))
            .into_iter()
            .map(|part| {
                let (mut all, mut mean, mut square) = (0.0, 0.0, 0.0);
                let first = values[part.start].0;
                for &(value, mass) in &values[part] {
                    let value = value - first;
                    all += mass;
                    mean += value * mass;
                    square += value * value * mass;
                }
                mean /= all;
                let deviation = (square / all - mean * mean).max(0.0).sqrt() / step;
                let before = from;
                from += all;
                Self {
                    from: before,
                    to: from,
                    window: floor_index(deviation * WINDOW).max(1),
                    moments: Default::default(),
                }
            })
            .collect()
    }

    /// The point by which one of its last starts has come with a chance: one of those that many
    /// options share, so that what is known of it is used again.
    fn point(&self, when: &Law, step: f64, chance: f64) -> usize {
        let aligned = (self.window + 1).next_power_of_two() / 2;
        let chance = self.from + chance * (self.to - self.from);
        let at = when.quantile(chance) / step / as_f64(aligned);
        floor_index(at + 0.5) * aligned
    }
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
            parts: Vec::new(),
            roughly: OnceCell::new(),
            only: OnceCell::new(),
        };
        let apart = (rolling.lattice().stride / 2).max(1);
        all.when = law_about(all.about(rolling), apart, rolling.step(), |at| {
            all.chances(rolling, at)
        });
        all.parts = Part::all(&all.when, rolling.step());
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

    /// The moment by which a last start in a part has come with about one of the chances of `MOMENTS`;
    /// None if it cannot come then.
    pub(super) fn moment_of<'a>(
        &self,
        rolling: &Rolling,
        part: &'a Part,
        which: usize,
    ) -> Option<&'a Moment> {
        let moment = part.moments[which].get_or_init(|| {
            let at = part.point(&self.when, rolling.step(), MOMENTS[which]);
            self.moment(rolling, at, part)
        });
        moment.as_ref()
    }

    /// Where the law is told apart no further than a start may come: the last moment it may.
    pub(super) fn only_moment(&self, rolling: &Rolling) -> Option<&Moment> {
        let moment = self.only.get_or_init(|| {
            let (low, high) = self.when.support();
            let point = |seconds: f64| floor_index(seconds / rolling.step() + 0.5);
            let mut points = (point(low).saturating_sub(1)..=point(high) + 1).rev();
            points.find_map(|at| self.moment(rolling, at, &self.parts[0]))
        });
        moment.as_ref()
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

    /// About when the last start comes.
    fn about(&self, rolling: &Rolling) -> About {
        let moments = |at| self.total(self.kinds.iter().map(|kind| kind.0.point(rolling, at)));
        let (target, units) = (f64::from(self.target), f64::from(self.units()));
        let points_per_start = rolling.cycle[Host::Warm as usize].mean() / rolling.step() / units;
        // By Newton's method, with the slope about the point.
        let mut centre = floor_index((target - units / 2.0) * points_per_start);
        let mut spread = (units.sqrt() * points_per_start / 2.0).max(1.0);
        for _ in 0..NEWTON {
            let (mean, variance) = moments(centre);
            let reach = floor_index(spread / 2.0) + 1;
            let [before, after] = [centre.saturating_sub(reach), centre + reach];
            let rise = moments(after).0 - moments(before).0;
            let per_start = as_f64(after - before) / rise.max(1e-9);
            let per_start = per_start.min(2.0 * points_per_start * units.sqrt());
            let off = (target - 0.5 - mean) * per_start;
            spread = (variance.sqrt() * per_start).max(1.0);
            let most = 4.0 * (spread + points_per_start);
            let moved = floor_index((as_f64(centre) + off.clamp(-most, most)).max(0.0) + 0.5);
            let is_near = moved.abs_diff(centre) <= floor_index(spread / 4.0);
            centre = moved;
            if is_near {
                break;
            }
        }
        About {
            median: centre,
            spread,
        }
    }

    fn points(&self, rolling: &Rolling, at: usize) -> Vec<Rc<Point>> {
        self.kinds
            .iter()
            .map(|(table, _)| table.point(rolling, at))
            .collect()
    }

    /// Probabilities that the last start has come by some points of the grid.
    fn chances(&self, rolling: &Rolling, at: &[usize]) -> Vec<f64> {
        if self.units() <= MULTIPLIED_OUT {
            return at
                .iter()
                .map(|&at| self.chance_of_few(&self.points(rolling, at)))
                .collect();
        }
        let mut chances = Vec::with_capacity(at.len());
        for at in at.chunks(AT_ONCE) {
            let mut several = Several::of(self.target);
            for (table, size) in &self.kinds {
                let points = at.iter().map(|&at| table.point(rolling, at));
                several.add(*size, points);
            }
            chances.extend(several.reached().into_iter().take(at.len()));
        }
        chances
    }

    /// The same of a few units at one point, multiplied out.
    fn chance_of_few(&self, points: &[Rc<Point>]) -> f64 {
        let kinds = || self.kinds.iter().zip(points);
        let least = kinds().map(|((_, size), point)| size * point.first).sum();
        let Some(wanted) = self.target.checked_sub(least) else {
            return 1.0;
        };
        let mut product = Product::default();
        product.reset(wanted, 0);
        for ((_, size), point) in kinds() {
            for _ in 0..*size {
                product.multiply(point.masses(), &[]);
            }
        }
        let fewer: f64 = (0..wanted).map(|x| product.at(x, 0)).sum();
        1.0 - fewer
    }

    /// What holds if the last start comes at a point of a part; None if it cannot.
    fn moment(&self, rolling: &Rolling, at: usize, part: &Part) -> Option<Moment> {
        let ends =
            [at.saturating_sub(part.window), at + part.window].map(|at| self.points(rolling, at));
        let [early, late] = ends.each_ref().map(|points| self.total(points.iter()).0);
        if late - early < HARDLY_ANY * (part.to - part.from) {
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
        let near = (target - 0.5 - mean) / variance.max(1e-12);
        let (tilt, found) =
            WithLast::sought(target, near, CLOSE, || units.iter().map(Unit::starts));
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
    size: u32,
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
            size,
            point,
            rates: numbers.map(rate).collect(),
        }
    }

    fn starts(&self) -> Starts<'_> {
        Starts {
            size: self.size,
            first: self.point.first,
            masses: self.point.masses(),
            rates: &self.rates,
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
            makes_last[kind.host(n) as usize] += f64::from(self.size) * rate * power / all;
            power *= base;
        }
        Units { powers, makes_last }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::phases::Phases;
    use crate::model::rolling::Reuse;
    use crate::model::start_limits::limits;
    use crate::scenario::LaunchType;
    use crate::scenario::read::{Purpose, Syntax, scenario};

    #[test]
    fn what_is_found_at_the_saddle_point_is_what_is_multiplied_out() {
        let text = "[service]\ndesired_count = 2
            [service.timing]
            start = { mean = \"45s\", cv = 0.2 }
            ready = { mean = \"75s\", cv = 0.2 }
            stop = { mean = \"5s\", cv = 0.5 }
            [service.load_balancer]\ntype = \"alb\"
            [deployment]\nper_day = 1\n[cluster]\nfree_tasks = 2";
        let read = scenario(text, Syntax::Toml, Purpose::DurationsOnly).expect("it is valid");
        let limits = limits(LaunchType::Ec2);
        let rolling = Rolling::new(Phases::of(&read), Reuse::AfterStopped, limits);
        let mut off = Vec::new();
        for [replacements, surge, slack] in [[13, 3, 9], [40, 3, 36], [19, 7, 5], [90, 60, 20]] {
            let rollout = Rollout {
                replacements,
                surge,
                slack,
                cold: 0,
                held: 0,
            };
            let last = LastStart::of(&rolling, rollout);
            let (low, high) = last.when.support();
            let at = |seconds: f64| floor_index(seconds / rolling.step());
            for at in (at(low) - 60..at(high) + 60).step_by(3) {
                let found = last.chances(&rolling, &[at])[0];
                let exact = last.chance_of_few(&last.points(&rolling, at));
                if (found - exact).abs() > 0.015 {
                    off.push((replacements, at, found, exact));
                }
            }
        }
        assert!(off.is_empty(), "{off:?}");
    }
}
