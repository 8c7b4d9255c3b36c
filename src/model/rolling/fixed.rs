//! A rollout whose phases are all fixed: the moments at which new tasks turn healthy, one from
//! another.
//!
//! Nothing overtakes: starts come in the order in which room is freed, the first of them cold, so
//! that the n-th start follows from the healthy tasks and stops before it. Without cold places and
//! within the rate limits the units go in rounds, and each moment has a formula.

use std::collections::VecDeque;
use std::rc::Rc;

use super::{End, Reuse, Rolling, Rollout};
use crate::model::law::Law;
use crate::model::start_limits::StartLimit;

/// When new tasks turn healthy, in order, all phases fixed \[s\].
#[derive(Debug, Clone, PartialEq)]
enum FixedCourse {
    Rounds(Rounds),
    /// One moment for each task.
    OneByOne(Rc<[f64]>),
}

/// Units that all start once in each round.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rounds {
    /// All units.
    units: u32,
    /// Those of them that begin with a start.
    starting: u32,
    /// From a start to healthy \[s\].
    healthy: f64,
    /// From a start to the next in the same unit \[s\].
    cycle: f64,
    /// How much later than the others those start that begin with a stop \[s\].
    behind: f64,
}

impl Rounds {
    /// Round and place of the n-th task to turn healthy, n from 1.
    fn place(&self, n: u32) -> (u32, u32) {
        ((n - 1) / self.units, (n - 1) % self.units)
    }
}

impl FixedCourse {
    /// When the n-th task turns healthy, n from 1 \[s\].
    fn healthy(&self, n: u32) -> f64 {
        match self {
            Self::Rounds(rounds) => {
                let (round, place) = rounds.place(n);
                let behind = if place < rounds.starting {
                    0.0
                } else {
                    rounds.behind
                };
                f64::from(round) * rounds.cycle + behind + rounds.healthy
            }
            Self::OneByOne(moments) => moments[n as usize - 1],
        }
    }

    /// The last task that is known to turn healthy at the moment of the n-th, n from 1.
    fn last_with(&self, n: u32) -> u32 {
        match self {
            Self::Rounds(rounds) => {
                let (round, place) = rounds.place(n);
                let upto = if place < rounds.starting {
                    rounds.starting
                } else {
                    rounds.units
                };
                round * rounds.units + upto
            }
            Self::OneByOne(_) => n,
        }
    }
}

impl FixedCourse {
    /// Whether starts that follow this course are held back by a rate limit.
    fn meets(&self, limit: &StartLimit, tasks: u32) -> bool {
        if f64::from(tasks) <= limit.at_once {
            return false;
        }
        let mut bucket = Bucket::full(limit);
        let mut begun = 0;
        while begun < tasks {
            // From a start to healthy it is equally long for all.
            let at = self.healthy(begun + 1) - self.healthy(1);
            let last = self.last_with(begun + 1).min(tasks);
            if bucket.wait(at, last - begun) > 0.0 {
                return true;
            }
            begun = last;
        }
        false
    }
}

/// Tokens for starts, asked for in the order of time.
struct Bucket {
    limit: StartLimit,
    tokens: f64,
    counted: f64,
}

impl Bucket {
    fn full(limit: &StartLimit) -> Self {
        Self {
            limit: *limit,
            tokens: limit.at_once,
            counted: 0.0,
        }
    }

    /// How long the last of so many starts waits that are asked for at a moment.
    fn wait(&mut self, at: f64, starts: u32) -> f64 {
        let refilled = self.tokens + (at - self.counted) * self.limit.per_second;
        self.tokens = refilled.min(self.limit.at_once) - f64::from(starts);
        self.counted = at;
        (-self.tokens / self.limit.per_second).max(0.0)
    }
}

impl Rolling {
    /// Whether no phase varies.
    pub(super) fn is_fixed(&self) -> bool {
        self.cycle.iter().all(Law::is_fixed)
    }

    fn fixed_course(&self, rollout: Rollout) -> FixedCourse {
        let rounds = FixedCourse::Rounds(self.rounds(rollout));
        let tasks = rollout.replacements;
        if rollout.cold == 0
            && rollout.held == 0
            && !self.limits.iter().any(|limit| rounds.meets(limit, tasks))
        {
            return rounds;
        }
        let mut last = self.last_fixed.borrow_mut();
        let moments = match &*last {
            Some((known, moments)) if *known == rollout => Rc::clone(moments),
            _ => self.one_by_one(rollout).into(),
        };
        *last = Some((rollout, Rc::clone(&moments)));
        FixedCourse::OneByOne(moments)
    }

    /// # Formula
    /// The n-th start of s units of surge and k of slack is in round ⌈n / (s + k)⌉ − 1. Those of
    /// the slack come a drain and a reaction behind the others, which is less than a cycle, so that
    /// no round overtakes the one before.
    fn rounds(&self, rollout: Rollout) -> Rounds {
        let units = rollout.surge + rollout.slack;
        let [_, cycle] = self.cycle.each_ref().map(Law::mean);
        Rounds {
            units,
            starting: self.begun_with_a_start(rollout),
            healthy: self.phases.start.mean(),
            cycle,
            behind: self.phases.drain.mean() + self.phases.reaction.mean(),
        }
    }

    /// # Formula
    /// The first stops allow the next starts, then each task that turned healthy and the stop after
    /// it. Cold tasks turn healthy in the order of their starts, and so do the others.
    fn one_by_one(&self, rollout: Rollout) -> Vec<f64> {
        let (turn_to_stop, drain) = (self.phases.reaction.mean(), self.phases.drain.mean());
        let [cold, warm] = self.healthy.each_ref().map(Law::mean);
        let at_once = self.begun_with_a_start(rollout);
        let after_first_stops = drain + turn_to_stop;
        let mut held = rollout.held;
        let mut buckets: Vec<Bucket> = self.limits.iter().map(Bucket::full).collect();
        let mut pending = [VecDeque::new(), VecDeque::new()];
        let mut moments = Vec::with_capacity(rollout.replacements as usize);
        for start in 0..rollout.replacements {
            let freed = match self.reuse {
                _ if start < at_once => 0.0,
                Reuse::AfterStopped if start - at_once < rollout.slack => after_first_stops,
                Reuse::AfterStopped => {
                    next_healthy(&mut pending, &mut moments) + turn_to_stop + drain + turn_to_stop
                }
                Reuse::AtTheStop => {
                    let next = first_healthy(&pending).map(|next| next + turn_to_stop);
                    if held > 0 && next.is_none_or(|next| after_first_stops <= next) {
                        held -= 1;
                        after_first_stops
                    } else {
                        next_healthy(&mut pending, &mut moments) + turn_to_stop
                    }
                }
            };
            let waits = buckets.iter_mut().map(|bucket| bucket.wait(freed, 1));
            let at = freed + waits.fold(0.0, f64::max);
            if start < rollout.cold {
                pending[0].push_back(at + cold);
            } else {
                pending[1].push_back(at + warm);
            }
        }
        while moments.len() < rollout.replacements as usize {
            next_healthy(&mut pending, &mut moments);
        }
        moments
    }

    /// From the first moves to an end, all phases fixed.
    pub(super) fn fixed_end(&self, rollout: Rollout, end: End) -> Law {
        let course = self.fixed_course(rollout);
        let healthy = |n: u32| if n == 0 { 0.0 } else { course.healthy(n) };
        let tasks = rollout.replacements;
        let at = match end {
            End::HealthyBut(missing) => healthy(tasks.saturating_sub(missing)),
            End::StoppedBut(_) => {
                let told = match tasks - rollout.slack {
                    0 => 0.0,
                    last => healthy(last) + self.phases.reaction.mean(),
                };
                healthy(tasks).max(told + self.phases.drain.mean())
            }
        };
        Law::fixed(at, self.step())
    }

    /// How long fewer than `surplus` tasks beyond the lower bound are healthy, all phases fixed
    /// \[s\].
    pub(super) fn fixed_short(&self, rollout: Rollout, surplus: u32) -> f64 {
        let course = self.fixed_course(rollout);
        let turn_to_stop = self.phases.reaction.mean();
        // The first stops, one for each unit of slack, are there from the beginning.
        let (tasks, stops) = (rollout.replacements, rollout.replacements - rollout.slack);
        let (mut healthy, mut told) = (0, 0);
        let (mut short, mut before) = (0.0, 0.0);
        while healthy < tasks {
            let at = course.healthy(healthy + 1);
            let stop = (told < stops).then(|| course.healthy(told + 1) + turn_to_stop);
            let now = stop.map_or(at, |stop| stop.min(at));
            if healthy - told < surplus {
                short += now - before;
            }
            if at <= now {
                healthy = course.last_with(healthy + 1).min(tasks);
            }
            if stop.is_some_and(|stop| stop <= now) {
                told = course.last_with(told + 1).min(stops);
            }
            before = now;
        }
        short
    }
}

/// Which of the pending moments is the first, cold and warm ones each in their order.
fn first_of(pending: &[VecDeque<f64>; 2]) -> usize {
    match pending.each_ref().map(VecDeque::front) {
        [Some(cold), Some(warm)] => usize::from(cold > warm),
        [cold, _] => usize::from(cold.is_none()),
    }
}

/// The first of the pending moments.
fn first_healthy(pending: &[VecDeque<f64>; 2]) -> Option<f64> {
    pending[first_of(pending)].front().copied()
}

/// Takes it.
fn next_healthy(pending: &mut [VecDeque<f64>; 2], moments: &mut Vec<f64>) -> f64 {
    let next = pending[first_of(pending)].pop_front();
    // A start waits for an earlier one only, so that there is one.
    let at = next.or_else(|| moments.last().copied()).unwrap_or(0.0);
    moments.push(at);
    at
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::phases::Phases;
    use crate::model::start_limits::limits;
    use crate::scenario::LaunchType;
    use crate::scenario::read::{Purpose, Syntax, scenario};

    fn phases([start, extra, stop, reaction]: [u32; 4]) -> Phases {
        let text = format!(
            "[service]\ndesired_count = 2\n\
             timing = {{ start = \"{start}s\", ready = \"1s\", cold_start_extra = \"{extra}s\", stop = \"{stop}s\" }}\n\
             [deployment]\nreaction = \"{reaction}s\"\n[cluster]\nfree_tasks = 1\n"
        );
        let read = scenario(&text, Syntax::Toml, Purpose::DurationsOnly).expect("it is good");
        Phases::of(&read)
    }

    /// What happens next, by the rules alone: all that is pending is looked through each time.
    /// Moments at which new tasks turned healthy, old ones were told to stop, and were gone.
    fn by_the_rules(rolling: &Rolling, rollout: Rollout) -> [Vec<f64>; 3] {
        let (reaction, drain) = (rolling.phases.reaction.mean(), rolling.phases.drain.mean());
        let mut buckets: Vec<Bucket> = rolling.limits.iter().map(Bucket::full).collect();
        let mut started = 0;
        let mut start = |at: f64, healthy: &mut Vec<f64>| {
            if started == rollout.replacements {
                return;
            }
            let waits = buckets.iter_mut().map(|bucket| bucket.wait(at, 1));
            let begun = at + waits.fold(0.0, f64::max);
            let host = usize::from(started >= rollout.cold);
            healthy.push(begun + rolling.healthy[host].mean());
            started += 1;
        };
        let (mut healthy, mut told, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        let mut stopping = vec![drain; rollout.slack as usize];
        let mut pending = Vec::new();
        let at_once = match rolling.reuse {
            Reuse::AfterStopped => rollout.surge,
            Reuse::AtTheStop => rollout.surge + rollout.slack - rollout.held,
        };
        let mut held = rollout.held;
        (0..at_once).for_each(|_| start(0.0, &mut pending));
        let first = |times: &[f64]| {
            let at = (0..times.len()).min_by(|&a, &b| times[a].total_cmp(&times[b]));
            at.map(|at| (times[at], at))
        };
        loop {
            match (first(&pending), first(&stopping)) {
                (Some((at, index)), stop) if stop.is_none_or(|(stop, _)| at <= stop) => {
                    pending.remove(index);
                    healthy.push(at);
                    if told.len() + (rollout.slack as usize) < rollout.replacements as usize {
                        told.push(at + reaction);
                        stopping.push(at + reaction + drain);
                        if rolling.reuse == Reuse::AtTheStop {
                            start(at + reaction, &mut pending);
                        }
                    }
                }
                (_, Some((at, index))) => {
                    stopping.remove(index);
                    gone.push(at);
                    let is_held = held > 0;
                    held -= u32::from(is_held);
                    if rolling.reuse == Reuse::AfterStopped || is_held {
                        start(at + reaction, &mut pending);
                    }
                }
                _ => return [healthy, told, gone],
            }
        }
    }

    /// How long the healthy new tasks exceed the stops told of by fewer than `surplus`.
    fn short_by_the_rules(healthy: &[f64], told: &[f64], surplus: u32) -> f64 {
        let mut moments: Vec<f64> = healthy.iter().chain(told).copied().collect();
        moments.push(0.0);
        moments.sort_by(f64::total_cmp);
        let by = |times: &[f64], at: f64| times.iter().filter(|&&time| time <= at).count();
        moments
            .windows(2)
            .filter(|pair| by(healthy, pair[0]) < by(told, pair[0]) + surplus as usize)
            .map(|pair| pair[1] - pair[0])
            .sum()
    }

    /// Cold places and rate limits are tried too, which leave no rounds.
    fn courses_agree(rolling: &Rolling, rollout: Rollout) -> Result<(), TestCaseError> {
        let [healthy, told, gone] = by_the_rules(rolling, rollout);
        let course = rolling.fixed_course(rollout);
        for (n, &moment) in (1..).zip(&healthy) {
            let found = course.healthy(n);
            prop_assert!((found - moment).abs() < 1e-6, "{n}: {found}, not {moment}");
            let last = course.last_with(n);
            prop_assert!(last >= n && (course.healthy(last) - found).abs() < 1e-9);
        }
        let last = |times: &[f64]| times.iter().copied().fold(0.0, f64::max);
        let all = rolling.fixed_end(rollout, End::HealthyBut(0)).mean();
        prop_assert!((all - last(&healthy)).abs() < 1e-6);
        let gone = last(&gone).max(last(&healthy));
        let end = rolling.fixed_end(rollout, End::StoppedBut(rollout.slack));
        prop_assert!((end.mean() - gone).abs() < 1e-6);
        for surplus in 1..=rollout.slack {
            let found = rolling.fixed_short(rollout, surplus);
            let expected = short_by_the_rules(&healthy, &told, surplus);
            prop_assert!((found - expected).abs() < 1e-6, "{found}, not {expected}");
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn the_formula_is_what_happens_event_by_event(
            tasks in 1_u32..40, surge in 0_u32..45, slack in 0_u32..45, cold in 0_u32..12,
            held in 0_u32..45,
            times in [1_u32..300, 0_u32..80, 0_u32..90, 0_u32..40],
            at_the_stop: bool,
        ) {
            prop_assume!(surge + slack > 0);
            let reuse = if at_the_stop { Reuse::AtTheStop } else { Reuse::AfterStopped };
            let rolling = Rolling::new(phases(times), reuse, limits(LaunchType::Ec2));
            let rollout = super::super::normal(Rollout { replacements: tasks, surge, slack, cold: 0, held: 0 });
            prop_assert!(matches!(rolling.fixed_course(rollout), FixedCourse::Rounds(_)));
            courses_agree(&rolling, rollout)?;
            courses_agree(&rolling, Rollout { cold: cold.min(tasks), ..rollout })?;
            if at_the_stop && rollout.surge + rollout.slack <= tasks {
                let most = rollout.slack.min(rollout.surge + rollout.slack - 1);
                courses_agree(&rolling, Rollout { held: held.min(most), ..rollout })?;
            }
        }
    }

    proptest! {
        // Each looks through hundreds of tasks again and again.
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn so_it_is_within_rate_limits(
            tasks in 251_u32..500, surge in 0_u32..400, slack in 0_u32..300, at_the_stop: bool,
        ) {
            prop_assume!(surge + slack > 0);
            let reuse = if at_the_stop { Reuse::AtTheStop } else { Reuse::AfterStopped };
            let rolling = Rolling::new(phases([45, 20, 5, 20]), reuse, limits(LaunchType::Ec2));
            let slack = slack.min(3);
            let rollout = Rollout { replacements: tasks, surge: surge.min(tasks), slack, cold: 0, held: 0 };
            courses_agree(&rolling, rollout)?;
        }
    }

    #[test]
    fn two_tasks_one_after_the_other() {
        // Slack only: a stop of 5 s, 20 s, a start of 85 s; the next stop 20 s later.
        let rolling = Rolling::new(phases([45, 20, 5, 20]), Reuse::AfterStopped, &[]);
        let rollout = Rollout {
            replacements: 2,
            surge: 0,
            slack: 1,
            cold: 0,
            held: 0,
        };
        let course = rolling.fixed_course(rollout);
        assert!((course.healthy(1) - 110.0).abs() < 1e-9);
        assert!((course.healthy(2) - 240.0).abs() < 1e-9);
        assert!((rolling.fixed_short(rollout, 1) - (110.0 + 110.0)).abs() < 1e-9);
    }

    #[test]
    fn only_starts_that_are_held_back_leave_their_rounds() {
        let rolling = Rolling::new(
            phases([45, 20, 5, 20]),
            Reuse::AfterStopped,
            limits(LaunchType::Ec2),
        );
        let rollout = |surge, slack| Rollout {
            replacements: 400,
            surge,
            slack,
            cold: 0,
            held: 0,
        };
        // 250 are made at once, and 25 s later 104 more.
        for (surge, slack, in_rounds) in [
            (250, 0, true),
            (250, 104, true),
            (251, 0, false),
            (250, 105, false),
        ] {
            let course = rolling.fixed_course(rollout(surge, slack));
            let found = matches!(course, FixedCourse::Rounds(_));
            assert_eq!(found, in_rounds, "{surge} and {slack}");
        }
    }
}
