//! How long a rollout leaves fewer healthy tasks than are required.

use super::grid::floor_index;
use super::last_start::KINDS;
use super::memory::remembered;
use super::one_round::Group;
use super::totals::{chance_of_at_most, chance_with_one};
use super::{Course, End, Rolling, Rollout, normal};
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
        let (_, to) = until.support();
        let points = (to / (self.phases.reaction.mean() / 2.0))
            .clamp(80.0, 160.0)
            .ceil();
        let cells = floor_index(to / points / self.step()).max(1);
        let step = as_f64(cells) * self.step();
        let covered_at = self.covered_at(rollout, [surplus, missing]);
        let covered: f64 = (cells / 2..floor_index(to / self.step()))
            .step_by(cells)
            .map(|at| {
                let left = 1.0 - until.cdf(as_f64(at) * self.step());
                if left > 0.0 {
                    covered_at(at, left)
                } else {
                    0.0
                }
            })
            .sum();
        (until.mean() - covered * step).max(0.0)
    }

    /// The chance that at a point of the grid at least so many units hold a healthy new task and have
    /// not yet told an old one to stop, and more than so many new tasks are not yet healthy: the
    /// latter has a chance that is given.
    ///
    /// # Formula
    /// Of one round P(W ≥ w) − P(U ≤ u) P(W ≥ w | U ≤ u), the units being fewer unhealthy by their
    /// mean under the condition; after more rounds W and U are taken as independent, and none waits
    /// that would start after the last start, which comes in its mean.
    fn covered_at(
        &self,
        rollout: Rollout,
        [waiting, unhealthy]: [u32; 2],
    ) -> Box<dyn Fn(usize, f64) -> f64 + '_> {
        if self.is_one_round(rollout) {
            let cases = self.cases_of_one_round(rollout);
            return Box::new(move |at, _| {
                let seconds = as_f64(at) * self.step();
                let of_case = |groups: &[Group]| covered(groups, seconds, [waiting, unhealthy]);
                let cases = cases.iter();
                cases.map(|(chance, groups)| chance * of_case(groups)).sum()
            });
        }
        let groups = self.tables_of(rollout);
        let last_start = match &*self.course(rollout) {
            Course::Rounds(last) => floor_index(last.when.mean() / self.step()),
            Course::OneRound | Course::OneUnit(_) => usize::MAX,
        };
        Box::new(move |at, left| {
            let mut waits = [(0, 0.0); KINDS];
            for (waits, (table, size)) in waits.iter_mut().zip(&groups) {
                let waiting = table.chance_of_waiting(self, at);
                let later = if at > last_start {
                    table.waiting_of_later(self, at, last_start)
                } else {
                    0.0
                };
                *waits = (*size, (waiting - later).max(0.0));
            }
            (1.0 - chance_of_at_most(waiting - 1, &waits)) * left
        })
    }
}

/// The chance that at least so many of the starts of one round wait, and more than so many are not
/// yet healthy.
fn covered(groups: &[Group], seconds: f64, [waiting, unhealthy]: [u32; 2]) -> f64 {
    let shares = |share: &dyn Fn(&Group) -> f64| -> Vec<(u32, f64)> {
        let each = groups.iter();
        each.map(|group| (group.size, share(group))).collect()
    };
    let enough = |waits: &[(u32, f64)]| 1.0 - chance_of_at_most(waiting - 1, waits);
    let ill = shares(&|group| 1.0 - group.through(&group.healthy, seconds));
    let few_ill = chance_of_at_most(unhealthy, &ill);
    let all = enough(&shares(&|group| group.chance_of_waiting(seconds)));
    if few_ill <= 0.0 {
        return all;
    }
    let fewer = match unhealthy {
        0 => 0.0,
        _ => chance_with_one(unhealthy, &ill) / few_ill,
    };
    let given_few = shares(&|group| {
        let healthy = group.through(&group.healthy, seconds);
        let ill = ((1.0 - healthy) * fewer).min(1.0);
        group.chance_of_waiting(seconds) / healthy.max(f64::MIN_POSITIVE) * (1.0 - ill)
    });
    (all - few_ill * enough(&given_few)).max(0.0)
}
