//! `prescale check`: a gate for CI.

use super::{assert_narrow, prescale, prescale_given};

const SCENARIO: &str = "data/examples/two-tasks-no-room.toml";

#[test]
fn a_violated_limit_and_the_cheapest_mend() {
    let run = prescale(&["check", SCENARIO]);
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn for_a_workflow() {
    insta::assert_snapshot!(prescale(&["check", SCENARIO, "--format", "github"]));
}

#[test]
fn stuck_for_a_workflow() {
    let run = prescale(&["check", "data/examples/stuck.toml", "--format", "github"]);
    insta::assert_snapshot!(run);
}

#[test]
fn within_limits_against_what_it_was() {
    let run = prescale(&[
        "check",
        "data/examples/billing-per-second.toml",
        "--against",
        "data/examples/billing-hourly.toml",
    ]);
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn without_any_limit_it_is_bad_input() {
    let text = std::fs::read_to_string(SCENARIO).expect("an example");
    let without = text.split("[limits]").next().expect("a beginning");
    insta::assert_snapshot!(prescale_given(without, &["check", "-"]));
}

#[test]
fn the_mend_mends() {
    let json = prescale(&["check", SCENARIO, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    let changed = json["mend"]["changed"].as_array().expect("changes");
    let mut text = std::fs::read_to_string(SCENARIO).expect("an example");
    let mut added = String::from("\n[prescale]\n");
    for change in changed {
        let key = change["key"].as_str().expect("a key");
        if let Some(name) = key.strip_prefix("prescale.") {
            added += &format!("{name} = {}\n", change["to"]);
            continue;
        }
        let name = key.rsplit('.').next().expect("a name");
        let given = |line: &&str| line.starts_with(&format!("{name} ="));
        let line = text.lines().find(given).expect(key).to_owned();
        text = text.replace(&line, &format!("{name} = {}", change["to"]));
    }
    text += &added;
    let run = prescale_given(&text, &["check", "-"]);
    assert_eq!(run.code, Some(0), "{run}\n{text}");
}

const FLEET: &str = "data/examples/fleet/fleet.toml";

#[test]
fn a_fleet_and_the_cheapest_mend() {
    let run = prescale(&["check", FLEET]);
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn a_fleet_for_a_workflow() {
    insta::assert_snapshot!(prescale(&["check", FLEET, "--format", "github"]));
}

/// A folder with a fleet of three services, two of which break their limits and one of which is
/// stuck; the limits of the fleet are given.
fn troubled(limits: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut text = String::new();
    for name in ["settings-first", "two-tasks-no-room", "stuck"] {
        let scenario = std::fs::read_to_string(format!("data/examples/{name}.toml"));
        let scenario = scenario.expect("an example");
        let file = format!("{name}.json");
        let tree: serde_json::Value = toml::from_str(&scenario).expect("an example is TOML");
        std::fs::write(folder.path().join(&file), tree.to_string()).expect("it can be written");
        text += &format!("[[service]]\nfile = \"{file}\"\nname = \"{name}\"\n");
    }
    let fleet = folder.path().join("fleet.toml");
    std::fs::write(&fleet, text + limits).expect("it can be written");
    (folder, fleet.display().to_string())
}

fn json(arguments: &[&str]) -> serde_json::Value {
    serde_json::from_str(&prescale(arguments).stdout).expect("JSON")
}

/// Sets what a mend changes in the scenarios of a folder.
fn apply(folder: &std::path::Path, mend: &serde_json::Value) {
    for service in mend["services"].as_array().expect("services") {
        let name = service["service"].as_str().expect("a name");
        let path = folder.join(format!("{name}.json"));
        let text = std::fs::read_to_string(&path).expect("a scenario");
        let mut tree: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        for change in service["changed"].as_array().expect("changes") {
            let key = change["key"].as_str().expect("a key");
            let mut node = &mut tree;
            for part in key.split('.') {
                node = &mut node[part];
            }
            *node = change["to"].clone();
        }
        std::fs::write(&path, tree.to_string()).expect("it can be written");
    }
}

#[test]
fn the_mend_mends_a_fleet() {
    let (folder, fleet) = troubled("");
    let answer = json(&["check", &fleet, "--format", "json"]);
    assert_eq!(answer["passed"], false);
    let mend = &answer["mend"];
    assert_eq!(mend["by"], "least_cost");
    assert_eq!(mend["services"].as_array().map(Vec::len), Some(3));
    apply(folder.path(), mend);
    let run = prescale(&["check", &fleet]);
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.stdout.contains("within all limits"), "{run}");
}

#[test]
fn where_only_the_budget_is_broken_the_fewest_settings_change() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let web = std::fs::read_to_string("data/examples/web.toml").expect("an example");
    let web: serde_json::Value = toml::from_str(&web).expect("an example is TOML");
    let mut text = "[limits]\nbudget_usd_per_month = 4.0\n".to_owned();
    for name in ["one", "two"] {
        std::fs::write(folder.path().join(format!("{name}.json")), web.to_string())
            .expect("it can be written");
        text += &format!("[[service]]\nfile = \"{name}.json\"\nname = \"{name}\"\n");
    }
    let fleet = folder.path().join("fleet.toml");
    std::fs::write(&fleet, text).expect("it can be written");
    let fleet = fleet.display().to_string();
    let answer = json(&["check", &fleet, "--format", "json"]);
    assert_eq!(answer["limits"][0]["met"], false, "{answer}");
    assert_eq!(answer["mend"]["by"], "fewest_changes");
    // To spend less in one of the two is enough.
    assert_eq!(answer["mend"]["services"].as_array().map(Vec::len), Some(1));
    apply(folder.path(), &answer["mend"]);
    let run = prescale(&["check", &fleet]);
    assert_eq!(run.code, Some(0), "{run}");
}

#[test]
fn a_fleet_is_mended_for_what_the_mend_costs_and_for_no_cent_less() {
    let (_folder, fleet) = troubled("");
    let free = json(&["check", &fleet, "--format", "json"]);
    let usd = free["mend"]["total"]["usd_per_month"]
        .as_f64()
        .expect("a cost");
    assert!(usd > 0.1, "{usd}");
    let with = |budget: f64| {
        let limits = format!("[limits]\nbudget_usd_per_month = {budget:?}\n");
        let (_folder, fleet) = troubled(&limits);
        json(&["check", &fleet, "--format", "json"])
    };
    let enough = with(usd + 0.001);
    let same = enough["mend"]["total"]["usd_per_month"]
        .as_f64()
        .expect("a cost");
    assert!((same - usd).abs() <= 0.015, "{same} {usd}");
    let less = with(usd - 0.02);
    assert!(less["mend"].is_null(), "{less}");
    assert_eq!(less["relaxed"][0]["limit"], "limits.budget_usd_per_month");
    let to = less["relaxed"][0]["to"].as_f64().expect("a budget");
    assert!((to - usd).abs() <= 0.015, "{to} {usd}");
}

#[test]
fn a_fleet_against_what_it_was() {
    let (_folder, fleet) = troubled("");
    let (before, old) = troubled("");
    let path = before.path().join("two-tasks-no-room.json");
    let text = std::fs::read_to_string(&path).expect("a scenario");
    let slower = text.replace(
        "\"deregistration_delay\":\"300s\"",
        "\"deregistration_delay\":\"600s\"",
    );
    assert_ne!(text, slower);
    std::fs::write(&path, slower).expect("it can be written");
    let answer = json(&["check", &fleet, "--against", &old, "--format", "json"]);
    let moved = answer["against"]["services"].as_array().expect("services");
    assert_eq!(moved.len(), 1, "{moved:?}");
    assert_eq!(moved[0]["service"], "two-tasks-no-room");
    let time = |when: &str| moved[0][when]["time_s"].as_f64().expect("a time");
    assert!(time("before") > time("after") + 500.0);
    let of_one = prescale(&["check", &fleet, "--against", SCENARIO]);
    assert_eq!(of_one.code, Some(2));
}

#[test]
fn a_fleet_without_any_limit_is_bad_input() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let text = std::fs::read_to_string(SCENARIO).expect("an example");
    let without = text.split("[limits]").next().expect("a beginning");
    std::fs::write(folder.path().join("one.toml"), without).expect("it can be written");
    let fleet = folder.path().join("fleet.toml");
    std::fs::write(&fleet, "[[service]]\nfile = \"one.toml\"\n").expect("it can be written");
    let run = prescale(&["check", &fleet.display().to_string()]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("no limit to check"), "{run}");
}
