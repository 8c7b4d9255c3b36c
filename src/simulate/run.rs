//! One run: a deployment, and the release of the hosts that were added for it, event by event.
//!
//! The scheduler turns to each change after a delay of its own and then makes the one move that the
//! change allows: a healthy task lets an old one stop, a task that is gone lets a new one start. The
//! request is one change that allows all first moves. A move that its change should have allowed but
//! a failure took away is made up for when nothing else is under way, one delay later.
//!
//! With a capacity provider tasks without a place wait in PROVISIONING, and each turns to a host that
//! has joined after a delay of its own. Managed scaling sees what waits when its alarm goes off.

use rand::RngExt as _;
use rand::SeedableRng as _;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom as _;

use super::floor::Floor;
use super::health::{Checks, Drawn, Fate};
use super::law::Sampler;
use super::queue::Queue;
use super::setup::{Origin, Setup, Waiting};
use super::shared::Shared;
use super::tilt::{KINDS, Likelihood, Mixture};
use super::timeline::{Happening, Row};
use crate::scenario::{
    Detection, Fallback, Granularity, LoadBalancerKind, ManagedScaling, Placement, Purchase,
    ReleaseHosts,
};

/// From the notice to the end of a spot host \[s\] (Amazon EC2, spot interruption notices).
const NOTICE: f64 = 120.0;
/// The shortest drain behind a network load balancer, whatever its settings \[s\].
const NLB_SHORTEST_DRAIN: f64 = 120.0;
/// How long a task that waits for a host is tried once per reaction \[s\].
const TRIED_OFTEN_FOR: f64 = 50.0;
/// Time between two of these where the scheduler reacts at once \[s\].
const TRIED_AT_MOST_EVERY: f64 = 1.0;
/// Time between two tries after that \[s\].
const TRIED_EVERY: f64 = 300.0;
/// The shortest time that is billed per launch \[s\].
const MINIMUM_BILLED: f64 = 60.0;
/// How long managed scaling leaves hosts that are not needed \[s\].
const SCALE_IN: f64 = 900.0;
/// So much of a delay is no difference but in the order of what it ends.
const SAME_MOMENT: f64 = 1e-12;
/// A deployment in which so many starts for each task fail does not get anywhere.
const MOST_ATTEMPTS: u64 = 200;

/// What one run came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// The wait for the added hosts before the request \[s\].
    pub lead: f64,
    /// From the request to the last new task healthy \[s\].
    pub new_version: f64,
    /// From the request to "deployment completed" \[s\].
    pub completed: f64,
    /// From the request to the decision to roll back, where the version never gets healthy \[s\].
    pub given_up: f64,
    /// Moving tasks off the hosts that go \[s\].
    pub evacuation: f64,
    /// From "completed" to the end of the hosts that go \[s\].
    pub release: f64,
    /// Time with fewer healthy tasks than required \[s\].
    pub short_seconds: f64,
    /// Tasks on hosts beyond the desired count, less those missing, over time \[s\].
    pub excess_task_seconds: f64,
    /// Billed for added hosts bought on demand, and for spot ones \[h\].
    pub billed_hours: [f64; 2],
    /// How long added hosts were there, bought on demand and spot, all of them together \[s\].
    pub there_for: [f64; 2],
    /// How many of the added hosts came to be on demand and spot.
    pub added_hosts: [u32; 2],
    /// How many hosts managed scaling launched; they are among the added ones.
    pub scaled_hosts: u32,
    /// The fewest healthy tasks after a stop by the scheduler.
    pub min_healthy: u32,
    /// The most tasks that were pending, running or stopping.
    pub peak: u32,
    /// Starts that were killed or failed.
    pub failed: u64,
    /// All starts.
    pub starts: u64,
    /// Events.
    pub events: u64,
}

/// Why a run does not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// Nothing can move: no task may be started by the upper bound.
    UpperBound,
    /// Nothing can move: tasks are there to be stopped, but too few are healthy.
    LowerBound,
    /// Nothing can move: no host has room.
    Room,
    /// Starts fail one after another.
    Failing,
}

/// Everything that is prepared once for many runs.
#[derive(Debug)]
pub struct Prepared<'a> {
    pub(super) setup: &'a Setup,
    pub(super) checks: Checks,
    start: Sampler,
    cold_start_extra: Sampler,
    stop: Sampler,
    reaction: Sampler,
    boot: Sampler,
    fulfilment_time: Sampler,
    zone_outage: Sampler,
    /// Hosts with the old tasks on them, and those of others.
    floor: Floor,
    /// Places that others take of the added hosts, as the others are full.
    others_on_added: u32,
    old: Vec<Task>,
    /// What may strike, each with its hazard \[1/s\].
    strikes: Vec<(Strike, f64)>,
    /// The same of the hosts that stand between deployments.
    at_rest: Vec<(Strike, f64)>,
}

/// What may take hosts away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strike {
    Host(u32),
    Pool(u32),
    Zone(u32),
}

impl Strike {
    /// The number of its kind.
    const fn kind(self) -> usize {
        match self {
            Self::Host(_) => 0,
            Self::Pool(_) => 1,
            Self::Zone(_) => 2,
        }
    }
}

/// What strikes came to in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// How many there were.
    pub strikes: u32,
    /// How many of them took a zone.
    pub zones: u32,
}

#[derive(Debug, Clone, Copy)]
struct Task {
    host: u32,
    state: State,
    is_new: bool,
    /// Since when its share of load rises, if it does.
    ramps_from: Option<f64>,
    /// It is gone, and the reaction to that is still to come, until which nobody gets its place.
    keeps_place: bool,
    /// Its host was struck, and the reaction to that is not refused: that it is gone is no other
    /// change.
    is_seen_to: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not healthy yet.
    Starting,
    Healthy,
    Stopping,
    Gone,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// A good version comes, or the old one comes back.
    Deploying,
    /// No start of the version gets healthy.
    Failing,
    /// Hosts go: none is launched then.
    Releasing,
    /// Nothing is deployed: what was struck comes back.
    Recovering,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal),* $(,)?) => {
        $($(#[$doc])* const $name: u8 = $number;)*
    };
}

kinds! {
    /// The scheduler turns to the request, or looks for what it may do.
    LOOK = 0,
    RUNNING = 1,
    HEALTHY = 2,
    HEALTHY_SEEN = 3,
    KILLED = 4,
    FAILED = 5,
    STOPPED = 6,
    GONE_SEEN = 7,
    /// Tasks that wait for a host are tried again.
    RETRY = 8,
    /// Hosts are struck.
    STRIKE = 9,
    /// A host that was given notice, or was in a lost zone, is gone.
    HOST_GONE = 10,
    /// Another host stands in its place, or one that was launched is there.
    JOINED = 11,
    /// Managed scaling looks at what waits.
    ALARM = 12,
    /// A task in PROVISIONING turns to a host that has joined.
    PROVIDED = 13,
    /// The version is given up.
    GIVEN_UP = 14,
    /// A new task has its full share of load.
    RAMPED = 15,
    /// A task that pulls its image beside others has its tokens.
    PULLS = 16,
    /// An image is there.
    PULLED = 17,
    /// The work until a task is ready is done.
    WORKED = 18,
    /// A task is killed if its work is not done.
    NOT_READY = 19,
}

/// Whether nothing follows by itself from what is expected.
const fn is_beside(kind: u8) -> bool {
    matches!(kind, STRIKE | HOST_GONE | JOINED | RAMPED | NOT_READY)
}

impl<'a> Prepared<'a> {
    /// Places the old tasks on the hosts, one by one.
    ///
    /// # Errors
    /// The hosts that stand have no place for one of them.
    pub fn of(setup: &'a Setup) -> Result<Self, super::NoPlace> {
        let mut floor = Floor::empty(setup);
        let (old, others) = filled(setup, &mut floor)?;
        Ok(Self {
            setup,
            checks: Checks::of(setup),
            start: Sampler::new(setup.timing.start),
            cold_start_extra: Sampler::new(setup.timing.cold_start_extra),
            stop: Sampler::new(setup.timing.stop),
            reaction: Sampler::new(setup.reaction),
            boot: Sampler::new(setup.adding.boot),
            fulfilment_time: Sampler::new(setup.spot.fulfilment_time),
            zone_outage: Sampler::new(setup.zone_outage),
            floor,
            others_on_added: others,
            old,
            at_rest: at_rest(setup),
            strikes: strikes(setup),
        })
    }

    /// Further tasks that fit at the request, placed one by one; absent: no end to it.
    #[must_use]
    pub fn room(&self) -> Option<u32> {
        let mut room: u64 = 0;
        let mut floor = self.floor.clone();
        self.open_added(&mut floor);
        if self
            .setup
            .hosts
            .iter()
            .any(|host| host.free.ports == u64::MAX)
        {
            return None;
        }
        // More than anybody could start.
        let enough = 4_000_000;
        while room < enough && floor.place().is_some() {
            room += 1;
        }
        u32::try_from(room).ok()
    }

    /// Opens the added hosts, less what others take of them.
    fn open_added(&self, floor: &mut Floor) {
        for host in (0..self.setup.hosts.len()).rev() {
            if self.setup.hosts[host].origin == Origin::Added {
                floor.open(host);
            }
        }
        for _ in 0..self.others_on_added {
            if floor.place_other().is_none() {
                break;
            }
        }
    }

    /// The line through which the images of each host come, where it is shared.
    fn pulls(&self) -> Vec<Shared<f64>> {
        if self.setup.timing.together.pull_share > 0.0 {
            self.on_known_hosts(|_| 1.0)
        } else {
            Vec::new()
        }
    }

    /// The processors of each host, where the work until tasks are ready is of any effect.
    fn works(&self) -> Vec<Shared<Work>> {
        if self.setup.timing.together.start_cpu.0 > 0.0 && self.checks.are_made() {
            self.on_known_hosts(|processors| processors)
        } else {
            Vec::new()
        }
    }

    /// One on each host; where hosts are not known nothing is shared.
    fn on_known_hosts<T>(&self, width: impl Fn(f64) -> f64) -> Vec<Shared<T>> {
        let hosts = self.setup.hosts.iter();
        let width_of = |host: &super::Host| host.processors.map_or(f64::INFINITY, &width);
        hosts.map(|host| Shared::of(width_of(host))).collect()
    }

    /// How often hosts are struck while a deployment runs, by kind \[1/s\].
    #[must_use]
    pub fn hazards(&self) -> [f64; KINDS] {
        by_kind(&self.strikes)
    }

    /// How often the hosts that stand between deployments are struck, by kind \[1/s\].
    #[must_use]
    pub fn hazards_at_rest(&self) -> [f64; KINDS] {
        by_kind(&self.at_rest)
    }
}

fn by_kind(strikes: &[(Strike, f64)]) -> [f64; KINDS] {
    let mut hazards = [0.0; KINDS];
    for (strike, hazard) in strikes {
        hazards[strike.kind()] += hazard;
    }
    hazards
}

/// What may strike the hosts that stand between deployments.
fn at_rest(setup: &Setup) -> Vec<(Strike, f64)> {
    let stands = |host: &super::Host| matches!(host.origin, Origin::Listed | Origin::Standing);
    let mut strikes = strikes(setup);
    strikes.retain(|(strike, _)| {
        let mut hosts = setup.hosts.iter().enumerate();
        hosts.any(|(at, host)| stands(host) && hits(*strike, at, host))
    });
    strikes
}

/// Places the old tasks on the hosts, one by one, and what others take; these, and how many places
/// others take of the added hosts.
fn filled(setup: &Setup, floor: &mut Floor) -> Result<(Vec<Task>, u32), super::NoPlace> {
    let mut old = Vec::with_capacity(setup.desired as usize);
    for placed in 0..setup.desired {
        let host = floor.place().ok_or(super::NoPlace {
            placed,
            desired: setup.desired,
        })?;
        old.push(Task {
            host: subject(host),
            state: State::Healthy,
            is_new: false,
            ramps_from: None,
            keeps_place: false,
            is_seen_to: false,
        });
    }
    // Others take of the hosts that stand first, then of the added ones.
    let mut others = setup.taken_by_others;
    while others > 0 && floor.place_other().is_some() {
        others -= 1;
    }
    Ok((old, others))
}

/// What may strike the hosts of a setup, with the hazard of each.
fn strikes(setup: &Setup) -> Vec<(Strike, f64)> {
    let shared = setup.spot.correlation;
    let mut strikes = Vec::new();
    let mut pools: Vec<u32> = Vec::new();
    for (at, host) in setup.hosts.iter().enumerate() {
        if host.hazard <= 0.0 {
            continue;
        }
        strikes.push((Strike::Host(subject(at)), (1.0 - shared) * host.hazard));
        if !pools.contains(&host.pool) {
            pools.push(host.pool);
            strikes.push((Strike::Pool(host.pool), shared * host.hazard));
        }
    }
    for (zone, &hazard) in setup.zone_hazard.iter().enumerate() {
        strikes.push((Strike::Zone(subject(zone)), hazard));
    }
    strikes.retain(|&(_, hazard)| hazard > 0.0);
    strikes
}

/// Whether a strike hits a host.
fn hits(strike: Strike, at: usize, host: &super::Host) -> bool {
    match strike {
        Strike::Host(struck) => struck == subject(at),
        Strike::Pool(pool) => host.hazard > 0.0 && host.pool == pool,
        Strike::Zone(zone) => host.zone == Some(zone),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "hosts and tasks are counted in 32 bits"
)]
const fn subject(index: usize) -> u32 {
    index as u32
}

/// What one run hands on to the next, so that nothing is allocated again.
struct Memory {
    queue: Queue,
    tasks: Vec<Task>,
    floor: Floor,
    away: Vec<bool>,
    tokens: Vec<(f64, f64)>,
    pulls: Vec<Shared<f64>>,
    works: Vec<Shared<Work>>,
}

/// The work of a task until it is ready.
#[derive(Debug, Clone, Copy)]
struct Work {
    /// Since when the task is RUNNING.
    since: f64,
    drawn: Drawn,
    /// How long the work takes alone \[s\].
    alone: f64,
}

/// A run under way.
#[derive(Debug)]
pub struct Run<'a> {
    prepared: &'a Prepared<'a>,
    setup: &'a Setup,
    rng: Xoshiro256PlusPlus,
    /// For when and what is struck: all else is the same with and without strikes until the first.
    strikes_rng: Xoshiro256PlusPlus,
    /// What may strike, and how likely what has come is.
    strikes: &'a [(Strike, f64)],
    likelihood: Likelihood,
    zones_lost: u32,
    /// The moment up to which all strikes have come \[s\].
    seen_until: f64,
    queue: Queue,
    now: f64,
    tasks: Vec<Task>,
    floor: Floor,
    /// The first old task that may still be healthy.
    next_old: usize,
    /// Healthy tasks that are to be stopped.
    old: u32,
    stopping: u32,
    to_start: u32,
    starting: u32,
    /// Healthy tasks that stay.
    new: u32,
    /// Events under way that are not about hosts.
    under_way: u32,
    /// Hosts that will join.
    joining: u32,
    /// Starts that found no room while a host is to join, and since when.
    waiting: u32,
    waiting_since: f64,
    /// Tasks in PROVISIONING, and how many of them have a place on a host that has joined.
    provisioning: u32,
    provided: u32,
    /// Whether managed scaling will look at what waits.
    alarmed: bool,
    /// Before this moment it launches nothing.
    warm_at: f64,
    /// When each host that it launched was launched.
    scaled: Vec<f64>,
    stage: Stage,
    /// Healthy tasks whose share of load still rises, and what all their shares lack.
    ramping: u32,
    lacking: f64,
    /// Stops that a failure took away.
    owed_stops: u32,
    /// Tokens of each limit on starts, and when they were counted.
    tokens: Vec<(f64, f64)>,
    /// Images that are pulled on each host, with the rest of the start; empty where none is shared.
    pulls: Vec<Shared<f64>>,
    /// The work on each host until tasks are ready; empty where no processor is shared.
    works: Vec<Shared<Work>>,
    /// Hosts that are away or going.
    away: Vec<bool>,
    /// Hosts that go after the deployment.
    released: Vec<bool>,
    /// Room was what refused the last start.
    short_of_room: bool,
    outcome: Outcome,
    recorded: Option<Vec<Row>>,
}

impl<'a> Run<'a> {
    /// A run that is told apart from others by its number.
    #[must_use]
    pub fn new(prepared: &'a Prepared<'a>, seed: u64, run: u64) -> Self {
        let memory = Memory {
            queue: Queue::default(),
            tasks: prepared.old.clone(),
            floor: prepared.floor.clone(),
            away: vec![false; prepared.setup.hosts.len()],
            tokens: Vec::new(),
            pulls: prepared.pulls(),
            works: prepared.works(),
        };
        Self::begun(prepared, seed, run, memory)
    }

    /// Begins again as another run, in the same memory.
    pub fn restart(&mut self, seed: u64, run: u64) {
        let mut memory = Memory {
            queue: std::mem::take(&mut self.queue),
            tasks: std::mem::take(&mut self.tasks),
            floor: std::mem::take(&mut self.floor),
            away: std::mem::take(&mut self.away),
            tokens: std::mem::take(&mut self.tokens),
            pulls: std::mem::take(&mut self.pulls),
            works: std::mem::take(&mut self.works),
        };
        memory.pulls.iter_mut().for_each(Shared::clear);
        memory.works.iter_mut().for_each(Shared::clear);
        memory.queue.clear();
        memory.tasks.clone_from(&self.prepared.old);
        memory.floor.copy(&self.prepared.floor);
        memory.away.fill(false);
        *self = Self::begun(self.prepared, seed, run, memory);
    }

    fn begun(prepared: &'a Prepared<'a>, seed: u64, run: u64, mut memory: Memory) -> Self {
        let setup = prepared.setup;
        memory.tokens.clear();
        let full = setup.start_limits.iter().map(|limit| (limit.burst, 0.0));
        memory.tokens.extend(full);
        Self {
            prepared,
            setup,
            rng: Xoshiro256PlusPlus::seed_from_u64(mixed(seed ^ mixed(run))),
            strikes_rng: Xoshiro256PlusPlus::seed_from_u64(mixed(!seed ^ mixed(run))),
            strikes: &prepared.strikes,
            likelihood: Likelihood::begun(Mixture::plain(prepared.hazards()), 0),
            zones_lost: 0,
            seen_until: 0.0,
            queue: memory.queue,
            now: 0.0,
            tasks: memory.tasks,
            floor: memory.floor,
            next_old: 0,
            old: setup.desired,
            stopping: 0,
            to_start: setup.desired,
            starting: 0,
            new: 0,
            under_way: 0,
            joining: 0,
            waiting: 0,
            waiting_since: 0.0,
            provisioning: 0,
            provided: 0,
            alarmed: false,
            warm_at: 0.0,
            scaled: Vec::new(),
            stage: Stage::Deploying,
            ramping: 0,
            lacking: 0.0,
            owed_stops: 0,
            tokens: memory.tokens,
            pulls: memory.pulls,
            works: memory.works,
            away: memory.away,
            released: Vec::new(),
            short_of_room: false,
            outcome: Outcome {
                lead: 0.0,
                new_version: 0.0,
                completed: 0.0,
                given_up: 0.0,
                evacuation: 0.0,
                release: 0.0,
                short_seconds: 0.0,
                excess_task_seconds: 0.0,
                billed_hours: [0.0; 2],
                there_for: [0.0; 2],
                added_hosts: [0; 2],
                scaled_hosts: 0,
                min_healthy: setup.desired,
                peak: setup.desired,
                failed: 0,
                starts: 0,
                events: 0,
            },
            recorded: None,
        }
    }

    /// Keeps what happens, to be told.
    #[must_use]
    pub fn recording(mut self) -> Self {
        self.recorded = Some(Vec::new());
        self
    }

    /// Spreads the old tasks anew: of hosts with as many tasks any may be the next.
    pub fn shuffle(&mut self) {
        if self.setup.placement != Placement::Spread {
            return;
        }
        let mut order: Vec<usize> = (0..self.setup.hosts.len()).collect();
        order.shuffle(&mut self.strikes_rng);
        let mut floor = Floor::opened(self.setup, order.into_iter());
        if let Ok((tasks, _)) = filled(self.setup, &mut floor) {
            (self.floor, self.tasks) = (floor, tasks);
        }
    }

    /// Lets strikes come with other hazards, those of one part of a mixture.
    pub fn tilt(&mut self, mixture: Mixture, part: usize) {
        self.likelihood = Likelihood::begun(mixture, part);
    }

    /// Lets none come.
    pub fn spare(&mut self) {
        self.strikes = &[];
        self.likelihood = Likelihood::begun(Mixture::plain([0.0; KINDS]), 0);
    }

    /// The strikes that came.
    #[must_use]
    pub fn seen(&self) -> Seen {
        Seen {
            strikes: self.likelihood.strikes(),
            zones: self.zones_lost,
        }
    }

    /// How much the run counts by the strikes that came.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.likelihood.weight(self.seen_until)
    }

    /// What was kept.
    #[must_use]
    pub fn into_record(self) -> Vec<Row> {
        self.recorded.unwrap_or_default()
    }

    /// The deployment with lead and release.
    ///
    /// # Errors
    /// It never ends.
    pub fn play(&mut self) -> Result<Outcome, Halt> {
        let launched = self.wait_for_added_hosts();
        self.expect_strike();
        self.note(Happening::Request, None);
        self.react(LOOK, 0);
        self.outcome.completed = self.carry_through(self.setup.completion_lag.0)?;
        if let Some(recorded) = &mut self.recorded {
            let completed = recorded.last().copied();
            recorded.extend(completed.map(|row| Row {
                time: self.outcome.completed,
                happening: Happening::Completed,
                task: None,
                host: None,
                ..row
            }));
        }
        if !launched.is_empty() || !self.scaled.is_empty() {
            self.release()?;
            self.bill(&launched);
        }
        self.outcome.short_seconds += self.short_afterwards();
        Ok(self.outcome)
    }

    /// The deployment of a version of which no start gets healthy, until the old one is back.
    ///
    /// # Errors
    /// It never ends.
    pub fn fail(&mut self) -> Result<Outcome, Halt> {
        self.stage = Stage::Failing;
        if let Detection::After(seconds) = self.setup.detection {
            self.schedule(seconds.0, GIVEN_UP, 0);
        }
        self.play()
    }

    /// So many failed starts make the deployment circuit breaker give up: half the desired count,
    /// rounded up, at least 3 and at most 200.
    fn trips_at(&self) -> u64 {
        u64::from(self.setup.desired).div_ceil(2).clamp(3, 200)
    }

    /// Counts a start that failed, or was killed.
    fn count_failed(&mut self) {
        self.outcome.failed += 1;
        let trips = self.setup.detection == Detection::CircuitBreaker
            && self.outcome.failed == self.trips_at();
        if self.stage == Stage::Failing && trips {
            self.react(GIVEN_UP, 0);
        }
    }

    /// What is new goes, what is old stays, and what was stopped of it starts again.
    fn give_up(&mut self) {
        self.stage = Stage::Deploying;
        self.outcome.given_up = self.now;
        self.outcome.failed = 0;
        // What added hosts have got is the image of the version that goes.
        self.floor.forget_images();
        self.note(Happening::GivenUp, None);
        for task in 0..self.tasks.len() {
            let Task { state, is_new, .. } = self.tasks[task];
            match (state, is_new) {
                (State::Starting, _) => self.tell_to_stop(subject(task), f64::INFINITY),
                (State::Healthy, _) => self.tasks[task].is_new = true,
                (State::Stopping | State::Gone, _) => {}
            }
        }
        self.new += self.old;
        self.old = 0;
        self.to_start = self.setup.desired - self.new;
        (self.provisioning, self.provided) = (0, 0);
        self.look();
    }

    /// What follows when hosts are struck between deployments, by a strike of this kind, and by
    /// more of them before all tasks are healthy and all hosts there again: the time short, and the
    /// whole \[s\].
    ///
    /// # Errors
    /// It never ends.
    pub fn recover(&mut self, kind: usize) -> Result<[f64; 2], Halt> {
        self.stage = Stage::Recovering;
        self.strikes = &self.prepared.at_rest;
        for task in &mut self.tasks {
            task.is_new = true;
        }
        self.new = self.setup.desired;
        self.old = 0;
        self.to_start = 0;
        if let Some(strike) = self.one_of(kind) {
            self.struck(strike);
        }
        self.expect_strike();
        self.carry_out()?;
        let short = self.outcome.short_seconds + self.short_afterwards();
        Ok([short, self.now])
    }

    /// Launches the hosts that are added, waits for the slowest; for each, how long it was there
    /// at the request \[s\] and how it was bought.
    fn wait_for_added_hosts(&mut self) -> Vec<(f64, Purchase)> {
        let mut launches = Vec::new();
        let mut longest: f64 = 0.0;
        let prepared = self.prepared;
        for host in &self.setup.hosts {
            if host.origin != Origin::Added {
                continue;
            }
            let (asked_for, purchase) = self.obtained(host.purchase);
            let boot = self.prepared.boot.draw(&mut self.rng);
            longest = longest.max(asked_for + boot);
            launches.push((asked_for, purchase));
        }
        self.outcome.lead = (longest - self.setup.adding.lead_overlap.0).max(0.0);
        prepared.open_added(&mut self.floor);
        launches
            .into_iter()
            .map(|(asked_for, purchase)| (longest - asked_for, purchase))
            .collect()
    }

    /// Asks for a host until there is one: how long that takes, and what it is.
    fn obtained(&mut self, purchase: Purchase) -> (f64, Purchase) {
        if purchase == Purchase::OnDemand {
            return (0.0, purchase);
        }
        let mut asked_for = 0.0;
        loop {
            asked_for += self.prepared.fulfilment_time.draw(&mut self.rng);
            if self.rng.random::<f64>() < self.setup.spot.fulfilment {
                return (asked_for, Purchase::Spot);
            }
            if self.setup.spot.fallback == Fallback::OnDemand {
                return (asked_for, Purchase::OnDemand);
            }
        }
    }

    fn bill(&mut self, launched: &[(f64, Purchase)]) {
        let release = self.outcome.evacuation + self.setup.adding.release.0;
        let after = self.outcome.completed + release;
        let by_hand = launched
            .iter()
            .map(|&(before, purchase)| (before + after, purchase));
        // What managed scaling launched goes when it has been seen to be idle.
        let scaled = self
            .scaled
            .iter()
            .map(|launched| (after - launched + SCALE_IN, Purchase::OnDemand));
        self.outcome.release = if launched.is_empty() {
            SCALE_IN + release
        } else {
            release
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "hosts are counted in 32 bits"
        )]
        {
            self.outcome.scaled_hosts = self.scaled.len() as u32;
        }
        for (seconds, purchase) in by_hand.chain(scaled) {
            let hours = match self.setup.adding.granularity {
                Granularity::Second => seconds.max(MINIMUM_BILLED) / 3600.0,
                Granularity::Hour => (seconds / 3600.0).ceil().max(1.0),
            };
            let kind = usize::from(purchase == Purchase::Spot);
            self.outcome.billed_hours[kind] += hours;
            self.outcome.there_for[kind] += seconds;
            self.outcome.added_hosts[kind] += 1;
        }
    }

    /// Empties as many hosts as were added, under the bounds of the deployment.
    fn release(&mut self) -> Result<(), Halt> {
        self.queue
            .retain(|kind| matches!(kind, STRIKE | HOST_GONE | JOINED | RAMPED));
        self.under_way = 0;
        self.waiting = 0;
        (self.provisioning, self.provided) = (0, 0);
        self.owed_stops = 0;
        for task in 0..self.tasks.len() {
            self.give_place(task);
        }
        self.stage = Stage::Releasing;
        let began = self.outcome.completed;
        let new_version = self.outcome.new_version;
        // Nothing happens between the last change and "completed".
        self.pass_time_until(began);
        if !self.scaled.is_empty() && !self.adds_by_hand() {
            self.end_all_ramps();
        }
        self.released = self.hosts_that_go();
        for host in 0..self.released.len() {
            if self.released[host] {
                self.floor.close(host);
            } else if self.floor.tasks_on(host) > 0 {
                self.floor.has_image(host);
            }
        }
        let mut moving = 0;
        for task in &mut self.tasks {
            if task.state == State::Healthy && self.released[task.host as usize] {
                task.is_new = false;
                moving += 1;
            }
        }
        if moving == 0 {
            return Ok(());
        }
        self.old = moving;
        self.new -= moving;
        self.to_start = moving;
        self.next_old = 0;
        self.note(Happening::Release, None);
        self.react(LOOK, 0);
        self.outcome.evacuation = self.carry_through(0.0)? - began;
        self.outcome.new_version = new_version;
        Ok(())
    }

    /// As many hosts as were added: these, or those with the fewest tasks that no other service
    /// uses.
    fn hosts_that_go(&self) -> Vec<bool> {
        let hosts = &self.setup.hosts;
        let first_on_demand = hosts
            .iter()
            .position(|host| host.origin == Origin::OnDemand)
            .unwrap_or(hosts.len());
        let launched = first_on_demand + self.scaled.len();
        let is_there = |host: usize| host < launched;
        let is_added = |host: usize| {
            let added = matches!(hosts[host].origin, Origin::Added | Origin::OnDemand);
            added && is_there(host)
        };
        let newest = || (0..hosts.len()).map(is_added).collect();
        match self.setup.adding.release_hosts {
            ReleaseHosts::Newest => newest(),
            ReleaseHosts::Emptiest => {
                let mut candidates: Vec<usize> = (0..hosts.len())
                    .filter(|&host| is_there(host) && !hosts[host].shared)
                    .collect();
                // Of equal ones the added one goes.
                candidates.sort_by_key(|&host| (self.floor.tasks_on(host), !is_added(host), host));
                let count = (0..hosts.len()).filter(|&host| is_added(host)).count();
                let mut go = vec![false; hosts.len()];
                for host in candidates.into_iter().take(count) {
                    go[host] = true;
                }
                go
            }
        }
    }

    /// Lets everything happen until one reaction, and so many seconds, after the last change; when
    /// that is.
    fn carry_through(&mut self, lag: f64) -> Result<f64, Halt> {
        loop {
            self.carry_out()?;
            let end = self.now + self.draw_reaction() + lag;
            if !self.is_struck_before(end) {
                return Ok(end);
            }
        }
    }

    /// Whether a strike takes tasks before the end, with all that happens until then.
    fn is_struck_before(&mut self, end: f64) -> bool {
        if self.strikes.is_empty() {
            return false;
        }
        while let Some((time, kind, subject)) = self.queue.next_before(end) {
            self.pass(time, kind, subject);
            if !self.is_as_desired() {
                return true;
            }
        }
        self.seen_until = end;
        false
    }

    fn is_as_desired(&self) -> bool {
        let is_back = self.stage != Stage::Recovering || self.joining == 0;
        self.new >= self.setup.desired && self.old + self.stopping == 0 && is_back
    }

    /// Lets the next event happen.
    fn pass(&mut self, time: f64, kind: u8, subject: u32) {
        self.pass_time_until(time);
        self.seen_until = time;
        self.outcome.events += 1;
        if !is_beside(kind) {
            self.under_way -= 1;
        }
        self.happen(kind, subject);
    }

    /// Lets everything happen until all tasks are as desired, and all hosts back where nothing is
    /// deployed.
    fn carry_out(&mut self) -> Result<(), Halt> {
        let mut looked = false;
        while !self.is_as_desired() {
            if self.under_way == 0 && self.joining == 0 {
                if looked {
                    return Err(self.halt());
                }
                // What failures left undone.
                self.react(LOOK, 0);
                looked = true;
            }
            let Some((time, kind, subject)) = self.queue.next() else {
                return Err(self.halt());
            };
            let moves = self.starting + self.stopping;
            self.pass(time, kind, subject);
            looked &= self.starting + self.stopping <= moves;
            let tried_enough = MOST_ATTEMPTS * u64::from(self.setup.desired);
            if self.stage != Stage::Failing && self.outcome.failed > tried_enough {
                return Err(Halt::Failing);
            }
        }
        Ok(())
    }

    fn halt(&self) -> Halt {
        if self.to_start == 0 {
            Halt::LowerBound
        } else if self.counted() >= self.setup.upper {
            // With a place on a host, the bound is what holds it.
            if self.floor.clone().place().is_some() || self.setup.upper < self.setup.desired {
                Halt::UpperBound
            } else {
                Halt::Room
            }
        } else {
            Halt::Room
        }
    }

    fn happen(&mut self, kind: u8, subject: u32) {
        match kind {
            LOOK => self.look(),
            RUNNING => self.running(subject),
            HEALTHY => self.healthy(subject),
            HEALTHY_SEEN => {
                if self.stop_one() {
                    if self.owed_stops > 0 && self.stop_one() {
                        self.owed_stops -= 1;
                    }
                    if !self.setup.stopping_counts {
                        self.start_one();
                    }
                } else if self.old > 0 {
                    self.owed_stops += 1;
                }
            }
            KILLED => self.killed(subject),
            FAILED => self.failed(subject),
            STOPPED => self.stopped(subject),
            GONE_SEEN => {
                self.give_place(subject as usize);
                self.start_or_wait();
                // What the upper bound refuses while the task still stops is allowed when it is gone.
                let is_refused = self.to_start > 0 && self.counted() >= self.setup.upper;
                self.tasks[subject as usize].is_seen_to &= !is_refused;
            }
            RETRY => self.retry(),
            STRIKE => {
                let kind = self.kind_of_strike();
                self.likelihood.strike(kind, self.now);
                if let Some(strike) = self.one_of(kind) {
                    self.struck(strike);
                }
                self.expect_strike();
            }
            HOST_GONE => self.host_gone(subject),
            ALARM => self.scale(),
            PROVIDED => {
                self.provided = self.provided.saturating_sub(1);
                self.start_or_wait();
            }
            GIVEN_UP => self.give_up(),
            RAMPED => self.end_to_ramp(subject),
            PULLS => self.begin_to_pull(subject),
            PULLED => self.pulled(subject),
            WORKED => self.worked(subject),
            NOT_READY => self.not_ready(subject),
            _ => self.joined(subject),
        }
    }

    fn pass_time_until(&mut self, time: f64) {
        let passed = time - self.now;
        if passed > 0.0 {
            self.outcome.short_seconds += self.short_within(passed);
            let on_hosts = self.on_hosts();
            self.outcome.excess_task_seconds +=
                passed * (f64::from(on_hosts) - f64::from(self.setup.desired));
        }
        self.now = self.now.max(time);
    }

    /// How long of the time until the next event less than the required tasks' worth is there; what
    /// the shares of load lack falls evenly meanwhile \[s\].
    fn short_within(&mut self, seconds: f64) -> f64 {
        let beyond = f64::from(self.old + self.new) - f64::from(self.setup.required);
        let falls = f64::from(self.ramping) / self.ramp();
        let short = if beyond < 0.0 {
            seconds
        } else if self.ramping == 0 {
            0.0
        } else {
            ((self.lacking - beyond) / falls).clamp(0.0, seconds)
        };
        if self.ramping > 0 {
            self.lacking = (self.lacking - falls * seconds).max(0.0);
        }
        short
    }

    /// The same when nothing moves any more, until all have their full share of load \[s\].
    fn short_afterwards(&mut self) -> f64 {
        let ramp = self.ramp();
        let ends = self.tasks.iter().filter_map(|task| task.ramps_from);
        let mut ends: Vec<f64> = ends.map(|from| from + ramp).collect();
        ends.sort_by(f64::total_cmp);
        let mut short = 0.0;
        for end in ends {
            short += self.short_within((end - self.now).max(0.0));
            self.now = self.now.max(end);
            self.ramping -= 1;
        }
        short
    }

    fn adds_by_hand(&self) -> bool {
        let mut hosts = self.setup.hosts.iter();
        hosts.any(|host| host.origin == Origin::Added)
    }

    /// Scale-in takes hosts on demand so late that all tasks have their full share of load by then.
    fn end_all_ramps(&mut self) {
        let now = self.now;
        self.outcome.short_seconds += self.short_afterwards();
        self.now = now;
        for task in &mut self.tasks {
            task.ramps_from = None;
        }
        self.lacking = 0.0;
        self.queue.retain(|kind| kind != RAMPED);
    }

    /// How long the share of load of a new task rises \[s\].
    fn ramp(&self) -> f64 {
        let balancer = self.setup.load_balancer.as_ref();
        balancer.map_or(0.0, |balancer| balancer.slow_start.0)
    }

    /// A new task begins with no share of load.
    fn begin_to_ramp(&mut self, task: u32) {
        let ramp = self.ramp();
        if ramp > 0.0 {
            self.tasks[task as usize].ramps_from = Some(self.now);
            self.ramping += 1;
            self.lacking += 1.0;
            self.schedule(ramp, RAMPED, task);
        }
    }

    /// A task has its full share of load, or is told to stop.
    fn end_to_ramp(&mut self, task: u32) {
        if let Some(from) = self.tasks[task as usize].ramps_from.take() {
            let lacks = 1.0 - (self.now - from) / self.ramp();
            self.lacking = (self.lacking - lacks.max(0.0)).max(0.0);
            self.ramping -= 1;
            if self.ramping == 0 {
                self.lacking = 0.0;
            }
        }
    }

    fn on_hosts(&self) -> u32 {
        self.old + self.starting + self.new + self.stopping
    }

    /// Tasks that count towards the upper bound.
    fn counted(&self) -> u32 {
        if self.setup.stopping_counts {
            self.on_hosts()
        } else {
            self.old + self.starting + self.new
        }
    }

    /// Everything the bounds and the hosts allow, stops before starts.
    fn look(&mut self) {
        self.owed_stops = 0;
        while self.stop_one() {}
        while self.start_one() {}
        if self.short_of_room {
            self.wait_for_room(self.to_start);
        }
    }

    /// Tells an old task to stop, if there is one and the lower bound allows it.
    fn stop_one(&mut self) -> bool {
        if self.old == 0 || self.old + self.new <= self.setup.lower {
            return false;
        }
        while let Some(task) = self.tasks.get(self.next_old) {
            let at = self.next_old;
            self.next_old += 1;
            if task.state == State::Healthy && !task.is_new {
                self.tell_to_stop(subject(at), f64::INFINITY);
                self.outcome.min_healthy = self.outcome.min_healthy.min(self.old + self.new);
                return true;
            }
        }
        false
    }

    /// Starts a new task, if there is one to start and both the upper bound and a host allow it.
    fn start_one(&mut self) -> bool {
        self.short_of_room = false;
        if self.to_start == 0 || self.counted() >= self.setup.upper {
            return false;
        }
        let Some(host) = self.floor.place() else {
            self.short_of_room = true;
            return false;
        };
        self.to_start -= 1;
        self.starting += 1;
        self.provisioning = self.provisioning.min(self.wanted());
        self.outcome.starts += 1;
        self.outcome.peak = self.outcome.peak.max(self.on_hosts());
        let task = subject(self.tasks.len());
        self.tasks.push(Task {
            host: subject(host),
            state: State::Starting,
            is_new: true,
            ramps_from: None,
            keeps_place: false,
            is_seen_to: false,
        });
        self.note(Happening::Pending, Some(task));
        let wait = self.token_after();
        if self.pulls.is_empty() {
            let (start, extra) = self.draw_start(host);
            self.schedule(wait + start + extra, RUNNING, task);
        } else {
            self.schedule(wait, PULLS, task);
        }
        true
    }

    /// PENDING to RUNNING where nothing is shared, and what a host without the image adds \[s\].
    fn draw_start(&mut self, host: usize) -> (f64, f64) {
        let start = self.prepared.start.draw(&mut self.rng);
        let extra = if self.floor.is_cold(host) {
            self.prepared.cold_start_extra.draw(&mut self.rng)
        } else {
            0.0
        };
        (start, extra)
    }

    /// How long the next start has to wait for its tokens \[s\].
    fn token_after(&mut self) -> f64 {
        let mut wait: f64 = 0.0;
        for (limit, (tokens, counted)) in self.setup.start_limits.iter().zip(&mut self.tokens) {
            *tokens = (*tokens + (self.now - *counted) * limit.per_second).min(limit.burst) - 1.0;
            *counted = self.now;
            wait = wait.max(-*tokens / limit.per_second);
        }
        wait
    }

    fn start_or_wait(&mut self) {
        if !self.start_one() && self.short_of_room {
            self.wait_for_room(1);
        }
    }

    /// Tasks that the bounds allow to be started.
    fn wanted(&self) -> u32 {
        let allowed = self.setup.upper.saturating_sub(self.counted());
        self.to_start.min(allowed)
    }

    /// Lets tasks wait that found no place.
    fn wait_for_room(&mut self, tasks: u32) {
        match self.setup.waiting {
            Waiting::Tried if self.joining > 0 && self.to_start > 0 => self.wait_for_host(tasks),
            Waiting::Tried => {}
            Waiting::Provisioning(scaling) => {
                let waiting = self.provisioning.saturating_add(tasks);
                self.provisioning = waiting.min(self.wanted());
                if let Some(scaling) = scaling.filter(|_| self.provisioning > 0) {
                    self.be_alarmed(&scaling);
                }
            }
        }
    }

    /// Metric and alarm take their time, and so does the warm-up of what was launched before.
    fn be_alarmed(&mut self, scaling: &ManagedScaling) {
        if !self.alarmed && self.stage != Stage::Releasing && self.may_launch() > 0 {
            self.alarmed = true;
            let after = scaling.alarm.0.max(self.warm_at - self.now);
            self.schedule(after, ALARM, 0);
        }
    }

    /// Hosts that managed scaling may still launch.
    fn may_launch(&self) -> usize {
        let is_on_demand = |host: &&super::Host| host.origin == Origin::OnDemand;
        self.setup.hosts.iter().filter(is_on_demand).count() - self.scaled.len()
    }

    /// Launches hosts for the tasks that wait, as many as one step allows.
    fn scale(&mut self) {
        self.alarmed = false;
        let (Waiting::Provisioning(Some(scaling)), Some(first)) = (
            self.setup.waiting,
            self.setup
                .hosts
                .iter()
                .position(|host| host.origin == Origin::OnDemand),
        ) else {
            return;
        };
        let each = self.setup.hosts[first].free.times(&self.setup.need);
        let waiting = u64::from(self.provisioning.saturating_sub(self.provided));
        let Some(needed) = waiting.checked_div(each).filter(|_| waiting > 0) else {
            return;
        };
        let needed = needed + u64::from(waiting % each > 0);
        let missing = needed.saturating_sub(u64::from(self.joining));
        if missing == 0 {
            return;
        }
        let step = missing.max(u64::from(scaling.minimum_step));
        let step = step.min(u64::from(scaling.maximum_step));
        let step = usize::try_from(step).unwrap_or(usize::MAX);
        for _ in 0..step.min(self.may_launch()) {
            let host = first + self.scaled.len();
            self.scaled.push(self.now);
            self.joining += 1;
            self.note_host(Happening::Launched, host);
            let boot = self.prepared.boot.draw(&mut self.rng);
            self.schedule(boot, JOINED, subject(host));
        }
        self.warm_at = self.now + scaling.warmup.0;
        // The alarm is still on for what waits; the next step follows when these are warm.
        if self.may_launch() > 0 {
            self.alarmed = true;
            self.schedule(scaling.warmup.0, ALARM, 0);
        }
    }

    /// Tasks in PROVISIONING turn to a host that has joined, each after a delay of its own.
    fn provide(&mut self, host: usize) {
        let places = self.setup.hosts[host].free.times(&self.setup.need);
        let waiting = self.provisioning.saturating_sub(self.provided);
        let tasks = u32::try_from(places).unwrap_or(u32::MAX).min(waiting);
        self.provided += tasks;
        for _ in 0..tasks {
            self.react(PROVIDED, 0);
        }
    }

    fn wait_for_host(&mut self, starts: u32) {
        if self.waiting == 0 {
            self.waiting_since = self.now;
            self.react(RETRY, 0);
        }
        self.waiting = (self.waiting + starts).min(self.to_start);
    }

    fn retry(&mut self) {
        while self.waiting > 0 && self.start_one() {
            self.waiting -= 1;
        }
        self.waiting = self.waiting.min(self.to_start);
        if self.waiting > 0 {
            let often_until = self.waiting_since + TRIED_OFTEN_FOR;
            let left = often_until - self.now;
            if left > SAME_MOMENT * often_until {
                let reaction = self.draw_reaction().max(TRIED_AT_MOST_EVERY);
                self.schedule(reaction.min(left), RETRY, 0);
            } else {
                self.schedule(TRIED_EVERY, RETRY, 0);
            }
        }
    }

    fn running(&mut self, task: u32) {
        if self.tasks[task as usize].state != State::Starting {
            return;
        }
        self.note(Happening::Running, Some(task));
        self.floor
            .has_image(self.tasks[task as usize].host as usize);
        let drawn = self.prepared.checks.drawn(&mut self.rng);
        if self.works.is_empty() {
            self.judge(task, drawn, 0.0);
        } else {
            self.begin_to_work(task, drawn);
        }
    }

    /// Lets happen what becomes of a task that has been RUNNING for so long.
    fn judge(&mut self, task: u32, drawn: Drawn, running_for: f64) {
        let (after, kind) = match self.prepared.checks.fate(drawn) {
            Fate::Healthy(after) => {
                let fails = self.stage == Stage::Failing
                    || (self.setup.failed_start > 0.0
                        && self.rng.random::<f64>() < self.setup.failed_start);
                (after, if fails { FAILED } else { HEALTHY })
            }
            Fate::Killed(after) => (after, KILLED),
        };
        self.schedule((after - running_for).max(0.0), kind, task);
    }

    // What starts on one host share.

    /// A task has its tokens: its image is pulled beside others, then the rest of its start follows.
    fn begin_to_pull(&mut self, task: u32) {
        let Task { host, state, .. } = self.tasks[task as usize];
        if state != State::Starting {
            return;
        }
        let (start, extra) = self.draw_start(host as usize);
        let pull = start * self.setup.timing.together.pull_share;
        self.pulls[host as usize].begin(self.now, task, pull, start - pull + extra);
        self.expect_pulled(host);
    }

    fn pulled(&mut self, host: u32) {
        if !self.pulls[host as usize].is_expected(self.now) {
            return;
        }
        while let Some((task, rest)) = self.pulls[host as usize].done(self.now) {
            self.schedule(rest, RUNNING, task);
        }
        self.expect_pulled(host);
    }

    fn expect_pulled(&mut self, host: u32) {
        if let Some(at) = self.pulls[host as usize].expects() {
            self.schedule(at - self.now, PULLED, host);
        }
    }

    /// A task is RUNNING: of the time until it is ready, its work comes first and shares the
    /// processors.
    fn begin_to_work(&mut self, task: u32, drawn: Drawn) {
        let host = self.tasks[task as usize].host;
        let work = self.setup.timing.together.start_cpu.0.min(drawn.ready);
        self.works[host as usize].begin(
            self.now,
            task,
            work,
            Work {
                since: self.now,
                drawn,
                alone: work,
            },
        );
        self.expect_worked(host);
        if let Some(after) = self.prepared.checks.killed_unless_ready(drawn) {
            self.schedule(after, NOT_READY, task);
        }
    }

    fn worked(&mut self, host: u32) {
        if !self.works[host as usize].is_expected(self.now) {
            return;
        }
        while let Some((task, work)) = self.works[host as usize].done(self.now) {
            let took = self.now - work.since;
            let drawn = Drawn {
                ready: work.drawn.ready - work.alone + took,
                ..work.drawn
            };
            self.judge(task, drawn, took);
        }
        self.expect_worked(host);
    }

    fn expect_worked(&mut self, host: u32) {
        if let Some(at) = self.works[host as usize].expects() {
            self.schedule(at - self.now, WORKED, host);
        }
    }

    /// The last check that a task may fail comes while it still works.
    fn not_ready(&mut self, task: u32) {
        let host = self.tasks[task as usize].host as usize;
        if self.works[host].give_up(self.now, task) {
            self.expect_worked(subject(host));
            self.killed(task);
        }
    }

    /// A task that is told to stop leaves its share to the others.
    fn give_up_shares(&mut self, task: u32) {
        let host = self.tasks[task as usize].host;
        if let Some(pulls) = self.pulls.get_mut(host as usize) {
            pulls.give_up(self.now, task);
            self.expect_pulled(host);
        }
        if let Some(works) = self.works.get_mut(host as usize) {
            works.give_up(self.now, task);
            self.expect_worked(host);
        }
    }

    fn healthy(&mut self, task: u32) {
        if self.tasks[task as usize].state != State::Starting {
            return;
        }
        self.tasks[task as usize].state = State::Healthy;
        self.starting -= 1;
        self.new += 1;
        if self.new == self.setup.desired {
            self.outcome.new_version = self.now;
        }
        self.begin_to_ramp(task);
        self.note(Happening::Healthy, Some(task));
        self.react(HEALTHY_SEEN, task);
    }

    /// A target that stays unhealthy after its grace period is stopped like any other.
    fn killed(&mut self, task: u32) {
        if self.tasks[task as usize].state != State::Starting {
            return;
        }
        self.count_failed();
        self.note(Happening::Killed, Some(task));
        self.tell_to_stop(task, f64::INFINITY);
    }

    /// A start that fails ends at the moment it would have become healthy.
    fn failed(&mut self, task: u32) {
        if self.tasks[task as usize].state != State::Starting {
            return;
        }
        self.count_failed();
        self.starting -= 1;
        self.to_start += 1;
        self.leave(task, Happening::Failed);
        self.react(GONE_SEEN, task);
    }

    fn tell_to_stop(&mut self, task: u32, at_most: f64) {
        let Task { state, is_new, .. } = self.tasks[task as usize];
        match (state, is_new) {
            (State::Healthy, false) => self.old -= 1,
            (State::Healthy, true) => {
                self.new -= 1;
                self.to_start += 1;
            }
            (State::Starting, _) => {
                self.starting -= 1;
                self.to_start += 1;
                self.give_up_shares(task);
            }
            (State::Stopping | State::Gone, _) => return,
        }
        self.end_to_ramp(task);
        self.tasks[task as usize].state = State::Stopping;
        self.stopping += 1;
        self.note(Happening::Stopping, Some(task));
        let exit = self.prepared.stop.draw(&mut self.rng);
        let drained = self.drain() + exit.min(self.setup.timing.stop_timeout.0);
        self.schedule(drained.min(at_most), STOPPED, task);
    }

    fn drain(&self) -> f64 {
        match &self.setup.load_balancer {
            None => 0.0,
            Some(balancer) if balancer.kind == LoadBalancerKind::Nlb => {
                balancer.deregistration_delay.0.max(NLB_SHORTEST_DRAIN)
            }
            Some(balancer) => balancer.deregistration_delay.0,
        }
    }

    fn stopped(&mut self, task: u32) {
        if self.tasks[task as usize].state != State::Stopping {
            return;
        }
        self.stopping -= 1;
        self.leave(task, Happening::Stopped);
        if !self.tasks[task as usize].is_seen_to {
            self.react(GONE_SEEN, task);
        }
    }

    /// Takes a task off its host.
    fn leave(&mut self, task: u32, happening: Happening) {
        let host = self.tasks[task as usize].host as usize;
        self.tasks[task as usize].state = State::Gone;
        // Where stopping tasks do not count, others' changes start tasks too: not in this place.
        if !self.setup.stopping_counts && self.floor.is_open(host) {
            self.tasks[task as usize].keeps_place = true;
        } else {
            self.floor.free(host);
        }
        self.note(happening, Some(task));
    }

    /// Lets others have the place of a task that is gone.
    fn give_place(&mut self, task: usize) {
        let task = &mut self.tasks[task];
        if std::mem::take(&mut task.keeps_place) {
            self.floor.free(task.host as usize);
        }
    }

    fn draw_reaction(&mut self) -> f64 {
        self.prepared.reaction.draw(&mut self.rng)
    }

    /// Lets the scheduler turn to what has just changed, after a delay of its own. Of a decision to
    /// give up and of starts that are due at the same moment each is as likely the first.
    fn react(&mut self, kind: u8, subject: u32) {
        let mut delay = self.draw_reaction();
        if self.stage == Stage::Failing && matches!(self.prepared.reaction, Sampler::Fixed(_)) {
            delay *= 1.0 + SAME_MOMENT * self.rng.random::<f64>();
        }
        self.schedule(delay, kind, subject);
    }

    fn schedule(&mut self, after: f64, kind: u8, subject: u32) {
        if !is_beside(kind) {
            self.under_way += 1;
        }
        self.queue.add(self.now + after, kind, subject);
    }

    // Hosts that are taken back.

    /// Of which kind the next strike is, by their hazards.
    fn kind_of_strike(&mut self) -> usize {
        let hazards = self.likelihood.hazards();
        let mut left = self.strikes_rng.random::<f64>() * hazards.iter().sum::<f64>();
        let mut found = 0;
        for (kind, hazard) in hazards.into_iter().enumerate().filter(|(_, h)| *h > 0.0) {
            found = kind;
            left -= hazard;
            if left < 0.0 {
                break;
            }
        }
        found
    }

    /// One of the strikes of a kind, by their hazards.
    fn one_of(&mut self, kind: usize) -> Option<Strike> {
        let strikes = self.strikes.iter().filter(|(s, _)| s.kind() == kind);
        let all: f64 = strikes.clone().map(|(_, hazard)| hazard).sum();
        let mut left = self.strikes_rng.random::<f64>() * all;
        let mut found = None;
        for &(strike, hazard) in strikes {
            found = Some(strike);
            left -= hazard;
            if left < 0.0 {
                break;
            }
        }
        found
    }

    fn expect_strike(&mut self) {
        let all: f64 = self.likelihood.hazards().iter().sum();
        if all > 0.0 {
            let wait = -(1.0 - self.strikes_rng.random::<f64>()).ln() / all;
            self.schedule(wait, STRIKE, 0);
        }
    }

    fn struck(&mut self, strike: Strike) {
        self.zones_lost += u32::from(matches!(strike, Strike::Zone(_)));
        // All hosts of a zone come back with it.
        let outage = match strike {
            Strike::Zone(_) => self.prepared.zone_outage.draw(&mut self.rng),
            Strike::Host(_) | Strike::Pool(_) => 0.0,
        };
        for at in 0..self.setup.hosts.len() {
            if !hits(strike, at, &self.setup.hosts[at]) || !self.floor.is_open(at) {
                continue;
            }
            self.away[at] = true;
            self.floor.close(at);
            self.note_host(Happening::Notice, at);
            let (notice, back) = match strike {
                Strike::Zone(_) => (0.0, outage),
                Strike::Host(_) | Strike::Pool(_) => {
                    let (asked_for, _) = self.obtained(self.setup.hosts[at].purchase);
                    // Its place is filled when it is gone.
                    let boot = self.prepared.boot.draw(&mut self.rng);
                    (NOTICE, NOTICE + asked_for + boot)
                }
            };
            for task in 0..self.tasks.len() {
                let Task { host, state, .. } = self.tasks[task];
                if host as usize == at {
                    self.give_place(task);
                }
                let lives = matches!(state, State::Starting | State::Healthy);
                if host as usize == at && lives {
                    self.tell_to_stop(subject(task), notice);
                    // The scheduler may replace it before it is gone.
                    self.tasks[task].is_seen_to = true;
                    self.react(GONE_SEEN, subject(task));
                }
            }
            self.schedule(notice, HOST_GONE, subject(at));
            self.joining += 1;
            self.schedule(back, JOINED, subject(at));
        }
    }

    fn host_gone(&mut self, host: u32) {
        for task in 0..self.tasks.len() {
            if self.tasks[task].host == host && self.tasks[task].state == State::Stopping {
                self.stopped(subject(task));
            }
        }
    }

    fn joined(&mut self, host: u32) {
        let at = host as usize;
        self.joining -= 1;
        self.away[at] = false;
        let free = self.setup.hosts[at].free;
        let goes = self.released.get(at).copied().unwrap_or(false);
        if !goes {
            self.floor
                .replace(at, free, self.setup.hosts[at].hazard > 0.0);
            self.note_host(Happening::Joined, at);
            self.provide(at);
        }
        if self.joining == 0 && self.waiting == 0 && self.to_start > 0 {
            self.react(LOOK, 0);
        }
    }

    // What is told.

    fn note(&mut self, happening: Happening, task: Option<u32>) {
        if self.recorded.is_some() {
            let host = task.map(|task| self.tasks[task as usize].host);
            self.record(happening, task, host);
        }
    }

    fn note_host(&mut self, happening: Happening, host: usize) {
        if self.recorded.is_some() {
            self.record(happening, None, Some(subject(host)));
        }
    }

    fn record(&mut self, happening: Happening, task: Option<u32>, host: Option<u32>) {
        let row = Row {
            time: self.now,
            happening,
            task,
            host,
            old: self.old,
            new: self.new,
            starting: self.starting,
            stopping: self.stopping,
        };
        if let Some(recorded) = &mut self.recorded {
            recorded.push(row);
        }
    }
}

/// Numbers that differ in one bit become unlike each other (`SplitMix64`, Steele et al. 2014).
const fn mixed(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
