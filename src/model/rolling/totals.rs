//! Probabilities of sums of many independent counts, exact or nearly so.

use super::joint::Number;

/// Up to this variance the number of marks is counted.
const COUNTED: f64 = 4.0;

/// Of more groups than this it is not told which one a unit is of.
const FEW_GROUPS: usize = 4;

/// Probability of a count that is left out.
const IMPOSSIBLE: f64 = 1e-10;

/// A share to a whole power.
pub(in crate::model) fn power(share: f64, number: u32) -> f64 {
    share.powi(i32::try_from(number).unwrap_or(i32::MAX))
}

/// Probability that at most `limit` units are marked, of groups of so many units, each marked
/// with a probability of its own.
///
/// # Formula
/// The sum of binomial counts, group by group; of many marks that vary much by its mean and variance.
pub(super) fn chance_of_at_most(limit: u32, groups: &[(u32, f64)]) -> f64 {
    let units: u32 = groups.iter().map(|g| g.0).sum();
    if limit >= units {
        return 1.0;
    }
    if limit == 0 {
        let unmarked = groups.iter().map(|&(size, share)| power(1.0 - share, size));
        return unmarked.product();
    }
    let number = Number::of(groups.iter().copied());
    if number.variance > COUNTED || number.is_far_from(f64::from(limit)) {
        return number.at_most(f64::from(limit));
    }
    let mut counts = Counts::none();
    for &(size, share) in groups.iter().filter(|g| g.0 > 0 && g.1 > 0.0) {
        counts.add(size, share.min(1.0));
    }
    counts.at_most(limit)
}

/// So many counts are told apart: with the variance that is counted more are impossible.
const TOLD_APART: usize = 96;

/// The law of a number of marks.
struct Counts {
    /// The smallest number that there may be.
    fewest: u32,
    /// Probability of each from there.
    masses: [f64; TOLD_APART],
    known: usize,
}

impl Counts {
    fn none() -> Self {
        let mut masses = [0.0; TOLD_APART];
        masses[0] = 1.0;
        Self {
            fewest: 0,
            masses,
            known: 1,
        }
    }

    /// A binomial number more: counted from its likelier end, up to where hardly any is.
    fn add(&mut self, number: u32, share: f64) {
        let rare = share.min(1.0 - share);
        let mean = f64::from(number) * rare;
        let is_sure = share > 0.5;
        let odds = rare / (1.0 - rare);
        let mut sum = [0.0; TOLD_APART];
        let mut mass = power(1.0 - rare, number);
        let mut counted = 0;
        for i in 0..=number.min(as_u32(TOLD_APART - self.known)) {
            let at = counted;
            counted += 1;
            // Of a group that is sure the unmarked ones are counted, from the end on.
            for k in 0..self.known {
                let to = if is_sure {
                    TOLD_APART - 1 - at - (self.known - 1 - k)
                } else {
                    at + k
                };
                sum[to] += mass * self.masses[k];
            }
            mass *= f64::from(number - i) / f64::from(i + 1) * odds;
            if f64::from(i) > mean && mass < IMPOSSIBLE {
                break;
            }
        }
        self.known += counted - 1;
        let mut from = 0;
        if is_sure {
            from = TOLD_APART - self.known;
            self.fewest += number + 1 - as_u32(counted);
        }
        // What is hardly possible at the ends would be more with each group.
        let there = |mass: &f64| *mass > IMPOSSIBLE;
        let all = &sum[from..from + self.known];
        let first = all.iter().position(there).unwrap_or(0);
        let last = all.iter().rposition(there).unwrap_or(0);
        self.fewest += as_u32(first);
        self.known = last + 1 - first;
        sum.copy_within(from + first..=from + last, 0);
        sum[self.known..].fill(0.0);
        self.masses = sum;
    }

    /// Probability of at most so many.
    fn at_most(&self, limit: u32) -> f64 {
        let Some(more) = limit.checked_sub(self.fewest) else {
            return 0.0;
        };
        let at_most = self.masses[..self.known].iter().take(more as usize + 1);
        at_most.sum::<f64>().min(1.0)
    }
}

fn as_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The same where a random one of the marked units is known to be one.
///
/// # Formula
/// It is of a group with a chance as its expected marks; the others are at most one less.
pub(super) fn chance_with_one(limit: u32, groups: &[(u32, f64)]) -> f64 {
    let number = Number::of(groups.iter().copied());
    if groups.len() > FEW_GROUPS || number.variance > COUNTED || number.mean <= 0.0 || limit == 0 {
        return number.at_most_with_one(f64::from(limit));
    }
    let mut others = groups.to_vec();
    let mut sum = 0.0;
    for (group, &(size, share)) in groups.iter().enumerate() {
        let marks = f64::from(size) * share;
        if marks > 0.0 {
            others[group].0 = size - 1;
            sum += marks / number.mean * chance_of_at_most(limit - 1, &others);
            others[group].0 = size;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_one_group_that_is_sure_and_one_that_is_not() {
        // 9 − X + Y ≤ 9 with X and Y of 9 at 1 %: (1 + P(X = Y)) / 2, by the first four counts.
        let counts = [0.913_517_2, 0.083_047_02, 0.003_355_435, 0.000_079_085_3];
        let equal: f64 = counts.iter().map(|p| p * p).sum();
        let found = chance_of_at_most(9, &[(9, 0.99), (9, 0.01)]);
        assert!((found - f64::midpoint(1.0, equal)).abs() < 1e-6, "{found}");
    }

    #[test]
    fn marks_of_many_groups_some_of_which_are_sure() {
        // Of 1,200 units 600 are marked but 1 in 600, and 1 in 600 of the others: X ≤ 600 by symmetry.
        let mut groups = vec![(25, 599.0 / 600.0); 24];
        groups.extend([(25, 1.0 / 600.0); 24]);
        let counts: Vec<f64> = (0..20)
            .map(|i| chance_of_at_most(590 + i, &groups))
            .collect();
        assert!(counts.is_sorted());
        // P(X ≤ 600) = (1 + P(equal)) / 2, with two numbers that are Poisson with mean 1, nearly.
        let same: f64 = [1.0, 1.0, 0.25, 0.25 / 9.0, 0.25 / 144.0]
            .iter()
            .map(|chance| chance * (-2.0_f64).exp())
            .sum();
        let found = counts[10];
        assert!((found - f64::midpoint(1.0, same)).abs() < 1e-3, "{found}");
        // With one mark more than all groups may have there is nothing left.
        assert!((chance_of_at_most(1_200, &groups) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn with_one_that_is_known_the_others_are_one_less() {
        // Of 3 at 1/2 one is marked: at most 2 are where not both others are.
        let groups = [(3, 0.5)];
        assert!((chance_with_one(2, &groups) - 0.75).abs() < 1e-12);
        // It is the sure one with 2/3: then the other is not; else the sure one is beside it.
        let found = chance_with_one(1, &[(1, 1.0), (1, 0.5)]);
        assert!((found - 2.0 / 3.0 * 0.5).abs() < 1e-12, "{found}");
        assert!(chance_with_one(0, &groups).abs() < 1e-12);
    }

    #[test]
    fn without_marks_nothing_is_too_many() {
        assert!((chance_with_one(1, &[(4, 0.0)]) - 1.0).abs() < 1e-12);
    }
}
