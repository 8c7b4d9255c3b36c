//! Hourly billing where a host stays until its paid hour is over: a deployment that begins in the
//! rest of it uses the host again.

use super::law::Law;
use crate::units::{HOURS_PER_DAY, SECONDS_PER_HOUR};

/// Cells that an hour is divided into.
const CELLS: usize = 120;

/// A session goes on until the chance that it does is below this.
const NEGLIGIBLE: f64 = 1e-9;

/// Points of the law of the time that a host is needed.
const POINTS: usize = 64;

/// Longer than any gap \[h\].
const FOR_EVER: f64 = 1e9;

/// Deployments that one session is followed for.
const LONGEST_SESSION: u32 = 1_000;

/// Deployments that begin at random moments of the working time of a day.
#[derive(Debug, Clone, Copy)]
pub struct Arrivals {
    /// Mean number in a day.
    pub per_day: f64,
    /// Working time of a day \[h\].
    pub window: f64,
}

/// Hours that are billed for a host per deployment, where the rest of a paid hour is used again \[h\].
///
/// # Formula
/// A session begins with a deployment that finds no paid host and ends when the rest ℓ of a paid
/// hour passes without another. Each deployment of the session needs the host for X and pays
/// ⌈X − ℓ'⌉ hours more, where ℓ' is what was left when it began. By renewal, hours per deployment =
/// E\[hours of a session\] / E\[deployments of a session\]; ℓ is followed on a grid of half minutes.
/// Deployments go on one after another: see [`Gaps`].
#[must_use]
pub fn hours_with_reuse(there_for: &Law, arrivals: Arrivals) -> f64 {
    let gaps = Gaps::of(arrivals, there_for.mean() / SECONDS_PER_HOUR);
    let mut left = vec![0.0; CELLS + 1];
    left[0] = 1.0;
    let (mut hours, mut deployments) = (0.0, 0.0);
    let there_for = there_for.coarsened(POINTS);
    for _ in 0..LONGEST_SESSION {
        let going_on: f64 = left.iter().sum();
        if going_on < NEGLIGIBLE {
            break;
        }
        deployments += going_on;
        let (paid, after) = used(&left, &there_for);
        hours += paid;
        left = gaps.met(&after);
    }
    hours / deployments
}

/// From the end of a deployment to the begin of the next.
///
/// # Formula
/// Of m in a day of w hours, at rate λ = m / w, the next comes within g hours and on the same day
/// with probability F(g) = ∫ λ e^(−λt) (1 − t / w) dt over 0..g, in all 1 − (1 − e^(−m)) / m; where
/// the working time is all day, 1 − e^(−λg). With probability λ · E\[X\], as in any queue, it waits
/// already when the one before ends; the others come as F tells.
struct Gaps {
    at_once: f64,
    /// Probability of coming after so many cells.
    later: Vec<f64>,
}

impl Gaps {
    fn of(Arrivals { per_day, window }: Arrivals, busy: f64) -> Self {
        let rate = per_day / window;
        if rate <= 0.0 {
            return Self {
                at_once: 0.0,
                later: vec![0.0; CELLS],
            };
        }
        // A night shorter than a paid hour ends nothing.
        let ends = window < HOURS_PER_DAY - 1.0;
        let within = |hours: f64| {
            let hours = if ends { hours.min(window) } else { hours };
            let come = -(-rate * hours).exp_m1();
            if ends {
                come - (come / rate - hours * (-rate * hours).exp()) / window
            } else {
                come
            }
        };
        let in_all = within(FOR_EVER);
        let at_once = (rate * busy).min(in_all);
        let of_later = (in_all - at_once) / in_all.max(f64::MIN_POSITIVE);
        let up_to = |cell: u32| within(f64::from(cell) / cells(1));
        let later = (0..).take(CELLS);
        Self {
            at_once,
            later: later
                .map(|cell| of_later * (up_to(cell + 1) - up_to(cell)))
                .collect(),
        }
    }

    /// What is left of a paid hour when the next deployment begins in it.
    fn met(&self, left: &[f64]) -> Vec<f64> {
        let mut met: Vec<f64> = left.iter().map(|mass| mass * self.at_once).collect();
        for (cell, mass) in left.iter().enumerate().filter(|(_, mass)| **mass > 0.0) {
            for (after, chance) in self.later.iter().take(cell).enumerate() {
                met[cell - after] += mass * chance;
            }
        }
        met
    }
}

/// Hours that a deployment pays more, and what is left of the last of them when it has ended; by
/// the cells that were left when it began.
fn used(left: &[f64], there_for: &Law) -> (f64, Vec<f64>) {
    let cells_per_second = cells(1) / SECONDS_PER_HOUR;
    let mut after = vec![0.0; CELLS + 1];
    let mut hours = 0.0;
    for (there_for, chance) in there_for.points() {
        for (left, mass) in (0..).zip(left).filter(|(_, mass)| **mass > 0.0) {
            let over = there_for * cells_per_second - f64::from(left);
            let more = (over / cells(1) - 1e-9).ceil().max(0.0);
            hours += chance * mass * more;
            let rest = more * cells(1) - over;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "at most an hour"
            )]
            let cell = (rest.round().max(0.0) as usize).min(CELLS);
            after[cell] += chance * mass;
        }
    }
    (hours, after)
}

/// Hours as cells.
fn cells(hours: u32) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a hundred")]
    let each = CELLS as f64;
    f64::from(hours) * each
}

#[cfg(test)]
mod tests {
    use super::{Arrivals, hours_with_reuse};
    use crate::model::law::Law;

    /// Hours per deployment of so many minutes, at a rate per hour of a day without nights.
    fn shared(minutes: f64, per_hour: f64) -> f64 {
        let arrivals = Arrivals {
            per_day: 24.0 * per_hour,
            window: 24.0,
        };
        hours_with_reuse(&Law::fixed(minutes * 60.0, 1.0), arrivals)
    }

    #[test]
    fn without_another_deployment_the_started_hours_are_paid() {
        assert!((shared(20.0, 0.0) - 1.0).abs() < 1e-9);
        assert!((shared(70.0, 0.0) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn deployments_on_each_others_heels_share_an_hour() {
        // Three of 20 min fill the hour to the end; the rest is then nothing.
        let found = shared(20.0, 1e6);
        assert!((found - 1.0 / 3.0).abs() < 0.01, "{found}");
    }

    #[test]
    fn two_half_hours_with_a_known_chance() {
        // 30 min leave 30. With chance λ / 2 the next waits already: free, and nothing is left. With
        // λ / 2 it begins in the 30 min: a second hour. For small λ only the first step counts.
        let rate = 0.001;
        let expected = (1.0 + rate / 2.0) / (1.0 + rate);
        let found = shared(30.0, rate);
        assert!((found - expected).abs() < 1e-5, "{found} not {expected}");
    }

    #[test]
    fn quarter_hours_share_by_hand() {
        // 15 min, λ small: with chance λ / 4 the next waits already, and with 0.75 λ it comes within
        // the 45 min left: free in the first 30 min of these. Hours: 1 + 0.25 λ; deployments: 1 + λ.
        let rate = 0.001;
        let expected = (1.0 + 0.25 * rate) / (1.0 + rate);
        let found = shared(15.0, rate);
        assert!((found - expected).abs() < 1e-5, "{found} not {expected}");
    }

    #[test]
    fn the_end_of_a_day_ends_a_session() {
        // Two a day in a quarter of an hour, none of which takes any time: 1 − e^(−2) of the days have
        // some, which share an hour: 0.8647 hours for 2 deployments.
        let arrivals = Arrivals {
            per_day: 2.0,
            window: 0.25,
        };
        let found = hours_with_reuse(&Law::fixed(1.0, 1.0), arrivals);
        let expected = (1.0 - (-2.0_f64).exp()) / 2.0;
        assert!((found - expected).abs() < 0.005, "{found} not {expected}");
    }
}
