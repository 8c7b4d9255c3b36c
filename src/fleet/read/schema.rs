//! The JSON Schemas of a fleet file and of the limits of a flat table, for editors. They are no
//! stricter than the readers: what depends on several keys at once only these judge.

use serde_json::{Map, Value, json};

use super::fleet::TABLES;
use super::limits::{self, CLUSTER, POOL};
use crate::scenario::read::KnownTable;

/// The schema of a fleet file, draft 2020-12.
#[must_use]
pub fn fleet_schema() -> Value {
    of("prescale fleet", TABLES)
}

/// The schema of the limits that the services of a flat table share, draft 2020-12.
#[must_use]
pub fn limits_schema() -> Value {
    of("prescale fleet limits", limits::TABLES)
}

fn of(title: &str, tables: &[KnownTable]) -> Value {
    let mut schema = Map::new();
    let dialect = "https://json-schema.org/draft/2020-12/schema";
    schema.insert("$schema".to_owned(), json!(dialect));
    schema.insert("title".to_owned(), json!(title));
    if let Some(root) = tables.iter().find(|table| table.header.is_empty()) {
        schema.append(&mut table(root, tables));
    }
    Value::Object(schema)
}

/// A table with its keys, in which other tables may stand.
fn table(known: &KnownTable, tables: &[KnownTable]) -> Map<String, Value> {
    let property = |key: &str| {
        let mut property = at(known.header, key, tables);
        if let Some(property) = property.as_object_mut() {
            property.insert("description".to_owned(), json!(meaning(key)));
        }
        (key.to_owned(), property)
    };
    let properties: Map<String, Value> = known.supported.iter().copied().map(property).collect();
    let mut table = Map::new();
    table.insert("type".to_owned(), json!("object"));
    table.insert("properties".to_owned(), Value::Object(properties));
    table.insert("additionalProperties".to_owned(), json!(false));
    table
}

fn at(header: &str, key: &str, tables: &[KnownTable]) -> Value {
    let known = |header: &str| tables.iter().find(|table| table.header == header);
    match (header, key) {
        ("", "service") => {
            let items = known("[[service]]").map(|known| table(known, tables));
            json!({ "type": "array", "minItems": 1, "items": items })
        }
        ("", "limits" | "plan") => json!(known(&format!("[{key}]")).map(|of| table(of, tables))),
        (_, "clusters") => by_name(&CLUSTER, tables),
        (_, "pools") => by_name(&POOL, tables),
        _ => value(key),
    }
}

/// Tables of one kind, each under a name of its own.
fn by_name(known: &KnownTable, tables: &[KnownTable]) -> Value {
    json!({ "type": "object", "additionalProperties": table(known, tables) })
}

fn value(key: &str) -> Value {
    match key {
        "windows" => json!({ "type": "array", "items": { "type": "string", "minLength": 1 } }),
        "per_day" => json!({ "type": "number", "exclusiveMinimum": 0 }),
        "weight" | "shortfall_minutes_per_month" | "usd_per_extra_host_per_month" => {
            json!({ "type": "number", "minimum": 0 })
        }
        "budget_usd_per_month" => json!({ "type": "number" }),
        "extra_hosts_max" | "spot_hosts_max" => json!({ "type": "integer", "minimum": 0 }),
        "months" => json!({ "type": "integer", "minimum": 1, "maximum": 120 }),
        "growth_percent_per_year" => json!({ "type": "number", "minimum": -99, "maximum": 10_000 }),
        "peak_factor" => json!({ "type": "number", "minimum": 1, "maximum": 1000 }),
        _ => json!({ "type": "string", "minLength": 1 }),
    }
}

/// What a key means, in a sentence.
fn meaning(key: &str) -> &'static str {
    match key {
        "service" => "The services of the fleet, or lists of them.",
        "limits" => "What all plans together may cost and fall short.",
        "clusters" => "Clusters by name, whose services share extra hosts.",
        "pools" => "Pools of spot capacity by name.",
        "plan" => "How the load grows, for the hosts and dollars of the months ahead.",
        "file" => "The scenario of the service, by its path from this file.",
        "csv" => "A table with a row per service, by its path from this file.",
        "name" => "The service's name, instead of that of its scenario.",
        "per_day" => "Deployments on a day, instead of those of its scenario.",
        "weight" => "What a minute of its deployments counts; 1 if not given.",
        "window" => "The window in which it deploys; any time if not given.",
        "windows" => "Windows in which it may deploy: the plan chooses one.",
        "team" => "Who owns it.",
        "cluster" => "The cluster whose extra hosts it may use.",
        "spot_pool" => "The pool that its spot hosts are from.",
        "budget_usd_per_month" => {
            "USD a month that all plans together may cost beyond serving; below zero they must save."
        }
        "shortfall_minutes_per_month" => {
            "Minutes a month with less than the required tasks, all services together."
        }
        "extra_hosts_max" => "The most extra hosts that the cluster may have.",
        "usd_per_extra_host_per_month" => "What an extra host of the cluster costs in USD a month.",
        "spot_hosts_max" => "The most spot hosts that may come from the pool.",
        "months" => "Months that are planned, 1 to 120; 12 if not given.",
        "growth_percent_per_year" => {
            "Growth of the load in a year, which compounds month by month."
        }
        "peak_factor" => "The p95 of the load over its median, 1 or more.",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_readers_has_a_meaning_and_a_rule() {
        for known in TABLES.iter().chain(limits::TABLES) {
            for key in known.supported {
                assert!(meaning(key).ends_with('.'), "{} {key}", known.header);
            }
        }
        let schema = fleet_schema();
        let service = &schema["properties"]["service"]["items"]["properties"];
        assert_eq!(service["per_day"]["exclusiveMinimum"], 0);
        let named = |table: &Value| table["additionalProperties"]["properties"].clone();
        let clusters = named(&schema["properties"]["limits"]["properties"]["clusters"]);
        assert_eq!(clusters, named(&schema["properties"]["clusters"]));
        assert_eq!(clusters, named(&limits_schema()["properties"]["clusters"]));
        assert_eq!(clusters["extra_hosts_max"]["type"], "integer");
    }
}
