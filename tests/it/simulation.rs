//! The simulation from outside: deployments of which bounds, room and timing are given, as worked
//! by hand and drawn at random.

pub mod cases;
mod scenarios;
mod table;

use prescale::scenario::{
    ContainerHealthCheck, Detection, DurationLaw, Fallback, Granularity, LoadBalancer, Placement,
    Purchase, ReleaseHosts, Timing,
};
use prescale::simulate::{
    Adding, Asked, Host, Origin, Outcome, Prepared, Resources, Setup, SpotRules, Waiting, outcomes,
    statistics,
};
use prescale::units::Seconds;

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
    /// How many healthy tasks are full capacity.
    pub required: u32,
    /// How long a task's phases take.
    pub timing: Timing,
    /// From a change to the one move it allows.
    pub reaction: DurationLaw,
    /// Absent: none.
    pub load_balancer: Option<LoadBalancer>,
    /// The container's own health check; absent: none.
    pub health_check: Option<ContainerHealthCheck>,
    /// From the reaction to the last change to "deployment completed" [s].
    pub completion_lag: Seconds,
}

/// What many runs have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// From the request to the last new task healthy.
    pub new_version: Clock,
    /// From the request to "deployment completed".
    pub completed: Clock,
    /// Mean time with fewer healthy tasks than required [s].
    pub short_seconds: f64,
    /// Mean of the tasks on hosts beyond the desired count, less those missing, over time [s].
    pub excess_task_seconds: f64,
}

/// The distribution of one duration [s].
#[derive(Debug, Clone, PartialEq)]
pub struct Clock {
    pub mean: f64,
    /// Standard error of the mean.
    pub standard_error: f64,
    pub p50: f64,
    pub p95: f64,
    /// Standard error of it, large where it falls between two clusters.
    pub p95_error: f64,
    pub p99: f64,
}

impl Params {
    /// The same with hosts: one that holds the old tasks and the warm places, and one for each cold
    /// place.
    pub fn setup(&self) -> Setup {
        let host = |origin, places: u32| Host {
            free: Resources::places(u64::from(places)),
            origin,
            purchase: Purchase::OnDemand,
            hazard: 0.0,
            pool: 0,
            zone: None,
            // None of them goes afterwards.
            shared: true,
            processors: None,
        };
        let never = DurationLaw::fixed(Seconds::ZERO);
        let warm = host(Origin::Listed, self.desired + self.warm_places);
        let cold = (0..self.cold_places).map(|_| host(Origin::Added, 1));
        Setup {
            desired: self.desired,
            lower: self.lower,
            upper: self.upper,
            stopping_counts: self.stopping_counts,
            required: self.required,
            need: Resources {
                cpu: 0,
                memory_mib: 0,
                interfaces: 0,
                ports: 1,
            },
            placement: Placement::Spread,
            hosts: std::iter::once(warm).chain(cold).collect(),
            taken_by_others: 0,
            waiting: Waiting::Tried,
            timing: self.timing,
            reaction: self.reaction,
            completion_lag: self.completion_lag,
            load_balancer: self.load_balancer,
            health_check: self.health_check,
            grace: None,
            failed_start: 0.0,
            detection: Detection::CircuitBreaker,
            start_limits: Vec::new(),
            adding: Adding {
                boot: never,
                lead_overlap: Seconds::ZERO,
                release: Seconds::ZERO,
                release_hosts: ReleaseHosts::Emptiest,
                granularity: Granularity::Second,
            },
            spot: SpotRules {
                correlation: 0.0,
                fulfilment: 1.0,
                fulfilment_time: never,
                fallback: Fallback::OnDemand,
            },
            zone_hazard: Vec::new(),
            zone_outage: never,
        }
    }
}

/// Simulates a number of deployments.
///
/// # Panics
///
/// Where no deployment is possible: bounds or room allow no move.
pub fn run(params: &Params, runs: u32, seed: u64) -> Summary {
    run_setup(&params.setup(), runs, seed)
}

/// Simulates a number of deployments as they are set up.
///
/// # Panics
///
/// Where no deployment is possible: bounds or room allow no move.
pub fn run_setup(setup: &Setup, runs: u32, seed: u64) -> Summary {
    let prepared = Prepared::of(setup).expect("the old tasks have places");
    let asked = Asked {
        runs,
        seed,
        threads: 1,
    };
    let outcomes = outcomes(&prepared, asked).unwrap_or_else(|halt| panic!("stuck: {halt:?}"));
    let all = |value: fn(&Outcome) -> f64| outcomes.iter().map(value).collect::<Vec<f64>>();
    let mean = |value| statistics::mean(&all(value)).0;
    Summary {
        new_version: Clock::of(all(|run| run.new_version)),
        completed: Clock::of(all(|run| run.completed)),
        short_seconds: mean(|run| run.short_seconds),
        excess_task_seconds: mean(|run| run.excess_task_seconds),
    }
}

impl Clock {
    fn of(durations: Vec<f64>) -> Self {
        let sampled = statistics::sampled(durations);
        Self {
            mean: sampled.value.mean,
            standard_error: sampled.standard_error.mean,
            p50: sampled.value.p50,
            p95: sampled.value.p95,
            p95_error: sampled.standard_error.p95,
            p99: sampled.value.p99,
        }
    }
}
