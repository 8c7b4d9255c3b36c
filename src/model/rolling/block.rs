//! The end of a rollout of many units given its last start, at several neighbouring points at once:
//! where a chance is a product of tilted sums it costs less than the search for the few points that
//! tell as much.

use super::front::{LANES, Lanes};
use super::grid::floor_index;
use super::joint::Joint;
use super::last_start::Units;
use super::outstanding::{Outstanding, Progress, marked};
use super::points::About;
use super::units::Host;

/// Points in five standard deviations of about the law, at least.
const POINTS: f64 = 20.0;

/// Standard deviations in which these are.
const ACROSS: f64 = 5.0;

/// A tail of less is cut.
const CUT: f64 = 2e-4;

/// With fewer intervals the law is looked at again with about twice as many.
const FEW: usize = 10;

/// Where more comes in one interval, it is cut in as many.
const STEEP: f64 = 0.25;
const DENSER: usize = 4;

/// A chance below this is none.
const NONE: f64 = 1e-5;

/// Units of one rollout under the tilt that belongs to a moment.
pub(super) struct Tilted<'a> {
    /// Expected starts of the units that do not make the last one.
    pub(super) others: f64,
    pub(super) units: &'a [Units],
    /// What becomes of each kind.
    pub(super) progress: &'a [Progress<'a>],
}

/// Sums over the starts of a unit of one kind, for each point of a block.
struct SumsOver {
    all: [f64; LANES],
    first: [f64; LANES],
    second: [f64; LANES],
    marked: [f64; LANES],
    marked_first: [f64; LANES],
}

impl SumsOver {
    fn none() -> Self {
        let none = [0.0; LANES];
        Self {
            all: none,
            first: none,
            second: none,
            marked: none,
            marked_first: none,
        }
    }

    /// The units with so many starts beyond the smallest number: their chance at each point, and
    /// that without a mark, each to be weighed.
    fn add(&mut self, number: f64, weight: f64, enough: &[f64; LANES], plain: &[f64; LANES]) {
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

    /// Starts and marks of one unit that is through by a point.
    fn joint(&self, point: usize) -> Joint {
        Joint::of(
            self.all[point],
            [self.first[point], self.second[point]],
            [self.marked[point], self.marked_first[point]],
        )
    }
}

impl Outstanding<'_> {
    /// The chance that the end is reached by each of some points after the last start.
    pub(super) fn over(&self, tilted: &Tilted, at: Lanes) -> [f64; LANES] {
        if self.marks == 0 {
            self.all_through(tilted, at)
        } else {
            self.enough_through_over(tilted, at)
        }
    }

    /// All units have to be through.
    fn all_through(&self, tilted: &Tilted, at: Lanes) -> [f64; LANES] {
        let mut all = [1.0; LANES];
        let mut last = [0.0; LANES];
        for (kind, (progress, units)) in tilted.progress.iter().zip(tilted.units).enumerate() {
            let mut share = [0.0; LANES];
            for (number, &weight) in units.powers.iter().enumerate() {
                let chances = progress.plain.over(number, at);
                for i in 0..LANES {
                    share[i] += weight * chances[i];
                }
            }
            raise(&mut all, share, self.last.kinds[kind].1);
            for (host, makes_last) in [Host::Cold, Host::Warm].into_iter().zip(units.makes_last) {
                if makes_last > 0.0 {
                    let fresh = self.fresh_over(kind, host, at)[0];
                    for i in 0..LANES {
                        last[i] += makes_last / share[i].max(f64::MIN_POSITIVE) * fresh[i];
                    }
                }
            }
        }
        std::array::from_fn(|i| {
            if all[i] > 0.0 {
                (all[i] * last[i]).min(1.0)
            } else {
                0.0
            }
        })
    }

    /// All units but so many have to be through, or excused.
    fn enough_through_over(&self, tilted: &Tilted, at: Lanes) -> [f64; LANES] {
        let mut all = [1.0; LANES];
        let mut fresh = [[0.0; LANES]; 2];
        let mut totals: [Joint; LANES] = std::array::from_fn(|_| Joint::default());
        for (kind, (progress, units)) in tilted.progress.iter().zip(tilted.units).enumerate() {
            let size = self.last.kinds[kind].1;
            let mut sums = SumsOver::none();
            let mut beyond = 0.0;
            for (number, &weight) in units.powers.iter().enumerate() {
                let plain = progress.plain.over(number, at);
                let enough = match progress.excused.as_ref() {
                    Some(excused) => excused.healthy.over(number, at),
                    None => [progress.point.masses()[number]; LANES],
                };
                sums.add(beyond, weight, &enough, &plain);
                beyond += 1.0;
            }
            raise(&mut all, sums.all, size);
            let mut besides = f64::from(size);
            for (host, makes_last) in [Host::Cold, Host::Warm].into_iter().zip(units.makes_last) {
                if makes_last > 0.0 {
                    besides -= makes_last;
                    let chances = self.fresh_over(kind, host, at);
                    for (fresh, chances) in fresh.iter_mut().zip(&chances) {
                        for i in 0..LANES {
                            fresh[i] +=
                                makes_last / sums.all[i].max(f64::MIN_POSITIVE) * chances[i];
                        }
                    }
                }
            }
            let first = progress.point.first;
            for (point, total) in totals.iter_mut().enumerate() {
                total.add(besides, first, &sums.joint(point));
            }
        }
        std::array::from_fn(|i| {
            let through = fresh[0][i] + fresh[1][i];
            let any = (all[i] * through).min(1.0);
            if any.is_nan() || any < NONE {
                return 0.0;
            }
            any * self.chance_of_few(marked(&totals[i], tilted.others, fresh[1][i] / through))
        })
    }

    /// The chances that a start of a unit, the last of all, is through: without an excuse, and only
    /// with one.
    fn fresh_over(&self, kind: usize, host: Host, at: Lanes) -> [[f64; LANES]; 2] {
        let [plain, excused] = self.chains[kind]
            .each_ref()
            .map(|chains| &chains[host as usize]);
        let plain = plain.over(at);
        let enough = if self.excuses() {
            excused.over(at)
        } else {
            [1.0; LANES]
        };
        [
            plain,
            std::array::from_fn(|i| (enough[i] - plain[i]).max(0.0)),
        ]
    }
}

/// Multiplies by shares to a whole power.
fn raise(all: &mut [f64; LANES], mut shares: [f64; LANES], mut power: u32) {
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

/// Probabilities of intervals of the lattice one after another.
pub(super) struct Intervals {
    /// The point at which the first one ends.
    pub(super) first: usize,
    /// Points from the end of one to the next.
    pub(super) stride: usize,
    pub(super) masses: Vec<f64>,
}

/// The law of an end from the point at which it may be reached on.
///
/// It is begun about the middle, and gone on with until the tails are cut; where much comes in one
/// interval, with more points.
pub(super) fn masses_over(
    about: About,
    ends: [usize; 2],
    chances: impl Fn(Lanes) -> [f64; LANES],
) -> Intervals {
    let mut median = about.median;
    let mut stride = floor_index(about.spread * ACROSS / POINTS).max(1);
    loop {
        let law = masses_apart(median, ends, stride, &chances);
        let points = law.masses.len();
        let denser = if points < FEW {
            stride * points / (2 * FEW)
        } else if law.masses.iter().any(|&mass| mass > STEEP) {
            stride / DENSER
        } else {
            stride
        };
        if denser.max(1) == stride {
            return law;
        }
        median = law.first + points / 2 * stride;
        stride = denser.max(1);
    }
}

/// The same at points so far apart.
fn masses_apart(
    median: usize,
    [low, high]: [usize; 2],
    stride: usize,
    chances: impl Fn(Lanes) -> [f64; LANES],
) -> Intervals {
    let width = LANES * stride;
    let lanes = |number: usize| Lanes {
        first: low + number * width,
        stride,
    };
    // On the same points whatever the middle.
    let mut first = median.saturating_sub(low) / width;
    let mut next = first + 1;
    let mut reached = Vec::with_capacity(6 * LANES);
    reached.extend(chances(lanes(first)));
    while reached[0] > CUT && first > 0 {
        first -= 1;
        reached.splice(0..0, chances(lanes(first)));
    }
    let most = (high.max(low) - low) / width + 1;
    while reached[reached.len() - 1] < 1.0 - CUT && next <= most {
        reached.extend(chances(lanes(next)));
        next += 1;
    }
    let begin = reached
        .iter()
        .rposition(|&chance| chance <= CUT)
        .unwrap_or(0);
    let mut masses = Vec::with_capacity(reached.len() - begin);
    let mut before = 0.0;
    for &chance in &reached[begin..] {
        if before < 1.0 {
            let up_to = if chance < 1.0 - CUT {
                chance.max(before)
            } else {
                1.0
            };
            masses.push(up_to - before);
            before = up_to;
        }
    }
    masses.extend((before < 1.0).then_some(1.0 - before));
    Intervals {
        first: lanes(first).first + begin * stride,
        stride,
        masses,
    }
}
