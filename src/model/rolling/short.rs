//! How long a rollout leaves fewer healthy tasks than are required.

use super::grid::floor_index;
use super::last_start::KINDS;
use super::memory::remembered;
use super::totals::chance_of_at_most;
use super::{End, Rolling, Rollout, normal};
use crate::model::law::as_f64;

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
        if self.is_fixed() {
            return self.fixed_short(rollout, surplus);
        }
        *remembered(&self.short, (rollout, surplus), || {
            self.computed_short(rollout, surplus)
        })
    }

    pub(super) fn computed_short(&self, rollout: Rollout, surplus: u32) -> f64 {
        let missing = rollout.slack - surplus;
        let until = self.end(rollout, End::HealthyBut(missing));
        if rollout.slack == rollout.replacements {
            return until.mean();
        }
        let groups = self.tables_of(rollout);
        let (_, to) = until.support();
        let points = (to / (self.phases.reaction.mean() / 2.0))
            .clamp(80.0, 160.0)
            .ceil();
        let cells = floor_index(to / points / self.step()).max(1);
        let step = as_f64(cells) * self.step();
        let covered: f64 = (cells / 2..floor_index(to / self.step()))
            .step_by(cells)
            .map(|at| {
                let left = 1.0 - until.cdf(as_f64(at) * self.step());
                if left <= 0.0 {
                    return 0.0;
                }
                let mut waiting = [(0, 0.0); KINDS];
                for (waiting, (table, size)) in waiting.iter_mut().zip(&groups) {
                    *waiting = (*size, table.chance_of_waiting(self, at));
                }
                (1.0 - chance_of_at_most(surplus - 1, &waiting)) * left
            })
            .sum();
        (until.mean() - covered * step).max(0.0)
    }
}
