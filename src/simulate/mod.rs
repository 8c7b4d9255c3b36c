//! How long a deployment takes, what it costs and how many tasks stay healthy, by playing it many
//! times: task by task, host by host, event by event.
//!
//! From the same scenario as the model and without any of its formulas: tasks are placed on hosts
//! one by one, every check of a load balancer is made, every change is noticed after a delay of its
//! own. The model's agreement with it therefore proves something.
//!
//! A run depends on the seed and its own number only, so that the answer has the same bytes on any
//! number of threads.

mod availability;
mod cost;
mod cost_spread;
mod floor;
mod health;
mod law;
mod lock;
mod paid_hour;
mod queue;
mod run;
mod setup;
mod shared;
pub mod statistics;
mod tilt;
pub mod timeline;

use rand::SeedableRng as _;
use rand::rngs::Xoshiro256PlusPlus;
use serde::Serialize;

pub use availability::{Availability, Parts};
pub use cost::Cost;
pub use cost_spread::{CostSpread, cost_spread};
pub use run::{Halt, Outcome, Prepared, Run, Seen};
pub use setup::{Adding, Host, NoPlace, Origin, Resources, Setup, SpotRules, StartLimit, Waiting};
pub use timeline::Row;

use crate::scenario::{Assumption, Deployment, HostPort, Scenario};
use crate::units::Seconds;
use statistics::{Distribution, mean, sampled};

/// Beyond this share of killed and failed starts a deployment does not get anywhere.
const NEARLY_ALL_FAIL: f64 = 0.9;

/// How many runs, from which seed, on how many threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Runs, at least 1.
    pub runs: u32,
    /// Where the random numbers begin.
    pub seed: u64,
    /// Threads, at least 1; the answer does not depend on them.
    pub threads: u32,
}

/// The answer, in the layout of an estimate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Simulation {
    /// Version of this layout.
    pub schema_version: u32,
    /// Whether the deployment completes.
    pub verdict: Verdict,
    /// How many runs it is from.
    pub runs: u32,
    /// Where the random numbers began.
    pub seed: u64,
    /// How many tasks there are and may be.
    pub tasks: Tasks,
    /// How long it takes; absent where it is stuck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<Durations>,
    /// Why it is stuck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stuck: Option<Stuck>,
    /// What it costs; a deployment that is stuck adds nothing.
    pub cost: Cost,
    /// How many tasks stay healthy.
    pub availability: Availability,
    /// How sure the figures are: their standard errors; absent where it is stuck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard_errors: Option<Durations>,
    /// Starts that failed or were killed, as a share of all.
    pub failed_starts: f64,
    /// Events of all deployments.
    pub events: u64,
    /// Every input that was not given.
    pub assumptions: Vec<Assumption>,
}

/// Whether a deployment completes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It ends.
    Completes,
    /// It never does.
    Stuck,
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
    /// The fewest healthy tasks after a stop by the scheduler, in any run.
    pub min_healthy: u32,
    /// The most pending, running and stopping tasks, in any run.
    pub peak: u32,
    /// The most hosts that managed scaling launched, in any run; absent where it launched none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts_on_demand: Option<u32>,
}

/// How long a deployment takes \[s\].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Durations {
    /// The wait for added hosts before the request.
    pub lead_s: Mean,
    /// From the request to the last new task healthy.
    pub new_version_s: Distribution,
    /// From the request to "deployment completed".
    pub completed_s: Distribution,
    /// From "completed" to the end of the added hosts.
    pub release_s: Mean,
    /// Where the new version never gets healthy: from the request until the old one is back;
    /// absent where no deployment fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_s: Option<Distribution>,
    /// The part of the release in which tasks move.
    pub evacuation_s: Mean,
    /// Before the lead, for the lock of the cluster; absent without a lock, or where its queue only
    /// grows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_wait_s: Option<Mean>,
}

/// A mean \[s\].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
}

/// Why a deployment is stuck.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stuck {
    /// What binds.
    pub bound: Bound,
    /// The same in words.
    pub reason: String,
    /// A sufficient grace period \[s\], where that is what binds.
    #[serde(skip)]
    pub sufficient_grace: Option<Seconds>,
}

/// What keeps a deployment from moving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// More tasks must be healthy than can be.
    MinimumHealthyPercent,
    /// No task may be added to the desired count.
    MaximumPercent,
    /// No host has room for another task.
    HostRoom,
    /// Hosts have room, but hold only one task of the service each.
    HostPort,
    /// New tasks are killed before they are healthy, or fail.
    HealthCheck,
}

/// Simulates a scenario as it stands.
///
/// # Errors
/// The desired count does not fit on the hosts that stand.
pub fn simulate(scenario: &Scenario, asked: Asked) -> Result<Simulation, NoPlace> {
    let setup = Setup::of(scenario);
    let prepared = Prepared::of(&setup)?;
    let played = outcomes(&prepared, asked).and_then(|good| {
        let bad = if scenario.deployment.failure.rate > 0.0 {
            failures(&prepared, asked)?
        } else {
            Vec::new()
        };
        Ok(Played { good, bad })
    });
    Ok(match played {
        Ok(played) => completed(scenario, &prepared, asked, &played),
        Err(halt) => stuck(scenario, &prepared, asked, halt),
    })
}

/// Deployments as they were played: of good versions, and of those that are rolled back.
struct Played {
    good: Vec<Outcome>,
    bad: Vec<Outcome>,
}

impl Played {
    /// The mean over both, by the share of deployments that fail, and its standard error.
    fn mean(&self, deployment: &Deployment, of: impl Fn(&Outcome) -> f64) -> (f64, f64) {
        let over = |outcomes: &[Outcome]| mean(&outcomes.iter().map(&of).collect::<Vec<_>>());
        let bad = (!self.bad.is_empty()).then(|| over(&self.bad));
        blended(deployment, over(&self.good), bad)
    }
}

/// A mean over good versions and those that are rolled back, and its standard error, from one of
/// each.
fn blended(deployment: &Deployment, good: (f64, f64), bad: Option<(f64, f64)>) -> (f64, f64) {
    let fails = deployment.failure.rate;
    bad.map_or(good, |bad| {
        (
            (1.0 - fails) * good.0 + fails * bad.0,
            ((1.0 - fails) * good.1).hypot(fails * bad.1),
        )
    })
}

/// Plays all runs of a prepared deployment, in their order.
///
/// # Errors
/// The first run that never ends; or nearly all starts fail.
pub fn outcomes(prepared: &Prepared, asked: Asked) -> Result<Vec<Outcome>, Halt> {
    let outcomes = in_threads(prepared, asked, |run, _| run.play())?;
    let sum = |of: fn(&Outcome) -> u64| outcomes.iter().map(of).sum::<u64>();
    #[expect(clippy::cast_precision_loss, reason = "a share of counts")]
    let failed = sum(|run| run.failed) as f64 / sum(|run| run.starts).max(1) as f64;
    if failed > NEARLY_ALL_FAIL {
        return Err(Halt::Failing);
    }
    Ok(outcomes)
}

/// Plays as many deployments of a version that never gets healthy, until the old one is back.
///
/// # Errors
/// The first run that never ends.
pub fn failures(prepared: &Prepared, asked: Asked) -> Result<Vec<Outcome>, Halt> {
    in_threads(prepared, asked, |run, _| run.fail())
}

/// The events of one run, by its number.
///
/// # Errors
/// The desired count does not fit on the hosts that stand.
pub fn record(scenario: &Scenario, seed: u64, run: u64) -> Result<Vec<Row>, NoPlace> {
    let setup = Setup::of(scenario);
    let prepared = Prepared::of(&setup)?;
    let mut run = Run::new(&prepared, seed, run).recording();
    // A run that never ends is told as far as it went.
    let _ = run.play();
    Ok(run.into_record())
}

/// Plays runs on several threads, each thread a range of them; each is given its number.
fn in_threads<T: Send>(
    prepared: &Prepared,
    asked: Asked,
    play: impl Fn(&mut Run, u64) -> Result<T, Halt> + Sync,
) -> Result<Vec<T>, Halt> {
    let range = |from: u32, to: u32| -> Result<Vec<T>, Halt> {
        let mut run = Run::new(prepared, asked.seed, u64::from(from));
        (from..to)
            .map(|number| {
                run.restart(asked.seed, u64::from(number));
                play(&mut run, u64::from(number))
            })
            .collect()
    };
    let threads = asked.threads.clamp(1, asked.runs.max(1));
    let bound = |thread: u32| {
        let from = u64::from(asked.runs) * u64::from(thread) / u64::from(threads);
        u32::try_from(from).unwrap_or(asked.runs)
    };
    if threads == 1 {
        return range(0, asked.runs);
    }
    let parts: Vec<Result<Vec<T>, Halt>> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || range(bound(thread), bound(thread + 1))))
            .collect();
        handles
            .into_iter()
            .map(|handle| match handle.join() {
                Ok(part) => part,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    });
    let mut all = Vec::with_capacity(asked.runs as usize);
    for part in parts {
        all.extend(part?);
    }
    Ok(all)
}

fn completed(
    scenario: &Scenario,
    prepared: &Prepared,
    asked: Asked,
    played: &Played,
) -> Simulation {
    let setup = prepared.setup;
    let outcomes = &played.good;
    let all = |of: fn(&Outcome) -> f64| outcomes.iter().map(of).collect::<Vec<f64>>();
    let new_version = sampled(all(|run| run.new_version));
    let completed = sampled(all(|run| run.completed));
    let lead = mean(&all(|run| run.lead));
    let evacuation = mean(&all(|run| run.evacuation));
    let release = mean(&all(|run| run.release));
    let rollback = (!played.bad.is_empty())
        .then(|| sampled(played.bad.iter().map(|run| run.completed).collect()));
    let lock = lock::wait(scenario, outcomes, asked.seed);
    #[expect(clippy::cast_precision_loss, reason = "a share of counts")]
    let failed_starts = outcomes.iter().map(|run| run.failed).sum::<u64>() as f64
        / outcomes.iter().map(|run| run.starts).sum::<u64>().max(1) as f64;
    Simulation {
        schema_version: 1,
        verdict: Verdict::Completes,
        runs: asked.runs,
        seed: asked.seed,
        tasks: Tasks {
            min_healthy: outcomes
                .iter()
                .map(|run| run.min_healthy)
                .min()
                .unwrap_or(setup.desired),
            peak: outcomes
                .iter()
                .map(|run| run.peak)
                .max()
                .unwrap_or(setup.desired),
            hosts_on_demand: outcomes
                .iter()
                .map(|run| run.scaled_hosts)
                .max()
                .filter(|&hosts| hosts > 0),
            ..tasks(prepared)
        },
        duration: Some(Durations {
            lead_s: Mean { mean: lead.0 },
            new_version_s: new_version.value,
            completed_s: completed.value,
            release_s: Mean { mean: release.0 },
            rollback_s: rollback.map(|rollback| rollback.value),
            evacuation_s: Mean { mean: evacuation.0 },
            lock_wait_s: lock.map(|lock| Mean { mean: lock.0 }),
        }),
        stuck: None,
        cost: cost::cost(
            scenario,
            setup,
            |of| played.mean(&scenario.deployment, of).0,
            paid_hour::hours(scenario, played, asked.seed),
        ),
        availability: availability::availability(scenario, prepared, asked, played),
        standard_errors: Some(Durations {
            lead_s: Mean { mean: lead.1 },
            new_version_s: new_version.standard_error,
            completed_s: completed.standard_error,
            release_s: Mean { mean: release.1 },
            rollback_s: rollback.map(|rollback| rollback.standard_error),
            evacuation_s: Mean { mean: evacuation.1 },
            lock_wait_s: lock.map(|lock| Mean { mean: lock.1 }),
        }),
        failed_starts,
        events: outcomes.iter().map(|run| run.events).sum(),
        assumptions: scenario.assumptions.clone(),
    }
}

fn tasks(prepared: &Prepared) -> Tasks {
    let setup = prepared.setup;
    Tasks {
        desired: setup.desired,
        lower_bound: setup.lower,
        upper_bound: setup.upper,
        room: prepared.room(),
        min_healthy: setup.desired,
        peak: setup.desired,
        hosts_on_demand: None,
    }
}

fn stuck(scenario: &Scenario, prepared: &Prepared, asked: Asked, halt: Halt) -> Simulation {
    let setup = prepared.setup;
    let (bound, reason) = match halt {
        Halt::LowerBound => (
            Bound::MinimumHealthyPercent,
            format!("{} tasks must be healthy, more than can be", setup.lower),
        ),
        Halt::UpperBound => (
            Bound::MaximumPercent,
            format!(
                "no task may stop (lower bound {}, desired count {}) and none may be added: {} % rounds down to {}",
                setup.lower, setup.desired, scenario.deployment.maximum_percent, setup.upper
            ),
        ),
        Halt::Room if held_by_port(scenario) => (
            Bound::HostPort,
            "no task may stop and each host that has room holds one task of the service already"
                .to_owned(),
        ),
        Halt::Room => (
            Bound::HostRoom,
            "no task may stop and no host has room for another".to_owned(),
        ),
        Halt::Failing => (
            Bound::HealthCheck,
            "nearly all new tasks are killed as unhealthy before they are healthy, or fail"
                .to_owned(),
        ),
    };
    let sufficient_grace = (halt == Halt::Failing).then(|| {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(asked.seed);
        let mut times: Vec<f64> = (0..20_000)
            .map(|_| prepared.checks.patient(&mut rng))
            .collect();
        times.sort_by(f64::total_cmp);
        Seconds(times[19_979].ceil())
    });
    Simulation {
        schema_version: 1,
        verdict: Verdict::Stuck,
        runs: asked.runs,
        seed: asked.seed,
        tasks: tasks(prepared),
        duration: None,
        stuck: Some(Stuck {
            bound,
            reason,
            sufficient_grace,
        }),
        cost: cost::cost(scenario, setup, |_| 0.0, None),
        availability: availability::availability(
            scenario,
            prepared,
            asked,
            &Played {
                good: Vec::new(),
                bad: Vec::new(),
            },
        ),
        standard_errors: None,
        failed_starts: f64::from(u8::from(halt == Halt::Failing)),
        events: 0,
        assumptions: scenario.assumptions.clone(),
    }
}

/// Whether a host would have room without the rule of one task on each.
fn held_by_port(scenario: &Scenario) -> bool {
    let mut without = scenario.clone();
    without.service.host_port = HostPort::Dynamic;
    without.service.distinct_instance = false;
    let setup = Setup::of(&without);
    Prepared::of(&setup).is_ok_and(|prepared| prepared.room() != Some(0))
}
