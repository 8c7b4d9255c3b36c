//! Tasks that start together on one host: the image is pulled and processors are shared.

use statrs::distribution::{Continuous, ContinuousCDF, Normal};

use super::law::{Law, standard_deviation};
use super::phases::Phases;
use super::verdict::verdict;
use crate::rollout::{Moves, places_on, places_on_added};
use crate::scenario::{Capacity, HostShape, Placement, Scenario, Service, Together};

/// Distance of two points of the laws of a verdict \[s\].
const STEP: f64 = 0.25;

/// Standard deviation of the range of a few normal numbers, against theirs.
const RANGE_VARIES: f64 = 0.87;

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
/// a stop in another; spread evenly over the hosts that have places, or packed onto as few as hold
/// them. Added hosts are filled first, with binpack last. Nothing is shared where the hosts are not
/// known.
///
/// # Formula
/// With n tasks on a host of v processors: `start` · `pull_share` · (n − 1) for the pulls, which
/// share the line, and w · max(0, n / v − 1) for the work w, of which each task keeps at most one
/// processor busy and which `ready` contains once: `start_cpu`, at most `ready`. That much later is
/// the last of tasks that come at the same moment. Of tasks that come one after another the first
/// needs no longer for as much as it comes before the last: a delay a becomes E\[max(0, a − r)\]
/// with r the range of n normal moments. A task that is ready later is healthy at a later check;
/// where nothing checks it, that takes no longer.
#[must_use]
pub fn crowd(scenario: &Scenario, phases: &Phases, moves: &Moves, added_hosts: u32) -> Crowd {
    let together = &scenario.service.timing.together;
    let Capacity::Hosts(cluster) = &scenario.capacity else {
        return Crowd::default();
    };
    if *together == Together::default() {
        return Crowd::default();
    }
    let starts = moves.surge.max(moves.slack).min(moves.desired);
    let mut worst = Crowd::default();
    let mut consider = |tasks: u32, shape: &HostShape| {
        let after_a_stop = [&phases.drain, &phases.reaction];
        let in_a_cycle = [
            &phases.start,
            &phases.reaction,
            &phases.drain,
            &phases.reaction,
        ];
        let first = if moves.surge >= moves.slack {
            longer(scenario, tasks, shape, 0.0)
        } else {
            longer(scenario, tasks, shape, deviation(&after_a_stop))
        };
        worst.together = worst.together.max(tasks);
        worst.first = worst.first.max(first);
        let later = longer(scenario, tasks, shape, deviation(&in_a_cycle));
        worst.later = worst.later.max(later);
    };
    let on_added = moves.on_added.min(starts);
    if let (Some(host), Some(places)) = (&scenario.prescale.host, places_on_added(scenario)) {
        consider(
            on_one(scenario, on_added, added_hosts, places.count),
            &host.shape,
        );
    }
    let groups = || cluster.hosts.iter().filter(|group| group.accepts_tasks);
    let listed: u32 = groups().map(|group| group.count).sum();
    for group in groups() {
        let daemons = &cluster.daemons;
        let places = places_on(&group.shape, group.used, daemons, &scenario.service).count;
        consider(
            on_one(scenario, starts - on_added, listed, places),
            &group.shape,
        );
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

/// How much later the last of so many tasks on a host is healthy that come with such a standard
/// deviation \[s\].
fn longer(scenario: &Scenario, tasks: u32, shape: &HostShape, apart: f64) -> f64 {
    let timing = &scenario.service.timing;
    let together = &timing.together;
    let processors = f64::from(shape.registered_cpu) / UNITS_PER_PROCESSOR;
    let number = f64::from(tasks);
    let start = standard_deviation(timing.start);
    let pulls = timing.start.mean.0 * together.pull_share * (number - 1.0).max(0.0);
    // The last of the tasks has a long pull by itself, which counts once.
    let own = together.pull_share * start * largest(tasks);
    let pulls = (last_later(pulls, tasks, apart) - own).max(0.0);
    let work = together.start_cpu.0.min(timing.ready.mean.0);
    let work = work * (number / processors.max(1e-9) - 1.0).max(0.0);
    let running_apart = apart.hypot(start * (1.0 - together.pull_share));
    let work = last_later(work, tasks, running_apart);
    pulls + healthy_later(&scenario.service, work)
}

/// The mean of the largest of so many standard normal numbers (Blom, 1958).
fn largest(count: u32) -> f64 {
    if count < 2 {
        return 0.0;
    }
    let count = f64::from(count);
    Normal::standard().inverse_cdf((count - 0.375) / (count + 0.25))
}

/// What is left of a delay of the last of so many tasks that come with such a standard deviation.
fn last_later(delay: f64, tasks: u32, apart: f64) -> f64 {
    if delay <= 0.0 || apart <= 0.0 || tasks < 2 {
        return delay.max(0.0);
    }
    let (range, deviation) = (2.0 * largest(tasks) * apart, RANGE_VARIES * apart);
    let normal = Normal::standard();
    let z = (delay - range) / deviation;
    (delay - range) * normal.cdf(z) + deviation * normal.pdf(z)
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

    #[test]
    fn tasks_that_come_apart_delay_each_other_less() {
        // At the same moment all of it; the range of two normal moments has mean 2 / √π and 0.85 of
        // a deviation.
        assert!((last_later(30.0, 2, 0.0) - 30.0).abs() < 1e-9);
        let left = last_later(30.0, 2, 5.0);
        assert!((left - (30.0 - 5.0 * 1.128)).abs() < 0.3, "{left}");
        assert!(last_later(30.0, 2, 1000.0) < 1000.0 * RANGE_VARIES);
        assert!(last_later(0.0, 2, 5.0) <= 0.0);
        assert!((last_later(30.0, 1, 5.0) - 30.0).abs() < 1e-9);
    }

    #[test]
    fn the_largest_of_some_normal_numbers() {
        for (count, mean) in [(1, 0.0), (2, 0.564), (4, 1.029), (10, 1.539), (100, 2.508)] {
            assert!(
                (largest(count) - mean).abs() < 0.03,
                "{count}: {}",
                largest(count)
            );
        }
    }
}
