//! Laws on the grid of moments, in single precision: masses between neighbouring moments.

use super::ends::{LANES, Lanes};
use super::{single, single_of};
use crate::model::law::{self, as_f64};

/// A tail of less is cut.
const CUT: f32 = 2e-4;

/// The same of a reaction.
const CUT_REACTION: f32 = 1e-4;

/// Blocks that a law may have: as many points as a lattice, every second of which is looked at, may
/// have for a stop, a start and another stop.
const BLOCKS: usize = 32;

/// What is added to the variance of a sum by having start, end and sum on cells, in squares of a
/// step: a twelfth of the squares of their widths.
const SPREAD: f32 = (1.0 + 4.0 + 1.0) / 12.0;

/// Masses of neighbouring cells.
#[derive(Debug, Clone, Default)]
pub(super) struct Law {
    /// The moment at which the first cell ends.
    pub(super) first: usize,
    pub(super) masses: Vec<f32>,
}

impl Law {
    /// The moment at which the last cell ends, and one more.
    pub(super) fn end(&self) -> usize {
        self.first + self.masses.len()
    }

    /// From a distribution function that is found for a block of moments at once, begun where it
    /// is thought to begin and gone on with until the tails are cut.
    pub(super) fn find(
        &mut self,
        guess: &mut usize,
        points: usize,
        chances: impl Fn(usize, &mut Lanes),
    ) {
        let mut reached = [[0.0; LANES]; BLOCKS];
        // The same blocks whatever the guess, and the last of them ends with the points.
        let mut first = (*guess).min(points - LANES) / LANES * LANES;
        let mut low = BLOCKS / 2;
        let mut high = low + 1;
        chances(first, &mut reached[low]);
        while reached[low][0] > CUT && first > 0 {
            if low == 0 {
                (first, low, high) = (0, 0, 1);
            } else {
                first -= LANES;
                low -= 1;
            }
            chances(first, &mut reached[low]);
        }
        let mut next = first + (high - low) * LANES;
        while reached[high - 1][LANES - 1] < 1.0 - CUT && next + LANES <= points {
            if reached[high - 1][LANES - 1] <= CUT {
                // It has not begun yet.
                (first, low, high) = (next, 0, 0);
            } else if high == BLOCKS && low > 0 {
                reached.copy_within(low..high, 0);
                (low, high) = (0, high - low);
            } else if high == BLOCKS {
                break;
            }
            chances(next, &mut reached[high]);
            high += 1;
            next += LANES;
        }
        let reached = reached[low..high].as_flattened();
        let begin = reached.iter().rposition(|&chance| chance <= CUT);
        let begin = begin.map_or(0, |before| (before + 1).min(reached.len() - 1));
        self.first = first + begin;
        *guess = self.first.saturating_sub(1);
        self.masses.clear();
        let mut before = 0.0;
        for &chance in &reached[begin..] {
            if chance >= 1.0 - CUT {
                break;
            }
            let up_to = chance.max(before);
            self.masses.push(up_to - before);
            before = up_to;
        }
        self.masses.push(1.0 - before);
    }

    /// In cells, from where the first one ends.
    fn mean_cell(&self) -> f64 {
        let (mut all, mut sum) = (0.0f32, 0.0f32);
        for (i, &mass) in self.masses.iter().enumerate() {
            all += mass;
            sum += mass * single_of(i);
        }
        f64::from(sum) / f64::from(all.max(f32::MIN_POSITIVE))
    }

    /// Mean in cells, up to the same for all laws.
    pub(super) fn mean(&self) -> f64 {
        as_f64(self.first) + self.mean_cell()
    }

    /// Mean of a sum, in steps: its masses are half a step before its moments.
    pub(super) fn mean_place(&self) -> f64 {
        self.mean() - 0.5
    }

    /// In cells, up to the same for all laws.
    pub(super) fn quantile(&self, chance: f32) -> f64 {
        let mut sum = 0.0;
        for (i, &mass) in self.masses.iter().enumerate() {
            if sum + mass >= chance {
                let part = (chance - sum) / mass.max(f32::MIN_POSITIVE);
                return as_f64(self.first + i) + f64::from(part);
            }
            sum += mass;
        }
        as_f64(self.end())
    }

    /// Mean of what is given half a step before each of its moments; beyond the last as there.
    pub(super) fn mean_of(&self, values: &[f64]) -> f64 {
        let Some(&last) = values.last() else {
            return 0.0;
        };
        let (mut sum, mut all) = (0.0, 0.0);
        for (i, &mass) in self.masses.iter().enumerate() {
            let mass = f64::from(mass);
            sum += mass * values.get(i).copied().unwrap_or(last);
            all += mass;
        }
        sum / all
    }
}

/// Adds the products of all pairs of masses, those of a law on every second moment and from so many
/// moments on.
pub(super) fn add_convolved(dense: &[f32], sparse: &[f32], from: usize, into: &mut [f32]) {
    let begin = dense.iter().position(|&mass| mass > 0.0).unwrap_or(0);
    let end = dense
        .iter()
        .rposition(|&mass| mass > 0.0)
        .map_or(begin, |i| i + 1);
    let dense = &dense[begin..end];
    for (i, &mass) in sparse.iter().enumerate() {
        let at = from + begin + super::APART * i;
        for (to, &other) in into[at..at + dense.len()].iter_mut().zip(dense) {
            *to += mass * other;
        }
    }
}

/// One reaction or more, as a summand.
#[derive(Debug)]
pub(super) struct Reactions {
    /// \[s\]
    pub(super) mean: f64,
    /// The first point \[steps\].
    first: f64,
    masses: Vec<f32>,
}

impl Reactions {
    /// Their law at moments, its variance smaller by what cells add to the sum.
    pub(super) fn of(law: &law::Law, step: f64) -> Self {
        let on_moments = law.on_multiples(step, 0.0);
        let mut masses: Vec<f32> = on_moments.points().map(|(_, mass)| single(mass)).collect();
        let mut tail = 0.0;
        while masses.len() > 1 && tail + masses[masses.len() - 1] < CUT_REACTION {
            tail += masses.pop().unwrap_or(0.0);
        }
        let side = SPREAD / 2.0;
        let mut sharpened = vec![0.0; masses.len() + 2];
        for (i, mass) in masses.iter().enumerate() {
            sharpened[i] -= side * mass;
            sharpened[i + 1] += (1.0 + 2.0 * side) * mass;
            sharpened[i + 2] -= side * mass;
        }
        Self {
            mean: law.mean(),
            first: (on_moments.support().0 / step).round() - 1.0,
            masses: sharpened,
        }
    }

    /// p50, p95 and p99 of what comes so much after an end \[steps\].
    pub(super) fn quantiles_after(&self, end: &Law, total: &mut Vec<f32>) -> [f64; 3] {
        convolve(&end.masses, &self.masses, total);
        let all: f32 = end.masses.iter().sum::<f32>() * self.masses.iter().sum::<f32>();
        let mut places = [0.0; 3];
        let mut sum = 0.0;
        let mut cells = total.iter().enumerate();
        let mut cell = cells.next();
        for (place, chance) in places.iter_mut().zip([0.5, 0.95, 0.99]) {
            let wanted = chance * all;
            while let Some((_, &mass)) = cell
                && sum + mass < wanted
            {
                sum += mass;
                cell = cells.next();
            }
            let Some((i, &mass)) = cell else { break };
            let part = (wanted - sum) / mass.max(f32::MIN_POSITIVE);
            // Each mass is spread over a step about its place, half a step before a moment.
            *place = as_f64(end.first + i) - 1.0 + f64::from(part) + self.first;
        }
        places
    }
}

/// All products of pairs of masses.
pub(super) fn convolve(one: &[f32], other: &[f32], into: &mut Vec<f32>) {
    into.clear();
    into.resize(one.len() + other.len() - 1, 0.0);
    let (long, short) = if one.len() >= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    for (i, &mass) in short.iter().enumerate() {
        for (to, &m) in into[i..i + long.len()].iter_mut().zip(long) {
            *to += mass * m;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_law_is_found_wherever_it_is_thought_to_begin() {
        // A quarter at each of the points 5 to 8.
        let chances = |from: usize, to: &mut Lanes| {
            for (i, chance) in to.iter_mut().enumerate() {
                *chance = (single_of(from + i) / 4.0 - 1.0).clamp(0.0, 1.0);
            }
        };
        for begun in [0, 3, 13, 20, 40, 1000] {
            let mut law = Law::default();
            law.find(&mut { begun }, 4 * LANES, chances);
            assert_eq!((law.first, &*law.masses), (5, &[0.25; 4][..]), "{begun}");
            assert!((law.mean() - 6.5).abs() < 1e-6);
        }
    }

    #[test]
    fn a_law_is_found_far_from_where_it_is_thought_to_begin_and_as_wide_as_all_points() {
        const POINTS: usize = 32 * LANES;
        for (begins, width) in [(POINTS - 8, 4), (200, 250), (0, POINTS)] {
            let chances = |from: usize, to: &mut Lanes| {
                for (i, chance) in to.iter_mut().enumerate() {
                    let cells = (from + i + 1).saturating_sub(begins).min(width);
                    *chance = single_of(cells) / single_of(width);
                }
            };
            let middle = as_f64(begins) + (as_f64(width) - 1.0) / 2.0;
            for begun in [0, 150, 300, POINTS - LANES] {
                let mut law = Law::default();
                law.find(&mut { begun }, POINTS, chances);
                assert!((law.mean() - middle).abs() < 0.1, "{begun}: {}", law.mean());
                assert!(
                    law.end().abs_diff(begins + width) <= 1,
                    "{begun}: {}",
                    law.end()
                );
            }
        }
    }

    #[test]
    fn sums_are_products_of_all_pairs() {
        let mut all = Vec::new();
        convolve(&[0.5, 0.5], &[0.25, 0.5, 0.25], &mut all);
        assert_eq!(all, [0.125, 0.375, 0.375, 0.125]);
        let mut sparse = vec![0.0; 6];
        add_convolved(&[0.0, 0.5, 0.5], &[0.25, 0.75], 1, &mut sparse);
        assert_eq!(sparse, [0.0, 0.0, 0.125, 0.125, 0.375, 0.375]);
    }
}
