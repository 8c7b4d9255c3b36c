//! The end of a rollout whose new tasks all start at once, all in one place, or in two goes: with the
//! first moves and where the first stops make room.

use std::borrow::Cow;

use super::grid::floor_index;
use super::points::law_at_many_points;
use super::told::{Before, Chances, DRAINS, in_time, is_steady};
use super::totals::{chance_of_at_most, chance_with_one, power};
use super::units::{Burst, CELLS, Host};
use super::{Begins, End, Kind, Rolling, Rollout};
use crate::model::law::{Law, as_f64};

/// Moments at which the first stop comes that makes no room for a start: by probability and
/// deviations from the mean, of three points with the moments of a normal number.
const CASES: [(f64, f64); 3] = [
    (1.0 / 6.0, -1.732_050_807_568_877_2),
    (2.0 / 3.0, 0.0),
    (1.0 / 6.0, 1.732_050_807_568_877_2),
];

/// Where what makes room varies less than this share of the variance of a start, one case is enough.
const QUIET: f64 = 0.3;

/// The most groups of starts that there are: those held back, those at once, and one cut in two by the
/// hosts without the image.
const MOST_GROUPS: usize = STEPS as usize + 4;

/// The last of several first stops is taken to come where so many times as few are later as in the
/// mean.
const LATE: f64 = 4.0;

/// Up to so many units that are so early in the mean none is.
const OVERTAKE: f64 = 0.1;

/// So many groups of starts that a rate limit holds back alike.
const STEPS: u32 = 24;

/// Starts of a round that are alike.
pub(super) struct Group<'a> {
    /// How many.
    pub(super) size: u32,
    /// How long a rate limit holds them back \[s\].
    delay: f64,
    /// From the first moves, and what holds them back, to healthy.
    pub(super) healthy: Cow<'a, Law>,
    /// To the reaction to that, which tells an old task to stop.
    told: Cow<'a, Law>,
    /// To the end of that one.
    pub(super) replaced: Cow<'a, Law>,
}

impl Group<'_> {
    /// Probability that one of them is through so long after the first moves.
    pub(super) fn through(&self, law: &Law, seconds: f64) -> f64 {
        law.smooth_cdf(seconds - self.delay)
    }

    /// Probability that one of them is healthy so long after the first moves, and has not yet told an
    /// old task to stop.
    pub(super) fn chance_of_waiting(&self, seconds: f64) -> f64 {
        let told = self.through(&self.told, seconds);
        (self.through(&self.healthy, seconds) - told).max(0.0)
    }
}

impl Rolling {
    /// Whether no new task waits for another one to be healthy.
    pub(super) fn is_one_round(&self, rollout: Rollout) -> bool {
        let tasks = rollout.replacements;
        self.begun_at_once(rollout) >= tasks || self.starts_in_two_goes(rollout)
    }

    /// Whether some start with the first moves, all others where the first stops make room, and no
    /// rate limit holds them back.
    pub(super) fn starts_in_two_goes(&self, rollout: Rollout) -> bool {
        let starts = rollout.replacements;
        let burst = Burst { starts, before: 0 };
        let at_once = self.begun_with_a_start(rollout);
        (1..starts).contains(&at_once)
            && rollout.surge + rollout.slack >= starts
            && starts - at_once <= rollout.slack
            && self.at_once(burst) >= starts
            && !self.is_overtaken(rollout)
    }

    /// Whether what starts with the first moves may make room before the first stops have.
    fn is_overtaken(&self, rollout: Rollout) -> bool {
        let at_once = self.begun_with_a_start(rollout);
        let later = rollout.replacements - at_once;
        let late = 1.0 - f64::from(later) / f64::from(rollout.slack + 1);
        let latest = self.freed.quantile(1.0 - late / LATE);
        let again = latest - self.phases.reaction.mean();
        let sooner = self.replaced[Host::Warm as usize].smooth_cdf(again);
        f64::from(at_once) * sooner > OVERTAKE
    }

    /// All new tasks start with the first moves or, without waiting for one that is healthy, where
    /// the first stops make room.
    pub(super) fn end_of_one_round(&self, rollout: Rollout, end: End) -> Law {
        if rollout.replacements == 1 && end == End::HealthyBut(0) {
            let kind = self.kind_of_first_starts(rollout, rollout.cold);
            return self.end_of_one_unit(kind, 1, end);
        }
        let (End::HealthyBut(excused) | End::StoppedBut(excused)) = end;
        let stops = match end {
            End::HealthyBut(_) => 0,
            End::StoppedBut(_) => rollout.slack,
        };
        let cases = self.cases_of_one_round(rollout);
        let all_through = |groups: &[Group], seconds: f64| {
            if matches!(end, End::StoppedBut(1..)) {
                return self.stopped_but(groups, excused, seconds);
            }
            let left = |group: &Group| match end {
                End::HealthyBut(_) => 1.0 - group.through(&group.healthy, seconds),
                End::StoppedBut(_) => 1.0 - group.through(&group.replaced, seconds),
            };
            let mut counts = [(0, 0.0); MOST_GROUPS];
            for (count, group) in counts.iter_mut().zip(groups) {
                *count = (group.size, left(group));
            }
            chance_of_at_most(excused, &counts[..groups.len()])
        };
        let chance = |by: usize| {
            let seconds = as_f64(by) * self.step();
            let cases = cases.iter();
            let chances = cases.map(|(chance, groups)| chance * all_through(groups, seconds));
            self.first_stops_through(stops, seconds) * chances.sum::<f64>()
        };
        let support = |group: &Group| {
            let (low, high) = match end {
                End::HealthyBut(_) => group.healthy.support(),
                End::StoppedBut(_) => group.replaced.support(),
            };
            (low + group.delay, high + group.delay)
        };
        let supports = || cases.iter().flat_map(|(_, groups)| groups).map(support);
        // What is excused may be all there is.
        let first = match excused {
            0 => supports().map(|(low, _)| low).fold(f64::INFINITY, f64::min),
            _ => 0.0,
        };
        let of_stops = match stops {
            0 => 0.0,
            _ => self.phases.drain.support().1,
        };
        let last = supports().map(|(_, high)| high).fold(of_stops, f64::max);
        let first = floor_index(first / self.step());
        let last = floor_index(last / self.step()) + 2;
        law_at_many_points(first.saturating_sub(1), last, self.step(), chance)
    }

    /// Probability that so many first stops are over so long after the first moves. Drains that take
    /// the same time end together.
    fn first_stops_through(&self, stops: u32, seconds: f64) -> f64 {
        let drain = &self.phases.drain;
        let together = if drain.is_fixed() {
            stops.min(1)
        } else {
            stops
        };
        power(drain.smooth_cdf(seconds), together)
    }

    /// Probability that so long after the first moves all new tasks of a round are healthy, and that
    /// the old tasks are gone that they tell to stop: all but the last so many tell one.
    fn stopped_but(&self, groups: &[Group], last: u32, seconds: f64) -> f64 {
        let drains = self.drains();
        in_time(drains, |before| {
            let mut all = 1.0;
            let mut marked = [(0, 0.0); MOST_GROUPS];
            for (marked, group) in marked.iter_mut().zip(groups) {
                let mut told = [0.0; DRAINS];
                for (told, drain) in told.iter_mut().zip(drains) {
                    let earlier = as_f64(drain.points) * self.step();
                    *told = group.through(&group.told, seconds - earlier);
                }
                let chances = Chances {
                    replaced: group.through(&group.replaced, seconds),
                    excused: group.through(&group.healthy, seconds),
                    told,
                };
                let (gone, left) = chances.told_or_not(drains, before);
                let enough = (gone + left).min(1.0);
                if enough <= 0.0 {
                    return Before::default();
                }
                all *= power(enough, group.size);
                *marked = (group.size, left / (gone + left));
            }
            let marked = &marked[..groups.len()];
            Before {
                none_bad: all,
                few_left: all * chance_of_at_most(last, marked),
                few_with_bad: if is_steady(drains) {
                    0.0
                } else {
                    chance_with_one(last, marked)
                },
            }
        })
    }

    /// The starts of a round, those on hosts without the image first, in a few cases by what they
    /// wait for, each with its probability.
    pub(super) fn cases_of_one_round(&self, rollout: Rollout) -> Vec<(f64, Vec<Group<'_>>)> {
        if self.starts_in_two_goes(rollout) {
            return self.cases_of_two_goes(rollout);
        }
        let (healthy, told) = if self.stops_first(rollout) {
            (&self.swapped, &self.swapped_and_told)
        } else {
            (&self.healthy, &self.told)
        };
        let starts = self.starts_of_one_round(rollout).into_iter();
        let group = |(host, size, delay)| Group {
            size,
            delay,
            healthy: Cow::Borrowed(&healthy[host as usize]),
            told: Cow::Borrowed(&told[host as usize]),
            replaced: Cow::Borrowed(&self.replaced[host as usize]),
        };
        vec![(1.0, starts.map(group).collect())]
    }

    /// The same where the later starts follow the first of the stops.
    ///
    /// # Formula
    /// Of k stops the first m make room. Given when the next one does, these do so independently of
    /// each other, each before it. Its share of all is a beta number.
    fn cases_of_two_goes(&self, rollout: Rollout) -> Vec<(f64, Vec<Group<'_>>)> {
        let later = rollout.replacements - self.begun_with_a_start(rollout);
        let freed = &self.freed;
        if later == rollout.slack || freed.is_fixed() {
            return vec![(
                1.0,
                self.groups_of_two_goes(rollout, &freed.coarsened(CELLS)),
            )];
        }
        let varies = freed.variance() > QUIET * self.phases.start.variance();
        let [first, others] = [later + 1, rollout.slack - later].map(f64::from);
        let all = first + others;
        let share = first / all;
        let deviation = (share * (1.0 - share) / (all + 1.0)).sqrt();
        let cases = if varies { &CASES[..] } else { &[(1.0, 0.0)] };
        let cases = cases.iter().map(|&(chance, deviations)| {
            let moment = freed.quantile((share + deviations * deviation).clamp(0.01, 0.99));
            let before = freed.no_later(moment).coarsened(CELLS);
            (chance, self.groups_of_two_goes(rollout, &before))
        });
        cases.collect()
    }

    /// The starts with the first moves, and those that each wait for room so long.
    fn groups_of_two_goes(&self, rollout: Rollout, freed: &Law) -> Vec<Group<'_>> {
        let at_once = self.begun_with_a_start(rollout);
        let later = rollout.replacements - at_once;
        let cold = rollout.cold.min(at_once);
        let cold_later = (rollout.cold - cold).min(later);
        let first = [(Host::Cold, cold), (Host::Warm, at_once - cold)];
        let then = [(Host::Cold, cold_later), (Host::Warm, later - cold_later)];
        let first = first.map(|(host, size)| Group {
            size,
            delay: 0.0,
            healthy: Cow::Borrowed(&self.healthy[host as usize]),
            told: Cow::Borrowed(&self.told[host as usize]),
            replaced: Cow::Borrowed(&self.replaced[host as usize]),
        });
        let [healthy, told, replaced] = self.coarse_starts.get_or_init(|| {
            [&self.healthy, &self.told, &self.replaced]
                .map(|laws| laws.each_ref().map(|law| law.coarsened(CELLS)))
        });
        let then = then.into_iter().filter(|&(_, size)| size > 0);
        let after = |law: &Law| Cow::Owned(freed.roughly_plus(law));
        let then = then.map(|(host, size)| Group {
            size,
            delay: 0.0,
            healthy: after(&healthy[host as usize]),
            told: after(&told[host as usize]),
            replaced: after(&replaced[host as usize]),
        });
        let first = first.into_iter().filter(|group| group.size > 0);
        first.chain(then).collect()
    }

    /// The starts of a round, those on hosts without the image first: where they are, how
    /// many, and how long a rate limit holds them back \[s\]; neighbours taken together.
    fn starts_of_one_round(&self, rollout: Rollout) -> Vec<(Host, u32, f64)> {
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
            let host = if is_cold { Host::Cold } else { Host::Warm };
            starts.push((host, to - done, delay));
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
