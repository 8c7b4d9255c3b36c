//! How long one phase took this time: draws from a law given by its mean and cv.

use prescale::scenario::{DurationLaw, Family};
use rand::rngs::SmallRng;
use rand_distr::{Distribution, Gamma, LogNormal, Weibull};
use statrs::function::gamma::ln_gamma;

/// A law, ready to be drawn from.
pub enum Sampler {
    Fixed(f64),
    Lognormal(LogNormal<f64>),
    Gamma(Gamma<f64>),
    Weibull(Weibull<f64>),
}

impl Sampler {
    pub fn new(law: DurationLaw) -> Self {
        let (mean, cv) = (law.mean.0, law.cv);
        if mean == 0.0 || cv == 0.0 {
            return Self::Fixed(mean);
        }
        match law.family {
            Family::Fixed => Self::Fixed(mean),
            Family::Lognormal => {
                Self::Lognormal(LogNormal::from_mean_cv(mean, cv).expect("a valid law"))
            }
            Family::Gamma => {
                Self::Gamma(Gamma::new(1.0 / (cv * cv), mean * cv * cv).expect("a valid law"))
            }
            Family::Weibull => {
                let shape = weibull_shape(cv);
                let scale = mean / ln_gamma(1.0 + 1.0 / shape).exp();
                Self::Weibull(Weibull::new(scale, shape).expect("a valid law"))
            }
        }
    }

    /// One duration [s].
    pub fn draw(&self, rng: &mut SmallRng) -> f64 {
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
    use prescale::units::Seconds;
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn draws_have_the_mean_and_the_cv_of_their_law() {
        let mut rng = SmallRng::seed_from_u64(1);
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
