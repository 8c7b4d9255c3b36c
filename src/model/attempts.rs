//! Starts that fail: how long it takes until one is healthy, and what a circuit breaker makes of
//! them.
//!
//! A start fails with a probability, independently of others: it ends at the moment it would have
//! become healthy, and one reaction later another is started in its place.

use statrs::function::beta::checked_beta_reg;

use super::law::Law;

/// Further attempts that are less likely than this are left out.
const NEGLIGIBLE: f64 = 1e-6;

/// Sums of more attempts than this are taken by their moments.
const CONVOLVED: u32 = 12;

/// Starts that fail and are made again.
#[derive(Debug, Clone)]
pub struct Retries {
    /// Probability that a start fails, below 1.
    pub failed: f64,
    /// From a start to its failure.
    pub fails: Law,
    /// From the failure until its place may start another.
    pub own: Law,
    /// From a start that fails to the next one in its place: both.
    pub again: Law,
}

impl Retries {
    /// How much longer one start takes in the mean \[s\].
    ///
    /// # Formula
    /// p / (1 − p) · E\[again\], the mean of the geometric law.
    #[must_use]
    pub fn mean_delay(&self) -> f64 {
        self.failed / (1.0 - self.failed) * self.again.mean()
    }

    /// From the first attempt until one gets healthy, each in the place of the one before.
    ///
    /// # Formula
    /// n repetitions with probability (1 − p) pⁿ before a start that takes as long as `start`.
    #[must_use]
    pub fn until_healthy(&self, start: &Law) -> Law {
        let mut cells: Vec<(f64, f64)> = Vec::new();
        let mut repeated: Option<Law> = None;
        let (mut attempts, mut left) = (0, 1.0);
        while left > 0.0 {
            // What is not worth another attempt goes to the last one.
            let last = left * self.failed <= NEGLIGIBLE;
            let chance = if last {
                left
            } else {
                left * (1.0 - self.failed)
            };
            let taken = match &repeated {
                None => start.clone(),
                Some(repeated) => start.plus(repeated),
            };
            cells.extend(taken.points().map(|(value, mass)| (value, mass * chance)));
            left -= chance;
            if last {
                break;
            }
            attempts += 1;
            repeated = Some(match repeated {
                None => self.again.clone(),
                Some(repeated) if attempts <= CONVOLVED => repeated.plus(&self.again),
                Some(_) => self.again.sum_by_moments(attempts),
            });
        }
        Law::from_points(cells.into_iter(), start.step())
    }
}

/// So many failed starts make the deployment circuit breaker give up.
///
/// # Formula
/// ⌈0.5 · desired⌉, at least 3 and at most 200 (Amazon ECS developer guide, "How the Amazon ECS
/// deployment circuit breaker detects failures").
#[must_use]
pub fn breaker_threshold(desired: u32) -> u32 {
    desired.div_ceil(2).clamp(3, 200)
}

/// Probability that a good version is rolled back, because so many starts fail before the desired
/// count is healthy.
///
/// # Formula
/// Of a row of starts that fail with probability p, T fail before d do not with probability
/// `I_p(T, d)`, the regularised incomplete beta function (negative binomial distribution).
#[must_use]
pub fn tripped_by_chance(desired: u32, threshold: u32, failed: f64) -> f64 {
    if failed <= 0.0 || desired == 0 {
        return 0.0;
    }
    checked_beta_reg(f64::from(threshold), f64::from(desired), failed).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_breaker_counts_half_the_desired_count_within_3_and_200() {
        for (desired, threshold) in [(1, 3), (6, 3), (7, 4), (25, 13), (400, 200), (600, 200)] {
            assert_eq!(breaker_threshold(desired), threshold, "{desired} tasks");
        }
    }

    fn retries(failed: f64) -> Retries {
        Retries {
            failed,
            fails: Law::fixed(100.0, 1.0),
            own: Law::fixed(20.0, 1.0),
            again: Law::fixed(120.0, 1.0),
        }
    }

    #[test]
    fn one_task_fails_a_geometric_number_of_times() {
        // 100 + (1/3)/(2/3) · 120 = 160 s; P(100 s) = 2/3; two failures: 340 s, 2/27.
        let law = retries(1.0 / 3.0).until_healthy(&Law::fixed(100.0, 1.0));
        assert!((law.mean() - 160.0).abs() < 0.01, "{}", law.mean());
        assert!((law.cdf(150.0) - 2.0 / 3.0).abs() < 1e-6);
        assert!((law.cdf(350.0) - 26.0 / 27.0).abs() < 1e-6);
    }

    #[test]
    fn starts_that_seldom_succeed_keep_their_mean() {
        // 100 + 0.9 / 0.1 · 120 = 1,180 s.
        let law = retries(0.9).until_healthy(&Law::fixed(100.0, 1.0));
        assert!((law.mean() - 1180.0).abs() < 2.0, "{}", law.mean());
    }

    #[test]
    fn chance_trips_the_breaker_as_counted_by_hand() {
        // One task, p = 0.5: three failures in a row, 1/8.
        assert!((tripped_by_chance(1, 3, 0.5) - 0.125).abs() < 1e-12);
        // Two tasks, p = 0.5, T = 3: 3 failures before 2 successes in at most 4 starts:
        // (4 choose 3 + 4 choose 4) / 16 = 5/16.
        assert!((tripped_by_chance(2, 3, 0.5) - 0.3125).abs() < 1e-12);
        assert!(tripped_by_chance(2, 3, 0.0) <= 0.0);
    }
}
