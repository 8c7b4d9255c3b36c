//! The model against the simulation, which shares no formula with it, over random scenarios.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use serde::Serialize;

use super::scenarios::{Drawn, drawn};
use crate::model::{self, Duration, Tasks};
use crate::scenario::{LaunchType, LoadBalancerKind, Placement, Scenario};
use crate::simulate::statistics::{CONFIDENCE, Distribution};
use crate::simulate::{self, Setup, Simulation, simulate};

/// The largest error of a mean that is within the aim, as a share.
pub const MEAN_WITHIN: f64 = 0.01;
/// The largest error of a 95 % quantile that is within the aim, as a share.
pub const P95_WITHIN: f64 = 0.02;
/// The share of scenarios that should be within both.
pub const SHARE_WITHIN: f64 = 0.95;
/// No error of any scenario should be larger.
pub const NONE_BEYOND: f64 = 0.04;

/// Deployments of a scenario that are simulated first, to see how much they vary.
const PILOT_RUNS: u32 = 400;
/// The standard errors that the number of runs is chosen for: a mean's, a quantile's.
const WANTED_ERRORS: [f64; 2] = [0.001, 0.003];

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// How many scenarios.
    pub scenarios: u32,
    /// The most tasks that one has.
    pub most_tasks: u32,
    /// The most deployments that are simulated of one; fewer where these tell enough.
    pub runs: u32,
    /// Where the random numbers begin.
    pub seed: u64,
    /// Threads, at least 1; the answer does not depend on them.
    pub threads: u32,
}

/// The model's errors over all scenarios.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// One for each scenario, in the order of their numbers.
    pub compared: Vec<Compared>,
    /// Numbers whose scenario could not be drawn, or not be simulated to its end.
    pub left_out: Vec<u32>,
}

/// One scenario on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// Which one of its seed, from 1.
    pub number: u32,
    /// Desired count.
    pub desired: u32,
    /// Lower bound.
    pub lower_bound: u32,
    /// Upper bound.
    pub upper_bound: u32,
    /// Further tasks that the hosts can place; absent: unlimited.
    pub room: Option<u32>,
    /// Hosts that are added without the image.
    pub added_hosts: u32,
    /// The load balancer, as scenarios call it, or "none".
    pub load_balancer: &'static str,
    /// Who brings the hosts, as scenarios call it.
    pub launch_type: &'static str,
    /// What is particular about it.
    pub kind: Kind,
    /// How many deployments were simulated.
    pub runs: u32,
    /// From the request to the last new task healthy.
    pub new_version: ClockErrors,
    /// From the request to "deployment completed".
    pub completed: ClockErrors,
    /// Error of the time below the required tasks, as a share of the whole deployment.
    pub short: f64,
    /// Of what deployments cost; absent where they cost nothing.
    pub cost: Option<CostErrors>,
    /// The scenario as it was drawn.
    #[serde(skip)]
    pub toml: String,
}

/// Model over simulation, less 1, of what deployments cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CostErrors {
    /// Of the mean of one.
    pub mean: f64,
    /// Of the 95 % quantile of one.
    pub p95: f64,
    /// Of the 95 % quantile of all of a month.
    pub month_p95: f64,
    /// The simulation's own standard error, of the 95 % quantile of one, as a share.
    pub p95_standard_error: f64,
}

/// Deployments of a month in which they are added up.
const IN_A_MONTH: f64 = 20.0;

impl CostErrors {
    fn of(scenario: &Scenario, asked: simulate::Asked) -> Option<Self> {
        let mut many = scenario.clone();
        many.deployment.days_per_month = Some(IN_A_MONTH);
        let model = model::estimate(&many).ok()?.cost;
        let simulated = simulate::cost_spread(&many, asked).ok()??;
        let always = (model.serving_usd_per_month + model.headroom_usd_per_month).0;
        let each = simulated.per_deployment;
        let month = simulated.month?;
        (each.value.mean > 0.0).then_some(())?;
        Some(Self {
            mean: model.per_deployment_usd.0 / each.value.mean - 1.0,
            p95: model.per_deployment_p95_usd?.0 / each.value.p95 - 1.0,
            month_p95: (model.total_p95_usd_per_month?.0 - always) / (month.value.p95 - always)
                - 1.0,
            p95_standard_error: each.standard_error.p95 / each.value.p95,
        })
    }
}

/// What is particular about a scenario; the first that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// More starts may be under way at once than the provider's rate limit lets through.
    BeyondStartLimit,
    /// Tasks are packed on as few hosts as possible, and some hosts are added without the image.
    PackedOnAddedHosts,
    /// Stopping tasks do not count towards the upper bound.
    StoppingDoNotCount,
    /// Nothing of these.
    Plain,
}

impl Kind {
    fn of(scenario: &Scenario, tasks: &Tasks) -> Self {
        let at_once = f64::from(tasks.peak.saturating_sub(tasks.desired));
        let limits = Setup::of(scenario).start_limits;
        if limits.iter().any(|limit| at_once > limit.burst) {
            Self::BeyondStartLimit
        } else if scenario.service.placement == Placement::Binpack && scenario.prescale.hosts > 0 {
            Self::PackedOnAddedHosts
        } else if !scenario.deployment.stopping_counts {
            Self::StoppingDoNotCount
        } else {
            Self::Plain
        }
    }
}

/// Model over simulation, less 1, for one clock; and the simulation's standard errors, as shares.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClockErrors {
    /// Of the mean.
    pub mean: f64,
    /// Of the 95 % quantile.
    pub p95: f64,
    /// The simulation's own, of the mean.
    pub mean_standard_error: f64,
    /// The simulation's own, of the 95 % quantile.
    pub p95_standard_error: f64,
}

impl ClockErrors {
    fn of(model: &Duration, simulated: Distribution, error: Distribution) -> Self {
        Self {
            mean: model.mean.0 / simulated.mean - 1.0,
            p95: model.p95.0 / simulated.p95 - 1.0,
            mean_standard_error: error.mean / simulated.mean,
            p95_standard_error: error.p95 / simulated.p95,
        }
    }

    /// The larger of both errors, each in units of its aim.
    fn in_aims(&self) -> f64 {
        (self.mean.abs() / MEAN_WITHIN).max(self.p95.abs() / P95_WITHIN)
    }
}

impl Compared {
    /// The largest of the four errors, each in units of its aim: at most 1 where all are within.
    #[must_use]
    pub fn in_aims(&self) -> f64 {
        self.new_version.in_aims().max(self.completed.in_aims())
    }

    /// The largest of the four errors, as a share.
    #[must_use]
    pub fn largest(&self) -> f64 {
        let Self {
            new_version,
            completed,
            ..
        } = self;
        [
            new_version.mean,
            new_version.p95,
            completed.mean,
            completed.p95,
        ]
        .into_iter()
        .map(f64::abs)
        .fold(0.0, f64::max)
    }

    /// Whether some error is beyond its aim by more than the simulation's own uncertainty.
    #[must_use]
    pub fn is_surely_beyond(&self) -> bool {
        [&self.new_version, &self.completed].iter().any(|clock| {
            clock.mean.abs() - CONFIDENCE * clock.mean_standard_error > MEAN_WITHIN
                || clock.p95.abs() - CONFIDENCE * clock.p95_standard_error > P95_WITHIN
        })
    }
}

/// Compares as many scenarios as are asked for.
#[must_use]
pub fn agreement(asked: Asked) -> Agreement {
    let all = in_turns(asked, |number| {
        compared(drawn(asked.seed, number, asked.most_tasks)?, asked)
    });
    Agreement {
        left_out: all
            .iter()
            .filter(|(_, compared)| compared.is_none())
            .map(|(number, _)| *number)
            .collect(),
        compared: all
            .into_iter()
            .filter_map(|(_, compared)| compared)
            .collect(),
    }
}

/// What comes of each number, on several threads, in the order of the numbers.
pub(super) fn in_turns<T: Send>(
    asked: Asked,
    compare: impl Fn(u32) -> Option<T> + Sync,
) -> Vec<(u32, Option<T>)> {
    let next = AtomicU32::new(1);
    let work = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number > asked.scenarios {
                return done;
            }
            done.push((number, compare(number)));
        }
    };
    let mut all = thread::scope(|scope| {
        let others: Vec<_> = (1..asked.threads).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for other in others {
            match other.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_by_key(|(number, _)| *number);
    all
}

/// One scenario on both sides; absent where one of them has no duration.
fn compared(drawn: Drawn, asked: Asked) -> Option<Compared> {
    let scenario = &drawn.scenario;
    let estimate = model::estimate(scenario).ok()?;
    let durations = estimate.duration?;
    let simulation = simulated(scenario, asked)?;
    let simulated = simulation.duration?;
    let errors = simulation.standard_errors?;
    let minutes_short = estimate.availability.shortfall_minutes_per_month?
        - simulation.availability.shortfall_minutes_per_month?;
    let service = &scenario.service;
    Some(Compared {
        number: drawn.number,
        desired: service.desired_count,
        lower_bound: estimate.tasks.lower_bound,
        upper_bound: estimate.tasks.upper_bound,
        room: estimate.tasks.room,
        added_hosts: scenario.prescale.hosts,
        load_balancer: match service.load_balancer.map(|balancer| balancer.kind) {
            Some(LoadBalancerKind::Alb) => "alb",
            Some(LoadBalancerKind::Nlb) => "nlb",
            Some(LoadBalancerKind::Clb) => "clb",
            None => "none",
        },
        launch_type: match service.launch_type {
            LaunchType::Ec2 => "ec2",
            LaunchType::Fargate => "fargate",
        },
        kind: Kind::of(scenario, &estimate.tasks),
        runs: simulation.runs,
        new_version: ClockErrors::of(
            &durations.new_version_s,
            simulated.new_version_s,
            errors.new_version_s,
        ),
        completed: ClockErrors::of(
            &durations.completed_s,
            simulated.completed_s,
            errors.completed_s,
        ),
        short: minutes_short * 60.0 / scenario.deployment.per_month()? / simulated.completed_s.mean,
        cost: CostErrors::of(
            scenario,
            simulate::Asked {
                runs: simulation.runs,
                seed: asked.seed,
                threads: 1,
            },
        ),
        toml: drawn.toml,
    })
}

/// Simulates as many deployments as the wanted standard errors need, by how much a few vary.
fn simulated(scenario: &Scenario, asked: Asked) -> Option<Simulation> {
    let of_runs = |runs: u32| {
        let asked = simulate::Asked {
            runs,
            seed: asked.seed,
            threads: 1,
        };
        simulate(scenario, asked).ok()
    };
    let pilot = of_runs(PILOT_RUNS.min(asked.runs))?;
    let (value, error) = pilot.duration.zip(pilot.standard_errors)?;
    let missing = [
        (value.new_version_s, error.new_version_s),
        (value.completed_s, error.completed_s),
    ]
    .into_iter()
    .flat_map(|(value, error)| {
        [
            error.mean / value.mean / WANTED_ERRORS[0],
            error.p95 / value.p95 / WANTED_ERRORS[1],
        ]
    })
    .fold(0.0, f64::max);
    // A standard error falls with the root of the number of runs.
    let runs = f64::from(pilot.runs) * missing * missing;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between the pilot's runs and those that were asked for"
    )]
    let runs = runs
        .ceil()
        .clamp(f64::from(pilot.runs), f64::from(asked.runs)) as u32;
    if runs == pilot.runs {
        Some(pilot)
    } else {
        of_runs(runs)
    }
}

/// How large errors are over some scenarios, as shares.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Half of them are at most this.
    pub p50: f64,
    /// Nine tenths.
    pub p90: f64,
    /// Nineteen of twenty.
    pub p95: f64,
    /// All.
    pub largest: f64,
}

/// The sizes of some errors, as shares; absent of none.
///
/// # Formula
/// Quantile q is the ⌈nq⌉-th smallest size.
#[must_use]
pub fn spread(errors: impl IntoIterator<Item = f64>) -> Option<Spread> {
    let mut sizes: Vec<f64> = errors.into_iter().map(f64::abs).collect();
    sizes.sort_by(f64::total_cmp);
    let at = |percent: usize| {
        let rank = (sizes.len() * percent).div_ceil(100);
        sizes.get(rank.saturating_sub(1)).copied()
    };
    Some(Spread {
        p50: at(50)?,
        p90: at(90)?,
        p95: at(95)?,
        largest: at(100)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(mean: f64, p95: f64) -> ClockErrors {
        ClockErrors {
            mean,
            p95,
            mean_standard_error: 0.001,
            p95_standard_error: 0.003,
        }
    }

    fn with(new_version: ClockErrors, completed: ClockErrors) -> Compared {
        Compared {
            number: 1,
            desired: 2,
            lower_bound: 1,
            upper_bound: 2,
            room: None,
            added_hosts: 0,
            load_balancer: "none",
            launch_type: "ec2",
            kind: Kind::Plain,
            runs: 400,
            new_version,
            completed,
            short: 0.0,
            cost: None,
            toml: String::new(),
        }
    }

    #[test]
    fn the_worst_error_counts_in_units_of_its_aim() {
        let one = with(clock(-0.005, 0.01), clock(0.002, -0.03));
        assert!((one.in_aims() - 1.5).abs() < 1e-12);
        assert!((one.largest() - 0.03).abs() < 1e-12);
        assert!(one.is_surely_beyond());
        // 0.023 less two standard errors is within 0.02.
        let unsure = with(clock(0.0, 0.023), clock(0.0, 0.0));
        assert!(unsure.in_aims() > 1.0 && !unsure.is_surely_beyond());
    }

    #[test]
    fn sizes_in_order() {
        let all: Vec<Compared> = (1..=20)
            .map(|n| with(clock(f64::from(n) * -0.001, 0.0), clock(0.0, 0.0)))
            .collect();
        let found = spread(all.iter().map(|one| one.new_version.mean)).unwrap();
        let expected = [0.010, 0.018, 0.019, 0.020];
        for (found, expected) in [found.p50, found.p90, found.p95, found.largest]
            .into_iter()
            .zip(expected)
        {
            assert!((found - expected).abs() < 1e-12);
        }
        assert_eq!(spread([]), None);
    }
}
