//! A rollout whose starts share hosts and are killed, followed on all hosts from the first moves to
//! its end.
//!
//! Where a grace period is too short for starts that share a host, none of them is on its own: those
//! of one host are killed together and start again together, and each task that is healthy elsewhere
//! lets one more start on that host. No law of a single start tells that. Each phase takes the
//! quantiles of its law in a shuffled order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::iter;
use std::rc::Rc;

use super::UNITS_PER_PROCESSOR;
use crate::model::floor::{Floor, Host};
use crate::model::law::{Law, as_f64};
use crate::model::phases::Phases;
use crate::model::quantiles::{Shuffled, cold_running, reaction_and_drain};
use crate::model::start_limits::{Buckets, limits};
use crate::model::verdict::{Checks, Fate, more_passes, registration_of};
use crate::rollout::{Moves, others, places_on, places_on_added};
use crate::scenario::{Capacity, HostShape, Placement, Scenario, Together};

/// Tasks in the courses that are followed before it is asked whether these are enough, and the fewest
/// and the most of these courses.
const AT_ONCE: u32 = 2048;
const COURSES_AT_ONCE: [u32; 2] = [8, 64];

/// The most tasks that are followed in all courses together, and the most courses.
const MOST: [u32; 2] = [65_536, 2048];

/// A rollout of more tasks is not followed: a search asks for hundreds of them, and each would take
/// tens of milliseconds.
const MOST_TASKS: u32 = 24;

/// So far from the true mean duration may the one found be, as a share of it: standard error.
const NEAR: f64 = 0.012;

/// Quantiles of each phase: many more than one course takes, so that its own are as independent ones.
const QUANTILES: u32 = 1021;

/// In a course in which so many starts for each task fail no more is followed.
const MOST_ATTEMPTS: u32 = 200;

/// Moments that are no farther apart are the same \[s\].
const SAME: f64 = 1e-9;

/// Hosts that are alike, as the deployment finds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Alike {
    hosts: u32,
    host: Host,
    /// CPU units.
    cpu: u32,
}

/// The hosts of a deployment and what it may do there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Site {
    hosts: Vec<Alike>,
    placement: Placement,
    taken_by_others: u32,
    desired: u32,
    bounds: [u32; 2],
}

impl Site {
    /// The site of a deployment before which so many hosts are added, and so many stand beside the
    /// listed ones; None where its starts share nothing, none is killed, or hosts join.
    #[must_use]
    pub fn of(scenario: &Scenario, moves: &Moves, before: u32, standing: u32) -> Option<Self> {
        let service = &scenario.service;
        let Capacity::Hosts(cluster) = &scenario.capacity else {
            return None;
        };
        let is_shared = service.timing.together != Together::default();
        if !is_shared || service.health_check_grace_period.is_none() || moves.joining.places > 0 {
            return None;
        }
        let alike = |hosts: u32, places: u32, shape: &HostShape, is_added: bool| Alike {
            hosts,
            host: Host { places, is_added },
            cpu: shape.registered_cpu,
        };
        let mut hosts = Vec::new();
        for group in cluster.hosts.iter().filter(|group| group.accepts_tasks) {
            let places = places_on(&group.shape, group.used, &cluster.daemons, service);
            hosts.push(alike(group.count, places.count, &group.shape, false));
        }
        if let (Some(host), Some(places)) = (&scenario.prescale.host, places_on_added(scenario)) {
            hosts.push(alike(standing, places.count, &host.shape, false));
            hosts.push(alike(before, places.count, &host.shape, true));
        }
        hosts.retain(|alike| alike.hosts > 0);
        Some(Self {
            hosts,
            placement: service.placement,
            taken_by_others: others(scenario).map_or(0, |others| others.tasks),
            desired: moves.desired,
            bounds: [moves.bounds.lower, moves.bounds.upper],
        })
    }

    /// Whether the grace period is long enough for as many as may ever start on one host.
    ///
    /// # Formula
    /// At most U − L tasks are not healthy yet. Of n on w processors each is ready n / w times its
    /// work after it began, and may then have to pass a threshold of checks.
    fn is_patient(&self, scenario: &Scenario, alone: &Phases) -> bool {
        let service = &scenario.service;
        let Some(grace) = service.health_check_grace_period else {
            return true;
        };
        let [lower, upper] = self.bounds;
        let starting = upper.saturating_sub(lower).min(self.desired);
        let later = |alike: &Alike| {
            let tasks = f64::from(starting.min(alike.host.places));
            (tasks / processors(alike.cpu) - 1.0).max(0.0)
        };
        let latest = self.hosts.iter().map(later).fold(0.0, f64::max);
        let work = service.timing.together.start_cpu.0;
        let passes = service.load_balancer.as_ref().map_or(0.0, more_passes);
        alone.verdict.sufficient_grace.0 + latest * work + passes <= grace.0
    }

    /// Each host, and its CPU units.
    fn hosts(&self) -> (Vec<Host>, Vec<u32>) {
        let each = |alike: &Alike| iter::repeat_n((alike.host, alike.cpu), alike.hosts as usize);
        self.hosts.iter().flat_map(each).unzip()
    }
}

/// Processors of a host.
fn processors(cpu: u32) -> f64 {
    (f64::from(cpu) / UNITS_PER_PROCESSOR).max(SAME)
}

/// How a rollout goes in which starts that share hosts are killed.
#[derive(Debug)]
pub struct CrowdedRollout {
    /// From the request to the last new task healthy \[s\].
    pub new_version: Rc<Law>,
    /// From the request to the last change and the reaction to it \[s\].
    pub completed: Rc<Law>,
    /// For each number of healthy tasks below the desired count, how long so many are: mean \[s\].
    healthy_for: Vec<f64>,
}

impl CrowdedRollout {
    /// How long fewer tasks than so many are healthy: mean \[s\].
    #[must_use]
    pub fn short_seconds(&self, required: u32) -> f64 {
        self.healthy_for.iter().take(required as usize).sum()
    }
}

/// Follows a rollout that is not stuck; None where no start is killed, and for many tasks, whose starts
/// each have the law of one on a host of its own load.
#[must_use]
pub fn crowded_rollout(
    scenario: &Scenario,
    alone: &Phases,
    moves: &Moves,
    site: &Site,
) -> Option<CrowdedRollout> {
    if moves.desired > MOST_TASKS || site.is_patient(scenario, alone) {
        return None;
    }
    let (hosts, cpu) = site.hosts();
    let floor = Floor::filled(scenario, &hosts);
    let mut course = Course::of(scenario, alone, moves, floor.clone(), &cpu);
    let [tasks, most] = MOST;
    let most = most.min(tasks / moves.desired.max(1));
    let [fewest, at_once] = COURSES_AT_ONCE;
    let at_once = (AT_ONCE / moves.desired.max(1)).clamp(fewest, at_once);
    let (mut followed, mut ends) = (0, [const { Vec::new() }; 2]);
    while followed == 0 || (followed < most && !is_near(&ends[0])) {
        for _ in 0..at_once {
            course.begin_again(&floor);
            course.follow();
            ends[0].push(course.last_healthy);
            ends[1].push(course.now);
        }
        followed += at_once;
        if course.killed_in_all == 0 {
            return None;
        }
    }
    let chance = 1.0 / f64::from(followed);
    let step = alone.start.step();
    let [new_version, completed] = ends.map(|ends| {
        let points = ends.into_iter().map(|end| (end, chance));
        Law::from_points(points, step)
    });
    let reactions = alone.reaction.plus(&alone.reaction);
    Some(CrowdedRollout {
        new_version: Rc::new(new_version.roughly_plus(&alone.reaction)),
        completed: Rc::new(completed.roughly_plus(&reactions)),
        healthy_for: course.healthy_for.iter().map(|all| all * chance).collect(),
    })
}

/// Whether the mean of values is near enough to that of all there could be.
fn is_near(values: &[f64]) -> bool {
    let count = as_f64(values.len());
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    squares.sqrt() <= NEAR * mean * count
}

/// What differs from start to start.
struct Draws {
    start: Shuffled,
    extra: Shuffled,
    ready: Shuffled,
    /// Of an interval, until the first check.
    phase: Shuffled,
    registration: Option<Shuffled>,
    failure: Shuffled,
    drain: Shuffled,
    reactions: [Shuffled; 2],
}

impl Draws {
    fn of(scenario: &Scenario, alone: &Phases) -> Self {
        let service = &scenario.service;
        let timing = &service.timing;
        let step = alone.start.step();
        let [reaction, drain] = reaction_and_drain(scenario);
        let registration = registration_of(service, step);
        Self {
            start: Shuffled::of(&Law::of(timing.start, step), QUANTILES, 1),
            extra: Shuffled::of(&Law::of(timing.cold_start_extra, step), QUANTILES, 2),
            ready: Shuffled::of(&Law::of(timing.ready, step), QUANTILES, 3),
            phase: Shuffled::of_chances(QUANTILES, 4),
            registration: registration.map(|law| Shuffled::of(&law, QUANTILES, 5)),
            failure: Shuffled::of_chances(QUANTILES, 6),
            drain: Shuffled::of(&drain, QUANTILES, 7),
            reactions: [
                Shuffled::of(&reaction, QUANTILES, 8),
                Shuffled::of(&reaction, QUANTILES, 9),
            ],
        }
    }
}

/// A resource of a host that the tasks under way share evenly.
///
/// # Formula
/// With n jobs of which w go at full speed side by side, all go on at min(1, w / n): a job is done
/// when that speed, added up over time, has grown by its length.
#[derive(Debug, Clone)]
struct Line {
    width: f64,
    /// What a job that was there from the first moves on would have done \[s\].
    gone_on: f64,
    counted: f64,
    /// What `gone_on` is when they are done, and the tasks.
    jobs: Vec<(f64, u32)>,
    /// How often this has changed.
    changes: u32,
}

impl Line {
    fn of(width: f64) -> Self {
        Self {
            width,
            gone_on: 0.0,
            counted: 0.0,
            jobs: Vec::new(),
            changes: 0,
        }
    }

    fn begin_again(&mut self) {
        self.jobs.clear();
        [self.gone_on, self.counted] = [0.0; 2];
        self.changes = 0;
    }

    fn speed(&self) -> f64 {
        (self.width / as_f64(self.jobs.len().max(1))).min(1.0)
    }

    fn go_on(&mut self, now: f64) {
        self.gone_on += (now - self.counted) * self.speed();
        self.counted = now;
    }

    fn begin(&mut self, now: f64, task: u32, alone: f64) {
        self.go_on(now);
        self.jobs.push((self.gone_on + alone, task));
    }

    /// Takes out a task's job; whether it had one.
    fn give_up(&mut self, now: f64, task: u32) -> bool {
        self.go_on(now);
        let before = self.jobs.len();
        self.jobs.retain(|job| job.1 != task);
        self.jobs.len() < before
    }

    /// Takes out a task whose job is done by now.
    fn done(&mut self, now: f64) -> Option<u32> {
        self.go_on(now);
        let at = self
            .jobs
            .iter()
            .position(|job| job.0 <= self.gone_on + SAME)?;
        Some(self.jobs.swap_remove(at).1)
    }

    /// How long it takes until the next is done, if nothing changes \[s\].
    fn next(&self) -> Option<f64> {
        let next = self.jobs.iter().map(|job| job.0).reduce(f64::min)?;
        Some((next - self.gone_on).max(0.0) / self.speed())
    }
}

/// What tasks on one host share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    Pull,
    Work,
}

/// What happens: to a task, on a host, or by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    /// A task has its tokens.
    Begun(u32),
    /// A job of a host may be done, if the line has not changed since.
    Done {
        of: Of,
        host: usize,
        changes: u32,
    },
    Running(u32),
    /// A task is killed if it still works.
    NotReady(u32),
    Healthy,
    HealthySeen,
    Killed(u32),
    Failed(u32),
    Gone(usize),
    GoneSeen(usize),
}

/// A start under way.
#[derive(Debug, Clone, Copy)]
struct Task {
    host: usize,
    start: f64,
    extra: f64,
    ready: f64,
    first_check: f64,
    running: f64,
}

/// A deployment under way.
struct Course<'a> {
    scenario: &'a Scenario,
    checks: Checks<'a>,
    moves: Moves,
    draws: Draws,
    cold_running: f64,
    floor: Floor,
    lines: [Vec<Line>; 2],
    buckets: Option<Buckets>,
    now: f64,
    last_healthy: f64,
    /// Old tasks that were told to stop.
    told: u32,
    stopping: u32,
    to_start: u32,
    healthy: u32,
    failed: u32,
    /// Killed in all courses.
    killed_in_all: u32,
    tasks: Vec<Task>,
    ahead: BinaryHeap<Reverse<(u64, u32, Change)>>,
    changes: u32,
    healthy_for: Vec<f64>,
}

impl<'a> Course<'a> {
    fn of(
        scenario: &'a Scenario,
        alone: &Phases,
        moves: &Moves,
        floor: Floor,
        cpu: &[u32],
    ) -> Self {
        let grace = scenario.service.health_check_grace_period;
        Self {
            scenario,
            checks: Checks::of(&scenario.service, grace.map(|grace| grace.0)),
            moves: *moves,
            draws: Draws::of(scenario, alone),
            cold_running: cold_running(scenario),
            floor,
            lines: [
                cpu.iter().map(|_| Line::of(1.0)).collect(),
                cpu.iter().map(|&cpu| Line::of(processors(cpu))).collect(),
            ],
            buckets: None,
            now: 0.0,
            last_healthy: 0.0,
            told: 0,
            stopping: 0,
            to_start: 0,
            healthy: 0,
            failed: 0,
            killed_in_all: 0,
            tasks: Vec::new(),
            ahead: BinaryHeap::new(),
            changes: 0,
            healthy_for: vec![0.0; moves.desired as usize],
        }
    }

    /// Comes back to the first moves, in the same memory.
    fn begin_again(&mut self, floor: &Floor) {
        self.floor.copy(floor);
        self.lines.iter_mut().flatten().for_each(Line::begin_again);
        let launch_type = self.scenario.service.launch_type;
        let mut limits = limits(launch_type).iter();
        let is_limited = limits.any(|limit| limit.at_once < f64::from(self.moves.desired));
        self.buckets = is_limited.then(|| Buckets::full(launch_type));
        [self.now, self.last_healthy] = [0.0; 2];
        [self.told, self.stopping, self.healthy, self.failed] = [0; 4];
        self.to_start = self.moves.desired;
        self.tasks.clear();
        self.ahead.clear();
        self.changes = 0;
    }

    /// Follows it to its end, from the first moves on.
    fn follow(&mut self) {
        self.look();
        while !self.is_through() {
            let Some(Reverse((at, _, change))) = self.ahead.pop() else {
                return;
            };
            self.pass_until(f64::from_bits(at));
            self.happen(change);
        }
    }

    fn is_through(&self) -> bool {
        let has_failed = self.failed > MOST_ATTEMPTS.saturating_mul(self.moves.desired);
        let is_new = self.healthy == self.moves.desired;
        has_failed || (is_new && self.stopping == 0 && self.told == self.moves.desired)
    }

    fn pass_until(&mut self, moment: f64) {
        let healthy = self.moves.desired - self.told + self.healthy;
        if let Some(seconds) = self.healthy_for.get_mut(healthy as usize) {
            *seconds += moment - self.now;
        }
        self.now = moment;
    }

    fn happen(&mut self, change: Change) {
        // What has stopped keeps its place until that is seen, where others might take it.
        let counts = self.moves.stopping_counts;
        match change {
            Change::Begun(task) => self.begin_to_pull(task),
            Change::Done { of, host, changes } => self.done(of, host, changes),
            Change::Running(task) => self.running(task),
            Change::NotReady(task) => {
                let host = self.tasks[task as usize].host;
                if self.lines[Of::Work as usize][host].give_up(self.now, task) {
                    self.expect_done(Of::Work, host);
                    self.killed(host);
                }
            }
            Change::Healthy => {
                self.healthy += 1;
                self.last_healthy = self.now;
                self.react(0, Change::HealthySeen);
            }
            Change::HealthySeen => {
                if self.stop_one() && !counts {
                    self.start_one();
                }
            }
            Change::Killed(task) => self.killed(self.tasks[task as usize].host),
            Change::Failed(task) => {
                self.failed += 1;
                self.to_start += 1;
                self.leave(self.tasks[task as usize].host);
            }
            Change::Gone(host) => {
                self.stopping -= 1;
                self.leave(host);
            }
            Change::GoneSeen(host) => {
                if !counts {
                    self.floor.free(host);
                }
                self.start_one();
            }
        }
    }

    /// All that the bounds and the hosts allow.
    fn look(&mut self) {
        while self.stop_one() {}
        while self.start_one() {}
    }

    /// Tells an old task to stop, if the lower bound allows it.
    fn stop_one(&mut self) -> bool {
        let Some(&host) = self.floor.old.get(self.told as usize) else {
            return false;
        };
        if self.moves.desired - self.told + self.healthy <= self.moves.bounds.lower {
            return false;
        }
        self.told += 1;
        self.stop(host);
        true
    }

    fn stop(&mut self, host: usize) {
        self.stopping += 1;
        let drain = self.draws.drain.next();
        self.expect(drain, Change::Gone(host));
    }

    /// A task is gone: the scheduler turns to that.
    fn leave(&mut self, host: usize) {
        if self.moves.stopping_counts {
            self.floor.free(host);
        }
        self.react(1, Change::GoneSeen(host));
    }

    /// Starts a new task, if the upper bound and a host allow it.
    fn start_one(&mut self) -> bool {
        let Moves {
            desired,
            bounds,
            stopping_counts,
            ..
        } = self.moves;
        let stopping = if stopping_counts { self.stopping } else { 0 };
        // Old ones that were not told to stop, and new ones.
        let there = desired - self.told + (desired - self.to_start);
        if self.to_start == 0 || there + stopping >= bounds.upper {
            return false;
        }
        let Some(host) = self.floor.place() else {
            return false;
        };
        self.to_start -= 1;
        let buckets = self.buckets.as_mut();
        let wait = buckets.map_or(0.0, |buckets| buckets.take(self.now, 1).longest);
        let extra = self.draws.extra.next();
        let extra = if self.floor.is_cold(host, self.now) {
            extra
        } else {
            0.0
        };
        self.floor
            .has_image_from(host, self.now + wait + self.cold_running);
        let clock = self.draws.registration.as_mut().map_or(0.0, Shuffled::next);
        self.tasks.push(Task {
            host,
            start: self.draws.start.next().max(0.0),
            extra,
            ready: self.draws.ready.next(),
            first_check: clock + self.checks.interval() * self.draws.phase.next(),
            running: 0.0,
        });
        #[expect(
            clippy::cast_possible_truncation,
            reason = "tasks are counted in 32 bits"
        )]
        let task = (self.tasks.len() - 1) as u32;
        self.expect(wait, Change::Begun(task));
        true
    }

    fn begin_to_pull(&mut self, task: u32) {
        let Task {
            host, start, extra, ..
        } = self.tasks[task as usize];
        let pull = start * self.scenario.service.timing.together.pull_share;
        if pull > 0.0 {
            self.lines[Of::Pull as usize][host].begin(self.now, task, pull);
            self.expect_done(Of::Pull, host);
        } else {
            self.expect(start + extra, Change::Running(task));
        }
    }

    fn work(&self, task: u32) -> f64 {
        let ready = self.tasks[task as usize].ready;
        self.scenario.service.timing.together.start_cpu.0.min(ready)
    }

    fn running(&mut self, task: u32) {
        let work = self.work(task);
        let now = self.now;
        let started = &mut self.tasks[task as usize];
        started.running = now;
        let (host, first_check) = (started.host, started.first_check);
        if work <= 0.0 {
            self.judge(task);
            return;
        }
        self.lines[Of::Work as usize][host].begin(now, task, work);
        self.expect_done(Of::Work, host);
        if let Some(after) = self.checks.killed_unless_ready(first_check) {
            self.expect(after, Change::NotReady(task));
        }
    }

    fn done(&mut self, of: Of, host: usize, changes: u32) {
        if self.lines[of as usize][host].changes != changes {
            return;
        }
        while let Some(task) = self.lines[of as usize][host].done(self.now) {
            match of {
                Of::Pull => {
                    let Task { start, extra, .. } = self.tasks[task as usize];
                    let pulled = start * self.scenario.service.timing.together.pull_share;
                    self.expect(start - pulled + extra, Change::Running(task));
                }
                Of::Work => self.judge(task),
            }
        }
        self.expect_done(of, host);
    }

    fn expect_done(&mut self, of: Of, host: usize) {
        let line = &mut self.lines[of as usize][host];
        line.changes += 1;
        let changes = line.changes;
        if let Some(after) = line.next() {
            self.expect(after, Change::Done { of, host, changes });
        }
    }

    /// The work of a task is done: what becomes of it.
    fn judge(&mut self, task: u32) {
        let Task {
            ready,
            first_check,
            running,
            ..
        } = self.tasks[task as usize];
        let took = self.now - running;
        let fate = self
            .checks
            .fate(ready - self.work(task) + took, first_check);
        let (after, change) = match fate {
            Fate::Killed(after) => (after, Change::Killed(task)),
            Fate::Healthy(after) => {
                let failed = self.scenario.service.failed_start_probability;
                let fails = failed > 0.0 && self.draws.failure.next() < failed;
                (
                    after,
                    if fails {
                        Change::Failed(task)
                    } else {
                        Change::Healthy
                    },
                )
            }
        };
        self.expect((after - took).max(0.0), change);
    }

    /// What is killed is stopped like any other task.
    fn killed(&mut self, host: usize) {
        self.failed += 1;
        self.killed_in_all += 1;
        self.to_start += 1;
        self.stop(host);
    }

    fn react(&mut self, which: usize, change: Change) {
        let reaction = self.draws.reactions[which].next();
        self.expect(reaction, change);
    }

    fn expect(&mut self, after: f64, change: Change) {
        self.changes += 1;
        let at = (self.now + after).max(0.0);
        self.ahead
            .push(Reverse((at.to_bits(), self.changes, change)));
    }
}
