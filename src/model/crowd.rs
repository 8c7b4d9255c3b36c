//! Tasks that start together on one host: the image is pulled and processors are shared.

use statrs::distribution::{ContinuousCDF, Normal};

use super::law::{Law, standard_deviation};
use super::phases::Phases;
use super::verdict::verdict;
use crate::rollout::{Moves, places_on, places_on_added};
use crate::scenario::{Capacity, HostShape, Placement, Scenario, Service, Together};

/// Distance of two points of the laws of a verdict \[s\].
const STEP: f64 = 0.25;

/// CPU units of one processor.
const UNITS_PER_PROCESSOR: f64 = 1024.0;

/// What starting together does to a start.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Crowd {
    /// Tasks that start together on the host with most of them.
    pub together: u32,
    /// How much later the last of them is healthy that start with the first moves \[s\].
    pub first: f64,
    /// The same of those that start later, which come apart from each other \[s\].
    pub later: f64,
}

/// The crowd of a rollout's moves.
///
/// The starts that the bounds and the hosts allow at once are made in one act, and those that follow
/// a stop come apart from each other; spread evenly over the hosts that have places, or packed onto
/// as few as hold them. Added hosts are filled first, with binpack last. Nothing is shared where the
/// hosts are not known.
///
/// # Formula
/// Pulls share the line of a host, then the work w until ready its processors, of which each task
/// keeps at most one busy: `start` · `pull_share` and `start_cpu`, at most `ready`, which contain
/// them once. What comes apart does so at the expected order statistics of normal moments, and each
/// host's line and processors are followed from one to the next. The delay is that of the last task
/// against the same without sharing. A task that is ready later is healthy at a later check; where
/// nothing checks it, that takes no longer.
#[must_use]
pub fn crowd(scenario: &Scenario, phases: &Phases, moves: &Moves, added_hosts: u32) -> Crowd {
    let together = &scenario.service.timing.together;
    let Capacity::Hosts(cluster) = &scenario.capacity else {
        return Crowd::default();
    };
    if *together == Together::default() {
        return Crowd::default();
    }
    let freed = phases.drain.plus(&phases.reaction);
    let in_a_cycle = [
        &phases.start,
        &phases.reaction,
        &phases.drain,
        &phases.reaction,
    ];
    let apart = deviation(&in_a_cycle);
    let mut worst = Crowd::default();
    let mut consider = |[at_once, later]: [u32; 2], shape: &HostShape| {
        let after_a_stop = Arrivals {
            tasks: later,
            at: freed.mean(),
            apart: deviation(&[&freed]),
        };
        let first = [Arrivals::at_once(at_once), after_a_stop];
        worst.together = worst.together.max(at_once).max(later);
        worst.first = worst.first.max(longer(scenario, &first, shape));
        let again = [Arrivals {
            tasks: at_once.max(later),
            at: 0.0,
            apart,
        }];
        worst.later = worst.later.max(longer(scenario, &again, shape));
    };
    let Moves { surge, slack, .. } = *moves;
    let all = surge.saturating_add(slack).min(moves.desired);
    let at_once = if moves.stopping_counts {
        surge.min(all)
    } else {
        all.min(moves.room.total().unwrap_or(all))
    };
    let starts = [at_once, all - at_once];
    let at_once_on_added = moves.on_added.min(starts[0]);
    let on_added = [
        at_once_on_added,
        (moves.on_added - at_once_on_added).min(starts[1]),
    ];
    // On the host where most start at once fewer come later, and the other way round.
    let mut on_hosts = |starts: [u32; 2], hosts: u32, places: u32, shape: &HostShape| {
        let all = on_one(scenario, starts[0] + starts[1], hosts, places);
        let most = on_one(scenario, starts[0], hosts, places);
        let fewest = match scenario.service.placement {
            Placement::Spread => starts[0] / hosts.max(1),
            Placement::Binpack => most,
        };
        for at_once in [most, fewest.min(all)] {
            consider([at_once, all - at_once], shape);
        }
    };
    if let (Some(host), Some(places)) = (&scenario.prescale.host, places_on_added(scenario)) {
        on_hosts(on_added, added_hosts, places.count, &host.shape);
    }
    let groups = || cluster.hosts.iter().filter(|group| group.accepts_tasks);
    let listed: u32 = groups().map(|group| group.count).sum();
    let elsewhere = [starts[0] - on_added[0], starts[1] - on_added[1]];
    for group in groups() {
        let daemons = &cluster.daemons;
        let places = places_on(&group.shape, group.used, daemons, &scenario.service).count;
        on_hosts(elsewhere, listed, places, &group.shape);
    }
    worst
}

/// Of so many starts those on the host that gets most.
fn on_one(scenario: &Scenario, starts: u32, hosts: u32, places: u32) -> u32 {
    match scenario.service.placement {
        Placement::Spread => starts.div_ceil(hosts.max(1)),
        Placement::Binpack => starts,
    }
    .min(places)
}

/// Standard deviation of phases that follow one another \[s\].
fn deviation(phases: &[&Law]) -> f64 {
    let variance: f64 = phases.iter().map(|law| law.variance()).sum();
    variance.sqrt()
}

/// Tasks that come to a host.
#[derive(Debug, Clone, Copy)]
struct Arrivals {
    tasks: u32,
    /// When they come in the mean \[s\].
    at: f64,
    /// With which standard deviation \[s\].
    apart: f64,
}

impl Arrivals {
    fn at_once(tasks: u32) -> Self {
        Self {
            tasks,
            at: 0.0,
            apart: 0.0,
        }
    }
}

/// How much later the last of the tasks that come to a host is healthy \[s\].
fn longer(scenario: &Scenario, arrivals: &[Arrivals], shape: &HostShape) -> f64 {
    let timing = &scenario.service.timing;
    let together = &timing.together;
    let processors = f64::from(shape.registered_cpu) / UNITS_PER_PROCESSOR;
    let work = together.start_cpu.0.min(timing.ready.mean.0);
    let start = standard_deviation(timing.start);
    let mut jobs = Vec::new();
    for group in arrivals {
        let scores = normal_scores(group.tasks);
        let count = scores.len();
        // What starts apart, of independent causes, is RUNNING still farther apart.
        let running_apart = group.apart.hypot(start * (1.0 - together.pull_share));
        for (i, score) in scores.iter().enumerate() {
            // Who pulls long does not depend on who comes late.
            let pull = timing.start.mean.0 + start * scores[(i + count / 2) % count];
            let rest = timing.start.mean.0 * (1.0 - together.pull_share);
            jobs.push(Job {
                comes: group.at + group.apart * score,
                pull: pull.max(0.0) * together.pull_share,
                rest: (rest + (running_apart - group.apart) * score).max(0.0),
            });
        }
    }
    if jobs.len() < 2 {
        return 0.0;
    }
    let lasts = |line: f64, processors: f64| {
        let pulls: Vec<(f64, f64)> = jobs.iter().map(|job| (job.comes, job.pull)).collect();
        let pulled = shared(&pulls, line);
        let running: Vec<(f64, f64)> = pulled
            .iter()
            .zip(&jobs)
            .map(|(at, job)| (at + job.rest, work))
            .collect();
        let last = |moments: &[f64]| moments.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let begun: Vec<f64> = running.iter().map(|(at, _)| *at).collect();
        [last(&begun), last(&shared(&running, processors))]
    };
    let [running_alone, ready_alone] = lasts(f64::INFINITY, f64::INFINITY);
    let [running, ready] = lasts(1.0, processors.max(1e-9));
    let pulls = (running - running_alone).max(0.0);
    pulls + healthy_later(&scenario.service, (ready - ready_alone - pulls).max(0.0))
}

/// A task's start: when it comes, and how long it pulls and starts alone \[s\].
struct Job {
    comes: f64,
    pull: f64,
    rest: f64,
}

/// When jobs are done that come at their moments and take so long alone, of which so many go on at
/// full speed side by side; else all are equally fast \[s\].
fn shared(jobs: &[(f64, f64)], width: f64) -> Vec<f64> {
    let mut left: Vec<f64> = jobs.iter().map(|job| job.1).collect();
    let mut done = vec![f64::INFINITY; jobs.len()];
    let mut now = f64::NEG_INFINITY;
    loop {
        let is_on = |i: &usize| jobs[*i].0 <= now && done[*i] == f64::INFINITY;
        let on: Vec<usize> = (0..jobs.len()).filter(is_on).collect();
        let comes = jobs.iter().map(|job| job.0).filter(|at| *at > now);
        let comes = comes.fold(f64::INFINITY, f64::min);
        let least = on.iter().map(|&i| left[i]).fold(f64::INFINITY, f64::min);
        if on.is_empty() && comes == f64::INFINITY {
            return done;
        }
        let speed =
            (width / f64::from(u32::try_from(on.len().max(1)).unwrap_or(u32::MAX))).min(1.0);
        let next = comes.min(now + least / speed);
        for &i in &on {
            left[i] -= (next - now) * speed;
            if left[i] <= 1e-9 {
                done[i] = next;
            }
        }
        now = next;
    }
}

/// Expected order statistics of so many standard normal numbers (Blom, 1958).
fn normal_scores(count: u32) -> Vec<f64> {
    let all = f64::from(count) + 0.25;
    (1..=count)
        .map(|i| Normal::standard().inverse_cdf((f64::from(i) - 0.375) / all))
        .collect()
}

/// How much later the last task is healthy where each is ready so much later \[s\].
fn healthy_later(service: &Service, ready_later: f64) -> f64 {
    let checked = service.load_balancer.is_some() || service.health_check.is_some();
    if ready_later <= 0.0 || !checked {
        return 0.0;
    }
    let last = |service: &Service| {
        let healthy = verdict(service, STEP).healthy;
        healthy.largest_of(service.desired_count).mean()
    };
    let mut later = Service {
        health_check_grace_period: None,
        ..service.clone()
    };
    let before = last(&later);
    later.timing.ready.mean.0 += ready_later;
    later.timing.ready.cv *= service.timing.ready.mean.0 / later.timing.ready.mean.0;
    last(&later) - before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_moments(found: &[f64], expected: &[f64]) {
        let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-9;
        assert!(found.iter().zip(expected).all(close), "{found:?}");
    }

    #[test]
    fn jobs_go_on_as_fast_as_the_others_leave_them() {
        // Alone from 0 to 4 s, then at half speed: the first has 6 s left, done at 16 s; the second
        // has 4 s left then and is alone.
        assert_moments(&shared(&[(0.0, 10.0), (4.0, 10.0)], 1.0), &[16.0, 20.0]);
        // Three on two processors at two thirds of the speed, and one that comes when all are done.
        let jobs = [(0.0, 12.0), (0.0, 12.0), (0.0, 12.0), (30.0, 5.0)];
        assert_moments(&shared(&jobs, 2.0), &[18.0, 18.0, 18.0, 35.0]);
        assert_moments(&shared(&jobs, f64::INFINITY), &[12.0, 12.0, 12.0, 35.0]);
        assert_moments(&shared(&[(1.0, 0.0)], 1.0), &[1.0]);
    }

    #[test]
    fn the_order_of_some_normal_numbers() {
        for (count, largest) in [(1, 0.0), (2, 0.564), (4, 1.029), (10, 1.539), (100, 2.508)] {
            let found = normal_scores(count)[count as usize - 1];
            assert!((found - largest).abs() < 0.03, "{count}: {found}");
        }
    }
}
