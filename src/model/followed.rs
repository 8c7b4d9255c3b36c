//! Courses of a deployment that are followed change by change, for what the order of its changes
//! decides and no formula tells: how many tasks are on each host in the end, as a new task goes to the
//! fullest host that has room, or to the emptiest; and how many there are meanwhile where those that
//! stop first and those that start first follow each other in the same places.
//!
//! Each phase takes the quantiles of its law in a shuffled order, which is the same whenever it is
//! asked for, and all of them before one comes again: a few courses then tell what many random ones
//! do.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::floor::{Floor, Host};
use super::phases::Phases;
use super::quantiles::{QUANTILES, Shuffled, cold_running, reaction_and_drain};
use super::start_limits::{StartLimit, limits};
use crate::rollout::Moves;
use crate::scenario::Scenario;

/// Starts that are followed in all.
const STARTS: u32 = 2048;
/// The fewest and the most courses for tasks on hosts.
const COURSES: [u32; 2] = [4, 16];
/// The same for a mean over time.
const COURSES_FOR_A_MEAN: [u32; 2] = [4, 64];

/// Tasks on each host at the end, course by course; all courses are equally likely.
///
/// Hosts that join while it runs are left out.
#[must_use]
pub fn left_on(
    scenario: &Scenario,
    moves: &Moves,
    durations: &PhaseQuantiles,
    hosts: &[Host],
) -> Vec<Vec<u32>> {
    let floor = Floor::filled(scenario, hosts);
    let mut all = Vec::new();
    follow(scenario, moves, durations, &floor, COURSES, |course| {
        all.push(course.floor.hosts.iter().map(|host| host.tasks).collect());
    });
    all
}

/// Task-seconds beyond the desired count where there is room for all tasks: mean \[s\].
///
/// # Formula
/// ∫ (tasks − d) dt = Σ moments at which old tasks are gone − Σ moments at which new ones start.
#[must_use]
pub fn mean_excess_task_seconds(
    scenario: &Scenario,
    moves: &Moves,
    durations: &PhaseQuantiles,
) -> f64 {
    let anywhere = Host {
        places: u32::MAX,
        is_added: false,
    };
    let floor = Floor::filled(scenario, &[anywhere]);
    let (mut sum, mut count) = (0.0, 0.0);
    let several = COURSES_FOR_A_MEAN;
    follow(scenario, moves, durations, &floor, several, |course| {
        sum += course.gone_at - course.started_at;
        count += 1.0;
    });
    sum / f64::max(count, 1.0)
}

/// Follows as many courses as hold the starts, within limits, each to its end.
fn follow(
    scenario: &Scenario,
    moves: &Moves,
    durations: &PhaseQuantiles,
    floor: &Floor,
    [fewest, most]: [u32; 2],
    mut at_the_end: impl FnMut(&Course),
) {
    let limits = limits(scenario.service.launch_type);
    let mut durations = durations.clone();
    let mut course = Course::of(moves, floor.clone(), limits);
    for _ in 0..(STARTS / moves.desired.max(1)).clamp(fewest, most) {
        course.begin_again(floor);
        course.follow(&mut durations);
        at_the_end(&course);
    }
}

/// The durations of the phases of a service, one after another \[s\].
#[derive(Debug, Clone)]
pub struct PhaseQuantiles {
    phases: [Shuffled; 5],
    /// From the start on a host without the image to RUNNING, when the host has it: mean.
    running: f64,
}

/// The phases that differ from task to task.
#[derive(Debug, Clone, Copy)]
enum Phase {
    ColdStart,
    Start,
    ReactionToHealthy,
    Drain,
    ReactionToGone,
}

impl PhaseQuantiles {
    /// The durations of a scenario's service.
    #[must_use]
    pub fn of(scenario: &Scenario, phases: &Phases) -> Self {
        let [reaction, drain] = reaction_and_drain(scenario);
        Self {
            phases: [
                Shuffled::of(&phases.cold_start, QUANTILES, 1),
                Shuffled::of(&phases.start, QUANTILES, 2),
                Shuffled::of(&reaction, QUANTILES, 3),
                Shuffled::of(&drain, QUANTILES, 4),
                Shuffled::of(&reaction, QUANTILES, 5),
            ],
            running: cold_running(scenario),
        }
    }

    fn next(&mut self, phase: Phase) -> f64 {
        self.phases[phase as usize].next()
    }
}

/// What happens, each to a task on a host or by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Healthy,
    HealthySeen,
    Gone(usize),
    GoneSeen(usize),
}

/// A deployment under way.
struct Course {
    moves: Moves,
    floor: Floor,
    now: f64,
    /// Old tasks that were told to stop.
    told: u32,
    stopping: u32,
    started: u32,
    healthy: u32,
    /// By the bits of their moments, which are not negative and so in the same order, and number.
    ahead: BinaryHeap<Reverse<(u64, u32, Change)>>,
    changes: u32,
    /// The moments of all starts so far, and of all old tasks that are gone, summed \[s\].
    started_at: f64,
    gone_at: f64,
    /// Tokens left under each limit, and when they were counted.
    tokens: Vec<(StartLimit, f64, f64)>,
}

impl Course {
    fn of(moves: &Moves, floor: Floor, limits: &[StartLimit]) -> Self {
        Self {
            moves: *moves,
            floor,
            now: 0.0,
            told: 0,
            stopping: 0,
            started: 0,
            healthy: 0,
            ahead: BinaryHeap::new(),
            changes: 0,
            started_at: 0.0,
            gone_at: 0.0,
            tokens: limits
                .iter()
                .map(|limit| (*limit, limit.at_once, 0.0))
                .collect(),
        }
    }

    /// Comes back to the request, in the same memory.
    fn begin_again(&mut self, floor: &Floor) {
        self.floor.copy(floor);
        self.now = 0.0;
        [self.told, self.stopping, self.started, self.healthy] = [0; 4];
        [self.started_at, self.gone_at] = [0.0; 2];
        for (limit, tokens, counted) in &mut self.tokens {
            (*tokens, *counted) = (limit.at_once, 0.0);
        }
    }

    /// How long the next start waits for its tokens \[s\].
    fn token_after(&mut self) -> f64 {
        let mut wait: f64 = 0.0;
        for (limit, tokens, counted) in &mut self.tokens {
            let refilled = *tokens + (self.now - *counted) * limit.per_second;
            *tokens = refilled.min(limit.at_once) - 1.0;
            *counted = self.now;
            wait = wait.max(-*tokens / limit.per_second);
        }
        wait
    }

    /// Follows it to its end, from the first moves on.
    fn follow(&mut self, durations: &mut PhaseQuantiles) {
        let mut moved = true;
        while moved {
            moved = self.stop_one(durations);
            while self.stop_one(durations) {}
            while self.start_one(durations) {
                moved = true;
            }
            while let Some(Reverse((at, _, change))) = self.ahead.pop() {
                self.now = f64::from_bits(at);
                self.happen(change, durations);
            }
        }
    }

    fn happen(&mut self, change: Change, durations: &mut PhaseQuantiles) {
        // What has stopped keeps its place until that is seen, where others might take it.
        let counts = self.moves.stopping_counts;
        match change {
            Change::Healthy => {
                self.healthy += 1;
                let reaction = durations.next(Phase::ReactionToHealthy);
                self.expect(reaction, Change::HealthySeen);
            }
            Change::HealthySeen => {
                if self.stop_one(durations) && !counts {
                    self.start_one(durations);
                }
            }
            Change::Gone(host) => {
                self.stopping -= 1;
                self.gone_at += self.now;
                if counts {
                    self.floor.free(host);
                }
                let reaction = durations.next(Phase::ReactionToGone);
                self.expect(reaction, Change::GoneSeen(host));
            }
            Change::GoneSeen(host) => {
                if !counts {
                    self.floor.free(host);
                }
                self.start_one(durations);
            }
        }
    }

    fn expect(&mut self, after: f64, change: Change) {
        self.changes += 1;
        let at = (self.now + after).max(0.0);
        self.ahead
            .push(Reverse((at.to_bits(), self.changes, change)));
    }

    /// Tells an old task to stop, if the lower bound allows it.
    fn stop_one(&mut self, durations: &mut PhaseQuantiles) -> bool {
        let Some(&host) = self.floor.old.get(self.told as usize) else {
            return false;
        };
        if self.moves.desired - self.told + self.healthy <= self.moves.bounds.lower {
            return false;
        }
        self.told += 1;
        self.stopping += 1;
        let drain = durations.next(Phase::Drain);
        self.expect(drain, Change::Gone(host));
        true
    }

    /// Starts a new task, if the upper bound and a host allow it.
    fn start_one(&mut self, durations: &mut PhaseQuantiles) -> bool {
        let Moves {
            desired,
            bounds,
            stopping_counts,
            ..
        } = self.moves;
        let stopping = if stopping_counts { self.stopping } else { 0 };
        if self.started == desired || desired - self.told + self.started + stopping >= bounds.upper
        {
            return false;
        }
        let Some(host) = self.floor.place() else {
            return false;
        };
        self.started += 1;
        self.started_at += self.now;
        let wait = self.token_after();
        self.floor
            .has_image_from(host, self.now + wait + durations.running);
        let start = durations.next(if self.floor.is_cold(host, self.now) {
            Phase::ColdStart
        } else {
            Phase::Start
        });
        self.expect(wait + start, Change::Healthy);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::scenario_moves;
    use crate::scenario::read::{Purpose, Syntax, scenario};

    fn host(places: u32, is_added: bool) -> Host {
        Host { places, is_added }
    }

    /// So many tasks on two listed hosts of four places, with so many added ones.
    fn read(placement: &str, percents: &str, hosts: u32, tasks: u32) -> Scenario {
        let text = format!(
            "[service]\nname = \"s\"\ndesired_count = {tasks}\ncpu = 128\nmemory_mib = 256\n\
             network_mode = \"bridge\"\nhost_port = \"dynamic\"\nplacement = \"{placement}\"\n\
             [service.timing]\nstart = \"40s\"\nready = \"5s\"\nstop = \"5s\"\n\
             [deployment]\n{percents}\nreaction = \"20s\"\n\
             [cluster]\nregion = \"us-east-1\"\n\
             [[cluster.hosts]]\ninstance_type = \"m5.large\"\ncount = 2\n\
             registered_cpu = 512\nregistered_memory_mib = 1100\n\
             [prescale]\nhosts = {hosts}\n"
        );
        scenario(&text, Syntax::Toml, Purpose::DurationsOnly).unwrap()
    }

    /// Eight tasks on each host, in each course.
    fn left(placement: &str, percents: &str, hosts: u32) -> Vec<Vec<u32>> {
        let scenario = read(placement, percents, hosts, 8);
        let moves = scenario_moves(&scenario).unwrap();
        let durations = PhaseQuantiles::of(&scenario, &Phases::of(&scenario));
        let mut all = vec![host(4, false); 2];
        all.extend(vec![host(4, true); hosts as usize]);
        left_on(&scenario, &moves, &durations, &all)
    }

    const DOUBLE: &str = "minimum_healthy_percent = 100\nmaximum_percent = 200";
    const BY_TWO: &str = "minimum_healthy_percent = 100\nmaximum_percent = 125";

    #[test]
    fn what_starts_beside_all_old_tasks_is_on_added_hosts() {
        for left in left("binpack", DOUBLE, 2) {
            assert_eq!(left, [0, 0, 4, 4]);
        }
    }

    #[test]
    fn two_by_two_fill_the_added_host_once_it_is_the_fullest() {
        // Two start on the added host and two stop on the first: each holds two, and the listed one
        // comes first. Then two of it stop again: it is the emptier one.
        let courses = left("binpack", BY_TWO, 1);
        for left in &courses {
            assert_eq!(left.iter().sum::<u32>(), 8);
            assert!(left.iter().all(|&tasks| tasks <= 4), "{left:?}");
            assert!(left[2] >= 2, "{left:?}");
        }
    }

    #[test]
    fn one_of_two_goes_first_and_one_starts_beside() {
        // Healthy 45 s after a start (40 s and 5 s), gone 5 s after a stop, reactions of 20 s, no
        // load balancer. With 50/150 of two: a start and a stop at 0; gone at 5, and at 25 the second
        // start; the first is seen to be healthy at 40 + 40 + 20 and tells the other, gone 5 s later.
        let scenario = read(
            "spread",
            "minimum_healthy_percent = 50\nmaximum_percent = 150",
            0,
            2,
        );
        let moves = scenario_moves(&scenario).unwrap();
        let durations = PhaseQuantiles::of(&scenario, &Phases::of(&scenario));
        let found = mean_excess_task_seconds(&scenario, &moves, &durations);
        let expected = 5.0 + 105.0 - 25.0;
        assert!((found - expected).abs() < 1e-6, "{found}");
    }

    #[test]
    fn spread_tasks_fill_the_added_hosts_first() {
        for left in left("spread", BY_TWO, 1) {
            assert_eq!(left[2], 4);
            assert_eq!(left[0] + left[1], 4);
        }
    }
}
