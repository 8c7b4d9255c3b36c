//! The tilt under which a total of starts is expected, of all units or where one of them makes the last
//! start.

use super::last_start::KINDS;

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

/// The units of one kind at a moment, one of which may make the last start.
pub(super) struct Starts<'a> {
    /// How many units.
    pub(super) size: u32,
    /// The smallest number of starts that one has had.
    pub(super) first: u32,
    /// Probability of each number from there.
    pub(super) masses: &'a [f64],
    /// For each of these numbers: the chance that this start comes about the moment.
    pub(super) rates: &'a [f64],
}

/// Expected starts of all units under a tilt, one of them making the last start.
pub(super) struct WithLast {
    /// The chance that one of them makes it.
    pub(super) rate: f64,
    starts: f64,
    variance: f64,
    /// Expected number of the last start in its unit.
    pub(super) last: f64,
}

impl WithLast {
    /// The tilt under which a total is expected, as close as so many standard deviations, sought from
    /// one that is near, and what holds under it.
    pub(super) fn sought<'a, I: Iterator<Item = Starts<'a>>>(
        target: f64,
        near: f64,
        close: f64,
        units: impl Fn() -> I,
    ) -> (f64, Self) {
        let mut search = TiltSearch::near(near);
        let mut found = Self::of(units(), search.at);
        for _ in 0..STEPS {
            if !search.goes_on(found.starts - target, [found.variance, 0.0], close) {
                break;
            }
            found = Self::of(units(), search.at);
        }
        (search.at, found)
    }

    fn of<'a>(units: impl Iterator<Item = Starts<'a>>, tilt: f64) -> Self {
        let base = tilt.exp();
        let (mut rate, mut rate_n, mut rate_square) = (0.0, 0.0, 0.0);
        let mut moments = [(0.0, 0.0, 0.0, 0.0); KINDS];
        for (unit, moments) in units.zip(&mut moments) {
            let (mut power, mut n) = (1.0, f64::from(unit.first));
            let (mut s0, mut s1, mut s2) = (0.0, 0.0, 0.0);
            let (mut r0, mut r1, mut r2) = (0.0, 0.0, 0.0);
            for (mass, rate) in unit.masses.iter().zip(unit.rates) {
                let (weight, rate) = (mass * power, rate * power);
                s0 += weight;
                s1 += weight * n;
                s2 += weight * n * n;
                r0 += rate;
                r1 += rate * n;
                r2 += rate * n * n;
                power *= base;
                n += 1.0;
            }
            let size = f64::from(unit.size);
            let scale = size / s0;
            rate += r0 * scale;
            rate_n += r1 * scale;
            rate_square += r2 * scale;
            *moments = (size, s1 / s0, s2 / s0, r0 * scale);
        }
        let each = 1.0 / rate.max(f64::MIN_POSITIVE);
        let last = rate_n * each;
        let mut starts = last;
        let mut variance = (rate_square * each - last * last).max(0.0);
        // Kinds that there are not have no units.
        for (size, mean, square, rate) in moments {
            let others = size - rate * each;
            starts += others * mean;
            variance += others * (square - mean * mean);
        }
        Self {
            rate,
            starts,
            variance,
            last,
        }
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
