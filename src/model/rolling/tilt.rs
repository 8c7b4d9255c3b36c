//! The tilt under which a total of starts is expected.

/// The largest tilt, beyond which a count is certain.
const LARGEST: f64 = 40.0;

/// Largest change in one step.
const LARGEST_STEP: f64 = 3.0;

/// Steps that are made at most.
pub(super) const STEPS: usize = 40;

/// A search by Halley's method kept between two bounds that close in.
#[derive(Debug, Clone, Copy)]
pub(super) struct TiltSearch {
    /// The tilt that is tried.
    pub(super) at: f64,
    low: f64,
    high: f64,
}

impl TiltSearch {
    /// From a tilt that is thought to be near.
    pub(super) fn near(tilt: f64) -> Self {
        Self {
            at: tilt.clamp(-LARGEST_STEP, LARGEST_STEP),
            low: -LARGEST,
            high: LARGEST,
        }
    }

    /// The next tilt, where the total expected under this one is so far off, of such variance and
    /// third cumulant; false where it is close enough, in standard deviations.
    pub(super) fn goes_on(&mut self, off: f64, [variance, third]: [f64; 2], close: f64) -> bool {
        let is_close = off.abs() < close * variance.max(0.0).sqrt().max(close);
        if is_close || self.high - self.low < 1e-3 {
            return false;
        }
        *if off > 0.0 {
            &mut self.high
        } else {
            &mut self.low
        } = self.at;
        let slope = variance.max(1e-12);
        let newton = off / slope;
        let halley = newton / (1.0 - 0.5 * newton * third / slope).clamp(0.5, 2.0);
        let next = (self.at - halley).clamp(self.at - LARGEST_STEP, self.at + LARGEST_STEP);
        self.at = if next > self.low && next < self.high {
            next
        } else {
            f64::midpoint(self.low, self.high)
        };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tilt_of_ten_coins_is_the_log_odds() {
        // Of ten fair coins seven are expected under e^u / (1 + e^u) = 0.7.
        let mut search = TiltSearch::near(0.0);
        for _ in 0..STEPS {
            let share = 1.0 / (1.0 + (-search.at).exp());
            let variance = 10.0 * share * (1.0 - share);
            let third = variance * (1.0 - 2.0 * share);
            if !search.goes_on(10.0 * share - 7.0, [variance, third], 1e-6) {
                break;
            }
        }
        assert!(
            (search.at - (0.7_f64 / 0.3).ln()).abs() < 1e-5,
            "{}",
            search.at
        );
    }
}
