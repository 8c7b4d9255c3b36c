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
use crate::model::law::as_f64;

/// So many durations of the drain are told apart.
pub(super) const DRAINS: usize = 4;

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

/// The probability of an end, from two for each of the drains, the longest first: that no bad one
/// has told before it, and that besides few enough have not told.
pub(super) fn in_time(drains: &[Drain], at: impl Fn(usize) -> (f64, f64)) -> f64 {
    let shortest = drains.len() - 1;
    let (none_bad, few_left) = at(shortest);
    let mut sum = few_left;
    let (mut later, mut later_share) = (none_bad, share(few_left, none_bad));
    for before in (0..shortest).rev() {
        // What has no time to become bad any more, or could not have been in time.
        if later_share < NEGLIGIBLE {
            break;
        }
        let (none_bad, few_left) = at(before);
        let share = share(few_left, none_bad);
        sum += (none_bad - later).max(0.0) * f64::midpoint(share, later_share);
        (later, later_share) = (none_bad, share);
    }
    sum
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

impl Rolling {
    /// A few durations of the drain, the longest first: medians of parts of the same probability.
    pub(super) fn drains(&self) -> Vec<Drain> {
        let drain = &self.phases.drain;
        let parts = if drain.is_fixed() { 1 } else { DRAINS };
        let chance = 1.0 / as_f64(parts);
        (0..parts)
            .rev()
            .map(|part| {
                let seconds = drain.quantile((as_f64(part) + 0.5) * chance);
                Drain {
                    points: floor_index(seconds / self.step() + 0.5),
                    chance,
                }
            })
            .collect()
    }
}
