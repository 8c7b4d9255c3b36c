//! How long a rollout leaves fewer healthy tasks than are required.

use super::memory::remembered;
use super::totals::chance_of_at_most;
use super::{Begins, Course, End, Kind, Rolling, Rollout, normal};
use crate::model::law::Law;

/// Probability that a law, begun at a random moment, is through by `at`.
pub(super) fn sum_through(law: &Law, at: f64, begun: &Law) -> f64 {
    law.through_by(at, begun).last().copied().unwrap_or(0.0)
}

impl Rolling {
    /// How long fewer than `surplus` tasks beyond the lower bound are healthy: mean \[s\].
    ///
    /// # Formula
    /// From the first moves, which bring the healthy tasks down to the lower bound, to the moment
    /// when all replacements but slack − surplus are healthy; less the time before that in which
    /// at least `surplus` units hold a healthy new task and have not yet told an
    /// old one to stop. The units are taken as independent in this.
    #[must_use]
    pub fn mean_short(&self, rollout: Rollout, surplus: u32) -> f64 {
        let rollout = normal(rollout);
        let surplus = surplus.min(rollout.slack);
        if surplus == 0 {
            return 0.0;
        }
        *remembered(&self.short, (rollout, surplus), || {
            self.computed_short(rollout, surplus)
        })
    }

    pub(super) fn computed_short(&self, rollout: Rollout, surplus: u32) -> f64 {
        if matches!(*self.course(rollout), Course::Fixed) {
            return self.fixed_short(rollout, surplus);
        }
        let missing = rollout.slack - surplus;
        let until = self.end(rollout, End::HealthyBut(missing));
        if rollout.slack == rollout.replacements {
            return until.mean();
        }
        let groups = self.groups(rollout);
        let (_, to) = until.support();
        let points = (to / (self.phases.reaction.mean() / 2.0))
            .clamp(40.0, 160.0)
            .ceil();
        let step = to / points;
        let covered: f64 = std::iter::successors(Some(step / 2.0), |at| Some(at + step))
            .take_while(|&at| at < to)
            .map(|at| {
                let waiting: Vec<(u32, f64)> = groups
                    .iter()
                    .map(|&(kind, size)| (size, self.chance_of_waiting(kind, at)))
                    .collect();
                let enough = 1.0 - chance_of_at_most(surplus - 1, &waiting);
                enough * (1.0 - until.cdf(at))
            })
            .sum();
        (until.mean() - covered * step).max(0.0)
    }

    /// Probability that a unit holds a healthy new task at a moment and has not yet told an old
    /// one to stop.
    pub(super) fn chance_of_waiting(&self, kind: Kind, at: f64) -> f64 {
        let mut chance = 0.0;
        for n in 1.. {
            let issue = self.issue(kind, n);
            let (first, last) = issue.support();
            if first > at || n > kind.begun() && issue.smooth_cdf(at) < 1e-7 {
                break;
            }
            let host = kind.host(n) as usize;
            let told = match kind.begins {
                Begins::StopFirst => &self.swapped_and_told[host],
                Begins::Start | Begins::Stop => &self.told[host],
            };
            if last + told.support().1 >= at {
                let healthy = self.chain(kind, n, End::HealthyBut(0));
                chance += sum_through(healthy, at, &issue) - sum_through(told, at, &issue);
            }
        }
        chance.clamp(0.0, 1.0)
    }
}
