//! How long one phase took this time: draws from a law given by its mean and cv.

use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, Gamma, LogNormal, Weibull};
use statrs::function::gamma::ln_gamma;

use crate::scenario::{DurationLaw, Family};

/// A law, ready to be drawn from.
#[derive(Debug, Clone)]
pub enum Sampler {
    /// Always so long.
    Fixed(f64),
    /// Lognormal.
    Lognormal(LogNormal<f64>),
    /// Gamma.
    Gamma(Gamma<f64>),
    /// Weibull.
    Weibull(Weibull<f64>),
}

impl Sampler {
    /// Prepares a law.
    pub fn new(law: DurationLaw) -> Self {
        let (mean, cv) = (law.mean.0, law.cv);
        if mean == 0.0 || cv == 0.0 {
            return Self::Fixed(mean);
        }
        match law.family {
            Family::Fixed => Self::Fixed(mean),
            // A law with parameters that its family has not, such as a cv so small that its square
            // is none, does not vary.
            Family::Lognormal => {
                LogNormal::from_mean_cv(mean, cv).map_or(Self::Fixed(mean), Self::Lognormal)
            }
            Family::Gamma => {
                Gamma::new(1.0 / (cv * cv), mean * cv * cv).map_or(Self::Fixed(mean), Self::Gamma)
            }
            Family::Weibull => {
                let shape = weibull_shape(cv);
                let scale = mean / ln_gamma(1.0 + 1.0 / shape).exp();
                Weibull::new(scale, shape).map_or(Self::Fixed(mean), Self::Weibull)
            }
        }
    }

    /// One duration [s].
    pub fn draw(&self, rng: &mut Xoshiro256PlusPlus) -> f64 {
        match self {
            Self::Fixed(duration) => *duration,
            Self::Lognormal(law) => law.sample(rng),
            Self::Gamma(law) => law.sample(rng),
            Self::Weibull(law) => law.sample(rng),
        }
    }
}

/// The shape at which a Weibull law has the given cv, by halving an interval: cv falls with shape.
fn weibull_shape(cv: f64) -> f64 {
    let cv_at = |shape: f64| {
        (ln_gamma(1.0 + 2.0 / shape) - 2.0 * ln_gamma(1.0 + 1.0 / shape))
            .exp_m1()
            .sqrt()
    };
    let (mut low, mut high) = (0.05, 1000.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if cv_at(middle) > cv {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use crate::units::Seconds;
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn draws_have_the_mean_and_the_cv_of_their_law() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        for family in [
            Family::Fixed,
            Family::Lognormal,
            Family::Gamma,
            Family::Weibull,
        ] {
            for cv in [0.2, 0.8] {
                let sampler = Sampler::new(DurationLaw {
                    mean: Seconds(60.0),
                    cv,
                    family,
                });
                let draws: Vec<f64> = (0..40_000).map(|_| sampler.draw(&mut rng)).collect();
                let mean = draws.iter().sum::<f64>() / 40_000.0;
                let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 40_000.0;
                let expected_cv = if family == Family::Fixed { 0.0 } else { cv };
                assert!((mean - 60.0).abs() < 1.0, "{family:?} {cv}: mean {mean}");
                assert!(
                    (variance.sqrt() / mean - expected_cv).abs() < 0.03,
                    "{family:?} {cv}: variance {variance}"
                );
            }
        }
    }
}
