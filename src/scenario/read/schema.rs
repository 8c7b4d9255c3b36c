//! The JSON Schema of a scenario, from its known keys: what editors complete and underline.
//!
//! It is no stricter than the reader: what depends on several keys at once only the reader judges.

use serde_json::{Map, Value, json};

use super::keys::{KnownTable, known_keys};

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
    Texts,
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
        properties.insert((*key).to_owned(), at(&path));
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
        Kind::Texts => json!({ "type": "array", "items": { "type": "string", "minLength": 1 } }),
        Kind::Choices(choices) => json!({ "type": "array", "items": { "enum": choices } }),
        Kind::Any => json!(true),
    }
}

const COUNT: Kind = Kind::Whole {
    from: 0,
    to: 100_000,
};
const AMOUNT: Kind = Kind::Number { from: 0.0, to: 1e9 };
const SHARE: Kind = Kind::Number { from: 0.0, to: 1.0 };

/// What may stand at a key that is no table.
fn kind(path: &str) -> Kind {
    use Kind::{Any, Choice, Choices, Duration, Flag, Law, Number, Text, Texts, Whole};
    match path {
        "service.name"
        | "cluster.region"
        | "cluster.hosts.instance_type"
        | "cluster.hosts.zone"
        | "cluster.daemons.name"
        | "prescale.instance_type" => Text,
        "service.desired_count" => Whole {
            from: 1,
            to: 100_000,
        },
        "deployment.minimum_healthy_percent" => Whole { from: 0, to: 100 },
        "deployment.maximum_percent" => Whole {
            from: 100,
            to: 1000,
        },
        "cluster.hosts.count" | "cluster.free_tasks" => COUNT,
        "service.distinct_instance"
        | "deployment.stopping_counts"
        | "cluster.eni_trunking"
        | "cluster.hosts.accepts_tasks" => Flag,
        "service.network_mode" => Choice(&["bridge", "host", "awsvpc"]),
        "service.host_port" => Choice(&["dynamic", "static"]),
        "service.launch_type" => Choice(&["ec2", "fargate"]),
        "service.load_balancer.type" => Choice(&["alb", "nlb", "clb"]),
        "service.load_balancer.health_rule" => Choice(&["first-pass", "threshold"]),
        "cluster.hosts.purchase" => Choice(&["on-demand", "spot"]),
        "cluster.daemons.counted" => Choice(&["hours", "high-water"]),
        "prescale.release_hosts" => Choice(&["emptiest", "newest"]),
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
        "origin.measured" | "origin.imported" | "origin.assumed" => Texts,
        "service.timing.start"
        | "service.timing.ready"
        | "service.timing.stop"
        | "service.timing.cold_start_extra"
        | "service.load_balancer.registration_delay"
        | "deployment.reaction"
        | "prescale.boot" => Law,
        "service.health_check_grace_period"
        | "service.longest_request"
        | "service.timing.stop_timeout"
        | "service.load_balancer.health_check_interval"
        | "service.load_balancer.deregistration_delay"
        | "service.health_check.interval"
        | "service.health_check.timeout"
        | "service.health_check.start_period"
        | "deployment.completion_lag"
        | "prescale.release"
        | "prescale.lead_overlap"
        | "limits.max_duration"
        | "recorded.completed" => Duration,
        "limits.availability" | "prescale.spot_share" => SHARE,
        "limits.budget_usd_per_month"
        | "cluster.host_extra_usd_per_hour"
        | "cluster.cold_pull_gib"
        | "cluster.nat_usd_per_gib"
        | "cluster.daemons.usd_per_host_month"
        | "value.usd_per_minute"
        | "deployment.per_day" => AMOUNT,
        "deployment.days_per_month" => Number {
            from: 0.0,
            to: 31.0,
        },
        _ => Any,
    }
}
