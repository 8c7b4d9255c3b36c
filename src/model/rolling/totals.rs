//! Probabilities of sums of many independent counts, exact or nearly so.

use statrs::distribution::{ContinuousCDF, Normal};

use super::mixture::MULTIPLIED_OUT;
use crate::model::counts::{Counts, Product, log_transform, tilt, tilted_moments};

/// A share to a whole power.
pub(super) fn power(share: f64, number: u32) -> f64 {
    share.powi(i32::try_from(number).unwrap_or(i32::MAX))
}

pub(super) fn mean_count(counts: &Counts) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for (n, m) in (counts.first..).zip(&counts.mass) {
        sum += f64::from(n) * m;
        total += m;
    }
    sum / total
}

/// Probability that the counts of all units sum to exactly `total`, and the tilt to there.
///
/// # Formula
/// Multiplied out for a few units. For many, the coefficient by Cauchy's integral over a circle
/// through the saddle point, summed at more points than the total can spread over.
pub(super) fn chance_of_total(units: &[(u32, &Counts)], total: u32) -> (f64, f64) {
    let number: u32 = units.iter().map(|u| u.0).sum();
    let base: u32 = units.iter().map(|(size, c)| size * c.first).sum();
    let width = |c: &Counts| u32::try_from(c.mass.len()).unwrap_or(u32::MAX) - 1;
    let most: u32 = units
        .iter()
        .map(|(size, c)| size * (c.first + width(c)))
        .sum();
    if total < base || total > most {
        return (0.0, 0.0);
    }
    if number <= MULTIPLIED_OUT {
        let mut product = Product::one(base, total, 0);
        for (size, counts) in units {
            for _ in 0..*size {
                product.multiply(&counts.mass, &[]);
            }
        }
        return (product.at(total, 0), 0.0);
    }
    let u = tilt(units, f64::from(total));
    let variance: f64 = units
        .iter()
        .map(|(size, c)| f64::from(*size) * tilted_moments(c, u).1)
        .sum();
    let points = (12.0 * variance.sqrt() + 16.0).min(f64::from(most - base) + 2.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few hundred at most"
    )]
    let points = points as u32;
    let log_scale: f64 = units
        .iter()
        .map(|(size, c)| f64::from(*size) * log_transform(c, u))
        .sum::<f64>()
        - u * f64::from(total - base);
    let mut sum = 0.0;
    for j in 0..points {
        let angle = std::f64::consts::TAU * f64::from(j) / f64::from(points);
        let (mut log_size, mut turn) = (0.0, -angle * f64::from(total - base));
        for (size, counts) in units {
            let (mut re, mut im, mut norm) = (0.0, 0.0, 0.0);
            for (n, m) in (0u32..).zip(&counts.mass) {
                let weight = m * (u * f64::from(n)).exp();
                let (sin, cos) = (angle * f64::from(n)).sin_cos();
                re += weight * cos;
                im += weight * sin;
                norm += weight;
            }
            log_size += f64::from(*size) * (re.hypot(im) / norm).ln();
            turn += f64::from(*size) * im.atan2(re);
        }
        sum += log_size.exp() * turn.cos();
    }
    ((log_scale.exp() * sum / f64::from(points)).max(0.0), u)
}

/// Probability that at most `limit` units are marked, of groups of so many units, each marked
/// with a probability of its own.
///
/// # Formula
/// The sum of binomial counts: by the normal law with continuity correction where it is wide,
/// else group by group.
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
    let mean: f64 = groups.iter().map(|g| f64::from(g.0) * g.1).sum();
    let variance: f64 = groups
        .iter()
        .map(|g| f64::from(g.0) * g.1 * (1.0 - g.1))
        .sum();
    if variance > 9.0 {
        return Normal::standard().cdf((f64::from(limit) + 0.5 - mean) / variance.sqrt());
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
