//! `[service]`: what is deployed and how long the phases of a task take.

use super::duration::LONGEST;
use super::table::Table;
use super::{Sections, desired_range, load, load_balancer, required_range};
use crate::scenario::{
    DurationLaw, HostPort, LaunchType, LoadBalancerKind, NetworkMode, Placement, Service, TaskSize,
    Timing, Together,
};
use crate::units::Seconds;

/// No scenario has more tasks: every product of counts and percents fits 32 bits.
pub(super) const MOST_TASKS: u32 = 100_000;

/// No host has more CPU units [1/1024 vCPU].
pub(super) const MOST_CPU: u32 = 1 << 20;

/// No host has more memory \[MiB\].
pub(super) const MOST_MEMORY_MIB: u32 = 1 << 25;

const NETWORK_MODES: &[(&str, NetworkMode)] = &[
    ("bridge", NetworkMode::Bridge),
    ("host", NetworkMode::Host),
    ("awsvpc", NetworkMode::AwsVpc),
];
const HOST_PORTS: &[(&str, HostPort)] =
    &[("dynamic", HostPort::Dynamic), ("static", HostPort::Static)];
const PLACEMENTS: &[(&str, Placement)] = &[
    ("spread", Placement::Spread),
    ("binpack", Placement::Binpack),
];
const LAUNCH_TYPES: &[(&str, LaunchType)] =
    &[("ec2", LaunchType::Ec2), ("fargate", LaunchType::Fargate)];

/// Who brings the hosts.
pub(super) fn launch_type(service: &Table<'_>) -> Option<LaunchType> {
    service.choice_or_first(
        "launch_type",
        LAUNCH_TYPES,
        "the hosts are the cluster's own",
    )
}

/// The service; absent where a problem was noted.
pub(super) fn read(sections: &Sections<'_>) -> Option<Service> {
    let table = &sections.service;
    let launch_type = sections.launch_type;
    let name = table.string("name").unwrap_or("service").to_owned();
    let desired_count = table.integer("desired_count", 1..=MOST_TASKS);
    let desired_count = table.need(
        "desired_count",
        desired_count,
        "the number of tasks between deployments",
        "give desired_count",
    );
    let size = size(sections);
    let network_mode = network_mode(table, launch_type);
    let load_balancer_table = table.table("load_balancer");
    let load_balancer = load_balancer::read(&load_balancer_table);
    let kind = load_balancer.map(|load_balancer| load_balancer.kind);
    let host_port = host_port(table, network_mode, kind);
    let health_check = load_balancer::container_health_check(&table.table("health_check"));
    let health_check_grace_period = table.seconds("health_check_grace_period", 0.0..=LONGEST);
    let is_checked = load_balancer.is_some() || health_check.is_some();
    if is_checked && !table.has("health_check_grace_period") {
        table.assume(
            "health_check_grace_period",
            "long enough",
            "not given; the orchestrator's own default is 0 s, which kills slow starters",
        );
    }
    let distinct_instance = table.flag("distinct_instance").unwrap_or(false);
    let longest_request = table.seconds("longest_request", 0.0..=LONGEST);
    let timing = timing(sections);
    let load_table = table.table("load");
    let load = load::read(&load_table, desired_count);
    let placement = table.choice("placement", PLACEMENTS);
    let desired_range = desired_range::read(table, desired_count);
    let counts = desired_count.zip(desired_range);
    let required_range = required_range::read(&load_table, counts, load.required_tasks);
    let failed_start_probability = failed_start_probability(table);
    if load_balancer_table.is_given() && load_balancer.is_none() {
        return None;
    }
    Some(Service {
        name,
        desired_count: desired_count?,
        desired_range,
        size,
        network_mode: network_mode?,
        host_port: host_port?,
        distinct_instance,
        launch_type: launch_type?,
        health_check_grace_period,
        longest_request,
        timing: timing?,
        load_balancer,
        health_check,
        required_tasks: load.required_tasks,
        required_range,
        waiting: load.waiting,
        placement: placement.unwrap_or(Placement::Spread),
        failed_start_probability,
    })
}

/// The share of starts that fail; none unless it is given.
fn failed_start_probability(table: &Table<'_>) -> f64 {
    let expected = "a share of the starts from 0 to 0.9";
    let share = table.share("failed_start_probability", 0.0..=0.9, expected);
    share.unwrap_or(0.0)
}

/// What a task reserves; absent where only the number of free tasks is known.
fn size(sections: &Sections<'_>) -> Option<TaskSize> {
    let table = &sections.service;
    let cpu = table.integer("cpu", 0..=MOST_CPU);
    let memory_mib = table.integer("memory_mib", 1..=MOST_MEMORY_MIB);
    let needs_neither = !table.has("cpu") && !table.has("memory_mib");
    if sections.cluster.has("free_tasks") && needs_neither {
        return None;
    }
    let hint = "give it as in the task definition";
    let cpu = table.need("cpu", cpu, "the CPU units that a task reserves", hint);
    let memory = "the memory that a task reserves, in MiB";
    let memory_mib = table.need("memory_mib", memory_mib, memory, hint);
    Some(TaskSize {
        cpu: cpu?,
        memory_mib: memory_mib?,
    })
}

fn network_mode(table: &Table<'_>, launch_type: Option<LaunchType>) -> Option<NetworkMode> {
    if launch_type != Some(LaunchType::Fargate) {
        let why = "the default for tasks on EC2";
        return table.choice_or_first("network_mode", NETWORK_MODES, why);
    }
    match table.choice("network_mode", NETWORK_MODES) {
        Some(NetworkMode::Bridge | NetworkMode::Host) => {
            let hint = "remove it, or write \"awsvpc\"";
            table.reject("network_mode", "\"awsvpc\", the only mode of Fargate", hint);
            None
        }
        Some(NetworkMode::AwsVpc) | None => Some(NetworkMode::AwsVpc),
    }
}

fn host_port(
    table: &Table<'_>,
    network_mode: Option<NetworkMode>,
    load_balancer: Option<LoadBalancerKind>,
) -> Option<HostPort> {
    let given = table.choice("host_port", HOST_PORTS);
    let port = match network_mode? {
        NetworkMode::Bridge if table.has("host_port") => given?,
        NetworkMode::Host if given == Some(HostPort::Dynamic) => {
            let hint = "remove it, write \"static\", or write network_mode = \"bridge\"";
            table.reject(
                "host_port",
                "\"static\": in mode host every port is the host's",
                hint,
            );
            return None;
        }
        NetworkMode::Host => HostPort::Static,
        NetworkMode::Bridge | NetworkMode::AwsVpc => HostPort::Dynamic,
    };
    if load_balancer == Some(LoadBalancerKind::Clb) && port == HostPort::Dynamic {
        let expected = "\"static\": a classic load balancer knows one port for all hosts";
        let hint = "write host_port = \"static\" with mode bridge or host";
        table.report("host_port", "a port of each task's own", expected, hint);
        return None;
    }
    if network_mode == Some(NetworkMode::Bridge) && given.is_none() {
        table.assume("host_port", "dynamic", "any free port of the host");
    }
    Some(port)
}

fn timing(sections: &Sections<'_>) -> Option<Timing> {
    let table = sections.service.table("timing");
    let measured = |key: &str, phase: &str| {
        let expected =
            format!("how long a task takes {phase}, such as {{ mean = \"45s\", cv = 0.2 }}");
        let hint = "measure it and give it, or let `prescale import ecs` write the scenario";
        table.need(key, table.law(key), &expected, hint)
    };
    let start = measured("start", "from PENDING to RUNNING");
    let ready = measured("ready", "from RUNNING to answering its health check");
    let stop = DurationLaw::lognormal(Seconds(5.0), 0.5);
    let stop = table.law_or("stop", stop, "typical from SIGTERM to exit");
    let longest_stop = match sections.launch_type {
        Some(LaunchType::Fargate) => 120.0,
        Some(LaunchType::Ec2) | None => 86_400.0,
    };
    let why = "the default of ECS";
    let stop_timeout = table.seconds_or("stop_timeout", 0.0..=longest_stop, 30.0, why);
    let cold = DurationLaw::fixed(Seconds(20.0));
    let cold_start_extra = if sections.adds_hosts {
        table.law_or(
            "cold_start_extra",
            cold,
            "a typical image pull on a new host",
        )
    } else {
        table.law("cold_start_extra").unwrap_or(cold)
    };
    Some(Timing {
        start: start?,
        ready: ready?,
        stop,
        stop_timeout,
        cold_start_extra,
        together: together(&table, sections),
    })
}

/// What tasks share that start together on one host; nothing of what is not given.
fn together(table: &Table<'_>, sections: &Sections<'_>) -> Together {
    let pull_share = table.share("pull_share", 0.0..=1.0, "a share of start from 0 to 1");
    let most = "processor seconds from 0 to 86400, such as 20";
    let start_cpu = table.number("start_cpu_seconds", 0.0..=86_400.0, most);
    if sections.launch_type == Some(LaunchType::Ec2) && !sections.hosts.is_empty() {
        for key in ["pull_share", "start_cpu_seconds"] {
            if !table.has(key) {
                let why = "nothing is shared by tasks that start together on a host";
                table.assume(key, 0, why);
            }
        }
    }
    Together {
        pull_share: pull_share.unwrap_or(0.0),
        start_cpu: Seconds(start_cpu.unwrap_or(0.0)),
    }
}
