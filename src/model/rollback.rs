//! A deployment of a version that never gets healthy: when it is noticed, and when the old version
//! is back.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use statrs::distribution::{ContinuousCDF, Normal};

use super::attempts::breaker_threshold;
use super::law::Law;
use super::phases::Phases;
use crate::rollout::{Moves, managed_scaling};
use crate::scenario::{Detection, Scenario};

/// Up to so many failed starts their number is counted, beyond it is taken as normal.
const COUNTED: u32 = 32;

/// Sums of more attempts than this are taken by their moments.
const CONVOLVED: u32 = 12;

/// Cells that a law is kept on: there is one rollback for each plan.
const CELLS: usize = 96;

/// Points at which a law is computed.
const POINTS: u32 = 64;

/// How a failing deployment goes.
#[derive(Debug, Clone)]
pub struct Rollback {
    /// From the request to the decision to roll back.
    pub decided: Law,
    /// From the decision to the desired count of the old version healthy.
    pub back: Law,
    /// From the request to the reaction to the last change: the old version is back and nothing of
    /// the new one is left.
    pub finished: Law,
    /// Old tasks that were stopped and have to be started again.
    pub restarted: u32,
}

impl Rollback {
    /// How long fewer than the required tasks are healthy in the mean \[s\], where they are so many
    /// more than the lower bound: from the first stop until the old version is back.
    #[must_use]
    pub fn short_seconds(&self, surplus: u32, reaction: f64) -> f64 {
        if surplus == 0 || self.restarted == 0 {
            return 0.0;
        }
        (self.decided.mean() - reaction).max(0.0) + self.back.mean()
    }
}

/// How a deployment that is not stuck fails; an old task that starts again takes `until_healthy`.
///
/// # Formula
/// Before any new task is healthy the scheduler starts the surge s and stops the slack k. Each
/// place tries again and again: those of the surge after one reaction, those of the slack after
/// the drain of the old task and one reaction more, those on hosts that join when these have
/// booted. The places are independent renewal processes, N(t) is the number of failed starts of
/// all of them, and the breaker's threshold T is reached by t with P(N(t) ≥ T); the decision comes
/// one reaction later. Then the new tasks drain, and the k old ones are started again: at once
/// where bounds and hosts have places for them beside, or where a start has just failed, else each
/// one reaction after the drain of a new one. A place has just failed with probability reaction /
/// cycle; that of the last failure does so still if its reaction is the longer of two alike.
#[must_use]
pub fn rollback(
    scenario: &Scenario,
    moves: &Moves,
    phases: &Phases,
    until_healthy: &Law,
    tries: &Tries,
) -> Rollback {
    let phases = &phases.coarsened(CELLS);
    let until_healthy = &until_healthy.coarsened(CELLS);
    let reaction = &phases.reaction;
    let step = reaction.step();
    let decided = match scenario.deployment.failure.detection {
        Detection::CircuitBreaker => {
            let threshold = breaker_threshold(moves.desired);
            let tripped = nth_failure(&places(scenario, moves, phases), threshold, tries);
            reaction.roughly_plus(&tripped).roughly_plus(reaction)
        }
        Detection::After(seconds) => Law::fixed(seconds.0, step),
    };
    let (new, restarted) = (moves.surge + moves.slack, moves.slack);
    let room = moves
        .room
        .total()
        .map_or(u32::MAX, |room| moves.desired.saturating_add(room))
        .min(moves.bounds.upper);
    let existing = (moves.desired - restarted).saturating_add(new);
    let at_once = existing.saturating_add(restarted) <= room;
    let empty = match scenario.deployment.failure.detection {
        Detection::CircuitBreaker => reaction.mean() / (reaction.mean() + phases.start.mean()),
        Detection::After(_) => 0.0,
    };
    // Of so many places the one that failed last, and the others.
    let last_of = |places: u32, at_once: &Law, later: &Law| {
        let others = either(empty, at_once, later).largest_of(places - 1);
        match (scenario.deployment.failure.detection, places) {
            (Detection::After(_), _) => later.largest_of(places),
            (Detection::CircuitBreaker, 1) => either(0.5, at_once, later),
            (Detection::CircuitBreaker, _) => either(0.5, at_once, later).later_of(&others),
        }
    };
    let nothing = Law::fixed(0.0, step);
    let back = match restarted {
        0 => nothing.clone(),
        tasks if at_once => until_healthy.largest_of(tasks),
        tasks => {
            let later = phases
                .drain
                .roughly_plus(reaction)
                .roughly_plus(until_healthy);
            last_of(tasks, until_healthy, &later)
        }
    };
    let gone = last_of(new.max(1), &nothing, &phases.drain);
    Rollback {
        finished: decided
            .roughly_plus(&back.later_of(&gone))
            .roughly_plus(reaction),
        decided,
        back,
        restarted,
    }
}

/// One law with a probability, else the other.
fn either(chance: f64, one: &Law, other: &Law) -> Law {
    let weighed = |law: &Law, chance: f64| {
        let points: Vec<(f64, f64)> = law.points().map(|(at, mass)| (at, mass * chance)).collect();
        points
    };
    let points = weighed(one, chance)
        .into_iter()
        .chain(weighed(other, 1.0 - chance));
    Law::from_points(points, one.step().min(other.step()))
}

/// What a place begins with: a start on a host without the image or with it, a stop, or the boot of
/// a host that joins, of this mean and coefficient of variation after so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Begun {
    Cold,
    Warm,
    Stop,
    Joined([u64; 3]),
}

/// Places that try alike: how many, when the first start fails after the first moves, and how long
/// it is from one failed start to the next.
struct Places {
    begun: Begun,
    count: u32,
    first: Law,
    again: Law,
}

fn places(scenario: &Scenario, moves: &Moves, phases: &Phases) -> Vec<Places> {
    let (warm, cold) = (&phases.start, &phases.cold_start);
    let again = |attempt: &Law| attempt.plus(&phases.reaction);
    let on_cold = moves.cold.min(moves.surge);
    let freed = phases.drain.plus(&phases.reaction);
    let mut places = vec![
        Places {
            begun: Begun::Cold,
            count: on_cold,
            first: cold.clone(),
            again: again(cold),
        },
        Places {
            begun: Begun::Warm,
            count: moves.surge - on_cold,
            first: warm.clone(),
            again: again(warm),
        },
        Places {
            begun: Begun::Stop,
            count: moves.slack,
            first: freed.plus(warm),
            again: again(warm),
        },
    ];
    if let Some(scaling) = managed_scaling(scenario) {
        let joined = Law::of(scenario.prescale.boot, warm.step()).shifted(scaling.alarm.0);
        let boot = scenario.prescale.boot;
        places.push(Places {
            begun: Begun::Joined([boot.mean.0, boot.cv, scaling.alarm.0].map(f64::to_bits)),
            count: moves.joining.places,
            first: joined.plus(&phases.reaction).plus(cold),
            again: again(cold),
        });
    }
    places.retain(|places| places.count > 0);
    places
}

/// When so many starts of all places have failed, after the first moves.
fn nth_failure(places: &[Places], threshold: u32, tries: &Tries) -> Law {
    let expected = by_means(places, threshold);
    let step = places.first().map_or(1.0, |places| places.first.step());
    if places
        .iter()
        .all(|places| places.first.is_fixed() && places.again.is_fixed())
    {
        return Law::fixed(expected, step);
    }
    let longest = places.iter().map(|places| places.first.support().1);
    let last = 2.0 * expected + longest.fold(0.0, f64::max);
    let failures: Vec<(u32, Vec<Rc<Law>>)> = places
        .iter()
        .map(|places| (places.count, tries.of(places, threshold, last)))
        .collect();
    let chance = |at: f64| {
        if threshold <= COUNTED {
            counted(&failures, threshold, at)
        } else {
            about_normal(&failures, threshold, at)
        }
    };
    law_below(last, chance)
}

/// The same where every phase takes its mean \[s\].
fn by_means(places: &[Places], threshold: u32) -> f64 {
    let mut next: Vec<f64> = places.iter().map(|places| places.first.mean()).collect();
    let mut left = threshold;
    loop {
        let earliest = (0..places.len()).min_by(|&a, &b| next[a].total_cmp(&next[b]));
        let Some(at) = earliest else {
            return 0.0;
        };
        if left <= places[at].count {
            return next[at];
        }
        left -= places[at].count;
        next[at] += places[at].again.mean();
    }
}

/// The failed starts of one place, kept for all plans of a service.
#[derive(Debug, Default)]
pub struct Tries {
    known: RefCell<HashMap<Begun, Tried>>,
}

/// Laws of the first, second, … failed start of one place, and of the time from the first to each
/// later one.
#[derive(Debug, Default)]
struct Tried {
    nth: Vec<Rc<Law>>,
    since_first: Vec<Law>,
}

impl Tries {
    /// As many as may come by a moment, at most so many.
    fn of(&self, places: &Places, most: u32, last: f64) -> Vec<Rc<Law>> {
        let mut known = self.known.borrow_mut();
        let Tried { nth, since_first } = known.entry(places.begun).or_default();
        if nth.is_empty() {
            nth.push(Rc::new(places.first.clone()));
        }
        while nth.len() < most as usize && nth.last().is_some_and(|law| law.support().0 <= last) {
            let count = u32::try_from(nth.len()).unwrap_or(u32::MAX);
            let since = match since_first.last() {
                None => places.again.clone(),
                Some(before) if count <= CONVOLVED => before.plus(&places.again).coarsened(CELLS),
                Some(_) => places.again.sum_by_moments(count),
            };
            nth.push(Rc::new(places.first.plus(&since).coarsened(CELLS)));
            since_first.push(since);
        }
        nth.iter()
            .take(most as usize)
            .take_while(|law| law.support().0 <= last)
            .cloned()
            .collect()
    }
}

/// Probability that so many have failed by a moment: places are added by their generating
/// polynomials.
fn counted(failures: &[(u32, Vec<Rc<Law>>)], threshold: u32, at: f64) -> f64 {
    let size = threshold as usize;
    let times = |a: &[f64], b: &[f64]| {
        let mut product = vec![0.0; size];
        for (i, x) in a.iter().enumerate() {
            for (to, y) in product[i..].iter_mut().zip(b) {
                *to += x * y;
            }
        }
        product
    };
    let mut fewer = vec![0.0; size];
    fewer[0] = 1.0;
    for (count, sums) in failures {
        let mut unit = vec![0.0; size];
        let mut reached = 1.0;
        for (n, mass) in unit.iter_mut().enumerate() {
            let next = sums.get(n).map_or(0.0, |law| law.smooth_cdf(at));
            *mass = f64::max(reached - next, 0.0);
            reached = next;
        }
        let mut left = *count;
        while left > 0 {
            if left % 2 == 1 {
                fewer = times(&fewer, &unit);
            }
            left /= 2;
            if left > 0 {
                unit = times(&unit, &unit);
            }
        }
    }
    1.0 - fewer.iter().sum::<f64>()
}

/// The same for many, whose number is about normal.
fn about_normal(failures: &[(u32, Vec<Rc<Law>>)], threshold: u32, at: f64) -> f64 {
    let (mut mean, mut variance) = (0.0, 0.0);
    for (count, sums) in failures {
        // E[N] is the sum of the P(N ≥ n), and E[N²] that of (2n − 1) P(N ≥ n).
        let (mut first, mut second, mut n) = (0.0, 0.0, 1.0);
        for law in sums {
            let reached = law.smooth_cdf(at);
            first += reached;
            second += (2.0 * n - 1.0) * reached;
            n += 1.0;
        }
        mean += f64::from(*count) * first;
        variance += f64::from(*count) * f64::max(second - first * first, 0.0);
    }
    let beyond = mean - (f64::from(threshold) - 0.5);
    if variance < 1e-12 {
        return if beyond >= 0.0 { 1.0 } else { 0.0 };
    }
    Normal::standard().cdf(beyond / variance.sqrt())
}

/// A law from its distribution function, of what comes by `last`.
fn law_below(last: f64, chance: impl Fn(f64) -> f64) -> Law {
    let at_which = |wanted: f64| {
        let (mut low, mut high) = (0.0, last);
        for _ in 0..16 {
            let middle = f64::midpoint(low, high);
            if chance(middle) < wanted {
                low = middle;
            } else {
                high = middle;
            }
        }
        (low, high)
    };
    let (from, to) = (at_which(1e-6).0, at_which(1.0 - 1e-6).1);
    let step = ((to - from) / f64::from(POINTS)).max(1e-9);
    let mut before = 0.0;
    let cells = (1..=POINTS).map(|i| {
        let up_to = if i == POINTS {
            1.0
        } else {
            chance(from + f64::from(i) * step).clamp(before, 1.0)
        };
        let mass = up_to - before;
        before = up_to;
        (from + (f64::from(i) - 0.5) * step, mass)
    });
    Law::from_points(cells, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_are_alike_fail_in_rounds() {
        let places = |begun, count, first: f64, again: f64| Places {
            begun,
            count,
            first: Law::fixed(first, 1.0),
            again: Law::fixed(again, 1.0),
        };
        // Two places at 80 and 180 s, one at 105 and 205 s: 80, 80, 105, 180, 180, 205 s.
        let both = [
            places(Begun::Warm, 2, 80.0, 100.0),
            places(Begun::Stop, 1, 105.0, 100.0),
        ];
        for (threshold, at) in [(2, 80.0), (3, 105.0), (5, 180.0), (6, 205.0)] {
            let found = nth_failure(&both, threshold, &Tries::default()).mean();
            assert!((found - at).abs() < 1e-9, "{threshold}: {found}");
        }
    }

    #[test]
    fn of_starts_at_once_the_nth_smallest_counts() {
        // Uniform on (0, 100 s]: the 3rd of 4 has mean 3/5 of it; counted, and as normal.
        let four = [Places {
            begun: Begun::Warm,
            count: 4,
            first: Law::uniform(100.0, 1.0),
            again: Law::fixed(1000.0, 1.0),
        }];
        let found = nth_failure(&four, 3, &Tries::default());
        assert!((found.mean() - 60.0).abs() < 0.5, "{}", found.mean());
        // P(3rd of 4 ≤ x) = 4 x³ − 3 x⁴ is 0.95 at x = 0.9024.
        assert!((found.quantile(0.95) - 90.24).abs() < 1.5);
        let many = [Places {
            begun: Begun::Warm,
            count: 99,
            first: Law::uniform(100.0, 1.0),
            again: Law::fixed(1000.0, 1.0),
        }];
        // The 50th of 99: 50/100.
        let found = nth_failure(&many, 50, &Tries::default());
        assert!((found.mean() - 50.0).abs() < 0.5, "{}", found.mean());
    }
}
