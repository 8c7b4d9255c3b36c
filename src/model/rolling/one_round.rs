//! The end of a rollout whose new tasks all start at once.

use super::grid::Through;
use super::points::law_between;
use super::totals::{chance_of_at_most, power};
use super::{Begins, End, Kind, Rolling, Rollout};
use crate::model::law::Law;

impl Rolling {
    /// All new tasks start at once.
    pub(super) fn end_of_one_round(&self, rollout: Rollout, end: End) -> Law {
        let begins = if self.stops_first(rollout) {
            Begins::StopFirst
        } else {
            Begins::Start
        };
        let groups = [
            (Kind { begins, cold: 1 }, rollout.cold),
            (
                Kind { begins, cold: 0 },
                rollout.replacements - rollout.cold,
            ),
        ];
        let (End::HealthyBut(excused) | End::StoppedBut(excused)) = end;
        let drains = match end {
            End::HealthyBut(_) => 0,
            End::StoppedBut(_) => rollout.slack,
        };
        let chance = |by: usize| {
            let mut all = power(self.first_stop_through(Through::Replaced, by), drains);
            let mut marked = [(0, 0.0); 2];
            for (i, (kind, size)) in groups.into_iter().enumerate().filter(|g| g.1.1 > 0) {
                let chain = |through| self.chain_on_grid(kind, 1, kind.host(1), through).up_to(by);
                let (done, enough) = match end {
                    End::HealthyBut(0) => (chain(Through::Healthy), None),
                    End::HealthyBut(_) => (chain(Through::Healthy), Some(1.0)),
                    End::StoppedBut(0) => (chain(Through::Replaced), None),
                    End::StoppedBut(_) => (chain(Through::Replaced), Some(chain(Through::Excused))),
                };
                let enough = enough.unwrap_or(done);
                if enough <= 0.0 {
                    return 0.0;
                }
                all *= power(enough, size);
                marked[i] = (size, 1.0 - done / enough);
            }
            all * chance_of_at_most(excused, &marked)
        };
        let through = match end {
            End::HealthyBut(_) => Through::Healthy,
            End::StoppedBut(_) => Through::Replaced,
        };
        let last = groups
            .iter()
            .filter(|group| group.1 > 0)
            .map(|(kind, _)| self.chain_on_grid(*kind, 1, kind.host(1), through).last())
            .chain([self.first_stop_last() * drains.min(1) as usize])
            .max()
            .unwrap_or(0);
        law_between(0, last + 1, self.step(), chance)
    }
}
