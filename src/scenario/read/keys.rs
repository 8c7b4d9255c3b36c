//! Every key of a scenario: those that have an effect, and those that belong to later versions.

/// The keys of one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownTable {
    /// How the table is begun in TOML; empty for the top level.
    pub header: &'static str,
    /// Keys that have an effect, tables below it included.
    pub supported: &'static [&'static str],
    /// Keys that are known, but not supported yet.
    pub not_yet: &'static [&'static str],
}

impl KnownTable {
    /// Dotted path of the table, without the numbers of list items.
    #[must_use]
    pub fn path(&self) -> &'static str {
        self.header.trim_matches(['[', ']'])
    }

    /// The header, or words for the top level.
    pub(super) fn name(&self) -> &'static str {
        match self.header {
            "" => "the top level",
            header => header,
        }
    }

    fn knows(&self, key: &str) -> bool {
        self.supported.contains(&key) || self.not_yet.contains(&key)
    }
}

/// Every table of a scenario with its keys. `[prices]` takes any instance type besides.
#[must_use]
pub fn known_keys() -> &'static [KnownTable] {
    TABLES
}

/// The table of a document at a path without the numbers of list items; absent where any key will
/// do.
pub(super) fn table_at(tables: &'static [KnownTable], path: &str) -> Option<&'static KnownTable> {
    tables
        .iter()
        .find(|table| is_at(table.path(), path) && path != "prices")
}

/// Whether a table's path is the one given; a name in capitals stands for any.
fn is_at(known: &str, path: &str) -> bool {
    let (mut known, mut path) = (known.split('.'), path.split('.'));
    loop {
        match (known.next(), path.next()) {
            (None, None) => return true,
            (Some(ANY_NAME), Some(name)) if !name.is_empty() => {}
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}

/// Stands for any name in the path of a [`KnownTable`].
const ANY_NAME: &str = "NAME";

/// What to do about a key that its table does not have.
pub(super) fn hint_for_unknown(
    tables: &'static [KnownTable],
    key: &str,
    table: &KnownTable,
) -> String {
    let elsewhere = tables.iter().find(|other| other.knows(key));
    match (elsewhere, nearest(key, table.supported.iter().copied())) {
        (Some(other), None) => format!("`{key}` is a key of {}", other.name()),
        (Some(other), Some(near)) => {
            format!(
                "did you mean `{near}`? `{key}` is a key of {}",
                other.name()
            )
        }
        (None, Some(near)) => format!("did you mean `{near}`?"),
        (None, None) => format!("its keys are {}", table.supported.join(", ")),
    }
}

/// The candidate that a misspelt name most likely meant.
pub(super) fn nearest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}

/// What to do about an unknown name: take one that is near, else the remedy.
pub(super) fn meant(near: &[&str], remedy: &str) -> String {
    match near {
        [] => remedy.to_owned(),
        [one] => format!("did you mean {one}? else {remedy}"),
        several => format!("did you mean one of {}? else {remedy}", several.join(", ")),
    }
}

/// The table that states a duration which varies; it may stand wherever such a duration may.
pub(super) const DURATION: KnownTable = KnownTable {
    header: "a duration",
    supported: &["mean", "cv", "distribution"],
    not_yet: &[],
};

const TABLES: &[KnownTable] = &[
    KnownTable {
        header: "",
        supported: &[
            "service",
            "deployment",
            "cluster",
            "prescale",
            "billing",
            "prices",
            "value",
            "limits",
            "recommend",
            "recorded",
            "spot",
            "origin",
        ],
        not_yet: &["clusters", "pools"],
    },
    KnownTable {
        header: "[service]",
        supported: &[
            "name",
            "desired_count",
            "desired_range",
            "placement",
            "failed_start_probability",
            "cpu",
            "memory_mib",
            "network_mode",
            "host_port",
            "distinct_instance",
            "launch_type",
            "health_check_grace_period",
            "longest_request",
            "timing",
            "load_balancer",
            "health_check",
            "load",
        ],
        not_yet: &[],
    },
    KnownTable {
        header: "[service.timing]",
        supported: &[
            "start",
            "ready",
            "stop",
            "stop_timeout",
            "cold_start_extra",
            "pull_share",
            "start_cpu_seconds",
        ],
        not_yet: &[],
    },
    KnownTable {
        header: "[service.load_balancer]",
        supported: &[
            "type",
            "health_check_interval",
            "healthy_threshold",
            "unhealthy_threshold",
            "deregistration_delay",
            "health_rule",
            "registration_delay",
            "slow_start",
        ],
        not_yet: &[],
    },
    KnownTable {
        header: "[service.health_check]",
        supported: &["interval", "timeout", "retries", "start_period"],
        not_yet: &[],
    },
    KnownTable {
        header: "[service.load]",
        supported: &[
            "required_tasks",
            "required_range",
            "requests_per_second",
            "task_requests_per_second",
            "wait_target",
            "wait_probability",
        ],
        not_yet: &[],
    },
    KnownTable {
        header: "[deployment]",
        supported: &[
            "orchestrator",
            "strategy",
            "minimum_healthy_percent",
            "maximum_percent",
            "per_day",
            "days_per_month",
            "reaction",
            "completion_lag",
            "stopping_counts",
            "failure_rate",
            "circuit_breaker",
            "failure_detection",
            "window_hours",
        ],
        not_yet: &[
            "max_surge",
            "max_unavailable",
            "min_ready",
            "step_percent",
            "step_bake",
            "canary_percent",
            "canary_bake",
            "bake",
            "test",
            "policy",
            "batch_size",
            "codedeploy_config",
            "max_parallel",
            "min_healthy_time",
            "canary",
        ],
    },
    KnownTable {
        header: "[cluster]",
        supported: &[
            "region",
            "hosts",
            "daemons",
            "free_tasks",
            "eni_trunking",
            "host_extra_usd_per_hour",
            "cold_pull_gib",
            "nat_usd_per_gib",
            "committed_hosts",
            "zone_loss_per_month",
            "zone_outage",
            "concurrent_deployments",
            "capacity_provider",
        ],
        not_yet: &[],
    },
    KnownTable {
        header: "[[cluster.hosts]]",
        supported: &[
            "instance_type",
            "count",
            "purchase",
            "accepts_tasks",
            "registered_cpu",
            "registered_memory_mib",
            "used_cpu",
            "used_memory_mib",
            "used_interfaces",
            "usd_per_hour",
            "zone",
        ],
        not_yet: &[],
    },
    KnownTable {
        header: "[[cluster.daemons]]",
        supported: &["name", "cpu", "memory_mib", "usd_per_host_month", "counted"],
        not_yet: &[],
    },
    KnownTable {
        header: "[cluster.concurrent_deployments]",
        supported: &["per_day", "duration", "tasks", "lock"],
        not_yet: &[],
    },
    KnownTable {
        header: "[cluster.capacity_provider]",
        supported: &[
            "managed_scaling",
            "target_capacity",
            "minimum_scaling_step_size",
            "maximum_scaling_step_size",
            "instance_warmup",
            "managed_termination_protection",
            "alarm",
        ],
        not_yet: &[],
    },
    KnownTable {
        header: "[prescale]",
        supported: &[
            "hosts",
            "spot_share",
            "mode",
            "boot",
            "release",
            "lead_overlap",
            "release_hosts",
            "instance_type",
            "storage_usd_per_host_month",
        ],
        not_yet: &[],
    },
    KnownTable {
        header: "[spot]",
        supported: &[
            "interruption_per_month",
            "correlation",
            "fulfilment",
            "fulfilment_time",
            "fallback",
        ],
        not_yet: &[],
    },
    KnownTable {
        header: "[billing]",
        supported: &["granularity", "free_hours_per_month", "reuse_paid_hour"],
        not_yet: &[],
    },
    KnownTable {
        header: "[prices]",
        supported: &["fargate.vcpu", "fargate.gb"],
        not_yet: &[],
    },
    KnownTable {
        header: "[value]",
        supported: &["usd_per_minute"],
        not_yet: &[],
    },
    KnownTable {
        header: "[limits]",
        supported: &["budget_usd_per_month", "availability", "max_duration"],
        not_yet: &["shortfall_minutes_per_month"],
    },
    KnownTable {
        header: "[recommend]",
        supported: &["clock", "may_change"],
        not_yet: &[],
    },
    KnownTable {
        header: "[[recorded]]",
        supported: &["at", "completed"],
        not_yet: &[],
    },
    KnownTable {
        header: "[origin]",
        supported: &["measured", "imported", "assumed"],
        not_yet: &[],
    },
];
