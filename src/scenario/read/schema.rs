//! The JSON Schema of a scenario, from its known keys: what editors complete and underline.
//!
//! It is no stricter than the reader: what depends on several keys at once only the reader judges.

use serde_json::{Map, Value, json};

use super::keys::{KnownTable, known_keys};
use super::meanings::meaning;

/// Numbers with units, longer units first.
const DURATION: &str =
    r"^\s*([0-9.]+d\s*)?([0-9.]+h\s*)?([0-9.]+m\s*)?([0-9.]+s\s*)?([0-9.]+ms\s*)?$";

/// What may stand at a key.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Flag,
    Whole {
        from: u32,
        to: u32,
    },
    Number {
        from: f64,
        to: f64,
    },
    /// Fixed.
    Duration,
    /// Fixed, or with a mean and how it varies.
    Law,
    Choice(&'static [&'static str]),
    Choices(&'static [&'static str]),
    /// A list of texts.
    Texts,
    /// Two of a kind, as a list.
    Pair(&'static Kind),
    /// Left to the reader.
    Any,
}

/// The schema, draft 2020-12.
#[must_use]
pub fn schema() -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "prescale scenario",
        "$defs": {
            "duration": {
                "description": "A number with its unit, such as \"90s\", \"0.5s\", \"5m\" or \"1h30m\".",
                "type": "string",
                "minLength": 2,
                "pattern": DURATION,
            },
            "varying": {
                "description": "A fixed duration, or a distribution: mean and coefficient of variation.",
                "anyOf": [
                    { "$ref": "#/$defs/duration" },
                    {
                        "type": "object",
                        "properties": {
                            "mean": { "$ref": "#/$defs/duration" },
                            "cv": { "type": "number", "minimum": 0, "maximum": 5 },
                            "distribution": { "enum": ["lognormal", "gamma", "weibull", "fixed"] },
                        },
                        "required": ["mean"],
                        "additionalProperties": false,
                    },
                ],
            },
        },
    });
    let known = known_keys().iter().find(|table| table.path().is_empty());
    if let (Some(root), Some(top)) = (schema.as_object_mut(), known) {
        root.append(&mut table(top, ""));
    }
    schema
}

fn table(known: &KnownTable, path: &str) -> Map<String, Value> {
    let mut properties = Map::new();
    for key in known.supported {
        let path = super::joined(path, key);
        let mut property = at(&path);
        if let (Some(property), Some(meaning)) = (property.as_object_mut(), meaning(&path)) {
            property.insert("description".to_owned(), json!(meaning));
        }
        properties.insert((*key).to_owned(), property);
    }
    let mut table = Map::new();
    table.insert("type".to_owned(), json!("object"));
    table.insert("properties".to_owned(), Value::Object(properties));
    // Prices are by instance type, of which any may have one.
    let others = match path {
        "prices" => json!({ "type": "number", "exclusiveMinimum": 0 }),
        _ => json!(false),
    };
    table.insert("additionalProperties".to_owned(), others);
    table
}

fn at(path: &str) -> Value {
    let known = known_keys().iter().find(|table| table.path() == path);
    match known {
        Some(known) if known.header.starts_with("[[") => {
            json!({ "type": "array", "items": Value::Object(table(known, path)) })
        }
        Some(known) => Value::Object(table(known, path)),
        None => value(kind(path)),
    }
}

fn value(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({ "type": "string", "minLength": 1 }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Whole { from, to } => json!({ "type": "integer", "minimum": from, "maximum": to }),
        Kind::Number { from, to } => json!({ "type": "number", "minimum": from, "maximum": to }),
        Kind::Duration => json!({ "$ref": "#/$defs/duration" }),
        Kind::Law => json!({ "$ref": "#/$defs/varying" }),
        Kind::Choice(choices) => json!({ "enum": choices }),
        Kind::Choices(choices) => json!({ "type": "array", "items": { "enum": choices } }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string", "minLength": 1 } }),
        Kind::Pair(kind) => json!({
            "type": "array", "items": value(*kind), "minItems": 2, "maxItems": 2
        }),
        Kind::Any => json!({}),
    }
}

const COUNT: Kind = Kind::Whole {
    from: 0,
    to: 100_000,
};
const ONE_OR_MORE: Kind = Kind::Whole {
    from: 1,
    to: 100_000,
};
const RESOURCE: Kind = Kind::Whole {
    from: 0,
    to: u32::MAX,
};
const THRESHOLD: Kind = Kind::Whole { from: 2, to: 10 };
const AMOUNT: Kind = Kind::Number { from: 0.0, to: 1e9 };
const SHARE: Kind = Kind::Number { from: 0.0, to: 1.0 };

/// What may stand at a key that is no table.
fn kind(path: &str) -> Kind {
    let known = KINDS.iter().find(|(_, paths)| paths.contains(&path));
    known.map_or_else(|| choice(path), |(kind, _)| *kind)
}

const KINDS: &[(Kind, &[&str])] = &[
    (
        Kind::Text,
        &[
            "service.name",
            "deployment.orchestrator",
            "deployment.strategy",
            "cluster.region",
            "cluster.hosts.instance_type",
            "cluster.hosts.zone",
            "cluster.daemons.name",
            "prescale.instance_type",
        ],
    ),
    (
        Kind::Texts,
        &["origin.measured", "origin.imported", "origin.assumed"],
    ),
    (
        Kind::Flag,
        &[
            "service.distinct_instance",
            "deployment.stopping_counts",
            "deployment.circuit_breaker",
            "cluster.eni_trunking",
            "cluster.hosts.accepts_tasks",
            "cluster.concurrent_deployments.lock",
            "cluster.capacity_provider.managed_scaling",
            "cluster.capacity_provider.managed_termination_protection",
            "billing.reuse_paid_hour",
        ],
    ),
    (
        ONE_OR_MORE,
        &[
            "service.desired_count",
            "cluster.capacity_provider.minimum_scaling_step_size",
            "cluster.capacity_provider.maximum_scaling_step_size",
        ],
    ),
    (
        Kind::Pair(&ONE_OR_MORE),
        &["service.desired_range", "service.load.required_range"],
    ),
    (
        COUNT,
        &[
            "service.load.required_tasks",
            "cluster.hosts.count",
            "cluster.free_tasks",
            "cluster.committed_hosts",
            "cluster.concurrent_deployments.tasks",
            "prescale.hosts",
        ],
    ),
    (
        RESOURCE,
        &[
            "service.cpu",
            "service.memory_mib",
            "cluster.hosts.registered_cpu",
            "cluster.hosts.registered_memory_mib",
            "cluster.hosts.used_cpu",
            "cluster.hosts.used_memory_mib",
            "cluster.hosts.used_interfaces",
            "cluster.daemons.cpu",
            "cluster.daemons.memory_mib",
        ],
    ),
    (
        THRESHOLD,
        &[
            "service.load_balancer.healthy_threshold",
            "service.load_balancer.unhealthy_threshold",
        ],
    ),
    (
        Kind::Whole { from: 1, to: 10 },
        &["service.health_check.retries"],
    ),
    (
        Kind::Whole { from: 0, to: 100 },
        &["deployment.minimum_healthy_percent"],
    ),
    (
        Kind::Whole {
            from: 100,
            to: 1000,
        },
        &["deployment.maximum_percent"],
    ),
    (
        Kind::Whole { from: 1, to: 100 },
        &["cluster.capacity_provider.target_capacity"],
    ),
    (
        Kind::Law,
        &[
            "service.timing.start",
            "service.timing.ready",
            "service.timing.stop",
            "service.timing.cold_start_extra",
            "service.load_balancer.registration_delay",
            "deployment.reaction",
            "cluster.zone_outage",
            "cluster.concurrent_deployments.duration",
            "spot.fulfilment_time",
            "prescale.boot",
        ],
    ),
    (
        Kind::Duration,
        &[
            "service.health_check_grace_period",
            "service.longest_request",
            "service.timing.stop_timeout",
            "service.load.wait_target",
            "service.load_balancer.health_check_interval",
            "service.load_balancer.deregistration_delay",
            "service.load_balancer.slow_start",
            "service.health_check.interval",
            "service.health_check.timeout",
            "service.health_check.start_period",
            "deployment.completion_lag",
            "deployment.failure_detection",
            "cluster.capacity_provider.instance_warmup",
            "cluster.capacity_provider.alarm",
            "prescale.release",
            "prescale.lead_overlap",
            "limits.max_duration",
            "recorded.completed",
        ],
    ),
    (
        SHARE,
        &[
            "limits.availability",
            "prescale.spot_share",
            "service.failed_start_probability",
            "service.timing.pull_share",
            "service.load.wait_probability",
            "deployment.failure_rate",
            "cluster.zone_loss_per_month",
            "spot.interruption_per_month",
            "spot.correlation",
            "spot.fulfilment",
        ],
    ),
    (
        AMOUNT,
        &[
            "limits.budget_usd_per_month",
            "service.timing.start_cpu_seconds",
            "service.load.requests_per_second",
            "service.load.task_requests_per_second",
            "cluster.host_extra_usd_per_hour",
            "cluster.cold_pull_gib",
            "cluster.nat_usd_per_gib",
            "cluster.hosts.usd_per_hour",
            "cluster.daemons.usd_per_host_month",
            "cluster.concurrent_deployments.per_day",
            "prescale.storage_usd_per_host_month",
            "prices.fargate.vcpu",
            "prices.fargate.gb",
            "billing.free_hours_per_month",
            "value.usd_per_minute",
            "deployment.per_day",
        ],
    ),
    (
        Kind::Number {
            from: 0.0,
            to: 31.0,
        },
        &["deployment.days_per_month"],
    ),
    (
        Kind::Number {
            from: 0.0,
            to: 24.0,
        },
        &["deployment.window_hours"],
    ),
];

/// The names that may stand at a key.
fn choice(path: &str) -> Kind {
    use Kind::{Any, Choice, Choices};
    match path {
        "service.network_mode" => Choice(&["bridge", "host", "awsvpc"]),
        "service.host_port" => Choice(&["dynamic", "static"]),
        "service.launch_type" => Choice(&["ec2", "fargate"]),
        "service.placement" => Choice(&["spread", "binpack"]),
        "service.load_balancer.type" => Choice(&["alb", "nlb", "clb"]),
        "service.load_balancer.health_rule" => Choice(&["first-pass", "threshold"]),
        "cluster.hosts.purchase" => Choice(&["on-demand", "spot"]),
        "cluster.daemons.counted" => Choice(&["hours", "high-water"]),
        "prescale.mode" => Choice(&["before", "standing", "warm-pool", "reactive"]),
        "prescale.release_hosts" => Choice(&["emptiest", "newest"]),
        "spot.fallback" => Choice(&["on-demand", "wait"]),
        "billing.granularity" => Choice(&["second", "hour"]),
        "recommend.clock" => Choice(&["completed", "new_version"]),
        "recommend.may_change" => Choices(&[
            "percents",
            "prescale",
            "headroom",
            "spot",
            "health_check",
            "deregistration_delay",
        ]),
        _ => Any,
    }
}
