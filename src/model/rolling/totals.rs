//! Probabilities of sums of many independent counts, exact or nearly so.

use super::joint::Number;

/// Up to so many marks are counted.
const COUNTED: u32 = 8;

/// A share to a whole power.
pub(in crate::model) fn power(share: f64, number: u32) -> f64 {
    share.powi(i32::try_from(number).unwrap_or(i32::MAX))
}

/// Probability that at most `limit` units are marked, of groups of so many units, each marked
/// with a probability of its own.
///
/// # Formula
/// The sum of binomial counts, group by group; of many marks by its mean and variance.
pub(super) fn chance_of_at_most(limit: u32, groups: &[(u32, f64)]) -> f64 {
    let number: u32 = groups.iter().map(|g| g.0).sum();
    if limit >= number {
        return 1.0;
    }
    if limit == 0 {
        return groups
            .iter()
            .map(|&(size, share)| power(1.0 - share, size))
            .product();
    }
    // Whole groups that are almost surely marked, or not, leave nothing to sum over.
    let certain: u32 = groups
        .iter()
        .filter(|g| g.1 > 1.0 - 1e-12)
        .map(|g| g.0)
        .sum();
    let possible: u32 = groups.iter().filter(|g| g.1 > 1e-12).map(|g| g.0).sum();
    if limit >= possible {
        return 1.0;
    }
    if limit < certain {
        return 0.0;
    }
    if limit > COUNTED {
        return Number::of(groups.iter().copied()).at_most(f64::from(limit));
    }
    let mut below = vec![0.0; limit as usize + 1];
    below[0] = 1.0;
    for &(size, share) in groups.iter().filter(|g| g.0 > 0 && g.1 > 0.0) {
        let masses = binomial(size, share.min(1.0));
        for i in (0..below.len()).rev() {
            below[i] = masses
                .iter()
                .take(i + 1)
                .enumerate()
                .map(|(marked, mass)| mass * below[i - marked])
                .sum();
        }
    }
    below.iter().sum::<f64>().min(1.0)
}

/// Probabilities of a binomial count from 0 on, by their ratios from the likelier end.
pub(super) fn binomial(number: u32, share: f64) -> Vec<f64> {
    let rare = share.min(1.0 - share);
    let mut mass = power(1.0 - rare, number);
    let mut masses = Vec::with_capacity(number as usize + 1);
    for i in 0..=number {
        masses.push(mass);
        mass *= f64::from(number - i) / f64::from(i + 1) * rare / (1.0 - rare);
    }
    if share > 0.5 {
        masses.reverse();
    }
    masses
}
