//! The durations that courses of a deployment take: each phase by quantiles of its law, in an order
//! that has no pattern and is the same whenever it is asked for.

use crate::model::law::Law;
use crate::model::phases::Phases;
use crate::model::quantiles::{Chances, QUANTILES, cold_running, quantiles, reaction_and_drain};
use crate::scenario::Scenario;

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
        let [reaction, drain] = reaction_and_drain(scenario);
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
            phases: laws.map(|law| in_orders(quantiles(law, QUANTILES), &mut chances)),
            running: cold_running(scenario),
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

/// The same in several orders, one after another.
fn in_orders(mut quantiles: Vec<f64>, chances: &mut Chances) -> Vec<f64> {
    let orders = (0..ORDERS).flat_map(|_| {
        chances.shuffle(&mut quantiles);
        quantiles.clone()
    });
    orders.collect()
}
