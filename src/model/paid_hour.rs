//! Hourly billing where a host stays until its paid hour is over: a deployment that begins in the
//! rest of it uses the host again.

use super::law::Law;
use crate::units::SECONDS_PER_HOUR;

/// Cells that an hour is divided into.
const CELLS: usize = 120;

/// A session goes on until the chance that it does is below this.
const NEGLIGIBLE: f64 = 1e-9;

/// Deployments that one session is followed for.
const LONGEST_SESSION: u32 = 10_000;

/// Hours that are billed for a host per deployment, where deployments begin at random moments,
/// `per_hour` of them in the mean, and the rest of a paid hour is used again \[h\].
///
/// # Formula
/// A session begins with a deployment that finds no paid host and ends when the rest ℓ of a paid
/// hour passes without another: chance e^(−λℓ). Each deployment of the session needs the host for
/// X and pays ⌈X − ℓ'⌉ hours more, where ℓ' is what was left when it began. By renewal, hours per
/// deployment = E\[hours of a session\] / E\[deployments of a session\]; ℓ is followed on a grid
/// of half minutes. The next deployment begins after the one before has ended.
#[must_use]
pub fn hours_with_reuse(there_for: &Law, per_hour: f64) -> f64 {
    let mut left = vec![0.0; CELLS + 1];
    left[0] = 1.0;
    let (mut hours, mut deployments) = (0.0, 0.0);
    for _ in 0..LONGEST_SESSION {
        let going_on: f64 = left.iter().sum();
        if going_on < NEGLIGIBLE {
            break;
        }
        deployments += going_on;
        let (paid, after) = used(&left, there_for);
        hours += paid;
        left = met(&after, per_hour);
    }
    hours / deployments
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

/// What is left of a paid hour when the next deployment begins in it.
fn met(left: &[f64], per_hour: f64) -> Vec<f64> {
    let stays = (-per_hour / cells(1)).exp();
    let mut met = vec![0.0; CELLS + 1];
    // Going down, what has not been met yet is carried on to the next cell.
    let mut waiting = 0.0;
    for cell in (1..=CELLS).rev() {
        waiting += left[cell];
        met[cell] = waiting * (1.0 - stays);
        waiting *= stays;
    }
    met
}

/// Hours as cells.
fn cells(hours: u32) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a hundred")]
    let each = CELLS as f64;
    f64::from(hours) * each
}

#[cfg(test)]
mod tests {
    use super::hours_with_reuse;
    use crate::model::law::Law;

    fn fixed(minutes: f64) -> Law {
        Law::fixed(minutes * 60.0, 1.0)
    }

    #[test]
    fn without_another_deployment_the_started_hours_are_paid() {
        assert!((hours_with_reuse(&fixed(20.0), 0.0) - 1.0).abs() < 1e-9);
        assert!((hours_with_reuse(&fixed(70.0), 0.0) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn deployments_on_each_others_heels_share_an_hour() {
        // Three of 20 min fill the hour to the end; the rest is then nothing.
        let shared = hours_with_reuse(&fixed(20.0), 1e6);
        assert!((shared - 1.0 / 3.0).abs() < 0.01, "{shared}");
    }

    #[test]
    fn a_second_one_in_the_rest_of_the_hour_is_free_if_it_ends_in_it() {
        // 40 min leave 20: with one an hour, 1 − e^(−1/3) = 0.2835 begin in these, at ℓ' of 0 to
        // 20 min before the end, and each pays one hour more. What is left then is ℓ' + 20 min:
        // 20 to 40 min, in which 1 − e^(−ℓ) begin the next, and so on. A session of n deployments
        // pays at least n hours here but where ℓ' ≥ 40 min.
        let shared = hours_with_reuse(&fixed(40.0), 1.0);
        assert!(shared > 0.9 && shared <= 1.0, "{shared}");
    }

    #[test]
    fn two_half_hours_with_a_known_chance() {
        // 30 min leave 30. At rate λ the next begins in them with chance p = 1 − e^(−λ/2), always
        // pays the second hour (ℓ' < 30 min), and leaves ℓ' + 30 min. For small λ only the first
        // step counts: (1 + p) hours over (1 + p) deployments.
        let shared = hours_with_reuse(&fixed(30.0), 0.01);
        assert!((shared - 1.0).abs() < 1e-4, "{shared}");
    }

    #[test]
    fn quarter_hours_share_by_hand() {
        // 15 min, λ small: a second one within the 45 min left, chance 0.75 λ, is free in the
        // first 30 min of these. Hours: 1 + 0.25 λ; deployments: 1 + 0.75 λ.
        let rate = 0.01;
        let expected = (1.0 + 0.25 * rate) / (1.0 + 0.75 * rate);
        let shared = hours_with_reuse(&fixed(15.0), rate);
        assert!((shared - expected).abs() < 1e-4, "{shared} not {expected}");
    }
}
