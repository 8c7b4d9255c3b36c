//! The end of a rollout whose new tasks all start at once, or all in one place.

use super::grid::Through;
use super::points::law_at_many_points;
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
        if rollout.replacements == 1 && end == End::HealthyBut(0) {
            return self.end_of_one_unit(
                Kind {
                    begins,
                    cold: rollout.cold,
                },
                1,
                end,
            );
        }
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
        let chains = || {
            groups
                .iter()
                .filter(|group| group.1 > 0)
                .map(|(kind, _)| self.chain_on_grid(*kind, 1, kind.host(1), through))
        };
        // What is excused may be all there is.
        let first = match excused {
            0 => chains().map(|chain| chain.first()).min().unwrap_or(0),
            _ => 0,
        };
        let last = chains()
            .map(|chain| chain.last())
            .chain([self.first_stop_last() * drains.min(1) as usize])
            .max()
            .unwrap_or(0);
        law_at_many_points(first.min(last), last + 1, self.step(), chance)
    }

    /// One unit alone, which does all.
    pub(super) fn end_of_one_unit(&self, kind: Kind, tasks: u32, end: End) -> Law {
        let after =
            |n: u32, laws: &[Law; 2]| self.issue(kind, n).plus(&laws[kind.host(n) as usize]);
        let healthy = match kind.begins {
            Begins::StopFirst => &self.swapped,
            Begins::Start | Begins::Stop => &self.healthy,
        };
        match end {
            End::HealthyBut(missing) if missing < tasks => after(tasks - missing, healthy),
            End::HealthyBut(_) => Law::fixed(0.0, self.step()),
            End::StoppedBut(0) => after(tasks, &self.replaced),
            // The stop of the last old task made room for the last start.
            End::StoppedBut(_) => after(tasks, &self.healthy_and_gone),
        }
    }
}
