//! Which stops the completion waits for.
//!
//! Each healthy new task tells an old one to stop one reaction later, while there are old ones: the
//! last ones to tell find none. With U the moment when only so many are left to tell, the end comes
//! by y where nobody tells up to U whose old task is still there at y. Call those bad, and V the
//! first moment at which a bad one tells: the end comes by y where U ≤ V.
//!
//! A bad one that tells at v has a drain longer than y − v. With a drain of a few durations, V is
//! before, between or after the moments that lie each of them before y; that nobody bad has told by
//! such a moment is a product over the units, and U ≤ v is that so few have not told by v. Where the
//! drain is fixed there is one moment, and this is exact.

use super::Rolling;
use super::grid::floor_index;
use super::units::Host;

/// So many durations of the drain are told apart.
pub(super) const DRAINS: usize = 7;

/// Chance below which what differs is not looked at.
const NEGLIGIBLE: f64 = 1e-5;

/// A duration of the drain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drain {
    /// In points of the grid.
    pub(super) points: usize,
    /// Its probability.
    pub(super) chance: f64,
}

/// The chances of what has become of a start by a point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chances {
    /// The old task that it replaces is gone.
    pub(super) replaced: f64,
    /// It is healthy, and what made room for it is gone.
    pub(super) excused: f64,
    /// It had told so long before as each of the drains takes, the longest first.
    pub(super) told: [f64; DRAINS],
}

impl Chances {
    /// The chances that nothing keeps the end back, with what had told before one of the drains and
    /// with what had not.
    ///
    /// # Formula
    /// Of what is replaced the part goes that told later. The chances to have told are moved so that
    /// over all drains they come to the chance to be replaced: what the grid rounds would otherwise
    /// count for each of many units.
    pub(super) fn told_or_not(&self, drains: &[Drain], before: usize) -> (f64, f64) {
        if is_steady(drains) {
            // Who is replaced is who had told so long before.
            return (self.replaced, (self.excused - self.replaced).max(0.0));
        }
        let all = drains.iter().zip(&self.told);
        let off = self.replaced - all.map(|(drain, told)| drain.chance * told).sum::<f64>();
        let told = (self.told[before] + off).clamp(0.0, self.excused.max(0.0));
        let later: f64 = drains[before + 1..]
            .iter()
            .zip(&self.told[before + 1..])
            .map(|(drain, later)| drain.chance * (later - self.told[before]))
            .sum();
        let gone = (self.replaced - later).clamp(0.0, told);
        (gone, self.excused - told)
    }
}

/// What has become of the units at an end, with what had told before one of the drains.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Before {
    /// Probability that no bad one has told.
    pub(super) none_bad: f64,
    /// Probability that besides few enough have not told.
    pub(super) few_left: f64,
    /// Probability that few enough have not told where a bad one is about to.
    pub(super) few_with_bad: f64,
}

/// Whether every drain takes as long: then it is not asked who had told when.
pub(super) fn is_steady(drains: &[Drain]) -> bool {
    drains.len() == 1
}

/// The probability of an end, from what had told before each of the drains, the longest first.
///
/// # Formula
/// The first bad one tells between two of the moments with the difference of the former. There it
/// is taken to come at a constant rate, and the share of few enough to be linear. It is itself one of
/// those that have not told just before: a random one of them.
pub(super) fn in_time(drains: &[Drain], at: impl Fn(usize) -> Before) -> f64 {
    let mut last = at(0);
    let mut sum = 0.0;
    for before in 1..drains.len() {
        // Surely in time, or surely too late.
        if last.few_with_bad > 1.0 - NEGLIGIBLE || last.none_bad < NEGLIGIBLE {
            break;
        }
        let later = at(before);
        let fall = (last.none_bad / later.none_bad.max(f64::MIN_POSITIVE)).ln();
        if fall > 0.0 {
            let more = later.few_with_bad - last.few_with_bad;
            let meanwhile = last.few_with_bad + soon(fall) * more;
            sum += (last.none_bad - later.none_bad) * meanwhile;
        }
        last = later;
    }
    sum + last.few_left
}

/// Mean of an exponential variable of this rate that is cut at 1.
fn soon(rate: f64) -> f64 {
    if rate < 1e-3 {
        0.5
    } else {
        1.0 / rate - 1.0 / rate.exp_m1()
    }
}

/// Parts of the drains by probability, from the shortest ones up: of many the longest one matters.
const PARTS: [f64; DRAINS] = [0.35, 0.28, 0.2, 0.11, 0.045, 0.012, 0.003];

/// A drain that varies less than this share of what comes before it is as good as fixed.
const STEADY: f64 = 0.15;

impl Rolling {
    /// A few durations of the drain, the longest first: medians of parts by probability.
    pub(super) fn drains(&self) -> &[Drain] {
        self.drains.get_or_init(|| self.computed_drains())
    }

    fn computed_drains(&self) -> Vec<Drain> {
        let drain = &self.phases.drain;
        let cell = |seconds: f64| floor_index(seconds / self.step() + 0.5);
        let told = self.told[Host::Warm as usize].variance();
        if drain.is_fixed() || drain.variance() < STEADY * STEADY * told {
            return vec![Drain {
                points: cell(drain.mean()),
                chance: 1.0,
            }];
        }
        let mut below = 0.0;
        let mut drains: Vec<Drain> = PARTS
            .iter()
            .map(|&chance| {
                let middle = below + chance / 2.0;
                below += chance;
                Drain {
                    points: cell(drain.quantile(middle)),
                    chance,
                }
            })
            .collect();
        drains.reverse();
        drains
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: [Drain; 2] = [
        Drain {
            points: 9,
            chance: 0.25,
        },
        Drain {
            points: 3,
            chance: 0.75,
        },
    ];

    /// Few enough are left with the same share whether a bad one is among them or not.
    fn before(none_bad: f64, share: f64) -> Before {
        Before {
            none_bad,
            few_left: none_bad * share,
            few_with_bad: share,
        }
    }

    #[test]
    fn with_one_drain_who_is_not_replaced_had_not_told() {
        let chances = Chances {
            replaced: 0.3,
            excused: 0.8,
            told: [0.0; DRAINS],
        };
        let (gone, left) = chances.told_or_not(&TWO[1..], 0);
        assert!((gone - 0.3).abs() < 1e-12 && (left - 0.5).abs() < 1e-12);
        assert!((in_time(&TWO[1..], |_| before(0.8, 0.75)) - 0.6).abs() < 1e-12);
    }

    #[test]
    fn nobody_is_bad_before_the_longest_drain() {
        // Told 9 and 3 points before: 0.2 and 0.6; gone are those with either drain.
        let mut told = [0.0; DRAINS];
        told[..2].copy_from_slice(&[0.2, 0.6]);
        let chances = Chances {
            replaced: 0.25 * 0.2 + 0.75 * 0.6,
            excused: 0.9,
            told,
        };
        let (gone, left) = chances.told_or_not(&TWO, 0);
        assert!((gone - 0.2).abs() < 1e-12 && (left - 0.7).abs() < 1e-12);
        // Of 0.4 that told between a quarter is bad.
        let (gone, left) = chances.told_or_not(&TWO, 1);
        assert!((gone - 0.5).abs() < 1e-12 && (left - 0.3).abs() < 1e-12);
    }

    #[test]
    fn in_time_is_where_few_are_left_before_a_bad_one_tells() {
        // None bad before, with 1/2 one between, and few left surely later and never before: the bad
        // one comes at a constant rate, on average after 1 / ln 2 − 1 of the time.
        let found = in_time(&TWO, |drain| {
            if drain == 0 {
                before(1.0, 0.0)
            } else {
                before(0.5, 1.0)
            }
        });
        let mean = 1.0 / 2.0_f64.ln() - 1.0;
        assert!((found - (0.5 + 0.5 * mean)).abs() < 1e-12, "{found}");
        // Few are left from the beginning: nothing is waited for.
        assert!((in_time(&TWO, |_| before(0.7, 1.0)) - 0.7).abs() < 1e-12);
    }
}
