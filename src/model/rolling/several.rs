//! The chance that many units have had so many starts in all, at several moments at once: a loop
//! over the moments is innermost, as the processor works on several numbers in one instruction.

use std::rc::Rc;

use super::grid::Point;
use super::tilt::{STEPS, TiltSearch};
use crate::model::normal;

/// So many moments.
pub(super) const AT_ONCE: usize = 8;

/// How close to a total the expected one has to be, in its standard deviations.
const CLOSE: f64 = 1e-3;

/// A chance below this is none, as a logarithm.
const LOG_NONE: f64 = -14.0;

/// A number for each moment.
type Each = [f64; AT_ONCE];

/// The units of one kind at the moments.
struct Kind {
    size: f64,
    /// Chances of the starts beyond the smallest number, number by number.
    masses: Vec<Each>,
}

/// The total of starts at several moments.
pub(super) struct Several {
    kinds: Vec<Kind>,
    /// How many are asked for beyond the smallest total, less a half.
    wanted: Each,
    /// The largest total beyond the smallest.
    most: Each,
    mean: Each,
    variance: Each,
}

/// Cumulants of the total beyond the smallest one under a tilt, and the logarithm of its generating
/// function.
struct Tilted {
    mean: Each,
    variance: Each,
    third: Each,
    sums: Vec<Each>,
}

impl Several {
    /// Of no units, where so many starts are asked for.
    pub(super) fn of(target: u32) -> Self {
        Self {
            kinds: Vec::with_capacity(4),
            wanted: [f64::from(target) - 0.5; AT_ONCE],
            most: [0.0; AT_ONCE],
            mean: [0.0; AT_ONCE],
            variance: [0.0; AT_ONCE],
        }
    }

    /// So many units of one kind, which have had so many starts by each moment.
    pub(super) fn add(&mut self, size: u32, points: impl Iterator<Item = Rc<Point>>) {
        let size = f64::from(size);
        let mut masses: Vec<Each> = Vec::with_capacity(6);
        for (i, point) in points.enumerate() {
            self.wanted[i] -= size * f64::from(point.first);
            self.most[i] += size * f64::from(point.largest() - point.first);
            self.mean[i] += size * point.mean;
            self.variance[i] += size * point.variance;
            for (number, &mass) in point.masses().iter().enumerate() {
                if number == masses.len() {
                    masses.push([0.0; AT_ONCE]);
                }
                masses[number][i] = mass;
            }
        }
        self.kinds.push(Kind { size, masses });
    }

    /// A tilt that is near the one wanted.
    ///
    /// # Formula
    /// The difference of the log odds of the wanted and of the expected share of the largest total,
    /// as for one unit which starts once or not; scaled to the slope that the variance gives.
    fn guess(&self, i: usize) -> f64 {
        let (mean, most, wanted) = (self.mean[i], self.most[i], self.wanted[i]);
        let odds = |total: f64| (total / (most - total)).ln();
        let scale = mean * (most - mean) / (most * self.variance[i].max(1e-12));
        let guess = (odds(wanted) - odds(mean)) * scale;
        if guess.is_finite() { guess } else { 0.0 }
    }

    fn tilted(&self, base: &Each) -> Tilted {
        let none = [0.0; AT_ONCE];
        let mut all = Tilted {
            mean: none,
            variance: none,
            third: none,
            sums: Vec::with_capacity(self.kinds.len()),
        };
        for Kind { size, masses } in &self.kinds {
            let (mut s0, mut s1, mut s2, mut s3) = (none, none, none, none);
            let mut power = [1.0; AT_ONCE];
            let mut n = 0.0;
            for mass in masses {
                for i in 0..AT_ONCE {
                    let weight = mass[i] * power[i];
                    let first = weight * n;
                    s0[i] += weight;
                    s1[i] += first;
                    s2[i] += first * n;
                    s3[i] += first * (n * n);
                    power[i] *= base[i];
                }
                n += 1.0;
            }
            for i in 0..AT_ONCE {
                let each = 1.0 / s0[i].max(f64::MIN_POSITIVE);
                let (mean, square, cube) = (s1[i] * each, s2[i] * each, s3[i] * each);
                all.mean[i] += size * mean;
                all.variance[i] += size * (square - mean * mean);
                all.third[i] += size * (cube - 3.0 * mean * square + 2.0 * mean * mean * mean);
            }
            all.sums.push(s0);
        }
        all
    }

    /// Probability that the starts asked for have come by each moment.
    ///
    /// # Formula
    /// Lugannani and Rice's, with the continuity correction for whole numbers: with the root u of
    /// K'(u) = x − ½, w = ±√(2 (u (x − ½) − K(u))) and v = 2 sinh(u / 2) √K''(u),
    /// P(S ≥ x) ≈ 1 − Φ(w) + φ(w) (1 / v − 1 / w).
    pub(super) fn reached(&self) -> Each {
        let mut chances = [f64::NAN; AT_ONCE];
        let mut searches = [TiltSearch::near(0.0); AT_ONCE];
        for i in 0..AT_ONCE {
            if self.wanted[i] < 0.0 {
                chances[i] = 1.0;
            } else if self.wanted[i] > self.most[i] {
                chances[i] = 0.0;
            } else {
                let off = self.wanted[i] - self.mean[i];
                if log_chance(off.abs() - 0.5, self.variance[i]) < LOG_NONE {
                    chances[i] = if off < 0.0 { 1.0 } else { 0.0 };
                } else {
                    searches[i] = TiltSearch::near(self.guess(i));
                }
            }
        }
        let tilted =
            |searches: &[TiltSearch; AT_ONCE]| self.tilted(&searches.map(|search| search.at.exp()));
        let mut found = tilted(&searches);
        for _ in 0..STEPS {
            let mut moved = false;
            for i in 0..AT_ONCE {
                let off = found.mean[i] - self.wanted[i];
                let cumulants = [found.variance[i], found.third[i]];
                moved |= chances[i].is_nan() && searches[i].goes_on(off, cumulants, CLOSE);
            }
            if !moved {
                break;
            }
            found = tilted(&searches);
        }
        for i in 0..AT_ONCE {
            if chances[i].is_nan() {
                chances[i] = self.above(i, searches[i].at, &found);
            }
        }
        chances
    }

    /// The formula at one moment with its tilt.
    fn above(&self, i: usize, tilt: f64, found: &Tilted) -> f64 {
        let logs = self.kinds.iter().zip(&found.sums);
        let log: f64 = logs.map(|(kind, sum)| kind.size * sum[i].ln()).sum();
        let w = (2.0 * (tilt * self.wanted[i] - log))
            .max(0.0)
            .sqrt()
            .copysign(tilt);
        // The limit where both terms grow without bound.
        let correction = if w.abs() < 0.03 {
            -found.third[i] / (found.variance[i] * found.variance[i].sqrt()) / 6.0
        } else {
            1.0 / (2.0 * (tilt / 2.0).sinh() * found.variance[i].sqrt()) - 1.0 / w
        };
        (normal::below(-w) + normal::density(w) * correction).clamp(0.0, 1.0)
    }
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
