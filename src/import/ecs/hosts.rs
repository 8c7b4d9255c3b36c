//! Which hosts a service's tasks run on, and what others use of them.
//!
//! A description of hosts does not say whose tasks they hold. The service's own are assumed to be
//! spread: one after the other to the host with the fewest of them among those whose used resources
//! could be theirs. What remains used is by others, daemons included.

use super::Descriptions;
use super::container_instances::{self, ContainerInstance, amount};
use crate::scenario::{Purchase, TaskSize};

/// What is known of the hosts.
pub enum Hosts {
    /// Groups of equal hosts.
    Groups(Vec<Group>),
    /// Only the room, as tasks of the service.
    FreeTasks {
        /// How many more fit.
        tasks: u32,
        /// Whether a file says so, and how.
        origin: RoomOrigin,
    },
}

/// Whence the room is known.
pub enum RoomOrigin {
    /// From a file.
    Read(String),
    /// From nothing.
    Assumed(String),
}

/// Equal hosts.
pub struct Group {
    /// One of them.
    pub host: Host,
    /// How many.
    pub count: u32,
}

/// One host.
#[derive(Clone, PartialEq, Eq)]
pub struct Host {
    /// Instance type.
    pub instance_type: String,
    /// Where that is stated.
    pub type_from: String,
    /// How it is bought, where a group of the auto scaling file says so.
    pub purchase: Option<(Purchase, String)>,
    /// What it registers and what others use, where known.
    pub resources: Option<Resources>,
    /// Whether tasks may be placed on it.
    pub accepts_tasks: bool,
}

/// CPU units and memory of a host.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Resources {
    /// Registered.
    pub registered: TaskSize,
    /// Used by others.
    pub used: TaskSize,
}

/// The hosts of a service whose tasks have this size; at most one per host if `one_per_host`.
pub fn hosts(descriptions: &Descriptions, size: TaskSize, placing: Placing) -> Hosts {
    let Some(instances) = &descriptions.container_instances else {
        return from_groups(descriptions);
    };
    let all = &instances.content.container_instances;
    let own = own_tasks(
        all,
        size,
        placing,
        descriptions
            .service
            .content
            .running_count
            .unwrap_or(descriptions.desired_count),
    );
    let described: Option<Vec<Host>> = all
        .iter()
        .zip(&own)
        .map(|(instance, own)| host(descriptions, instance, &instances.file, size, *own))
        .collect();
    match described {
        Some(hosts) if !hosts.is_empty() => Hosts::Groups(merge(hosts)),
        _ => Hosts::FreeTasks {
            tasks: all
                .iter()
                .zip(&own)
                .map(|(instance, own)| room(instance, size, placing, *own))
                .fold(0, u32::saturating_add),
            origin: RoomOrigin::Read(format!(
                "{}: remainingResources; cost unknown, instance types are in none of the files",
                instances.file
            )),
        },
    }
}

/// How many tasks of the service a host may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Placing {
    /// As many as fit.
    AsManyAsFit,
    /// One.
    OnePerHost,
}

fn host(
    descriptions: &Descriptions,
    instance: &ContainerInstance,
    file: &str,
    size: TaskSize,
    own: u32,
) -> Option<Host> {
    let groups = descriptions.auto_scaling_groups.as_ref();
    let scaled = groups.and_then(|groups| {
        let (group, member) = groups.content.instance(instance.instance_id.as_deref()?)?;
        Some((&groups.file, group, member))
    });
    let (instance_type, type_from) = match (instance.instance_type(), &scaled) {
        (Some(instance_type), _) => (
            instance_type.to_owned(),
            format!("{file}: attributes ecs.instance-type"),
        ),
        (None, Some((file, _, member))) => (
            member.instance_type.clone()?,
            format!("{file}: Instances[].InstanceType"),
        ),
        (None, None) => return None,
    };
    Some(Host {
        instance_type,
        type_from,
        purchase: scaled.map(|(file, group, _)| (group.purchase(), purchase_from(file, group))),
        resources: resources(instance, size, own),
        accepts_tasks: instance.accepts_tasks(),
    })
}

fn purchase_from(file: &str, group: &super::auto_scaling_groups::AutoScalingGroup) -> String {
    if group.is_mixed() {
        format!("{file}: MixedInstancesPolicy has both; on-demand is the dearer")
    } else if group.mixed_instances_policy.is_some() {
        format!("{file}: MixedInstancesPolicy")
    } else {
        format!("{file}: has no MixedInstancesPolicy")
    }
}

/// What a whole host registers and has left, where both are stated.
fn amounts(instance: &ContainerInstance) -> Option<(TaskSize, TaskSize)> {
    let size = |resources: &[container_instances::Resource]| {
        Some(TaskSize {
            cpu: amount(resources, "CPU")?,
            memory_mib: amount(resources, "MEMORY")?,
        })
    };
    Some((
        size(&instance.registered_resources)?,
        size(&instance.remaining_resources)?,
    ))
}

fn resources(instance: &ContainerInstance, size: TaskSize, own: u32) -> Option<Resources> {
    let (registered, remaining) = amounts(instance)?;
    let by_others = |registered: u32, remaining: u32, task: u32| {
        registered
            .saturating_sub(remaining)
            .saturating_sub(task.saturating_mul(own))
    };
    Some(Resources {
        registered,
        used: TaskSize {
            cpu: by_others(registered.cpu, remaining.cpu, size.cpu),
            memory_mib: by_others(registered.memory_mib, remaining.memory_mib, size.memory_mib),
        },
    })
}

/// How many of the service's tasks each host is assumed to hold.
fn own_tasks(
    instances: &[ContainerInstance],
    size: TaskSize,
    placing: Placing,
    running: u32,
) -> Vec<u32> {
    let most: Vec<u32> = instances
        .iter()
        .map(|instance| most_tasks(instance, size, placing))
        .collect();
    let held = |level: u32| -> u64 { most.iter().map(|most| u64::from(*most.min(&level))).sum() };
    // The highest level to which all hosts can be filled, found by halving.
    let (mut level, mut highest) = (0, running);
    while level < highest {
        let middle = level + (highest - level).div_ceil(2);
        if held(middle) <= u64::from(running) {
            level = middle;
        } else {
            highest = middle - 1;
        }
    }
    let mut left = u64::from(running) - held(level);
    most.iter()
        .map(|most| {
            if left > 0 && *most > level {
                left -= 1;
                level + 1
            } else {
                level.min(*most)
            }
        })
        .collect()
}

/// How many of the service's tasks a host's used resources and running tasks allow.
fn most_tasks(instance: &ContainerInstance, size: TaskSize, placing: Placing) -> u32 {
    let Some((registered, remaining)) = amounts(instance) else {
        return 0;
    };
    let used_tasks = tasks_in(
        size,
        TaskSize {
            cpu: registered.cpu.saturating_sub(remaining.cpu),
            memory_mib: registered.memory_mib.saturating_sub(remaining.memory_mib),
        },
    );
    let running = instance.running_tasks_count.unwrap_or(u32::MAX);
    match placing {
        Placing::AsManyAsFit => used_tasks.min(running),
        Placing::OnePerHost => used_tasks.min(running).min(1),
    }
}

/// How many more of the service's tasks fit on a host.
fn room(instance: &ContainerInstance, size: TaskSize, placing: Placing, own: u32) -> u32 {
    let fit = match amounts(instance) {
        Some((_, remaining)) if instance.accepts_tasks() => tasks_in(size, remaining),
        _ => 0,
    };
    match placing {
        Placing::AsManyAsFit => fit,
        Placing::OnePerHost => fit.min(1_u32.saturating_sub(own)),
    }
}

/// How many tasks fit into so much; a task that reserves nothing of a resource is not bound by it.
fn tasks_in(size: TaskSize, space: TaskSize) -> u32 {
    let by_cpu = space.cpu.checked_div(size.cpu);
    let by_memory = space.memory_mib.checked_div(size.memory_mib);
    match (by_cpu, by_memory) {
        (Some(by_cpu), Some(by_memory)) => by_cpu.min(by_memory),
        (by_cpu, by_memory) => by_cpu.or(by_memory).unwrap_or(0),
    }
}

/// The hosts as the auto scaling groups alone tell of them.
fn from_groups(descriptions: &Descriptions) -> Hosts {
    let nothing = Hosts::FreeTasks {
        tasks: 0,
        origin: RoomOrigin::Assumed("no spare room; give --container-instances".to_owned()),
    };
    let Some(groups) = &descriptions.auto_scaling_groups else {
        return nothing;
    };
    let mut found = Vec::new();
    for group in &groups.content.auto_scaling_groups {
        let desired = group.desired_capacity.unwrap_or(0);
        let types: Vec<&String> = group
            .instances
            .iter()
            .filter_map(|instance| instance.instance_type.as_ref())
            .collect();
        let host = |instance_type: &str, type_from: String| Host {
            instance_type: instance_type.to_owned(),
            type_from,
            purchase: Some((group.purchase(), purchase_from(&groups.file, group))),
            resources: None,
            accepts_tasks: true,
        };
        match types.as_slice() {
            [] => {}
            [first, others @ ..] if others.iter().all(|other| other == first) => {
                found.push(Group {
                    host: host(first, format!("{}: Instances[].InstanceType", groups.file)),
                    count: desired,
                });
            }
            mixed => found.extend(merge(
                mixed
                    .iter()
                    .map(|one| host(one, format!("{}: Instances[].InstanceType", groups.file)))
                    .collect(),
            )),
        }
    }
    found.retain(|group| group.count > 0);
    if found.is_empty() {
        nothing
    } else {
        Hosts::Groups(found)
    }
}

/// Equal hosts together, in the order of the first of each.
fn merge(hosts: Vec<Host>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for host in hosts {
        match groups.iter_mut().find(|group| group.host == host) {
            Some(group) => group.count += 1,
            None => groups.push(Group { host, count: 1 }),
        }
    }
    groups
}
