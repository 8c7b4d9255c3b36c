//! How many tasks are missing because hosts were taken back or a zone was lost: how likely at any
//! moment, how often, and for how long.
//!
//! The tasks of a service are spread over its hosts. Each cause strikes by a Poisson process: one
//! host of a pool by itself, a whole pool at once, a zone. The tasks on what is struck are not
//! healthy from that moment on. Those that fit elsewhere start there one reaction later, as far as
//! the upper bound allows it while the lost ones still stop, else one reaction after these are gone;
//! the others wait for the hosts that come instead. Missing tasks of different causes add up, as if
//! the causes did not share the room elsewhere.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::exposure::Durations;
use super::law::{Law, standard_deviation};
use super::phases::Phases;
use super::placement::{HostKind, Placement};
use crate::scenario::{DurationLaw, Fallback, Scenario, Spot};

/// From the notice to the end of a spot host \[s\] (Amazon EC2, spot interruption notices).
pub const NOTICE: f64 = 120.0;

/// How long a task that has no place is tried once per reaction, from the first failure \[s\].
pub const TRIED_OFTEN_FOR: f64 = 50.0;

/// Time between two of these where the scheduler reacts at once \[s\].
pub const TRIED_AT_MOST_EVERY: f64 = 1.0;

/// Time between two tries after that \[s\].
pub const TRIED_EVERY: f64 = 300.0;

/// The points of a law that others are conditioned on.
const COARSE: usize = 16;

/// The moments of the first failure that are told apart, and the tries soon after it.
const FAILURES: usize = 6;

/// The most terms that one cause's course is computed from.
const MOST_TERMS: usize = 2_000_000;

/// Up to so many independent tasks the chance of all of them is a product that is not lost.
const MULTIPLIED: u32 = 500;

/// Ways to spread the tasks that are less likely than this are left out.
const NEGLIGIBLE: f64 = 1e-4;

/// Terms of a binomial law that are smaller than this are left out.
const NEXT_TO_NOTHING: f64 = 1e-17;

/// Points of a law that are less likely than this are left out.
const NO_MASS: f64 = 1e-10;

/// Why tasks are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Spot hosts were taken back.
    Spot,
    /// A zone was lost.
    Zone,
}

/// Equal things that may be struck, independently of each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Why.
    pub cause: Cause,
    /// How many such things there are.
    pub count: u32,
    /// Hazard of each \[1/s\].
    pub hazard: f64,
    /// How many tasks one strike takes, with probabilities, and for how long they are missing.
    pub losses: Vec<Loss>,
}

/// What one strike takes, in one of the ways the tasks may be spread.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    /// Tasks that are lost.
    pub tasks: u32,
    /// Probability that it is so many.
    pub chance: f64,
    /// How many of them are missing afterwards.
    pub missing: Rc<Missing>,
}

/// How many tasks are missing after a strike.
#[derive(Debug, Clone, PartialEq)]
pub struct Missing {
    /// Expected time with at least j + 1 of them missing, for j = 0, 1, … \[s\].
    pub at_least: Vec<f64>,
}

impl Missing {
    /// From the laws at the middles of moments of equal length, after a first one in which all are
    /// missing.
    fn of(first: f64, step: f64, laws: &[Vec<f64>], most: usize) -> Self {
        let mut at_least = vec![first; most];
        for law in laws {
            let mut below = 0.0;
            for (expected, fewer) in at_least.iter_mut().zip(law) {
                below += fewer;
                *expected += (1.0 - below).max(0.0) * step;
            }
        }
        Self { at_least }
    }
}

/// How long tasks are missing after a strike: the laws they are made from.
#[derive(Debug)]
pub struct Recovery {
    reaction: Law,
    /// From a strike on spot hosts to a start that is refused while the lost task still stops.
    gone: Law,
    /// From the try that finds a host to healthy there: with the image and without.
    start: Law,
    cold_start: Law,
    /// From the notice to a spot host's successor.
    successor: Law,
    /// From the loss of a zone to its return.
    outage: Law,
    /// What tries to start the tasks that wait.
    waiting: Waiting,
    /// What courses of a deployment take.
    durations: Rc<Durations>,
    known: RefCell<HashMap<Question, Rc<Missing>>>,
}

/// Where tasks wait that have no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    /// Nowhere: the scheduler tries to start them again and again.
    Tried,
    /// In PROVISIONING: each starts one reaction after its host has joined.
    Provisioning,
}

/// What follows a strike, and how many tasks are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Question {
    cause: Cause,
    /// Tasks that are lost.
    lost: u32,
    /// Those that have a place on other hosts.
    elsewhere: u32,
    /// Those that may start while the lost ones still stop.
    beside: u32,
    /// Hosts that come instead, and how many of the tasks that wait one of them holds.
    hosts: u32,
    on_each: u32,
    most: u32,
}

impl Question {
    /// How many tasks wait for hosts.
    fn waiting(&self) -> u32 {
        self.lost - self.elsewhere
    }

    /// How many start on other hosts at once.
    fn at_once(&self) -> u32 {
        self.elsewhere.min(self.beside)
    }

    /// How many start there when lost ones are gone.
    fn later(&self) -> u32 {
        self.elsewhere - self.at_once()
    }
}

impl Recovery {
    /// The recovery of a scenario's tasks.
    #[must_use]
    pub fn of(scenario: &Scenario, phases: &Phases) -> Self {
        let step = phases.start.step();
        let boot = on_own_grid(scenario.prescale.boot, step);
        let outage = match &scenario.capacity {
            crate::scenario::Capacity::Hosts(cluster) => {
                on_own_grid(cluster.zone_loss.outage, step)
            }
            _ => Law::fixed(0.0, step),
        };
        let successor = requested(&scenario.spot, step).plus(&boot).shifted(NOTICE);
        let durations = Durations::of(scenario, &phases.until_healthy(), [&successor, &outage]);
        Self {
            gone: allowed_when_gone(&phases.drain, &phases.reaction),
            durations: Rc::new(durations),
            successor,
            outage,
            reaction: phases.reaction.clone(),
            start: phases.start.clone(),
            cold_start: phases.cold_start.clone(),
            waiting: if scenario.capacity_provider.is_some() {
                Waiting::Provisioning
            } else {
                Waiting::Tried
            },
            known: RefCell::default(),
        }
    }

    /// What courses of a deployment take.
    #[must_use]
    pub fn durations(&self) -> &Rc<Durations> {
        &self.durations
    }

    /// How many tasks are missing.
    fn missing(&self, question: Question) -> Rc<Missing> {
        if let Some(known) = self.known.borrow().get(&question) {
            return Rc::clone(known);
        }
        let answer = Rc::new(self.computed(&question));
        self.known.borrow_mut().insert(question, Rc::clone(&answer));
        answer
    }

    fn computed(&self, question: &Question) -> Missing {
        let Question { lost, most, .. } = *question;
        let (at_once, later) = (question.at_once(), question.later());
        let moved = among_first(&self.reaction, at_once, lost).plus(&self.start);
        let moved_later = among_first(&self.gone, later, lost).plus(&self.start);
        let start = match (question.cause, self.waiting) {
            (Cause::Spot, Waiting::Tried) => self.cold_start.clone(),
            (Cause::Spot, Waiting::Provisioning) => self.cold_start.plus(&self.reaction),
            (Cause::Zone, Waiting::Tried) => self.start.clone(),
            (Cause::Zone, Waiting::Provisioning) => self.start.plus(&self.reaction),
        };
        let courses = self.courses(question);
        let mut supports = Vec::new();
        supports.extend((at_once > 0).then(|| moved.support()));
        supports.extend((later > 0).then(|| moved_later.support()));
        for &(at, _) in courses.iter().flat_map(|(_, tries)| tries) {
            supports.push((at + start.support().0, at + start.support().1));
        }
        let (mut from, mut to) = (f64::INFINITY, 0.0_f64);
        for (first, last) in supports {
            (from, to) = (from.min(first), to.max(last));
        }
        let size = most as usize;
        let points = (MOST_TERMS / ((size + 1) * (size + 1) * 8)).clamp(48, 64);
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let step = (to - from).max(1e-9) / points as f64;
        let mut sums = Sums::default();
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let laws: Vec<Vec<f64>> = (0..points)
            .map(|i| from + (i as f64 + 0.5) * step)
            .map(|at| {
                let elsewhere = convolved(
                    &binomial(at_once, 1.0 - moved.cdf(at), size),
                    &binomial(later, 1.0 - moved_later.cdf(at), size),
                    size,
                );
                let waiting = missing_of_waiting(question, &courses, &start, at, &mut sums);
                convolved(&elsewhere, &waiting, size)
            })
            .collect();
        // Nobody is back before `from`.
        Missing::of(from, step, &laws, size)
    }

    /// When one of the hosts that are waited for is tried that has joined: for each moment of the
    /// first failure with its probability, the tries with theirs.
    fn courses(&self, question: &Question) -> Vec<(f64, Vec<(f64, f64)>)> {
        let waiting = question.waiting();
        if waiting == 0 {
            return Vec::new();
        }
        let joined = match question.cause {
            // The first hosts to come are those that are filled.
            Cause::Spot => {
                let filled = waiting.div_ceil(question.on_each.max(1));
                among_first(&self.successor, filled, question.hosts)
            }
            Cause::Zone => self.outage.clone(),
        };
        if self.waiting == Waiting::Provisioning {
            return vec![(1.0, joined.coarsened(4 * COARSE).points().collect())];
        }
        // The first that finds no place fails after those that do have theirs.
        let failed = if question.beside > question.elsewhere {
            in_order(&self.reaction, question.elsewhere + 1, question.lost)
        } else {
            in_order(&self.gone, question.later() + 1, question.lost)
        };
        let soon = self.reaction.mean() / 2.0;
        failed
            .coarsened(FAILURES)
            .points()
            .map(|(first, chance)| (chance, tries(&joined, first, soon)))
            .collect()
    }
}

/// How many of the tasks that wait are missing at a moment after the strike.
///
/// The hosts of a zone come back together, others each by itself.
fn missing_of_waiting(
    question: &Question,
    courses: &[(f64, Vec<(f64, f64)>)],
    start: &Law,
    at: f64,
    sums: &mut Sums,
) -> Vec<f64> {
    let (waiting, size) = (question.waiting(), question.most as usize);
    let mut mixed = vec![0.0; size + 1];
    if courses.is_empty() {
        mixed[0] = 1.0;
        return mixed;
    }
    let on_each = match question.cause {
        Cause::Spot => question.on_each.clamp(1, waiting),
        Cause::Zone => waiting,
    };
    let (full, rest) = (waiting / on_each, waiting % on_each);
    let (mut one, mut both) = (vec![0.0; size + 1], Vec::new());
    for (chance, tries) in courses {
        waiting_for_one(tries, start, (on_each, at), &mut one);
        let mut missing = sums.of(&one, full, size);
        if rest > 0 {
            waiting_for_one(tries, start, (rest, at), &mut one);
            convolve(missing, &one, size, &mut both);
            missing = &both;
        }
        for (mixed, missing) in mixed.iter_mut().zip(missing) {
            *mixed += chance * missing;
        }
    }
    mixed
}

/// How many of the tasks that wait for one host are missing at a moment after the strike, the last
/// item for all from there on.
fn waiting_for_one(tries: &[(f64, f64)], start: &Law, (tasks, at): (u32, f64), mixed: &mut [f64]) {
    mixed.fill(0.0);
    let most = mixed.len() - 1;
    let (soonest, latest) = start.support();
    let half = start.step() / 2.0;
    for &(joined, chance) in tries {
        let after = at - joined;
        if after <= soonest - half {
            mixed[most.min(tasks as usize)] += chance;
        } else if after >= latest + half {
            mixed[0] += chance;
        } else {
            add_binomial(mixed, chance, tasks, 1.0 - start.cdf(after));
        }
    }
}

/// From the request for a spot host to the launch of what comes \[s\].
///
/// # Formula
/// With the fall-back to on-demand one fulfilment time. Without, n of them with probability
/// p(1 − p)ⁿ⁻¹, p the probability that a request is met.
#[must_use]
pub fn requested(spot: &Spot, step: f64) -> Law {
    let once = on_own_grid(spot.fulfilment_time, step);
    if spot.fallback == Fallback::OnDemand || spot.fulfilment >= 1.0 || once.mean() <= 0.0 {
        return once;
    }
    let once = once.coarsened(COARSE);
    let (mut points, mut so_far, mut left) = (Vec::new(), once.clone(), 1.0);
    let mut requests = 1;
    while left > 1e-9 {
        let met = left * spot.fulfilment;
        points.extend(so_far.points().map(|(x, m)| (x, m * met)));
        left -= met;
        requests += 1;
        so_far = if requests <= 12 {
            so_far.plus(&once)
        } else {
            once.sum_by_moments(requests).coarsened(4 * COARSE)
        };
    }
    Law::from_points(points.into_iter(), once.step().max(step))
}

/// The tries that find the host which joined, with probabilities, all from the strike.
///
/// # Formula
/// The first try fails at F. Tries follow one per reaction for 50 s, then at F + 50 s + k · 300 s.
fn tries(joined: &Law, first: f64, soon: f64) -> Vec<(f64, f64)> {
    let seldom = first + TRIED_OFTEN_FOR;
    let mut tries: Vec<(f64, f64)> = Vec::new();
    for (host, chance) in joined.points().filter(|&(_, mass)| mass > NO_MASS) {
        let at = if host <= first {
            first
        } else if host <= seldom {
            (host + soon).min(seldom)
        } else {
            seldom + ((host - seldom) / TRIED_EVERY).ceil() * TRIED_EVERY
        };
        match tries.last_mut() {
            // Tries that lie within a reaction of each other are one.
            Some((last, mass)) if at - *last < soon => {
                *last += (at - *last) * chance / (*mass + chance);
                *mass += chance;
            }
            _ => tries.push((at, chance)),
        }
    }
    tries
}

/// The law of a duration on a grid that is not finer than it varies: it may be much longer than the
/// phases of a task.
fn on_own_grid(duration: DurationLaw, step: f64) -> Law {
    Law::of(duration, step.max(standard_deviation(duration) / 16.0))
}

/// From a strike to a start that the upper bound allows only when the lost task is gone.
///
/// # Formula
/// The drain is cut short by the end of the host. The reaction to the strike finds the task gone, or
/// is refused; then it is one reaction after the task is gone.
fn allowed_when_gone(drain: &Law, reaction: &Law) -> Law {
    let (drain, reaction) = (drain.coarsened(COARSE), reaction.coarsened(2 * COARSE));
    let points: Vec<(f64, f64)> = drain
        .points()
        .flat_map(|(gone, p)| {
            let gone = gone.min(NOTICE);
            let reaction = &reaction;
            let refused: f64 = reaction
                .points()
                .filter(|&(at, _)| at < gone)
                .map(|(_, mass)| mass)
                .sum();
            reaction.points().flat_map(move |(at, q)| {
                let found = if at < gone { 0.0 } else { p * q };
                [(at, found), (gone + at, p * refused * q)]
            })
        })
        .filter(|&(_, mass)| mass > NO_MASS)
        .collect();
    Law::from_points(
        points.into_iter(),
        reaction.step().max(drain.step()).min(NOTICE),
    )
}

/// The law of those that are among the first so many of as many independent durations.
///
/// # Formula
/// P(at most x) = E min(k, N) / k with N of the n durations at most x, a binomial number.
pub fn among_first(law: &Law, first: u32, of: u32) -> Law {
    if first == 0 || first >= of || law.is_fixed() {
        return law.clone();
    }
    reordered(law, |below| {
        let number = binomial(of, below, first as usize);
        let expected: f64 = (0..).zip(&number).map(|(k, p)| f64::from(k) * p).sum();
        expected / f64::from(first)
    })
}

/// The law of the k-th of n independent durations.
fn in_order(law: &Law, k: u32, of: u32) -> Law {
    if law.is_fixed() {
        return law.clone();
    }
    let k = k.min(of);
    reordered(law, |below| binomial(of, below, k as usize)[k as usize])
}

/// A law whose probabilities of at most x are a function of those of another.
fn reordered(law: &Law, of: impl Fn(f64) -> f64) -> Law {
    let (mut below, mut so_far) = (0.0_f64, 0.0);
    let points: Vec<(f64, f64)> = law
        .points()
        .map(|(at, mass)| {
            below += mass;
            let reached = of(below.min(1.0));
            let here = reached - so_far;
            so_far = reached;
            (at, here)
        })
        .filter(|&(_, mass)| mass > NO_MASS)
        .collect();
    Law::from_points(points.into_iter(), law.step())
}

/// What may be struck under a placement, and what is missing then: at most `most` tasks are told
/// apart, and `beside` may start while as many that are lost still stop.
#[must_use]
pub fn sources(
    scenario: &Scenario,
    placement: &Placement,
    recovery: &Recovery,
    beside: u32,
    most: u32,
) -> Vec<Source> {
    let rho = scenario.spot.correlation;
    let mut sources = Vec::new();
    let source = |cause, count, hazard: f64, struck: &[(u32, &HostKind)]| {
        let losses = losses(placement, struck, cause, recovery, [beside, most]);
        (hazard > 0.0 && count > 0 && !losses.is_empty()).then_some(Source {
            cause,
            count,
            hazard,
            losses,
        })
    };
    for kind in placement.kinds() {
        let alone = (1.0 - rho) * kind.hazard.per_second();
        sources.extend(source(Cause::Spot, kind.count, alone, &[(1, kind)]));
    }
    for pool in placement.pools() {
        let together = rho * pool[0].1.hazard.per_second();
        sources.extend(source(Cause::Spot, 1, together, &pool));
    }
    if let crate::scenario::Capacity::Hosts(cluster) = &scenario.capacity {
        let lost = cluster.zone_loss.hazard.per_second();
        for zone in placement.zones() {
            sources.extend(source(Cause::Zone, 1, lost, &zone));
        }
    }
    sources
}

/// What a strike on so many hosts of each kind takes.
fn losses(
    placement: &Placement,
    struck: &[(u32, &HostKind)],
    cause: Cause,
    recovery: &Recovery,
    [beside, most]: [u32; 2],
) -> Vec<Loss> {
    let hosts: u32 = struck.iter().map(|&(hosts, _)| hosts).sum();
    let places = struck.iter().fold(0_u32, |sum, &(hosts, kind)| {
        sum.saturating_add(hosts.saturating_mul(kind.places))
    });
    placement
        .tasks_on(struck)
        .into_iter()
        .filter(|&(tasks, chance)| tasks > 0 && chance > NEGLIGIBLE)
        .map(|(tasks, chance)| {
            let free = placement.free_beside(struck, tasks);
            let question = Question {
                cause,
                lost: tasks,
                elsewhere: free.min(tasks),
                // Tasks in a lost zone do not stop: they are gone.
                beside: match cause {
                    Cause::Spot => beside.min(tasks),
                    Cause::Zone => tasks,
                },
                hosts,
                on_each: places.div_ceil(hosts).min(tasks),
                most: tasks.min(most),
            };
            Loss {
                tasks,
                chance,
                missing: recovery.missing(question),
            }
        })
        .collect()
}

/// Probability that at a moment long after the start more than `surplus` tasks are missing.
///
/// # Formula
/// A cause that strikes with hazard μ and leaves at least j tasks missing for a time of mean T is
/// in that state with probability 1 − exp(−μT) (an M/G/∞ queue). The causes are independent; the
/// tail of their sum is summed from its own terms, so that it is exact also where it is small.
#[must_use]
pub fn chance_of_missing_more(sources: &[&Source], surplus: u32) -> f64 {
    let size = surplus as usize + 1;
    let mut sum = vec![0.0; size + 1];
    sum[0] = 1.0;
    let mut sums = Sums::default();
    for source in sources {
        sum = convolved(
            &sum,
            sums.of(&source.missing(size), source.count, size),
            size,
        );
    }
    sum[size]
}

impl Source {
    /// The law of the missing tasks of one such thing, the last item for all from `most` on.
    fn missing(&self, most: usize) -> Vec<f64> {
        let at_least: Vec<f64> = (0..most)
            .map(|j| {
                let seconds: f64 = self
                    .losses
                    .iter()
                    .map(|loss| loss.chance * loss.missing.at_least.get(j).unwrap_or(&0.0))
                    .sum();
                -(-self.hazard * seconds).exp_m1()
            })
            .collect();
        let mut law = Vec::with_capacity(most + 1);
        law.push(1.0 - at_least.first().unwrap_or(&0.0));
        law.extend(
            at_least
                .iter()
                .zip(at_least.iter().skip(1).chain([&0.0]))
                .map(|(here, next)| (here - next).max(0.0)),
        );
        law
    }
}

/// The binomial law, the last item for all from `most` on.
pub fn binomial(n: u32, p: f64, most: usize) -> Vec<f64> {
    let mut law = vec![0.0; most + 1];
    add_binomial(&mut law, 1.0, n, p);
    law
}

/// A share of the binomial law added to another, the last item for all from there on.
pub fn add_binomial(to: &mut [f64], share: f64, n: u32, p: f64) {
    let most = to.len() - 1;
    let mut add = |k: u32, mass: f64| to[most.min(k as usize)] += mass;
    if p <= 0.0 {
        add(0, share);
    } else if p >= 1.0 {
        add(n, share);
    } else if n <= MULTIPLIED {
        // From the likelier end, where no mass is lost.
        let rare = p.min(1.0 - p);
        let odds = rare / (1.0 - rare);
        let mut mass = share * super::rolling::power(1.0 - rare, n);
        for i in 0..=n {
            add(if p > 0.5 { n - i } else { i }, mass);
            mass *= odds * f64::from(n - i) / f64::from(i + 1);
            // Beyond the mode it only falls.
            if mass < share * NEXT_TO_NOTHING && f64::from(i) > f64::from(n) * rare {
                break;
            }
        }
    } else {
        // From the logarithm, so that a large n does not lose it all.
        let base = f64::from(n) * (-p).ln_1p();
        let odds = (p / (1.0 - p)).ln();
        let mut choose = 0.0_f64;
        for k in 0..=n {
            add(k, share * (base + choose + f64::from(k) * odds).exp());
            choose += (f64::from(n - k) / f64::from(k + 1)).ln();
        }
    }
}

/// The law of a sum of two independent counts, the last item for all from `most` on.
pub fn convolved(a: &[f64], b: &[f64], most: usize) -> Vec<f64> {
    let mut sum = Vec::new();
    convolve(a, b, most, &mut sum);
    sum
}

fn convolve(a: &[f64], b: &[f64], most: usize, into: &mut Vec<f64>) {
    into.clear();
    into.resize(most + 1, 0.0);
    for (i, &p) in a.iter().enumerate().filter(|&(_, &p)| p > 0.0) {
        for (j, &q) in b.iter().enumerate() {
            into[(i + j).min(most)] += p * q;
        }
    }
}

/// Sums of independent counts of one law, in vectors that are used again: thousands are asked for.
#[derive(Default)]
struct Sums {
    sum: Vec<f64>,
    square: Vec<f64>,
    next: Vec<f64>,
}

impl Sums {
    /// The law of the sum of `count` counts of a law; at least one.
    fn of(&mut self, law: &[f64], mut count: u32, most: usize) -> &[f64] {
        let Self { sum, square, next } = self;
        square.clear();
        square.extend_from_slice(law);
        sum.clear();
        while count > 0 {
            if count % 2 == 1 {
                if sum.is_empty() {
                    sum.extend_from_slice(square);
                } else {
                    convolve(sum, square, most, next);
                    std::mem::swap(sum, next);
                }
            }
            count /= 2;
            if count > 0 {
                convolve(square, square, most, next);
                std::mem::swap(square, next);
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binomial_law_is_the_sum_of_single_tasks() {
        for p in [0.0, 1e-9, 0.2, 0.5, 0.9, 1.0 - 1e-12, 1.0] {
            for n in [0, 1, 5, 40, MULTIPLIED, MULTIPLIED + 1, 700] {
                let most = 12;
                let mut expected = vec![0.0; most + 1];
                expected[0] = 1.0;
                for _ in 0..n {
                    expected = convolved(&expected, &[1.0 - p, p], most);
                }
                let found = binomial(n, p, most);
                for (found, expected) in found.iter().zip(&expected) {
                    assert!(
                        (found - expected).abs() < 1e-9,
                        "{n} {p}: {found} {expected}"
                    );
                }
            }
        }
    }
}
