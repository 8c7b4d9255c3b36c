//! What is outstanding at a moment of the last start: the chances that an end is reached by a block
//! of points later.

use super::counts::{At, NUMBERS, Unit};
use super::tilt::{Starts, WithLast};
use super::{as_index, single, single_of};
use crate::model::law::as_f64;
use crate::model::normal;

/// Points that are looked at at once.
pub(super) const LANES: usize = 16;

/// A number for each of them.
pub(super) type Lanes = [f32; LANES];

pub(super) const NONE: Lanes = [0.0; LANES];

/// Where something is divided by none.
pub(super) const TINY: f32 = 1e-30;

/// How close to a total the expected one has to be, in its standard deviations.
const CLOSE: f64 = 1e-2;

/// A normal quantile beyond all.
pub(super) const SURE: f32 = 9.0;

/// The units of one kind at a moment of the last start.
pub(super) struct Member<'a> {
    size: u32,
    unit: &'a Unit,
    at: &'a At,
    /// The tilt's weight of each number of starts, the weighed chances summing to one.
    powers: [f32; NUMBERS],
    /// The likeliest number of starts beyond the smallest: counts are taken from it, so that a small
    /// variance is exact in single precision.
    usual: usize,
    /// Probability that one of these makes the last start.
    makes_last: f32,
}

impl<'a> Member<'a> {
    pub(super) fn of(size: u32, unit: &'a Unit, at: &'a At) -> Self {
        Self {
            size,
            unit,
            at,
            powers: [0.0; NUMBERS],
            usual: 0,
            makes_last: 0.0,
        }
    }

    fn starts(&self) -> Starts<'_> {
        Starts {
            size: self.size,
            first: self.at.first,
            masses: &self.at.masses,
            rates: &self.at.rates,
        }
    }
}

/// About the tilt of a total, from the chances of one less and one more.
pub(super) fn guessed_tilt([less, more]: [f32; 2]) -> f64 {
    f64::from(ln(less / more)) / 2.0
}

/// Tilts the units to a total of starts of which one comes at the moment; the expected starts of
/// the others.
pub(super) fn tilted(members: &mut [Option<Member>], target: u32, guess: Option<f64>) -> f32 {
    let target = f64::from(target);
    let near = guess.unwrap_or_else(|| untilted(members, target));
    let (tilt, found) = WithLast::sought(target, near, CLOSE, || {
        members.iter().flatten().map(Member::starts)
    });
    let base = tilt.exp();
    for member in members.iter_mut().flatten() {
        let masses = member.at.masses.iter().rev();
        let mut power = 1.0 / masses.fold(0.0, |sum, mass| sum * base + mass);
        let mut makes_last = 0.0;
        for (weight, rate) in member.powers.iter_mut().zip(&member.at.rates) {
            *weight = single(power);
            makes_last += rate * power;
            power *= base;
        }
        let weighed = member.at.masses.iter().zip(&member.powers);
        let chances = weighed.map(|(&mass, &weight)| single(mass) * weight);
        let likeliest = chances.enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
        member.usual = likeliest.map_or(0, |(n, _)| n);
        member.makes_last = single(f64::from(member.size) * makes_last / found.rate);
    }
    single(target - found.last)
}

/// A first step of the search from no tilt.
fn untilted(members: &[Option<Member>], target: f64) -> f64 {
    let (mut mean, mut variance) = (0.0, 0.0);
    for member in members.iter().flatten() {
        let (mut first, mut second) = (0.0, 0.0);
        for (n, mass) in member.at.masses.iter().enumerate() {
            first += mass * as_f64(n);
            second += mass * as_f64(n * n);
        }
        let size = f64::from(member.size);
        mean += size * (f64::from(member.at.first) + first);
        variance += size * (second - first * first);
    }
    (target - 0.5 - mean) / variance.max(1e-12)
}

/// The units of a rollout given the moment of its last start.
pub(super) struct Ends<'a> {
    pub(super) members: &'a [Option<Member<'a>>; 2],
    pub(super) slack: u32,
    pub(super) replacements: u32,
    /// Expected starts of the units that do not make the last one.
    pub(super) others: f32,
    /// Points that are known.
    pub(super) points: usize,
}

/// What is known at a block of points.
pub(super) fn block(points: &[f32], from: usize) -> &Lanes {
    points[from..]
        .first_chunk()
        .expect("blocks end with the points")
}

impl Ends<'_> {
    /// All new tasks are healthy.
    pub(super) fn healthy(&self, from: usize, to: &mut Lanes) {
        self.all_through(from, to, |member| {
            (&member.at.healthy, &member.unit.healthy)
        });
    }

    /// All new tasks are healthy, and all but as many units as there is slack have finished the stop
    /// after it.
    pub(super) fn stopped(&self, from: usize, to: &mut Lanes) {
        if self.slack == 0 {
            self.all_through(from, to, |member| {
                (&member.at.replaced, &member.unit.replaced)
            });
        } else {
            self.enough_through(from, to);
        }
    }

    fn all_through<'a>(
        &'a self,
        from: usize,
        to: &mut Lanes,
        of: impl Fn(&'a Member<'a>) -> (&'a [f32], &'a [f32]),
    ) {
        let mut all = [1.0; LANES];
        let mut last = NONE;
        for member in self.members.iter().flatten() {
            let (front, fresh) = of(member);
            let mut share = NONE;
            for (n, weight) in member
                .powers
                .iter()
                .take(member.at.masses.len())
                .enumerate()
            {
                let chances = block(front, n * self.points + from);
                for i in 0..LANES {
                    share[i] += weight * chances[i];
                }
            }
            let fresh = block(fresh, from);
            for i in 0..LANES {
                last[i] += member.makes_last * fresh[i] / share[i].max(TINY);
            }
            raise(&mut all, share, member.size);
        }
        for i in 0..LANES {
            to[i] = (all[i] * last[i]).min(1.0);
        }
    }

    fn enough_through(&self, from: usize, to: &mut Lanes) {
        let mut all = [1.0; LANES];
        let (mut fresh, mut fresh_marked) = (NONE, NONE);
        let mut total = Joint::default();
        for member in self.members.iter().flatten() {
            let mut sums = Sums::default();
            let usual = single_of(member.usual);
            for (n, &weight) in member
                .powers
                .iter()
                .take(member.at.masses.len())
                .enumerate()
            {
                let at = n * self.points + from;
                let enough = block(&member.at.healthy, at);
                let plain = block(&member.at.replaced, at);
                sums.add(single_of(n) - usual, weight, enough, plain);
            }
            let enough = block(&member.unit.healthy, from);
            let plain = block(&member.unit.replaced, from);
            for i in 0..LANES {
                let last = member.makes_last / sums.all[i].max(TINY);
                fresh[i] += last * enough[i].max(plain[i]);
                fresh_marked[i] += last * (enough[i] - plain[i]).max(0.0);
            }
            let others = single_of(as_index(member.size)) - member.makes_last;
            let first = single_of(as_index(member.at.first) + member.usual);
            total.add(others, first, &sums);
            raise(&mut all, sums.all, member.size);
        }
        if self.slack >= self.replacements {
            // There are no more new tasks.
            for i in 0..LANES {
                to[i] = (all[i] * fresh[i]).min(1.0);
            }
            return;
        }
        let (mut mean, mut variance) = (NONE, NONE);
        for i in 0..LANES {
            let marked = fresh_marked[i] / fresh[i].max(TINY);
            let slope = total.covariance[i] / total.starts_variance[i].max(1e-9);
            mean[i] = total.marked[i] + slope * (self.others - total.starts[i]) + marked;
            variance[i] =
                total.marked_variance[i] - slope * total.covariance[i] + marked * (1.0 - marked);
        }
        let few = at_most(&mean, &variance, single_of(as_index(self.slack)));
        for i in 0..LANES {
            let any = (all[i] * fresh[i]).min(1.0);
            to[i] = any * single(normal::below(f64::from(few[i])));
        }
    }
}

/// Sums over the starts of a unit, at each point.
struct Sums {
    all: Lanes,
    first: Lanes,
    second: Lanes,
    marked: Lanes,
    marked_first: Lanes,
}

impl Default for Sums {
    fn default() -> Self {
        Self {
            all: NONE,
            first: NONE,
            second: NONE,
            marked: NONE,
            marked_first: NONE,
        }
    }
}

impl Sums {
    /// So many starts beyond one number, with a mark or without.
    fn add(&mut self, number: f32, weight: f32, enough: &Lanes, plain: &Lanes) {
        for i in 0..LANES {
            let mark = weight * (enough[i] - plain[i]).max(0.0);
            let chance = weight * plain[i] + mark;
            self.all[i] += chance;
            self.first[i] += chance * number;
            self.second[i] += chance * (number * number);
            self.marked[i] += mark;
            self.marked_first[i] += mark * number;
        }
    }
}

/// Starts and marks of all units, at each point: first and second moments.
struct Joint {
    starts: Lanes,
    starts_variance: Lanes,
    marked: Lanes,
    marked_variance: Lanes,
    covariance: Lanes,
}

impl Default for Joint {
    fn default() -> Self {
        Self {
            starts: NONE,
            starts_variance: NONE,
            marked: NONE,
            marked_variance: NONE,
            covariance: NONE,
        }
    }
}

impl Joint {
    /// So many units more, each with these sums beyond one count.
    fn add(&mut self, units: f32, first: f32, sums: &Sums) {
        for i in 0..LANES {
            let each = 1.0 / sums.all[i].max(TINY);
            let (starts, share) = (sums.first[i] * each, sums.marked[i] * each);
            self.starts[i] += units * (first + starts);
            self.starts_variance[i] += units * (sums.second[i] * each - starts * starts);
            self.marked[i] += units * share;
            self.marked_variance[i] += units * share * (1.0 - share);
            self.covariance[i] += units * (sums.marked_first[i] * each - starts * share);
        }
    }
}

/// Multiplies by shares to a whole power.
pub(super) fn raise(all: &mut Lanes, mut shares: Lanes, mut power: u32) {
    while power > 0 {
        if power & 1 == 1 {
            for i in 0..LANES {
                all[i] *= shares[i];
            }
        }
        power >>= 1;
        for share in &mut shares {
            *share *= *share;
        }
    }
}

/// The standard normal quantile of the chance that a number with this mean and variance is at most
/// `limit`.
///
/// # Formula
/// That of `joint::Number`, by Peizer and Pratt, without branches.
pub(super) fn at_most(mean: &Lanes, variance: &Lanes, limit: f32) -> Lanes {
    const FAR: f32 = 27.6;
    const CERTAIN: f32 = 0.02;
    let mut normal = NONE;
    for i in 0..LANES {
        let expected = mean[i].max(1e-12);
        let q = (variance[i] / expected).clamp(1e-6, 1.0 - 1e-6);
        let p = 1.0 - q;
        let trials = expected / p;
        let left = trials - limit;
        let off = limit + 2.0 / 3.0 - (trials + 1.0 / 3.0) * p
            + 0.02 * (q / (limit + 1.0) - p / left.max(0.5) + (q - 0.5) / (trials + 1.0));
        let low = bend((limit + 0.5) / (trials * p));
        let high = bend((left - 0.5).max(0.0) / (trials * q));
        let spread = (1.0 + q * low + p * high) / ((trials + 1.0 / 6.0) * p * q);
        let near = limit + 0.5 - mean[i];
        let is_far = near * near > FAR * (variance[i].max(0.0) + near.abs() / 3.0);
        let found = if is_far {
            SURE.copysign(near)
        } else {
            off * spread.max(0.0).sqrt()
        };
        normal[i] = if left <= CERTAIN || mean[i] <= 0.0 {
            SURE
        } else {
            found
        };
    }
    normal
}

/// (1 − x² + 2 x ln x) / (1 − x)², 1 at 0 and 0 at 1, where its series is taken.
fn bend(x: f32) -> f32 {
    const NEAR: f32 = 0.1;
    let off = 1.0 - x;
    let near = off * (1.0 / 3.0 + off * (1.0 / 6.0 + off * 0.1));
    let far = (1.0 - x * x + 2.0 * x * ln(x.max(TINY))) / (off * off).max(NEAR * NEAR / 2.0);
    if off.abs() < NEAR { near } else { far }
}

/// The natural logarithm of a positive number, to 1e-7, in a form that is done for several at once.
///
/// # Formula
/// x = 2^e m with m about 1; ln m = 2 artanh((m − 1) / (m + 1)) by its series.
#[expect(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "bits of a number, and a small exponent"
)]
fn ln(x: f32) -> f32 {
    const ROOT_OF_HALF: u32 = 0x3f35_04f3;
    let bits = x.to_bits();
    let exponent = bits.wrapping_sub(ROOT_OF_HALF) as i32 >> 23;
    let m = f32::from_bits((bits as i32).wrapping_sub(exponent << 23) as u32);
    let s = (m - 1.0) / (m + 1.0);
    let q = s * s;
    let series = 1.0 + q * (1.0 / 3.0 + q * (0.2 + q * (1.0 / 7.0)));
    2.0 * s * series + exponent as f32 * std::f32::consts::LN_2
}
