//! Tasks that start together on one host: the image is pulled and processors are shared.

use crate::rollout::{Moves, places_on, places_on_added};
use crate::scenario::{Capacity, HostShape, Placement, Scenario, Together};

/// CPU units of one processor.
const UNITS_PER_PROCESSOR: f64 = 1024.0;

/// What starting together does to a start.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Crowd {
    /// Tasks that start together on the host with most of them.
    pub together: u32,
    /// How much longer each of them takes until it is ready \[s\].
    pub longer: f64,
}

/// The crowd of a rollout's moves.
///
/// The starts that the bounds and the hosts allow at once are made in one act; spread evenly over
/// the hosts that have places, or packed onto as few as hold them. Added hosts are filled first,
/// with binpack last. Nothing is shared where the hosts are not known.
///
/// # Formula
/// With n tasks on a host of v processors: `start` · `pull_share` · (n − 1) for the pulls, which
/// take their turns, and `start_cpu` · max(0, n / v − 1) for the work, of which each task keeps at
/// most one processor busy and which `ready` contains once.
#[must_use]
pub fn crowd(scenario: &Scenario, moves: &Moves, added_hosts: u32) -> Crowd {
    let together = &scenario.service.timing.together;
    let Capacity::Hosts(cluster) = &scenario.capacity else {
        return Crowd::default();
    };
    if *together == Together::default() {
        return Crowd::default();
    }
    let starts = moves.surge.saturating_add(moves.slack).min(moves.desired);
    let mut worst = Crowd::default();
    let mut consider = |tasks: u32, shape: &HostShape| {
        let longer = longer(scenario, tasks, shape);
        if tasks > worst.together || longer > worst.longer {
            worst = Crowd {
                together: tasks.max(worst.together),
                longer: longer.max(worst.longer),
            };
        }
    };
    let on_added = moves.cold.min(starts);
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

fn longer(scenario: &Scenario, tasks: u32, shape: &HostShape) -> f64 {
    let timing = &scenario.service.timing;
    let together = &timing.together;
    let processors = f64::from(shape.registered_cpu) / UNITS_PER_PROCESSOR;
    let tasks = f64::from(tasks);
    let pulls = timing.start.mean.0 * together.pull_share * (tasks - 1.0).max(0.0);
    let work = together.start_cpu.0 * (tasks / processors.max(1e-9) - 1.0).max(0.0);
    pulls + work
}
