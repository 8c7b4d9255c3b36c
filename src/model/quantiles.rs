//! Durations that followed courses of a deployment take: the quantiles of a law, in orders that have
//! no pattern and are the same whenever they are asked for.

use super::law::{Law, as_f64, standard_deviation};
use crate::scenario::{DurationLaw, Scenario};

/// Quantiles that a law is told by, where nothing depends on how those of one course go together.
pub const QUANTILES: u32 = 64;

/// The middles of so many parts of equal chance \[s\]. The longest stands for the tail, so that the
/// mean is right.
#[must_use]
pub fn quantiles(law: &Law, number: u32) -> Vec<f64> {
    let middle = |cell: u32| (f64::from(cell) + 0.5) / f64::from(number);
    let mut quantiles: Vec<f64> = (0..number).map(|cell| law.quantile(middle(cell))).collect();
    let missing = law.mean() * as_f64(quantiles.len()) - quantiles.iter().sum::<f64>();
    if let Some(longest) = quantiles.last_mut() {
        *longest = (*longest + missing).max(0.0);
    }
    quantiles
}

/// The middle of one of so many parts of equal chance.
fn middle(cell: u32, number: u32) -> f64 {
    (f64::from(cell) + 0.5) / f64::from(number)
}

/// Numbers without a pattern: the high bits of a linear congruential sequence (Knuth, MMIX).
#[derive(Debug, Clone, Default)]
pub struct Chances {
    state: u64,
}

impl Chances {
    /// The sequence that begins there.
    #[must_use]
    pub fn from(state: u64) -> Self {
        Self { state }
    }

    /// The next one, brought below a limit.
    fn below(&mut self, limit: usize) -> usize {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let high = u128::from(self.state >> 32);
        usize::try_from((high * limit as u128) >> 32).unwrap_or(0)
    }

    /// Brings things into another order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for left in (1..things.len()).rev() {
            let other = self.below(left + 1);
            things.swap(left, other);
        }
    }
}

/// Quantiles of a law, of which each comes once before they are shuffled again.
#[derive(Debug, Clone)]
pub struct Shuffled {
    quantiles: Vec<f64>,
    next: usize,
    chances: Chances,
}

impl Shuffled {
    /// So many of a law, in orders of their own.
    #[must_use]
    pub fn of(law: &Law, number: u32, state: u64) -> Self {
        Self::of_values(quantiles(law, number), state)
    }

    /// So many chances, evenly between none and certainty.
    #[must_use]
    pub fn of_chances(number: u32, state: u64) -> Self {
        Self::of_values(
            (0..number).map(|cell| middle(cell, number)).collect(),
            state,
        )
    }

    fn of_values(quantiles: Vec<f64>, state: u64) -> Self {
        Self {
            quantiles,
            next: 0,
            chances: Chances::from(state),
        }
    }

    /// The next one.
    pub fn next(&mut self) -> f64 {
        if self.next == 0 {
            self.chances.shuffle(&mut self.quantiles);
            self.next = self.quantiles.len();
        }
        self.next -= 1;
        self.quantiles[self.next]
    }
}

/// The reaction and the drain of a scenario's service, each on a grid of its own: what varies less
/// than a whole cycle decides who is gone first.
#[must_use]
pub fn reaction_and_drain(scenario: &Scenario) -> [Law; 2] {
    let timing = &scenario.service.timing;
    let balancer = scenario.service.load_balancer.as_ref();
    let reaction = scenario.deployment.reaction;
    let stop = Law::cut_at(timing.stop, timing.stop_timeout.0, own_step(timing.stop));
    [
        Law::of(reaction, own_step(reaction)),
        stop.shifted(balancer.map_or(0.0, |balancer| balancer.drain().0)),
    ]
}

/// A sixteenth of the standard deviation \[s\].
fn own_step(duration: DurationLaw) -> f64 {
    let deviation = standard_deviation(duration);
    if deviation > 0.0 {
        deviation / 16.0
    } else {
        1.0
    }
}

/// From a start on a host without the image to RUNNING, when the host has it: mean \[s\].
#[must_use]
pub fn cold_running(scenario: &Scenario) -> f64 {
    let timing = &scenario.service.timing;
    timing.start.mean.0 + timing.cold_start_extra.mean.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_reach_from_none_to_certainty_and_each_comes_once() {
        let mut chances = Shuffled::of_chances(1021, 1);
        let mut drawn: Vec<f64> = (0..1021).map(|_| chances.next()).collect();
        assert!(!drawn.is_sorted());
        drawn.sort_by(f64::total_cmp);
        assert!((drawn[0] - 0.5 / 1021.0).abs() < 1e-12);
        let apart = drawn.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(
            apart
                .into_iter()
                .all(|apart| (apart * 1021.0 - 1.0).abs() < 1e-9)
        );
    }
}
