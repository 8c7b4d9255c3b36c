//! How a rolling deployment on ECS goes while hosts join, told task by task and event by event,
//! without any of the model's formulas.
//!
//! Assumed: no target is killed for failing its checks, no rate limit on starts, and either no
//! load balancer or one of applications that judges at the first pass. Events are ordered by time,
//! then by insertion.

mod law;

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use prescale::scenario::{DurationLaw, LoadBalancer, Timing};
use prescale::units::Seconds;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use law::Sampler;

/// From RUNNING to counted healthy where nothing checks the task [s].
const VERDICT_WITHOUT_CHECK: f64 = 40.0;

/// One deployment: bounds, room and how long things take.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// Desired count.
    pub desired: u32,
    /// The fewest healthy tasks that the scheduler leaves.
    pub lower: u32,
    /// The most tasks at a time.
    pub upper: u32,
    /// Whether a task that is stopping counts towards `upper`.
    pub stopping_counts: bool,
    /// Free places on the present hosts, beyond those of the old tasks.
    pub warm_places: u32,
    /// Free places on added hosts, filled first; each has still to pull the image.
    pub cold_places: u32,
    /// How long a task's phases take.
    pub timing: Timing,
    /// From a change to the one move it allows.
    pub reaction: DurationLaw,
    /// Absent: none.
    pub load_balancer: Option<LoadBalancer>,
    /// From the reaction to the last change to "deployment completed" [s].
    pub completion_lag: Seconds,
}

/// Hosts that are launched after the first moves, and join when they have booted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Launch {
    /// After the first moves [s].
    pub after: f64,
    /// How many.
    pub hosts: u32,
    /// Tasks that one holds.
    pub places: u32,
    /// From its launch to its first task.
    pub boot: DurationLaw,
}

/// What many runs have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// From the request to the last new task healthy.
    pub new_version: Clock,
    /// From the request to "deployment completed".
    pub completed: Clock,
}

/// The distribution of one duration [s].
#[derive(Debug, Clone, PartialEq)]
pub struct Clock {
    pub mean: f64,
    pub p95: f64,
}

/// Simulates a number of deployments while which hosts join.
///
/// # Panics
///
/// Where no deployment is possible.
pub fn run_with_launches(params: &Params, launches: &[Launch], runs: u32, seed: u64) -> Summary {
    let laws = Laws::of(params);
    let mut rng = SmallRng::seed_from_u64(seed);
    let outcomes: Vec<Outcome> = (0..runs)
        .map(|_| {
            let mut rollout = Rollout::new(params, &laws, &mut rng);
            rollout.launches = launches;
            rollout.play()
        })
        .collect();
    Summary {
        new_version: Clock::of(outcomes.iter().map(|run| run.new_version).collect()),
        completed: Clock::of(outcomes.iter().map(|run| run.completed).collect()),
    }
}

impl Clock {
    fn of(mut durations: Vec<f64>) -> Self {
        durations.sort_by(f64::total_cmp);
        let count = durations.len();
        let runs = f64::from(u32::try_from(count).expect("as many as were asked for"));
        let mean = durations.iter().sum::<f64>() / runs;
        let percentile = |percent: usize| durations[(count * percent).div_ceil(100) - 1];
        Self {
            mean,
            p95: percentile(95),
        }
    }
}

/// What is drawn anew for every task or change.
struct Laws {
    start: Sampler,
    cold_start_extra: Sampler,
    ready: Sampler,
    stop: Sampler,
    reaction: Sampler,
}

impl Laws {
    fn of(params: &Params) -> Self {
        Self {
            start: Sampler::new(params.timing.start),
            cold_start_extra: Sampler::new(params.timing.cold_start_extra),
            ready: Sampler::new(params.timing.ready),
            stop: Sampler::new(params.timing.stop),
            reaction: Sampler::new(params.reaction),
        }
    }
}

/// What one run came to.
struct Outcome {
    new_version: f64,
    completed: f64,
}

#[derive(Debug, Clone, Copy)]
enum Event {
    /// The scheduler turns to the request.
    RequestSeen,
    /// A new task passed its verdict.
    Healthy,
    /// The scheduler turns to a task that became healthy.
    HealthySeen,
    /// An old task is gone from its host.
    Stopped,
    /// The scheduler turns to a task that is gone, or to a place on a host that joined.
    StoppedSeen,
    /// A host with so many places has joined.
    Joined(u32),
}

struct Scheduled {
    time: f64,
    number: u32,
    event: Event,
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> Ordering {
        self.time
            .total_cmp(&other.time)
            .then(self.number.cmp(&other.number))
    }
}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Scheduled {}

/// A deployment under way.
struct Rollout<'a> {
    params: &'a Params,
    launches: &'a [Launch],
    laws: &'a Laws,
    rng: &'a mut SmallRng,
    queue: BinaryHeap<Reverse<Scheduled>>,
    scheduled: u32,
    now: f64,
    /// Old tasks not yet told to stop; all are healthy.
    old: u32,
    /// Old tasks told to stop and still on their hosts.
    stopping: u32,
    /// New tasks still to be started.
    to_start: u32,
    /// New tasks started and not yet healthy.
    starting: u32,
    /// New tasks that are healthy.
    new: u32,
    warm_free: u32,
    cold_free: u32,
}

impl<'a> Rollout<'a> {
    fn new(params: &'a Params, laws: &'a Laws, rng: &'a mut SmallRng) -> Self {
        Self {
            params,
            launches: &[],
            laws,
            rng,
            queue: BinaryHeap::new(),
            scheduled: 0,
            now: 0.0,
            old: params.desired,
            stopping: 0,
            to_start: params.desired,
            starting: 0,
            new: 0,
            warm_free: params.warm_places,
            cold_free: params.cold_places,
        }
    }

    fn play(mut self) -> Outcome {
        let mut new_version = 0.0;
        self.react(Event::RequestSeen);
        while self.new < self.params.desired || self.old + self.stopping > 0 {
            let Some(Reverse(next)) = self.queue.pop() else {
                panic!("stuck: nothing can move in {:?}", self.params);
            };
            self.now = next.time;
            match next.event {
                Event::RequestSeen => self.make_first_moves(),
                Event::Healthy => {
                    self.starting -= 1;
                    self.new += 1;
                    new_version = self.now;
                    self.react(Event::HealthySeen);
                }
                Event::HealthySeen => {
                    if self.stop_one() && !self.params.stopping_counts {
                        self.start_one();
                    }
                }
                Event::Stopped => {
                    self.stopping -= 1;
                    self.warm_free += 1;
                    self.react(Event::StoppedSeen);
                }
                Event::StoppedSeen => {
                    self.start_one();
                }
                Event::Joined(places) => {
                    self.cold_free += places;
                    for _ in 0..places {
                        self.react(Event::StoppedSeen);
                    }
                }
            }
        }
        Outcome {
            new_version,
            completed: self.now + self.laws.reaction.draw(self.rng) + self.params.completion_lag.0,
        }
    }

    fn healthy(&self) -> u32 {
        self.old + self.new
    }

    fn pending_or_running(&self) -> u32 {
        self.old + self.starting + self.new
    }

    /// Everything the bounds allow at the request. Where stopping tasks count, the order of the
    /// two makes no difference.
    fn make_first_moves(&mut self) {
        while self.stop_one() {}
        while self.start_one() {}
        for launch in self.launches {
            let boot = Sampler::new(launch.boot);
            for _ in 0..launch.hosts {
                let joined = launch.after + boot.draw(self.rng);
                self.schedule(joined, Event::Joined(launch.places));
            }
        }
    }

    /// Tells an old task to stop, if there is one and the lower bound allows it.
    fn stop_one(&mut self) -> bool {
        if self.old == 0 || self.healthy() <= self.params.lower {
            return false;
        }
        self.old -= 1;
        self.stopping += 1;
        let exit = self.laws.stop.draw(self.rng);
        let stopped = self.drain() + exit.min(self.params.timing.stop_timeout.0);
        self.schedule(stopped, Event::Stopped);
        true
    }

    /// Starts a new task, if there is one and both the upper bound and the room allow it.
    fn start_one(&mut self) -> bool {
        let counted = if self.params.stopping_counts {
            self.pending_or_running() + self.stopping
        } else {
            self.pending_or_running()
        };
        if self.to_start == 0 || counted >= self.params.upper {
            return false;
        }
        let mut start = self.laws.start.draw(self.rng);
        if self.cold_free > 0 {
            self.cold_free -= 1;
            start += self.laws.cold_start_extra.draw(self.rng);
        } else if self.warm_free > 0 {
            self.warm_free -= 1;
        } else {
            return false;
        }
        self.to_start -= 1;
        self.starting += 1;
        let verdict = self.verdict();
        self.schedule(start + verdict, Event::Healthy);
        true
    }

    fn drain(&self) -> f64 {
        self.params
            .load_balancer
            .map_or(0.0, |balancer| balancer.deregistration_delay.0)
    }

    /// From RUNNING to counted healthy [s].
    fn verdict(&mut self) -> f64 {
        let ready = self.laws.ready.draw(self.rng);
        let Some(balancer) = self.params.load_balancer else {
            return VERDICT_WITHOUT_CHECK;
        };
        let interval = balancer.health_check_interval.0;
        let phase = interval * (1.0 - self.rng.random::<f64>());
        let pass = first_pass(phase, interval, ready);
        if pass.failed_before < balancer.unhealthy_threshold {
            pass.time
        } else {
            pass.time + f64::from(balancer.healthy_threshold - 1) * interval
        }
    }

    /// Lets the scheduler notice, after a delay of its own, what has just changed.
    fn react(&mut self, seen: Event) {
        let delay = self.laws.reaction.draw(self.rng);
        self.schedule(delay, seen);
    }

    fn schedule(&mut self, after: f64, event: Event) {
        self.queue.push(Reverse(Scheduled {
            time: self.now + after,
            number: self.scheduled,
            event,
        }));
        self.scheduled += 1;
    }
}

/// The first check that a task passes.
struct Pass {
    /// Since RUNNING [s].
    time: f64,
    failed_before: u32,
}

fn first_pass(first_check: f64, interval: f64, ready: f64) -> Pass {
    let mut check = Pass {
        time: first_check,
        failed_before: 0,
    };
    while check.time < ready {
        check.time += interval;
        check.failed_before += 1;
    }
    check
}
