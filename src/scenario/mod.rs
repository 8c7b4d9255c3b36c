//! What is deployed, on what, how, and within which limits: plain data, checked once by [`read`]
//! and trusted afterwards.
//!
//! Every default is already in place, every instance type and price is already looked up: the
//! model needs no catalog. What had to be assumed stands in [`Scenario::assumptions`].

mod capacity_provider;
pub mod erlang;
mod overlap;
pub mod read;
mod spot;

pub use capacity_provider::{CapacityProvider, ManagedScaling, TerminationProtection};
pub use overlap::{Order, Overlap};
pub use spot::{Fallback, Spot, ZoneLoss};

use serde::Serialize;

use crate::units::{PerHour, Seconds, Usd, UsdPerHour};

/// One service, its deployments and the hosts it runs on.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// What is deployed.
    pub service: Service,
    /// How it is deployed.
    pub deployment: Deployment,
    /// Where the tasks run.
    pub capacity: Capacity,
    /// Hosts added for a deployment; `hosts` is 0 where the scenario asks for none.
    pub prescale: Prescale,
    /// How spot hosts come and go.
    pub spot: Spot,
    /// How the cluster's hosts are scaled by ECS; absent: they are not.
    pub capacity_provider: Option<CapacityProvider>,
    /// Deployments of other services in the same cluster; absent: none.
    pub overlap: Option<Overlap>,
    /// How hosts are billed.
    pub billing: Billing,
    /// What the same service costs on Fargate per task and hour, where the prices are known.
    pub fargate: Option<FargatePrice>,
    /// What a minute of waiting for a deployment is worth \[USD/min\], where given.
    pub usd_per_minute: Option<f64>,
    /// What a plan must keep to.
    pub limits: Limits,
    /// What the recommendation optimises and may change.
    pub recommend: Recommend,
    /// Past deployments that the prediction is compared with.
    pub recorded: Vec<RecordedDeployment>,
    /// Where values that are given come from, where that is said.
    pub origins: Vec<Origin>,
    /// Every input that was not given, or was given as an assumption.
    pub assumptions: Vec<Assumption>,
}

impl Scenario {
    /// Hosts are added by hand, and not in reactive mode any more: `prescale.hosts` says then how
    /// many, and no longer the most that managed scaling may add.
    pub fn leave_reactive(&mut self) {
        if !std::mem::take(&mut self.prescale.reactive) {
            return;
        }
        let provider = self.capacity_provider.as_mut();
        if let Some(scaling) = provider.and_then(|provider| provider.scaling.as_mut()) {
            scaling.most_hosts = None;
        }
    }
}

/// Where a value that is given comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// The scenario key.
    pub key: String,
    /// Its value as it is written.
    pub value: String,
    /// How well it is known.
    pub grade: Grade,
}

/// How well an input is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Fitted to what was recorded.
    Measured,
    /// Read from a description of the service.
    Imported,
    /// Neither.
    Assumed,
}

/// What is deployed.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its name, as in the orchestrator.
    pub name: String,
    /// Desired count: how many tasks run between deployments.
    pub desired_count: u32,
    /// Between which counts it moves, where it does.
    pub desired_range: Option<DesiredRange>,
    /// What a task reserves; absent only where the room is given as a number of tasks.
    pub size: Option<TaskSize>,
    /// How its ports and interfaces are attached.
    pub network_mode: NetworkMode,
    /// Dynamic wherever the mode ignores it.
    pub host_port: HostPort,
    /// Onto which of the hosts with room tasks are placed.
    pub placement: Placement,
    /// At most one task of the service per host, whatever its ports.
    pub distinct_instance: bool,
    /// Who brings the hosts.
    pub launch_type: LaunchType,
    /// How long a verdict "unhealthy" is ignored after the start; absent: long enough \[s\].
    pub health_check_grace_period: Option<Seconds>,
    /// The longest request that a drain must let finish \[s\], where known.
    pub longest_request: Option<Seconds>,
    /// How long a task's phases take.
    pub timing: Timing,
    /// Absent: none.
    pub load_balancer: Option<LoadBalancer>,
    /// The container's own health check; absent: none.
    pub health_check: Option<ContainerHealthCheck>,
    /// How many tasks carry the load; absent: not said, the desired count is taken.
    pub required_tasks: Option<u32>,
    /// How many tasks carry the load at both ends of the range in which the desired count moves;
    /// absent: in proportion to the desired count.
    pub required_range: Option<RequiredRange>,
    /// From which waiting target the required tasks follow, where they do.
    pub waiting: Option<WaitingTarget>,
    /// Probability that a start of a good version fails: the task ends at the moment it would have
    /// become healthy, and one reaction later another is started in its place.
    pub failed_start_probability: f64,
}

/// The required tasks at both ends of the range in which the desired count moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequiredRange {
    /// At the fewest tasks.
    pub low: u32,
    /// At the most tasks.
    pub high: u32,
}

/// The counts between which service auto scaling moves the desired count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DesiredRange {
    /// The fewest tasks.
    pub low: u32,
    /// The most tasks.
    pub high: u32,
}

/// Onto which of the hosts with room a task is placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Placement {
    /// Evenly over zones, then over hosts.
    Spread,
    /// Onto the fullest host with room, so that few hosts are in use.
    Binpack,
}

/// How few requests may wait how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WaitingTarget {
    /// Requests that arrive \[1/s\].
    pub requests_per_second: f64,
    /// Requests that one task serves at most \[1/s\].
    pub task_requests_per_second: f64,
    /// The longest wait that is none \[s\].
    pub target: Seconds,
    /// Share of the requests that may wait longer, 0 to 1.
    pub probability: f64,
}

/// What one task reserves on its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskSize {
    /// CPU units, 1024 to the vCPU.
    pub cpu: u32,
    /// Memory \[MiB\].
    pub memory_mib: u32,
}

/// How a task is attached to the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkMode {
    /// Ports of the host mapped to the container.
    Bridge,
    /// The host's own network: every port is a static host port.
    Host,
    /// An interface of its own.
    AwsVpc,
}

/// How a task's host port is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostPort {
    /// Any free one: as many tasks on a host as fit.
    Dynamic,
    /// One fixed: one task of the service on a host.
    Static,
}

/// Who brings the hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaunchType {
    /// The cluster's own instances.
    Ec2,
    /// The provider, task by task.
    Fargate,
}

/// How long the phases of a task's life take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// PENDING to RUNNING.
    pub start: DurationLaw,
    /// RUNNING to answering its health check.
    pub ready: DurationLaw,
    /// SIGTERM to exit, before the timeout cuts it.
    pub stop: DurationLaw,
    /// When SIGKILL follows SIGTERM \[s\].
    pub stop_timeout: Seconds,
    /// Added to `start` on a host that has not got the image.
    pub cold_start_extra: DurationLaw,
    /// What tasks share that start together on one host.
    pub together: Together,
}

/// What tasks share that start together on one host; nothing where both are 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Together {
    /// Share of `start` in which they share the host's line, such as the pull of the image, 0 to 1.
    pub pull_share: f64,
    /// Work of one processor until a task is ready \[s\], which `ready` contains once.
    pub start_cpu: Seconds,
}

/// A duration that varies: mean and coefficient of variation of the untruncated law.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DurationLaw {
    /// Mean \[s\].
    pub mean: Seconds,
    /// Standard deviation over mean; 0 for a fixed duration.
    pub cv: f64,
    /// The family of laws.
    pub family: Family,
}

impl DurationLaw {
    /// A duration that never varies.
    #[must_use]
    pub const fn fixed(mean: Seconds) -> Self {
        Self {
            mean,
            cv: 0.0,
            family: Family::Fixed,
        }
    }

    /// A lognormal duration.
    #[must_use]
    pub const fn lognormal(mean: Seconds, cv: f64) -> Self {
        Self {
            mean,
            cv,
            family: Family::Lognormal,
        }
    }
}

/// The family of a [`DurationLaw`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Always the mean.
    Fixed,
    /// Logarithm is normal.
    Lognormal,
    /// Gamma.
    Gamma,
    /// Weibull.
    Weibull,
}

/// The load balancer in front of the service, with the settings of its target group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadBalancer {
    /// Which generation.
    pub kind: LoadBalancerKind,
    /// Time between two checks of a target \[s\].
    pub health_check_interval: Seconds,
    /// Passes in a row that make a target healthy.
    pub healthy_threshold: u32,
    /// Failures in a row that make a target unhealthy.
    pub unhealthy_threshold: u32,
    /// How long a target drains before it is stopped \[s\].
    pub deregistration_delay: Seconds,
    /// When a fresh target becomes healthy.
    pub health_rule: HealthRule,
    /// NLB: from registration to the first check.
    pub registration_delay: DurationLaw,
    /// How long the share of load of a new target rises from nothing to a full one \[s\].
    pub slow_start: Seconds,
}

impl LoadBalancer {
    /// What a target drains for at least, whatever its deregistration delay: 120 s for an NLB \[s\].
    #[must_use]
    pub fn shortest_drain(&self) -> Seconds {
        match self.kind {
            LoadBalancerKind::Nlb => Seconds(120.0),
            LoadBalancerKind::Alb | LoadBalancerKind::Clb => Seconds::ZERO,
        }
    }

    /// How long an old task serves out its connections before SIGTERM \[s\].
    #[must_use]
    pub fn drain(&self) -> Seconds {
        self.deregistration_delay.max(self.shortest_drain())
    }

    /// Whether a fresh target has to pass `healthy_threshold` times in any case.
    #[must_use]
    pub fn always_waits_for_threshold(&self) -> bool {
        self.health_rule == HealthRule::Threshold || self.kind == LoadBalancerKind::Clb
    }
}

/// The generations of load balancers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadBalancerKind {
    /// Application.
    Alb,
    /// Network.
    Nlb,
    /// Classic.
    Clb,
}

/// When a fresh target becomes healthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthRule {
    /// At its first passing check, unless it was judged unhealthy before.
    FirstPass,
    /// Always after `healthy_threshold` passes in a row.
    Threshold,
}

/// The container's own health check.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContainerHealthCheck {
    /// Time between two probes \[s\].
    pub interval: Seconds,
    /// How long a probe may take \[s\].
    pub timeout: Seconds,
    /// Failures in a row that make the container unhealthy.
    pub retries: u32,
    /// How long failures are not counted after the start \[s\].
    pub start_period: Seconds,
}

/// How the service is deployed: an ECS rolling update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deployment {
    /// Minimum healthy percent.
    pub minimum_healthy_percent: u32,
    /// Maximum percent.
    pub maximum_percent: u32,
    /// Deployments on a day with deployments; absent where no monthly figure is asked.
    pub per_day: Option<f64>,
    /// Days with deployments in a month; absent: every day.
    pub days_per_month: Option<f64>,
    /// Hours of a day in which deployments begin; absent: all of them.
    pub window_hours: Option<f64>,
    /// From a change to the one move it allows.
    pub reaction: DurationLaw,
    /// From the last change to "deployment completed" \[s\], beyond one reaction.
    pub completion_lag: Seconds,
    /// Whether tasks that are stopping count towards the upper bound.
    pub stopping_counts: bool,
    /// What becomes of versions that never get healthy.
    pub failure: Failure,
}

/// Deployments of a version that never gets healthy, and how they are found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Failure {
    /// Share of the deployments that fail, 0 to 1.
    pub rate: f64,
    /// How it is noticed that one does.
    pub detection: Detection,
}

/// How it is noticed that a deployment fails.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Detection {
    /// The deployment circuit breaker counts failed starts.
    CircuitBreaker,
    /// An alarm or a person, so long after the request \[s\].
    After(Seconds),
}

impl Deployment {
    /// Hours of a day in which deployments begin \[h\].
    #[must_use]
    pub fn window_hours(&self) -> f64 {
        self.window_hours.unwrap_or(crate::units::HOURS_PER_DAY)
    }

    /// Deployments per month, where `per_day` is given.
    #[must_use]
    pub fn per_month(&self) -> Option<f64> {
        self.per_day
            .map(|per_day| per_day * self.days_per_month.unwrap_or(crate::units::DAYS_PER_MONTH))
    }
}

/// Where the tasks run.
#[derive(Debug, Clone, PartialEq)]
pub enum Capacity {
    /// The cluster's own hosts.
    Hosts(Cluster),
    /// Only the room is known: so many tasks more; nothing is billed.
    FreeTasks(u32),
    /// Fargate: as many as the upper bound allows.
    Unlimited,
}

/// The hosts of a cluster and what runs on them beside the service.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// Region, where given.
    pub region: Option<String>,
    /// Groups of equal hosts.
    pub hosts: Vec<HostGroup>,
    /// What every host runs one of.
    pub daemons: Vec<Daemon>,
    /// Disk and public address of a host \[USD/h\].
    pub host_extra: UsdPerHour,
    /// Gibibytes an added host pulls before its first task \[GiB\].
    pub cold_pull_gib: f64,
    /// Price of a gibibyte through NAT \[USD/GiB\].
    pub nat_usd_per_gib: f64,
    /// Hosts that are paid for in any case: free at the margin.
    pub committed_hosts: u32,
    /// The loss of a whole zone.
    pub zone_loss: ZoneLoss,
}

/// Equal hosts.
#[derive(Debug, Clone, PartialEq)]
pub struct HostGroup {
    /// What one host has to give.
    pub shape: HostShape,
    /// How many.
    pub count: u32,
    /// How they are bought.
    pub purchase: Purchase,
    /// Price of one host, by its purchase \[USD/h\].
    pub usd_per_hour: UsdPerHour,
    /// Whether tasks of the service may be placed here.
    pub accepts_tasks: bool,
    /// The zone they are in; absent: not said, and none of them is lost with a zone.
    pub zone: Option<String>,
    /// How often one of them is taken back; zero for on-demand ones.
    pub interruption: PerHour,
    /// What others use on each host.
    pub used: Used,
}

/// What one host has to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostShape {
    /// Instance type.
    pub instance_type: String,
    /// CPU units that the host registers.
    pub registered_cpu: u32,
    /// Memory that the host registers \[MiB\].
    pub registered_memory_mib: u32,
    /// Tasks with an interface of their own that fit; absent: unknown type, not limited.
    pub task_interfaces: Option<u32>,
}

/// What other services use on one host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Used {
    /// CPU units.
    pub cpu: u32,
    /// Memory \[MiB\].
    pub memory_mib: u32,
    /// Interfaces.
    pub interfaces: u32,
}

/// How a host is bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purchase {
    /// At the list price.
    OnDemand,
    /// Interruptible, cheaper.
    Spot,
}

/// One task on every host, started before any other.
#[derive(Debug, Clone, PartialEq)]
pub struct Daemon {
    /// Its name.
    pub name: String,
    /// CPU units.
    pub cpu: u32,
    /// Memory \[MiB\].
    pub memory_mib: u32,
    /// Licence of the agent for one host and month \[USD\].
    pub usd_per_host_month: Usd,
    /// How the licence counts hosts.
    pub counted: LicenceCount,
}

/// How an agent's licence counts hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LicenceCount {
    /// By the hours a host ran.
    Hours,
    /// By the month's high-water mark: a short-lived host costs a whole month.
    HighWater,
}

/// Hosts added to make room, and how they come and go.
#[derive(Debug, Clone, PartialEq)]
pub struct Prescale {
    /// How many are added; 0 for none.
    pub hosts: u32,
    /// Share of them that is spot.
    pub spot_share: f64,
    /// When they are there.
    pub mode: PrescaleMode,
    /// Whether hosts are to come by managed scaling alone: none is added by hand then.
    pub reactive: bool,
    /// Launch to first task, for each host.
    pub boot: DurationLaw,
    /// From empty to no longer billed \[s\].
    pub release: Seconds,
    /// How much of the lead passes beside other work \[s\].
    pub lead_overlap: Seconds,
    /// Which hosts go afterwards.
    pub release_hosts: ReleaseHosts,
    /// What a stopped host of a warm pool costs, its disk \[USD/month\].
    pub storage_per_host_month: Usd,
    /// What would be added; absent where the scenario names no instance type.
    pub host: Option<AddedHost>,
}

/// When added hosts are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrescaleMode {
    /// Launched before the deployment, released after it.
    Before,
    /// Always on: standing headroom.
    Standing,
    /// Stopped, and started before the deployment: a shorter boot, paid for as storage meanwhile.
    WarmPool,
}

/// Which hosts go after a deployment with added hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseHosts {
    /// Those that happen to have the fewest tasks.
    Emptiest,
    /// The added ones.
    Newest,
}

/// The host that would be added.
#[derive(Debug, Clone, PartialEq)]
pub struct AddedHost {
    /// What it has to give.
    pub shape: HostShape,
    /// On-demand price \[USD/h\].
    pub on_demand: UsdPerHour,
    /// Spot price, where one is known \[USD/h\].
    pub spot: Option<UsdPerHour>,
    /// How often it is taken back, bought as spot.
    pub interruption: PerHour,
}

/// How hosts are billed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Billing {
    /// The unit that is rounded up to.
    pub granularity: Granularity,
    /// Instance hours that cost nothing each month \[h\].
    pub free_hours_per_month: f64,
    /// What becomes of the rest of a started hour.
    pub paid_hour: PaidHour,
}

/// The unit that billed time is rounded up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granularity {
    /// Seconds, at least a minute per launch.
    Second,
    /// Started hours.
    Hour,
}

/// What becomes of the rest of a started hour that is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaidHour {
    /// The host goes at its release; the rest is lost.
    Lost,
    /// The host stays until the hour is over, and a deployment that begins in it uses it again.
    Reused,
}

/// What Fargate bills for one task of this service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FargatePrice {
    /// The size that is billed: the smallest one on offer that holds the task.
    pub size: TaskSize,
    /// Price of that size \[USD/h\].
    pub usd_per_task_hour: UsdPerHour,
}

/// What a plan must keep to. An absent limit is not applied.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Limits {
    /// On the total cost per month.
    pub budget_usd_per_month: Option<Usd>,
    /// On the monthly availability, 0 to 1.
    pub availability: Option<f64>,
    /// On the lead plus the clock of the recommendation.
    pub max_duration: Option<Seconds>,
}

/// What the recommendation optimises and may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recommend {
    /// Which duration is minimised.
    pub clock: Clock,
    /// What may be changed.
    pub may_change: MayChange,
}

/// The two ends of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// The last new task is healthy.
    NewVersion,
    /// Nothing of the old version is left.
    Completed,
}

/// Which settings the recommendation may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a set of six independent permissions, named as in the scenario"
)]
pub struct MayChange {
    /// Minimum healthy and maximum percent.
    pub percents: bool,
    /// The number of pre-scaled hosts.
    pub prescale: bool,
    /// The number of standing hosts.
    pub headroom: bool,
    /// The share of spot hosts among the added ones.
    pub spot: bool,
    /// Interval and thresholds of the target group's health check.
    pub health_check: bool,
    /// The deregistration delay.
    pub deregistration_delay: bool,
}

/// A past deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedDeployment {
    /// When it was requested, as recorded.
    pub at: String,
    /// From the request to "completed".
    pub completed: Seconds,
}

/// An input that was not given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Assumption {
    /// The scenario key that would state it.
    pub key: String,
    /// What was taken.
    pub value: String,
    /// Why that value.
    pub why: String,
    /// What another plausible value would change; absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
}
