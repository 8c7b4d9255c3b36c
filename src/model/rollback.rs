//! A deployment of a version that never gets healthy: when it is noticed, and when the old version
//! is back.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use statrs::distribution::{ContinuousCDF, Normal};

use super::attempts::breaker_threshold;
use super::law::Law;
use super::phases::Phases;
use super::start_limits::{Buckets, Late};
use super::taken_over::{self, saved};
use super::walk::joins;
use crate::rollout::Moves;
use crate::scenario::{Detection, Scenario};

/// Up to so many failed starts their number is counted, beyond it is taken as normal.
const COUNTED: u32 = 32;

/// Sums of more attempts than this are taken by their moments.
const CONVOLVED: u32 = 12;

/// Cells that a law is kept on: there is one rollback for each plan.
const CELLS: usize = 96;

/// After so many starts it no longer matters when the first began.
const MOST_ROUNDS: f64 = 24.0;

/// Further starts come too late.
const FURTHEST_ROUND: usize = 96;

/// What is no farther apart falls on the same moment \[s\].
const SAME_MOMENT: f64 = 1e-6;

/// Starts made again are counted in so many parts.
const PARTS: u32 = 8;

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
/// booted, step by step. What the rate limits hold back of the starts of a moment begins evenly
/// over the time that the last of them waits. The places are independent renewal processes, N(t) is the number of failed starts of
/// all of them, and the breaker's threshold T is reached by t with P(N(t) ≥ T); the decision comes
/// one reaction later. Then the new tasks drain, and the k old ones are started again: at once in
/// places beside and in those that are empty at the decision, as a start has just failed there; the
/// others one reaction after the first new tasks that are gone. A place is empty with the
/// probability that its n-th start has failed and the next has not begun, summed over n. That of
/// the last failure is so still if its reaction is the longer of two alike. The rate limits count
/// the starts before the decision as well: those of the places, and those made again since the
/// first failure was seen.
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
    let mut buckets = Buckets::full(scenario.service.launch_type);
    let places = limited(places(scenario, moves, phases), &mut buckets);
    // From the first moves to the decision.
    let (given_up, still_empty) = match scenario.deployment.failure.detection {
        Detection::CircuitBreaker => {
            let threshold = breaker_threshold(moves.desired);
            let tripped = nth_failure(&places, threshold, tries);
            (tripped.roughly_plus(reaction), Some(0.5))
        }
        Detection::After(seconds) => {
            let after = Law::fixed(seconds.0 - reaction.mean(), reaction.step());
            (after, None)
        }
    };
    let new: u32 = places.iter().map(|places| places.count).sum();
    let restarted = moves.slack;
    let room = moves
        .room
        .total()
        .map_or(u32::MAX, |room| moves.desired.saturating_add(room))
        .min(moves.bounds.upper);
    let existing = (moves.desired - restarted).saturating_add(new);
    let left = Left {
        new,
        restarted,
        beside: room.saturating_sub(existing),
    };
    let courses: Vec<(f64, [Law; 2])> = MOMENTS
        .iter()
        .flat_map(|&share| {
            let at = given_up.quantile(share);
            let states = places
                .iter()
                .map(|places| (places.count, tries.state(places, reaction, at)));
            let empty = empty_places(states.collect(), still_empty);
            let kept = distinct(&empty).into_iter();
            kept.map(move |(chance, empty)| (chance, empty, at))
        })
        .map(|(chance, empty, at)| {
            let again = again_by(&places, at).saturating_sub(empty);
            let first = places.iter().map(|places| places.emptied.support().0);
            let seen = first.fold(at, f64::min) + reaction.mean();
            let mut buckets = buckets.clone();
            try_again(&mut buckets, again, [seen.min(at), at]);
            let course = left.course((empty, at, buckets), phases, until_healthy);
            (
                chance / f64::from(u32::try_from(MOMENTS.len()).unwrap_or(1)),
                course,
            )
        })
        .collect();
    let back = mixed(courses.iter().map(|(chance, [back, _])| (*chance, back)));
    let done = mixed(courses.iter().map(|(chance, [_, done])| (*chance, done)));
    let decided = match scenario.deployment.failure.detection {
        Detection::CircuitBreaker => reaction.roughly_plus(&given_up),
        Detection::After(seconds) => Law::fixed(seconds.0, reaction.step()),
    };
    Rollback {
        finished: decided.roughly_plus(&done).roughly_plus(reaction),
        decided,
        back,
        restarted,
    }
}

/// At which quantiles of the decision it is looked which places are empty.
const MOMENTS: [f64; 4] = [0.125, 0.375, 0.625, 0.875];

/// What is there at the decision to roll back.
struct Left {
    /// Places of new tasks.
    new: u32,
    /// Old tasks that have to start again.
    restarted: u32,
    /// Places beside old and new tasks.
    beside: u32,
}

impl Left {
    /// From the decision, where so many places of new tasks are empty: to the last old task
    /// healthy, and to the last change.
    fn course(
        &self,
        (empty, at, mut buckets): (u32, f64, Buckets),
        phases: &Phases,
        until_healthy: &Law,
    ) -> [Law; 2] {
        let nothing = Law::fixed(0.0, phases.reaction.step());
        let draining = self.new.saturating_sub(empty);
        let at_once = self.restarted.min(self.beside.saturating_add(empty));
        let waiting = (self.restarted - at_once).min(draining);
        let mut back = nothing.clone();
        if at_once > 0 {
            let late = buckets.take(at, at_once);
            back = last_of(until_healthy, at_once, late);
        }
        if waiting > 0 {
            let freed = phases.drain.roughly_plus(&phases.reaction);
            let first = freed.shortest(f64::from(waiting) / f64::from(draining));
            let late = buckets.take(at + first.mean(), waiting);
            let last = last_of(&first.roughly_plus(until_healthy), waiting, late);
            back = back.later_of(&last);
        }
        let back = self.sooner(back, [at_once, draining], phases);
        let gone = match draining {
            0 => nothing,
            draining => phases.drain.largest_of(draining),
        };
        let done = back.later_of(&gone);
        [back, done]
    }
}

/// The last of so many starts, of which the limits hold back some.
fn last_of(start: &Law, starts: u32, late: Late) -> Law {
    let in_time = starts - late.starts;
    if late.starts == 0 {
        return start.largest_of(starts);
    }
    let held = start.roughly_plus(&held_back(late, start.step()));
    let held = held.largest_of(late.starts);
    match in_time {
        0 => held,
        in_time => held.later_of(&start.largest_of(in_time)),
    }
}

/// How long each of the starts that are held back waits.
fn held_back(late: Late, step: f64) -> Law {
    Law::uniform(late.longest, step.min(late.longest))
}

impl Left {
    /// The return of the old version where so many places start at once and the new tasks in so many
    /// drain: places that are free take over old tasks that fail to start.
    fn sooner(&self, back: Law, [at_once, draining]: [u32; 2], phases: &Phases) -> Law {
        let Some(retries) = &phases.retries else {
            return back;
        };
        let sooner = saved(&taken_over::Places {
            tasks: self.restarted,
            at_once,
            later: draining,
            freed: &phases.drain.roughly_plus(&phases.reaction),
            failed: retries.failed,
            healthy: &phases.start,
            fails: &retries.fails,
            own: &retries.own,
            turn: None,
        });
        back.shifted(-sooner)
    }
}

/// With which probability how many places are empty, from how many are in which state; the one that
/// has made the breaker trip is so with a probability of its own.
fn empty_places(mut kinds: Vec<(u32, State)>, still_empty: Option<f64>) -> Vec<f64> {
    let mut number = vec![1.0];
    if let Some(still_empty) = still_empty {
        let likely = |(count, state): &(u32, State)| f64::from(*count) * state.just_failed;
        let last = kinds
            .iter_mut()
            .max_by(|a, b| likely(a).total_cmp(&likely(b)));
        if let Some((count, _)) = last {
            *count -= 1;
            number = vec![1.0 - still_empty, still_empty];
        }
    }
    kinds.into_iter().fold(number, |number, (count, state)| {
        sum_of(&number, &binomial(count, state.empty))
    })
}

/// How many of so many come with a probability each.
///
/// # Formula
/// P(n) = P(n − 1) · (m − n + 1) / n · p / (1 − p), from the mode, so that nothing is lost.
fn binomial(count: u32, chance: f64) -> Vec<f64> {
    let mut masses = vec![0.0; count as usize + 1];
    if chance <= 0.0 || chance >= 1.0 {
        let all = if chance >= 1.0 { count as usize } else { 0 };
        masses[all] = 1.0;
        return masses;
    }
    let of = f64::from(count);
    let logs = (1..=count).scan(of * (1.0 - chance).ln(), |log, n| {
        let n = f64::from(n);
        *log += ((of - n + 1.0) / n * chance / (1.0 - chance)).ln();
        Some(*log)
    });
    masses[0] = (of * (1.0 - chance).ln()).exp();
    for (mass, log) in masses[1..].iter_mut().zip(logs) {
        *mass = log.exp();
    }
    masses
}

fn sum_of(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; a.len() + b.len() - 1];
    for (i, x) in a.iter().enumerate().filter(|(_, x)| **x > 1e-12) {
        for (to, y) in sum[i..].iter_mut().zip(b) {
            *to += x * y;
        }
    }
    sum
}

/// Numbers that stand for a law of numbers, with their probabilities: all where they are few, else
/// the middles of three parts.
fn distinct(masses: &[f64]) -> Vec<(f64, u32)> {
    let numbered = (0..).zip(masses);
    let found: Vec<(f64, u32)> = numbered
        .filter(|&(_, mass)| *mass > 1e-4)
        .map(|(number, mass)| (*mass, number))
        .collect();
    if found.len() <= 4 {
        return found;
    }
    let at = |share: f64| {
        let mut below = 0.0;
        let reached = found.iter().find(|(mass, _)| {
            below += mass;
            below >= share
        });
        reached.or(found.last()).map_or(0, |&(_, number)| number)
    };
    [1.0, 3.0, 5.0]
        .map(|sixths| (1.0 / 3.0, at(sixths / 6.0)))
        .to_vec()
}

/// One of several laws, by their probabilities.
fn mixed<'a>(laws: impl Iterator<Item = (f64, &'a Law)>) -> Law {
    let (mut sum, mut all) = (0.0, None::<Law>);
    for (chance, law) in laws.filter(|&(chance, _)| chance > 0.0) {
        sum += chance;
        all = Some(match all {
            None => law.clone(),
            Some(before) => before.or_with(chance / sum, law).coarsened(CELLS),
        });
    }
    all.unwrap_or_else(|| Law::fixed(0.0, 1.0))
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

/// Places that try alike: how many, when their first starts begin in the mean after the first moves,
/// when these fail and when the place is empty then, and how long it is from one failed start to the next.
#[derive(Debug, Clone)]
struct Places {
    begun: Begun,
    /// How long the last first start of them is held back, in bits \[s\].
    held: u64,
    count: u32,
    begins: f64,
    first: Law,
    emptied: Law,
    again: Law,
}

fn places(scenario: &Scenario, moves: &Moves, phases: &Phases) -> Vec<Places> {
    // The first start in a place has left the image on the host.
    let again = failing(phases, &phases.start).1.plus(&phases.reaction);
    let places = |begun, count, from: &Law, start: &Law| {
        let (fails, emptied) = failing(phases, start);
        Places {
            begun,
            held: 0,
            count,
            begins: from.mean(),
            first: from.plus(&fails),
            emptied: from.plus(&emptied),
            again: again.clone(),
        }
    };
    let (warm, cold) = (&phases.start, &phases.cold_start);
    let at_once = &Law::fixed(0.0, warm.step());
    let freed = &phases.drain.plus(&phases.reaction);
    let on_cold = moves.cold.min(moves.surge);
    let mut found = vec![
        places(Begun::Cold, on_cold, at_once, cold),
        places(Begun::Warm, moves.surge - on_cold, at_once, warm),
        places(Begun::Stop, moves.slack, freed, warm),
    ];
    let boot = scenario.prescale.boot;
    for join in joins(scenario, moves) {
        let joined = Law::of(boot, warm.step()).shifted(join.launched);
        let begun = Begun::Joined([boot.mean.0, boot.cv, join.launched].map(f64::to_bits));
        let from = &joined.plus(&phases.reaction);
        found.push(places(begun, join.places, from, cold));
    }
    found.retain(|places| places.count > 0);
    found
}

/// The places of which the first starts come in time, and those of which they are held back.
fn limited(mut places: Vec<Places>, buckets: &mut Buckets) -> Vec<Places> {
    places.sort_by(|a, b| a.begins.total_cmp(&b.begins));
    let mut found = Vec::with_capacity(places.len());
    for in_time in places {
        let late = buckets.take(in_time.begins, in_time.count);
        if late.starts == 0 {
            found.push(in_time);
            continue;
        }
        let wait = &held_back(late, in_time.first.step());
        let held = Places {
            held: late.longest.to_bits(),
            count: late.starts,
            begins: in_time.begins + wait.mean(),
            first: in_time.first.roughly_plus(wait),
            emptied: in_time.emptied.roughly_plus(wait),
            ..in_time.clone()
        };
        found.push(Places {
            count: in_time.count - late.starts,
            ..in_time
        });
        found.push(held);
    }
    found.retain(|places| places.count > 0);
    found
}

/// How many starts have left their places empty by a moment, in the mean.
///
/// # Formula
/// Σ over places of P(empty after the first start by then), and one more for each further time from
/// one failed start to the next.
fn again_by(places: &[Places], at: f64) -> u32 {
    let by_one = |places: &Places| {
        let later = at - places.emptied.mean();
        let further = later / places.again.mean().max(SAME_MOMENT);
        places.emptied.smooth_cdf(at) + (further - 0.5).max(0.0)
    };
    let all: f64 = places
        .iter()
        .map(|places| f64::from(places.count) * by_one(places))
        .sum();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates"
    )]
    let all = all.round() as u32;
    all
}

/// Starts made again, evenly over some time.
fn try_again(buckets: &mut Buckets, starts: u32, [from, to]: [f64; 2]) {
    let mut left = starts;
    for part in (1..=PARTS).rev() {
        let now = left.div_ceil(part);
        left -= now;
        let passed = f64::from(PARTS - part + 1) / f64::from(PARTS);
        buckets.take(from + passed * (to - from), now);
    }
}

/// From a start that would be healthy so late, were its version good, to its failure, and to its
/// place empty: what is killed drains first.
fn failing(phases: &Phases, start: &Law) -> (Law, Law) {
    match &phases.killed {
        None => (start.clone(), start.clone()),
        Some((share, killed)) => {
            let colder = start.mean() - phases.start.mean();
            let killed = killed.shifted(colder);
            (
                start.or_with(*share, &killed),
                start.or_with(*share, &killed.plus(&phases.drain)),
            )
        }
    }
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
    known: RefCell<HashMap<(Begun, u64), Tried>>,
}

/// Laws of the first, second, … failed start of one place, and of the time from the first to each
/// later one.
#[derive(Debug, Default)]
struct Tried {
    nth: Vec<Rc<Law>>,
    since_first: Vec<Law>,
    /// When the place is empty after each, and when the next start begins.
    empty: Vec<[Law; 2]>,
}

impl Tries {
    /// As many as may come by a moment, at most so many.
    fn of(&self, places: &Places, most: u32, last: f64) -> Vec<Rc<Law>> {
        let mut known = self.known.borrow_mut();
        let Tried {
            nth, since_first, ..
        } = known.entry((places.begun, places.held)).or_default();
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

    /// What comes of a place at a moment.
    ///
    /// # Formula
    /// Empty: Σ over n of P(empty after the n-th start by then) − P(begun again by then), where of
    /// what falls on the moment each is as likely the first; after many starts the share of a
    /// reaction in the whole from one start to the next.
    fn state(&self, places: &Places, reaction: &Law, at: f64) -> State {
        let tripped = at - reaction.mean();
        if places.again.mean() <= 0.0 {
            return State::default();
        }
        let rounds = (at - places.emptied.mean()) / places.again.mean();
        if rounds > MOST_ROUNDS {
            return State {
                empty: reaction.mean() / places.again.mean(),
                just_failed: 1.0 / places.again.mean(),
            };
        }
        let mut known = self.known.borrow_mut();
        let empty = &mut known.entry((places.begun, places.held)).or_default().empty;
        let by = |law: &Law, at: f64| {
            f64::midpoint(law.cdf(at - SAME_MOMENT), law.cdf(at + SAME_MOMENT))
        };
        let near = (reaction.mean() / 4.0).max(SAME_MOMENT);
        let mut state = State::default();
        for round in 0..FURTHEST_ROUND {
            if empty.len() == round {
                let emptied = match empty.last() {
                    None => places.emptied.clone(),
                    Some([emptied, _]) => emptied.roughly_plus(&places.again).coarsened(CELLS),
                };
                let begun = emptied.roughly_plus(reaction).coarsened(CELLS);
                empty.push([emptied, begun]);
            }
            let [emptied, begun] = &empty[round];
            if emptied.support().0 > at + near {
                break;
            }
            state.empty += by(emptied, at) - by(begun, at);
            state.just_failed += (by(emptied, tripped + near) - by(emptied, tripped - near)) / near;
        }
        state
    }
}

/// What comes of a place at the decision to roll back.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// Probability that it is empty.
    empty: f64,
    /// How likely it is the one that made the breaker trip \[1/s\].
    just_failed: f64,
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
            held: 0,
            count,
            begins: 0.0,
            first: Law::fixed(first, 1.0),
            emptied: Law::fixed(first, 1.0),
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
            held: 0,
            begins: 0.0,
            count: 4,
            first: Law::uniform(100.0, 1.0),
            emptied: Law::uniform(100.0, 1.0),
            again: Law::fixed(1000.0, 1.0),
        }];
        let found = nth_failure(&four, 3, &Tries::default());
        assert!((found.mean() - 60.0).abs() < 0.5, "{}", found.mean());
        // P(3rd of 4 ≤ x) = 4 x³ − 3 x⁴ is 0.95 at x = 0.9024.
        assert!((found.quantile(0.95) - 90.24).abs() < 1.5);
        let many = [Places {
            begun: Begun::Warm,
            held: 0,
            begins: 0.0,
            count: 99,
            first: Law::uniform(100.0, 1.0),
            emptied: Law::uniform(100.0, 1.0),
            again: Law::fixed(1000.0, 1.0),
        }];
        // The 50th of 99: 50/100.
        let found = nth_failure(&many, 50, &Tries::default());
        assert!((found.mean() - 50.0).abs() < 0.5, "{}", found.mean());
    }

    #[test]
    fn a_place_is_empty_from_a_failure_until_the_reaction_to_it() {
        // Fails at 80 s, begins again at 100 s; fails at 180 s, begins again at 200 s.
        let reaction = Law::fixed(20.0, 1.0);
        let places = Places {
            begun: Begun::Warm,
            held: 0,
            begins: 0.0,
            count: 1,
            first: Law::fixed(80.0, 1.0),
            emptied: Law::fixed(80.0, 1.0),
            again: Law::fixed(100.0, 1.0),
        };
        let tries = Tries::default();
        let empty = |at| tries.state(&places, &reaction, at).empty;
        // At 100 s it is as likely that it has just begun again.
        for (at, expected) in [
            (50.0, 0.0),
            (90.0, 1.0),
            (100.0, 0.5),
            (150.0, 0.0),
            (190.0, 1.0),
        ] {
            assert!((empty(at) - expected).abs() < 1e-9, "{at}: {}", empty(at));
        }
        // After many starts 20 of each 100 s.
        assert!((empty(1e6) - 0.2).abs() < 1e-9);
    }

    #[test]
    fn the_number_of_empty_places_adds_up_over_kinds() {
        let state = |empty| State {
            empty,
            just_failed: empty,
        };
        // Two with a half each, and the one that tripped with a half: 1, 3, 3, 1 of 8.
        let found = empty_places(vec![(3, state(0.5))], Some(0.5));
        for (found, expected) in found.iter().zip([0.125, 0.375, 0.375, 0.125]) {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
        // One that is surely empty and two that never are.
        let found = empty_places(vec![(1, state(1.0)), (2, state(0.0))], None);
        assert!((found[1] - 1.0).abs() < 1e-9, "{found:?}");
        // Few numbers are all kept, of many the middles of three parts.
        assert_eq!(distinct(&[0.25, 0.0, 0.75]), [(0.25, 0), (0.75, 2)]);
        let many: Vec<u32> = distinct(&[0.1; 10]).iter().map(|kept| kept.1).collect();
        assert_eq!(many, [1, 4, 8]);
    }
}
