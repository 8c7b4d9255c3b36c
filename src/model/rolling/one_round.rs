//! The end of a rollout whose new tasks all start at once, or all in one place.

use super::grid::{Through, floor_index};
use super::points::law_at_many_points;
use super::told::{Chances, DRAINS, in_time};
use super::totals::{chance_of_at_most, power};
use super::units::Burst;
use super::{Begins, End, Kind, Rolling, Rollout};
use crate::model::law::Law;

/// So many groups of starts that a rate limit holds back alike.
const STEPS: u32 = 24;

impl Rolling {
    /// All new tasks start at once.
    pub(super) fn end_of_one_round(&self, rollout: Rollout, end: End) -> Law {
        let begins = if self.stops_first(rollout) {
            Begins::StopFirst
        } else {
            Begins::Start
        };
        let kind = |cold| Kind {
            begins,
            cold,
            held: None,
        };
        if rollout.replacements == 1 && end == End::HealthyBut(0) {
            return self.end_of_one_unit(kind(rollout.cold), 1, end);
        }
        let (End::HealthyBut(excused) | End::StoppedBut(excused)) = end;
        let drains = match end {
            End::HealthyBut(_) => 0,
            End::StoppedBut(_) => rollout.slack,
        };
        let groups: Vec<(Kind, u32, usize)> = self
            .starts_of_one_round(rollout)
            .into_iter()
            .map(|(cold, size, delay)| (kind(cold), size, floor_index(delay / self.step() + 0.5)))
            .collect();
        let chance = |by: usize| {
            let mut all = power(self.first_stop_through(Through::Replaced, by), drains);
            if matches!(end, End::StoppedBut(1..)) {
                return all * self.stopped_but(&groups, excused, by);
            }
            let mut marked = Vec::with_capacity(groups.len());
            for &(kind, size, delay) in &groups {
                let chain = |through| {
                    let chain = self.chain_on_grid(kind, 1, kind.host(1), through);
                    by.checked_sub(delay).map_or(0.0, |by| chain.up_to(by))
                };
                let (done, enough) = match end {
                    End::HealthyBut(0) => (chain(Through::Healthy), None),
                    End::HealthyBut(_) => (chain(Through::Healthy), Some(1.0)),
                    End::StoppedBut(_) => (chain(Through::Replaced), None),
                };
                let enough = enough.unwrap_or(done);
                if enough <= 0.0 {
                    return 0.0;
                }
                all *= power(enough, size);
                marked.push((size, 1.0 - done / enough));
            }
            all * chance_of_at_most(excused, &marked)
        };
        let through = match end {
            End::HealthyBut(_) => Through::Healthy,
            End::StoppedBut(_) => Through::Replaced,
        };
        let chains = || {
            groups.iter().map(|&(kind, _, delay)| {
                (self.chain_on_grid(kind, 1, kind.host(1), through), delay)
            })
        };
        // What is excused may be all there is.
        let first = match excused {
            0 => chains()
                .map(|(chain, delay)| chain.first() + delay)
                .min()
                .unwrap_or(0),
            _ => 0,
        };
        let last = chains()
            .map(|(chain, delay)| chain.last() + delay)
            .chain([self.first_stop_last() * drains.min(1) as usize])
            .max()
            .unwrap_or(0);
        law_at_many_points(first.min(last), last + 1, self.step(), chance)
    }

    /// Probability that by a point all new tasks are healthy that start at once, in groups of so
    /// many that wait so long, and that the old tasks are gone that they tell to stop: all but the
    /// last so many tell one.
    fn stopped_but(&self, groups: &[(Kind, u32, usize)], last: u32, by: usize) -> f64 {
        let drains = self.drains();
        in_time(drains, |before| {
            let mut all = 1.0;
            let mut marked = Vec::with_capacity(groups.len());
            for &(kind, size, delay) in groups {
                let chain = |through, earlier: usize| {
                    let chain = self.chain_on_grid(kind, 1, kind.host(1), through);
                    by.checked_sub(delay + earlier)
                        .map_or(0.0, |by| chain.up_to(by))
                };
                let mut told = [0.0; DRAINS];
                for (told, drain) in told.iter_mut().zip(drains) {
                    *told = chain(Through::Told, drain.points);
                }
                let chances = Chances {
                    replaced: chain(Through::Replaced, 0),
                    excused: chain(Through::Excused, 0),
                    told,
                };
                let (gone, left) = chances.told_or_not(drains, before);
                let enough = (gone + left).min(1.0);
                if enough <= 0.0 {
                    return (0.0, 0.0);
                }
                all *= power(enough, size);
                marked.push((size, left / (gone + left)));
            }
            (all, all * chance_of_at_most(last, &marked))
        })
    }

    /// The starts of a round, those on hosts without the image first: cold ones among them, how
    /// many, and how long a rate limit holds them back \[s\]; neighbours taken together.
    fn starts_of_one_round(&self, rollout: Rollout) -> Vec<(u32, u32, f64)> {
        let burst = Burst {
            starts: rollout.replacements,
            before: 0,
        };
        let at_once = self.at_once(burst);
        let together = (burst.starts - at_once).div_ceil(STEPS).max(1);
        let mut starts = Vec::new();
        let mut done = 0;
        while done < burst.starts {
            let is_cold = done < rollout.cold;
            let alike = if is_cold { rollout.cold } else { burst.starts };
            let most = if done < at_once {
                at_once
            } else {
                done + together
            };
            let to = alike.min(most);
            let middle = done + (to - done).div_ceil(2);
            let delay = if to <= at_once {
                0.0
            } else {
                self.delay(burst, middle)
            };
            starts.push((u32::from(is_cold), to - done, delay));
            done = to;
        }
        starts
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
