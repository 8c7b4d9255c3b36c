//! What a sample tells of a distribution, and how sure it is.

use serde::Serialize;

/// Half the width of a 95 % confidence interval in standard errors.
pub const CONFIDENCE: f64 = 1.96;

/// Mean and quantiles.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Distribution {
    /// Mean.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// Quantile 0.95.
    pub p95: f64,
    /// Quantile 0.99.
    pub p99: f64,
}

/// A sample's figures, each with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampled {
    /// The figures.
    pub value: Distribution,
    /// Their standard errors.
    pub standard_error: Distribution,
}

/// Mean of a sample and its standard error; of nothing, zero.
///
/// # Formula
/// Variance by n − 1.
#[must_use]
pub fn mean(sample: &[f64]) -> (f64, f64) {
    let count = number(sample.len());
    if sample.is_empty() {
        return (0.0, 0.0);
    }
    let mean = sample.iter().sum::<f64>() / count;
    let squares: f64 = sample.iter().map(|x| (x - mean).powi(2)).sum();
    let variance = squares / (count - 1.0).max(1.0);
    (mean, (variance / count).sqrt())
}

/// The mean of one over the mean of another, drawn in pairs, and its standard error; of nothing,
/// zero.
///
/// # Formula
/// With r = x̄ / ȳ the standard error of the mean of x − r y, over ȳ (the delta method; Asmussen and
/// Glynn, Stochastic Simulation, III.3).
#[must_use]
pub fn ratio(pairs: &[[f64; 2]]) -> (f64, f64) {
    let over = |of: &dyn Fn(&[f64; 2]) -> f64| mean(&pairs.iter().map(of).collect::<Vec<_>>());
    let below = over(&|pair| pair[1]).0;
    if below <= 0.0 {
        return (0.0, 0.0);
    }
    let ratio = over(&|pair| pair[0]).0 / below;
    (ratio, over(&|pair| pair[0] - ratio * pair[1]).1 / below)
}

/// Mean and quantiles of a sample.
///
/// # Formula
/// Quantile q is the ⌈nq⌉-th smallest value. Its confidence interval lies between the order
/// statistics n·q ± 1.96·√(n·q·(1 − q)) (David and Nagaraja, Order Statistics, 7.1); the standard
/// error is its width over 2 · 1.96.
#[must_use]
pub fn sampled(mut sample: Vec<f64>) -> Sampled {
    let (mean, mean_error) = mean(&sample);
    sample.sort_by(f64::total_cmp);
    let quantile = |q: f64| at(&sample, number(sample.len()) * q);
    let error = |q: f64| {
        let count = number(sample.len());
        let reach = CONFIDENCE * (count * q * (1.0 - q)).sqrt();
        let width = at(&sample, count * q + reach) - at(&sample, count * q - reach);
        width / (2.0 * CONFIDENCE)
    };
    Sampled {
        value: Distribution {
            mean,
            p50: quantile(0.5),
            p95: quantile(0.95),
            p99: quantile(0.99),
        },
        standard_error: Distribution {
            mean: mean_error,
            p50: error(0.5),
            p95: error(0.95),
            p99: error(0.99),
        },
    }
}

/// The value of a rank, the nearest where there is none.
fn at(sorted: &[f64], rank: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank is a small positive count"
    )]
    let index = (rank - 1e-9).ceil().max(1.0) as usize - 1;
    let last = sorted.len().saturating_sub(1);
    sorted.get(index.min(last)).copied().unwrap_or(0.0)
}

#[expect(clippy::cast_precision_loss, reason = "a count of runs")]
fn number(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_of_what_goes_together_has_no_error() {
        let pairs = [[1.0, 2.0], [3.0, 6.0], [2.0, 4.0]];
        let (found, error) = ratio(&pairs);
        assert!((found - 0.5).abs() < 1e-12 && error < 1e-12);
        // Means 2 and 4; residuals −1, 0, 1: deviation 1, over √3 and 4.
        let (found, error) = ratio(&[[1.0, 4.0], [2.0, 4.0], [3.0, 4.0]]);
        assert!((found - 0.5).abs() < 1e-12);
        assert!((error - 1.0 / 3.0_f64.sqrt() / 4.0).abs() < 1e-12);
        assert_eq!(ratio(&[]), (0.0, 0.0));
    }

    #[test]
    fn one_to_a_hundred() {
        let found = sampled((1..=100).rev().map(f64::from).collect());
        let Distribution {
            mean,
            p50,
            p95,
            p99,
        } = found.value;
        for (found, expected) in [(mean, 50.5), (p50, 50.0), (p95, 95.0), (p99, 99.0)] {
            assert!((found - expected).abs() < 1e-12);
        }
        // Variance 101 · 100 / 12, over 100 values.
        assert!((found.standard_error.mean - (10_100.0_f64 / 1200.0).sqrt()).abs() < 1e-12);
        // Ranks 50 ± 9.8: values 60 and 41.
        assert!((found.standard_error.p50 - 19.0 / 3.92).abs() < 1e-12);
    }
}
