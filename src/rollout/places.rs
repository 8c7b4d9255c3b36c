//! How many tasks of the service the hosts hold, from real packing host by host, and so how many
//! fit beyond the desired count.
//!
//! A task needs its CPU, memory, interface and host port on one host: half a task free on every
//! host is no room. Daemons are there first, what others use stays, all tasks of the service are
//! of one size. Added hosts run only the daemons.

use std::fmt;

use super::overlap::others;
use super::scale_out::standing_hosts;
use crate::scenario::{
    Capacity, Cluster, Daemon, HostPort, HostShape, NetworkMode, PrescaleMode, Scenario, Service,
    Used,
};

/// Hosts added beyond the listed ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Added {
    /// Pre-scaled, just before the deployment: they have not got the image.
    pub before: u32,
    /// Standing headroom: always on.
    pub standing: u32,
}

/// How many further tasks of the service fit beyond the desired count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// On listed hosts and standing headroom; absent: unlimited.
    pub warm: Option<u32>,
    /// On pre-scaled hosts.
    pub cold: u32,
}

impl Room {
    /// Warm and cold together; absent: unlimited.
    #[must_use]
    pub fn total(&self) -> Option<u32> {
        self.warm.map(|warm| warm.saturating_add(self.cold))
    }
}

/// Not even the desired count fits on the hosts that stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooFewPlaces {
    /// How many tasks of the service fit.
    pub places: u32,
    /// How many should run.
    pub desired: u32,
    /// What limits the first hosts that take tasks; absent: none takes tasks.
    pub limited_by: Option<Limit>,
}

impl fmt::Display for TooFewPlaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            places, desired, ..
        } = self;
        write!(
            f,
            "the hosts have places for {places} of the {desired} desired tasks: "
        )?;
        match self.limited_by {
            None => write!(f, "no host takes tasks"),
            Some(limit) => write!(f, "{limit}"),
        }
    }
}

impl std::error::Error for TooFewPlaces {}

/// How many tasks of the service one host holds, and why not more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// How many.
    pub count: u32,
    /// What runs out first.
    pub limited_by: Limit,
}

/// What a host runs out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// CPU units.
    Cpu,
    /// Memory.
    Memory,
    /// Interfaces of tasks that need their own.
    Interfaces,
    /// One task of the service on a host: a static host port, or `distinct_instance`.
    HostPort,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "CPU runs out first",
            Self::Memory => "memory runs out first",
            Self::Interfaces => "interfaces run out first",
            Self::HostPort => "a host holds only one task of the service",
        })
    }
}

/// The hosts that the scenario itself adds.
#[must_use]
pub fn scenario_added(scenario: &Scenario) -> Added {
    let hosts = scenario.prescale.hosts;
    match scenario.prescale.mode {
        PrescaleMode::Before | PrescaleMode::WarmPool => Added {
            before: hosts,
            standing: 0,
        },
        PrescaleMode::Standing => Added {
            before: 0,
            standing: hosts,
        },
    }
}

/// How many further tasks of the service fit beyond the desired count, with hosts added, and less
/// what deployments of others take at the same time.
///
/// # Errors
/// Not even the desired count fits on the listed and standing hosts.
pub fn room(scenario: &Scenario, added: Added) -> Result<Room, TooFewPlaces> {
    let each = places_on_added(scenario).map_or(0, |places| places.count);
    let standing = standing_hosts(scenario, added.standing).saturating_mul(each);
    let warm = match &scenario.capacity {
        Capacity::Unlimited => None,
        Capacity::FreeTasks(free) => Some(free.saturating_add(standing)),
        Capacity::Hosts(cluster) => Some(left_over(cluster, &scenario.service, standing)?),
    };
    let cold = added.before.saturating_mul(each);
    let taken = others(scenario).map_or(0, |others| others.tasks);
    Ok(match warm {
        None => Room { warm, cold },
        Some(warm) => Room {
            warm: Some(warm.saturating_sub(taken)),
            cold: cold.saturating_sub(taken.saturating_sub(warm)),
        },
    })
}

/// How many tasks of the service one added host holds; absent where the scenario names no host.
#[must_use]
pub fn places_on_added(scenario: &Scenario) -> Option<Places> {
    let daemons = match &scenario.capacity {
        Capacity::Hosts(cluster) => cluster.daemons.as_slice(),
        Capacity::FreeTasks(_) | Capacity::Unlimited => &[],
    };
    let host = scenario.prescale.host.as_ref()?;
    Some(places_on(
        &host.shape,
        Used::default(),
        daemons,
        &scenario.service,
    ))
}

/// How many tasks of the service one host holds beside its daemons and what others use.
///
/// A task of unknown size has no place. Of several limits that are reached together the first of
/// CPU, memory, interfaces, host port is named.
///
/// # Formula
/// min over the resources of ⌊(registered − daemons − used) / task⌋, and 1 with a static port.
#[must_use]
pub fn places_on(shape: &HostShape, used: Used, daemons: &[Daemon], service: &Service) -> Places {
    let Some(size) = service.size else {
        return Places {
            count: 0,
            limited_by: Limit::Memory,
        };
    };
    let free_cpu = daemons.iter().fold(
        shape.registered_cpu.saturating_sub(used.cpu),
        |free, daemon| free.saturating_sub(daemon.cpu),
    );
    let free_memory = daemons.iter().fold(
        shape.registered_memory_mib.saturating_sub(used.memory_mib),
        |free, daemon| free.saturating_sub(daemon.memory_mib),
    );
    let by_memory = Places {
        count: fitting(free_memory, size.memory_mib),
        limited_by: Limit::Memory,
    };
    let interfaces = match service.network_mode {
        NetworkMode::AwsVpc => shape.task_interfaces,
        NetworkMode::Bridge | NetworkMode::Host => None,
    };
    [
        Some(Places {
            count: fitting(free_cpu, size.cpu),
            limited_by: Limit::Cpu,
        }),
        Some(by_memory),
        interfaces.map(|interfaces| Places {
            count: interfaces.saturating_sub(used.interfaces),
            limited_by: Limit::Interfaces,
        }),
        one_per_host(service).then_some(Places {
            count: 1,
            limited_by: Limit::HostPort,
        }),
    ]
    .into_iter()
    .flatten()
    .min_by_key(|places| places.count)
    .unwrap_or(by_memory)
}

fn one_per_host(service: &Service) -> bool {
    service.distinct_instance || service.host_port == HostPort::Static
}

/// A task that reserves nothing always fits.
fn fitting(free: u32, each: u32) -> u32 {
    free.checked_div(each).unwrap_or(u32::MAX)
}

fn left_over(cluster: &Cluster, service: &Service, standing: u32) -> Result<u32, TooFewPlaces> {
    let taking_tasks = || cluster.hosts.iter().filter(|group| group.accepts_tasks);
    let on = |group: &crate::scenario::HostGroup| {
        places_on(&group.shape, group.used, &cluster.daemons, service)
    };
    let places = taking_tasks().fold(standing, |places, group| {
        places.saturating_add(group.count.saturating_mul(on(group).count))
    });
    places
        .checked_sub(service.desired_count)
        .ok_or_else(|| TooFewPlaces {
            places,
            desired: service.desired_count,
            limited_by: taking_tasks().next().map(|group| on(group).limited_by),
        })
}
