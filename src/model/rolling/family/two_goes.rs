//! Ends of the rollouts all of whose starts come with the first moves or where the first stops make
//! room: there is no last start to wait for.

use super::ends::{LANES, Lanes, NONE, SURE, TINY, at_most, block, raise};
use super::{APART, Grid, single};
use crate::model::law::as_f64;
use crate::model::normal;
use crate::model::rolling::totals::chance_of_at_most;
use crate::model::rolling::{Rolling, Rollout};

/// Up to this variance the number of those that are left is counted.
const COUNTED: f32 = 4.0;

/// A chance of less is cut.
const NEGLIGIBLE: f32 = 1e-4;

/// Starts that wait for room: the chance that one is through so long after the first moves.
#[derive(Debug)]
pub(super) struct Later {
    healthy: Vec<f32>,
    /// The old task that it replaces is gone too.
    replaced: Vec<f32>,
}

impl Later {
    /// Those of a rollout, alike in all that have as many of them and of slack; None where what they
    /// wait for is not told by one law.
    pub(super) fn of(rolling: &Rolling, rollout: Rollout, grid: Grid) -> Option<Self> {
        let cases = rolling.cases_of_one_round(rollout);
        let [(_, groups)] = cases.as_slice() else {
            return None;
        };
        let [_, later] = groups.as_slice() else {
            return None;
        };
        let apart = as_f64(APART) * grid.step;
        let through = |law| {
            let points = (grid.from..).take(grid.points);
            points
                .map(|i| single(later.through(law, as_f64(i) * apart)))
                .collect()
        };
        Some(Self {
            healthy: through(&later.healthy),
            replaced: through(&later.replaced),
        })
    }
}

/// Starts that are alike.
#[derive(Clone, Copy)]
pub(super) struct Group<'a> {
    pub(super) size: u32,
    pub(super) healthy: &'a [f32],
    pub(super) replaced: &'a [f32],
}

impl<'a> Group<'a> {
    pub(super) fn of(size: u32, later: &'a Later) -> Self {
        Self {
            size,
            healthy: &later.healthy,
            replaced: &later.replaced,
        }
    }
}

/// One rollout.
pub(super) struct TwoGoes<'a> {
    pub(super) groups: [Group<'a>; 2],
    pub(super) slack: u32,
    /// First stops that end apart from each other, and the chance that one is over by each point.
    pub(super) stops: (u32, &'a [f32]),
}

impl TwoGoes<'_> {
    /// All new tasks are healthy.
    pub(super) fn healthy(&self, from: usize, to: &mut Lanes) {
        *to = [1.0; LANES];
        for group in &self.groups {
            raise(to, *block(group.healthy, from), group.size);
        }
    }

    /// All new tasks are healthy, the first stops are over, and all but as many as there is slack of
    /// those that follow.
    ///
    /// # Formula
    /// Of the new tasks that are healthy as many may not yet be replaced.
    pub(super) fn stopped(&self, from: usize, to: &mut Lanes) {
        let (mut mean, mut variance) = (NONE, NONE);
        let mut all = [1.0; LANES];
        raise(&mut all, *block(self.stops.1, from), self.stops.0);
        for group in &self.groups {
            let healthy = block(group.healthy, from);
            let replaced = block(group.replaced, from);
            let size = single(f64::from(group.size));
            for i in 0..LANES {
                let left = (1.0 - replaced[i] / healthy[i].max(TINY)).max(0.0);
                mean[i] += size * left;
                variance[i] += size * left * (1.0 - left);
            }
            raise(&mut all, *healthy, group.size);
        }
        let starts: u32 = self.groups.iter().map(|group| group.size).sum();
        if self.slack >= starts {
            *to = all;
            return;
        }
        let few = at_most(&mean, &variance, single(f64::from(self.slack)));
        for i in 0..LANES {
            let few = if variance[i] > COUNTED || few[i].abs() >= SURE || all[i] < NEGLIGIBLE {
                single(normal::below(f64::from(few[i])))
            } else {
                self.few_left(from + i)
            };
            to[i] = all[i] * few;
        }
    }

    /// The chance that no more of the healthy ones than there is slack are not yet replaced, counted.
    fn few_left(&self, at: usize) -> f32 {
        let left = self.groups.each_ref().map(|group| {
            let share = group.replaced[at] / group.healthy[at].max(TINY);
            (group.size, f64::from((1.0 - share).max(0.0)))
        });
        single(chance_of_at_most(self.slack, &left))
    }
}
