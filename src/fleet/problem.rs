//! A fleet as the solver sees it: one option per service under shared limits, and its answer.
//!
//! Plain data. A problem comes from a flat table of options or from scenarios; a solution names an
//! option of every service and is worth what its bound proves.

use std::sync::Arc;
use std::time::Duration;

/// Services with their options, and what they share.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Problem {
    /// Exactly one option of each is chosen.
    pub services: Vec<Service>,
    /// Hosts that the services deploying in the same window share.
    pub clusters: Vec<Cluster>,
    /// Names of the deployment windows.
    pub windows: Vec<Arc<str>>,
    /// Pools of spot hosts.
    pub pools: Vec<Pool>,
    /// Limits on sums over all services.
    pub limits: Limits,
}

/// A service and the ways in which it can be deployed.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Name, unique in the fleet.
    pub name: Arc<str>,
    /// At least one.
    pub options: Vec<ServiceOption>,
}

/// One way to deploy a service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceOption {
    /// Name, unique in its service.
    pub name: Arc<str>,
    /// Index of the cluster whose extra hosts it uses; none: its hosts are not limited.
    pub cluster: Option<u32>,
    /// Index of the window in which it deploys.
    pub window: u32,
    /// Index of the pool that its spot hosts are from; none: they are not limited.
    pub pool: Option<u32>,
    /// What is minimised: time of deployments × weight \[min/month\], 0 or more.
    pub weighted_minutes: f64,
    /// Its cost without the cluster's extra hosts \[USD/month\]; negative where it saves.
    pub usd: f64,
    /// Extra hosts that it needs while it deploys, spot hosts included.
    pub hosts: u32,
    /// Spot hosts among them.
    pub spot_hosts: u32,
    /// Time below the required tasks \[min/month\], 0 or more.
    pub shortfall_minutes: f64,
}

/// The extra hosts of a cluster: as many as its largest window needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// Name.
    pub name: Arc<str>,
    /// Most extra hosts; none: not limited.
    pub extra_hosts_max: Option<u32>,
    /// Price of each \[USD/month\], 0 or more.
    pub usd_per_extra_host: f64,
}

/// A pool of spot hosts that all clusters share.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// Name.
    pub name: Arc<str>,
    /// Most spot hosts of the chosen options; none: not limited.
    pub spot_hosts_max: Option<u32>,
}

/// Limits on sums over all services; none: not limited.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Limits {
    /// Cost of the options and of the clusters' extra hosts \[USD/month\].
    pub budget_usd: Option<f64>,
    /// Time below the required tasks \[min/month\].
    pub shortfall_minutes: Option<f64>,
}

/// When the solver may stop.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The plan is called optimal when (objective − bound) / objective is at most this.
    pub gap: f64,
    /// Longest time to search; none: until the gap is proven.
    pub time_limit: Option<Duration>,
    /// Threads that share the clusters; the answer does not depend on it.
    pub threads: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            gap: 1e-4,
            time_limit: None,
            threads: 1,
        }
    }
}

/// What the solver asks of its surroundings while it runs: it has no clock and no terminal.
pub struct Hooks<'a> {
    /// Time since the start of the whole run.
    pub elapsed: &'a (dyn Fn() -> Duration + Sync),
    /// Whether to stop at once with the best plan so far.
    pub interrupted: &'a (dyn Fn() -> bool + Sync),
    /// Told whenever the bound or the best plan gets better.
    pub progress: &'a dyn Fn(&Progress),
}

impl Hooks<'_> {
    /// No clock, never interrupted, nobody to tell.
    #[must_use]
    pub fn none() -> Hooks<'static> {
        Hooks {
            elapsed: &|| Duration::ZERO,
            interrupted: &|| false,
            progress: &|_| (),
        }
    }
}

/// How far the search has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Time since the start of the whole run.
    pub elapsed: Duration,
    /// Weighted minutes of the best plan so far.
    pub objective: Option<f64>,
    /// No plan has fewer weighted minutes.
    pub bound: Option<f64>,
}

/// The best plan that was found and what is proven of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// What is proven.
    pub status: Status,
    /// None where no plan was found.
    pub plan: Option<Plan>,
    /// No plan has fewer weighted minutes \[min/month\]; none where nothing is proven, or where
    /// there is no plan at all.
    pub bound: Option<f64>,
    /// What a little more of each limit would win.
    pub prices: Prices,
    /// Why the search ended.
    pub ended: Ended,
}

impl Solution {
    /// (objective − bound) / objective; 0 where the objective is 0.
    #[must_use]
    pub fn gap(&self) -> Option<f64> {
        Some(gap(self.plan.as_ref()?.weighted_minutes, self.bound?))
    }
}

/// (objective − bound) / objective; 0 where the objective is 0.
#[must_use]
pub fn gap(objective: f64, bound: f64) -> f64 {
    if objective == 0.0 {
        0.0
    } else {
        ((objective - bound) / objective).max(0.0)
    }
}

/// What is proven of a solution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// There is a plan, and its gap is at most the one asked for.
    Optimal,
    /// There is a plan, and its gap is larger.
    Gap,
    /// It is proven that no plan meets the limits.
    Infeasible,
    /// No plan was found, and it is not proven that there is none.
    Unknown,
}

/// Why a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The status is what was asked for.
    Proven,
    /// The time was over.
    TimeLimit,
    /// It was interrupted.
    Interrupted,
    /// The search has nothing left to try that would come closer.
    Exhausted,
}

/// An option of every service, and what it adds up to.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Index of the option of each service.
    pub choices: Vec<u32>,
    /// Sum of the weighted minutes \[min/month\]: the objective.
    pub weighted_minutes: f64,
    /// Cost of the options and of the extra hosts \[USD/month\].
    pub usd: f64,
    /// Time below the required tasks \[min/month\].
    pub shortfall_minutes: f64,
    /// Extra hosts of each cluster: what its largest window needs.
    pub extra_hosts: Vec<u32>,
    /// Spot hosts used of each pool.
    pub spot_hosts: Vec<u32>,
}

/// Dual prices: the weighted minutes per month that one more unit of a limit wins, 0 or more.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Prices {
    /// Of one more \[USD/month\] of budget.
    pub budget: f64,
    /// Of one more \[min/month\] of shortfall.
    pub shortfall: f64,
    /// Of one more spot host in each pool.
    pub pools: Vec<f64>,
    /// Of one more host allowed in each cluster, beyond what it costs.
    pub clusters: Vec<f64>,
}
