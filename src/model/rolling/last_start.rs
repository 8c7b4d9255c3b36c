//! When the last start of a rollout comes, in cells of the grid, and what is known of the units
//! when it does.
//!
//! The total of starts at a moment is a sum of independent counts. For a few units their
//! generating polynomials are multiplied out; for more, the chance of a total is found at the
//! saddle point of their product: by the formula of Lugannani and Rice, which is close from four
//! units on.

use std::rc::Rc;

use statrs::function::erf::erfc;

use super::grid::{Point, Table, floor_index};
use super::points::normal_quantile;
use super::product::Product;
use super::units::Host;
use super::{Rolling, Rollout};
use crate::model::law::as_f64;

/// Up to so many units the products are multiplied out, beyond they are tilted.
pub(super) const MULTIPLIED_OUT: u32 = 3;

/// How far apart the normal quantiles of the chances at the ends of a cell may be.
const APART: f64 = 0.8;

/// How far apart they may be in a cell of few points, against what is outstanding at the last start.
const FAR_APART: f64 = 1.6;

/// So many points are few.
const CLOSE: usize = 5;

/// Cells that there usually are, at most.
const USUAL: usize = 16;

/// Steps of Newton's method to about the middle.
const NEWTON: u32 = 6;

/// Normal quantile at which a tail is cut.
const CUT: f64 = 4.0;

/// Chance below which an end of that law is cut, as a logarithm.
const LOG_NEGLIGIBLE: f64 = -14.0;

/// Chance below which a cell is left out.
const NEGLIGIBLE: f64 = 1e-7;

/// A cell with some chance is cut in two where the tilt changes by more than this in it.
const LARGEST_TURN: f64 = 1.5;

/// The largest tilt, beyond which a count is certain.
const LARGEST_TILT: f64 = 40.0;

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
    pub(super) cells: Vec<Cell>,
}

/// Moments at which the last start may come, close together.
#[derive(Debug)]
pub(super) struct Cell {
    /// Points of the grid: its ends, and the one that stands for all.
    pub(super) from: usize,
    pub(super) at: usize,
    pub(super) to: usize,
    /// Probability that the last start comes in it.
    pub(super) chance: f64,
    /// How many starts each kind has had by then.
    pub(super) points: Vec<Rc<Point>>,
    pub(super) given: Given,
}

/// What is known of the units given the cell of the last start.
#[derive(Debug)]
pub(super) enum Given {
    /// Whose start it may be.
    Causes(Vec<Cause>),
    /// Independent units, tilted.
    Tilted {
        /// e to the tilt.
        base: f64,
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
    /// What the tilt makes of a unit's whole mass.
    pub(super) norm: f64,
    /// Probability that one of these makes the last start, on a cold host and on a warm one.
    pub(super) makes_last: [f64; 2],
}

/// The chance that the last start has come by a point of the grid.
#[derive(Debug, Clone, Copy)]
struct Edge {
    at: usize,
    chance: f64,
    /// Standard normal quantile of the chance, cut at both ends.
    normal: f64,
    /// That moves the expected total to half a start below the last one.
    tilt: f64,
}

impl Edge {
    /// The last start has not come.
    fn before(at: usize) -> Self {
        Self {
            at,
            chance: 0.0,
            normal: -CUT,
            tilt: 0.0,
        }
    }

    /// It has come.
    fn after(at: usize) -> Self {
        Self {
            at,
            chance: 1.0,
            normal: CUT,
            tilt: 0.0,
        }
    }
}

/// Points of the grid between which the last start comes, and about where between.
struct Range {
    from: usize,
    end: usize,
    centre: usize,
    /// Near enough its standard deviation, in points.
    spread: f64,
}

impl Range {
    /// Points to begin with, within the range and about as far apart as the ends of cells may be.
    fn between(&self) -> impl Iterator<Item = usize> + '_ {
        let wide = self.spread * FAR_APART <= as_f64(CLOSE);
        let step = (self.spread * if wide { FAR_APART } else { APART }).max(1.0);
        let each_side = floor_index((CUT - 0.5) * self.spread / step);
        (0..=2 * each_side)
            .map(move |i| {
                let off = (as_f64(i) - as_f64(each_side)) * step;
                floor_index((as_f64(self.centre) + off).max(0.0))
            })
            .filter(|&at| at > self.from && at < self.end)
    }
}

/// Cumulants of the total of starts, beyond the smallest one, under a tilt.
#[derive(Default)]
struct Tilted {
    log: f64,
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
            sum.log += size * s0.ln();
            sum.mean += size * mean;
            sum.variance += size * (square - mean * mean);
            sum.third += size * (cube - 3.0 * mean * square + 2.0 * mean * mean * mean);
        }
        sum
    }
}

/// The root of a rising function by Newton's method, kept between two bounds that close in.
///
/// `found` is the function's value, its slope and what else was found at `at`.
fn root<T>(
    near: f64,
    wanted: f64,
    find: impl Fn(f64) -> T,
    value_and_slope: impl Fn(&T) -> (f64, f64),
) -> (f64, T) {
    const STEP: f64 = 3.0;
    let (mut low, mut high) = (-LARGEST_TILT, LARGEST_TILT);
    let mut at = near.clamp(low, high);
    let mut found = find(at);
    for _ in 0..40 {
        let (value, slope) = value_and_slope(&found);
        let off = value - wanted;
        if off.abs() < 3e-5 * (1.0 + slope.max(0.0).sqrt()) || high - low < 1e-3 {
            break;
        }
        if off > 0.0 {
            high = at;
        } else {
            low = at;
        }
        let newton = (at - off / slope.max(1e-12)).clamp(at - STEP, at + STEP);
        at = if newton > low && newton < high {
            newton
        } else {
            f64::midpoint(low, high)
        };
        found = find(at);
    }
    (at, found)
}

/// Probability that at least `target` starts have come, and the tilt to half a start below.
///
/// # Formula
/// Lugannani and Rice's, with the continuity correction for whole numbers: with the root u of
/// K'(u) = x − ½, w = ±√(2 (u (x − ½) − K(u))) and v = 2 sinh(u / 2) √K''(u),
/// P(S ≥ x) ≈ 1 − Φ(w) + φ(w) (1 / v − 1 / w).
fn reached_by_tilting(
    kinds: &Kinds,
    points: &[Rc<Point>],
    beyond_least: u32,
    near: f64,
) -> (f64, f64) {
    let wanted = f64::from(beyond_least) - 0.5;
    let (tilt, found) = root(
        near,
        wanted,
        |tilt| Tilted::of(kinds, points, tilt),
        |found| (found.mean, found.variance),
    );
    let w = (2.0 * (tilt * wanted - found.log))
        .max(0.0)
        .sqrt()
        .copysign(tilt);
    // The limit where both terms grow without bound.
    let correction = if w.abs() < 0.03 {
        -found.third / found.variance.powf(1.5) / 6.0
    } else {
        1.0 / (2.0 * (tilt / 2.0).sinh() * found.variance.sqrt()) - 1.0 / w
    };
    let density = (-w * w / 2.0).exp() / std::f64::consts::TAU.sqrt();
    let beyond = 0.5 * erfc(w / std::f64::consts::SQRT_2) + density * correction;
    (beyond.clamp(0.0, 1.0), tilt)
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

/// Where between two normal quantiles their mean is, as a share.
fn middle(from: f64, to: f64) -> f64 {
    let density = |normal: f64| (-normal * normal / 2.0).exp() / std::f64::consts::TAU.sqrt();
    let below = |normal: f64| 0.5 * erfc(-normal / std::f64::consts::SQRT_2);
    let mean = (density(from) - density(to)) / (below(to) - below(from));
    ((mean - from) / (to - from)).clamp(0.0, 1.0)
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
            cells: Vec::with_capacity(USUAL),
        };
        let range = all.range(rolling);
        let (mut edge, last) = (Edge::before(range.from), Edge::after(range.end));
        let mut ahead = vec![last];
        let mut between = range.between().peekable();
        loop {
            // Where the neighbours are close enough, straight from one point to the next.
            if ahead.len() == 1
                && let Some(at) = between.next_if(|&at| at > edge.at)
            {
                ahead.push(all.edge(rolling, at, edge.tilt));
            }
            let Some(&next) = ahead.last() else { break };
            let chance = next.chance - edge.chance;
            let width = next.at - edge.at;
            let turns = chance > 0.01 && (next.tilt - edge.tilt).abs() > LARGEST_TURN;
            let apart = if width <= CLOSE { FAR_APART } else { APART };
            if width > 1 && chance > NEGLIGIBLE && (next.normal - edge.normal > apart || turns) {
                ahead.push(all.edge(rolling, edge.at + width / 2, edge.tilt));
                continue;
            }
            if chance > NEGLIGIBLE
                && let Some(cell) = all.cell(rolling, [edge, next], chance)
            {
                all.cells.push(cell);
            }
            if chance >= 0.0 {
                edge = next;
            } else {
                edge.at = next.at;
            }
            ahead.pop();
        }
        let total: f64 = all.cells.iter().map(|cell| cell.chance).sum();
        for cell in &mut all.cells {
            cell.chance /= total;
        }
        all
    }

    /// Units in all.
    pub(super) fn units(&self) -> u32 {
        self.kinds.iter().map(|kind| kind.1).sum()
    }

    /// Points of the grid between which the last start comes.
    fn range(&self, rolling: &Rolling) -> Range {
        let moments = |at: usize| -> (f64, f64) {
            let mut sum = (0.0, 0.0);
            for (table, size) in &self.kinds {
                let point = table.point(rolling, at);
                sum.0 += f64::from(*size) * (f64::from(point.first) + point.mean);
                sum.1 += f64::from(*size) * point.variance;
            }
            sum
        };
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
            from: centre.saturating_sub(before),
            end: centre + after,
            centre,
            spread,
        }
    }

    fn points(&self, rolling: &Rolling, at: usize) -> Vec<Rc<Point>> {
        self.kinds
            .iter()
            .map(|(table, _)| table.point(rolling, at))
            .collect()
    }

    fn edge(&self, rolling: &Rolling, at: usize, near: f64) -> Edge {
        let points = self.points(rolling, at);
        let (mut least, mut most) = (0, 0);
        for ((_, size), point) in self.kinds.iter().zip(&points) {
            least += size * point.first;
            most += size * point.largest();
        }
        let (chance, tilt) = if self.target <= least {
            (1.0, near)
        } else if self.target > most {
            (0.0, near)
        } else if self.units() <= MULTIPLIED_OUT {
            let mut product = Product::default();
            product.reset(self.target - least, 0);
            for ((_, size), point) in self.kinds.iter().zip(&points) {
                for _ in 0..*size {
                    product.multiply(point.masses(), &[]);
                }
            }
            let fewer: f64 = (0..self.target - least).map(|x| product.at(x, 0)).sum();
            (1.0 - fewer, 0.0)
        } else {
            reached_by_tilting(&self.kinds, &points, self.target - least, near)
        };
        Edge {
            at,
            chance,
            normal: normal_quantile(chance).clamp(-CUT, CUT),
            tilt,
        }
    }

    /// What holds if the last start comes between two points; None if it cannot.
    fn cell(&self, rolling: &Rolling, [early, late]: [Edge; 2], chance: f64) -> Option<Cell> {
        let (from, to) = (early.at, late.at);
        let at = if to > from + 1 {
            from + floor_index(middle(early.normal, late.normal) * as_f64(to - from) + 0.5)
        } else if (early.chance - 0.5).abs() < (late.chance - 0.5).abs() {
            from
        } else {
            to
        };
        let ends = [from, to].map(|at| self.points(rolling, at));
        let points = self.points(rolling, at);
        let given = if self.units() <= MULTIPLIED_OUT {
            self.causes(&ends, &points)?
        } else {
            let near = match (early.chance > 0.0, late.chance < 1.0) {
                (true, true) => f64::midpoint(early.tilt, late.tilt),
                (true, false) => early.tilt,
                (false, _) => late.tilt,
            };
            self.tilted(&ends, &points, near)
        };
        Some(Cell {
            from,
            at,
            to,
            chance,
            points,
            given,
        })
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

    fn tilted(&self, ends: &[Vec<Rc<Point>>; 2], points: &[Rc<Point>], near: f64) -> Given {
        let target = f64::from(self.target);
        let (tilt, found) = root(
            near,
            target,
            |tilt| self.with_last(ends, points, tilt),
            |found| (found.starts, found.variance),
        );
        Given::Tilted {
            base: tilt.exp(),
            others: target - found.last,
            units: found.units,
        }
    }

    /// All units under a tilt, one of them making a start between two points.
    fn with_last(&self, ends: &[Vec<Rc<Point>>; 2], points: &[Rc<Point>], tilt: f64) -> WithLast {
        let base = tilt.exp();
        let (mut rate_all, mut rate_n, mut rate_square) = (0.0, 0.0, 0.0);
        let mut units = Vec::with_capacity(points.len());
        let mut moments = [(0.0, 0.0, 0.0, 0.0); KINDS];
        for (i, ((table, size), point)) in self.kinds.iter().zip(points).enumerate() {
            let size = f64::from(*size);
            let (mut power, mut n) = (1.0, f64::from(point.first));
            let (mut s0, mut s1, mut s2) = (0.0, 0.0, 0.0);
            let mut makes_last = [0.0; 2];
            let (mut r0, mut r1, mut r2) = (0.0, 0.0, 0.0);
            for (number, mass) in (point.first..).zip(point.masses()) {
                let weight = mass * power;
                s0 += weight;
                s1 += weight * n;
                s2 += weight * n * n;
                let rate = ends[1][i].at_least(number) - ends[0][i].at_least(number);
                let rate = rate.max(0.0) * power;
                makes_last[table.kind.host(number) as usize] += rate;
                r0 += rate;
                r1 += rate * n;
                r2 += rate * n * n;
                power *= base;
                n += 1.0;
            }
            let scale = size / s0;
            rate_all += r0 * scale;
            rate_n += r1 * scale;
            rate_square += r2 * scale;
            moments[i] = (size, s1 / s0, s2 / s0, r0 * scale);
            units.push(Units {
                norm: s0,
                makes_last: makes_last.map(|rate| rate * scale),
            });
        }
        if rate_all <= 0.0 {
            // Nothing starts between the points, as far as can be told: any may have.
            rate_all = f64::from(self.units());
            for (kind, (_, size)) in units.iter_mut().zip(&self.kinds) {
                kind.makes_last[Host::Warm as usize] = f64::from(*size);
            }
        }
        let last = rate_n / rate_all;
        let mut starts = last;
        let mut variance = (rate_square / rate_all - last * last).max(0.0);
        for (size, mean, square, rate) in moments.into_iter().take(points.len()) {
            let others = size - rate / rate_all;
            starts += others * mean;
            variance += others * (square - mean * mean);
        }
        for kind in &mut units {
            kind.makes_last = kind.makes_last.map(|rate| rate / rate_all);
        }
        WithLast {
            starts,
            variance,
            last,
            units,
        }
    }
}

/// Expected starts of all units under a tilt, one of them making the last start.
struct WithLast {
    starts: f64,
    variance: f64,
    /// Expected number of the last start in its unit.
    last: f64,
    units: Vec<Units>,
}
