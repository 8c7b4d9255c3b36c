use serde_json::Value;

use super::{assert_narrow, prescale, prescale_given};

const RECORDED: &str = "\n## Against recorded deployments\n";

fn few(more: &[&str]) -> super::Run {
    let few = ["validate", "--scenarios", "6", "--runs", "400"];
    prescale(&[&few[..], more].concat())
}

#[test]
fn the_document_is_what_the_command_prints() {
    let run = few(&[]);
    assert_eq!(run.code, Some(0), "{run}");
    assert_narrow(&run);
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/validation.md");
    let document = std::fs::read_to_string(path).expect("the document is there");
    for line in document.lines() {
        assert!(line.chars().count() <= 80, "wider than 80 columns: {line}");
    }
    // The random part takes minutes; the default arguments are named in it.
    assert!(document.contains("300 random scenarios of seed 1"));
    let recorded = |text: &str| {
        let (_, part) = text.split_once(RECORDED).expect("there is such a part");
        part.to_owned()
    };
    assert_eq!(recorded(&run.stdout), recorded(&document));
}

#[test]
fn the_same_bytes_on_any_number_of_threads() {
    let run = |threads: &str| few(&["--format", "json", "--threads", threads]).stdout;
    let alone = run("1");
    assert_eq!(alone, run("3"));
    let json: Value = serde_json::from_str(&alone).expect("standard output is JSON");
    for pointer in [
        "/schema_version",
        "/seed",
        "/agreement/compared/5/completed/p95",
        "/agreement/compared/0/new_version/mean_standard_error",
        "/agreement/left_out",
        "/recordings/0/deployments/0/difference",
        "/reaction/mean_interval_s/1",
        "/rules/0/median_s",
        "/verdict_spreads/0/deviation_s",
    ] {
        assert!(json.pointer(pointer).is_some(), "no {pointer}");
    }
}

#[test]
fn a_random_scenario_can_be_given_to_other_commands() {
    let run = prescale(&["validate", "--seed", "2", "--emit-scenario", "3"]);
    assert_eq!(run.code, Some(0), "{run}");
    let estimate = prescale_given(&run.stdout, &["estimate", "-"]);
    assert_eq!(estimate.code, Some(0), "{estimate}");
    let both = prescale(&["validate", "--emit-scenario", "3", "--runs", "5"]);
    assert_eq!(both.code, Some(2), "{both}");
}
