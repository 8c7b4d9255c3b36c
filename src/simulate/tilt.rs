//! Strikes that come more often than they do, and how much less a run counts in which they came.
//!
//! Strikes are so rare that hardly any run would see one. Some runs are therefore played with a
//! higher hazard of the first strikes, and each is counted by the likelihood ratio of what it saw:
//! importance sampling by a mixture of hazards. A ratio against the mixture is never larger than the
//! number of its parts, so that no single run outweighs the others.

/// Kinds of strikes: one host, a pool, a zone.
pub const KINDS: usize = 3;

/// Hazards that a part of the runs is played with.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tilt {
    /// Of each kind, until so many strikes have come \[1/s\].
    hazards: [f64; KINDS],
    strikes: u32,
}

/// The mixture for runs of one kind: as it is, for one strike, and for several.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mixture {
    hazards: [f64; KINDS],
    tilts: [Tilt; Mixture::PARTS],
}

impl Mixture {
    /// Parts of equal weight.
    pub const PARTS: usize = 3;

    /// Strikes expected in a run of the tilted parts, and how many are tilted.
    const TILTED: [(f64, u32); Self::PARTS - 1] = [(1.0, 1), (3.0, 3)];

    /// The hazards as they are, in every part \[1/s\].
    #[must_use]
    pub fn plain(hazards: [f64; KINDS]) -> Self {
        Self {
            hazards,
            tilts: [Tilt {
                hazards,
                strikes: 0,
            }; Self::PARTS],
        }
    }

    /// Hazards with which strikes of each kind that there is come as often as each other, in runs
    /// that take so long \[1/s\].
    #[must_use]
    pub fn tilted(hazards: [f64; KINDS], seconds: f64) -> Self {
        let mut mixture = Self::plain(hazards);
        let kinds = hazards.iter().filter(|&&hazard| hazard > 0.0).count();
        #[expect(clippy::cast_precision_loss, reason = "at most three")]
        let all = seconds * kinds as f64;
        if all > 0.0 {
            for (tilt, (expected, strikes)) in mixture.tilts.iter_mut().skip(1).zip(Self::TILTED) {
                let often = expected / all;
                *tilt = Tilt {
                    hazards: hazards.map(|hazard| match hazard {
                        hazard if hazard > 0.0 => hazard.max(often),
                        _ => 0.0,
                    }),
                    strikes,
                };
            }
        }
        mixture
    }
}

/// How likely what a run saw is in each part of the mixture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likelihood {
    mixture: Mixture,
    /// The part that the run is played with.
    part: usize,
    strikes: u32,
    /// When the last strike came \[s\].
    since: f64,
    /// Logarithm of how much likelier in each part than by the hazards as they are.
    logs: [f64; Mixture::PARTS],
}

impl Likelihood {
    /// Nothing is seen yet.
    #[must_use]
    pub fn begun(mixture: Mixture, part: usize) -> Self {
        Self {
            mixture,
            part,
            strikes: 0,
            since: 0.0,
            logs: [0.0; Mixture::PARTS],
        }
    }

    /// Hazards of each kind that the next strike of the run comes with \[1/s\].
    #[must_use]
    pub fn hazards(&self) -> [f64; KINDS] {
        self.in_part(self.part)
    }

    fn in_part(&self, part: usize) -> [f64; KINDS] {
        let tilt = &self.mixture.tilts[part];
        if self.strikes < tilt.strikes {
            tilt.hazards
        } else {
            self.mixture.hazards
        }
    }

    /// A strike of a kind is seen.
    pub fn strike(&mut self, kind: usize, now: f64) {
        self.logs = self.logs_at(now);
        for part in 0..Mixture::PARTS {
            let ratio = self.in_part(part)[kind] / self.mixture.hazards[kind];
            self.logs[part] += ratio.ln();
        }
        self.strikes += 1;
        self.since = now;
    }

    /// How many were seen.
    #[must_use]
    pub fn strikes(&self) -> u32 {
        self.strikes
    }

    /// How much the run counts that has seen no more until now.
    ///
    /// # Formula
    /// With n strikes at hazards λᵢ in place of μᵢ a run of length t is Π (λᵢ / μᵢ) · e^((μ − λ) t)
    /// times likelier; the weight is one over the mean of that over the parts.
    #[must_use]
    pub fn weight(&self, now: f64) -> f64 {
        let likelier: f64 = self.logs_at(now).iter().map(|log| log.exp()).sum();
        #[expect(clippy::cast_precision_loss, reason = "three")]
        let parts = Mixture::PARTS as f64;
        parts / likelier
    }

    fn logs_at(&self, now: f64) -> [f64; Mixture::PARTS] {
        let passed = (now - self.since).max(0.0);
        let plain: f64 = self.mixture.hazards.iter().sum();
        std::array::from_fn(|part| {
            let tilted: f64 = self.in_part(part).iter().sum();
            self.logs[part] + (plain - tilted) * passed
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_by_hand() {
        let plain = Likelihood::begun(Mixture::plain([1e-6, 0.0, 0.0]), 2);
        assert!((plain.weight(1e5) - 1.0).abs() < 1e-12);
        // 100 s with one strike in 1e6 s; in 100 s by the second part, three by the third.
        let mut seen = Likelihood::begun(Mixture::tilted([1e-6, 0.0, 0.0], 100.0), 1);
        assert!((seen.hazards()[0] - 0.01).abs() < 1e-12);
        let none = 3.0 / (1.0 + (1e-4_f64 - 1.0).exp() + (1e-4_f64 - 3.0).exp());
        assert!((seen.weight(100.0) - none).abs() < 1e-9);
        // A strike after 40 s: 10⁴ e^−0.4 and 3 · 10⁴ e^−1.2 times likelier, about.
        seen.strike(0, 40.0);
        let one = 3.0 / (1e4 * (-0.4_f64).exp() + 3e4 * (-1.2_f64).exp());
        assert!((seen.weight(40.0) / one - 1.0).abs() < 1e-3);
        // From there the second part is as it is.
        assert!(seen.hazards()[0] < 1.1e-6);
    }

    #[test]
    fn kinds_that_are_rare_come_as_often_as_the_others() {
        let mixture = Mixture::tilted([1e-5, 0.0, 1e-9], 50.0);
        let hazards = Likelihood::begun(mixture, 1).hazards();
        for (found, expected) in hazards.into_iter().zip([0.01, 0.0, 0.01]) {
            assert!((found - expected).abs() < 1e-12);
        }
    }
}
