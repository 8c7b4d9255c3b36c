//! When the last start comes, for many numbers of replacements at once.

use std::ops::Range;

use super::cells::{Law, convolve};
use super::counts::{Counts, Unit};
use super::{as_index, single, single_of};
use crate::model::rolling::last_start::{FIRST, MOMENTS};
use crate::model::rolling::parts::parts;

/// A tail of less is cut.
const CUT: f32 = 1e-4;

/// A part of the last start below this is left out.
const LEFT_OUT: f32 = 1e-6;

/// Distribution functions of the last start at each moment.
pub(super) struct LastStarts {
    /// The smallest number of starts that is told.
    fewest: usize,
    numbers: usize,
    /// The first moment that is told, before which no last start comes.
    from: usize,
    /// Moment by moment: the chance that so many starts have come.
    reached: Vec<f32>,
    /// The last moment by which so many have hardly come, and the first by which they nearly
    /// have.
    spans: Vec<(usize, usize)>,
}

/// The total of no units.
const NONE: (usize, &[f32]) = (0, &[1.0]);

impl LastStarts {
    /// Of units of one or two kinds, from so many to so many replacements.
    pub(super) fn of(kinds: &[(&Unit, u32)], fewest: u32, most: u32) -> Self {
        // Two fewer and one more, for the odds.
        let fewest = as_index(fewest).saturating_sub(2);
        let numbers = as_index(most) + 2 - fewest;
        let counts: Vec<&Counts> = kinds
            .iter()
            .map(|(unit, size)| unit.counts(*size))
            .collect();
        let total = |which: usize, moment| match counts.get(which) {
            Some(counts) => counts.at(moment),
            None => Some(NONE),
        };
        let mut all = Self {
            fewest,
            numbers,
            from: 0,
            reached: Vec::new(),
            spans: vec![(0, 0); numbers],
        };
        let (mut begun, mut done) = (0, 0);
        let mut chances = Vec::new();
        let mut moment = 0;
        while done < numbers {
            if let (Some((one, ones)), Some((other, others))) = (total(0, moment), total(1, moment))
            {
                let least = one + other;
                let largest = least + ones.len() + others.len() - 2;
                if largest < fewest && all.reached.is_empty() {
                    moment += 1;
                    all.from = moment;
                    continue;
                }
                convolve(ones, others, &mut chances);
                all.push(least, &chances);
            } else {
                all.reached.resize(all.reached.len() + numbers, 1.0);
            }
            let row = &all.reached[all.reached.len() - numbers..];
            while begun < numbers && row[begun] >= CUT {
                all.spans[begun].0 = moment.max(1) - 1;
                begun += 1;
            }
            while done < numbers && row[done] > 1.0 - CUT {
                all.spans[done].1 = moment;
                done += 1;
            }
            moment += 1;
        }
        all
    }

    /// The next moment, at which the total has these chances from the smallest on.
    fn push(&mut self, least: usize, chances: &[f32]) {
        let from = self.reached.len();
        self.reached.resize(from + self.numbers, 0.0);
        let row = &mut self.reached[from..];
        let sure = (least + 1).saturating_sub(self.fewest).min(self.numbers);
        row[..sure].fill(1.0);
        let mut sum = 0.0;
        for (beyond, chance) in chances.iter().enumerate().skip(1).rev() {
            sum += chance;
            let place = (least + beyond).checked_sub(self.fewest);
            if let Some(reached) = place.and_then(|place| row.get_mut(place)) {
                *reached = sum.min(1.0);
            }
        }
    }

    /// The last moment of all.
    pub(super) fn latest(&self) -> usize {
        self.spans.last().map_or(0, |span| span.1)
    }

    fn reached(&self, replacements: u32, moment: usize) -> f32 {
        let place = as_index(replacements) - self.fewest;
        match moment.checked_sub(self.from) {
            None => 0.0,
            Some(row) => {
                let known = self.reached.get(row * self.numbers + place);
                known.copied().unwrap_or(1.0)
            }
        }
    }

    /// The chances that so many starts less two, less one, and so many, have come and no more: the
    /// first and the last of them; None if there are none.
    pub(super) fn odds(&self, replacements: u32, moment: usize) -> Option<[f32; 2]> {
        let exactly = |number: u32| self.reached(number, moment) - self.reached(number + 1, moment);
        let odds = [exactly(replacements - 2), exactly(replacements)];
        odds.iter().all(|&chance| chance > 1e-5).then_some(odds)
    }

    /// The law of the last start.
    pub(super) fn masses(&self, replacements: u32, into: &mut Law) {
        let (from, to) = self.spans[as_index(replacements) - self.fewest];
        into.first = from + 1;
        into.masses.clear();
        let mut before = 0.0;
        for moment in from + 1..=to {
            let up_to = if moment == to {
                1.0
            } else {
                self.reached(replacements, moment).max(before)
            };
            into.masses.push(up_to - before);
            before = up_to;
        }
        if into.masses.is_empty() {
            into.masses.push(1.0);
        }
    }
}

/// When the last start comes in each part of its law: by the chances of `MOMENTS`.
pub(super) fn quantiles(law: &Law) -> Vec<[usize; MOMENTS.len()]> {
    let parts = parts(law.masses.iter().map(|&mass| f64::from(mass)));
    let of = |part: Range<usize>| {
        let all: f32 = law.masses[part.clone()].iter().sum();
        let mut sum = 0.0;
        let mut i = part.start;
        MOMENTS.map(|chance| {
            let wanted = single(chance) * all;
            while i + 1 < part.end && sum + law.masses[i] < wanted {
                sum += law.masses[i];
                i += 1;
            }
            let comes_late = wanted - sum > law.masses[i] / 2.0;
            (law.first + i - usize::from(!comes_late)).max(1)
        })
    };
    parts.into_iter().map(of).collect()
}

/// Those that are looked at first.
pub(super) fn first(quantiles: [usize; MOMENTS.len()]) -> [usize; FIRST.len()] {
    FIRST.map(|which| quantiles[which])
}

/// Different moments in their order.
#[derive(Debug, Default)]
pub(super) struct Moments(Vec<usize>);

impl Moments {
    pub(super) fn points(&self) -> &[usize] {
        &self.0
    }

    /// Only the first so many, and those of some others that come later.
    pub(super) fn replace_from(&mut self, number: usize, moments: &[usize]) {
        self.0.truncate(number);
        for &moment in moments {
            if self.0.last().is_none_or(|&last| last < moment) {
                self.0.push(moment);
            }
        }
    }

    /// The part of the law of the last start that belongs to one of the moments: between two of
    /// them in proportion.
    pub(super) fn shares(&self, which: usize, start: &Law, into: &mut Vec<f32>) {
        let points = self.points();
        into.clear();
        let at = single_of(points[which]);
        let before = which.checked_sub(1).map(|i| single_of(points[i]));
        let after = points.get(which + 1).map(|&point| single_of(point));
        for (i, &mass) in start.masses.iter().enumerate() {
            let moment = single_of(start.first + i) - 0.5;
            let share = match (before, after) {
                (Some(before), _) if moment < at => (moment - before) / (at - before),
                (_, Some(after)) if moment > at => (after - moment) / (after - at),
                _ => 1.0,
            };
            let part = share.clamp(0.0, 1.0) * mass;
            into.push(if part > LEFT_OUT { part } else { 0.0 });
        }
    }
}
