//! What is simulated: a scenario as hosts with what each has free, integer bounds and laws.
//!
//! Bounds and hosts are worked out here from the scenario, so that nothing is shared with what the
//! simulation is compared with. A scenario that says only how many more tasks fit has one host with
//! so many ports.

use std::fmt;

use statrs::function::gamma::ln_gamma;

use super::floor::Floor;
use crate::scenario::{
    Capacity, Cluster, ContainerHealthCheck, Detection, DurationLaw, Fallback, Granularity,
    HostPort, HostShape, LaunchType, LoadBalancer, ManagedScaling, NetworkMode, Order, Placement,
    PrescaleMode, Purchase, ReleaseHosts, Scenario, Service, Timing, Used,
};
use crate::units::{SECONDS_PER_HOUR, Seconds};

/// Room for deployments of others is kept so that it is enough in this share of moments.
const ENOUGH_FOR_OTHERS: f64 = 0.95;

/// Deployment, service and hosts, ready to be simulated many times.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// Desired count.
    pub desired: u32,
    /// The fewest healthy tasks that the scheduler leaves by its own moves.
    pub lower: u32,
    /// The most tasks at a time.
    pub upper: u32,
    /// Whether a task that is stopping counts towards `upper`.
    pub stopping_counts: bool,
    /// How many healthy tasks are full capacity.
    pub required: u32,
    /// What one task takes on its host.
    pub need: Resources,
    /// Onto which of the hosts with room a task goes.
    pub placement: Placement,
    /// All hosts that take tasks; those added for the deployment last, and after them those that
    /// managed scaling may launch.
    pub hosts: Vec<Host>,
    /// Places, in tasks of the service, that deployments of others take.
    pub taken_by_others: u32,
    /// Where tasks without a place wait.
    pub waiting: Waiting,
    /// How long a task's phases take.
    pub timing: Timing,
    /// From a change to the one move it allows.
    pub reaction: DurationLaw,
    /// From the reaction to the last change to "deployment completed" \[s\].
    pub completion_lag: Seconds,
    /// Absent: none.
    pub load_balancer: Option<LoadBalancer>,
    /// The container's own health check; absent: none.
    pub health_check: Option<ContainerHealthCheck>,
    /// How long a verdict "unhealthy" is ignored after RUNNING \[s\]; absent: long enough.
    pub grace: Option<Seconds>,
    /// Share of starts that end before the task is RUNNING.
    pub failed_start: f64,
    /// How it is noticed that a version never gets healthy.
    pub detection: Detection,
    /// Rate limits on starts, all of which hold.
    pub start_limits: Vec<StartLimit>,
    /// How added hosts come and go.
    pub adding: Adding,
    /// How spot hosts come and go.
    pub spot: SpotRules,
    /// Hazard of each zone \[1/s\], by its number.
    pub zone_hazard: Vec<f64>,
    /// How long a lost zone stays away.
    pub zone_outage: DurationLaw,
}

/// Where tasks wait that found no place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Waiting {
    /// Nowhere: the scheduler tries to start them again and again.
    Tried,
    /// In PROVISIONING, until a host has room: the cluster has a capacity provider.
    Provisioning(Option<ManagedScaling>),
}

/// What a host gives and a task takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resources {
    /// CPU units.
    pub cpu: u64,
    /// Memory \[MiB\].
    pub memory_mib: u64,
    /// Interfaces of tasks that need their own.
    pub interfaces: u64,
    /// The service's host port: one where it is fixed.
    pub ports: u64,
}

/// One host.
#[derive(Debug, Clone, PartialEq)]
pub struct Host {
    /// What daemons and others leave.
    pub free: Resources,
    /// How it came to be there.
    pub origin: Origin,
    /// How it is bought.
    pub purchase: Purchase,
    /// How often it is taken back \[1/s\].
    pub hazard: f64,
    /// Number of its pool: hosts of one type and zone share shocks.
    pub pool: u32,
    /// Number of its zone, where known.
    pub zone: Option<u32>,
    /// Whether other services run on it.
    pub shared: bool,
    /// Its processors; absent where the host is not known.
    pub processors: Option<f64>,
}

/// How a host came to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Listed in the scenario.
    Listed,
    /// Standing headroom.
    Standing,
    /// Added for the deployment; it has not got the image.
    Added,
    /// Not there until managed scaling launches it; it has not got the image.
    OnDemand,
}

/// A token bucket, full at the request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartLimit {
    /// Starts at once.
    pub burst: f64,
    /// Refill \[1/s\].
    pub per_second: f64,
}

/// How added hosts come, go and are billed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adding {
    /// Launch to first task.
    pub boot: DurationLaw,
    /// How much of the lead passes beside other work \[s\].
    pub lead_overlap: Seconds,
    /// From empty to no longer billed \[s\].
    pub release: Seconds,
    /// Which hosts go afterwards.
    pub release_hosts: ReleaseHosts,
    /// How their time is billed.
    pub granularity: Granularity,
}

/// How spot hosts come and go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpotRules {
    /// Share of a host's hazard that takes its whole pool.
    pub correlation: f64,
    /// Probability that a request is met.
    pub fulfilment: f64,
    /// From the request to the launch, or to knowing that it is not met.
    pub fulfilment_time: DurationLaw,
    /// What happens where it is not met.
    pub fallback: Fallback,
}

/// The hosts that stand cannot hold the desired count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoPlace {
    /// Tasks that were placed.
    pub placed: u32,
    /// Tasks that should run.
    pub desired: u32,
}

impl fmt::Display for NoPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { placed, desired } = self;
        write!(
            f,
            "the hosts have places for {placed} of the {desired} desired tasks"
        )
    }
}

impl std::error::Error for NoPlace {}

impl Resources {
    /// More than anything takes.
    pub const PLENTY: Self = Self {
        cpu: u64::MAX,
        memory_mib: u64::MAX,
        interfaces: u64::MAX,
        ports: u64::MAX,
    };

    /// Room for so many tasks, whatever they take.
    #[must_use]
    pub const fn places(count: u64) -> Self {
        Self {
            ports: count,
            ..Self::PLENTY
        }
    }

    /// Whether a task with this need fits.
    #[must_use]
    pub const fn holds(&self, need: &Self) -> bool {
        self.cpu >= need.cpu
            && self.memory_mib >= need.memory_mib
            && self.interfaces >= need.interfaces
            && self.ports >= need.ports
    }

    /// How many tasks with this need fit, one after another.
    #[must_use]
    pub fn times(&self, need: &Self) -> u64 {
        let of = |have: u64, need: u64| have.checked_div(need).unwrap_or(u64::MAX);
        of(self.cpu, need.cpu)
            .min(of(self.memory_mib, need.memory_mib))
            .min(of(self.interfaces, need.interfaces))
            .min(of(self.ports, need.ports))
    }

    /// What is left, at least nothing.
    #[must_use]
    pub const fn less(&self, need: &Self) -> Self {
        Self {
            cpu: self.cpu.saturating_sub(need.cpu),
            memory_mib: self.memory_mib.saturating_sub(need.memory_mib),
            interfaces: self.interfaces.saturating_sub(need.interfaces),
            ports: self.ports.saturating_sub(need.ports),
        }
    }

    /// What is there again.
    #[must_use]
    pub const fn plus(&self, need: &Self) -> Self {
        Self {
            cpu: self.cpu.saturating_add(need.cpu),
            memory_mib: self.memory_mib.saturating_add(need.memory_mib),
            interfaces: self.interfaces.saturating_add(need.interfaces),
            ports: self.ports.saturating_add(need.ports),
        }
    }
}

impl Setup {
    /// A scenario as it stands.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let service = &scenario.service;
        let deployment = &scenario.deployment;
        let desired = service.desired_count;
        let mut zones: Vec<&str> = Vec::new();
        let hosts = hosts(scenario, &mut zones);
        let provider = scenario.capacity_provider;
        let zone_loss = match &scenario.capacity {
            Capacity::Hosts(cluster) => Some(cluster.zone_loss),
            Capacity::FreeTasks(_) | Capacity::Unlimited => None,
        };
        let mut setup = Self {
            desired,
            lower: percent_up(desired, deployment.minimum_healthy_percent),
            upper: percent_down(desired, deployment.maximum_percent),
            stopping_counts: deployment.stopping_counts,
            required: service.required_tasks.unwrap_or(desired),
            need: need(service),
            placement: service.placement,
            hosts,
            taken_by_others: taken_by_others(scenario),
            waiting: provider.map_or(Waiting::Tried, |provider| {
                Waiting::Provisioning(provider.scaling)
            }),
            timing: service.timing,
            reaction: deployment.reaction,
            completion_lag: deployment.completion_lag,
            load_balancer: service.load_balancer,
            health_check: service.health_check,
            grace: service.health_check_grace_period,
            failed_start: service.failed_start_probability,
            detection: deployment.failure.detection,
            start_limits: start_limits(service.launch_type),
            adding: Adding {
                boot: scenario.prescale.boot,
                lead_overlap: scenario.prescale.lead_overlap,
                release: scenario.prescale.release,
                release_hosts: scenario.prescale.release_hosts,
                granularity: scenario.billing.granularity,
            },
            spot: SpotRules {
                correlation: scenario.spot.correlation,
                fulfilment: scenario.spot.fulfilment,
                fulfilment_time: scenario.spot.fulfilment_time,
                fallback: scenario.spot.fallback,
            },
            zone_hazard: zones
                .iter()
                .map(|_| zone_loss.map_or(0.0, |loss| loss.hazard.per_second()))
                .collect(),
            zone_outage: zone_loss.map_or(DurationLaw::fixed(Seconds::ZERO), |loss| loss.outage),
        };
        setup.let_scale(scenario);
        setup
    }

    /// Adds the hosts that managed scaling keeps free, and those that it may launch.
    fn let_scale(&mut self, scenario: &Scenario) {
        let (Some(provider), Some(added)) = (scenario.capacity_provider, &scenario.prescale.host)
        else {
            return;
        };
        let Some(scaling) = provider.scaling else {
            return;
        };
        let cluster = match &scenario.capacity {
            Capacity::Hosts(cluster) => Some(cluster),
            Capacity::FreeTasks(_) => None,
            Capacity::Unlimited => return,
        };
        let host = |origin| Host {
            free: free_on(&added.shape, Used::default(), cluster, &scenario.service),
            origin,
            purchase: Purchase::OnDemand,
            hazard: 0.0,
            pool: u32::MAX,
            zone: None,
            shared: false,
            processors: Some(processors(&added.shape)),
        };
        // Hosts that stand beyond the listed ones are among those that it keeps.
        let standing = self.hosts.iter();
        let standing = standing
            .filter(|host| host.origin == Origin::Standing)
            .count();
        let kept = cluster.map_or(0, |_| self.kept_free(provider.target_capacity));
        let free = (kept as usize).saturating_sub(standing);
        let first_added = |setup: &Self| {
            let is_added = |host: &Host| host.origin == Origin::Added;
            setup.hosts.iter().position(is_added)
        };
        let at = first_added(self).unwrap_or(self.hosts.len());
        let kept = std::iter::repeat_n(host(Origin::Standing), free);
        self.hosts.splice(at..at, kept);
        // No deployment needs more of them than hold all its tasks anew.
        let on_one = host(Origin::OnDemand).free.times(&self.need).max(1);
        let most = u64::from(self.desired)
            .div_ceil(on_one)
            .max(u64::from(scaling.minimum_step))
            .min(scaling.most_hosts.map_or(u64::MAX, u64::from));
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let launched = std::iter::repeat_n(host(Origin::OnDemand), most);
        self.hosts.extend(launched);
    }

    /// How many hosts managed scaling keeps beyond the listed ones, so that those in use are so
    /// many percent of all.
    fn kept_free(&self, target: u32) -> u32 {
        let is_listed = |host: &&Host| host.origin == Origin::Listed;
        let alone = Self {
            hosts: self.hosts.iter().filter(is_listed).cloned().collect(),
            ..self.clone()
        };
        let mut floor = Floor::empty(&alone);
        for _ in 0..self.desired {
            if floor.place().is_none() {
                break;
            }
        }
        let is_used = |&at: &usize| alone.hosts[at].shared || floor.tasks_on(at) > 0;
        let used = (0..alone.hosts.len()).filter(is_used).count();
        let mut all = alone.hosts.len();
        // The smallest number of which those in use are at most so many percent.
        while used * 100 > all * target as usize {
            all += 1;
        }
        u32::try_from(all - alone.hosts.len()).unwrap_or(u32::MAX)
    }
}

/// Places that deployments of others take, so many that they are enough in 95 % of moments.
///
/// They come at any moment of the working time, independently of each other: of a mean number m
/// there are n at a moment with probability mⁿ e⁻ᵐ / n!.
fn taken_by_others(scenario: &Scenario) -> u32 {
    let Some(others) = scenario.overlap.filter(|o| o.order == Order::AtOnce) else {
        return 0;
    };
    let seconds = scenario.deployment.window_hours() * SECONDS_PER_HOUR;
    let mean = others.per_day * others.duration.mean.0 / seconds;
    if mean <= 0.0 {
        return 0;
    }
    let (mut number, mut covered) = (0_u32, 0.0);
    loop {
        let n = f64::from(number);
        covered += (n * mean.ln() - mean - ln_gamma(n + 1.0)).exp();
        // Far beyond the mean nothing is added any more.
        if covered >= ENOUGH_FOR_OTHERS || n > 10.0 * mean + 100.0 {
            return number.saturating_mul(others.tasks);
        }
        number += 1;
    }
}

/// Amazon ECS service quotas: task launches of a service, and on Fargate of an account.
fn start_limits(launch_type: LaunchType) -> Vec<StartLimit> {
    let per_minute = |burst: f64| StartLimit {
        burst,
        per_second: burst / 60.0,
    };
    match launch_type {
        LaunchType::Ec2 => vec![per_minute(250.0)],
        LaunchType::Fargate => vec![
            per_minute(500.0),
            StartLimit {
                burst: 100.0,
                per_second: 20.0,
            },
        ],
    }
}

fn percent_up(count: u32, percent: u32) -> u32 {
    let hundredths = u64::from(count) * u64::from(percent);
    u32::try_from(hundredths / 100 + u64::from(hundredths % 100 > 0)).unwrap_or(u32::MAX)
}

fn percent_down(count: u32, percent: u32) -> u32 {
    u32::try_from(u64::from(count) * u64::from(percent) / 100).unwrap_or(u32::MAX)
}

fn need(service: &Service) -> Resources {
    let own_interface = service.network_mode == NetworkMode::AwsVpc;
    Resources {
        cpu: service.size.map_or(0, |size| u64::from(size.cpu)),
        memory_mib: service.size.map_or(0, |size| u64::from(size.memory_mib)),
        interfaces: u64::from(own_interface),
        ports: 1,
    }
}

fn hosts<'a>(scenario: &'a Scenario, zones: &mut Vec<&'a str>) -> Vec<Host> {
    let service = &scenario.service;
    let mut pools: Vec<(&str, Option<u32>)> = Vec::new();
    let mut hosts = match &scenario.capacity {
        Capacity::Unlimited => vec![anonymous(u64::MAX)],
        Capacity::FreeTasks(free) => {
            vec![anonymous(
                u64::from(service.desired_count) + u64::from(*free),
            )]
        }
        Capacity::Hosts(cluster) => listed(cluster, service, &mut pools, zones),
    };
    let prescale = &scenario.prescale;
    let Some(added) = &prescale.host else {
        return hosts;
    };
    let daemons = match &scenario.capacity {
        Capacity::Hosts(cluster) => Some(cluster),
        Capacity::FreeTasks(_) | Capacity::Unlimited => None,
    };
    let spot_hosts = spot_hosts(prescale.hosts, prescale.spot_share);
    let pool = number(&mut pools, (added.shape.instance_type.as_str(), None));
    for index in 0..prescale.hosts {
        // On-demand ones first.
        let is_spot = index >= prescale.hosts - spot_hosts;
        hosts.push(Host {
            free: free_on(&added.shape, Used::default(), daemons, service),
            origin: match prescale.mode {
                PrescaleMode::Before | PrescaleMode::WarmPool => Origin::Added,
                PrescaleMode::Standing => Origin::Standing,
            },
            purchase: if is_spot {
                Purchase::Spot
            } else {
                Purchase::OnDemand
            },
            hazard: if is_spot {
                added.interruption.per_second()
            } else {
                0.0
            },
            pool,
            zone: None,
            shared: false,
            processors: Some(processors(&added.shape)),
        });
    }
    hosts
}

/// floor(hosts × share), for shares that were written as decimals.
fn spot_hosts(hosts: u32, share: f64) -> u32 {
    let mut spot = 0;
    while spot < hosts && f64::from(spot + 1) <= f64::from(hosts) * share + 1e-9 {
        spot += 1;
    }
    spot
}

/// A host of which only the places are known.
fn anonymous(places: u64) -> Host {
    Host {
        free: Resources::places(places),
        origin: Origin::Listed,
        purchase: Purchase::OnDemand,
        hazard: 0.0,
        pool: 0,
        zone: None,
        shared: true,
        processors: None,
    }
}

fn listed<'a>(
    cluster: &'a Cluster,
    service: &Service,
    pools: &mut Vec<(&'a str, Option<u32>)>,
    zones: &mut Vec<&'a str>,
) -> Vec<Host> {
    let mut hosts = Vec::new();
    for group in cluster.hosts.iter().filter(|group| group.accepts_tasks) {
        let zone = group.zone.as_deref().map(|zone| number(zones, zone));
        let pool = number(pools, (group.shape.instance_type.as_str(), zone));
        let host = Host {
            free: free_on(&group.shape, group.used, Some(cluster), service),
            origin: Origin::Listed,
            purchase: group.purchase,
            hazard: group.interruption.per_second(),
            pool,
            zone,
            shared: group.used != Used::default(),
            processors: Some(processors(&group.shape)),
        };
        hosts.extend(std::iter::repeat_n(host, group.count as usize));
    }
    hosts
}

/// 1024 CPU units are one processor.
fn processors(shape: &HostShape) -> f64 {
    f64::from(shape.registered_cpu) / 1024.0
}

/// What daemons and others leave of a host.
fn free_on(
    shape: &HostShape,
    used: Used,
    cluster: Option<&Cluster>,
    service: &Service,
) -> Resources {
    // Without a size, nothing can be known to fit.
    let Some(_) = service.size else {
        return Resources::places(0);
    };
    let fixed_port = service.distinct_instance || service.host_port == HostPort::Static;
    let registered = Resources {
        cpu: u64::from(shape.registered_cpu),
        memory_mib: u64::from(shape.registered_memory_mib),
        interfaces: shape.task_interfaces.map_or(u64::MAX, u64::from),
        ports: if fixed_port { 1 } else { u64::from(u32::MAX) },
    };
    let others = Resources {
        cpu: u64::from(used.cpu),
        memory_mib: u64::from(used.memory_mib),
        interfaces: u64::from(used.interfaces),
        ports: 0,
    };
    let daemons = cluster.iter().flat_map(|cluster| &cluster.daemons);
    daemons.fold(registered.less(&others), |free, daemon| {
        free.less(&Resources {
            cpu: u64::from(daemon.cpu),
            memory_mib: u64::from(daemon.memory_mib),
            interfaces: 0,
            ports: 0,
        })
    })
}

/// The number of an item in a list that it is added to where it is new.
fn number<T: PartialEq>(known: &mut Vec<T>, item: T) -> u32 {
    let at = known.iter().position(|one| *one == item);
    let at = at.unwrap_or_else(|| {
        known.push(item);
        known.len() - 1
    });
    u32::try_from(at).unwrap_or(u32::MAX)
}
