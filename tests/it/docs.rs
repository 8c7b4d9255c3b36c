//! Every block of a scenario in the docs is one that the reader takes, and every key is there.

use std::path::Path;

use prescale::scenario::read::{Purpose, Syntax, known_keys, scenario};

use crate::base::{WEB, with_in};

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/clusters.md");
    std::fs::read_to_string(path).expect("the page is there")
}

/// Puts a table into another, key by key; lists take the place of lists.
fn merge(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(into)), toml::Value::Table(from)) => merge(into, from),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

fn blocks(page: &str) -> Vec<toml::Table> {
    page.split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("\n```"))
        .map(|(block, _)| block.parse().expect("TOML"))
        .collect()
}

#[test]
fn every_block_is_part_of_a_good_scenario() {
    let page = page();
    let blocks = blocks(&page);
    assert!(blocks.len() >= 12, "{} blocks", blocks.len());
    let text = with_in(WEB, "cluster", "region = \"ap-northeast-1\"");
    for block in blocks {
        let mut whole: toml::Table = text.parse().expect("TOML");
        merge(&mut whole, block.clone());
        let text = serde_json::to_string(&whole).expect("JSON");
        let read = scenario(&text, Syntax::Json, Purpose::MonthlyFigures);
        assert!(read.is_ok(), "{block:?}: {:?}", read.err());
    }
}

#[test]
fn the_page_has_every_key_of_a_cluster() {
    let page = page();
    let tables = [
        "cluster.capacity_provider",
        "cluster.concurrent_deployments",
        "cluster.daemons",
    ];
    let of_tables = known_keys()
        .iter()
        .filter(|table| tables.contains(&table.path()))
        .flat_map(|table| table.supported);
    let others = [
        "mode",
        "release_hosts",
        "lead_overlap",
        "storage_usd_per_host_month",
        "host_extra_usd_per_hour",
        "cold_pull_gib",
        "nat_usd_per_gib",
        "committed_hosts",
        "zone_loss_per_month",
        "zone_outage",
        "reuse_paid_hour",
        "health_check_grace_period",
        "desired_range",
        "failed_start_probability",
        "failure_rate",
        "circuit_breaker",
        "failure_detection",
        "window_hours",
        "wait_target",
        "wait_probability",
        "slow_start",
        "placement",
        "pull_share",
        "start_cpu_seconds",
    ];
    let missing: Vec<&&str> = of_tables
        .chain(&others)
        .filter(|key| !page.contains(&format!("{key} = ")))
        .collect();
    // The step size at least is like the one at most.
    assert_eq!(missing, [&"minimum_scaling_step_size"]);
}
