//! The durations that courses of a deployment take: each phase by quantiles of its law, in an order
//! that has no pattern and is the same whenever it is asked for.

use crate::model::law::{Law, as_f64, standard_deviation};
use crate::model::phases::Phases;
use crate::scenario::{DurationLaw, Scenario};

/// Quantiles that a law is told by.
const QUANTILES: u32 = 64;

/// The phases that differ from task to task, and from host to host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Start,
    ColdStart,
    Reaction,
    Drain,
    /// From the notice to a spot host's successor.
    Successor,
    /// From the loss of a zone to its return.
    Outage,
}

impl Phase {
    pub(super) const COUNT: usize = 6;
}

/// So many orders of them follow each other before they come again.
const ORDERS: usize = 8;

/// Quantiles of each phase, all of them in one order after another \[s\].
#[derive(Debug, Clone)]
pub struct Durations {
    phases: [Vec<f64>; Phase::COUNT],
    /// From a start on a host without the image to RUNNING: mean.
    running: f64,
}

impl Durations {
    /// Of a service with these phases until healthy; successors and outages by their laws.
    #[must_use]
    pub fn of(scenario: &Scenario, phases: &Phases, [successor, outage]: [&Law; 2]) -> Self {
        let timing = &scenario.service.timing;
        let balancer = scenario.service.load_balancer.as_ref();
        let reaction = scenario.deployment.reaction;
        let reaction = Law::of(reaction, own_step(reaction));
        let stop = Law::cut_at(timing.stop, timing.stop_timeout.0, own_step(timing.stop));
        let drain = stop.shifted(balancer.map_or(0.0, |balancer| balancer.drain().0));
        let mut chances = Chances::default();
        let laws = [
            &phases.start,
            &phases.cold_start,
            &reaction,
            &drain,
            successor,
            outage,
        ];
        Self {
            phases: laws.map(|law| in_orders(quantiles(law), &mut chances)),
            running: timing.start.mean.0 + timing.cold_start_extra.mean.0,
        }
    }

    /// One of them.
    pub(super) fn at(&self, phase: Phase, which: u32) -> f64 {
        self.phases[phase as usize][which as usize % (ORDERS * QUANTILES as usize)]
    }

    /// The longest of all \[s\].
    pub(super) fn longest(&self) -> f64 {
        self.phases.iter().flatten().copied().fold(0.0, f64::max)
    }

    /// From a start on a host without the image to RUNNING \[s\].
    pub(super) fn cold_running(&self) -> f64 {
        self.running
    }
}

/// Numbers without a pattern: the high bits of a linear congruential sequence (Knuth, MMIX).
#[derive(Debug, Clone, Default)]
pub(super) struct Chances {
    state: u64,
}

impl Chances {
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
    pub(super) fn shuffle<T>(&mut self, things: &mut [T]) {
        for left in (1..things.len()).rev() {
            let other = self.below(left + 1);
            things.swap(left, other);
        }
    }
}

/// The same in several orders, one after another.
fn in_orders(mut quantiles: Vec<f64>, chances: &mut Chances) -> Vec<f64> {
    let orders = (0..ORDERS).flat_map(|_| {
        chances.shuffle(&mut quantiles);
        quantiles.clone()
    });
    orders.collect()
}

/// The middles of as many parts of equal chance.
fn quantiles(law: &Law) -> Vec<f64> {
    let middle = |cell: u32| (f64::from(cell) + 0.5) / f64::from(QUANTILES);
    let mut quantiles: Vec<f64> = (0..QUANTILES)
        .map(|cell| law.quantile(middle(cell)))
        .collect();
    // The longest stands for the tail, so that the mean is right.
    let missing = law.mean() * as_f64(quantiles.len()) - quantiles.iter().sum::<f64>();
    if let Some(longest) = quantiles.last_mut() {
        *longest = (*longest + missing).max(0.0);
    }
    quantiles
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
