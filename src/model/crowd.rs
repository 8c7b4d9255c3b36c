//! Tasks that start together on one host: the image is pulled and processors are shared.

mod host;
mod lattice;
mod rollout;

use super::attempts::Retries;
use super::law::{Law, as_f64};
use super::phases::Phases;
use super::verdict::{RARELY, Verdict};
use crate::rollout::{Moves, places_on, places_on_added};
use crate::scenario::{Capacity, HostShape, Placement, Scenario, Together};
use crate::units::Seconds;
use host::{Chances, Followed, Starts, Width, follow};
pub use rollout::{CrowdedRollout, Site, crowded_rollout};

/// CPU units of one processor.
const UNITS_PER_PROCESSOR: f64 = 1024.0;

/// Starts of one place that are followed; the last of them stands for all later ones.
const MOST_ROUNDS: u32 = 4;

/// So many of the tasks are healthy within the smallest sufficient grace period.
const SUFFICIENT: f64 = 0.999;

/// Moments that are no farther apart are the same \[s\].
const SAME: f64 = 1e-6;

/// Hosts on which the same starts share the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Load {
    /// How many hosts.
    pub hosts: u32,
    /// CPU units of each.
    pub cpu: u32,
    /// Places on each, and the starts that they make.
    pub starts: Starts,
}

/// What starting together does to the starts.
#[derive(Debug, Clone)]
pub struct Crowd {
    /// Tasks that start together on the host with most of them.
    pub together: u32,
    /// How much later the last of them is healthy that start with the first moves \[s\].
    pub first: f64,
    /// The same of one that starts later, by when they come apart from each other \[s\].
    pub later: f64,
    /// The phases of one attempt of a start.
    pub phases: Phases,
    /// The phases of a rollout in which each place starts again until one is healthy.
    pub until_healthy: Phases,
}

/// The starts of a rollout on each of the hosts; none where they share nothing.
///
/// The starts that the bounds and the hosts allow at once are made in one act, and those that follow
/// a stop come apart from each other; spread evenly over the hosts that have places, or packed onto
/// as few as hold them. Added hosts are filled first, with binpack last; what waits for hosts that
/// join starts at once on each of them. Nothing is shared where the hosts are not known.
#[must_use]
pub fn loads(scenario: &Scenario, moves: &Moves, added_hosts: u32) -> Vec<Load> {
    let together = &scenario.service.timing.together;
    let Capacity::Hosts(cluster) = &scenario.capacity else {
        return Vec::new();
    };
    if *together == Together::default() {
        return Vec::new();
    }
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
    let elsewhere = [starts[0] - on_added[0], starts[1] - on_added[1]];
    let joining = moves.joining;
    let all_places = all.saturating_add(joining.places).max(1);
    let of_each = moves.desired.div_ceil(all_places).min(MOST_ROUNDS);
    let mut spread = Placed {
        placement: scenario.service.placement,
        of_each,
        loads: Vec::new(),
    };
    if let (Some(host), Some(places)) = (&scenario.prescale.host, places_on_added(scenario)) {
        spread.on(on_added, &[(added_hosts, places.count, &host.shape)]);
        let joining_hosts = (joining.hosts, joining.each, &host.shape);
        spread.on([joining.places, 0], &[joining_hosts]);
    }
    let groups: Vec<(u32, u32, &HostShape)> = cluster
        .hosts
        .iter()
        .filter(|group| group.accepts_tasks)
        .map(|group| {
            let daemons = &cluster.daemons;
            let places = places_on(&group.shape, group.used, daemons, &scenario.service);
            (group.count, places.count, &group.shape)
        })
        .collect();
    spread.on(elsewhere, &groups);
    let shares = |load: &Load| {
        let tasks = load.starts.at_once + load.starts.later;
        tasks > 1
            && (together.pull_share > 0.0
                || f64::from(tasks) > f64::from(load.cpu) / UNITS_PER_PROCESSOR)
    };
    if spread.loads.iter().any(shares) {
        spread.loads
    } else {
        Vec::new()
    }
}

/// Starts that are placed on hosts.
struct Placed {
    placement: Placement,
    of_each: u32,
    loads: Vec<Load>,
}

impl Placed {
    /// So many starts at once and so many later, on so many hosts of each shape with so many places.
    fn on(&mut self, starts: [u32; 2], groups: &[(u32, u32, &HostShape)]) {
        let hosts: u32 = groups.iter().map(|group| group.0).sum();
        let [mut at_once, all] = [starts[0], starts[0] + starts[1]];
        let (mut first, mut left) = (0, all);
        for &(count, places, shape) in groups {
            for host in first..first + count {
                // Of n starts on h hosts the i-th gets every h-th.
                let nth = |starts: u32| starts.saturating_sub(host).div_ceil(hosts.max(1));
                let (here, now) = match self.placement {
                    Placement::Spread => {
                        let here = nth(all).min(places);
                        (here, nth(starts[0]).min(here))
                    }
                    Placement::Binpack => {
                        let here = left.min(places);
                        (here, at_once.min(here))
                    }
                };
                left -= here.min(left);
                at_once -= now.min(at_once);
                self.add(shape.registered_cpu, now, here - now);
            }
            first += count;
        }
    }

    fn add(&mut self, cpu: u32, at_once: u32, later: u32) {
        let starts = Starts {
            at_once,
            later,
            of_each: self.of_each,
        };
        if at_once + later == 0 {
            return;
        }
        match self
            .loads
            .iter_mut()
            .find(|load| load.cpu == cpu && load.starts == starts)
        {
            Some(load) => load.hosts += 1,
            None => self.loads.push(Load {
                hosts: 1,
                cpu,
                starts,
            }),
        }
    }
}

/// The crowd of starts on such hosts, of a rollout in so many rounds.
///
/// # Formula
/// Pulls share the line of a host, then the work w until ready its processors, of which each task
/// keeps at most one busy: `start` · `pull_share` and `start_cpu`, at most `ready`, which contain
/// them once. The starts on a host are followed at evenly chosen points of all their chances: a task
/// whose check fails while it still works is killed and leaves its share to the others, and its place
/// starts another after drain and reaction. The law of a start is the mixture of those of all hosts
/// and rounds. As the last on a host is so always, the largest of independent starts has about the
/// law of the largest of the hosts' last ones. Where some are killed the tasks of a host wait for
/// each other for long; in one round, each then has the law of independent ones of which the largest
/// is that of all hosts, F(x)^(1/d).
#[must_use]
pub fn crowd(scenario: &Scenario, phases: &Phases, loads: &[Load], rounds: u32) -> Crowd {
    let chances = Chances::of(scenario, phases);
    let grace = scenario.service.health_check_grace_period;
    let grace = grace.map(|grace| grace.0);
    let mut all = Mixture::default();
    let (mut together, mut first, mut later) = (0, 0.0_f64, 0.0_f64);
    for load in loads {
        let tasks = load.starts.at_once + load.starts.later;
        let width = Width {
            line: 1.0,
            processors: (f64::from(load.cpu) / UNITS_PER_PROCESSOR).max(1e-9),
        };
        let shared = follow(&chances, load.starts, width, grace);
        let alone = follow(&chances, load.starts, Width::UNLIMITED, None);
        let patient = match grace {
            Some(_) => follow(&chances, load.starts, width, None).verdict,
            None => shared.verdict.clone(),
        };
        together = together.max(load.starts.at_once).max(load.starts.later);
        first = first.max(mean(&shared.first) - mean(&alone.first));
        let last = |followed: &Followed| followed.until_healthy.last().map_or(0.0, |of| mean(of));
        later = later.max(last(&shared) - last(&alone));
        all.add([load.hosts, tasks], shared, patient, rounds);
    }
    let [phases, until_healthy] = all.phases(scenario, phases);
    Crowd {
        together,
        first,
        later,
        phases,
        until_healthy,
    }
}

/// Values with their weights.
type Values = Vec<(f64, f64)>;

/// The starts on all hosts.
#[derive(Default)]
struct Mixture {
    until_healthy: Values,
    attempt: Values,
    verdict: Values,
    patient: Values,
    /// For each kind of hosts, how many there are, their tasks, and the longest times until healthy.
    longest: Vec<([u32; 2], Values)>,
    killed: [Values; 2],
    failed: [Values; 2],
}

impl Mixture {
    fn add(
        &mut self,
        [number, tasks]: [u32; 2],
        followed: Followed,
        patient: Vec<f64>,
        rounds: u32,
    ) {
        let hosts = f64::from(number);
        if rounds == 1 {
            let longest = followed.longest.iter().map(|&value| (value, 1.0));
            self.longest.push(([number, tasks], longest.collect()));
        }
        let rounds_followed = followed.until_healthy.len();
        for (round, values) in followed.until_healthy.into_iter().enumerate() {
            let stands_for = if round + 1 == rounds_followed {
                f64::from(rounds) - as_f64(round)
            } else {
                1.0
            };
            let weight = hosts * stands_for;
            self.until_healthy
                .extend(values.into_iter().map(|value| (value, weight)));
        }
        let weighed = |values: Vec<f64>| values.into_iter().map(move |value| (value, hosts));
        self.attempt.extend(weighed(followed.attempt));
        self.verdict.extend(weighed(followed.verdict));
        self.patient.extend(weighed(patient));
        for (to, from) in [
            (&mut self.killed, followed.killed),
            (&mut self.failed, followed.failed),
        ] {
            for [ends, again] in from {
                to[0].push((ends, hosts));
                to[1].push((again, hosts));
            }
        }
    }

    /// The phases of an attempt, and of a rollout.
    fn phases(&self, scenario: &Scenario, alone: &Phases) -> [Phases; 2] {
        let step = alone.start.step();
        let extra = Law::of(scenario.service.timing.cold_start_extra, step);
        let [good, killed, failed] = [&self.attempt, &self.killed[0], &self.failed[0]].map(weight);
        let attempts = good + killed + failed;
        let enough = (smallest_with(&self.patient, SUFFICIENT) - SAME).ceil();
        let attempt = law(&self.attempt, step);
        let of_killed = killed / (killed + failed).max(f64::MIN_POSITIVE);
        let ended = |which: usize| {
            law(&self.failed[which], step).or_with(of_killed, &law(&self.killed[which], step))
        };
        let retries = (killed + failed > 0.0).then(|| Retries {
            failed: (killed + failed) / attempts,
            fails: ended(0),
            own: ended(1),
            again: ended(0).plus(&ended(1)),
        });
        let killed_law = law(&self.killed[0], step);
        let one = Phases {
            cold_start: attempt.plus(&extra),
            start: attempt,
            verdict: Verdict {
                healthy: law(&self.verdict, step),
                kill_probability: killed / attempts,
                killed: killed_law.clone(),
                sufficient_grace: Seconds(enough.max(alone.verdict.sufficient_grace.0)),
            },
            killed: (killed > 0.0).then(|| (killed / attempts, killed_law)),
            retries,
            ..alone.clone()
        };
        let start = self
            .with_the_longest_of_all(step)
            .filter(|_| killed / attempts > RARELY)
            .unwrap_or_else(|| law(&self.until_healthy, step));
        let until_healthy = Phases {
            cold_start: start.plus(&extra),
            start,
            ..one.clone()
        };
        [one, until_healthy]
    }
}

impl Mixture {
    /// The law of independent starts of which the longest has the law of the longest on all hosts;
    /// None where there is more than one round.
    fn with_the_longest_of_all(&self, step: f64) -> Option<Law> {
        let tasks: u32 = self
            .longest
            .iter()
            .map(|([hosts, each], _)| hosts * each)
            .sum();
        let on_hosts = self.longest.iter();
        let longest = on_hosts
            .map(|([hosts, _], values)| law(values, step).largest_of(*hosts))
            .reduce(|all, other| all.later_of(&other))?;
        Some(longest.each_of(f64::from(tasks)))
    }
}

/// The smallest of the values that has such a share of the weight up to it.
fn smallest_with(values: &Values, share: f64) -> f64 {
    let mut sorted = values.clone();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut left = share * weight(values);
    for (value, weight) in &sorted {
        left -= weight;
        if left <= 0.0 {
            return *value;
        }
    }
    sorted.last().map_or(0.0, |last| last.0)
}

fn weight(values: &Values) -> f64 {
    values.iter().map(|value| value.1).sum()
}

fn law(values: &Values, step: f64) -> Law {
    let all = weight(values);
    let points = values.iter().map(|&(value, weight)| (value, weight / all));
    Law::from_points(points, step)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / as_f64(values.len()).max(1.0)
}
