//! The whole answer for one scenario as it stands, or under another plan: tasks, durations, cost,
//! availability.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use serde::Serialize;

use super::attempts::{breaker_threshold, tripped_by_chance};
use super::availability::{Availability, Shortfall, availability, required_tasks, surplus};
use super::cost::{Billed, Cost, HoursSpread, Use, billed_hours, cost, hours_spread};
use super::crowd::{Crowd, CrowdedRollout, Load, Site, crowd, crowded_rollout, loads};
use super::day;
use super::excess::{as_seen, at_the_stop, in_turns, of_one_round};
use super::exposure::{Exposure, Struck, is_exposed, starts_beside};
use super::followed::mean_excess_task_seconds;
use super::interruption::{Recovery, requested};
use super::joining::{Cycles, Joined};
use super::law::{Law, standard_deviation};
use super::lock::{Lock, lock};
use super::phases::Phases;
use super::provider;
use super::range::{RangeEnds, range_ends, range_warnings};
use super::release::{Followed, evacuations};
use super::rollback::{Rollback, Tries, rollback};
use super::rolling::{Families, Reuse, Rolling, Rollout, Wanted};
use super::slow_start;
use super::start_limits;
use super::taken_over::{Places, saved};
use super::verdict::Verdict;
use super::walk::{joins, launches, peak, walk};
use crate::rollout::{
    self, Added, Bound, Bounds, Fix, Joining, Moves, Room, Stuck, TooFewPlaces, bounds,
    managed_scaling, moves, room, standing_hosts,
};
use crate::scenario::{
    Assumption, Capacity, Clock, DesiredRange, Detection, PrescaleMode, Scenario,
};
use crate::units::Seconds;

/// How long hosts are idle before managed scaling takes them: 15 minutes of low reservation.
pub const SCALE_IN: Seconds = Seconds(900.0);

/// Beyond this share of killed starts a deployment does not get anywhere.
const NEARLY_ALL_KILLED: f64 = 0.9;

/// The settings of a deployment that cost nothing to look up and are searched over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Plan {
    /// Minimum healthy percent.
    pub minimum_healthy_percent: u32,
    /// Maximum percent.
    pub maximum_percent: u32,
    /// Hosts launched before each deployment.
    pub prescale_hosts: u32,
    /// How many of the added hosts, pre-scaled or standing, are spot.
    pub spot_hosts: u32,
    /// Hosts always on beyond the listed ones.
    pub headroom_hosts: u32,
}

impl Plan {
    /// What the scenario itself sets.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let prescale = &scenario.prescale;
        let (before, standing) = match prescale.mode {
            PrescaleMode::Before | PrescaleMode::WarmPool => (prescale.hosts, 0),
            PrescaleMode::Standing => (0, prescale.hosts),
        };
        Self {
            minimum_healthy_percent: scenario.deployment.minimum_healthy_percent,
            maximum_percent: scenario.deployment.maximum_percent,
            prescale_hosts: before,
            spot_hosts: Self::spot_hosts(prescale.hosts, prescale.spot_share),
            headroom_hosts: standing,
        }
    }

    /// floor(hosts × share), exact for shares that were written as decimals.
    #[must_use]
    pub fn spot_hosts(hosts: u32, share: f64) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a count is a count"
        )]
        let spot = (f64::from(hosts) * share + 1e-9).floor() as u32;
        spot.min(hosts)
    }

    /// The hosts it adds.
    #[must_use]
    pub fn added(&self) -> Added {
        Added {
            before: self.prescale_hosts,
            standing: self.headroom_hosts,
        }
    }
}

/// How many tasks there are and may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Tasks {
    /// Desired count.
    pub desired: u32,
    /// By the percents alone.
    pub lower_bound: u32,
    /// By the percents alone.
    pub upper_bound: u32,
    /// Further tasks that the hosts can place at the request; absent: unlimited.
    pub room: Option<u32>,
    /// The smallest healthy count by the scheduler's own moves.
    pub min_healthy: u32,
    /// The most pending, running and stopping tasks.
    pub peak: u32,
    /// Hosts that managed scaling adds while it runs; absent where it adds none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts_on_demand: Option<u32>,
}

impl From<&Moves> for Tasks {
    fn from(moves: &Moves) -> Self {
        Self {
            desired: moves.desired,
            lower_bound: moves.bounds.lower,
            upper_bound: moves.bounds.upper,
            room: moves.room.total(),
            min_healthy: moves.min_healthy,
            peak: moves.peak,
            hosts_on_demand: (moves.joining.hosts > 0).then_some(moves.joining.hosts),
        }
    }
}

/// A duration with its spread \[s\].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Duration {
    /// Mean \[s\].
    pub mean: Seconds,
    /// Median \[s\].
    pub p50: Seconds,
    /// Reached by 95 % \[s\].
    pub p95: Seconds,
    /// Reached by 99 % \[s\].
    pub p99: Seconds,
}

impl From<&Law> for Duration {
    fn from(law: &Law) -> Self {
        Self {
            mean: Seconds(law.mean()),
            p50: Seconds(law.quantile(0.5)),
            p95: Seconds(law.quantile(0.95)),
            p99: Seconds(law.quantile(0.99)),
        }
    }
}

/// A duration of which only the mean is told \[s\].
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Mean {
    /// Mean \[s\].
    pub mean: Seconds,
}

/// How long a deployment and what goes with it takes \[s\].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Durations {
    /// From the launch of the pre-scaled hosts to the request.
    pub lead_s: Mean,
    /// From the request to the last new task healthy.
    pub new_version_s: Duration,
    /// From the request to the last change, the reaction to it, and the completion lag.
    pub completed_s: Duration,
    /// From "completed" to the end of the pre-scaled hosts: evacuation and release.
    pub release_s: Mean,
    /// Where the new version never gets healthy: from the request until the old one is back.
    pub rollback_s: Duration,
    /// The evacuation alone: tasks that move off the hosts that go.
    pub evacuation_s: Mean,
    /// Before the lead, for the lock that lets one deployment of the cluster run at a time; absent
    /// without a lock, or where its queue only grows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_wait_s: Option<Mean>,
}

impl Durations {
    /// Lead plus the mean of a clock: what the recommendation minimises \[s\].
    #[must_use]
    pub fn with_lead(&self, clock: Clock) -> Seconds {
        self.lead_s.mean
            + match clock {
                Clock::NewVersion => self.new_version_s.mean,
                Clock::Completed => self.completed_s.mean,
            }
    }
}

/// What comes of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How many tasks there are and may be.
    pub tasks: Tasks,
    /// What the scheduler may do at once.
    pub moves: Moves,
    /// How long it takes; absent where it is stuck.
    pub duration: Option<Durations>,
    /// What it costs; a deployment that is stuck costs what its hosts cost until it would begin.
    pub cost: Cost,
    /// How many tasks stay healthy.
    pub availability: Availability,
}

/// What comes of a plan, without what only the answer for one scenario tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Brief {
    /// How many tasks there are and may be.
    pub tasks: Tasks,
    /// How long it takes; absent where it is stuck.
    pub clocks: Option<Clocks>,
    /// What it costs in the mean.
    pub cost: Cost,
    /// How many tasks stay healthy.
    pub availability: Availability,
}

/// Both clocks and the lead before them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clocks {
    /// From the launch of the pre-scaled hosts to the request: mean \[s\].
    pub lead: Seconds,
    /// From the request to the last new task healthy \[s\].
    pub new_version: Duration,
    /// From the request to the last change, the reaction to it, and the completion lag \[s\].
    pub completed: Duration,
}

/// What plans are compared by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Lead plus the mean of the recommendation's clock \[s\].
    pub time: Seconds,
    /// What it costs.
    pub cost: Cost,
    /// How many tasks stay healthy.
    pub availability: Availability,
    /// The bounds by its percents.
    pub bounds: Bounds,
    /// Hosts that managed scaling adds while it runs.
    pub hosts_on_demand: u32,
}

/// What a plan takes and costs. Its availability takes longer to find.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeAndCost {
    /// Lead plus the mean of the recommendation's clock \[s\].
    pub time: Seconds,
    /// What it costs.
    pub cost: Cost,
    /// The bounds by its percents.
    pub bounds: Bounds,
    /// Hosts that managed scaling adds while it runs.
    pub hosts_on_demand: u32,
}

impl TimeAndCost {
    /// With the availability, all that plans are compared by.
    #[must_use]
    pub fn with(self, availability: Availability) -> Score {
        Score {
            time: self.time,
            cost: self.cost,
            availability,
            bounds: self.bounds,
            hosts_on_demand: self.hosts_on_demand,
        }
    }
}

/// The answer for a scenario as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// Version of this layout.
    pub schema_version: u32,
    /// Whether the deployment completes.
    pub verdict: EstimateVerdict,
    /// How many tasks there are and may be.
    pub tasks: Tasks,
    /// How long it takes; absent where it is stuck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<Durations>,
    /// Why it is stuck and what frees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stuck: Option<Stuck>,
    /// What it costs.
    pub cost: Cost,
    /// How many tasks stay healthy.
    pub availability: Availability,
    /// What does not stop the answer but may make it wrong, and the key that settles it.
    pub warnings: Vec<String>,
    /// The same at both ends of the range in which the desired count moves; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<RangeEnds>,
    /// Every input that was not given.
    pub assumptions: Vec<Assumption>,
}

impl Estimate {
    /// The monthly availability, where the desired count moves the lowest of it and of both ends of
    /// its range.
    #[must_use]
    pub fn worst_monthly(&self) -> Option<f64> {
        let here = self.availability.monthly?;
        let ends = self.range.as_ref().and_then(RangeEnds::worst_monthly);
        Some(ends.map_or(here, |worst| worst.min(here)))
    }
}

/// Whether a deployment completes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EstimateVerdict {
    /// It ends.
    Completes,
    /// It never moves.
    Stuck,
}

/// Boot, hosts before, standing and spot, desired and required tasks, and tasks that may start
/// beside others.
type ExposureKey = (u64, [u32; 6]);

/// Tasks and moves, upper bound and room, what joins and how, and when a failure is noticed.
type RollbackKey = (
    [u32; 4],
    (u32, Option<u32>),
    (Joining, ScalingKey),
    Option<u64>,
);

/// Alarm, warm-up and boot, and the largest step.
type ScalingKey = ([u64; 4], u32);

/// The starts on the hosts, and in how many rounds.
type CrowdKey = (Vec<Load>, u32);

/// Tasks, surge, slack, cold starts and required tasks, what joins, and its boot.
type SlowStartKey = ([u32; 5], Joining, u64);

/// The model of one service's timing: prepared once, asked for many plans.
#[derive(Debug)]
pub struct Model {
    /// Of starts that share nothing.
    pace: Rc<Pace>,
    /// Of those that share a host, by hosts and number of rounds.
    crowds: RefCell<HashMap<CrowdKey, (Crowd, Rc<Pace>)>>,
    /// None where no start is killed.
    crowded: RefCell<HashMap<Site, Option<Rc<CrowdedRollout>>>>,
    /// By mean, variation and number of hosts.
    boots: RefCell<HashMap<(u64, u64, u32), Rc<Law>>>,
    /// By boot, hosts, and spot hosts among them.
    arrivals: RefCell<HashMap<(u64, u32, u32), Rc<Law>>>,
    /// By boot.
    recoveries: RefCell<HashMap<u64, Recovery>>,
    /// By boot, hosts before and standing, spot among them, desired and required tasks.
    exposures: RefCell<HashMap<ExposureKey, Rc<Exposure>>>,
    /// By tasks, surge, slack, cold starts and required tasks, what joins, and its boot.
    slow_starts: RefCell<HashMap<SlowStartKey, f64>>,
}

/// How fast a rollout goes on whose starts are of one kind.
#[derive(Debug)]
struct Pace {
    /// One attempt of a start, and what comes after it.
    phases: Phases,
    after_stopped: Rolling,
    /// Only where stopping tasks do not count.
    at_the_stop: Option<Rolling>,
    /// The same with the reactions in the phases.
    seen: OnceCell<Rolling>,
    followed: Followed,
    /// By tasks, surge and slack.
    taken_over: RefCell<HashMap<[u32; 3], f64>>,
    /// By what has room, what joins, and how it does.
    joins: RefCell<HashMap<JoinKey, Rc<Joined>>>,
    /// What these share.
    cycles: OnceCell<Rc<Cycles>>,
    /// By moves, room, what joins, and when it is noticed.
    rollbacks: RefCell<HashMap<RollbackKey, Rc<Rollback>>>,
    tries: Tries,
}

impl Pace {
    /// From the phases of an attempt, and those of a rollout.
    fn of(scenario: &Scenario, phases: Phases, until_healthy: Phases) -> Rc<Self> {
        let limits = start_limits::limits(scenario.service.launch_type);
        Rc::new(Self {
            phases,
            at_the_stop: (!scenario.deployment.stopping_counts)
                .then(|| Rolling::new(until_healthy.clone(), Reuse::AtTheStop, limits)),
            after_stopped: Rolling::new(until_healthy, Reuse::AfterStopped, limits),
            seen: OnceCell::new(),
            followed: Followed::default(),
            taken_over: RefCell::default(),
            joins: RefCell::default(),
            cycles: OnceCell::new(),
            rollbacks: RefCell::default(),
            tries: Tries::default(),
        })
    }
}

/// What the course of a deployment with hosts that join depends on beside the phases.
type JoinKey = (Rollout, Joining, ScalingKey);

/// How a deployment goes during which hosts join; None if none do.
fn joined(scenario: &Scenario, pace: &Pace, moves: &Moves) -> Option<Rc<Joined>> {
    let scaling = managed_scaling(scenario).filter(|_| moves.joining.places > 0)?;
    let rollout = Rollout {
        replacements: moves.desired,
        surge: moves.surge,
        slack: moves.slack,
        cold: moves.cold,
        held: 0,
    };
    let key = (rollout, moves.joining, scaling_key(scenario));
    if let Some(known) = pace.joins.borrow().get(&key) {
        return Some(Rc::clone(known));
    }
    let cycles = pace
        .cycles
        .get_or_init(|| Rc::new(Cycles::of(pace.after_stopped.phases())));
    let boot = scenario.prescale.boot;
    let found = Joined::of(cycles, moves, moves.joining, &scaling, boot);
    let found = Rc::new(found);
    pace.joins.borrow_mut().insert(key, Rc::clone(&found));
    Some(found)
}

/// What the hosts that join depend on; the same for all where none do.
fn scaling_key(scenario: &Scenario) -> ScalingKey {
    let boot = scenario.prescale.boot;
    managed_scaling(scenario).map_or(([0; 4], 0), |scaling| {
        let times = [scaling.alarm.0, scaling.warmup.0, boot.mean.0, boot.cv];
        (times.map(f64::to_bits), scaling.maximum_step)
    })
}

impl Model {
    /// Prepares what depends on the timing only.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let phases = Phases::of(scenario);
        let until_healthy = phases.until_healthy();
        Self {
            pace: Pace::of(scenario, phases, until_healthy),
            crowds: RefCell::default(),
            crowded: RefCell::default(),
            boots: RefCell::default(),
            arrivals: RefCell::default(),
            recoveries: RefCell::default(),
            exposures: RefCell::default(),
            slow_starts: RefCell::default(),
        }
    }

    /// Whether two scenarios have the same model: the timing of a task is the same, and so are the
    /// rate limits on starts, or there are fewer tasks than any of them lets through at once.
    #[must_use]
    pub fn is_the_same(one: &Scenario, other: &Scenario) -> bool {
        let (a, b) = (&one.service, &other.service);
        let most = |range: DesiredRange| range.high.max(a.desired_count);
        let tasks = f64::from(a.desired_range.map_or(a.desired_count, most));
        let few = |scenario: &Scenario| {
            let limits = start_limits::limits(scenario.service.launch_type).iter();
            limits.map(|limit| limit.at_once).all(|most| tasks <= most)
        };
        let limited_alike = a.launch_type == b.launch_type || (few(one) && few(other));
        let timed_alike = a.timing == b.timing
            && a.load_balancer == b.load_balancer
            && a.health_check == b.health_check
            && a.health_check_grace_period == b.health_check_grace_period
            && (a.failed_start_probability - b.failed_start_probability).abs() <= 0.0
            && one.deployment.reaction == other.deployment.reaction
            && one.deployment.stopping_counts == other.deployment.stopping_counts;
        limited_alike && timed_alike && a.desired_count == b.desired_count
    }

    /// The phases of a task's life, of a start that does not fail and has its host for itself.
    #[must_use]
    pub fn phases(&self) -> &Phases {
        &self.pace.phases
    }

    /// The phases of a plan's rollout, of starts that are made again until one is healthy and that
    /// share their hosts.
    #[must_use]
    pub fn phases_until_healthy(&self, scenario: &Scenario, plan: &Plan, moves: &Moves) -> Phases {
        let pace = self.pace(scenario, plan, moves);
        pace.after_stopped.phases().clone()
    }

    /// What starts that share hosts do to each other; None where they do not.
    pub fn crowd<T>(
        &self,
        scenario: &Scenario,
        (plan, moves): (&Plan, &Moves),
        told: impl FnOnce(&Crowd) -> T,
    ) -> Option<T> {
        self.in_a_crowd(scenario, plan, moves, |(crowd, _)| told(crowd))
    }

    fn in_a_crowd<T>(
        &self,
        scenario: &Scenario,
        plan: &Plan,
        moves: &Moves,
        told: impl FnOnce(&(Crowd, Rc<Pace>)) -> T,
    ) -> Option<T> {
        let loads = loads(scenario, moves, plan.prescale_hosts);
        if loads.is_empty() || moves.is_stuck() {
            return None;
        }
        let at_once = moves.surge.saturating_add(moves.slack);
        let at_once = at_once.saturating_add(moves.joining.places).max(1);
        let rounds = moves.desired.div_ceil(at_once);
        let mut crowds = self.crowds.borrow_mut();
        let known = crowds
            .entry((loads, rounds))
            .or_insert_with_key(|(loads, _)| {
                let crowd = crowd(scenario, self.phases(), loads, rounds);
                let until_healthy = crowd.until_healthy.clone();
                let pace = Pace::of(scenario, crowd.phases.clone(), until_healthy);
                (crowd, pace)
            });
        Some(told(known))
    }

    /// How fast the rollout of a plan goes on.
    fn pace(&self, scenario: &Scenario, plan: &Plan, moves: &Moves) -> Rc<Pace> {
        let crowded = self.in_a_crowd(scenario, plan, moves, |(_, pace)| Rc::clone(pace));
        crowded.unwrap_or_else(|| Rc::clone(&self.pace))
    }

    /// The verdict on the new tasks of a plan, of which those that share a host are ready later.
    #[must_use]
    pub fn verdict(&self, scenario: &Scenario, plan: &Plan, moves: &Moves) -> Verdict {
        self.pace(scenario, plan, moves).phases.verdict.clone()
    }

    /// How the deployment of a version goes that never gets healthy.
    #[must_use]
    pub fn rollback(&self, scenario: &Scenario, plan: &Plan, moves: &Moves) -> Rc<Rollback> {
        let detected = match scenario.deployment.failure.detection {
            Detection::CircuitBreaker => None,
            Detection::After(seconds) => Some(seconds.0.to_bits()),
        };
        let key = (
            [moves.desired, moves.surge, moves.slack, moves.cold],
            (moves.bounds.upper, moves.room.total()),
            (moves.joining, scaling_key(scenario)),
            detected,
        );
        let pace = self.pace(scenario, plan, moves);
        if let Some(known) = pace.rollbacks.borrow().get(&key) {
            return Rc::clone(known);
        }
        // Old tasks that start again share their hosts with each other alone.
        let restarts = Moves {
            surge: moves.slack,
            slack: 0,
            on_added: 0,
            joining: Joining::default(),
            ..*moves
        };
        let restarted = self.pace(scenario, plan, &restarts);
        let start = &restarted.after_stopped.phases().start;
        let found = rollback(scenario, moves, &pace.phases, start, &pace.tries);
        let found = Rc::new(found);
        pace.rollbacks.borrow_mut().insert(key, Rc::clone(&found));
        found
    }

    /// The wait for the slowest of so many hosts \[s\].
    #[must_use]
    pub fn boot_of_slowest(&self, scenario: &Scenario, hosts: u32) -> Rc<Law> {
        let boot = scenario.prescale.boot;
        let key = (boot.mean.0.to_bits(), boot.cv.to_bits(), hosts);
        if let Some(known) = self.boots.borrow().get(&key) {
            return Rc::clone(known);
        }
        let spread = standard_deviation(boot);
        let step = if spread > 0.0 { spread / 16.0 } else { 1.0 };
        let slowest = Rc::new(match hosts {
            0 => Law::fixed(0.0, step),
            1 => Law::of(boot, step),
            hosts => self.boot_of_slowest(scenario, 1).largest_of(hosts),
        });
        self.boots.borrow_mut().insert(key, Rc::clone(&slowest));
        slowest
    }

    /// The wait for the slowest of a plan's pre-scaled hosts, spot ones among them \[s\].
    #[must_use]
    pub fn arrival(&self, scenario: &Scenario, plan: &Plan) -> Rc<Law> {
        let spot = plan.spot_hosts.min(plan.prescale_hosts);
        if spot == 0 || scenario.spot.fulfilment_time.mean <= Seconds::ZERO {
            return self.boot_of_slowest(scenario, plan.prescale_hosts);
        }
        let boot = scenario.prescale.boot;
        let key = (boot.mean.0.to_bits(), plan.prescale_hosts, spot);
        if let Some(known) = self.arrivals.borrow().get(&key) {
            return Rc::clone(known);
        }
        let step = standard_deviation(boot).max(standard_deviation(scenario.spot.fulfilment_time));
        let step = if step > 0.0 { step / 16.0 } else { 1.0 };
        let each = requested(&scenario.spot, step).plus(&Law::of(boot, step));
        let of_spot = each.largest_of(spot);
        let others = plan.prescale_hosts - spot;
        let arrival = Rc::new(if others == 0 {
            of_spot
        } else {
            of_spot.later_of(&self.boot_of_slowest(scenario, others))
        });
        self.arrivals.borrow_mut().insert(key, Rc::clone(&arrival));
        arrival
    }

    /// What comes of a plan.
    ///
    /// # Errors
    /// Not even the desired count fits on the listed and standing hosts.
    pub fn outcome(&self, scenario: &Scenario, plan: &Plan) -> Result<Outcome, TooFewPlaces> {
        Ok(self.outcome_with_room(scenario, plan, room(scenario, plan.added())?))
    }

    /// Tasks of a deployment that completes; where hosts join step by step, by means some of their
    /// places come only when old tasks have left others.
    fn tasks(&self, scenario: &Scenario, moves: &Moves) -> Tasks {
        let joins = joins(scenario, moves);
        let mut tasks = Tasks::from(moves);
        if joins.len() > 1 {
            let phases = self.phases();
            let limits = start_limits::limits(scenario.service.launch_type);
            let acts = walk(moves, phases, limits, &joins);
            tasks.peak = peak(moves.desired, &acts, phases);
        }
        tasks
    }

    fn clocks(&self, scenario: &Scenario, plan: &Plan, run: &Run) -> Clocks {
        Clocks {
            lead: Seconds(self.lead(scenario, plan)),
            new_version: Duration::from(&*run.new_version()),
            completed: Duration::from(&*run.completed),
        }
    }

    /// What comes of a plan whose room is known.
    #[must_use]
    pub fn outcome_with_room(&self, scenario: &Scenario, plan: &Plan, room: Room) -> Outcome {
        let moves = plan_moves(scenario, plan, room);
        let Some(run) = self.run(scenario, plan, &moves) else {
            return self.stuck(scenario, plan, moves);
        };
        let evacuation_s = run.evacuated.as_ref().map_or(0.0, |law| law.mean());
        let boot = self.arrival(scenario, plan);
        let release_s = match plan.prescale_hosts {
            0 if run.joined.is_none() => 0.0,
            0 => SCALE_IN.0 + evacuation_s + scenario.prescale.release.0,
            _ => evacuation_s + scenario.prescale.release.0,
        };
        Outcome {
            tasks: self.tasks(scenario, &moves),
            duration: Some(Durations {
                lead_s: Mean {
                    mean: Seconds(self.lead(scenario, plan)),
                },
                new_version_s: Duration::from(&*run.new_version()),
                completed_s: Duration::from(&*run.completed),
                release_s: Mean {
                    mean: Seconds(release_s),
                },
                rollback_s: Duration::from(&self.rollback(scenario, plan, &moves).finished),
                evacuation_s: Mean {
                    mean: Seconds(evacuation_s),
                },
                lock_wait_s: match lock(scenario, &[&*boot, &run.completed]) {
                    Lock::Wait(mean) => Some(Mean { mean }),
                    Lock::None | Lock::Overfull => None,
                },
            }),
            cost: self.cost(scenario, plan, &moves, &run, Asked::Spread),
            availability: self.available(scenario, plan, &moves, &run),
            moves,
        }
    }

    /// What comes of a plan whose room is known, in brief.
    #[must_use]
    pub fn brief(&self, scenario: &Scenario, plan: &Plan, room: Room) -> Brief {
        let moves = plan_moves(scenario, plan, room);
        let Some(run) = self.run(scenario, plan, &moves) else {
            let stuck = self.stuck(scenario, plan, moves);
            return Brief {
                tasks: stuck.tasks,
                clocks: None,
                cost: stuck.cost,
                availability: stuck.availability,
            };
        };
        Brief {
            tasks: self.tasks(scenario, &moves),
            clocks: Some(self.clocks(scenario, plan, &run)),
            cost: self.cost(scenario, plan, &moves, &run, Asked::Mean),
            availability: self.available(scenario, plan, &moves, &run),
        }
    }

    /// The rollouts of the service that are worked out together; None where they cannot be.
    #[must_use]
    pub fn families(&self, wanted: Wanted) -> Option<Families> {
        Families::of(&self.pace.after_stopped, wanted)
    }

    /// What comes of a plan whose room is known, in brief, where its rollout is one of those that
    /// are worked out together and nothing but the rollout matters.
    #[must_use]
    pub fn brief_of_family(
        &self,
        scenario: &Scenario,
        plan: &Plan,
        room: Room,
        families: &Families,
    ) -> Option<Brief> {
        let moves = plan_moves(scenario, plan, room);
        let surplus = surplus(&scenario.service, &moves);
        if (surplus > 0 && surplus != moves.slack) || !self.goes_alone(scenario, plan, &moves) {
            return None;
        }
        let course = Course::of(Rc::clone(&self.pace), &moves);
        let figures = families.figures(course.rolling(), course.rollout)?;
        let lag = scenario.deployment.completion_lag.0;
        let [mean, p50, p95, p99] = figures.completed.map(|seconds| Seconds(seconds + lag));
        let completed = Duration {
            mean,
            p50,
            p95,
            p99,
        };
        let [mean, p50, p95, p99] = figures.new_version.map(Seconds);
        let short = Shortfall {
            own_seconds: if surplus > 0 { figures.short } else { 0.0 },
            deployment_seconds: completed.mean.0,
            ..Shortfall::default()
        };
        let deployments = scenario.deployment.per_month();
        Some(Brief {
            tasks: Tasks::from(&moves),
            clocks: Some(Clocks {
                lead: Seconds(self.lead(scenario, plan)),
                new_version: Duration {
                    mean,
                    p50,
                    p95,
                    p99,
                },
                completed,
            }),
            cost: self.cost_of(scenario, (plan, &moves), &course, (&[], None), Asked::Mean),
            availability: availability(&scenario.service, &moves, &short, deployments),
        })
    }

    /// Whether a plan's deployment moves, and depends on the phases of its tasks only: no start
    /// fails or is slowed by others, no host joins or goes, and nothing strikes.
    fn goes_alone(&self, scenario: &Scenario, plan: &Plan, moves: &Moves) -> bool {
        let phases = &self.pace.phases;
        let deployment = &scenario.deployment;
        let balancer = scenario.service.load_balancer;
        let standing = standing_hosts(scenario, plan.headroom_hosts);
        !moves.is_stuck()
            && self.pace.at_the_stop.is_none()
            && phases.retries.is_none()
            && phases.verdict.kill_probability <= NEARLY_ALL_KILLED
            && deployment.failure.rate <= 0.0
            && balancer.is_none_or(|balancer| balancer.slow_start.0 <= 0.0)
            && moves.joining.places == 0
            && plan.prescale_hosts == 0
            && loads(scenario, moves, plan.prescale_hosts).is_empty()
            && self.exposure(scenario, plan).is_none()
            && self.evacuations(scenario, moves, 0, standing).is_empty()
    }

    /// What a plan is compared by, without what only a report tells; None if it is stuck.
    #[must_use]
    pub fn score(&self, scenario: &Scenario, plan: &Plan, room: Room) -> Option<Score> {
        let found = self.time_and_cost(scenario, plan, room)?;
        Some(found.with(self.availability(scenario, plan, room)?))
    }

    /// What a plan takes and costs in the mean; None if it is stuck.
    #[must_use]
    pub fn time_and_cost(
        &self,
        scenario: &Scenario,
        plan: &Plan,
        room: Room,
    ) -> Option<TimeAndCost> {
        let moves = plan_moves(scenario, plan, room);
        let run = self.run(scenario, plan, &moves)?;
        let clock = match scenario.recommend.clock {
            Clock::NewVersion => run.new_version().mean(),
            Clock::Completed => run.completed.mean(),
        };
        Some(TimeAndCost {
            time: Seconds(self.lead(scenario, plan) + clock),
            cost: self.cost(scenario, plan, &moves, &run, Asked::Mean),
            bounds: moves.bounds,
            hosts_on_demand: moves.joining.hosts,
        })
    }

    /// How many tasks stay healthy under a plan; None if it is stuck.
    #[must_use]
    pub fn availability(
        &self,
        scenario: &Scenario,
        plan: &Plan,
        room: Room,
    ) -> Option<Availability> {
        let moves = plan_moves(scenario, plan, room);
        let run = self.run(scenario, plan, &moves)?;
        Some(self.available(scenario, plan, &moves, &run))
    }

    /// What comes of a plan whose deployment never moves.
    fn stuck(&self, scenario: &Scenario, plan: &Plan, moves: Moves) -> Outcome {
        let moves = Moves {
            min_healthy: moves.desired,
            peak: moves.desired,
            ..moves
        };
        let arrival = self.arrival(scenario, plan);
        let there_for: &[&Law] = match plan.prescale_hosts {
            0 => &[],
            _ => &[&*arrival],
        };
        let [hours_each, spot_hours_each] = hours(scenario, plan, there_for, Asked::Spread);
        let usage = Use {
            plan,
            hours_each,
            spot_hours_each,
            excess_task_hours: Billed {
                mean: 0.0,
                spread: Some(HoursSpread::default()),
            },
            joined: None,
        };
        let deployments = scenario.deployment.per_month();
        Outcome {
            tasks: Tasks::from(&moves),
            moves,
            duration: None,
            cost: cost(scenario, usage),
            availability: availability(
                &scenario.service,
                &moves,
                &self.at_rest(scenario, plan),
                deployments,
            ),
        }
    }

    /// The mean wait for the slowest added host, less what passes beside other work \[s\].
    fn lead(&self, scenario: &Scenario, plan: &Plan) -> f64 {
        let overlap = scenario.prescale.lead_overlap.0;
        self.arrival(scenario, plan)
            .expectation(|s| (s - overlap).max(0.0))
    }

    /// How a plan's deployment goes; None if it is stuck.
    fn run(&self, scenario: &Scenario, plan: &Plan, moves: &Moves) -> Option<Run> {
        if moves.is_stuck() {
            return None;
        }
        let pace = self.pace(scenario, plan, moves);
        if pace.phases.verdict.kill_probability > NEARLY_ALL_KILLED {
            return None;
        }
        let joined = joined(scenario, &pace, moves);
        let standing = standing_hosts(scenario, plan.headroom_hosts);
        let before = plan.prescale_hosts;
        let crowded = self.crowded(scenario, moves, [before, standing]);
        let course = Course::of(pace, moves);
        let completed = match (&joined, &crowded) {
            (Some(joined), _) => joined.completed(),
            (None, Some(crowded)) => Rc::clone(&crowded.completed),
            (None, None) => course.later(Rolling::completed),
        };
        let evacuations = self.evacuations(scenario, moves, before, standing);
        let evacuated = evacuated(&evacuations, &completed);
        let lag = scenario.deployment.completion_lag.0;
        Some(Run {
            course,
            joined,
            crowded,
            completed: if lag > 0.0 {
                Rc::new(completed.shifted(lag))
            } else {
                completed
            },
            evacuated,
            evacuations,
        })
    }

    /// How a rollout goes whose starts share hosts and are killed; None if it does not come to that.
    fn crowded(
        &self,
        scenario: &Scenario,
        moves: &Moves,
        [before, standing]: [u32; 2],
    ) -> Option<Rc<CrowdedRollout>> {
        let site = Site::of(scenario, moves, before, standing)?;
        let mut known = self.crowded.borrow_mut();
        let found = known.entry(site).or_insert_with_key(|site| {
            crowded_rollout(scenario, self.phases(), moves, site).map(Rc::new)
        });
        found.clone()
    }

    /// How tasks may move off the hosts that go.
    fn evacuations(
        &self,
        scenario: &Scenario,
        moves: &Moves,
        before: u32,
        standing: u32,
    ) -> Vec<(f64, Course)> {
        let Pace {
            after_stopped,
            at_the_stop,
            followed,
            ..
        } = &*self.pace;
        let phases = after_stopped.phases();
        let course = |rollout| Course {
            pace: Rc::clone(&self.pace),
            reuse: if at_the_stop.is_some() {
                Reuse::AtTheStop
            } else {
                Reuse::AfterStopped
            },
            rollout,
            by_room: None,
            sooner: 0.0,
        };
        evacuations(scenario, moves, phases, followed, before, standing)
            .into_iter()
            .map(|(chance, rollout)| (chance, course(rollout)))
            .collect()
    }

    /// Hours that are billed for all hosts that joined, from their launch until scale-in has taken
    /// them; a step is made only where tasks still wait \[h\].
    fn joined_hours(&self, scenario: &Scenario, moves: &Moves, run: &Run) -> Option<f64> {
        let joined = run.joined.as_ref()?;
        let scaling = managed_scaling(scenario)?;
        let evacuated = run.evacuated.as_ref().map_or(0.0, |law| law.mean());
        let after = SCALE_IN.0 + evacuated + scenario.prescale.release.0;
        let reaction = self.phases().reaction.mean();
        let hours = launches(&scaling, moves.joining.hosts).map(|(launched, hosts)| {
            let there = run.completed.shifted(after - reaction - launched);
            // What is launched when all is over goes again as soon as it is seen to be idle.
            let there = if there.support().0 < SCALE_IN.0 {
                Law::fixed(there.mean().max(SCALE_IN.0), there.step())
            } else {
                there
            };
            let made = joined.starts_left(launched);
            f64::from(hosts) * made * billed_hours(scenario, &[&there])
        });
        Some(hours.sum())
    }

    fn cost(
        &self,
        scenario: &Scenario,
        plan: &Plan,
        moves: &Moves,
        run: &Run,
        asked: Asked,
    ) -> Cost {
        let boot = self.arrival(scenario, plan);
        let release = Law::fixed(scenario.prescale.release.0, boot.step());
        let mut billed = Vec::new();
        if plan.prescale_hosts > 0 {
            billed.extend([&*boot, &run.completed, &release]);
            billed.extend(run.evacuated.as_deref());
        }
        let joined = self.joined_hours(scenario, moves, run);
        self.cost_of(
            scenario,
            (plan, moves),
            &run.course,
            (&billed, joined),
            asked,
        )
    }

    /// What it costs where pre-scaled hosts are there for all of `billed`, and hosts that join for so
    /// many hours in all.
    fn cost_of(
        &self,
        scenario: &Scenario,
        (plan, moves): (&Plan, &Moves),
        course: &Course,
        (billed, joined): (&[&Law], Option<f64>),
        asked: Asked,
    ) -> Cost {
        let [hours_each, spot_hours_each] = hours(scenario, plan, billed, asked);
        let mut usage = Use {
            plan,
            hours_each,
            spot_hours_each,
            excess_task_hours: self.excess(
                // Only Fargate bills tasks, and there all have room.
                match scenario.capacity {
                    Capacity::Unlimited => course.mean_excess_task_seconds(scenario, moves),
                    Capacity::FreeTasks(_) | Capacity::Hosts(_) => 0.0,
                },
                course.rollout,
                asked,
            ),
            joined: joined.map(|hours| (moves.joining.hosts, hours)),
        };
        let fails = scenario.deployment.failure.rate;
        if fails > 0.0 {
            let rollback = self.rollback(scenario, plan, moves);
            let boot = self.arrival(scenario, plan);
            let release = Law::fixed(scenario.prescale.release.0, boot.step());
            let mut billed = Vec::new();
            if plan.prescale_hosts > 0 {
                billed.extend([&*boot, &rollback.finished, &release]);
            }
            let hours = billed_hours(scenario, &billed);
            usage.hours_each = usage.hours_each.or_else_with(fails, hours);
            usage.spot_hours_each = usage.spot_hours_each.or_else_with(fails, hours);
            let beside = f64::from(course.rollout.surge) * rollback.decided.mean();
            usage.excess_task_hours = usage
                .excess_task_hours
                .or_else_with(fails, Seconds(beside).hours());
        }
        cost(scenario, usage)
    }

    /// Tasks beyond the desired count, in billed hours.
    ///
    /// # Formula
    /// Each replacement adds its start, a reaction and the drain of the old task: the variance is
    /// d times that of their sum, and the sum of d of them is about normal.
    fn excess(&self, mean_seconds: f64, rollout: Rollout, asked: Asked) -> Billed {
        let phases = self.phases();
        let mean = Seconds(mean_seconds).hours();
        let spread = (asked == Asked::Spread).then(|| {
            let parts = [&phases.start, &phases.reaction, &phases.drain];
            let variance: f64 = parts.iter().map(|law| law.variance()).sum();
            let deviation = (variance * f64::from(rollout.replacements)).sqrt();
            let deviation = Seconds(deviation).hours();
            HoursSpread {
                deviation,
                skewness: 0.0,
                p95: mean + super::cost::NORMAL_P95 * deviation,
            }
        });
        Billed { mean, spread }
    }

    /// How a plan's tasks are exposed to interruptions; None where nothing can be.
    fn exposure(&self, scenario: &Scenario, plan: &Plan) -> Option<Rc<Exposure>> {
        let desired = scenario.service.desired_count;
        let required = required_tasks(&scenario.service);
        if required > desired || !is_exposed(scenario, plan) {
            return None;
        }
        let counts = [plan.prescale_hosts, plan.headroom_hosts, plan.spot_hosts];
        let [before, standing, spot] = counts;
        let boot = scenario.prescale.boot.mean.0.to_bits();
        let beside = starts_beside(scenario, plan);
        let key = (boot, [before, standing, spot, desired, required, beside]);
        if let Some(known) = self.exposures.borrow().get(&key) {
            return Some(Rc::clone(known));
        }
        let mut recoveries = self.recoveries.borrow_mut();
        let recovery = recoveries
            .entry(boot)
            .or_insert_with(|| Recovery::of(scenario, self.phases()));
        let exposure = Rc::new(Exposure::of(scenario, plan, required, recovery));
        self.exposures
            .borrow_mut()
            .insert(key, Rc::clone(&exposure));
        Some(exposure)
    }

    /// What falls short without any deployment.
    fn at_rest(&self, scenario: &Scenario, plan: &Plan) -> Shortfall {
        let exposure = self.exposure(scenario, plan);
        let chance = |of: fn(&Exposure) -> f64| exposure.as_deref().map_or(0.0, of);
        Shortfall {
            between_by_spot: chance(|exposure| exposure.short_by_spot),
            between_by_zone: chance(|exposure| exposure.short_by_zone),
            ..Shortfall::default()
        }
    }

    fn available(
        &self,
        scenario: &Scenario,
        plan: &Plan,
        moves: &Moves,
        run: &Run,
    ) -> Availability {
        let surplus = surplus(&scenario.service, moves);
        let evacuating = run.mean_short_of_evacuation(moves, surplus);
        let seconds = run.completed.mean() + run.evacuated.as_ref().map_or(0.0, |law| law.mean());
        let joins_after = self.joins_after(scenario);
        let struck = self
            .exposure(scenario, plan)
            .map_or_else(Struck::default, |exposure| {
                exposure.during(moves, joins_after, seconds)
            });
        let fails = scenario.deployment.failure.rate;
        let reaction = self.phases().reaction.mean();
        let partial = self.partial_short(scenario, moves, run);
        let rolled_back = if fails > 0.0 {
            self.rollback(scenario, plan, moves)
                .short_seconds(surplus, reaction)
        } else {
            0.0
        };
        let own_seconds = (1.0 - fails) * (run.mean_short(moves, surplus) + evacuating)
            + fails * rolled_back
            + partial;
        let short = Shortfall {
            own_seconds,
            struck,
            deployment_seconds: seconds,
            ..self.at_rest(scenario, plan)
        };
        let deployments = scenario.deployment.per_month();
        let mut available = availability(&scenario.service, moves, &short, deployments);
        if partial > 0.0 {
            available.shortfall_probability = 1.0;
        }
        available
    }

    /// How long new tasks that have not yet their full share of load leave too little, in a
    /// deployment and where tasks move off the hosts that go \[s\].
    fn partial_short(&self, scenario: &Scenario, moves: &Moves, run: &Run) -> f64 {
        let ramp = scenario
            .service
            .load_balancer
            .map_or(0.0, |balancer| balancer.slow_start.0);
        let required = required_tasks(&scenario.service);
        if ramp <= 0.0 {
            return 0.0;
        }
        let joining = slow_start::Joins {
            steps: joins(scenario, moves),
            boot: Law::of(scenario.prescale.boot, self.phases().start.step()),
        };
        let afterwards = run.evacuations.iter().map(|(chance, evacuation)| {
            let Rollout {
                replacements,
                surge,
                slack,
                cold,
                ..
            } = evacuation.rollout;
            let stay = moves.desired.saturating_sub(replacements);
            let moves = Moves {
                desired: replacements,
                surge,
                slack,
                cold,
                ..*moves
            };
            let required = required.saturating_sub(stay);
            let short = self.ramp_short(&moves, &slow_start::Joins::none(), ramp, required);
            chance * (short - run.ramps_beside_evacuation(ramp, slack > 0)).max(0.0)
        });
        self.ramp_short(moves, &joining, ramp, required) + afterwards.sum::<f64>()
    }

    fn ramp_short(
        &self,
        moves: &Moves,
        joining: &slow_start::Joins,
        ramp: f64,
        required: u32,
    ) -> f64 {
        let tasks = [
            moves.desired,
            moves.surge,
            moves.slack,
            moves.cold,
            required,
        ];
        let joined = match joining.steps.as_slice() {
            [] => Joining::default(),
            _ => moves.joining,
        };
        let key = (tasks, joined, joining.boot.mean().to_bits());
        let mut known = self.slow_starts.borrow_mut();
        *known.entry(key).or_insert_with(|| {
            let phases = self.pace.after_stopped.phases();
            slow_start::short_seconds(moves, phases, joining, ramp, required)
        })
    }

    /// From the request to the moment at which a host that managed scaling launches joins: mean \[s\].
    fn joins_after(&self, scenario: &Scenario) -> f64 {
        let scaling = scenario
            .capacity_provider
            .and_then(|provider| provider.scaling);
        scaling.map_or(0.0, |scaling| {
            self.phases().reaction.mean() + scaling.alarm.0 + scenario.prescale.boot.mean.0
        })
    }
}

/// Of what is less likely nothing is told.
const NEGLIGIBLE_CHANCE: f64 = 1e-9;

/// Whether more than means is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// To compare plans.
    Mean,
    /// To tell one.
    Spread,
}

/// Hours that are billed for each pre-scaled host that is there for all of these: on demand, and
/// spot, which comes later by a fulfilment time.
fn hours(scenario: &Scenario, plan: &Plan, there_for: &[&Law], asked: Asked) -> [Billed; 2] {
    let granularity = scenario.billing.granularity;
    let billed = |there_for: &[&Law]| Billed {
        mean: billed_hours(scenario, there_for),
        spread: (asked == Asked::Spread).then(|| hours_spread(granularity, there_for)),
    };
    let all = billed(there_for);
    let step = there_for.first().map_or(1.0, |law| law.step());
    if plan.spot_hosts == 0 || scenario.spot.fulfilment_time.mean <= Seconds::ZERO {
        return [all, all];
    }
    let later = Law::fixed(-requested(&scenario.spot, step).mean(), step);
    let mut of_spot = there_for.to_vec();
    of_spot.push(&later);
    [all, billed(&of_spot)]
}

/// Which model tells how the deployment goes, and what it is asked.
struct Course {
    pace: Rc<Pace>,
    reuse: Reuse,
    rollout: Rollout,
    /// The same for room on the hosts, where it comes back later than permission.
    by_room: Option<Rollout>,
    /// How much sooner it ends, as places take over starts that failed elsewhere \[s\].
    sooner: f64,
}

impl Course {
    /// How the deployment goes.
    ///
    /// Where stopping tasks do not count, room on the hosts and permission by the upper bound come
    /// back at different moments. With no more room than surge only the room holds starts back, as if
    /// they counted. With more, permission holds the first starts of some units back until first
    /// stops have made room, and room alone would hold back others: the later one is taken.
    fn of(pace: Rc<Pace>, moves: &Moves) -> Self {
        let rollout = |surge: u32, held: u32| Rollout {
            replacements: moves.desired,
            surge,
            slack: moves.slack,
            cold: moves.cold,
            held,
        };
        let permitted = moves.bounds.upper.saturating_sub(moves.desired);
        let beside = moves.room.total().filter(|&beside| beside < moves.desired);
        let (reuse, rollout, by_room) = match beside {
            _ if pace.at_the_stop.is_none() => (Reuse::AfterStopped, rollout(moves.surge, 0), None),
            Some(beside) if beside <= permitted => (Reuse::AfterStopped, rollout(beside, 0), None),
            Some(beside) => {
                let held = (permitted + moves.slack).saturating_sub(beside);
                (
                    Reuse::AtTheStop,
                    rollout(permitted, held),
                    Some(rollout(beside, 0)),
                )
            }
            None => (Reuse::AtTheStop, rollout(permitted, 0), None),
        };
        Self {
            sooner: pace.taken_over(rollout, reuse),
            pace,
            reuse,
            rollout,
            by_room,
        }
    }

    fn rolling(&self) -> &Rolling {
        match (self.reuse, &self.pace.at_the_stop) {
            (Reuse::AtTheStop, Some(at_the_stop)) => at_the_stop,
            _ => &self.pace.after_stopped,
        }
    }

    /// The later by mean of one clock, with the starts that are taken over.
    fn later(&self, clock: impl Fn(&Rolling, Rollout) -> Rc<Law>) -> Rc<Law> {
        let law = self.undisturbed(clock);
        if self.sooner > 0.0 {
            Rc::new(law.shifted(-self.sooner))
        } else {
            law
        }
    }

    fn undisturbed(&self, clock: impl Fn(&Rolling, Rollout) -> Rc<Law>) -> Rc<Law> {
        let law = clock(self.rolling(), self.rollout);
        match self
            .by_room
            .map(|rollout| clock(&self.pace.after_stopped, rollout))
        {
            Some(by_room) if by_room.mean() > law.mean() => by_room,
            _ => law,
        }
    }

    /// Places in which starts follow each other.
    fn places(&self) -> u32 {
        self.rollout.surge.saturating_add(self.rollout.slack)
    }

    /// Task-seconds beyond the desired count: mean \[s\]. A start that fails in a place of the
    /// surge lengthens the life of an old task; between two attempts the place is empty.
    fn mean_excess_task_seconds(&self, scenario: &Scenario, moves: &Moves) -> f64 {
        let Self {
            pace,
            rollout,
            reuse,
            ..
        } = self;
        let phases = &pace.phases;
        let until_healthy = self.rolling().phases();
        let limits = start_limits::limits(scenario.service.launch_type);
        let at_once = f64::from(self.places().min(rollout.replacements));
        let followed = || {
            let durations = pace.followed.durations(scenario, until_healthy);
            mean_excess_task_seconds(scenario, moves, durations)
        };
        let excess = if limits.iter().any(|limit| at_once > limit.at_once) {
            followed()
        } else if let Some(excess) = of_one_round(*rollout, phases, *reuse) {
            excess
        } else if *reuse == Reuse::AtTheStop {
            let seen = || Rolling::new(as_seen(until_healthy), Reuse::AtTheStop, limits);
            at_the_stop(*rollout, until_healthy, pace.seen.get_or_init(seen))
        } else {
            in_turns(*rollout, until_healthy).unwrap_or_else(followed)
        };
        let Some(retries) = &phases.retries else {
            return excess;
        };
        let Rollout {
            replacements,
            surge,
            ..
        } = *rollout;
        let beside = f64::from(surge) / f64::from(self.places().max(1)) * f64::from(replacements);
        let empty = retries.failed / (1.0 - retries.failed) * phases.reaction.mean();
        excess - beside * empty
    }

    /// Time with fewer healthy tasks than the required ones: mean \[s\]. What is taken over shortens
    /// it as it shortens the whole, by the share of it that is short.
    fn mean_short(&self, surplus: u32) -> f64 {
        let short = self.rolling().mean_short(self.rollout, surplus);
        let short = self.by_room.map_or(short, |rollout| {
            let by_room = self.pace.after_stopped.mean_short(rollout, surplus);
            by_room.max(short)
        });
        if short <= 0.0 || self.sooner <= 0.0 {
            return short;
        }
        let reaction = self.pace.phases.reaction.mean();
        let moving = self.undisturbed(Rolling::new_version).mean() - reaction;
        short * (1.0 - self.sooner / moving.max(1e-9)).max(0.0)
    }
}

impl Pace {
    /// How much sooner the last task is healthy as places take over starts that failed elsewhere
    /// \[s\].
    fn taken_over(&self, rollout: Rollout, reuse: Reuse) -> f64 {
        let phases = &self.phases;
        let Some(retries) = &phases.retries else {
            return 0.0;
        };
        let tasks = rollout.replacements;
        let (at_once, later) = (rollout.surge.min(tasks), rollout.slack.min(tasks));
        let mut known = self.taken_over.borrow_mut();
        *known.entry([tasks, at_once, later]).or_insert_with(|| {
            let freed = match reuse {
                Reuse::AfterStopped => phases.drain.plus(&phases.reaction),
                Reuse::AtTheStop => Law::fixed(0.0, phases.drain.step()),
            };
            saved(&Places {
                tasks,
                at_once,
                later,
                freed: &freed,
                failed: retries.failed,
                healthy: &phases.start,
                fails: &retries.fails,
                own: &retries.own,
                turn: Some(&phases.reaction.plus(&freed)),
            })
        })
    }
}

/// How a plan's deployment goes.
struct Run {
    course: Course,
    /// How it goes where hosts join while it runs.
    joined: Option<Rc<Joined>>,
    /// How it goes where starts that share hosts are killed.
    crowded: Option<Rc<CrowdedRollout>>,
    completed: Rc<Law>,
    /// How tasks may move off the hosts that go, each with its probability.
    evacuations: Vec<(f64, Course)>,
    /// How long that takes; absent where none do.
    evacuated: Option<Rc<Law>>,
}

impl Run {
    fn new_version(&self) -> Rc<Law> {
        match (&self.joined, &self.crowded) {
            (Some(joined), _) => joined.new_version(),
            (None, Some(crowded)) => Rc::clone(&crowded.new_version),
            (None, None) => self.course.later(Rolling::new_version),
        }
    }

    /// How long the last new tasks still come to their share of load when the evacuation is short of
    /// tasks: from its begin where it stops tasks first, else from its first new task on. Hosts that
    /// joined go only when all have it \[s\].
    fn ramps_beside_evacuation(&self, ramp: f64, stops_first: bool) -> f64 {
        if self.joined.is_some() {
            return 0.0;
        }
        let phases = &self.course.pace.phases;
        let begins = if stops_first {
            0.0
        } else {
            phases.reaction.mean() + phases.start.mean()
        };
        let gone = self.completed.mean() - self.new_version().mean();
        (ramp - gone - begins).max(0.0)
    }

    /// How long fewer than `surplus` tasks beyond the fewest of the deployment are healthy while
    /// tasks move off the hosts that go: mean \[s\]. Where fewer tasks move than may be missing, more
    /// stay healthy than in the deployment.
    fn mean_short_of_evacuation(&self, moves: &Moves, surplus: u32) -> f64 {
        let short = self.evacuations.iter().map(|(chance, evacuation)| {
            let stay = moves.slack.saturating_sub(evacuation.rollout.slack);
            chance * evacuation.mean_short(surplus.saturating_sub(stay))
        });
        short.sum()
    }

    /// How long tasks are missing: with hosts that join at most as long as without them, and at
    /// most until the new version \[s\].
    fn mean_short(&self, moves: &Moves, surplus: u32) -> f64 {
        if let Some(crowded) = &self.crowded {
            return crowded.short_seconds(moves.min_healthy.saturating_add(surplus));
        }
        let Some(joined) = &self.joined else {
            return self.course.mean_short(surplus);
        };
        if self.course.rollout.slack == 0 || surplus == 0 {
            return 0.0;
        }
        self.course
            .mean_short(surplus)
            .min(joined.new_version().mean())
    }
}

/// How long it takes until tasks have moved as they may, with what is left of certainty at once.
fn evacuated(evacuations: &[(f64, Course)], like: &Law) -> Option<Rc<Law>> {
    let (mut known, mut law): (f64, Option<Rc<Law>>) = (0.0, None);
    for (chance, course) in evacuations {
        let completed = course.later(Rolling::completed);
        known += chance;
        law = Some(match law {
            None => completed,
            Some(so_far) => Rc::new(so_far.or_with(chance / known, &completed)),
        });
    }
    let at_once = 1.0 - known;
    law.map(|law| {
        if at_once > NEGLIGIBLE_CHANCE {
            Rc::new(law.or_with(at_once, &Law::fixed(0.0, like.step())))
        } else {
            law
        }
    })
}

fn plan_moves(scenario: &Scenario, plan: &Plan, room: Room) -> Moves {
    let desired = scenario.service.desired_count;
    let bounds = bounds(desired, plan.minimum_healthy_percent, plan.maximum_percent);
    if scenario.prescale.reactive && plan.prescale_hosts + plan.headroom_hosts > 0 {
        let mut scenario = scenario.clone();
        scenario.leave_reactive();
        return moves(&scenario, bounds, room);
    }
    moves(scenario, bounds, room)
}

/// The answer for a scenario as it stands.
///
/// # Errors
/// Not even the desired count fits on the listed and standing hosts.
pub fn estimate(scenario: &Scenario) -> Result<Estimate, TooFewPlaces> {
    let model = Model::of(scenario);
    let outcome = model.outcome(scenario, &Plan::of(scenario))?;
    model.estimate(scenario, &outcome)
}

impl Model {
    /// The whole answer from an outcome of the scenario's own plan.
    ///
    /// # Errors
    /// Not even the desired count fits on the listed and standing hosts.
    pub fn estimate(
        &self,
        scenario: &Scenario,
        outcome: &Outcome,
    ) -> Result<Estimate, TooFewPlaces> {
        let stuck = match outcome.duration {
            None => Some(self.why_stuck(scenario)?),
            Some(_) => None,
        };
        Ok(Estimate {
            schema_version: 1,
            verdict: match stuck {
                Some(_) => EstimateVerdict::Stuck,
                None => EstimateVerdict::Completes,
            },
            tasks: outcome.tasks,
            duration: outcome.duration,
            stuck,
            cost: outcome.cost,
            availability: outcome.availability,
            warnings: self.warnings(scenario, outcome),
            range: range_ends(self, scenario),
            assumptions: scenario.assumptions.clone(),
        })
    }

    /// Why the scenario's deployment has no duration, and what alone frees it: each change is tried.
    ///
    /// # Errors
    /// Not even the desired count fits on the listed and standing hosts.
    pub fn why_stuck(&self, scenario: &Scenario) -> Result<Stuck, TooFewPlaces> {
        let stuck = self.stuck_by(scenario)?;
        if stuck.bound == Bound::HealthCheck {
            return Ok(stuck);
        }
        let fixes = stuck.fix.into_iter();
        Ok(Stuck {
            fix: fixes.filter_map(|fix| tried(scenario, fix)).collect(),
            ..stuck
        })
    }

    /// Why the scenario's deployment has no duration, with the changes by which tasks could move:
    /// none is tried, which for each row of a sweep would take longer than all else.
    ///
    /// # Errors
    /// Not even the desired count fits on the listed and standing hosts.
    pub fn stuck_by(&self, scenario: &Scenario) -> Result<Stuck, TooFewPlaces> {
        Ok(match rollout::verdict(scenario)? {
            rollout::Verdict::Stuck(stuck) => stuck,
            rollout::Verdict::Completes(moves) => self.killed(scenario, &moves),
        })
    }

    /// Why no start survives its health check.
    fn killed(&self, scenario: &Scenario, moves: &Moves) -> Stuck {
        let verdict = self.verdict(scenario, &Plan::of(scenario), moves);
        let grace = scenario
            .service
            .health_check_grace_period
            .unwrap_or_default();
        Stuck {
            bound: Bound::HealthCheck,
            reason: format!(
                "{:.0} % of the new tasks are killed as unhealthy: the grace period of {:.0} s ends before they answer their health check",
                verdict.kill_probability * 100.0,
                grace.0
            ),
            fix: vec![Fix {
                key: "service.health_check_grace_period".to_owned(),
                from: serde_json::Value::from(format!("{:.0}s", grace.0)),
                to: serde_json::Value::from(format!("{:.0}s", verdict.sufficient_grace.0)),
                besides: Vec::new(),
            }],
        }
    }

    /// Whether the slow start leaves too little capacity though enough tasks are healthy.
    fn slow_start_warning(&self, scenario: &Scenario, outcome: &Outcome) -> Option<String> {
        outcome.duration.as_ref()?;
        let run = self.run(scenario, &Plan::of(scenario), &outcome.moves)?;
        let short = self.partial_short(scenario, &outcome.moves, &run);
        (short > 0.0).then(|| {
            format!(
                "new tasks take their full share of load only in the course of the slow start: for {} of each deployment less than {} tasks' worth of load is served; replace fewer at once, or shorten service.load_balancer.slow_start",
                Seconds(short),
                required_tasks(&scenario.service)
            )
        })
    }

    fn warnings(&self, scenario: &Scenario, outcome: &Outcome) -> Vec<String> {
        let mut warnings = Vec::new();
        let verdict = self.verdict(scenario, &Plan::of(scenario), &outcome.moves);
        let killed = verdict.kill_probability;
        if killed > 0.01 && killed <= NEARLY_ALL_KILLED {
            warnings.push(format!(
                "{:.0} % of new tasks are killed as unhealthy before they are ready, and started again, which the durations count; set service.health_check_grace_period to \"{:.0}s\"",
                killed * 100.0,
                verdict.sufficient_grace.0
            ));
        }
        warnings.extend(breaker_warning(scenario));
        warnings.extend(range_warnings(scenario));
        warnings.extend(self.slow_start_warning(scenario, outcome));
        if let Some(required) = scenario
            .service
            .required_tasks
            .filter(|&required| required > scenario.service.desired_count)
        {
            warnings.push(format!(
                "{required} tasks are required but only {} desired: the service is short all the time; raise service.desired_count or correct [service.load]",
                scenario.service.desired_count
            ));
        }
        warnings.extend(provider::warnings(scenario, outcome));
        warnings.extend(
            outcome
                .duration
                .and_then(|duration| day::warning(scenario, &duration)),
        );
        warnings
    }
}

/// A change that lets tasks move, with the grace period that it takes besides where nearly all new
/// tasks would be killed then; None where it is stuck with both.
fn tried(scenario: &Scenario, fix: Fix) -> Option<Fix> {
    let mut changed = fix.applied(scenario);
    let model = Model::of(&changed);
    let plan = Plan::of(&changed);
    let outcome = model.outcome(&changed, &plan).ok()?;
    if outcome.duration.is_some() {
        return Some(fix);
    }
    let enough = model.verdict(&changed, &plan, &outcome.moves);
    let besides = model.killed(&changed, &outcome.moves).fix;
    changed.service.health_check_grace_period = Some(enough.sufficient_grace);
    let with_both = Model::of(&changed).outcome(&changed, &plan).ok()?;
    with_both.duration.map(|_| Fix { besides, ..fix })
}

/// Whether chance alone makes the circuit breaker roll good versions back.
fn breaker_warning(scenario: &Scenario) -> Option<String> {
    let desired = scenario.service.desired_count;
    let threshold = breaker_threshold(desired);
    let failed = scenario.service.failed_start_probability;
    let tripped = tripped_by_chance(desired, threshold, failed);
    let breaks = scenario.deployment.failure.detection == Detection::CircuitBreaker;
    (breaks && tripped > 0.01).then(|| {
        format!(
            "{:.0} % of deployments of a good version would be rolled back by a circuit breaker: {threshold} of its starts fail before {desired} do not; correct service.failed_start_probability, or set deployment.circuit_breaker = false with failure_detection",
            tripped * 100.0
        )
    })
}
