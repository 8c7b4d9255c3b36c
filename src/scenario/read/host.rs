//! What one host has to give, and what the same service costs on Fargate.

use super::Sections;
use super::keys::meant;
use super::prices::Prices;
use super::service::{MOST_CPU, MOST_MEMORY_MIB};
use super::table::Table;
use crate::catalog::{self, Architecture, InstanceType};
use crate::scenario::{Capacity, FargatePrice, HostShape, LaunchType, TaskSize};

/// Whether interfaces are given branches, so that more tasks with their own fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trunking {
    Off,
    On,
}

impl Trunking {
    /// What the cluster states; off unless it does.
    pub(super) fn of(cluster: &Table<'_>) -> Self {
        match cluster.flag("eni_trunking") {
            Some(true) => Self::On,
            Some(false) | None => Self::Off,
        }
    }
}

/// What an instance type registers and how many interfaces its tasks can have.
///
/// # Formula
/// Registered CPU = 1024 × vCPU and memory = floor(0.93 × memory), the rest being the system's.
pub(super) fn catalog_shape(instance: &InstanceType, trunking: Trunking) -> HostShape {
    let trunked = match trunking {
        Trunking::On => instance.trunked_task_interfaces(),
        Trunking::Off => None,
    };
    HostShape {
        instance_type: instance.name.to_owned(),
        registered_cpu: instance.vcpu * 1024,
        registered_memory_mib: instance.memory_mib / 100 * 93
            + instance.memory_mib % 100 * 93 / 100,
        task_interfaces: trunked.or_else(|| instance.task_interfaces()),
    }
}

/// The shape of a group's hosts; absent where a problem was noted.
pub(super) fn shape(table: &Table<'_>, trunking: Trunking) -> Option<HostShape> {
    let name = table.string("instance_type");
    let cpu = table.integer("registered_cpu", 1..=MOST_CPU);
    let memory_mib = table.integer("registered_memory_mib", 1..=MOST_MEMORY_MIB);
    let hint = "give the instance type";
    let name = table.need(
        "instance_type",
        name,
        "an instance type such as \"t3.small\"",
        hint,
    )?;
    let Some(instance) = catalog::instance_type(name) else {
        let own = ["registered_cpu", "registered_memory_mib", "usd_per_hour"];
        if own.iter().all(|key| table.has(key)) {
            return Some(HostShape {
                instance_type: name.to_owned(),
                registered_cpu: cpu?,
                registered_memory_mib: memory_mib?,
                task_interfaces: None,
            });
        }
        report_unknown_type(table, name);
        return None;
    };
    let listed = catalog_shape(&instance, trunking);
    let places_tasks = table.flag("accepts_tasks").unwrap_or(true);
    if places_tasks && !table.has("registered_cpu") {
        let why = "1024 for each vCPU of the type";
        table.assume("registered_cpu", listed.registered_cpu, why);
    }
    if places_tasks && !table.has("registered_memory_mib") {
        let why = "93 % of the type's memory, the rest being the system's";
        table.assume("registered_memory_mib", listed.registered_memory_mib, why);
    }
    Some(HostShape {
        registered_cpu: cpu.unwrap_or(listed.registered_cpu),
        registered_memory_mib: memory_mib.unwrap_or(listed.registered_memory_mib),
        ..listed
    })
}

/// Notes an instance type that the catalog does not have.
pub(super) fn report_unknown_type(table: &Table<'_>, name: &str) {
    let remedy = "give registered_cpu, registered_memory_mib and usd_per_hour of [[cluster.hosts]]";
    let hint = meant(&catalog::nearest_instance_types(name), remedy);
    table.reject("instance_type", "an instance type of the catalog", &hint);
}

/// What one task costs on Fargate; absent where a size or a price is not known, which is a
/// problem only for a service that runs there.
pub(super) fn fargate_price(
    sections: &Sections<'_>,
    capacity: Option<&Capacity>,
    size: Option<TaskSize>,
    prices: &Prices<'_>,
) -> Option<FargatePrice> {
    let runs_there = sections.launch_type == Some(LaunchType::Fargate);
    let architecture = match capacity {
        Some(Capacity::Hosts(cluster)) => cluster
            .hosts
            .iter()
            .find(|group| group.accepts_tasks)
            .and_then(|group| catalog::instance_type(&group.shape.instance_type))
            .map_or(Architecture::X86_64, |instance| instance.architecture),
        _ => Architecture::X86_64,
    };
    let rates = prices.fargate(architecture);
    if rates.is_none() && runs_there {
        let remedy = "give \"fargate.vcpu\" and \"fargate.gb\" under [prices]";
        prices.report_unknown(&sections.service, "launch_type", "price of Fargate", remedy);
    }
    let size = size?;
    let Some((cpu, memory_mib)) = catalog::fargate_size(size.cpu, size.memory_mib) else {
        if runs_there {
            let expected = "a size that Fargate offers: at most 16 vCPU and 120 GB";
            let found = format!("cpu = {} and memory_mib = {}", size.cpu, size.memory_mib);
            sections
                .service
                .report("cpu", &found, expected, "make the task smaller");
        }
        return None;
    };
    let (usd_per_vcpu, usd_per_gb) = rates?;
    Some(FargatePrice {
        size: TaskSize { cpu, memory_mib },
        usd_per_task_hour: usd_per_vcpu * (f64::from(cpu) / 1024.0)
            + usd_per_gb * (f64::from(memory_mib) / 1024.0),
    })
}
