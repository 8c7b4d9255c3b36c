//! The end of a rollout whose new tasks all start at once.

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
        let chance = |z: f64| {
            let mut all = power(self.phases.drain.cdf(z), drains);
            let mut marked = [(0, 0.0); 2];
            for (i, (kind, size)) in groups.into_iter().enumerate().filter(|g| g.1.1 > 0) {
                let done = self.chain(kind, 1, end).cdf(z);
                let enough = match self.excused_chain(kind, 1, end) {
                    _ if excused == 0 => done,
                    None => 1.0,
                    Some(law) => law.cdf(z),
                };
                if enough <= 0.0 {
                    return 0.0;
                }
                all *= power(enough, size);
                marked[i] = (size, 1.0 - done / enough);
            }
            all * chance_of_at_most(excused, &marked)
        };
        let longest = groups
            .iter()
            .filter(|g| g.1 > 0)
            .map(|g| self.chain(g.0, 1, end).support().1)
            .fold(
                self.phases.drain.support().1 * f64::from(drains.min(1)),
                f64::max,
            );
        law_between(0.0, longest + self.step(), chance)
    }
}
