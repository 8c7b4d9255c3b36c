//! How many tasks are missing because hosts were taken back or a zone was lost: how likely at any
//! moment, how often, and for how long.
//!
//! The tasks of a service are spread over its hosts. Each cause strikes by a Poisson process: one
//! host of a pool by itself, a whole pool at once, a zone. The tasks on what is struck are not
//! healthy from that moment on. Those that fit elsewhere start there one reaction later; the others
//! wait for the hosts that come instead. Missing tasks of different causes add up, as if the causes
//! did not share the room elsewhere.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::law::Law;
use super::phases::Phases;
use super::placement::{HostKind, Placement};
use crate::scenario::{Fallback, Scenario, Spot};

/// From the notice to the end of a spot host \[s\] (Amazon EC2, spot interruption notices).
const NOTICE: f64 = 120.0;

/// How long a task that has no place is tried once per reaction, from the first failure \[s\].
const TRIED_OFTEN_FOR: f64 = 50.0;

/// Time between two tries after that \[s\].
const TRIED_EVERY: f64 = 300.0;

/// The points of a law that others are conditioned on.
const COARSE: usize = 16;

/// The most terms that one cause's course is computed from.
const MOST_TERMS: usize = 2_000_000;

/// Up to so many independent tasks the chance of all of them is a product that is not lost.
const MULTIPLIED: u32 = 500;

/// Ways to spread the tasks that are less likely than this are left out.
const NEGLIGIBLE: f64 = 1e-4;

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
    /// Expected time with at least j + 1 of them missing, for j = 0, 1, … \[s\].
    pub missing_at_least: Rc<Vec<f64>>,
}

/// How long tasks are missing after a strike: the laws they are made from.
#[derive(Debug)]
pub struct Recovery {
    /// From the strike to healthy on another host.
    moved: Law,
    /// From the try that finds a host to healthy there: with the image and without.
    start: Law,
    cold_start: Law,
    /// From the notice to the try that finds a spot host's successor.
    successor: Law,
    /// From the loss of a zone to the try that finds its hosts again.
    zone_back: Law,
    known: RefCell<HashMap<Question, Rc<Vec<f64>>>>,
}

/// What follows a strike: its cause, tasks that start elsewhere, hosts and tasks that wait for each,
/// and how many tasks are told apart.
type Question = (Cause, u32, Vec<(u32, u32)>, u32);

impl Recovery {
    /// The recovery of a scenario's tasks.
    #[must_use]
    pub fn of(scenario: &Scenario, phases: &Phases) -> Self {
        let step = phases.start.step();
        let boot = Law::of(scenario.prescale.boot, step);
        let launched = requested(&scenario.spot, step).plus(&boot).shifted(NOTICE);
        let outage = match &scenario.capacity {
            crate::scenario::Capacity::Hosts(cluster) => Law::of(cluster.zone_loss.outage, step),
            _ => Law::fixed(0.0, step),
        };
        Self {
            successor: tried(&launched, &phases.reaction),
            zone_back: tried(&outage, &phases.reaction),
            moved: phases.reaction.plus(&phases.start),
            start: phases.start.clone(),
            cold_start: phases.cold_start.clone(),
            known: RefCell::default(),
        }
    }

    /// Expected time with at least 1, 2, … up to `most` tasks missing \[s\], where `elsewhere` of
    /// the lost ones start on other hosts and each item of `waiting` is that many for one host.
    fn missing_at_least(
        &self,
        cause: Cause,
        elsewhere: u32,
        waiting: &[(u32, u32)],
        most: u32,
    ) -> Rc<Vec<f64>> {
        let question = (cause, elsewhere, waiting.to_vec(), most);
        if let Some(known) = self.known.borrow().get(&question) {
            return Rc::clone(known);
        }
        let answer = Rc::new(self.computed(cause, elsewhere, waiting, most));
        self.known.borrow_mut().insert(question, Rc::clone(&answer));
        answer
    }

    fn computed(
        &self,
        cause: Cause,
        elsewhere: u32,
        waiting: &[(u32, u32)],
        most: u32,
    ) -> Vec<f64> {
        let (back, start) = match cause {
            Cause::Spot => (&self.successor, &self.cold_start),
            Cause::Zone => (&self.zone_back, &self.start),
        };
        let moved = &self.moved;
        let waits = waiting.iter().any(|&(hosts, tasks)| hosts * tasks > 0);
        let (mut from, mut to) = moved.support();
        if waits {
            from = from.min(back.support().0 + start.support().0);
            to = to.max(back.support().1 + start.support().1);
        }
        let size = most as usize;
        let points = (MOST_TERMS / ((size + 1) * (size + 1) * 8)).clamp(48, 128);
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let step = (to - from).max(1e-9) / points as f64;
        // Nobody is back before `from`.
        let mut expected = vec![from; size];
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        for at in (0..points).map(|i| from + (i as f64 + 0.5) * step) {
            let mut missing = binomial(elsewhere, 1.0 - moved.cdf(at), size);
            for &(hosts, tasks) in waiting {
                let one = waiting_for_one(back, start, tasks, at, size);
                missing = convolved(&missing, &power(&one, hosts, size), size);
            }
            let mut below = 0.0;
            for (expected, fewer) in expected.iter_mut().zip(missing) {
                below += fewer;
                *expected += (1.0 - below).max(0.0) * step;
            }
        }
        expected
    }
}

/// How many of the tasks that wait for one host are missing at a moment after the strike.
fn waiting_for_one(back: &Law, start: &Law, tasks: u32, at: f64, most: usize) -> Vec<f64> {
    let mut mixed = vec![0.0; most + 1];
    let (soonest, latest) = start.support();
    let half = start.step() / 2.0;
    for (joined, chance) in back.points() {
        let after = at - joined;
        if after <= soonest - half {
            mixed[most.min(tasks as usize)] += chance;
        } else if after >= latest + half {
            mixed[0] += chance;
        } else {
            add_binomial(&mut mixed, chance, tasks, 1.0 - start.cdf(after));
        }
    }
    mixed
}

/// From the request for a spot host to the launch of what comes \[s\].
///
/// # Formula
/// With the fall-back to on-demand one fulfilment time. Without, n of them with probability
/// p(1 − p)ⁿ⁻¹, p the probability that a request is met.
#[must_use]
pub fn requested(spot: &Spot, step: f64) -> Law {
    let once = Law::of(spot.fulfilment_time, step);
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

/// When a task without a place is tried that finds the host which joined, both from the strike.
///
/// # Formula
/// The first try fails one reaction after the strike, at F. Tries follow one per reaction for 50 s,
/// then at F + 50 s + k · 300 s.
fn tried(joined: &Law, reaction: &Law) -> Law {
    let joined = joined.coarsened(3 * COARSE);
    let failed = reaction.coarsened(COARSE);
    let soon = reaction.mean() / 2.0;
    let points: Vec<(f64, f64)> = failed
        .points()
        .flat_map(|(first, p)| {
            joined.points().map(move |(host, q)| {
                let seldom = first + TRIED_OFTEN_FOR;
                let at = if host <= first {
                    first
                } else if host <= seldom {
                    host + soon
                } else {
                    seldom + ((host - seldom) / TRIED_EVERY).ceil() * TRIED_EVERY
                };
                (at, p * q)
            })
        })
        .collect();
    let step = reaction.step().max(joined.step()).max(1.0);
    Law::from_points(points.into_iter(), step).coarsened(4 * COARSE)
}

/// What may be struck under a placement, and what is missing then: at most `most` tasks are told
/// apart.
#[must_use]
pub fn sources(
    scenario: &Scenario,
    placement: &Placement,
    recovery: &Recovery,
    most: u32,
) -> Vec<Source> {
    let rho = scenario.spot.correlation;
    let mut sources = Vec::new();
    let source = |cause, count, hazard: f64, struck: &[(u32, &HostKind)]| {
        let losses = losses(placement, struck, cause, recovery, most);
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
    most: u32,
) -> Vec<Loss> {
    placement
        .tasks_on(struck)
        .into_iter()
        .filter(|&(tasks, chance)| tasks > 0 && chance > NEGLIGIBLE)
        .map(|(tasks, chance)| {
            let elsewhere = placement.free_beside(struck, tasks).min(tasks);
            let hosts: u32 = struck.iter().map(|&(hosts, _)| hosts).sum();
            let waiting = evenly(tasks - elsewhere, hosts);
            Loss {
                tasks,
                chance,
                missing_at_least: recovery.missing_at_least(
                    cause,
                    elsewhere,
                    &waiting,
                    tasks.min(most),
                ),
            }
        })
        .collect()
}

/// So many tasks on so many hosts, evenly: hosts and tasks on each.
fn evenly(tasks: u32, hosts: u32) -> Vec<(u32, u32)> {
    if hosts == 0 || tasks == 0 {
        return Vec::new();
    }
    let (each, more) = (tasks / hosts, tasks % hosts);
    [(more, each + 1), (hosts - more, each)]
        .into_iter()
        .filter(|&(hosts, tasks)| hosts * tasks > 0)
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
    for source in sources {
        sum = convolved(
            &sum,
            &power(&source.missing(size), source.count, size),
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
                    .map(|loss| loss.chance * loss.missing_at_least.get(j).unwrap_or(&0.0))
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
fn binomial(n: u32, p: f64, most: usize) -> Vec<f64> {
    let mut law = vec![0.0; most + 1];
    add_binomial(&mut law, 1.0, n, p);
    law
}

/// A share of the binomial law added to another, the last item for all from there on.
fn add_binomial(to: &mut [f64], share: f64, n: u32, p: f64) {
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
fn convolved(a: &[f64], b: &[f64], most: usize) -> Vec<f64> {
    let mut sum = vec![0.0; most + 1];
    for (i, &p) in a.iter().enumerate().filter(|&(_, &p)| p > 0.0) {
        for (j, &q) in b.iter().enumerate() {
            sum[(i + j).min(most)] += p * q;
        }
    }
    sum
}

/// The law of the sum of `count` independent counts of a law.
fn power(law: &[f64], mut count: u32, most: usize) -> Vec<f64> {
    let mut sum = vec![0.0; most + 1];
    sum[0] = 1.0;
    let mut square = law.to_vec();
    while count > 0 {
        if count % 2 == 1 {
            sum = convolved(&sum, &square, most);
        }
        count /= 2;
        if count > 0 {
            square = convolved(&square, &square, most);
        }
    }
    sum
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
